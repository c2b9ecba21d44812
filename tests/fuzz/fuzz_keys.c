/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key sets from anywhere. The first byte says what the rest is: 0 the body of a set, 1 an image
 * with one, 2 what lies in the two halves of the area that keeps sets. Ids and hashes are put right
 * before they are asked for, and every signature holds: so all that is behind them is reached.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>

#include "port/host/flash_model.h"
#include "update/bytes.h"
#include "update/keyset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECTOR = 512, WRITE = 8, HALF = 4 * SECTOR, SECURITY = 3 * SECTOR + 2 * HALF };
enum { STAGE = 8 * SECTOR, BYTES = SECURITY + STAGE, HALVES_AT = 2 * SECTOR };
enum { HASHED = KL_KEY_SET_BODY_MAX + 4, SPKI_HEAD_BYTES = 26 };

static uint32_t memory[BYTES];
static struct kl_flash_model model;
static const struct kl_flash_area security = {&model.flash, 0, SECURITY};
static const struct kl_flash_area stage = {&model.flash, SECURITY, STAGE};

static void expect(int is_right)
{
    if (!is_right) {
        abort();
    }
}

uint32_t __wrap_br_ecdsa_i31_vrfy_asn1(const br_ec_impl *impl, const void *hash, size_t hash_len,
                                       const br_ec_public_key *pk, const void *sig, size_t sig_len);

uint32_t __wrap_br_ecdsa_i31_vrfy_asn1(const br_ec_impl *impl, const void *hash, size_t hash_len,
                                       const br_ec_public_key *pk, const void *sig, size_t sig_len)
{
    (void)impl;
    (void)hash;
    (void)sig;
    expect(hash_len == KL_IMAGE_HASH_BYTES && pk->qlen == KL_P256_POINT_BYTES && sig_len <= 72);
    return 1;
}

static void sha256(const uint8_t *data, size_t bytes, uint8_t digest[KL_IMAGE_HASH_BYTES])
{
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, data, bytes);
    br_sha256_out(&sha, digest);
}

