/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/verify.h"

#include <string.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>

#include "update/bytes.h"

enum { CHUNK_BYTES = 256 };

static int read_plain(void *context, const struct kl_image *image, uint32_t offset, void *data,
                      uint32_t bytes)
{
    (void)context;
    return kl_area_read(image->area, offset, data, bytes) ? KL_IMAGE_READ : KL_IMAGE_OK;
}

int kl_image_hash(const struct kl_image *image, kl_image_read_fn *read, void *context,
                  uint8_t digest[KL_IMAGE_HASH_BYTES])
{
    br_sha256_context sha;
    uint8_t chunk[CHUNK_BYTES];
    br_sha256_init(&sha);
    for (uint32_t at = 0; at < image->hashed_bytes;) {
        uint32_t left = image->hashed_bytes - at;
        uint32_t count = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        int error = (read ? read : read_plain)(context, image, at, chunk, count);
        if (error) {
            return error;
        }
        br_sha256_update(&sha, chunk, count);
        at += count;
    }
    br_sha256_out(&sha, digest);
    return KL_IMAGE_OK;
}

/* An entry beside what is hashed, of at most `most` bytes. */
static int get_beside(const struct kl_image *image, uint16_t type, uint8_t *data, uint32_t least,
                      uint32_t most, uint32_t *bytes)
{
    struct kl_tlv tlv;
    int error = kl_image_find(image, type, false, &tlv);
    if (error) {
        return error == KL_IMAGE_ABSENT ? KL_VERIFY_UNSIGNED : error;
    }
    if (tlv.bytes < least || tlv.bytes > most) {
        return KL_VERIFY_UNSIGNED;
    }
    *bytes = tlv.bytes;
    return kl_area_read(image->area, tlv.offset, data, tlv.bytes) ? KL_IMAGE_READ : KL_IMAGE_OK;
}

static int check_hash(const struct kl_image *image, const struct kl_verify_rules *rules,
                      uint8_t digest[KL_IMAGE_HASH_BYTES])
{
    uint8_t stated[KL_IMAGE_HASH_BYTES];
    uint32_t bytes;
    int error = get_beside(image, KL_TLV_SHA256, stated, sizeof stated, sizeof stated, &bytes);
    if (error) {
        return error;
    }
    error = kl_image_hash(image, rules->read, rules->context, digest);
    if (error) {
        return error;
    }
    return memcmp(stated, digest, sizeof stated) == 0 ? KL_VERIFY_OK : KL_VERIFY_HASH;
}

static int find_key(const struct kl_image *image, const struct kl_verify_rules *rules,
                    const struct kl_public_key **key)
{
    uint8_t id[KL_IMAGE_HASH_BYTES];
    uint32_t bytes;
    int error = get_beside(image, KL_TLV_KEYHASH, id, sizeof id, sizeof id, &bytes);
    if (error) {
        return error;
    }
    for (uint32_t i = 0; i < rules->key_count; i++) {
        *key = &rules->keys[i];
        if (memcmp((*key)->id, id, sizeof id) == 0) {
            return (*key)->is_revoked ? KL_VERIFY_REVOKED_KEY : KL_VERIFY_OK;
        }
    }
    return KL_VERIFY_UNKNOWN_KEY;
}

static int check_signature(const struct kl_image *image, const struct kl_public_key *key,
                           const uint8_t digest[KL_IMAGE_HASH_BYTES])
{
    uint8_t signature[KL_P256_SIGNATURE_MAX], point[KL_P256_POINT_BYTES];
    uint32_t bytes;
    int error = get_beside(image, KL_TLV_ECDSA, signature, 1, sizeof signature, &bytes);
    if (error) {
        return error;
    }
    memcpy(point, key->point, sizeof point);
    const br_ec_public_key public_key = {BR_EC_secp256r1, point, sizeof point};
    return br_ecdsa_i31_vrfy_asn1(&br_ec_prime_i31, digest, KL_IMAGE_HASH_BYTES, &public_key,
                                  signature, bytes)
               ? KL_VERIFY_OK
               : KL_VERIFY_SIGNATURE;
}

/* Is the protected entry of that type exactly these bytes? */
static bool is_stated(const struct kl_image *image, uint16_t type, const void *data, uint32_t bytes)
{
    uint8_t stated[KL_IMAGE_TEXT_MAX];
    return bytes <= sizeof stated && kl_image_get(image, type, stated, bytes) == KL_IMAGE_OK &&
           memcmp(stated, data, bytes) == 0;
}

static int check_device(const struct kl_image *image, const struct kl_device_class *device)
{
    uint32_t board_bytes = 0;
    while (device->board[board_bytes]) {
        board_bytes++;
    }
    return !is_stated(image, KL_TLV_VENDOR_UUID, device->vendor, KL_IMAGE_UUID_BYTES)
               ? KL_VERIFY_VENDOR
           : !is_stated(image, KL_TLV_CLASS_UUID, device->product, KL_IMAGE_UUID_BYTES)
               ? KL_VERIFY_PRODUCT
           : !is_stated(image, KL_TLV_BOARD, device->board, board_bytes) ? KL_VERIFY_BOARD
                                                                         : KL_VERIFY_OK;
}

static int check_purpose(const struct kl_image *image, const struct kl_verify_rules *rules)
{
    uint8_t kind = (uint8_t)rules->kind;
    bool is_bootable = !(image->header.flags & KL_IMAGE_NON_BOOTABLE);
    uint32_t counter;
    if (is_bootable != (rules->kind == KL_IMAGE_FIRMWARE) ||
        !is_stated(image, KL_TLV_KIND, &kind, sizeof kind)) {
        return KL_VERIFY_KIND;
    }
    int error = rules->device ? check_device(image, rules->device) : KL_VERIFY_OK;
    if (error) {
        return error;
    }
    error = kl_image_security_counter(image, &counter);
    if (error) {
        return error;
    }
    return counter < rules->least_counter ? KL_VERIFY_ROLLBACK : KL_VERIFY_OK;
}

int kl_verify(const struct kl_image *image, const struct kl_verify_rules *rules)
{
    const struct kl_public_key *key;
    uint8_t digest[KL_IMAGE_HASH_BYTES];
    int error = find_key(image, rules, &key);
    if (!error) {
        error = check_hash(image, rules, digest);
    }
    if (!error) {
        error = check_signature(image, key, digest);
    }
    return error ? error : check_purpose(image, rules);
}

int kl_image_security_counter(const struct kl_image *image, uint32_t *counter)
{
    uint8_t bytes[4];
    int error = kl_image_get(image, KL_TLV_SECURITY_COUNTER, bytes, sizeof bytes);
    *counter = error ? 0 : kl_get_u32(bytes);
    return error == KL_IMAGE_ABSENT ? KL_IMAGE_OK : error;
}
