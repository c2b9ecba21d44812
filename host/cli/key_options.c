/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key_options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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
