/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/decrypt.h"

#include <string.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>
#include <bearssl_hmac.h>
#include <bearssl_kdf.h>

enum {
    BLOCK_BYTES = 16,
    IV_BYTES = 12,
    TAG_BYTES = 32,
    TAG_AT = KL_P256_POINT_BYTES,
    KEY_AT = TAG_AT + TAG_BYTES,
    X_AT = 1, /* in a point */
    X_BYTES = 32
};

_Static_assert(KEY_AT + KL_DECRYPT_KEY_BYTES == KL_DECRYPT_ENTRY_BYTES, "parts of the entry");

static const uint8_t zero_iv[IV_BYTES];

/* What wraps the key of a body. */
struct wrap {
    uint8_t key[KL_DECRYPT_KEY_BYTES];
    uint8_t tag_key[TAG_BYTES];
};

/* `point` becomes the product with the secret. False: it is no point of the curve. */
static bool agree(uint8_t point[KL_P256_POINT_BYTES], const uint8_t *secret, struct wrap *wrap)
{
    static const char info[] = "MCUBoot_ECIES_v1";
    br_hkdf_context hkdf;
    if (br_ec_prime_i31.mul(point, KL_P256_POINT_BYTES, secret, KL_DECRYPT_SECRET_BYTES,
                            BR_EC_secp256r1) != 1) {
        return false;
    }
    br_hkdf_init(&hkdf, &br_sha256_vtable, BR_HKDF_NO_SALT, 0);
    br_hkdf_inject(&hkdf, point + X_AT, X_BYTES);
    br_hkdf_flip(&hkdf);
    (void)br_hkdf_produce(&hkdf, info, sizeof info - 1, wrap->key, sizeof wrap->key);
    (void)br_hkdf_produce(&hkdf, info, sizeof info - 1, wrap->tag_key, sizeof wrap->tag_key);
    return true;
}

/* In a time that does not tell where a tag differs. */
static bool is_tag_right(const struct wrap *wrap, const uint8_t wrapped[KL_DECRYPT_ENTRY_BYTES])
{
    uint8_t tag[TAG_BYTES], difference = 0;
    br_hmac_key_context key;
    br_hmac_context hmac;
    br_hmac_key_init(&key, &br_sha256_vtable, wrap->tag_key, sizeof wrap->tag_key);
    br_hmac_init(&hmac, &key, sizeof tag);
    br_hmac_update(&hmac, wrapped + KEY_AT, KL_DECRYPT_KEY_BYTES);
    br_hmac_out(&hmac, tag);
    for (uint32_t i = 0; i < TAG_BYTES; i++) {
        difference |= (uint8_t)(tag[i] ^ wrapped[TAG_AT + i]);
    }
    return difference == 0;
}

int kl_decrypt_unwrap(const uint8_t entry[KL_DECRYPT_ENTRY_BYTES],
                      const uint8_t secret[KL_DECRYPT_SECRET_BYTES], struct kl_decrypt *decrypt)
{
    uint8_t point[KL_P256_POINT_BYTES], body_key[KL_DECRYPT_KEY_BYTES];
    struct wrap wrap;
    memcpy(point, entry, sizeof point);
    memcpy(body_key, entry + KEY_AT, sizeof body_key);
    if (!agree(point, secret, &wrap) || !is_tag_right(&wrap, entry)) {
        return KL_DECRYPT_KEY;
    }
    br_aes_small_ctr_init(&decrypt->body, wrap.key, sizeof wrap.key);
    (void)br_aes_small_ctr_run(&decrypt->body, zero_iv, 0, body_key, sizeof body_key);
    br_aes_small_ctr_init(&decrypt->body, body_key, sizeof body_key);
    return KL_DECRYPT_OK;
}

int kl_decrypt_open(const struct kl_image *image, const uint8_t secret[KL_DECRYPT_SECRET_BYTES],
                    struct kl_decrypt *decrypt)
{
    uint32_t flags = image->header.flags & (KL_IMAGE_ENCRYPTED_AES128 | KL_IMAGE_ENCRYPTED_AES256);
    uint8_t entry[KL_DECRYPT_ENTRY_BYTES];
    struct kl_tlv tlv;
    if (flags != KL_IMAGE_ENCRYPTED_AES128) {
        return flags ? KL_DECRYPT_FORM : KL_DECRYPT_PLAIN;
    }
    int error = kl_image_find(image, KL_TLV_ENC_EC256, false, &tlv);
    if (error == KL_IMAGE_ABSENT || (!error && tlv.bytes != sizeof entry)) {
        return KL_DECRYPT_FORM;
    }
    if (error) {
        return error;
    }
    return kl_area_read(image->area, tlv.offset, entry, sizeof entry)
               ? KL_IMAGE_READ
               : kl_decrypt_unwrap(entry, secret, decrypt);
}

/* Bytes that lie `at` bytes behind the body's start. */
static void decrypt_range(const struct kl_decrypt *decrypt, uint32_t at, uint8_t *data,
                          uint32_t bytes)
{
    uint32_t before = at % BLOCK_BYTES, block = at / BLOCK_BYTES;
    if (before > 0) {
        uint8_t part[BLOCK_BYTES];
        uint32_t left = BLOCK_BYTES - before, count = bytes < left ? bytes : left;
        memset(part, 0, sizeof part);
        memcpy(part + before, data, count);
        (void)br_aes_small_ctr_run(&decrypt->body, zero_iv, block, part, sizeof part);
        memcpy(data, part + before, count);
        data += count;
        bytes -= count;
        block++;
    }
    (void)br_aes_small_ctr_run(&decrypt->body, zero_iv, block, data, bytes);
}

void kl_decrypt_bytes(const struct kl_decrypt *decrypt, const struct kl_image_header *header,
                      uint32_t offset, uint8_t *data, uint32_t bytes)
{
    uint64_t body = header->header_bytes, end = body + header->body_bytes;
    uint64_t from = offset > body ? offset : body, to = (uint64_t)offset + bytes;
    to = to < end ? to : end;
    if (from < to) {
        decrypt_range(decrypt, (uint32_t)(from - body), data + (from - offset),
                      (uint32_t)(to - from));
    }
}

int kl_decrypt_read(void *context, const struct kl_image *image, uint32_t offset, void *data,
                    uint32_t bytes)
{
    if (kl_area_read(image->area, offset, data, bytes)) {
        return KL_IMAGE_READ;
    }
    kl_decrypt_bytes(context, &image->header, offset, data, bytes);
    return KL_IMAGE_OK;
}
