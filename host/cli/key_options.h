/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases of keys, for the commands that sign; and whom to trust, for those that verify. */
#ifndef KINGLET_CLI_KEY_OPTIONS_H
#define KINGLET_CLI_KEY_OPTIONS_H

#include "release/key_set.h"

enum { KL_PASSPHRASE_BYTES = 256 };

/* The first line of a file into `text`; *passphrase is it, or NULL when `path` is. Clear `text`
 * with kl_passphrase_forget. */
enum kl_err kl_passphrase_read(const char *path, char text[KL_PASSPHRASE_BYTES],
                               const char **passphrase, struct kl_diag *diag) KL_MUST_CHECK;
void kl_passphrase_forget(char text[KL_PASSPHRASE_BYTES]);

/* For the members `key` and `keys` of the options. */
#define KL_TRUSTED_KEYS_OPTIONS(options)                                       \
    {.name = "--keys",                                                         \
     .argument = "F",                                                          \
     .help = "the key set that the devices have, such as keys/keys.img",       \
     .text = &(options).keys},                                                 \
    {                                                                          \
        .name = "--key", .argument = "F", .help = "one key that may sign all", \
        .text = &(options).key                                                 \
    }

/* The key set in the file `keys`, or the public key in the file `key` in all roles. Neither: *set
 * stays as it is; both: KL_EUSAGE. */
enum kl_err kl_trusted_keys(const char *key, const char *keys, struct kl_arena *arena,
                            struct kl_key_set *set, struct kl_diag *diag) KL_MUST_CHECK;

#endif
