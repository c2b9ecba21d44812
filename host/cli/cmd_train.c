/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/label_errors.h"
#include "flow/train_run.h"
#include "learn/score.h"

#define ARENA_BYTES ((size_t)16 << 30)

/* Options as they are typed. */
struct train_options {
    struct kl_common common;
    const char *label_errors;
    const char *data, *features, *output, *from, *task, *normal, *shape;
    const char *optimiser, *schedule, *rate, *momentum, *decay, *clip, *smoothing;
    struct kl_strings settings;
    int64_t epochs, batch, seed, split_seed, threads, warmup, drop, patience, window, hop, folds;
    bool resume, balance, raw, freeze;
};

static enum kl_err real_option(const char *option, const char *text, double low, double high,
                               float *value, struct kl_diag *diag)
{
    char *end;
    double number = text ? strtod(text, &end) : 0;
    if (!text) {
        return KL_OK;
    }
    if (!text[0] || *end || !(number >= low && number <= high)) {
        return kl_fail(diag, KL_EUSAGE, "%s is a number from %g to %g, not '%.60s'", option, low,
                       high, text);
    }
    *value = (float)number;
    return KL_OK;
}

static enum kl_err word_option(const char *option, const char *text, const char *const words[3],
                               int *value, struct kl_diag *diag)
{
    for (int i = 0; text && i < 3; i++) {
        if (strcmp(words[i], text) == 0) {
            *value = i;
            return KL_OK;
        }
    }
    return !text ? KL_OK
                 : kl_fail(diag, KL_EUSAGE, "%s is %s, %s or %s, not '%.60s'", option, words[0],
                           words[1], words[2], text);
}

static enum kl_err count_option(const char *option, int64_t value, int64_t high, int32_t *out,
                                struct kl_diag *diag)
{
    if (value > high) {
        return kl_fail(diag, KL_EUSAGE, "%s is at most %lld", option, (long long)high);
    }
    *out = (int32_t)value;
    return KL_OK;
}

static enum kl_err set_optimiser(const struct train_options *o, struct kl_optimiser_options *to,
                                 struct kl_diag *diag)
{
    static const char *const kinds[3] = {"sgd", "adam", "adamw"};
    static const char *const schedules[3] = {"constant", "step", "cosine"};
    int kind = KL_ADAMW, schedule = KL_RATE_COSINE;
    KL_TRY(word_option("--optimiser", o->optimiser, kinds, &kind, diag));
    KL_TRY(word_option("--schedule", o->schedule, schedules, &schedule, diag));
    *to = (struct kl_optimiser_options){.kind = (enum kl_optimiser_kind)kind,
                                        .schedule = (enum kl_schedule_kind)schedule,
                                        .rate = kind == KL_SGD ? 0.05f : 0.003f,
                                        .momentum = 0.9f,
                                        .weight_decay = kind == KL_ADAMW ? 0.01f : 0.0001f};
    KL_TRY(real_option("--rate", o->rate, 1e-9, 100, &to->rate, diag));
    KL_TRY(real_option("--momentum", o->momentum, 0, 0.9999, &to->momentum, diag));
    KL_TRY(real_option("--decay", o->decay, 0, 10, &to->weight_decay, diag));
    KL_TRY(real_option("--clip", o->clip, 0, 1e9, &to->clip, diag));
    KL_TRY(count_option("--warmup", o->warmup, 10000, &to->warmup, diag));
    KL_TRY(count_option("--drop", o->drop, 10000, &to->drop, diag));
    return to->schedule == KL_RATE_STEP && to->drop == 0
               ? kl_fail(diag, KL_EUSAGE, "--schedule step needs --drop: after how many epochs")
               : KL_OK;
}

/* "8x8x1" */
static enum kl_err set_shape(const char *text, struct kl_shape *shape, struct kl_diag *diag)
{
    const char *at = text;
    while (text && shape->rank < 3) {
        char *end;
        long size = strtol(at, &end, 10);
        if (end == at || size < 1 || size > 1 << 20) {
            break;
        }
        shape->dim[shape->rank++] = (int32_t)size;
        if (*end == '\0') {
            return KL_OK;
        }
        if (*end != 'x') {
            break;
        }
        at = end + 1;
    }
    return !text ? KL_OK
                 : kl_fail(diag, KL_EUSAGE,
                           "--shape is up to three sizes such as 8x8x1, not "
                           "'%.60s'",
                           text);
}

