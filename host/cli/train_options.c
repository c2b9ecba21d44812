/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/train_options.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/interrupt.h"

/* What is learnt from, and what. */
static size_t data_rows(struct train_options *o, struct kl_option *rows)
{
    const struct kl_option options[] = {
        {.name = "--data", .argument = "DIR", .help = "the data set", .text = &o->data},
        {.name = "--features",
         .argument = "PIPELINE",
         .help = "learn from what this pipeline (a file, or mfcc, log-mel, ..) makes of the data",
         .text = &o->features},
        {.name = "--window",
         .argument = "N",
         .help = "series: items are windows of N frames",
         .number = &o->window},
        {.name = "--hop",
         .argument = "N",
         .help = "frames from window to window (default: the window)",
         .number = &o->hop},
        {.name = "--shape",
         .argument = "HxWxC",
         .help = "other dimensions for the same values, e.g. images in tables",
         .text = &o->shape},
        {.name = "--raw", .help = "do not normalise inputs", .flag = &o->raw},
        {.name = "--task",
         .argument = "T",
         .help = "classes, values (a number per item) or anomalies (an autoencoder)",
         .text = &o->task},
        {.name = "--normal",
         .argument = "CLASS",
         .help = "anomalies: the class that is learnt (default: normal, or the first)",
         .text = &o->normal},
        {.name = "--balance", .help = "weigh classes by how rare they are", .flag = &o->balance},
        {.name = "--cross-validate",
         .argument = "N",
         .help = "judge the recipe in N folds; keeps no model",
         .number = &o->folds},
        {.name = "--int8",
         .help = "with --cross-validate: quantise each model, and compare both on its fold",
         .flag = &o->int8},
        {.name = "--label-errors",
         .argument = "F",
         .help = "with --cross-validate: write a table of items whose labels are doubted",
         .text = &o->label_errors},
        {.name = "--split-seed",
         .argument = "N",
         .help = "of the split of a data set that has none (default: --seed)",
         .number = &o->split_seed},
    };
    memcpy(rows, options, sizeof options);
    return sizeof options / sizeof options[0];
}

/* Where a run begins and ends. */
static size_t run_rows(struct train_options *o, struct kl_option *rows)
{
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DIR",
         .help = "where model.tflite, model.checkpoint, training.json and training.html go",
         .text = &o->output},
        {.name = "--set",
         .argument = "NAME=N",
         .help = "another value for a parameter of the network",
         .list = &o->settings},
        {.name = "--from",
         .argument = "F",
         .help = "begin with the weights of a checkpoint, or of a model: float or int8 .tflite",
         .text = &o->from},
        {.name = "--freeze-quantisation",
         .help = "write the result with the scales of the int8 model of --from, too",
         .flag = &o->freeze},
        {.name = "--resume",
         .help = "go on with the checkpoint in the output folder",
         .flag = &o->resume},
        {.name = "--seed", .argument = "N", .help = "of everything random", .number = &o->seed},
        {.name = "--threads",
         .argument = "N",
         .help = "threads (1); the bits of the result depend on it",
         .number = &o->threads},
    };
    memcpy(rows, options, sizeof options);
    return sizeof options / sizeof options[0];
}

/* How it is learnt. */
static size_t optimiser_rows(struct train_options *o, struct kl_option *rows)
{
    const struct kl_option options[] = {
        {.name = "--epochs",
         .argument = "N",
         .help = "times through the data (30)",
         .number = &o->epochs},
        {.name = "--batch", .argument = "N", .help = "items of a step (32)", .number = &o->batch},
        {.name = "--optimiser",
         .argument = "O",
         .help = "sgd, adam or adamw (default)",
         .text = &o->optimiser},
        {.name = "--rate",
         .argument = "R",
         .help = "learning rate (0.003; sgd 0.05; with --freeze-quantisation a third)",
         .text = &o->rate},
        {.name = "--momentum", .argument = "M", .help = "of sgd (0.9)", .text = &o->momentum},
        {.name = "--decay",
         .argument = "D",
         .help = "weight decay (0.0001; adamw 0.01)",
         .text = &o->decay},
        {.name = "--schedule",
         .argument = "S",
         .help = "constant, step or cosine (default)",
         .text = &o->schedule},
        {.name = "--warmup",
         .argument = "N",
         .help = "epochs in which the rate grows from 0",
         .number = &o->warmup},
        {.name = "--drop",
         .argument = "N",
         .help = "step: epochs after which the rate falls to a tenth",
         .number = &o->drop},
        {.name = "--clip",
         .argument = "N",
         .help = "largest norm of the gradient (default: none)",
         .text = &o->clip},
        {.name = "--smoothing",
         .argument = "S",
         .help = "share of a label that goes to all classes",
         .text = &o->smoothing},
        {.name = "--mask",
         .argument = "HxW",
         .help = "hide up to H neighbours along the first dimension, W along the second, ..",
         .text = &o->mask},
        {.name = "--patience",
         .argument = "N",
         .help = "stop after N epochs without a better validation",
         .number = &o->patience},
    };
    memcpy(rows, options, sizeof options);
    return sizeof options / sizeof options[0];
}

void train_options_rows(struct train_options *o, struct kl_option rows[TRAIN_OPTIONS + 1])
{
    size_t count = data_rows(o, rows);
    count += run_rows(o, rows + count);
    count += optimiser_rows(o, rows + count);
    assert(count == TRAIN_OPTIONS);
    rows[count] = (struct kl_option){.name = NULL};
}

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

/* Whoever keeps the quantisation wants a model that is near the last one. */
static float default_rate(const struct train_options *o, enum kl_optimiser_kind kind)
{
    float rate = kind == KL_SGD ? 0.05f : 0.003f;
    return o->freeze ? rate / 3 : rate;
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
                                        .rate = default_rate(o, (enum kl_optimiser_kind)kind),
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

/* "8x8x1", each size at least `least`. */
static enum kl_err set_shape(const char *option, const char *text, int32_t least,
                             struct kl_shape *shape, struct kl_diag *diag)
{
    const char *at = text;
    while (text && shape->rank < 3) {
        char *end;
        long size = strtol(at, &end, 10);
        if (end == at || size < least || size > 1 << 20) {
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
                 : kl_fail(diag, KL_EUSAGE, "%s is up to three sizes such as 8x8x1, not '%.60s'",
                           option, text);
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
                   {"--mask", o->mask != NULL},
                   {"--patience", o->patience > 0},
                   {"--threads", o->threads > 0}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].given) {
            return options[i].name;
        }
    }
    return NULL;
}

enum kl_err train_options_request(const struct train_options *o, const char *network,
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
                                   .int8 = o->int8,
                                   .network_option = network_option(o)};
    r->options.seed = (uint64_t)o->seed;
    r->rule.seed = (uint64_t)(o->split_seed >= 0 ? o->split_seed : o->seed);
    r->rule.normal = o->normal;
    r->options.resume = o->resume;
    r->options.stop = &kl_interrupted;
    if (o->normal && task != 2) {
        return kl_fail(diag, KL_EUSAGE, "--normal is for --task anomalies");
    }
    KL_TRY(set_shape("--shape", o->shape, 1, &r->rule.shape, diag));
    KL_TRY(set_shape("--mask", o->mask, 0, &r->options.mask, diag));
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
