/* SPDX-License-Identifier: Apache-2.0 */
/* A device in this process, with a real agent and boot over a modelled flash, behind a socket or
 * any other file descriptor. */
#ifndef KINGLET_TESTS_DEVICE_SERVER_H
#define KINGLET_TESTS_DEVICE_SERVER_H

#include "kinglet/image_group.h"
#include "kinglet/log_group.h"
#include "kinglet/manage.h"
#include "kinglet/models_group.h"
#include "power/world.h"

/* How the device behaves. */
enum device_behaviour { DEVICE_IS_GOOD, DEVICE_DIES_IN_UPLOAD, DEVICE_TALKS_NONSENSE };

enum {
    DEVICE_SECTOR = 512,
    DEVICE_MODEL_SLOT = 6 * DEVICE_SECTOR,
    DEVICE_LOG = 2 * DEVICE_SECTOR,
    DEVICE_BAD_MODEL = 13 /* major version of a pack that does not pass its self-test */
};

struct device_server {
    enum device_behaviour behaviour;
    int uploads; /* pieces that have come */
    struct kl_image_service image;
    struct kl_smp_group groups[3];
    struct kl_manage manage;
    struct world world;
    struct kl_flash_model flash; /* of the model slots, and of the log behind them */
    uint32_t memory[2 * DEVICE_MODEL_SLOT + DEVICE_LOG];
    struct kl_log log;
    struct kl_model_slots slots;
    struct kl_models_service models;
};

/* A device with version 1 of the world's firmware, and no model. */
void device_server_init(struct device_server *server, enum device_behaviour behaviour);

/* Answer packets until the line ends. Ends the process when the device does. */
void device_serve(struct device_server *server, int fd);

/* A socket at this path that waits for clients. */
int device_listen(const char *path);

/* Answer one client after the other, for ever. */
_Noreturn void device_serve_clients(struct device_server *server, int listener);

#endif
