/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader of a board, for certain keys and a certain product. */
#ifndef KINGLET_FLOW_BOOT_FIRMWARE_H
#define KINGLET_FLOW_BOOT_FIRMWARE_H

#include "kinglet/keyset.h"
#include "target/board.h"

enum {
    KL_BOOT_FLASH_BYTES = 64 * 1024, /* that a bootloader may fill */
    KL_BOOT_STACK_BYTES = 16 * 1024, /* a signature takes 3 KiB of it */
    KL_BOOT_WATCHDOG_MS = 10000      /* a good choice for watchdog_ms */
};

struct kl_boot_firmware {
    const struct kl_board *board;
    /* Either keys that firmware may be signed by, and a small bootloader; or the first key set, and
     * one that takes later sets and decrypts images. */
    const struct kl_public_key *keys;
    uint32_t key_count;
    const struct kl_key_set *key_set;
    const struct kl_device_class *device;
    uint32_t watchdog_ms; /* that an image on trial has to begin feeding the watchdog */
};

/*
 * Write the bootloader's sources into folder/firmware, BearSSL's among them, and build
 * folder/firmware/boot.elf. What is up to date is not built again. KL_EUNSUPPORTED for a board
 * without the flash of a device, and in a build without BearSSL's sources; KL_ETOOL without a
 * compiler.
 */
enum kl_err kl_boot_firmware_build(const char *folder, const struct kl_boot_firmware *firmware,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* flash_map.h of the board's device. */
struct kl_buffer;
void kl_flash_map_header(const struct kl_board *board, struct kl_buffer *text);

#endif
