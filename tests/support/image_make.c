/* SPDX-License-Identifier: Apache-2.0 */
#include "image_make.h"

#include <assert.h>
#include <string.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>

static void sha256(const void *data, size_t bytes, uint8_t digest[32])
{
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, data, bytes);
    br_sha256_out(&sha, digest);
}

void test_key_make(uint8_t number, struct test_key *key)
{
    /* SubjectPublicKeyInfo of a point on P-256 (RFC 5480): all that stands before the point. */
    static const uint8_t prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    uint8_t info[sizeof prefix + KL_P256_POINT_BYTES];
    br_ec_private_key secret = {BR_EC_secp256r1, key->secret, sizeof key->secret};
    memset(key, 0, sizeof *key);
    memset(key->secret, number, sizeof key->secret);
    key->secret[0] = 0x11; /* below the order of the curve */
    size_t bytes = br_ec_compute_pub(&br_ec_prime_i31, NULL, key->public_key.point, &secret);
    assert(bytes == KL_P256_POINT_BYTES);
    (void)bytes;
    memcpy(info, prefix, sizeof prefix);
    memcpy(info + sizeof prefix, key->public_key.point, KL_P256_POINT_BYTES);
    sha256(info, sizeof info, key->public_key.id);
}

static void put(struct test_image *image, const void *data, uint32_t bytes)
{
    assert(bytes <= TEST_IMAGE_MAX - image->size);
    memcpy(image->bytes + image->size, data, bytes);
    image->size += bytes;
}

static void put_number(struct test_image *image, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        put(image, &byte, 1);
    }
}

static void put_entry(struct test_image *image, uint16_t type, const void *data, uint32_t bytes)
{
    put_number(image, type, 2);
    put_number(image, bytes, 2);
    put(image, data, bytes);
}

static void put_header(const struct test_image_wish *wish, uint32_t header_bytes,
                       uint32_t protected_bytes, struct test_image *image)
{
    put_number(image, 0x96f3b83d, 4);
    put_number(image, 0, 4);
    put_number(image, header_bytes, 2);
    put_number(image, protected_bytes, 2);
    put_number(image, wish->body_bytes, 4);
    put_number(image, (wish->kind == KL_IMAGE_FIRMWARE ? 0 : 0x10) | (wish->mask ? 0x4 : 0), 4);
    put_number(image, wish->version.major, 1);
    put_number(image, wish->version.minor, 1);
    put_number(image, wish->version.revision, 2);
    put_number(image, wish->version.build, 4);
    while (image->size < header_bytes) {
        put_number(image, 0, 1);
    }
}

static void put_body(const struct test_image_wish *wish, struct test_image *image)
{
    for (uint32_t i = 0; i < wish->body_bytes; i++) {
        uint8_t byte =
            wish->body
                ? wish->body[i]
                : (uint8_t)(i * 7 + i / 251 + wish->version.major * 83 + wish->version.minor * 29);
        put(image, &byte, 1);
    }
}

static void put_protected(const struct test_image_wish *wish, struct test_image *image)
{
    const struct kl_device_class *device = wish->device;
    put_number(image, 0x6908, 2);
    put_number(image, 0, 2); /* filled in later */
    if (device) {
        put_entry(image, KL_TLV_VENDOR_UUID, device->vendor, 16);
        put_entry(image, KL_TLV_CLASS_UUID, device->product, 16);
        put_entry(image, KL_TLV_BOARD, device->board, (uint32_t)strlen(device->board));
    }
    put_entry(image, KL_TLV_KIND, &(uint8_t){(uint8_t)wish->kind}, 1);
    if (wish->counter) {
        put_number(image, KL_TLV_SECURITY_COUNTER, 2);
        put_number(image, 4, 2);
        put_number(image, wish->counter, 4);
    }
    if (wish->entries) {
        put(image, wish->entries, wish->entry_bytes);
    }
}

static void put_signature(const struct test_image_wish *wish, struct test_image *image)
{
    uint8_t digest[32], signature[KL_P256_SIGNATURE_MAX];
    uint32_t info = image->size;
    sha256(image->bytes, image->size, digest);
    put_number(image, 0x6907, 2);
    put_number(image, 0, 2);
    put_entry(image, KL_TLV_SHA256, digest, sizeof digest);
    if (wish->key) {
        uint8_t secret[32];
        memcpy(secret, wish->key->secret, sizeof secret);
        br_ec_private_key key = {BR_EC_secp256r1, secret, sizeof secret};
        size_t bytes =
            br_ecdsa_i31_sign_asn1(&br_ec_prime_i31, &br_sha256_vtable, digest, &key, signature);
        assert(bytes > 0);
        put_entry(image, KL_TLV_KEYHASH, wish->key->public_key.id, 32);
        put_entry(image, KL_TLV_ECDSA, signature, (uint32_t)bytes);
    }
    image->bytes[info + 2] = (uint8_t)(image->size - info);
    image->bytes[info + 3] = (uint8_t)((image->size - info) >> 8);
}

void test_image_make(const struct test_image_wish *wish, struct test_image *image)
{
    struct test_image entries = {.size = 0};
    uint32_t header_bytes = wish->header_bytes ? wish->header_bytes : 32;
    put_protected(wish, &entries);
    entries.bytes[2] = (uint8_t)entries.size;
    entries.bytes[3] = (uint8_t)(entries.size >> 8);
    image->size = 0;
    put_header(wish, header_bytes, entries.size, image);
    put_body(wish, image);
    put(image, entries.bytes, entries.size);
    put_signature(wish, image);
    for (uint32_t i = 0; i < wish->body_bytes; i++) {
        image->bytes[header_bytes + i] ^= wish->mask;
    }
}
