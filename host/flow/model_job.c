/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/model_job.h"

#include <string.h>

#include "features/features.h"
#include "flow/evaluate.h"
#include "flow/model_features.h"
#include "kinglet/pack.h"

static enum kl_err start(struct kl_model_job *job, const char *path, struct kl_diag *diag)
{
    *job = (struct kl_model_job){.path = path, .arena = kl_arena_create(KL_JOB_LIMIT)};
    return job->arena ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err import_onnx(struct kl_model_job *job, const struct kl_onnx_options *given,
                               struct kl_diag *diag)
{
    struct kl_onnx_options options = *given;
    options.evaluate = kl_evaluate;
    options.refusals = &job->refusals;
    return kl_import_onnx(job->file, &options, job->arena, &job->graph, diag);
}

/* A model pack is what comes out, not what goes in. */
static bool is_pack(struct kl_bytes file)
{
    const uint32_t magic = KL_PACK_MAGIC;
    return file.size >= sizeof magic && memcmp(file.data, &magic, sizeof magic) == 0;
}

static enum kl_err import_format(struct kl_model_job *job, const struct kl_onnx_options *onnx,
                                 struct kl_diag *diag)
{
    bool is_onnx = kl_is_onnx(job->file);
    if (!is_onnx && (onnx->binding_count || onnx->shape_count)) {
        return kl_fail(diag, KL_EUSAGE, "not an ONNX model: its inputs are fixed already");
    }
    if (is_onnx) {
        return import_onnx(job, onnx, diag);
    }
    if (kl_is_classical(job->file)) {
        return kl_import_classical(job->file, job->arena, &job->graph, diag);
    }
    if (is_pack(job->file)) {
        return kl_fail(diag, KL_EINPUT,
                       "a model pack, which is compiled already (`kinglet pack info` shows it); "
                       "give the model that it was made from");
    }
    if (job->file.size >= 8 && !kl_is_tflite(job->file)) {
        return kl_fail(diag, KL_EINPUT,
                       "neither a TensorFlow Lite model (.tflite) nor ONNX, nor a classical model "
                       "in JSON, nor a feature pipeline in YAML");
    }
    return kl_import_tflite(job->file, job->arena, &job->graph, diag);
}

/* A feature pipeline alone, whose messages name the file and the line. */
static enum kl_err import_features(struct kl_model_job *job, const struct kl_onnx_options *onnx,
                                   struct kl_diag *diag)
{
    if (onnx->binding_count || onnx->shape_count) {
        return kl_fail(diag, KL_EUSAGE, "%.300s: not an ONNX model: its inputs are fixed already",
                       job->path);
    }
    return kl_features_graph(job->file, job->path, job->arena, &job->graph, diag);
}

static enum kl_err import(struct kl_model_job *job, const struct kl_onnx_options *onnx,
                          struct kl_diag *diag)
{
    struct kl_diag found = {0};
    kl_sha256_hex(job->file.data, job->file.size, job->sha256);
    if (kl_is_features(job->file)) {
        return import_features(job, onnx, diag);
    }
    enum kl_err err = import_format(job, onnx, &found);
    if (err != KL_OK) {
        return kl_fail(diag, err, "%.300s: %s", job->path, found.message);
    }
    return KL_OK;
}

enum kl_err kl_model_job_open(struct kl_model_job *job, const char *path, struct kl_diag *diag)
{
    return kl_model_job_open_with(job, path, &(const struct kl_onnx_options){0}, diag);
}

enum kl_err kl_model_job_open_with(struct kl_model_job *job, const char *path,
                                   const struct kl_onnx_options *onnx, struct kl_diag *diag)
{
    KL_TRY(start(job, path, diag));
    KL_TRY(kl_file_read(path, KL_MODEL_FILE_LIMIT, job->arena, &job->file, diag));
    return import(job, onnx, diag);
}

enum kl_err kl_model_job_open_bytes(struct kl_model_job *job, const char *path,
                                    struct kl_bytes file, struct kl_diag *diag)
{
    return kl_model_job_open_onnx(job, path, file, &(const struct kl_onnx_options){0}, diag);
}

enum kl_err kl_model_job_open_onnx(struct kl_model_job *job, const char *path, struct kl_bytes file,
                                   const struct kl_onnx_options *onnx, struct kl_diag *diag)
{
    KL_TRY(start(job, path, diag));
    job->file = file;
    return import(job, onnx, diag);
}

enum kl_err kl_model_job_plan(struct kl_model_job *job, enum kl_kernel_set kernels,
                              const struct kl_pass_dump *dump, struct kl_diag *diag)
{
    const struct kl_plan_options options = {.kernels = kernels, .wide_weights = job->wide_weights};
    KL_TRY(kl_optimise(job->graph, dump, diag));
    return kl_plan_create(job->graph, &options, job->arena, &job->plan, diag);
}

void kl_model_job_free(struct kl_model_job *job)
{
    kl_arena_free(job->arena);
    job->arena = NULL;
}
