/* SPDX-License-Identifier: Apache-2.0 */
/* What a flash driver defines. There is one in a firmware: the board's file names it. The flash can
 * be read where it lies; map.c does that. */
#ifndef KINGLET_PORT_FLASH_DRIVER_H
#define KINGLET_PORT_FLASH_DRIVER_H

#include "flash_map.h"
#include "kinglet/port_device.h"

/* KL_MAP_FLASH_BYTES from KL_MAP_FLASH_ORIGIN on. */
extern const struct kl_flash kl_port_flash;

/* The members of kl_port_flash. */
int kl_flash_driver_write(void *context, uint32_t offset, const void *data, uint32_t bytes);
int kl_flash_driver_erase(void *context, uint32_t offset, uint32_t bytes);

#endif