static enum kl_err set_parameters(const struct train_options *o, struct kl_train_request *r,
                                  struct kl_arena *arena, struct kl_diag *diag)
{
    for (int i = 0; i < o->settings.count && i < KL_TRAIN_SETTINGS; i++) {
        const char *text = o->settings.items[i];
        const char *equals = strchr(text, '=');
        char *end;
        double value = equals ? strtod(equals + 1, &end) : 0;
        if (!equals || equals == text || !equals[1] || *end || !isfinite(value)) {
            return kl_fail(diag, KL_EUSAGE, "--set is NAME=NUMBER, not '%.60s'", text);
        }
        const char *name = kl_arena_printf(arena, "%.*s", (int)(equals - text), text);
        if (!name) {
            return KL_FAIL_MEMORY(diag);
        }
        r->settings[r->setting_count++] = (struct kl_network_setting){name, value};
    }
    return KL_OK;
}

/* The first option that was given and that only networks have a use for; NULL: none. */
static const char *network_option(const struct train_options *o)
{
    const struct {
        const char *name;
        bool given;
    } options[] = {{"--epochs", o->epochs >= 0},
                   {"--batch", o->batch >= 0},
                   {"--optimiser", o->optimiser != NULL},
                   {"--rate", o->rate != NULL},
                   {"--momentum", o->momentum != NULL},
                   {"--decay", o->decay != NULL},
                   {"--schedule", o->schedule != NULL},
                   {"--warmup", o->warmup > 0},
                   {"--drop", o->drop > 0},
                   {"--clip", o->clip != NULL},
                   {"--smoothing", o->smoothing != NULL},
                   {"--patience", o->patience > 0},
                   {"--threads", o->threads > 0}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].given) {
            return options[i].name;
        }
    }
    return NULL;
}

static enum kl_err fill_request(const struct train_options *o, const char *network,
                                struct kl_arena *arena, struct kl_train_request *r,
                                struct kl_diag *diag)
{
    static const char *const tasks[3] = {"classes", "values", "anomalies"};
    int task = 0;
    if (!o->data) {
        return kl_fail(diag, KL_EUSAGE,
                       "--data is missing: the folder of a data set (`kinglet data "
                       "import` makes one)");
    }
    KL_TRY(word_option("--task", o->task, tasks, &task, diag));
    *r = (struct kl_train_request){.network = network,
                                   .data = o->data,
                                   .features = o->features,
                                   .output = o->output,
                                   .from = o->from,
                                   .freeze = o->freeze,
                                   .values = task == 1,
                                   .anomalies = task == 2,
                                   .balance = o->balance,
                                   .raw = o->raw,
                                   .network_option = network_option(o)};
    r->options.seed = (uint64_t)o->seed;
    r->rule.seed = (uint64_t)(o->split_seed >= 0 ? o->split_seed : o->seed);
    r->rule.normal = o->normal;
    r->options.resume = o->resume;
    r->options.stop = &kl_interrupted;
    if (o->normal && task != 2) {
        return kl_fail(diag, KL_EUSAGE, "--normal is for --task anomalies");
    }
    KL_TRY(set_shape(o->shape, &r->rule.shape, diag));
    KL_TRY(count_option("--window", o->window, INT32_MAX, &r->rule.window, diag));
    KL_TRY(count_option("--hop", o->hop, INT32_MAX, &r->rule.hop, diag));
    KL_TRY(count_option("--cross-validate", o->folds, KL_TRAIN_FOLDS, &r->rule.folds, diag));
    KL_TRY(count_option("--threads", o->threads, 256, &r->threads, diag));
    KL_TRY(count_option("--epochs", o->epochs >= 0 ? o->epochs : 30, 100000, &r->options.epochs,
                        diag));
    KL_TRY(count_option("--batch", o->batch >= 0 ? o->batch : 32, 65536, &r->options.batch, diag));
    KL_TRY(count_option("--patience", o->patience, 100000, &r->options.patience, diag));
    KL_TRY(real_option("--smoothing", o->smoothing, 0, 0.9, &r->options.smoothing, diag));
    KL_TRY(set_optimiser(o, &r->options.optimiser, diag));
    return set_parameters(o, r, arena, diag);
}

