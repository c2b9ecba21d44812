/* SPDX-License-Identifier: Apache-2.0 */
/* What a bootloader is built with: kinglet writes it for a device and its keys. */
#ifndef KINGLET_BOOT_CONFIG_H
#define KINGLET_BOOT_CONFIG_H

#include "kinglet/keyset.h"

struct kl_boot_config {
    const struct kl_public_key *keys; /* of a small bootloader: that firmware may be signed by */
    uint32_t key_count;
    const struct kl_key_set *key_set; /* of a full one: the first set, until there is a later one */
    struct kl_device_class device;
    uint32_t watchdog_ms; /* that an image on trial has to begin feeding the watchdog */
};

extern const struct kl_boot_config kl_boot_config;

#endif
