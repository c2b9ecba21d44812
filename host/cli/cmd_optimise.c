/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/command.h"
#include "cli/commands.h"
#include "cli/example_options.h"
#include "cli/interrupt.h"
#include "cli/model_options.h"
#include "cli/optimise_require.h"
#include "cli/work_folder.h"

#define ARENA_BYTES ((size_t)8 << 30)

struct optimise_options {
    struct kl_common common;
    struct kl_model_options model;
    struct kl_strings requirements;
    const char *data, *board, *output, *task, *normal, *prefer;
    int64_t window, hop, items, seed;
    bool all, no_cache;
};

/* One run of the command. */
struct optimise {
    const struct optimise_options *options;
    const char *model;
    struct kl_arena *arena;
    struct kl_work_folder work;
    struct kl_requirements requirements;
    struct kl_ladder_request request;
    struct kl_ladder_report report;
    char sha256[KL_SHA256_HEX_BYTES];
};

static enum kl_err open_model(void *user, struct kl_model_job *job, struct kl_diag *diag)
{
    struct optimise *run = user;
    struct kl_model_options options = run->options->model;
    options.features = NULL; /* are computed of the data; the model takes them */
    KL_TRY(kl_model_open(job, run->model, &options, diag));
    memcpy(run->sha256, job->sha256, sizeof run->sha256);
    return KL_OK;
}

static bool is_stopped(void *user)
{
    (void)user;
    return kl_interrupted;
}

static void show(void *user, const char *rung, const char *what)
{
    const struct optimise *run = user;
    kl_progress(&run->options->common, "%s: %s ...", rung, what);
}

static enum kl_err check_options(const struct optimise_options *o, struct kl_diag *diag)
{
    const char *missing = !o->data     ? "--data DIR: what the model is judged on"
                          : !o->board  ? "--board B: what it is to run on"
                          : !o->output ? "-o DIR: where the results go"
                                       : NULL;
    if (missing) {
        return kl_fail(diag, KL_EUSAGE, "missing: %s", missing);
    }
    if (o->requirements.count == 0 && !o->all && !o->prefer) {
        return kl_fail(diag, KL_EUSAGE,
                       "nothing is required, so that the model as it is would do: say what it "
                       "must reach, e.g. --require 'flash <= 64 KiB', or --all");
    }
    return o->items < 1 ? kl_fail(diag, KL_EUSAGE, "--items must be at least 1") : KL_OK;
}

/* Options once more, each with a word behind it. NULL in `text` and as result: no memory. */
static const char *add_words(const char *text, const char *option, const struct kl_strings *words,
                             struct kl_arena *arena)
{
    for (int i = 0; text && i < words->count; i++) {
        const char *word = kl_shell_word(arena, words->items[i]);
        text = word ? kl_arena_printf(arena, "%s %s %s", text, option, word) : NULL;
    }
    return text;
}

/* The same options once more, for the command lines that make rungs. */
static const char *model_words(const struct kl_model_options *o, struct kl_arena *arena)
{
    return add_words(add_words("", "--bind", &o->bind, arena), "--shape", &o->shape, arena);
}

static enum kl_err fill_request(struct optimise *run, struct kl_diag *diag)
{
    const struct optimise_options *o = run->options;
    struct kl_ladder_request *r = &run->request;
    KL_TRY(check_options(o, diag));
    KL_TRY(kl_requirements_parse(&o->requirements, run->arena, &run->requirements, diag));
    KL_TRY(kl_work_folder_open(&run->work, NULL, diag));
    *r = (struct kl_ladder_request){.model = run->model,
                                    .model_options = model_words(&o->model, run->arena),
                                    .open = open_model,
                                    .stop = is_stopped,
                                    .progress = show,
                                    .user = run,
                                    .data = {.path = o->data,
                                             .window = o->window,
                                             .hop = o->hop,
                                             .features = o->model.features,
                                             .items = o->items,
                                             .seed = (uint64_t)o->seed},
                                    .normal = o->normal,
                                    .board = o->board,
                                    .judge = kl_requirements_judge(&run->requirements),
                                    .all = o->all || o->prefer,
                                    .prefer = o->prefer,
                                    .folder = o->output,
                                    .work = run->work.path,
                                    .cache = o->no_cache ? NULL : kl_cache_folder(run->arena)};
    return r->model_options ? kl_task_parse(o->task, &r->task, diag) : KL_FAIL_MEMORY(diag);
}

/* Names of metrics are lower case: a class of another kind is found in the tables only. */
static bool is_metric_name(const char *name)
{
    for (; *name; name++) {
        if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
            !strchr("._-", *name)) {
            return false;
        }
    }
    return true;
}

static void put_score(struct kl_result *result, const char *part, const struct kl_score *s)
{
    static const char *const names[] = {"accuracy", "accuracy.low", "accuracy.high",
                                        "mean_squared_error", "auc"};
    const double values[] = {s->accuracy, s->low, s->high, s->error, s->auc};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s", part, names[i]);
        if (isfinite(values[i])) {
            kl_result_metric(result, name, json_real(values[i]), "1", KL_COUNTED);
        }
    }
}

