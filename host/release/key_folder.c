/* SPDX-License-Identifier: Apache-2.0 */
#include "release/key_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SET_FILE "keys.img"
#define PRIVATE_SUFFIX ".pem"
#define PUBLIC_SUFFIX ".pub.pem"

enum { SET_LIMIT = 16 * 1024 };

static enum kl_err check_name(const char *name, struct kl_diag *diag)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t length = strlen(name);
    if (length == 0 || length > KL_KEY_NAME_MAX || strspn(name, allowed) != length ||
        name[0] == '-') {
        return kl_fail(diag, KL_EUSAGE,
                       "'%.60s': a key's name has 1 to %d letters, digits, '-' and '_'", name,
                       KL_KEY_NAME_MAX);
    }
    return KL_OK;
}

enum kl_err kl_key_folder_path(const struct kl_key_folder *folder, const char *name,
                               const char *suffix, char text[KL_KEY_PATH_BYTES],
                               struct kl_diag *diag)
{
    int length = snprintf(text, KL_KEY_PATH_BYTES, "%s/%s%s", folder->path, name, suffix);
    return length < KL_KEY_PATH_BYTES
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "'%.60s...': the folder's name is too long",
                         folder->path);
}

static enum kl_err read_set(struct kl_key_folder *folder, struct kl_diag *diag)
{
    char path[KL_KEY_PATH_BYTES];
    struct kl_bytes file;
    KL_TRY(kl_key_folder_path(folder, SET_FILE, "", path, diag));
    if (access(path, F_OK) != 0) {
        return KL_OK;
    }
    struct kl_arena *arena = kl_arena_create(2 * SET_LIMIT);
    if (!arena) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = kl_file_read(path, SET_LIMIT, arena, &file, diag);
    if (err == KL_OK) {
        err = kl_key_set_read(file, path, &folder->set, diag);
    }
    kl_arena_free(arena);
    return err;
}

static enum kl_err add_file(struct kl_key_folder *folder, const char *file, struct kl_diag *diag)
{
    char path[KL_KEY_PATH_BYTES];
    struct kl_key key;
    struct kl_diag ignored = {0};
    struct kl_named_key *named = &folder->keys[folder->count];
    size_t length = strlen(file), suffix = sizeof PUBLIC_SUFFIX - 1;
    if (length <= suffix || length - suffix > KL_KEY_NAME_MAX ||
        strcmp(file + length - suffix, PUBLIC_SUFFIX) != 0) {
        return KL_OK;
    }
    if (folder->count == KL_KEY_FOLDER_MAX) {
        return kl_fail(diag, KL_ELIMIT, "%.300s: more than %d keys", folder->path,
                       KL_KEY_FOLDER_MAX);
    }
    memcpy(named->name, file, length - suffix);
    named->name[length - suffix] = '\0';
    if (check_name(named->name, &ignored) != KL_OK) {
        return KL_OK;
    }
    KL_TRY(kl_key_folder_path(folder, file, "", path, diag));
    KL_TRY(kl_key_read(path, NULL, &key, diag));
    named->key = key.public_key;
    kl_key_forget(&key);
    KL_TRY(kl_key_folder_path(folder, named->name, PRIVATE_SUFFIX, path, diag));
    named->has_private = access(path, F_OK) == 0;
    folder->count++;
    return KL_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct kl_named_key *)a)->name, ((const struct kl_named_key *)b)->name);
}

enum kl_err kl_key_folder_open(const char *path, struct kl_key_folder *folder, struct kl_diag *diag)
{
    *folder = (struct kl_key_folder){.path = path};
    DIR *dir = opendir(path);
    if (!dir && errno == ENOENT) {
        return KL_OK;
    }
    if (!dir) {
        return kl_fail(diag, KL_EIO, "%.300s: cannot read the folder: %s", path, strerror(errno));
    }
    enum kl_err err = KL_OK;
    for (struct dirent *entry = readdir(dir); entry && err == KL_OK; entry = readdir(dir)) {
        err = add_file(folder, entry->d_name, diag);
    }
    closedir(dir);
    KL_TRY(err);
    qsort(folder->keys, folder->count, sizeof folder->keys[0], by_name);
    return read_set(folder, diag);
}

const struct kl_named_key *kl_key_folder_by_id(const struct kl_key_folder *folder,
                                               const uint8_t id[KL_IMAGE_HASH_BYTES])
{
    for (uint32_t i = 0; i < folder->count; i++) {
        if (memcmp(folder->keys[i].key.id, id, KL_IMAGE_HASH_BYTES) == 0) {
            return &folder->keys[i];
        }
    }
    return NULL;
}

