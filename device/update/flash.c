/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/flash.h"

enum { CHUNK_BYTES = 32 };

static bool is_inside(uint32_t offset, uint32_t bytes, uint32_t all)
{
    return offset <= all && bytes <= all - offset;
}

bool kl_area_valid(const struct kl_flash_area *area)
{
    const struct kl_flash *f = area->flash;
    return f && f->sector_bytes > 0 && f->write_bytes > 0 && f->write_bytes <= KL_FLASH_WRITE_MAX &&
           f->sector_bytes % f->write_bytes == 0 && area->bytes > 0 &&
           area->offset % f->sector_bytes == 0 && area->bytes % f->sector_bytes == 0 &&
           is_inside(area->offset, area->bytes, f->bytes);
}

int kl_area_read(const struct kl_flash_area *area, uint32_t offset, void *data, uint32_t bytes)
{
    if (!is_inside(offset, bytes, area->bytes)) {
        return KL_FLASH_RANGE;
    }
    return bytes ? area->flash->read(area->flash->context, area->offset + offset, data, bytes) : 0;
}

int kl_area_write(const struct kl_flash_area *area, uint32_t offset, const void *data,
                  uint32_t bytes)
{
    const struct kl_flash *f = area->flash;
    if (!is_inside(offset, bytes, area->bytes)) {
        return KL_FLASH_RANGE;
    }
    if (offset % f->write_bytes || bytes % f->write_bytes) {
        return KL_FLASH_ALIGN;
    }
    return bytes ? f->write(f->context, area->offset + offset, data, bytes) : 0;
}

int kl_area_erase(const struct kl_flash_area *area, uint32_t offset, uint32_t bytes)
{
    const struct kl_flash *f = area->flash;
    if (!is_inside(offset, bytes, area->bytes)) {
        return KL_FLASH_RANGE;
    }
    if (offset % f->sector_bytes || bytes % f->sector_bytes) {
        return KL_FLASH_ALIGN;
    }
    return bytes ? f->erase(f->context, area->offset + offset, bytes) : 0;
}

int kl_area_is_erased(const struct kl_flash_area *area, uint32_t offset, uint32_t bytes)
{
    uint8_t chunk[CHUNK_BYTES];
    while (bytes > 0) {
        uint32_t count = bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES;
        int error = kl_area_read(area, offset, chunk, count);
        if (error) {
            return error;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (chunk[i] != 0xff) {
                return 0;
            }
        }
        offset += count;
        bytes -= count;
    }
    return 1;
}

const uint8_t *kl_area_mapped(const struct kl_flash_area *area)
{
    return area->flash->mapped ? area->flash->mapped + area->offset : 0;
}
