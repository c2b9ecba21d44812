/* SPDX-License-Identifier: Apache-2.0 */
/* What quantisation changes, in a cross-validation: the model of each fold as int8. */
#include "flow/model_job.h"
#include "flow/ptq_data.h"
#include "flow/train/internal.h"

static enum kl_err quantise_fold(struct train_run *run, struct kl_model_job *job,
                                 const struct kl_learn_set *test, struct kl_diag *diag)
{
    const struct kl_learn_set *train = kl_learn_part(&run->data, KL_PART_TRAIN);
    struct kl_ptq_options options = {.method = KL_CALIBRATE_MINMAX, .test = test};
    struct kl_ptq_report report;
    KL_TRY(
        kl_ptq_examples(train, KL_TRAIN_RANGES, job->arena, &options.inputs, &options.items, diag));
    KL_TRY(kl_quantise_model(job, &options, &report, diag));
    kl_pair_add(&run->report->int8, &report.accuracy);
    return KL_OK;
}

enum kl_err train_fold_int8(struct train_run *run, struct kl_diag *diag)
{
    const struct kl_learn_set *test = kl_learn_part(&run->data, KL_PART_TEST);
    struct kl_model_job job;
    struct kl_bytes file;
    if (!test) {
        return KL_OK;
    }
    KL_TRY(train_make_model(run->network.graph, &run->normalisation, run->arena, &file, diag));
    enum kl_err err = kl_model_job_open_bytes(&job, "model.tflite", file, diag);
    err = err == KL_OK ? quantise_fold(run, &job, test, diag) : err;
    kl_model_job_free(&job);
    return err;
}
