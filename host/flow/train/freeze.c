/* SPDX-License-Identifier: Apache-2.0 */
/* A retrained model in the quantisation of the one that it began with. */
#include "emit/tflite.h"
#include "flow/model_job.h"
#include "flow/ptq_data.h"
#include "flow/train/internal.h"

/* Examples that tell whether the result is near the floats. */
enum { EXAMPLES = 32 };

static enum kl_err write_frozen(struct train_run *run, const struct kl_model_job *old,
                                struct kl_model_job *job, struct fb *file, struct kl_diag *diag)
{
    struct kl_train_report *report = run->report;
    struct kl_ptq_options options = {.like = old->graph};
    struct kl_ptq_report quantised;
    const char *path = kl_arena_printf(run->arena, "%s/int8.tflite", run->request->output);
    KL_TRY(kl_ptq_examples(&run->data.part[KL_PART_TRAIN].set, EXAMPLES, job->arena,
                           &options.inputs, &options.items, diag));
    KL_TRY(kl_quantise_model(job, &options, &quantised, diag));
    KL_TRY(kl_emit_tflite(quantised.graph, file, diag));
    KL_TRY(path ? kl_file_write(path, file->data, file->size, diag) : KL_FAIL_MEMORY(diag));
    report->frozen =
        (struct kl_train_frozen){.path = path,
                                 .bytes = (int64_t)file->size,
                                 .different = (int64_t)kl_bytes_different(
                                     (struct kl_bytes){file->data, file->size}, old->file),
                                 .cut_off = quantised.cut_off};
    return KL_OK;
}

enum kl_err train_write_frozen(struct train_run *run, struct kl_diag *diag)
{
    struct kl_model_job old, job = {0};
    struct fb file = {0};
    enum kl_err err = kl_model_job_open(&old, run->request->from, diag);
    err = err == KL_OK ? kl_model_job_open(&job, run->report->model, diag) : err;
    err = err == KL_OK ? write_frozen(run, &old, &job, &file, diag) : err;
    fb_free(&file);
    kl_model_job_free(&job);
    kl_model_job_free(&old);
    return err;
}
