/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/example_options.h"
#include "cli/model_options.h"
#include "cli/quantise_inputs.h"
#include "cli/quantise_report.h"
#include "emit/tflite.h"
#include "flow/ptq_data.h"
#include "flow/quantise_model.h"
#include "flow/task.h"

struct quantise_options {
    struct kl_common common;
    struct kl_model_options model;
    struct kl_strings inputs, checks;
    struct kl_ptq_data data;
    int64_t seed;
    const char *out, *method, *percentile, *like, *task;
    bool wide, float_io, dense_channels, equalise, correct_biases, adaround, layers, no_test;
};

static enum kl_err read_method(const struct quantise_options *o, struct kl_ptq_options *ptq,
                               struct kl_diag *diag)
{
    static const char *const names[] = {"minmax", "percentile", "mse", "entropy"};
    char *end;
    ptq->percentile = o->percentile ? strtod(o->percentile, &end) : 99.99;
    if (o->percentile &&
        (end == o->percentile || *end || !(ptq->percentile >= 50 && ptq->percentile <= 100))) {
        return kl_fail(diag, KL_EUSAGE, "--percentile '%.40s' is not 50 to 100", o->percentile);
    }
    ptq->method = o->percentile ? KL_CALIBRATE_PERCENTILE : KL_CALIBRATE_MINMAX;
    for (int i = 0; o->method && i < 4; i++) {
        if (strcmp(o->method, names[i]) == 0) {
            ptq->method = (enum kl_calibration)i;
            return o->percentile && ptq->method != KL_CALIBRATE_PERCENTILE
                       ? kl_fail(diag, KL_EUSAGE, "--percentile is for --method percentile")
                       : KL_OK;
        }
    }
    return o->method ? kl_fail(diag, KL_EUSAGE,
                               "--method '%.40s': there are minmax, percentile, mse and entropy",
                               o->method)
                     : KL_OK;
}

/* How near the result is to the model whose quantisation it has. */
static void note_like(const struct quantise_options *o, const struct kl_ptq_report *report,
                      const struct fb *file, const struct kl_model_job *like,
                      struct kl_result *result)
{
    char bytes[KL_NUMBER_BYTES];
    long long different =
        (long long)kl_bytes_different((struct kl_bytes){file->data, file->size}, like->file);
    kl_result_count(result, "file.different", different, "bytes", KL_COUNTED);
    kl_result_count(result, "weights.cut_off", (long long)report->cut_off, "1", KL_COUNTED);
    if (!o->common.json) {
        printf("%s bytes differ from %s; %lld weights and biases are cut off by its scales\n",
               kl_grouped(different, bytes), o->like, (long long)report->cut_off);
    }
}

/* Which data, in which version, and how they were divided. */
static void note_data(const struct kl_ptq_data *data, bool tested, struct kl_result *result)
{
    kl_result_data(result, data->path, data->version);
    if (data->features) {
        kl_result_input(result, data->features, data->features_sha256);
    }
    kl_result_detail(result, "data",
                     json_pack("{s:s, s:s, s:I, s:b, s:b}", "content", data->content, "version",
                               data->version, "seed", (json_int_t)data->seed, "split_here",
                               kl_ptq_data_split_here(data), "test_read", tested));
}

/* What the models are compared on. */
static const char *compared_on(const struct quantise_options *o, const struct kl_ptq_options *ptq)
{
    if (o->data.path) {
        return ptq->checks ? "validation examples" : "training examples that gave the ranges";
    }
    return ptq->checks ? "inputs of --check" : "inputs that gave the ranges";
}

/* Ranges come from files, or from a data set. */
static enum kl_err read_sets(const struct quantise_options *o, struct kl_model_job *job,
                             struct kl_result *result, struct kl_buffer *sets,
                             struct kl_ptq_data *data, struct kl_ptq_options *ptq,
                             struct kl_diag *diag)
{
    if (o->data.path) {
        if (o->inputs.count || o->checks.count) {
            return kl_fail(diag, KL_EUSAGE, "--data is instead of --inputs and --check");
        }
        KL_TRY(kl_ptq_data_open(data, job->arena, diag));
        KL_TRY(kl_ptq_data_read(data, job->graph, job->arena, ptq, diag));
        ptq->test = o->no_test ? NULL : ptq->test;
        note_data(data, ptq->test != NULL, result);
        return KL_OK;
    }
    KL_TRY(kl_quantise_inputs(&o->inputs, "--inputs", job, result, &sets[0], &ptq->items, diag));
    ptq->inputs = (const unsigned char *)sets[0].data;
    if (o->checks.count) {
        KL_TRY(kl_quantise_inputs(&o->checks, "--check", job, result, &sets[1], &ptq->check_items,
                                  diag));
        ptq->checks = (const unsigned char *)sets[1].data;
    }
    return KL_OK;
}

