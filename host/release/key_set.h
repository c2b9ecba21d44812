/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys devices trust: docs/spec/keyset.md. */
#ifndef KINGLET_RELEASE_KEY_SET_H
#define KINGLET_RELEASE_KEY_SET_H

#include "release/image_file.h"

enum { KL_KEY_SET_MAX = 16 };

enum kl_key_role {
    KL_ROLE_FIRMWARE = 1,
    KL_ROLE_MODELS = 2,
    KL_ROLE_KEYS = 4,
    KL_ROLE_COMMANDS = 8,
    KL_ROLE_ALL = 15
};

struct kl_key_entry {
    struct kl_public_key key;
    uint8_t roles; /* enum kl_key_role, at least one */
};

struct kl_key_set {
    uint32_t version;
    uint32_t count;
    struct kl_key_entry keys[KL_KEY_SET_MAX];
};

/* The entry with that id; NULL: there is none. */
struct kl_key_entry *kl_key_set_find(struct kl_key_set *set, const uint8_t id[KL_IMAGE_HASH_BYTES]);

/* Keys with that role that are not revoked. */
uint32_t kl_key_set_valid(const struct kl_key_set *set, enum kl_key_role role);

/* Append the set as a signed image to the empty buffer. */
enum kl_err kl_key_set_write(const struct kl_key_set *set, uint64_t made,
                             const struct kl_key *signer, struct kl_buffer *image,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Read a set from the bytes of an image; its signature has to be right by one of its own valid keys
 * that sign key sets. `name` begins the message. KL_EINPUT, KL_ECHECK. */
enum kl_err kl_key_set_read(struct kl_bytes image, const char *name, struct kl_key_set *set,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* The keys with a role, as kl_verify takes them, revoked ones included. Returns their number. */
uint32_t kl_key_set_keys(const struct kl_key_set *set, enum kl_key_role role,
                         struct kl_public_key keys[KL_KEY_SET_MAX]);

/* "firmware,models" of a mask; and back: KL_EUSAGE for an unknown word. */
enum { KL_ROLES_TEXT_BYTES = 48 };
void kl_roles_text(uint8_t roles, char text[KL_ROLES_TEXT_BYTES]);
enum kl_err kl_roles_parse(const char *text, uint8_t *roles, struct kl_diag *diag) KL_MUST_CHECK;

#endif
