/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/upload.h"

#include <string.h>

#include <bearssl_hash.h>

enum { CHUNK_BYTES = 64 };

enum kl_smp_rc kl_upload_read(const struct kl_smp_request *request, struct kl_upload_packet *packet)
{
    return kl_cbor_map_uint(request->body, request->body_bytes, "off", &packet->offset) &&
                   kl_cbor_map_string(request->body, request->body_bytes, "data", KL_CBOR_BYTES,
                                      &packet->data, &packet->bytes)
               ? KL_SMP_RC_OK
               : KL_SMP_RC_INVALID;
}

enum kl_smp_rc kl_upload_begin(struct kl_upload *upload, const struct kl_smp_request *request,
                               uint32_t room, bool *is_new)
{
    const uint8_t *hash;
    uint32_t total, hash_bytes;
    if (!kl_cbor_map_uint(request->body, request->body_bytes, "len", &total) ||
        !kl_cbor_map_string(request->body, request->body_bytes, "sha", KL_CBOR_BYTES, &hash,
                            &hash_bytes) ||
        hash_bytes != KL_IMAGE_HASH_BYTES || total == 0) {
        return KL_SMP_RC_INVALID;
    }
    if (total > room) {
        return KL_SMP_RC_NO_MEMORY;
    }
    *is_new = !upload->is_open || upload->total_bytes != total ||
              memcmp(upload->hash, hash, sizeof upload->hash) != 0;
    if (*is_new) {
        *upload = (struct kl_upload){.is_open = true, .total_bytes = total};
        memcpy(upload->hash, hash, sizeof upload->hash);
    }
    return KL_SMP_RC_OK;
}

/* Write a unit at a place of the area; a sector is erased when its first byte comes. */
static int write_unit(const struct kl_flash_area *area, uint32_t at, const uint8_t *unit)
{
    uint32_t sector_bytes = area->flash->sector_bytes;
    int error = at % sector_bytes == 0 ? kl_area_erase(area, at, sector_bytes) : KL_FLASH_OK;
    return error ? error : kl_area_write(area, at, unit, area->flash->write_bytes);
}

static int take_bytes(struct kl_upload *upload, const struct kl_flash_area *area,
                      const uint8_t *data, uint32_t bytes)
{
    uint32_t unit = area->flash->write_bytes;
    int error = KL_FLASH_OK;
    for (uint32_t i = 0; i < bytes && !error; i++) {
        upload->tail[upload->offset++ % unit] = data[i];
        if (upload->offset % unit == 0) {
            error = write_unit(area, upload->offset - unit, upload->tail);
        }
    }
    uint32_t rest = upload->offset % unit;
    if (!error && rest > 0 && upload->offset == upload->total_bytes) {
        memset(upload->tail + rest, 0xff, unit - rest);
        error = write_unit(area, upload->offset - rest, upload->tail);
    }
    return error;
}

bool kl_upload_matches(const struct kl_upload *upload, const struct kl_flash_area *area)
{
    br_sha256_context sha;
    uint8_t chunk[CHUNK_BYTES], digest[KL_IMAGE_HASH_BYTES];
    br_sha256_init(&sha);
    for (uint32_t at = 0; at < upload->total_bytes;) {
        uint32_t left = upload->total_bytes - at;
        uint32_t count = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        if (kl_area_read(area, at, chunk, count)) {
            return false;
        }
        br_sha256_update(&sha, chunk, count);
        at += count;
    }
    br_sha256_out(&sha, digest);
    return memcmp(digest, upload->hash, sizeof digest) == 0;
}

enum kl_smp_rc kl_upload_take(struct kl_upload *upload, const struct kl_flash_area *area,
                              const struct kl_upload_packet *packet)
{
    if (packet->bytes > upload->total_bytes - upload->offset) {
        return KL_SMP_RC_INVALID;
    }
    if (take_bytes(upload, area, packet->data, packet->bytes)) {
        upload->is_open = false;
        return KL_SMP_RC_UNKNOWN;
    }
    return KL_SMP_RC_OK;
}
