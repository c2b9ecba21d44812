/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet release`: firmware and models as one signed file. */
#include <stdio.h>

#include "cli/release_job.h"

static enum kl_err begin(struct kl_release_job *job, int wanted, struct kl_diag *diag)
{
    char sha256[KL_SHA256_HEX_BYTES];
    job->arena = kl_arena_create(KL_JOB_LIMIT);
    if (!job->arena) {
        return KL_FAIL_MEMORY(diag);
    }
    if (wanted > 0) {
        KL_TRY(kl_file_read(job->path, KL_TAR_LIMIT, job->arena, &job->file, diag));
        kl_sha256_hex(job->file.data, job->file.size, sha256);
        kl_result_input(&job->result, job->path, sha256);
    }
    return KL_OK;
}

int kl_release_run(const struct kl_command *self, int argc, char **argv,
                   const struct kl_option *options, int wanted, kl_release_step *step,
                   void *context)
{
    struct kl_release_job job = {.path = NULL};
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job.common, &job.path, wanted, &status)) {
        return status;
    }
    kl_result_init(&job.result, self->name);
    enum kl_err err = begin(&job, wanted, &diag);
    if (err == KL_OK) {
        err = step(context, &job, &diag);
    }
    kl_passphrase_forget(job.passphrase);
    status = kl_finish(&job.result, &job.common, err, false, &diag);
    kl_arena_free(job.arena);
    return status;
}

enum kl_err kl_release_key(struct kl_release_job *job, const char *path,
                           const char *passphrase_file, struct kl_key *key, struct kl_diag *diag)
{
    const char *passphrase;
    KL_TRY(kl_passphrase_read(passphrase_file, job->passphrase, &passphrase, diag));
    return kl_key_read_private(path, passphrase, key, diag);
}

enum kl_err kl_release_write(struct kl_release_job *job, const struct kl_tar *tar, uint64_t made,
                             const char *path, struct kl_diag *diag)
{
    struct kl_buffer archive = KL_BUFFER(KL_TAR_LIMIT);
    char sha256[KL_SHA256_HEX_BYTES], number[KL_NUMBER_BYTES];
    enum kl_err err = kl_tar_write(tar, made, &archive, diag);
    if (err == KL_OK) {
        err = kl_file_write(path, archive.data, archive.size, diag);
    }
    if (err == KL_OK) {
        kl_sha256_hex(archive.data, archive.size, sha256);
        kl_result_count(&job->result, "release.bytes", (long long)archive.size, "bytes",
                        KL_COUNTED);
        kl_result_detail(&job->result, "output",
                         json_pack("{s:s, s:s}", "path", path, "sha256", sha256));
    }
    if (err == KL_OK && !job->common.json) {
        printf("%s%s%s: %s bytes, SHA-256 %s\n", kl_bold(), path, kl_plain(),
               kl_grouped((long long)archive.size, number), sha256);
    }
    kl_buffer_free(&archive);
    return err;
}

int kl_cmd_release(int argc, char **argv, const struct kl_command *self)
{
    static const struct kl_command commands[] = {
        {"release build", "--version V --vendor D --product P --board B [options]",
         "Make a release of a firmware, of model packs, or of both.", kl_cmd_release_build},
        {"release sign", "FILE --key F [options]", "Sign a release or an image.",
         kl_cmd_release_sign},
        {"release verify", "FILE [options]",
         "Check a release or an image as a device does, or build it again and compare.",
         kl_cmd_release_verify},
        {"release inspect", "FILE [options]",
         "Show everything that can be read of a release, an image or a key set.",
         kl_cmd_release_inspect},
        {"release delta", "OLD NEW -o PATCH", "Make a patch from one image to the next.",
         kl_cmd_release_delta},
    };
    return kl_run_subcommand(argc, argv, self, commands, sizeof commands / sizeof commands[0]);
}
