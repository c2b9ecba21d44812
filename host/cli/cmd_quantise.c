/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/model_options.h"
#include "emit/tflite.h"
#include "flow/ptq_data.h"
#include "flow/quantise_model.h"
#include "flow/tensor_file.h"

struct quantise_options {
    struct kl_common common;
    struct kl_model_options model;
    struct kl_strings inputs, checks;
    struct kl_ptq_data data;
    int64_t seed;
    const char *out, *method, *percentile, *like;
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

/* The values that one file holds of a model input. */
struct values {
    const unsigned char *data;
    int64_t count;
};

static bool is_npy(struct kl_bytes file)
{
    return file.size > 6 && memcmp(file.data, "\x93NUMPY", 6) == 0;
}

static enum kl_err read_values(const char *path, const struct kl_tensor *tensor,
                               struct kl_model_job *job, struct kl_result *result,
                               struct values *values, struct kl_diag *diag)
{
    struct kl_bytes file;
    char sha256[KL_SHA256_HEX_BYTES];
    KL_TRY(kl_file_read(path, KL_JOB_LIMIT / 4, job->arena, &file, diag));
    if (is_npy(file)) {
        unsigned char *data = kl_arena_alloc(job->arena, tensor->bytes, 1);
        if (!data) {
            return KL_FAIL_MEMORY(diag);
        }
        KL_TRY(kl_tensor_read(path, tensor, data, sha256, diag));
        *values = (struct values){data, 1};
    } else if (file.size == 0 || file.size % tensor->bytes != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%.300s: %zu bytes are no whole number of inputs '%.60s' of %zu bytes", path,
                       file.size, tensor->name, tensor->bytes);
    } else {
        kl_sha256_hex(file.data, file.size, sha256);
        *values = (struct values){file.data, (int64_t)(file.size / tensor->bytes)};
    }
    kl_result_input(result, path, sha256);
    return KL_OK;
}

/* The files of all inputs in turn; each turn adds as many sets of inputs as its files hold. */
static enum kl_err read_turn(const struct kl_strings *files, int first, struct kl_model_job *job,
                             struct kl_result *result, struct kl_buffer *sets, int64_t *items,
                             struct kl_diag *diag)
{
    struct values values[KL_MAX_FILES] = {{0}};
    const struct kl_subgraph *subgraph = job->graph->subgraphs[0];
    int32_t count = subgraph->input_count;
    for (int32_t i = 0; i < count; i++) {
        const char *path = files->items[first + i];
        KL_TRY(read_values(path, subgraph->inputs[i], job, result, &values[i], diag));
        if (values[i].count != values[0].count) {
            return kl_fail(diag, KL_EINPUT, "%.300s holds %lld inputs, %.300s %lld", path,
                           (long long)values[i].count, files->items[first],
                           (long long)values[0].count);
        }
    }
    for (int64_t k = 0; k < values[0].count; k++) {
        for (int32_t i = 0; i < count; i++) {
            size_t bytes = subgraph->inputs[i]->bytes;
            kl_buffer_append(sets, values[i].data + (size_t)k * bytes, bytes);
        }
    }
    *items += values[0].count;
    return sets->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

static enum kl_err read_inputs(const struct kl_strings *files, const char *option,
                               struct kl_model_job *job, struct kl_result *result,
                               struct kl_buffer *sets, int64_t *items, struct kl_diag *diag)
{
    int32_t count = job->graph->subgraphs[0]->input_count;
    if (files->count == 0 || count == 0 || files->count % count != 0) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s is given %d time%s; the model has %d input%s, and each needs files",
                       option, files->count, files->count == 1 ? "" : "s", count,
                       count == 1 ? "" : "s");
    }
    for (int i = 0; i < files->count; i += count) {
        KL_TRY(read_turn(files, i, job, result, sets, items, diag));
    }
    return KL_OK;
}

static json_t *layers_json(const struct kl_ptq_report *report)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < report->layer_count; i++) {
        const struct kl_ptq_layer *l = &report->layers[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:b}", "op", l->op,
                                        "tensor", l->tensor, "sqnr", kl_json_number(l->sqnr),
                                        "sqnr_alone", kl_json_number(l->sqnr_alone), "difference",
                                        kl_json_number(l->difference), "scale",
                                        kl_json_number((double)l->scale.scale), "zero_point",
                                        l->scale.zero_point, "output", l->is_output));
    }
    return list;
}

