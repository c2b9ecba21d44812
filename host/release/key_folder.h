/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of keys:
 *
 *     NAME.pem, NAME.pub.pem    private and public key; the private one may be kept elsewhere
 *     keys.img                  the signed key set that devices get
 *
 * The set's version grows with each change, and each is signed by a key that the set before trusts
 * for that.
 */
#ifndef KINGLET_RELEASE_KEY_FOLDER_H
#define KINGLET_RELEASE_KEY_FOLDER_H

#include "release/key_set.h"

enum { KL_KEY_NAME_MAX = 48, KL_KEY_FOLDER_MAX = 64 };

/* A key that has files in the folder. */
struct kl_named_key {
    char name[KL_KEY_NAME_MAX + 1];
    struct kl_public_key key;
    bool has_private; /* its file is there; nobody looked into it */
};

struct kl_key_folder {
    const char *path;
    struct kl_key_set set; /* version 0: there is none */
    uint32_t count;
    struct kl_named_key keys[KL_KEY_FOLDER_MAX]; /* by name */
};

/* Whose file is read, and by which passphrases; NULL for what is not needed. */
struct kl_key_access {
    const char *signer;            /* name of the key that signs the set; NULL: one that may */
    const char *signer_passphrase; /* of that key */
    const char *passphrase;        /* of the new key */
    uint64_t made;                 /* date of the set */
};

/* Read what is in the folder, which need not exist yet. */
enum kl_err kl_key_folder_open(const char *path, struct kl_key_folder *folder,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* Name of the file of a key, "FOLDER/NAMEsuffix", in `text`. */
enum { KL_KEY_PATH_BYTES = 1024 };
enum kl_err kl_key_folder_path(const struct kl_key_folder *folder, const char *name,
                               const char *suffix, char text[KL_KEY_PATH_BYTES],
                               struct kl_diag *diag) KL_MUST_CHECK;

/* The key with that id, or that name; NULL: there is none. */
const struct kl_named_key *kl_key_folder_by_id(const struct kl_key_folder *folder,
                                               const uint8_t id[KL_IMAGE_HASH_BYTES]);
const struct kl_named_key *kl_key_folder_by_name(const struct kl_key_folder *folder,
                                                 const char *name);

/* Make a pair. With roles it becomes a part of the set; the first one of a set has to sign key
 * sets. With none it is for encryption, or for what devices need not trust. */
enum kl_err kl_key_folder_new(struct kl_key_folder *folder, const char *name, uint8_t roles,
                              const struct kl_key_access *access,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Make a pair that will replace the key: with its roles, and with its name and a number. Both are
 * trusted until the old one is revoked. The new name goes to `name`. */
enum kl_err kl_key_folder_rotate(struct kl_key_folder *folder, const char *old,
                                 const struct kl_key_access *access, char name[KL_KEY_NAME_MAX + 1],
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Mark a key as revoked. KL_EUSAGE for the last one that signs key sets. */
enum kl_err kl_key_folder_revoke(struct kl_key_folder *folder, const char *name,
                                 const struct kl_key_access *access,
                                 struct kl_diag *diag) KL_MUST_CHECK;

#endif