const struct kl_named_key *kl_key_folder_by_name(const struct kl_key_folder *folder,
                                                 const char *name)
{
    for (uint32_t i = 0; i < folder->count; i++) {
        if (strcmp(folder->keys[i].name, name) == 0) {
            return &folder->keys[i];
        }
    }
    return NULL;
}

static enum kl_err find_entry(struct kl_key_folder *folder, const char *name,
                              struct kl_key_entry **entry, struct kl_diag *diag)
{
    const struct kl_named_key *named = kl_key_folder_by_name(folder, name);
    if (!named) {
        return kl_fail(diag, KL_EUSAGE,
                       "%.200s: no key '%.60s'; `kinglet keys list` shows what is there",
                       folder->path, name);
    }
    *entry = kl_key_set_find(&folder->set, named->key.id);
    return *entry ? KL_OK
                  : kl_fail(diag, KL_EUSAGE,
                            "key '%.60s' is not in the key set: devices never trusted it", name);
}

static bool may_sign(struct kl_key_folder *folder, const struct kl_named_key *named,
                     const struct kl_key_entry *except)
{
    const struct kl_key_entry *entry = kl_key_set_find(&folder->set, named->key.id);
    return entry && entry != except && (entry->roles & KL_ROLE_KEYS) && !entry->key.is_revoked;
}

/* The key that signs the next set: one that devices trust for that now. */
static enum kl_err read_signer(struct kl_key_folder *folder, const struct kl_key_access *access,
                               const struct kl_key_entry *except, struct kl_key *signer,
                               struct kl_diag *diag)
{
    char path[KL_KEY_PATH_BYTES];
    const struct kl_named_key *chosen = NULL;
    for (uint32_t i = 0; i < folder->count && !chosen; i++) {
        const struct kl_named_key *named = &folder->keys[i];
        bool is_wanted =
            access->signer ? strcmp(access->signer, named->name) == 0 : named->has_private;
        chosen = is_wanted && may_sign(folder, named, except) ? named : NULL;
    }
    if (!chosen) {
        return kl_fail(diag, KL_EUSAGE,
                       access->signer
                           ? "key '%.60s' may not sign this key set: it lacks the role keys, or is "
                             "revoked"
                           : "%.60s: no other key that signs key sets has its private file here",
                       access->signer ? access->signer : folder->path);
    }
    KL_TRY(kl_key_folder_path(folder, chosen->name, PRIVATE_SUFFIX, path, diag));
    KL_TRY(kl_key_read_private(path, access->signer_passphrase, signer, diag));
    return memcmp(signer->public_key.id, chosen->key.id, KL_IMAGE_HASH_BYTES) == 0
               ? KL_OK
               : kl_fail(diag, KL_EINPUT, "%.300s: not the private key of %.60s%s", path,
                         chosen->name, PUBLIC_SUFFIX);
}

static enum kl_err write_set(struct kl_key_folder *folder, const struct kl_key_access *access,
                             const struct kl_key *signer, struct kl_diag *diag)
{
    char path[KL_KEY_PATH_BYTES];
    struct kl_buffer image = KL_BUFFER(SET_LIMIT);
    folder->set.version++;
    enum kl_err err = kl_key_folder_path(folder, SET_FILE, "", path, diag);
    if (err == KL_OK) {
        err = kl_key_set_write(&folder->set, access->made, signer, &image, diag);
    }
    if (err == KL_OK) {
        err = kl_file_write(path, image.data, image.size, diag);
    }
    kl_buffer_free(&image);
    return err;
}

static enum kl_err write_pair(struct kl_key_folder *folder, const char *name,
                              const struct kl_key *key, const char *passphrase,
                              struct kl_diag *diag)
{
    char path[KL_KEY_PATH_BYTES];
    KL_TRY(kl_dir_create(folder->path, diag));
    KL_TRY(kl_key_folder_path(folder, name, PRIVATE_SUFFIX, path, diag));
    KL_TRY(kl_key_write_private(path, key, passphrase, diag));
    KL_TRY(kl_key_folder_path(folder, name, PUBLIC_SUFFIX, path, diag));
    KL_TRY(kl_key_write_public(path, &key->public_key, diag));
    struct kl_named_key *named = &folder->keys[folder->count++];
    *named = (struct kl_named_key){.key = key->public_key, .has_private = true};
    memcpy(named->name, name, strlen(name));
    return KL_OK;
}

