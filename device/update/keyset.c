/* SPDX-License-Identifier: Apache-2.0 */
#include "update/keyset.h"

#include <stddef.h>
#include <string.h>

#include <bearssl_hash.h>

#include "update/bytes.h"

struct kl_key_entry *kl_key_set_find(struct kl_key_set *set, const uint8_t id[KL_IMAGE_HASH_BYTES])
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (memcmp(set->keys[i].key.id, id, KL_IMAGE_HASH_BYTES) == 0) {
            return &set->keys[i];
        }
    }
    return NULL;
}

uint32_t kl_key_set_valid(const struct kl_key_set *set, enum kl_key_role role)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        count += (set->keys[i].roles & role) && !set->keys[i].key.is_revoked;
    }
    return count;
}

uint32_t kl_key_set_keys(const struct kl_key_set *set, enum kl_key_role role,
                         struct kl_public_key keys[KL_KEY_SET_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->keys[i].roles & role) {
            keys[count++] = set->keys[i].key;
        }
    }
    return count;
}

/* SHA-256 of the point's SubjectPublicKeyInfo. */
static void id_of(const uint8_t point[KL_P256_POINT_BYTES], uint8_t id[KL_IMAGE_HASH_BYTES])
{
    /* What stands before a point on P-256 there (RFC 5480). */
    static const uint8_t prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, prefix, sizeof prefix);
    br_sha256_update(&sha, point, KL_P256_POINT_BYTES);
    br_sha256_out(&sha, id);
}

static int parse_entry(const uint8_t bytes[KL_KEY_ENTRY_BYTES], struct kl_key_set *set)
{
    struct kl_key_entry *entry = &set->keys[set->count];
    entry->roles = bytes[0];
    entry->key.is_revoked = bytes[1];
    entry->key.point[0] = 4;
    memcpy(entry->key.point + 1, bytes + KL_KEY_POINT_AT, KL_P256_POINT_BYTES - 1);
    id_of(entry->key.point, entry->key.id);
    if (bytes[0] == 0 || bytes[0] > KL_ROLE_ALL || bytes[1] > 1 || kl_get_u16(bytes + 2) != 0) {
        return KL_KEY_SET_ENTRY;
    }
    if (memcmp(entry->key.id, bytes + KL_KEY_ID_AT, KL_IMAGE_HASH_BYTES) != 0) {
        return KL_KEY_SET_ID;
    }
    if (kl_key_set_find(set, entry->key.id)) {
        return KL_KEY_SET_TWICE;
    }
    set->count++;
    return KL_KEY_SET_OK;
}

int kl_key_set_parse(const uint8_t *body, uint32_t bytes, struct kl_key_set *set)
{
    set->version = set->count = 0;
    if (bytes < KL_KEY_SET_HEAD_BYTES || kl_get_u32(body) != KL_KEY_SET_MAGIC_WORD) {
        return KL_KEY_SET_MAGIC;
    }
    uint32_t count = kl_get_u16(body + 8);
    set->version = kl_get_u32(body + 4);
    if (count == 0 || count > KL_KEY_SET_MAX || set->version == 0 || kl_get_u16(body + 10) != 0 ||
        bytes != KL_KEY_SET_HEAD_BYTES + count * KL_KEY_ENTRY_BYTES) {
        return KL_KEY_SET_FORM;
    }
    int error = KL_KEY_SET_OK;
    for (uint32_t i = 0; i < count && !error; i++) {
        error = parse_entry(body + KL_KEY_SET_HEAD_BYTES + i * KL_KEY_ENTRY_BYTES, set);
    }
    return error;
}