static enum kl_err quantise(const struct quantise_options *o, struct kl_model_job *job,
                            const struct kl_model_job *like, struct kl_result *result,
                            struct kl_buffer *sets, struct kl_ptq_data *data, struct fb *file,
                            struct kl_diag *diag)
{
    struct kl_ptq_report report;
    struct kl_ptq_options ptq = {.wide = o->wide,
                                 .float_io = o->float_io,
                                 .dense_channels = o->dense_channels,
                                 .equalise = o->equalise,
                                 .correct_biases = o->correct_biases,
                                 .adaround = o->adaround,
                                 .like = like->graph};
    KL_TRY(read_method(o, &ptq, diag));
    KL_TRY(read_sets(o, job, result, sets, data, &ptq, diag));
    kl_progress(&o->common, "quantising ...");
    KL_TRY(kl_quantise_model(job, &ptq, &report, diag));
    kl_progress(&o->common, "%s", "");
    KL_TRY(kl_emit_tflite(report.graph, file, diag));
    KL_TRY(kl_file_write(o->out, file->data, file->size, diag));
    const struct kl_quantise_outcome outcome = {.path = o->out,
                                                .file = {file->data, file->size},
                                                .options = &ptq,
                                                .report = &report,
                                                .compared =
                                                    ptq.checks ? ptq.check_items : ptq.items,
                                                .compared_on = compared_on(o, &ptq),
                                                .cautions = data->cautions};
    kl_quantise_result(&outcome, result);
    if (o->like) {
        note_like(o, &report, file, like, result);
    }
    if (!o->common.json) {
        kl_quantise_print(&outcome, o->layers);
    }
    return KL_OK;
}

/* With the quantisation of another model, nothing is left to choose. */
static enum kl_err check_like(const struct quantise_options *o, struct kl_diag *diag)
{
    bool chosen = o->method || o->percentile || o->wide || o->float_io || o->dense_channels ||
                  o->equalise || o->correct_biases || o->adaround;
    return o->like && chosen
               ? kl_fail(diag, KL_EUSAGE,
                         "--like takes the whole quantisation of that model: leave out --method, "
                         "--percentile, --int16, --float-io, --dense-channels, --equalise, "
                         "--correct-biases and --adaround")
               : KL_OK;
}

/* `like`: the model whose quantisation is taken; its graph is NULL if there is none. */
static enum kl_err open_like(const struct quantise_options *o, struct kl_model_job *like,
                             struct kl_result *result, struct kl_diag *diag)
{
    KL_TRY(check_like(o, diag));
    if (o->like) {
        KL_TRY(kl_model_job_open(like, o->like, diag));
        kl_note_model(result, like);
    }
    return KL_OK;
}

static enum kl_err quantise_model(const void *context, struct kl_model_job *job,
                                  struct kl_result *result, struct kl_diag *diag)
{
    struct kl_buffer sets[2] = {KL_BUFFER(KL_JOB_LIMIT / 4), KL_BUFFER(KL_JOB_LIMIT / 4)};
    const struct quantise_options *o = context;
    struct kl_ptq_data data = o->data;
    data.seed = (uint64_t)o->seed;
    struct fb file = {0};
    struct kl_model_job like = {0};
    enum kl_err err = open_like(o, &like, result, diag);
    err = err == KL_OK ? quantise(o, job, &like, result, sets, &data, &file, diag) : err;
    kl_model_job_free(&like);
    kl_ptq_data_close(&data);
    kl_buffer_free(&sets[0]);
    kl_buffer_free(&sets[1]);
    fb_free(&file);
    return err;
}

enum { MOST_OPTIONS = 40 };