static void put_test(struct kl_result *result, const struct kl_ladder_test *t)
{
    kl_result_count(result, "test.read", t->reads, "1", KL_COUNTED);
    if (t->reads == 0) {
        return;
    }
    kl_result_metric(result, "test.met", json_boolean(t->met), "1", KL_COUNTED);
    kl_result_count(result, "test.items", t->chosen.count, "1", KL_COUNTED);
    put_score(result, "test", &t->chosen);
    put_score(result, "test.as_is", &t->floats);
    kl_result_metric(result, "test.difference", kl_json_number(t->pair.difference), "1",
                     KL_COUNTED);
    kl_result_metric(result, "test.difference.low", kl_json_number(t->pair.low), "1", KL_COUNTED);
    kl_result_metric(result, "test.difference.high", kl_json_number(t->pair.high), "1", KL_COUNTED);
}

static void fill_result(const struct optimise *run, struct kl_result *result)
{
    const struct kl_ladder_report *r = &run->report;
    const struct kl_rung *rung = r->chosen >= 0 ? &r->rungs[r->chosen] : NULL;
    const char *key;
    json_t *value;
    kl_result_metric(result, "met", json_boolean(rung != NULL), "1", KL_COUNTED);
    kl_result_count(result, "rungs", r->rung_count, "1", KL_COUNTED);
    for (int32_t i = 0; rung && i < rung->figure_count; i++) {
        const struct kl_figure *f = &rung->figures[i];
        if (f->known && is_metric_name(f->name)) {
            bool whole = strcmp(f->unit, "bytes") == 0;
            kl_result_metric(result, f->name,
                             whole ? json_integer(llround(f->value)) : kl_json_number(f->value),
                             f->unit, kl_provenance_named(f->provenance));
        }
    }
    put_test(result, &r->test);
    json_t *tables = kl_ladder_json(r);
    json_object_foreach(tables, key, value)
    {
        kl_result_detail(result, key, json_incref(value));
    }
    json_decref(tables);
}

static void print_value(const struct kl_rung *rung, const char *name, int width)
{
    char text[KL_VALUE_BYTES] = "-";
    const struct kl_figure *f = kl_rung_figure(rung, name);
    if (f && f->known && f->share) {
        snprintf(text, sizeof text, "%.2f %%", 100 * f->value);
    } else if (f && f->known && strcmp(f->unit, "cycles") == 0) {
        kl_grouped(llround(f->value), text);
    } else if (f && f->known) {
        kl_value_format((struct kl_value){f->value, f->dimension}, NULL, text);
    }
    printf("  %*s", width, text);
}

static void print_rungs(const struct kl_ladder_report *r)
{
    const char *quality = r->classes > 0 ? "accuracy" : "mean_squared_error";
    printf("%s%-15s  %10s  %18s  %9s  %9s  %11s  %9s  %9s%s\n", kl_bold(), "rung",
           r->classes > 0 ? "accuracy" : "error", "difference (95 %)", "flash", "RAM", "cycles",
           "latency", "energy", kl_plain());
    for (int32_t i = 0; i < r->rung_count; i++) {
        const struct kl_rung *rung = &r->rungs[i];
        char interval[64];
        double scale = r->classes > 0 ? 100 : 1;
        if (rung->skipped) {
            printf("%-15s  does not apply: %s\n", rung->name, rung->skipped);
            continue;
        }
        snprintf(interval, sizeof interval, "%+.3g to %+.3g", scale * rung->pair.low,
                 scale * rung->pair.high);
        printf("%s%-15s%s", i == r->chosen ? kl_green() : "", rung->name,
               i == r->chosen ? kl_plain() : "");
        print_value(rung, quality, 10);
        printf("  %18s", interval);
        print_value(rung, "flash", 9);
        print_value(rung, "ram", 9);
        print_value(rung, "cycles", 11);
        print_value(rung, "latency", 9);
        print_value(rung, "energy", 9);
        printf("\n");
    }
}

static void print_misses(const struct kl_verdict *verdicts, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const struct kl_verdict *v = &verdicts[i];
        if (!v->met) {
            printf("  %s: %s%s%s\n", v->requirement, v->reason, v->gap ? ", missed by " : "",
                   v->gap ? v->gap : "");
        }
    }
}

static void print_test(const struct kl_ladder_report *r)
{
    const struct kl_score *a = &r->test.floats, *b = &r->test.chosen;
    const struct kl_pair *p = &r->test.pair;
    if (r->test.reads > 0 && r->classes > 0) {
        printf("test part, read once, %d examples: %.2f %% as it is, %.2f %% chosen; difference "
               "%+.2f points (95 %%: %+.2f to %+.2f)\n",
               a->count, 100 * a->accuracy, 100 * b->accuracy, 100 * p->difference, 100 * p->low,
               100 * p->high);
    } else if (r->test.reads > 0) {
        printf("test part, read once, %d examples: mean squared error %.5g as it is, %.5g chosen\n",
               a->count, a->error, b->error);
        if (isfinite(b->auc)) {
            printf("  area under the curve %.4f as it is, %.4f chosen\n", a->auc, b->auc);
        }
    }
    if (r->test.reads > 0 && r->cautions[0]) {
        printf("caution: %s\n", r->cautions);
    }
    if (r->test.reads > 0 && !r->test.met) {
        printf("%son the test part it misses what is required:%s\n", kl_red(), kl_plain());
        print_misses(r->test.verdicts, r->test.verdict_count);
    }
}