/* Progress, some times a second. */
struct shown {
    const struct kl_common *common;
    double last;
};

static void show(void *user, const struct kl_train_progress *p)
{
    struct shown *shown = user;
    struct timespec t;
    char validation[48] = "";
    clock_gettime(CLOCK_MONOTONIC, &t);
    double now = (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
    if (now - shown->last < 0.2 && p->share < 1) {
        return;
    }
    shown->last = now;
    if (p->last && isfinite(p->last->accuracy)) {
        snprintf(validation, sizeof validation, ", validation %.2f %%", 100 * p->last->accuracy);
    } else if (p->last && isfinite(p->last->validation_loss)) {
        snprintf(validation, sizeof validation, ", validation loss %.4g", p->last->validation_loss);
    }
    kl_progress(shown->common, "epoch %d of %d, %3.0f %%, loss %.4f%s, %.0f s left", p->epoch + 1,
                p->epochs, 100 * p->share, p->loss, validation,
                isfinite(p->seconds_left) ? p->seconds_left : 0);
}

static void put_number(struct kl_result *result, const char *name, double value)
{
    if (isfinite(value)) {
        kl_result_metric(result, name, kl_json_number(value), "1", KL_MEASURED);
    }
}

static void put_score(struct kl_result *result, const char *part, const struct kl_score *s)
{
    static const char *const names[] = {"accuracy", "accuracy.low", "accuracy.high",
                                        "mean_squared_error", "auc"};
    const double values[] = {s->accuracy, s->low, s->high, s->error, s->auc};
    char name[64];
    if (s->count == 0) {
        return;
    }
    snprintf(name, sizeof name, "%s.items", part);
    kl_result_count(result, name, s->count, "1", KL_COUNTED);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(name, sizeof name, "%s.%s", part, names[i]);
        put_number(result, name, values[i]);
    }
}

static void fill_result(struct kl_result *result, const struct kl_train_report *r)
{
    const char *key;
    json_t *value;
    kl_result_count(result, "weights", (long long)r->weights, "1", KL_COUNTED);
    kl_result_count(result, "macs", (long long)r->macs, "1", KL_COUNTED);
    kl_result_count(result, "epochs", r->result.epochs, "1", KL_COUNTED);
    kl_result_metric(result, "time", kl_json_number(r->result.seconds), "s", KL_MEASURED);
    if (r->folds == 0) {
        put_score(result, "validation", &r->validation);
    }
    put_score(result, "test", &r->test);
    json_t *tables = kl_train_json(r);
    json_object_foreach(tables, key, value)
    {
        kl_result_detail(result, key, json_incref(value));
    }
    json_decref(tables);
}

static void print_score(const char *part, const struct kl_score *s)
{
    if (s->count == 0) {
        printf("  %-11s no items\n", part);
    } else if (isfinite(s->accuracy)) {
        printf("  %-11s %6.2f %% of %d items right (95 %%: %.2f to %.2f %%)\n", part,
               100 * s->accuracy, s->count, 100 * s->low, 100 * s->high);
    } else if (isfinite(s->auc)) {
        printf("  %-11s area under the curve %.4f, mean score %.4g, %d items\n", part, s->auc,
               s->error, s->count);
    } else {
        printf("  %-11s mean squared error %.5g, %d items\n", part, s->error, s->count);
    }
}

static void print_recalls(const struct kl_train_report *r)
{
    if (!r->test.confusion || r->test.count == 0) {
        return;
    }
    printf("\n%srecall on the test part%s\n", kl_bold(), kl_plain());
    for (int32_t c = 0; c < r->classes; c++) {
        double recall = kl_score_recall(r->test.confusion, r->classes, c);
        if (isfinite(recall)) {
            printf("  %-16.40s %6.2f %%\n", r->class_names[c], 100 * recall);
        } else {
            printf("  %-16.40s no items\n", r->class_names[c]);
        }
    }
}

static void print_folds(const struct kl_train_report *r)
{
    printf("  by fold    ");
    for (int32_t i = 0; i < r->folds; i++) {
        printf(" %.2f", 100 * r->fold_accuracy[i]);
    }
    printf(" %%\n");
}

