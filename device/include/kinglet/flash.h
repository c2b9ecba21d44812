/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NOR flash as boot, update and agent see it: a driver fills in struct kl_flash, everything else
 * works on areas of it.
 *
 * A sector is what one erase sets to 0xff. A write goes to bytes that are erased; its offset and
 * length are multiples of write_bytes. Power may fail at any moment: what an interrupted write or
 * erase leaves behind is undefined in the bytes that it was to change, and may even read
 * differently each time.
 */
#ifndef KINGLET_FLASH_H
#define KINGLET_FLASH_H

#include <stdbool.h>
#include <stdint.h>

enum kl_flash_error {
    KL_FLASH_OK = 0,
    KL_FLASH_RANGE = -1, /* outside of the area */
    KL_FLASH_ALIGN = -2, /* no multiple of write_bytes, or of sector_bytes */
    KL_FLASH_FAILED =
        -3, /* the driver reports a fault, e.g. a write to bytes that are not erased */
};

enum {
    KL_FLASH_WRITE_MAX = 8 /* largest write_bytes */
};

/* One flash with equal sectors. Offsets count from its start. The functions return 0 or an enum
 * kl_flash_error; they are called with ranges that lie in the flash. */
struct kl_flash {
    uint32_t bytes, sector_bytes;
    uint32_t write_bytes;  /* 1, 2, 4 or 8 */
    const uint8_t *mapped; /* where the flash can be read directly; NULL: only by `read` */
    void *context;
    int (*read)(void *context, uint32_t offset, void *data, uint32_t bytes);
    int (*write)(void *context, uint32_t offset, const void *data, uint32_t bytes);
    int (*erase)(void *context, uint32_t offset, uint32_t bytes);
};

/* Whole sectors of a flash. */
struct kl_flash_area {
    const struct kl_flash *flash;
    uint32_t offset, bytes;
};

/* What a device keeps where. All areas are disjoint. */
struct kl_flash_map {
    struct kl_flash_area image[2]; /* firmware: 0 runs in place, 1 holds the next or the last one */
    struct kl_flash_area model[2]; /* packs, which run in place */
    struct kl_flash_area security; /* counters and key set: at least two sectors */
    struct kl_flash_area settings; /* at least two sectors */
    struct kl_flash_area log;      /* at least two sectors */
};

/* Is an area made of whole sectors that lie in its flash? */
bool kl_area_valid(const struct kl_flash_area *area);

/* Each checks its range and alignment, and returns 0 or an enum kl_flash_error. Offsets count from
 * the start of the area. */
int kl_area_read(const struct kl_flash_area *area, uint32_t offset, void *data, uint32_t bytes);
int kl_area_write(const struct kl_flash_area *area, uint32_t offset, const void *data,
                  uint32_t bytes);
int kl_area_erase(const struct kl_flash_area *area, uint32_t offset, uint32_t bytes);

/* Are the bytes of a range all 0xff? 1, 0, or an enum kl_flash_error. */
int kl_area_is_erased(const struct kl_flash_area *area, uint32_t offset, uint32_t bytes);

/* Where the area can be read directly; NULL: nowhere. */
const uint8_t *kl_area_mapped(const struct kl_flash_area *area);

#endif
