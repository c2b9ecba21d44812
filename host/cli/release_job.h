/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands of `kinglet release` share. */
#ifndef KINGLET_CLI_RELEASE_JOB_H
#define KINGLET_CLI_RELEASE_JOB_H

#include "cli/commands.h"
#include "cli/key_options.h"
#include "release/release.h"

struct kl_release_job {
    struct kl_common common;
    struct kl_result result;
    struct kl_arena *arena;
    const char *path; /* the release or image */
    struct kl_bytes file;
    char passphrase[KL_PASSPHRASE_BYTES];
};

/* What a subcommand does once the options are read. */
typedef enum kl_err kl_release_step(void *options, struct kl_release_job *job,
                                    struct kl_diag *diag);

/* Parse the options, do the step, and end: returns the exit status. `wanted`: 0 or 1 files; one is
 * read before. */
int kl_release_run(const struct kl_command *self, int argc, char **argv,
                   const struct kl_option *options, int wanted, kl_release_step *step,
                   void *context);

/* Read a private key with its passphrase, if there is one. */
enum kl_err kl_release_key(struct kl_release_job *job, const char *path,
                           const char *passphrase_file, struct kl_key *key,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Write the release, and say so. */
enum kl_err kl_release_write(struct kl_release_job *job, const struct kl_tar *tar, uint64_t made,
                             const char *path, struct kl_diag *diag) KL_MUST_CHECK;

kl_command_fn kl_cmd_release_build, kl_cmd_release_sign, kl_cmd_release_verify,
    kl_cmd_release_inspect, kl_cmd_release_delta;

#endif