static void print_frozen(const struct kl_train_frozen *f)
{
    char bytes[KL_NUMBER_BYTES], different[KL_NUMBER_BYTES];
    if (f->path) {
        printf("\nwrote %s: %s of %s bytes differ from the model of --from", f->path,
               kl_grouped(f->different, different), kl_grouped(f->bytes, bytes));
        printf(f->cut_off > 0 ? "; %lld weights and biases are cut off by its scales\n" : "\n",
               (long long)f->cut_off);
    }
}

static void print_report(const struct kl_train_report *r)
{
    char weights[KL_NUMBER_BYTES], macs[KL_NUMBER_BYTES];
    printf("%s%s%s", kl_bold(), r->network, kl_plain());
    if (r->weights > 0) {
        printf(": %s weights, %s multiplications per item", kl_grouped(r->weights, weights),
               kl_grouped(r->macs, macs));
    }
    printf("\n");
    if (r->all > 0) {
        printf("  %d of %d %s began with the weights of --from\n", r->taken, r->all,
               r->from_model ? "layers" : "tensors");
    }
    if (r->folds > 0) {
        print_folds(r);
        print_score("all folds", &r->test);
        print_recalls(r);
        return;
    }
    if (r->result.epochs > 0) {
        printf("  %d epochs in %.1f s%s; the weights of epoch %d were kept\n", r->result.epochs,
               r->result.seconds,
               r->result.stopped ? ", stopped"
               : r->result.early ? ", no longer better"
                                 : "",
               r->result.best + 1);
    }
    printf("  training    %d items%s\n", r->counts[KL_PART_TRAIN],
           r->split_here ? " (the data set has no split: made by a hash of the group)" : "");
    if (r->padded > 0) {
        printf("  %d items are shorter than a window: filled up with zeros on both sides\n",
               r->padded);
    }
    print_score("validation", &r->validation);
    print_score("test, once", &r->test);
    print_recalls(r);
    print_frozen(&r->frozen);
    if (r->model && r->page) {
        printf("\nwrote %s, %s, %s and %s\n", r->model, r->checkpoint, r->record, r->page);
    } else if (r->model) {
        printf("\nwrote %s and %s\n", r->model, r->record);
    }
}

static enum kl_err run_train(const struct train_options *o, const char *network,
                             struct kl_label_errors_job *labels, struct kl_arena *arena,
                             struct kl_result *result, struct kl_diag *diag)
{
    struct kl_train_request request;
    struct kl_train_report report;
    struct shown shown = {.common = &o->common};
    struct kl_train_progress progress = {.show = show, .user = &shown};
    KL_TRY(fill_request(o, network, arena, &request, diag));
    if (o->label_errors) {
        if (request.rule.folds == 0) {
            return kl_fail(diag, KL_EUSAGE,
                           "--label-errors needs --cross-validate: items are judged by models that "
                           "have not seen them");
        }
        request.judge = kl_label_errors_write;
        request.context = labels;
    }
    kl_catch_interrupts();
    KL_TRY(kl_train_run(&request, &progress, arena, &report, diag));
    kl_progress(&o->common, "%s", "");
    if (report.text_sha256[0]) {
        kl_result_input(result, network, report.text_sha256);
    }
    kl_result_data(result, o->data, report.data_version);
    if (report.features) {
        kl_result_input(result, report.features->name, report.features->sha256);
    }
    fill_result(result, &report);
    if (!o->common.json) {
        print_report(&report);
        printf("%s", labels->text.size ? labels->text.data : "");
    }
    return KL_OK;
}

