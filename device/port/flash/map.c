/* SPDX-License-Identifier: Apache-2.0 */
/* The division of the flash, from the board's file: flash_map.h is generated. */
#include <string.h>

#include "port/flash/driver.h"

enum {
    MODEL_AT = 2 * KL_MAP_IMAGE_BYTES,
    SECURITY_AT = MODEL_AT + 2 * KL_MAP_MODEL_BYTES,
    SETTINGS_AT = SECURITY_AT + KL_MAP_SECURITY_BYTES,
    LOG_AT = SETTINGS_AT + KL_MAP_SETTINGS_BYTES,
};

static int read_flash(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    (void)context;
    memcpy(data, (const uint8_t *)KL_MAP_FLASH_ORIGIN + offset, bytes);
    return KL_FLASH_OK;
}

const struct kl_flash kl_port_flash = {
    .bytes = KL_MAP_FLASH_BYTES,
    .sector_bytes = KL_MAP_SECTOR_BYTES,
    .write_bytes = KL_MAP_WRITE_BYTES,
    .mapped = (const uint8_t *)KL_MAP_FLASH_ORIGIN,
    .read = read_flash,
    .write = kl_flash_driver_write,
    .erase = kl_flash_driver_erase,
};

const struct kl_flash_map kl_port_flash_map = {
    .image = {{&kl_port_flash, 0, KL_MAP_IMAGE_BYTES},
              {&kl_port_flash, KL_MAP_IMAGE_BYTES, KL_MAP_IMAGE_BYTES}},
    .model = {{&kl_port_flash, MODEL_AT, KL_MAP_MODEL_BYTES},
              {&kl_port_flash, MODEL_AT + KL_MAP_MODEL_BYTES, KL_MAP_MODEL_BYTES}},
    .security = {&kl_port_flash, SECURITY_AT, KL_MAP_SECURITY_BYTES},
    .settings = {&kl_port_flash, SETTINGS_AT, KL_MAP_SETTINGS_BYTES},
    .log = {&kl_port_flash, LOG_AT, KL_MAP_LOG_BYTES},
};