/* Rows of the option table; each returns how many it has written. */
static size_t add_data_options(struct quantise_options *o, struct kl_option *table)
{
    const struct kl_option rows[] = {
        {.name = "--output-file",
         .argument = "F",
         .help = "the .tflite file to write",
         .text = &o->out},
        {.name = "--inputs",
         .argument = "F",
         .help = "what the model will see: inputs one behind the other, raw; or one .npy",
         .list = &o->inputs},
        {.name = "--data",
         .argument = "DIR",
         .help = "a data set instead: ranges from its training part, accuracy on its test part",
         .text = &o->data.path},
        {.name = "--task",
         .argument = "T",
         .help =
             "which items of --data: with classes, values or anomalies (default: labels if any)",
         .text = &o->task},
        {.name = "--normal",
         .argument = "CLASS",
         .help = "anomalies: the class that is learnt (default: normal, or the first)",
         .text = &o->data.normal},
        {.name = "--items",
         .argument = "N",
         .help = "how many examples of --data ranges come from (128)",
         .number = &o->data.items},
        KL_EXAMPLE_OPTIONS(o->data.window, o->data.hop, o->seed),
        {.name = "--check",
         .argument = "F",
         .help = "other inputs, for the comparison with the floats",
         .list = &o->checks},
    };
    memcpy(table, rows, sizeof rows);
    return sizeof rows / sizeof rows[0];
}

static size_t add_settings(struct quantise_options *o, struct kl_option *table)
{
    const struct kl_option rows[] = {
        {.name = "--method",
         .argument = "M",
         .help = "ranges by minmax (default), percentile, mse or entropy",
         .text = &o->method},
        {.name = "--percentile",
         .argument = "P",
         .help = "of all values that a range covers, e.g. 99.9 (default 99.99)",
         .text = &o->percentile},
        {.name = "--int16", .help = "activations of 16 bits", .flag = &o->wide},
        {.name = "--float-io", .help = "inputs and outputs stay float", .flag = &o->float_io},
        {.name = "--dense-channels",
         .help = "FULLY_CONNECTED per channel, which older runtimes cannot run",
         .flag = &o->dense_channels},
        {.name = "--equalise",
         .help = "make ranges of channels alike across layers first",
         .flag = &o->equalise},
        {.name = "--correct-biases",
         .help = "keep the means of all channels",
         .flag = &o->correct_biases},
        {.name = "--adaround",
         .help = "round weights such that layers change least; corrects biases, too",
         .flag = &o->adaround},
        {.name = "--like",
         .argument = "F",
         .help = "take scales and zero points of this model of integers, such as the one before",
         .text = &o->like},
        {.name = "--no-test", .help = "leave the test part of --data unread", .flag = &o->no_test},
        {.name = "--layers", .help = "a table of all layers", .flag = &o->layers},
        KL_MODEL_OPTIONS(o->model),
        {.name = NULL},
    };
    memcpy(table, rows, sizeof rows);
    return sizeof rows / sizeof rows[0];
}

/* Which items of the data set are taken. */
static enum kl_err read_task(struct quantise_options *o, struct kl_diag *diag)
{
    enum kl_judged_task task;
    KL_TRY(kl_task_parse(o->task, &task, diag));
    o->data.values = task == KL_JUDGE_VALUES;
    o->data.anomalies = task == KL_JUDGE_ANOMALIES;
    return !o->data.normal || o->data.anomalies
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "--normal is for --task anomalies");
}

static enum kl_err check_options(void *context, struct kl_diag *diag)
{
    struct quantise_options *o = context;
    if (!o->out || o->data.items < 1) {
        return kl_fail(diag, KL_EUSAGE,
                       o->out ? "--items must be at least 1" : "-o OUT.tflite is missing");
    }
    KL_TRY(read_task(o, diag));
    if (o->model.features && !o->data.path) {
        return kl_fail(
            diag, KL_EUSAGE,
            "--features says what the model takes of the items of --data; files of --inputs "
            "hold features themselves");
    }
    /* The model that is quantised takes features; the pipeline is not part of it. */
    o->data.features = o->model.features;
    o->model.features = NULL;
    return KL_OK;
}

int kl_cmd_quantise(int argc, char **argv, const struct kl_command *self)
{
    struct quantise_options o = {.data = {.items = 128}};
    struct kl_option options[MOST_OPTIONS];
    size_t count = add_data_options(&o, options);
    count += add_settings(&o, options + count);
    assert(count <= MOST_OPTIONS);
    const struct kl_model_command command = {options,       &o.common,      &o.model,
                                             check_options, quantise_model, &o};
    return kl_model_command(self, argc, argv, &command);
}
