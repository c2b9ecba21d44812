/* SPDX-License-Identifier: Apache-2.0 */
/* Models that rungs make: graph, file, outputs, score. */
#include <math.h>
#include <string.h>

#include "base/command.h"
#include "emit/tflite.h"
#include "flow/ladder/internal.h"
#include "flow/score_head.h"

enum kl_err ladder_model_open(const struct ladder *l, struct kl_bytes file,
                              struct kl_model_job *job, struct kl_diag *diag)
{
    KL_TRY(kl_model_job_open_bytes(job, "the rung's model", file, diag));
    KL_TRY(l->task == KL_JUDGE_ANOMALIES ? kl_score_anomalies(job->graph, diag) : KL_OK);
    return kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, diag);
}

void ladder_model_close(struct ladder_model *model)
{
    kl_model_job_free(&model->job);
    kl_model_job_free(&model->again);
}

/* The bytes of a graph, in the ladder's memory. */
static enum kl_err write_graph(const struct ladder *l, struct kl_graph *graph,
                               struct kl_bytes *bytes, struct kl_diag *diag)
{
    struct fb file = {0};
    enum kl_err err = kl_emit_tflite(graph, &file, diag);
    if (err == KL_OK) {
        *bytes = (struct kl_bytes){kl_arena_copy(l->arena, file.data, file.size), file.size};
        err = bytes->data ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    fb_free(&file);
    return err;
}

static enum kl_err quantise(struct ladder *l, const struct ladder_rung *rung,
                            const struct ladder_choice *choice, struct ladder_model *model,
                            struct kl_diag *diag)
{
    model->settings = rung->anew ? l->inputs : l->best;
    choice->set(&model->settings);
    KL_TRY(kl_quantise_model(&model->job, &model->settings, &model->report, diag));
    model->quantised = true;
    model->sqnr = kl_ptq_worst_output(&model->report).sqnr;
    return write_graph(l, model->report.graph, &model->file, diag);
}

static enum kl_err make_file(struct ladder *l, const struct ladder_rung *rung,
                             const struct ladder_choice *choice, struct ladder_model *model,
                             struct kl_diag *diag)
{
    const struct kl_bytes *given = &l->job.file;
    KL_TRY(l->request->open(l->request->user, &model->job, diag));
    if (rung->rework) {
        KL_TRY(rung->rework(l, model->job.graph, diag));
    }
    if (choice) {
        return quantise(l, rung, choice, model, diag);
    }
    if (!kl_is_tflite(*given) && !kl_is_onnx(*given)) {
        model->file = *given;
        return KL_OK;
    }
    KL_TRY(kl_optimise_portable(model->job.graph, diag));
    return write_graph(l, model->job.graph, &model->file, diag);
}

/* Compare with the model as it is, which is the first that is made. */
static enum kl_err compare(struct ladder *l, struct ladder_model *model, double *errors,
                           struct kl_diag *diag)
{
    if (!l->floats.values) {
        size_t count = (size_t)model->outputs.count;
        l->floats = model->outputs;
        l->floats.values = kl_arena_copy(l->arena, model->outputs.values,
                                         count * (size_t)model->outputs.size * sizeof(float));
        l->errors = errors ? kl_arena_copy(l->arena, errors, count * sizeof errors[0]) : NULL;
        if (!l->floats.values || (errors && !l->errors)) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    model->pair = errors ? kl_score_pair_errors(l->errors, errors, l->validation->count)
                         : kl_score_pair(l->validation, &l->floats, &model->outputs);
    return KL_OK;
}

/* Reads examples until somebody wants the ladder to end. */
static enum kl_err read_watched(void *context, int32_t example, float *values, struct kl_diag *diag)
{
    const struct ladder *l = context;
    return ladder_stopped(l) ? kl_fail(diag, KL_EUSAGE, "stopped")
                             : l->validation->read(l->validation->context, example, values, diag);
}

static enum kl_err judge(struct ladder *l, struct ladder_model *model, struct kl_diag *diag)
{
    struct kl_learn_set watched = *l->validation;
    double *errors = NULL;
    watched.read = read_watched;
    watched.context = l;
    KL_TRY(ladder_model_open(l, model->file, &model->again, diag));
    KL_TRY(kl_outputs_run(model->again.plan, &watched, model->again.arena, &model->outputs, diag));
    KL_TRY(ladder_score(l, l->validation, &model->outputs, l->arena, &model->score, &errors, diag));
    model->quality = l->task == KL_JUDGE_CLASSES ? model->score.accuracy : -model->score.error;
    return compare(l, model, errors, diag);
}

enum kl_err ladder_model_make(struct ladder *l, const struct ladder_rung *rung,
                              const struct ladder_choice *choice, struct ladder_model *model,
                              struct kl_diag *diag)
{
    *model = (struct ladder_model){.sqnr = NAN};
    KL_TRY(make_file(l, rung, choice, model, diag));
    return judge(l, model, diag);
}

/* " OPTION VALUE" behind a text. NULL, here and in `text`: no memory. */
static const char *add_option(const struct ladder *l, const char *text, const char *option,
                              const char *value)
{
    const char *word = kl_shell_word(l->arena, value);
    return text && word ? kl_arena_printf(l->arena, "%s %s %s", text, option, word) : NULL;
}

static const char *add_number(const struct ladder *l, const char *text, const char *option,
                              int64_t value)
{
    return text ? kl_arena_printf(l->arena, "%s %s %lld", text, option, (long long)value) : NULL;
}

/* Options that lead to the same examples. */
static const char *data_options(const struct ladder *l)
{
    const struct kl_ptq_data *d = &l->request->data;
    const char *text = add_option(l, "", "--data", d->path);
    text = add_number(l, text, "--items", d->items);
    text = add_number(l, text, "--seed", (int64_t)d->seed);
    text = d->window > 0 ? add_number(l, text, "--window", d->window) : text;
    text = d->hop > 0 ? add_number(l, text, "--hop", d->hop) : text;
    text = d->features ? add_option(l, text, "--features", d->features) : text;
    text = add_option(l, text, "--task", kl_task_names[l->task]);
    return d->normal ? add_option(l, text, "--normal", d->normal) : text;
}

/* Settings of quantisation. */
static const char *quantise_options(const struct ladder *l, const struct kl_ptq_options *o)
{
    static const char *const methods[] = {[KL_CALIBRATE_MINMAX] = "minmax",
                                          [KL_CALIBRATE_PERCENTILE] = "percentile",
                                          [KL_CALIBRATE_MSE] = "mse",
                                          [KL_CALIBRATE_ENTROPY] = "entropy"};
    return kl_arena_printf(
        l->arena, " --method %s%s%s%s%s%s", methods[o->method], o->wide ? " --int16" : "",
        o->dense_channels ? " --dense-channels" : "", o->equalise ? " --equalise" : "",
        o->correct_biases ? " --correct-biases" : "", o->adaround ? " --adaround" : "");
}

const char *ladder_command(const struct ladder *l, const struct ladder_model *model)
{
    const char *path = kl_shell_word(l->arena, l->request->model);
    const char *data = data_options(l), *settings = quantise_options(l, &model->settings);
    if (!path || !data || !settings) {
        return NULL;
    }
    if (!kl_is_tflite(l->job.file) && !kl_is_onnx(l->job.file)) {
        return kl_arena_printf(l->arena, "cp %s model.json", path);
    }
    const char *fixed = l->request->model_options;
    return model->quantised
               ? kl_arena_printf(l->arena, "kinglet quantise %s%s%s --no-test%s -o model.tflite",
                                 path, fixed, data, settings)
               : kl_arena_printf(l->arena, "kinglet export %s --optimise%s -o model.tflite", path,
                                 fixed);
}
