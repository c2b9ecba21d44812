/* SPDX-License-Identifier: Apache-2.0 */
/* The agent of a deployed device; docs/spec/management.md has the protocol. */
#ifndef KINGLET_MANAGE_H
#define KINGLET_MANAGE_H

#include "kinglet/smp.h"

/* Everything that the agent keeps. Initialise with kl_manage_init. */
struct kl_manage {
    const struct kl_smp_group *groups;
    uint32_t group_count;
    struct kl_smp_os os;         /* whoever sends responses also obeys os.is_reset_wanted */
    struct kl_smp_serial serial; /* what has come over the UART */
};

/* `groups` live as long as the agent; the group os is always there, and not among them. */
void kl_manage_init(struct kl_manage *manage, const struct kl_smp_group *groups,
                    uint32_t group_count);

/*
 * Answer the request in packet[0 .. bytes-1], from whatever it came over. Returns the length of the
 * response; 0: there is nothing to answer.
 */
uint32_t kl_manage_answer(struct kl_manage *manage, const uint8_t *packet, uint32_t bytes,
                          uint8_t response[KL_SMP_PACKET_MAX]);

/*
 * Take what has come over the UART, answer a packet that is complete, and return: call it from the
 * application's loop, at least every few milliseconds. Resets the device when it was asked to.
 */
void kl_manage_poll(struct kl_manage *manage);

#endif
