/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RAM that an emulator keeps in a file, used by the rules of NOR flash: an erase sets whole
 * sectors, and a write finds its bytes erased. So what works here does not rely on what flash
 * cannot do.
 */
#include "port/flash/driver.h"

#define FLASH ((volatile uint8_t *)KL_MAP_FLASH_ORIGIN)

int kl_flash_driver_write(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    const uint8_t *from = data;
    (void)context;
    for (uint32_t i = 0; i < bytes; i++) {
        if (FLASH[offset + i] != 0xff) {
            return KL_FLASH_FAILED;
        }
        FLASH[offset + i] = from[i];
    }
    return KL_FLASH_OK;
}

int kl_flash_driver_erase(void *context, uint32_t offset, uint32_t bytes)
{
    (void)context;
    for (uint32_t i = 0; i < bytes; i += sizeof(uint32_t)) {
        *(volatile uint32_t *)(KL_MAP_FLASH_ORIGIN + offset + i) = UINT32_MAX;
    }
    return KL_FLASH_OK;
}
