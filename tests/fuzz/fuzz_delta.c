/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: a patch for the image in the slot, with a size of the result and a stream that
 * are hostile. The first two bytes are the size, the third one is how long its parts are. */
#include <assert.h>
#include <bearssl_hash.h>
#include <string.h>

#include "kinglet/delta.h"
#include "port/host/flash_model.h"
#include "update/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECTOR = 256, SLOT = 8 * SECTOR, FLASH = 2 * SLOT, HEAD = 3, PATCH_MAX = 4096 };

static void begin_patch(uint8_t patch[KL_DELTA_HEADER_BYTES], const uint8_t *old_image,
                        uint32_t new_bytes, size_t bytes)
{
    br_sha256_context sha;
    memset(patch, 0, KL_DELTA_HEADER_BYTES);
    memcpy(patch, "KLD1", 4);
    kl_put_u32(patch + 4, SLOT);
    kl_put_u32(patch + 8, new_bytes);
    kl_put_u32(patch + 12, (uint32_t)bytes);
    br_sha256_init(&sha);
    br_sha256_update(&sha, old_image, SLOT);
    br_sha256_out(&sha, patch + 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t memory[FLASH];
    static struct kl_flash_model model;
    static uint8_t old_image[SLOT], patch[PATCH_MAX];
    const struct kl_flash_area base = {&model.flash, 0, SLOT}, result = {&model.flash, SLOT, SLOT};
    struct kl_delta delta;
    if (size < HEAD || size - HEAD > PATCH_MAX - KL_DELTA_HEADER_BYTES) {
        return 0;
    }
    for (uint32_t i = 0; i < SLOT; i++) {
        old_image[i] = (uint8_t)(i * i >> 3);
    }
    kl_flash_model_init(&model, memory, FLASH, SECTOR, 4, 1);
    (void)model.flash.write(&model, 0, old_image, SLOT);
    size_t bytes = size - HEAD + KL_DELTA_HEADER_BYTES;
    begin_patch(patch, old_image, kl_get_u16(data) % (SLOT + 2), bytes);
    memcpy(patch + KL_DELTA_HEADER_BYTES, data + HEAD, size - HEAD);
    int error = kl_delta_begin(&delta, &base, &result);
    for (size_t at = 0; at < bytes && error == KL_DELTA_OK;) {
        size_t part = 1 + data[2] < bytes - at ? 1u + data[2] : bytes - at;
        error = kl_delta_feed(&delta, patch + at, (uint32_t)part);
        at += part;
    }
    assert(error != KL_DELTA_DONE); /* the result would need a hash of zeros */
    assert(memcmp(model.data, old_image, SLOT) == 0 && model.violations == 0);
    return 0;
}
