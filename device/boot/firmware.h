/* SPDX-License-Identifier: Apache-2.0 */
/* How a bootloader comes to the firmware that it starts: with or without a key set and decryption.
 */
#ifndef KINGLET_BOOT_FIRMWARE_H
#define KINGLET_BOOT_FIRMWARE_H

#include "kinglet/boot.h"
#include "kinglet/boot_config.h"

/* Run the boot over the port's flash; *image is to be started. 0, or an enum kl_boot_error. Each
 * bootloader has one of these: small.c, with the keys that are built in, or full.c, with the key
 * set in flash and with decryption on the way into the primary slot. */
int kl_boot_firmware(struct kl_image *image);

/* For struct kl_boot_port. */
void kl_boot_start_watchdog(void *context);

#endif
