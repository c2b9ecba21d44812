/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key_options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

enum { KEY_SET_LIMIT = 16 * 1024 };

enum kl_err kl_passphrase_read(const char *path, char text[KL_PASSPHRASE_BYTES],
                               const char **passphrase, struct kl_diag *diag)
{
    *passphrase = NULL;
    if (!path) {
        return KL_OK;
    }
    FILE *file = fopen(path, "re");
    if (!file) {
        return kl_fail(diag, KL_EIO, "%.300s: cannot open: %s", path, strerror(errno));
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
    bool read = fgets(text, KL_PASSPHRASE_BYTES, file) != NULL;
    fclose(file);
    size_t length = read ? strcspn(text, "\r\n") : 0;
    if (length == 0 || length == KL_PASSPHRASE_BYTES - 1) {
        return kl_fail(diag, KL_EINPUT,
                       "%.300s: its first line is the passphrase, of 1 to %d bytes", path,
                       KL_PASSPHRASE_BYTES - 2);
    }
    text[length] = '\0';
    *passphrase = text;
    return KL_OK;
}

void kl_passphrase_forget(char text[KL_PASSPHRASE_BYTES])
{
    explicit_bzero(text, KL_PASSPHRASE_BYTES);
}

enum kl_err kl_trusted_keys(const char *key, const char *keys, struct kl_arena *arena,
                            struct kl_key_set *set, struct kl_diag *diag)
{
    struct kl_bytes file;
    struct kl_key one;
    if (key && keys) {
        return kl_fail(diag, KL_EUSAGE, "--key and --keys exclude each other");
    }
    if (keys) {
        KL_TRY(kl_file_read(keys, KEY_SET_LIMIT, arena, &file, diag));
        return kl_key_set_read(file, keys, set, diag);
    }
    if (key) {
        KL_TRY(kl_key_read(key, NULL, &one, diag));
        set->count = 1;
        set->keys[0] = (struct kl_key_entry){one.public_key, KL_ROLE_ALL};
        kl_key_forget(&one);
    }
    return KL_OK;
}