static int train(const struct train_options *o, const char *network, const struct kl_command *self)
{
    struct kl_diag diag = {0};
    struct kl_result result;
    struct kl_label_errors_job labels = {
        .path = o->label_errors, .result = &result, .text = KL_BUFFER(1 << 20)};
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    kl_result_init(&result, self->name);
    enum kl_err err =
        arena ? run_train(o, network, &labels, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    int status = kl_finish(&result, &o->common, err, false, &diag);
    kl_buffer_free(&labels.text);
    kl_arena_free(arena);
    return status;
}

int kl_cmd_train(int argc, char **argv, const struct kl_command *self)
{
    struct train_options o = {.epochs = -1, .batch = -1, .split_seed = -1};
    const struct kl_option options[] = {
        {.name = "--data", .argument = "DIR", .help = "the data set", .text = &o.data},
        {.name = "--output-folder",
         .argument = "DIR",
         .help = "where model.tflite, model.checkpoint, training.json and training.html go",
         .text = &o.output},
        {.name = "--task",
         .argument = "T",
         .help = "classes, values (a number per item) or anomalies (an autoencoder)",
         .text = &o.task},
        {.name = "--normal",
         .argument = "CLASS",
         .help = "anomalies: the class that is learnt (default: normal, or the first)",
         .text = &o.normal},
        {.name = "--set",
         .argument = "NAME=N",
         .help = "another value for a parameter of the network",
         .list = &o.settings},
        {.name = "--window",
         .argument = "N",
         .help = "series: items are windows of N frames",
         .number = &o.window},
        {.name = "--hop",
         .argument = "N",
         .help = "frames from window to window (default: the window)",
         .number = &o.hop},
        {.name = "--features",
         .argument = "PIPELINE",
         .help = "learn from what this pipeline (a file, or mfcc, log-mel, ..) makes of the data",
         .text = &o.features},
        {.name = "--shape",
         .argument = "HxWxC",
         .help = "other dimensions for the same values, e.g. images in tables",
         .text = &o.shape},
        {.name = "--raw", .help = "do not normalise inputs", .flag = &o.raw},
        {.name = "--epochs",
         .argument = "N",
         .help = "times through the data (30)",
         .number = &o.epochs},
        {.name = "--batch", .argument = "N", .help = "items of a step (32)", .number = &o.batch},
        {.name = "--optimiser",
         .argument = "O",
         .help = "sgd, adam or adamw (default)",
         .text = &o.optimiser},
        {.name = "--rate",
         .argument = "R",
         .help = "learning rate (0.003; sgd 0.05)",
         .text = &o.rate},
        {.name = "--momentum", .argument = "M", .help = "of sgd (0.9)", .text = &o.momentum},
        {.name = "--decay",
         .argument = "D",
         .help = "weight decay (0.0001; adamw 0.01)",
         .text = &o.decay},
        {.name = "--schedule",
         .argument = "S",
         .help = "constant, step or cosine (default)",
         .text = &o.schedule},
        {.name = "--warmup",
         .argument = "N",
         .help = "epochs in which the rate grows from 0",
         .number = &o.warmup},
        {.name = "--drop",
         .argument = "N",
         .help = "step: epochs after which the rate falls to a tenth",
         .number = &o.drop},
        {.name = "--clip",
         .argument = "N",
         .help = "largest norm of the gradient (default: none)",
         .text = &o.clip},
        {.name = "--smoothing",
         .argument = "S",
         .help = "share of a label that goes to all classes",
         .text = &o.smoothing},
        {.name = "--balance", .help = "weigh classes by how rare they are", .flag = &o.balance},
        {.name = "--patience",
         .argument = "N",
         .help = "stop after N epochs without a better validation",
         .number = &o.patience},
        {.name = "--cross-validate",
         .argument = "N",
         .help = "judge the recipe in N folds; keeps no model",
         .number = &o.folds},
        {.name = "--label-errors",
         .argument = "F",
         .help = "with --cross-validate: write a table of items whose labels are doubted",
         .text = &o.label_errors},
        {.name = "--from",
         .argument = "F",
         .help = "begin with the weights of a checkpoint, or of a model: float or int8 .tflite",
         .text = &o.from},
        {.name = "--freeze-quantisation",
         .help = "write the result with the scales of the int8 model of --from, too",
         .flag = &o.freeze},
        {.name = "--resume",
         .help = "go on with the checkpoint in the output folder",
         .flag = &o.resume},
        {.name = "--seed", .argument = "N", .help = "of everything random", .number = &o.seed},
        {.name = "--split-seed",
         .argument = "N",
         .help = "of the split of a data set that has none (default: --seed)",
         .number = &o.split_seed},
        {.name = "--threads",
         .argument = "N",
         .help = "threads (1); the bits of the result depend on it",
         .number = &o.threads},
        {.name = NULL},
    };
    const char *network;
    int status;
    bool begun = kl_options_begin(self, argc, argv, options, &o.common, &network, 1, &status);
    return begun ? train(&o, network, self) : status;
}