static enum kl_err add_key(struct kl_key_folder *folder, const char *name, uint8_t roles,
                           const struct kl_key_access *access, const struct kl_key *key,
                           const struct kl_key *signer, struct kl_diag *diag)
{
    KL_TRY(write_pair(folder, name, key, access->passphrase, diag));
    if (roles == 0) {
        return KL_OK;
    }
    folder->set.keys[folder->set.count++] = (struct kl_key_entry){key->public_key, roles};
    return write_set(folder, access, signer, diag);
}

static enum kl_err check_room(const struct kl_key_folder *folder, const char *name, uint8_t roles,
                              struct kl_diag *diag)
{
    KL_TRY(check_name(name, diag));
    if (kl_key_folder_by_name(folder, name)) {
        return kl_fail(diag, KL_EUSAGE,
                       "%.200s: key '%.60s' exists; `keys rotate` makes its "
                       "successor",
                       folder->path, name);
    }
    if (folder->count == KL_KEY_FOLDER_MAX || (roles && folder->set.count == KL_KEY_SET_MAX)) {
        return kl_fail(diag, KL_ELIMIT, "%.200s: a key set has at most %d keys, a folder %d",
                       folder->path, KL_KEY_SET_MAX, KL_KEY_FOLDER_MAX);
    }
    return KL_OK;
}

enum kl_err kl_key_folder_new(struct kl_key_folder *folder, const char *name, uint8_t roles,
                              const struct kl_key_access *access, struct kl_diag *diag)
{
    struct kl_key key, signer = {.has_secret = false};
    bool is_first = folder->set.version == 0;
    KL_TRY(check_room(folder, name, roles, diag));
    if (roles && is_first && !(roles & KL_ROLE_KEYS)) {
        return kl_fail(diag, KL_EUSAGE,
                       "the first key of a set signs the set: give it the role keys, too");
    }
    if (roles && !is_first) {
        KL_TRY(read_signer(folder, access, NULL, &signer, diag));
    }
    enum kl_err err = kl_key_generate(&key, diag);
    if (err == KL_OK) {
        err = add_key(folder, name, roles, access, &key, is_first ? &key : &signer, diag);
    }
    kl_key_forget(&key);
    kl_key_forget(&signer);
    return err;
}

/* "release" becomes "release-2", and that "release-3". */
static enum kl_err next_name(const struct kl_key_folder *folder, const char *old,
                             char name[KL_KEY_NAME_MAX + 1], struct kl_diag *diag)
{
    const char *dash = strrchr(old, '-');
    size_t stem = strlen(old);
    if (dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1)) {
        stem = (size_t)(dash - old);
    }
    for (int n = 2; n <= KL_KEY_FOLDER_MAX + 2; n++) {
        int length = snprintf(name, KL_KEY_NAME_MAX + 1, "%.*s-%d", (int)stem, old, n);
        if (length > KL_KEY_NAME_MAX) {
            return kl_fail(diag, KL_EUSAGE, "'%.60s': the name is too long for a successor", old);
        }
        if (!kl_key_folder_by_name(folder, name)) {
            break;
        }
    }
    return KL_OK;
}

enum kl_err kl_key_folder_rotate(struct kl_key_folder *folder, const char *old,
                                 const struct kl_key_access *access, char name[KL_KEY_NAME_MAX + 1],
                                 struct kl_diag *diag)
{
    struct kl_key_entry *entry;
    KL_TRY(find_entry(folder, old, &entry, diag));
    if (entry->key.is_revoked) {
        return kl_fail(diag, KL_EUSAGE, "key '%.60s' is revoked: `keys new` makes another one",
                       old);
    }
    KL_TRY(next_name(folder, old, name, diag));
    return kl_key_folder_new(folder, name, entry->roles, access, diag);
}

enum kl_err kl_key_folder_revoke(struct kl_key_folder *folder, const char *name,
                                 const struct kl_key_access *access, struct kl_diag *diag)
{
    struct kl_key_entry *entry;
    struct kl_key signer;
    KL_TRY(find_entry(folder, name, &entry, diag));
    if (entry->key.is_revoked) {
        return kl_fail(diag, KL_EUSAGE, "key '%.60s' is revoked already", name);
    }
    if ((entry->roles & KL_ROLE_KEYS) && kl_key_set_valid(&folder->set, KL_ROLE_KEYS) == 1) {
        return kl_fail(diag, KL_EUSAGE,
                       "key '%.60s' is the last one that signs key sets: without it devices would "
                       "take no other; `keys rotate %.60s` first",
                       name, name);
    }
    KL_TRY(read_signer(folder, access, entry, &signer, diag));
    entry->key.is_revoked = 1;
    enum kl_err err = write_set(folder, access, &signer, diag);
    kl_key_forget(&signer);
    return err;
}