/* Give the keys of a body the ids of their points. */
static void put_ids(uint8_t *body, size_t bytes)
{
    uint8_t spki[SPKI_HEAD_BYTES + KL_P256_POINT_BYTES] = {
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
        0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    for (size_t at = KL_KEY_SET_HEAD_BYTES; at + KL_KEY_ENTRY_BYTES <= bytes;
         at += KL_KEY_ENTRY_BYTES) {
        memcpy(spki + SPKI_HEAD_BYTES + 1, body + at + KL_KEY_POINT_AT, KL_P256_POINT_BYTES - 1);
        sha256(spki, sizeof spki, body + at + KL_KEY_ID_AT);
    }
}

/* What every set is that was taken for one. */
static void check_set(const struct kl_key_set *set)
{
    expect(set->version > 0 && set->count > 0 && set->count <= KL_KEY_SET_MAX);
    for (uint32_t i = 0; i < set->count; i++) {
        const struct kl_key_entry *a = &set->keys[i];
        expect(a->roles > 0 && a->roles <= KL_ROLE_ALL && a->key.is_revoked <= 1);
        expect(a->key.point[0] == 4);
        for (uint32_t k = 0; k < i; k++) {
            expect(memcmp(a->key.id, set->keys[k].key.id, sizeof a->key.id) != 0);
        }
    }
}

static void parse(const uint8_t *body, size_t bytes)
{
    struct kl_key_set set;
    memset(&set, 0xa5, sizeof set);
    if (kl_key_set_parse(body, (uint32_t)bytes, &set) == KL_KEY_SET_OK) {
        expect(bytes == KL_KEY_SET_HEAD_BYTES + (size_t)set.count * KL_KEY_ENTRY_BYTES);
        check_set(&set);
    }
}

static void read_body(const uint8_t *data, size_t size)
{
    parse(data, size);
    uint8_t *body = malloc(size + 1); /* no byte more is looked at */
    expect(body != NULL);
    memcpy(body, data, size);
    put_ids(body, size);
    parse(body, size);
    free(body);
}

static bool is_same(const struct kl_key_set *a, const struct kl_key_set *b)
{
    bool is_equal = a->version == b->version && a->count == b->count;
    for (uint32_t i = 0; is_equal && i < a->count; i++) {
        const struct kl_key_entry *x = &a->keys[i], *y = &b->keys[i];
        is_equal = x->roles == y->roles && x->key.is_revoked == y->key.is_revoked &&
                   memcmp(x->key.id, y->key.id, sizeof x->key.id) == 0 &&
                   memcmp(x->key.point, y->key.point, sizeof x->key.point) == 0;
    }
    return is_equal;
}

/* The first set: one key for everything. */
static void make_built_in(struct kl_key_set *set)
{
    uint8_t body[KL_KEY_SET_HEAD_BYTES + KL_KEY_ENTRY_BYTES] = {'K', 'L', 'K', 'S', 1, 0, 0, 0, 1};
    body[KL_KEY_SET_HEAD_BYTES] = KL_ROLE_ALL;
    put_ids(body, sizeof body);
    expect(kl_key_set_parse(body, sizeof body, set) == KL_KEY_SET_OK);
}

/* Fill an entry of the image's TLVs, if it has one of that length. */
static void put_entry(const struct kl_image *image, uint16_t type, const uint8_t *content)
{
    struct kl_tlv tlv;
    if (kl_image_find(image, type, false, &tlv) == KL_IMAGE_OK &&
        tlv.bytes == KL_IMAGE_HASH_BYTES) {
        memcpy(model.data + SECURITY + tlv.offset, content, KL_IMAGE_HASH_BYTES);
    }
}

/* Ids, hash and signer of the image that is about to be offered. */
static void put_right(const struct kl_image *image, const struct kl_key_set *current)
{
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    uint8_t *bytes = model.data + SECURITY;
    put_ids(bytes + image->header.header_bytes, image->header.body_bytes);
    sha256(bytes, image->hashed_bytes, hash);
    put_entry(image, KL_TLV_SHA256, hash);
    put_entry(image, KL_TLV_KEYHASH, current->keys[0].key.id);
}

static void take(const uint8_t *data, size_t size)
{
    struct kl_key_set built_in, current, loaded;
    struct kl_image image;
    make_built_in(&built_in);
    memcpy(model.data + SECURITY, data, size < STAGE ? size : STAGE);
    if (kl_image_open(&stage, &image) != KL_IMAGE_OK) {
        return;
    }
    current = built_in;
    put_right(&image, &current);
    int error = kl_key_set_take(&security, &image, &current);
    expect(error != KL_KEY_SET_FLASH && model.violations == 0);
    check_set(&current);
    expect((error == KL_KEY_SET_OK) == (current.version > built_in.version));
    expect(kl_key_set_valid(&current, KL_ROLE_KEYS) > 0);
    expect(kl_key_set_load(&security, &built_in, &loaded) == KL_KEY_SET_OK);
    expect(is_same(&loaded, &current));
}

/* What was written is what is not erased. */
static void note_written(void)
{
    for (uint32_t at = 0; at < SECURITY; at++) {
        model.written[at / WRITE] |= model.data[at] != 0xff;
    }
}

static void load(const uint8_t *data, size_t size)
{
    struct kl_key_set built_in, first, second;
    uint8_t *halves = model.data + HALVES_AT;
    make_built_in(&built_in);
    memcpy(halves, data, size < 2 * HALF ? size : 2 * HALF);
    for (int i = 0; i < 2; i++) {
        put_ids(halves + i * HALF, KL_KEY_SET_BODY_MAX);
        sha256(halves + i * HALF, HASHED, halves + i * HALF + HASHED);
    }
    note_written();
    int error = kl_key_set_load(&security, &built_in, &first);
    expect(error == KL_KEY_SET_OK || is_same(&first, &built_in));
    check_set(&first);
    expect(first.version >= built_in.version && model.violations == 0);
    expect(kl_key_set_load(&security, &built_in, &second) == error && is_same(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    kl_flash_model_init(&model, memory, BYTES, SECTOR, WRITE, 1);
    if (data[0] == 0) {
        read_body(data + 1, size - 1);
    } else if (data[0] == 1) {
        take(data + 1, size - 1);
    } else if (data[0] == 2) {
        load(data + 1, size - 1);
    }
    return 0;
}