/* The least ratio of all outputs, and the largest difference. */
static struct kl_ptq_layer worst_output(const struct kl_ptq_report *report)
{
    struct kl_ptq_layer worst = {.sqnr = INFINITY};
    for (int32_t i = 0; i < report->layer_count; i++) {
        const struct kl_ptq_layer *l = &report->layers[i];
        if (l->is_output) {
            worst.sqnr = fmin(worst.sqnr, l->sqnr);
            worst.difference = fmax(worst.difference, l->difference);
        }
    }
    return worst;
}

/* The layer that alone loses most. */
static const struct kl_ptq_layer *weakest(const struct kl_ptq_report *report)
{
    const struct kl_ptq_layer *found = NULL;
    for (int32_t i = 0; i < report->layer_count; i++) {
        if (!found || report->layers[i].sqnr_alone < found->sqnr_alone) {
            found = &report->layers[i];
        }
    }
    return found;
}

enum { GOOD_DECIBELS = 20 };

static void print_report(const struct quantise_options *o, const struct kl_ptq_options *ptq,
                         const struct kl_ptq_report *report, const struct fb *file)
{
    char bytes[KL_NUMBER_BYTES];
    struct kl_ptq_layer output = worst_output(report);
    const struct kl_ptq_layer *weak = weakest(report);
    if (o->layers) {
        printf("%-24s %8s %8s %11s  %s\n", "operator", "SQNR dB", "alone dB", "difference",
               "tensor");
    }
    for (int32_t i = 0; o->layers && i < report->layer_count; i++) {
        const struct kl_ptq_layer *l = &report->layers[i];
        printf("%-24.24s %8.1f %8.1f %11.4g  %.60s\n", l->op, l->sqnr, l->sqnr_alone, l->difference,
               l->tensor);
    }
    printf("%s: %s bytes, %d operators in integers\n", o->out,
           kl_grouped((long long)file->size, bytes), report->integer_ops);
    for (int32_t i = 0; i < report->stay_count; i++) {
        printf("stays float: %s\n", report->stay[i]);
    }
    if (isfinite(output.sqnr)) {
        printf("outputs: signal to quantisation noise %.1f dB, largest difference %.4g\n",
               output.sqnr, output.difference);
    }
    if (report->accuracy.count > 0) {
        const struct kl_pair *a = &report->accuracy;
        printf("accuracy on %lld test examples: floats %.2f %%, integers %.2f %%; difference %.2f "
               "points (95 %%: %.2f to %.2f)\n",
               (long long)a->count, 100.0 * (double)a->first / (double)a->count,
               100.0 * (double)a->second / (double)a->count, 100 * a->difference, 100 * a->low,
               100 * a->high);
    }
    if (weak && weak->sqnr_alone < GOOD_DECIBELS) {
        printf("most is lost in %s '%.60s' (%.1f dB alone); try %s\n", weak->op, weak->tensor,
               weak->sqnr_alone, kl_ptq_advice(ptq, weak));
    }
}

