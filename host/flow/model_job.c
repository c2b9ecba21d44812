/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/model_job.h"

#include "import/import.h"

static enum kl_err start(struct kl_model_job *job, const char *path, struct kl_diag *diag)
{
    *job = (struct kl_model_job){.path = path, .arena = kl_arena_create(KL_JOB_LIMIT)};
    return job->arena ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err import(struct kl_model_job *job, struct kl_diag *diag)
{
    struct kl_diag found = {0};
    kl_sha256_hex(job->file.data, job->file.size, job->sha256);
    enum kl_err err = kl_is_classical(job->file)
                          ? kl_import_classical(job->file, job->arena, &job->graph, &found)
                          : kl_import_tflite(job->file, job->arena, &job->graph, &found);
    if (err != KL_OK) {
        return kl_fail(diag, err, "%.300s: %s", job->path, found.message);
    }
    return KL_OK;
}

enum kl_err kl_model_job_open(struct kl_model_job *job, const char *path, struct kl_diag *diag)
{
    KL_TRY(start(job, path, diag));
    KL_TRY(kl_file_read(path, KL_MODEL_FILE_LIMIT, job->arena, &job->file, diag));
    return import(job, diag);
}

enum kl_err kl_model_job_open_bytes(struct kl_model_job *job, const char *path,
                                    struct kl_bytes file, struct kl_diag *diag)
{
    KL_TRY(start(job, path, diag));
    job->file = file;
    return import(job, diag);
}

enum kl_err kl_model_job_plan(struct kl_model_job *job, enum kl_kernel_set kernels,
                              const struct kl_pass_dump *dump, struct kl_diag *diag)
{
    const struct kl_plan_options options = {.kernels = kernels};
    KL_TRY(kl_optimise(job->graph, dump, diag));
    return kl_plan_create(job->graph, &options, job->arena, &job->plan, diag);
}

void kl_model_job_free(struct kl_model_job *job)
{
    kl_arena_free(job->arena);
    job->arena = NULL;
}