static void print_report(const struct kl_ladder_report *r)
{
    printf("%s on %s; ranges come from %d of %d training examples, choices from %d validation "
           "examples\n",
           r->task, r->board, r->range_items, r->counts[KL_PART_TRAIN],
           r->counts[KL_PART_VALIDATION]);
    print_rungs(r);
    for (int32_t i = 0; i < r->rung_count; i++) {
        if (r->rungs[i].advice) {
            printf("%s: %s\n", r->rungs[i].name, r->rungs[i].advice);
        }
    }
    if (r->stopped) {
        printf("stopped: the rungs above are finished\n");
    }
    if (r->chosen >= 0) {
        const struct kl_rung *rung = &r->rungs[r->chosen];
        printf("%s%s meets everything%s: %s\n  %s\n", kl_green(), rung->name, kl_plain(),
               rung->what, rung->command);
        print_test(r);
        printf("%s, %s, %s\n", r->model, r->page, r->table);
        return;
    }
    if (r->nearest >= 0) {
        printf("%sno rung meets everything%s; %s misses least:\n", kl_red(), kl_plain(),
               r->rungs[r->nearest].name);
        print_misses(r->rungs[r->nearest].verdicts, r->rungs[r->nearest].verdict_count);
    }
    printf("%s, %s\n", r->page, r->table);
}

static enum kl_err optimise(struct optimise *run, struct kl_result *result, struct kl_diag *diag)
{
    const struct optimise_options *o = run->options;
    KL_TRY(fill_request(run, diag));
    kl_catch_interrupts();
    KL_TRY(kl_ladder_run(&run->request, run->arena, &run->report, diag));
    kl_progress(&o->common, "%s", "");
    kl_result_input(result, run->model, run->sha256);
    kl_result_data(result, o->data, run->report.version);
    if (o->model.features) {
        kl_result_input(result, o->model.features, run->request.data.features_sha256);
    }
    KL_TRY(kl_note_board_file(result, run->arena, o->board, diag));
    fill_result(run, result);
    if (!o->common.json) {
        print_report(&run->report);
    }
    return KL_OK;
}

static int run_optimise(const struct optimise_options *o, const char *model,
                        const struct kl_command *self)
{
    struct optimise run = {.options = o, .model = model, .arena = kl_arena_create(ARENA_BYTES)};
    struct kl_diag diag = {0};
    struct kl_result result;
    kl_result_init(&result, self->name);
    enum kl_err err = run.arena ? optimise(&run, &result, &diag) : KL_FAIL_MEMORY(&diag);
    int status = kl_finish(&result, &o->common, err, run.report.chosen < 0, &diag);
    kl_ptq_data_close(&run.request.data);
    kl_work_folder_close(&run.work);
    kl_arena_free(run.arena);
    return status;
}

int kl_cmd_optimise(int argc, char **argv, const struct kl_command *self)
{
    struct optimise_options o = {.items = 128};
    const struct kl_option options[] = {
        {.name = "--data", .argument = "DIR", .help = "the data set", .text = &o.data},
        {.name = "--board", .argument = "B", .help = "board name or board file", .text = &o.board},
        {.name = "--require",
         .argument = "EXPRESSION",
         .help = "what must hold, e.g. 'accuracy >= 95 %'; may be repeated",
         .list = &o.requirements},
        {.name = "--output-folder",
         .argument = "DIR",
         .help = "where the chosen model, ladder.html and ladder.md are written",
         .text = &o.output},
        {.name = "--all",
         .help = "climb all rungs, and choose the first that meets everything",
         .flag = &o.all},
        {.name = "--prefer",
         .argument = "FIGURE",
         .help = "climb all rungs, and choose the best in flash, cycles, .. that meets everything",
         .text = &o.prefer},
        {.name = "--task",
         .argument = "T",
         .help = "classes, values or anomalies (default: by the data)",
         .text = &o.task},
        {.name = "--normal",
         .argument = "CLASS",
         .help = "anomalies: the class that is learnt (default: normal, or the first)",
         .text = &o.normal},
        {.name = "--items",
         .argument = "N",
         .help = "how many training examples ranges come from (128)",
         .number = &o.items},
        KL_EXAMPLE_OPTIONS(o.window, o.hop, o.seed),
        {.name = "--no-cache", .help = "compile and count anew", .flag = &o.no_cache},
        KL_MODEL_OPTIONS(o.model),
        {.name = NULL},
    };
    const char *path;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.common, &path, 1, &status)) {
        return status;
    }
    return run_optimise(&o, path, self);
}
