/* SPDX-License-Identifier: Apache-2.0 */
/* What a bootloader is built with: kinglet writes it for a device and its keys. */
#ifndef KINGLET_BOOT_CONFIG_H
#define KINGLET_BOOT_CONFIG_H

#include "kinglet/verify.h"

struct kl_boot_config {
    const struct kl_public_key *keys;
    uint32_t key_count;
    struct kl_device_class device;
    uint32_t watchdog_ms; /* that an image on trial has to begin feeding the watchdog */
};

extern const struct kl_boot_config kl_boot_config;

#endif
