/* SPDX-License-Identifier: Apache-2.0 */
#include "release/key_set.h"

#include <stdio.h>
#include <string.h>

#include "release/image_write.h"
#include "update/bytes.h"
#include "update/keyset.h"

static const struct {
    enum kl_key_role role;
    const char *name;
} roles_table[] = {{KL_ROLE_FIRMWARE, "firmware"},
                   {KL_ROLE_MODELS, "models"},
                   {KL_ROLE_KEYS, "keys"},
                   {KL_ROLE_COMMANDS, "commands"}};
enum { ROLE_COUNT = sizeof roles_table / sizeof roles_table[0] };

void kl_roles_text(uint8_t roles, char text[KL_ROLES_TEXT_BYTES])
{
    text[0] = '\0';
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (roles & roles_table[i].role) {
            snprintf(text + strlen(text), KL_ROLES_TEXT_BYTES - strlen(text), "%s%s",
                     text[0] ? "," : "", roles_table[i].name);
        }
    }
}

enum kl_err kl_roles_parse(const char *text, uint8_t *roles, struct kl_diag *diag)
{
    *roles = 0;
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ",");
        int i = 0;
        while (i < ROLE_COUNT && (strlen(roles_table[i].name) != length ||
                                  memcmp(roles_table[i].name, at, length) != 0)) {
            i++;
        }
        if (i == ROLE_COUNT) {
            return kl_fail(diag, KL_EUSAGE,
                           "'%.60s': roles are firmware, models, keys and commands, separated by "
                           "commas",
                           text);
        }
        *roles = (uint8_t)(*roles | roles_table[i].role);
    }
    return KL_OK;
}

static void put_entry(uint8_t bytes[KL_KEY_ENTRY_BYTES], const struct kl_key_entry *entry)
{
    memset(bytes, 0, KL_KEY_ENTRY_BYTES);
    bytes[0] = entry->roles;
    bytes[1] = entry->key.is_revoked ? 1 : 0;
    memcpy(bytes + KL_KEY_ID_AT, entry->key.id, KL_IMAGE_HASH_BYTES);
    memcpy(bytes + KL_KEY_POINT_AT, entry->key.point + 1, KL_P256_POINT_BYTES - 1);
}

enum kl_err kl_key_set_write(const struct kl_key_set *set, uint64_t made,
                             const struct kl_key *signer, struct kl_buffer *image,
                             struct kl_diag *diag)
{
    uint8_t body[KL_KEY_SET_BODY_MAX];
    kl_put_u32(body, KL_KEY_SET_MAGIC_WORD);
    kl_put_u32(body + 4, set->version);
    kl_put_u16(body + 8, set->count);
    kl_put_u16(body + 10, 0);
    for (uint32_t i = 0; i < set->count; i++) {
        put_entry(body + KL_KEY_SET_HEAD_BYTES + i * KL_KEY_ENTRY_BYTES, &set->keys[i]);
    }
    const struct kl_image_spec spec = {
        .kind = KL_IMAGE_KEYS,
        .version = {.major = 1, .build = set->version},
        .header_bytes = KL_IMAGE_HEADER_BYTES,
        .body = {body, KL_KEY_SET_HEAD_BYTES + (size_t)set->count * KL_KEY_ENTRY_BYTES},
        .name = "keys",
        .security_counter = set->version,
        .made = made,
    };
    KL_TRY(kl_image_write(&spec, image, diag));
    return kl_image_seal(image, signer, NULL, diag);
}

static enum kl_err malformed(const char *name, const char *what, struct kl_diag *diag)
{
    return kl_fail(diag, KL_EINPUT, "%.300s: %s", name, what);
}

static const char *reason(int error)
{
    switch (error) {
    case KL_KEY_SET_MAGIC: return "not a key set";
    case KL_KEY_SET_ENTRY: return "a key has unknown roles or an unknown state";
    case KL_KEY_SET_ID: return "the id of a key is not that of its point";
    case KL_KEY_SET_TWICE: return "a key is there twice";
    default: return "a key set of another form";
    }
}

static enum kl_err read_body(const struct kl_image_file *file, const char *name,
                             struct kl_key_set *set, struct kl_diag *diag)
{
    int error = kl_key_set_parse(file->bytes.data + file->image.header.header_bytes,
                                 file->image.header.body_bytes, set);
    if (error) {
        return malformed(name, reason(error), diag);
    }
    for (uint32_t i = 0; i < set->count; i++) {
        struct kl_public_key key;
        KL_TRY(kl_key_of_point(set->keys[i].key.point, &key, diag));
    }
    return KL_OK;
}

enum kl_err kl_key_set_read(struct kl_bytes image, const char *name, struct kl_key_set *set,
                            struct kl_diag *diag)
{
    struct kl_image_file file;
    struct kl_public_key keys[KL_KEY_SET_MAX];
    uint32_t counter;
    int code;
    KL_TRY(kl_image_file_open(image, name, &file, diag));
    KL_TRY(read_body(&file, name, set, diag));
    const struct kl_verify_rules rules = {
        .keys = keys,
        .key_count = kl_key_set_keys(set, KL_ROLE_KEYS, keys),
        .kind = KL_IMAGE_KEYS,
    };
    KL_TRY(kl_image_file_verify(&file, name, &rules, NULL, &code, diag));
    if (kl_image_security_counter(&file.image, &counter) || counter != set->version) {
        return malformed(name, "its version and its security counter differ", diag);
    }
    return KL_OK;
}
