/* SPDX-License-Identifier: Apache-2.0 */
/* The agent of a deployed device on its first UART; docs/spec/management.md has the protocol. */
#ifndef KINGLET_MANAGE_H
#define KINGLET_MANAGE_H

#include "kinglet/image_group.h"

/* Everything that the agent keeps. Initialise with kl_manage_init. */
struct kl_manage {
    struct kl_image_service image;
    struct kl_smp_os os;
    struct kl_smp_serial serial;
};

/* `boot` says by which rules images are taken, and lives as long as the agent. */
void kl_manage_init(struct kl_manage *manage, const struct kl_boot *boot);

/*
 * Take what has come over the UART, answer a packet that is complete, and return: call it from the
 * application's loop, at least every few milliseconds. Resets the device when it was asked to.
 */
void kl_manage_poll(struct kl_manage *manage);

#endif