static void fill_result(const struct quantise_options *o, const struct kl_ptq_report *report,
                        const struct fb *file, int64_t items, struct kl_result *result)
{
    struct kl_ptq_layer output = worst_output(report);
    json_t *stay = json_array();
    char sha256[KL_SHA256_HEX_BYTES];
    for (int32_t i = 0; i < report->stay_count; i++) {
        json_array_append_new(stay, json_string(report->stay[i]));
    }
    kl_sha256_hex(file->data, file->size, sha256);
    kl_result_count(result, "file.bytes", (long long)file->size, "bytes", KL_COUNTED);
    kl_result_count(result, "calibration.items", (long long)items, "1", KL_COUNTED);
    kl_result_count(result, "operators.integer", report->integer_ops, "1", KL_COUNTED);
    kl_result_count(result, "operators.float", report->stay_count, "1", KL_COUNTED);
    kl_result_count(result, "pairs.equalised", report->pairs, "1", KL_COUNTED);
    kl_result_metric(result, "output.sqnr", kl_json_number(output.sqnr), "1", KL_COUNTED);
    kl_result_metric(result, "output.difference", kl_json_number(output.difference), "1",
                     KL_COUNTED);
    if (report->accuracy.count > 0) {
        const struct kl_pair *a = &report->accuracy;
        double n = (double)a->count;
        kl_result_count(result, "test.items", (long long)a->count, "1", KL_COUNTED);
        kl_result_metric(result, "accuracy.float", json_real((double)a->first / n), "1",
                         KL_COUNTED);
        kl_result_metric(result, "accuracy", json_real((double)a->second / n), "1", KL_COUNTED);
        kl_result_metric(result, "accuracy.difference", json_real(a->difference), "1", KL_COUNTED);
        kl_result_metric(result, "accuracy.difference_low", json_real(a->low), "1", KL_COUNTED);
        kl_result_metric(result, "accuracy.difference_high", json_real(a->high), "1", KL_COUNTED);
    }
    kl_result_detail(result, "output", json_pack("{s:s, s:s}", "path", o->out, "sha256", sha256));
    kl_result_detail(result, "layers", layers_json(report));
    kl_result_detail(result, "stay_float", stay);
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
        kl_result_data(result, data->path, data->content);
        if (data->features) {
            kl_result_input(result, data->features, data->features_sha256);
        }
        return KL_OK;
    }
    KL_TRY(read_inputs(&o->inputs, "--inputs", job, result, &sets[0], &ptq->items, diag));
    ptq->inputs = (const unsigned char *)sets[0].data;
    if (o->checks.count) {
        KL_TRY(read_inputs(&o->checks, "--check", job, result, &sets[1], &ptq->check_items, diag));
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
    fill_result(o, &report, file, ptq.items, result);
    if (o->like) {
        note_like(o, &report, file, like, result);
    }
    if (!o->common.json) {
        print_report(o, &ptq, &report, file);
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

int kl_cmd_quantise(int argc, char **argv, const struct kl_command *self)
{
    struct quantise_options o = {.data = {.items = 128}};
    const struct kl_option options[] = {
        {.name = "--output-file",
         .argument = "F",
         .help = "the .tflite file to write",
         .text = &o.out},
        {.name = "--inputs",
         .argument = "F",
         .help = "what the model will see: inputs one behind the other, raw; or one .npy",
         .list = &o.inputs},
        {.name = "--data",
         .argument = "DIR",
         .help = "a data set instead: ranges from its training part, accuracy on its test part",
         .text = &o.data.path},
        {.name = "--items",
         .argument = "N",
         .help = "how many examples of --data ranges come from (128)",
         .number = &o.data.items},
        {.name = "--window",
         .argument = "N",
         .help = "series of --data: items are windows of N frames, as in train",
         .number = &o.data.window},
        {.name = "--hop",
         .argument = "N",
         .help = "frames from window to window (default: the window)",
         .number = &o.data.hop},
        {.name = "--seed",
         .argument = "N",
         .help = "of the split of a data set that has none, as in train (0)",
         .number = &o.seed},
        {.name = "--check",
         .argument = "F",
         .help = "other inputs, for the comparison with the floats",
         .list = &o.checks},
        {.name = "--method",
         .argument = "M",
         .help = "ranges by minmax (default), percentile, mse or entropy",
         .text = &o.method},
        {.name = "--percentile",
         .argument = "P",
         .help = "of all values that a range covers, e.g. 99.9 (default 99.99)",
         .text = &o.percentile},
        {.name = "--int16", .help = "activations of 16 bits", .flag = &o.wide},
        {.name = "--float-io", .help = "inputs and outputs stay float", .flag = &o.float_io},
        {.name = "--dense-channels",
         .help = "FULLY_CONNECTED per channel, which older runtimes cannot run",
         .flag = &o.dense_channels},
        {.name = "--equalise",
         .help = "make ranges of channels alike across layers first",
         .flag = &o.equalise},
        {.name = "--correct-biases",
         .help = "keep the means of all channels",
         .flag = &o.correct_biases},
        {.name = "--adaround",
         .help = "round weights such that layers change least; corrects biases, too",
         .flag = &o.adaround},
        {.name = "--like",
         .argument = "F",
         .help = "take scales and zero points of this model of integers, such as the one before",
         .text = &o.like},
        {.name = "--no-test", .help = "leave the test part of --data unread", .flag = &o.no_test},
        {.name = "--layers", .help = "a table of all layers", .flag = &o.layers},
        KL_MODEL_OPTIONS(o.model),
        {.name = NULL},
    };
    const char *path;
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.common, &path, 1, &status)) {
        return status;
    }
    if (!o.out || o.data.items < 1) {
        kl_fail(&diag, KL_EUSAGE,
                o.out ? "--items must be at least 1" : "-o OUT.tflite is missing");
        return kl_report(&diag);
    }
    if (o.model.features && !o.data.path) {
        kl_fail(&diag, KL_EUSAGE,
                "--features says what the model takes of the items of --data; files of --inputs "
                "hold features themselves");
        return kl_report(&diag);
    }
    /* The model that is quantised takes features; the pipeline is not part of it. */
    o.data.features = o.model.features;
    o.model.features = NULL;
    return kl_model_command(self, path, &o.model, &o.common, quantise_model, &o);
}
