/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet release delta`: what a device needs that has the image before. */
#include <stdio.h>

#include "cli/release_job.h"
#include "release/delta.h"
#include "release/image_file.h"

struct delta_job {
    struct kl_common common;
    struct kl_result result;
    struct kl_arena *arena;
    const char *paths[2], *out; /* old and new image, patch */
    struct kl_bytes images[2];
    struct kl_buffer patch;
    struct kl_delta_counts counts;
};

/* A slot holds images as they are when decrypted, so that patches are between those. */
static enum kl_err read_image(struct delta_job *job, int i, struct kl_diag *diag)
{
    struct kl_image_file image;
    char sha256[KL_SHA256_HEX_BYTES];
    KL_TRY(kl_file_read(job->paths[i], KL_DELTA_FILE_MAX, job->arena, &job->images[i], diag));
    if (!kl_is_image(job->images[i])) {
        return kl_fail(diag, KL_EINPUT,
                       "%.300s is no image; a patch is between images, which `tar -xf` takes out "
                       "of a release",
                       job->paths[i]);
    }
    KL_TRY(kl_image_file_open(job->images[i], job->paths[i], &image, diag));
    if (image.image.header.flags & (KL_IMAGE_ENCRYPTED_AES128 | KL_IMAGE_ENCRYPTED_AES256)) {
        return kl_fail(
            diag, KL_EUNSUPPORTED,
            "%.300s is encrypted: each encryption differs in every byte, so that a patch "
            "is no smaller; send the image itself",
            job->paths[i]);
    }
    kl_sha256_hex(job->images[i].data, job->images[i].size, sha256);
    kl_result_input(&job->result, job->paths[i], sha256);
    return KL_OK;
}

/* Apply it as a device does, and compare: no patch leaves that was not tried. */
static enum kl_err try_patch(struct delta_job *job, struct kl_diag *diag)
{
    struct kl_bytes patch = {(const unsigned char *)job->patch.data, job->patch.size}, result;
    int code;
    KL_TRY(kl_delta_apply(job->images[0], patch, job->arena, &result, &code, diag));
    return kl_bytes_different(result, job->images[1]) == 0
               ? KL_OK
               : kl_fail(diag, KL_ECHECK, "the patch does not give the new image");
}

static void report(struct delta_job *job)
{
    const struct kl_delta_counts *c = &job->counts;
    char sha256[KL_SHA256_HEX_BYTES], number[KL_NUMBER_BYTES], whole[KL_NUMBER_BYTES];
    kl_sha256_hex(job->patch.data, job->patch.size, sha256);
    const struct {
        const char *name;
        size_t value;
    } figures[] = {{"delta.bytes", job->patch.size},
                   {"delta.image", job->images[1].size},
                   {"delta.copied", c->copied_bytes},
                   {"delta.changed", c->changed_bytes},
                   {"delta.literal", c->literal_bytes}};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        kl_result_count(&job->result, figures[i].name, (long long)figures[i].value, "bytes",
                        KL_COUNTED);
    }
    kl_result_detail(&job->result, "output",
                     json_pack("{s:s, s:s}", "path", job->out, "sha256", sha256));
    if (!job->common.json) {
        printf("%s%s%s: %s bytes, %.1f %% of the image's %s\n", kl_bold(), job->out, kl_plain(),
               kl_grouped((long long)job->patch.size, number),
               100.0 * (double)job->patch.size / (double)job->images[1].size,
               kl_grouped((long long)job->images[1].size, whole));
        printf("  %zu ranges copied, with %zu bytes that changed; %zu bytes that are new\n",
               c->copies, c->changed_bytes, c->literal_bytes);
    }
}

static enum kl_err make(struct delta_job *job, struct kl_diag *diag)
{
    if (!job->out) {
        return kl_fail(diag, KL_EUSAGE, "-o PATCH is missing: where to write it");
    }
    job->arena = kl_arena_create(KL_JOB_LIMIT);
    if (!job->arena) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(read_image(job, 0, diag));
    KL_TRY(read_image(job, 1, diag));
    KL_TRY(
        kl_delta_make(job->images[0], job->images[1], job->arena, &job->patch, &job->counts, diag));
    KL_TRY(try_patch(job, diag));
    return kl_file_write(job->out, job->patch.data, job->patch.size, diag);
}

int kl_cmd_release_delta(int argc, char **argv, const struct kl_command *self)
{
    struct delta_job job = {.patch = KL_BUFFER(2 * KL_DELTA_FILE_MAX)};
    struct kl_diag diag = {0};
    const struct kl_option options[] = {
        {.name = "--output-file",
         .argument = "PATCH",
         .help = "the patch to write",
         .text = &job.out},
        {.name = NULL},
    };
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job.common, job.paths, 2, &status)) {
        return status;
    }
    kl_result_init(&job.result, self->name);
    enum kl_err err = make(&job, &diag);
    if (err == KL_OK) {
        report(&job);
    }
    status = kl_finish(&job.result, &job.common, err, false, &diag);
    kl_buffer_free(&job.patch);
    kl_arena_free(job.arena);
    return status;
}
