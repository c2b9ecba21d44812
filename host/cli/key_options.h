/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases of keys, for the commands that sign. */
#ifndef KINGLET_CLI_KEY_OPTIONS_H
#define KINGLET_CLI_KEY_OPTIONS_H

#include "base/diag.h"

enum { KL_PASSPHRASE_BYTES = 256 };

/* The first line of a file into `text`; *passphrase is it, or NULL when `path` is. Clear `text`
 * with kl_passphrase_forget. */
enum kl_err kl_passphrase_read(const char *path, char text[KL_PASSPHRASE_BYTES],
                               const char **passphrase, struct kl_diag *diag) KL_MUST_CHECK;
void kl_passphrase_forget(char text[KL_PASSPHRASE_BYTES]);

#endif
