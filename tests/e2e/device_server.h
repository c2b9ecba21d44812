/* SPDX-License-Identifier: Apache-2.0 */
/* A device in this process, with a real agent and boot over a modelled flash, behind a socket or
 * any other file descriptor. */
#ifndef KINGLET_TESTS_DEVICE_SERVER_H
#define KINGLET_TESTS_DEVICE_SERVER_H

#include "kinglet/image_group.h"
#include "kinglet/manage.h"
#include "power/world.h"

/* How the device behaves. */
enum device_behaviour { DEVICE_IS_GOOD, DEVICE_DIES_IN_UPLOAD, DEVICE_TALKS_NONSENSE };

struct device_server {
    enum device_behaviour behaviour;
    int uploads; /* pieces that have come */
    struct kl_image_service image;
    struct kl_smp_group groups[1];
    struct kl_manage manage;
    struct world world;
};

/* A device with version 1 of the world's firmware. */
void device_server_init(struct device_server *server, enum device_behaviour behaviour);

/* Answer packets until the line ends. Ends the process when the device does. */
void device_serve(struct device_server *server, int fd);

/* A socket at this path that waits for clients. */
int device_listen(const char *path);

/* Answer one client after the other, for ever. */
_Noreturn void device_serve_clients(struct device_server *server, int listener);

#endif
