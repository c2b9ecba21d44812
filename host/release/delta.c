/* SPDX-License-Identifier: Apache-2.0 */
#include "release/delta.h"

#include <bearssl_hash.h>
#include <string.h>

#include "kinglet/delta.h"
#include "release/delta_internal.h"
#include "update/bytes.h"

enum { SECTOR_BYTES = 4096 };

static void hash_of(struct kl_bytes bytes, uint8_t digest[KL_DELTA_HASH_BYTES])
{
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, bytes.data, bytes.size);
    br_sha256_out(&sha, digest);
}

static void count_ranges(struct kl_bytes old_image, struct kl_bytes new_image,
                         const struct kl_delta_ranges *found, struct kl_delta_counts *counts)
{
    size_t at = 0;
    *counts = (struct kl_delta_counts){.copies = 0};
    for (uint32_t i = 0; i < found->count; at += found->ranges[i++].bytes) {
        const struct kl_delta_range *range = &found->ranges[i];
        if (range->old_at == KL_DELTA_NOWHERE) {
            counts->literal_bytes += range->bytes;
            continue;
        }
        counts->copies++;
        counts->copied_bytes += range->bytes;
        counts->changed_bytes +=
            kl_bytes_different((struct kl_bytes){old_image.data + range->old_at, range->bytes},
                               (struct kl_bytes){new_image.data + at, range->bytes});
    }
}

enum kl_err kl_delta_make(struct kl_bytes old_image, struct kl_bytes new_image,
                          struct kl_arena *arena, struct kl_buffer *patch,
                          struct kl_delta_counts *counts, struct kl_diag *diag)
{
    uint8_t header[KL_DELTA_HEADER_BYTES] = {'K', 'L', 'D', '1'};
    struct kl_delta_ranges found;
    if (old_image.size > KL_DELTA_FILE_MAX || new_image.size > KL_DELTA_FILE_MAX) {
        return kl_fail(diag, KL_ELIMIT, "a patch is between images of at most %d bytes",
                       KL_DELTA_FILE_MAX);
    }
    if (new_image.size == 0) {
        return kl_fail(diag, KL_EINPUT, "the new image is empty");
    }
    KL_TRY(kl_delta_match(old_image, new_image, arena, &found, diag));
    count_ranges(old_image, new_image, &found, counts);
    kl_buffer_append(patch, header, sizeof header);
    KL_TRY(kl_delta_encode(old_image, new_image, &found, patch, diag));
    kl_put_u32(header + 4, (uint32_t)old_image.size);
    kl_put_u32(header + 8, (uint32_t)new_image.size);
    kl_put_u32(header + 12, (uint32_t)patch->size);
    hash_of(old_image, header + 16);
    hash_of(new_image, header + 48);
    memcpy(patch->data, header, sizeof header);
    return KL_OK;
}

/* A flash of two slots in memory, the old image in the first. */
struct slots {
    struct kl_flash flash;
    unsigned char *data;
};

static int read_slot(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    const struct slots *slots = context;
    memcpy(data, slots->data + offset, bytes);
    return KL_FLASH_OK;
}

static int write_slot(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    const struct slots *slots = context;
    memcpy(slots->data + offset, data, bytes);
    return KL_FLASH_OK;
}

static int erase_slot(void *context, uint32_t offset, uint32_t bytes)
{
    const struct slots *slots = context;
    memset(slots->data + offset, 0xff, bytes);
    return KL_FLASH_OK;
}

static uint32_t whole_sectors(uint32_t bytes)
{
    return (bytes / SECTOR_BYTES + 1) * SECTOR_BYTES;
}

static int run(struct slots *slots, uint32_t old_bytes, uint32_t new_bytes, struct kl_bytes patch)
{
    struct kl_flash_area base = {&slots->flash, 0, old_bytes};
    struct kl_flash_area result = {&slots->flash, old_bytes, new_bytes};
    struct kl_delta delta;
    int code = kl_delta_begin(&delta, &base, &result);
    return code ? code : kl_delta_feed(&delta, patch.data, (uint32_t)patch.size);
}

enum kl_err kl_delta_apply(struct kl_bytes old_image, struct kl_bytes patch, struct kl_arena *arena,
                           struct kl_bytes *result, int *code, struct kl_diag *diag)
{
    *code = KL_DELTA_FORMAT;
    if (patch.size < KL_DELTA_HEADER_BYTES || patch.size > UINT32_MAX) {
        return kl_fail(diag, KL_EINPUT, "this is no patch");
    }
    uint32_t bytes = kl_get_u32(patch.data + 8);
    if (old_image.size > KL_DELTA_FILE_MAX || bytes > KL_DELTA_FILE_MAX) {
        return kl_fail(diag, KL_ELIMIT, "a patch is between images of at most %d bytes",
                       KL_DELTA_FILE_MAX);
    }
    uint32_t old_bytes = whole_sectors((uint32_t)old_image.size), new_bytes = whole_sectors(bytes);
    struct slots slots = {.data = KL_NEW(arena, unsigned char, (size_t)old_bytes + new_bytes)};
    if (!slots.data) {
        return KL_FAIL_MEMORY(diag);
    }
    slots.flash = (struct kl_flash){.bytes = old_bytes + new_bytes,
                                    .sector_bytes = SECTOR_BYTES,
                                    .write_bytes = 1,
                                    .context = &slots,
                                    .read = read_slot,
                                    .write = write_slot,
                                    .erase = erase_slot};
    memset(slots.data, 0xff, (size_t)old_bytes + new_bytes);
    memcpy(slots.data, old_image.data, old_image.size);
    *code = run(&slots, old_bytes, new_bytes, patch);
    *result = (struct kl_bytes){slots.data + old_bytes, bytes};
    return *code == KL_DELTA_DONE
               ? KL_OK
               : kl_fail(diag, KL_EINPUT, "a device refuses this patch (code %d)", *code);
}
