/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key set: which keys a device trusts, for what, and which it trusts no longer.
 * docs/spec/keyset.md describes the bytes. A firmware has a first set built in; later ones come as
 * signed images of kind KL_IMAGE_KEYS and lie in the area `security`, behind the two sectors of the
 * counters, in two halves of whole sectors: the set in use, and room for the next one. Each half
 * holds a record: the body of a set, its SHA-256, and a few marks.
 *
 * Why power cuts do no harm. The half of the set in use is not touched until a later set is in use.
 * A record counts only when a mark stands behind it, and marks are written after the record was
 * written and read back: whoever sees a mark has a whole record that reads the same each time. The
 * other half may hold the remains of an earlier set, half erased: its hash is wrong, or it is that
 * earlier set, and the later one is taken. What a cut may leave in doubt is a mark, which then
 * reads as set at one time and as not set at another. So a set is not in use until three marks are
 * seen, and whoever sees fewer writes more: one that reads right was written whole, unless power
 * failed at three marks in a row. A set that came to no mark is as if it had not come.
 */
#ifndef KINGLET_KEYSET_H
#define KINGLET_KEYSET_H

#include "kinglet/verify.h"

enum { KL_KEY_SET_MAX = 16 };

enum kl_key_role {
    KL_ROLE_FIRMWARE = 1,
    KL_ROLE_MODELS = 2,
    KL_ROLE_KEYS = 4,
    KL_ROLE_COMMANDS = 8,
    KL_ROLE_ALL = 15
};

enum kl_key_set_error {
    KL_KEY_SET_OK = 0,
    KL_KEY_SET_FLASH = -96,     /* the flash fails, or the area is too small */
    KL_KEY_SET_MAGIC = -97,     /* not a key set */
    KL_KEY_SET_FORM = -98,      /* a wrong length, count, version or reserved field */
    KL_KEY_SET_ENTRY = -99,     /* a key has no roles, or unknown ones, or an unknown state */
    KL_KEY_SET_ID = -100,       /* the id of a key is not that of its point */
    KL_KEY_SET_TWICE = -101,    /* a key is there twice */
    KL_KEY_SET_COUNTER = -102,  /* the image's security counter is not the version */
    KL_KEY_SET_OLD = -103,      /* not later than the set in use */
    KL_KEY_SET_DEAD_END = -104, /* none of its keys can sign the next set */
};

struct kl_key_entry {
    struct kl_public_key key;
    uint8_t roles; /* enum kl_key_role, at least one */
};

struct kl_key_set {
    uint32_t version; /* from 1 on */
    uint32_t count;
    struct kl_key_entry keys[KL_KEY_SET_MAX];
};

/* Read the body of a set. 0, or an enum kl_key_set_error. */
int kl_key_set_parse(const uint8_t *body, uint32_t bytes, struct kl_key_set *set);

/* The entry with that id; NULL: there is none. */
struct kl_key_entry *kl_key_set_find(struct kl_key_set *set, const uint8_t id[KL_IMAGE_HASH_BYTES]);

/* Keys with that role that are not revoked. */
uint32_t kl_key_set_valid(const struct kl_key_set *set, enum kl_key_role role);

/* The keys with a role, as kl_verify takes them, revoked ones included. Returns their number. */
uint32_t kl_key_set_keys(const struct kl_key_set *set, enum kl_key_role role,
                         struct kl_public_key keys[KL_KEY_SET_MAX]);

/* May the set in an image follow `current`? Reads it into *set, which is another one. 0, an enum
 * kl_key_set_error, or what kl_verify returns. */
int kl_key_set_open(const struct kl_image *image, const struct kl_key_set *current,
                    struct kl_key_set *set);

/* The set in use: the latest one of the area and the one built in. Where power failed while a set
 * was taken, that is completed first. 0, or KL_KEY_SET_FLASH: *set is then the one built in. */
int kl_key_set_load(const struct kl_flash_area *security, const struct kl_key_set *built_in,
                    struct kl_key_set *set);

/*
 * Take the set in an image into use: *current, the one in use, becomes that. 0, or why not, as
 * kl_key_set_open. KL_KEY_SET_FLASH: load again to learn which one is in use. KL_KEY_SET_OLD comes
 * also where power failed while this set was taken, and where it turns out now that it was:
 * *current is then that set. The image may lie anywhere but in `security`. Needs about 8 KB of
 * stack.
 */
int kl_key_set_take(const struct kl_flash_area *security, const struct kl_image *image,
                    struct kl_key_set *current);

#endif
