/* SPDX-License-Identifier: Apache-2.0 */
/* The climb: rung by rung, try by try; then the test, and the files. */
#include "flow/ladder.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "flow/ladder/internal.h"

static void say(const struct ladder *l, const struct ladder_rung *rung, const char *what)
{
    if (l->request->progress) {
        l->request->progress(l->request->user, rung->name, what);
    }
}

/* Is a model better on validation data, or as good with less noise? */
static bool is_better(double quality, double sqnr, double best_quality, double best_sqnr)
{
    if (isnan(best_quality) || quality != best_quality) {
        return isnan(best_quality) || quality > best_quality;
    }
    return sqnr > best_sqnr;
}

/* All tries of a rung; the best one stays open. */
static enum kl_err try_all(struct ladder *l, const struct ladder_rung *row, struct kl_rung *rung,
                           struct ladder_model *best, struct kl_diag *diag)
{
    *best = (struct ladder_model){.quality = NAN, .sqnr = NAN};
    for (int32_t i = 0; i < KL_RUNG_TRIES && (i == 0 || row->choices[i].set); i++) {
        const struct ladder_choice *choice = row->choices[i].set ? &row->choices[i] : NULL;
        struct ladder_model model;
        say(l, row, choice ? choice->what : "running");
        enum kl_err err = ladder_model_make(l, row, choice, &model, diag);
        if (err != KL_OK) {
            ladder_model_close(&model);
            return err;
        }
        rung->tries[rung->try_count++] = (struct kl_try){.what = choice ? choice->what : row->name,
                                                         .quality = model.quality,
                                                         .sqnr = model.sqnr};
        bool better = is_better(model.quality, model.sqnr, best->quality, best->sqnr);
        ladder_model_close(better ? best : &model);
        if (better) {
            *best = model;
            for (int32_t k = 0; k < rung->try_count; k++) {
                rung->tries[k].chosen = k == i;
            }
        }
    }
    return KL_OK;
}

/* What outlives the model. */
static enum kl_err keep(const struct ladder *l, const struct ladder_model *model,
                        struct kl_rung *rung, struct kl_diag *diag)
{
    const char **stay = KL_NEW(l->arena, const char *, (size_t)model->report.stay_count + 1);
    if (!stay) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < model->report.stay_count; i++) {
        stay[i] = kl_arena_printf(l->arena, "%s", model->report.stay[i]);
        if (!stay[i]) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    rung->stay = stay;
    rung->stay_count = model->report.stay_count;
    rung->score = model->score;
    rung->pair = model->pair;
    rung->sqnr = model->sqnr;
    rung->file = model->file;
    kl_sha256_hex(model->file.data, model->file.size, rung->sha256);
    rung->command = ladder_command(l, model);
    return rung->command ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* Rungs of integers build on the best one of the tasks' measure; one with its own settings does
 * not hand them on. */
static void note_best(struct ladder *l, const struct ladder_rung *row,
                      const struct ladder_model *model)
{
    if (model->quantised && !row->anew &&
        is_better(model->quality, model->sqnr, l->best_quality, l->best_sqnr)) {
        l->best = model->settings;
        l->best_quality = model->quality;
        l->best_sqnr = model->sqnr;
    }
}

static enum kl_err finish_rung(struct ladder *l, const struct ladder_rung *row,
                               const struct ladder_model *model, double cpu_begin,
                               struct kl_rung *rung, struct kl_diag *diag)
{
    const struct kl_ladder_judge *judge = &l->request->judge;
    const char *idle = row->idle ? row->idle(&model->report) : NULL;
    if (idle) {
        rung->skipped = idle;
        return KL_OK;
    }
    note_best(l, row, model);
    KL_TRY(keep(l, model, rung, diag));
    KL_TRY(ladder_figures_open(l, rung, diag));
    say(l, row, "compiling and counting");
    KL_TRY(ladder_figures_fill(l, model, cpu_begin, rung, diag));
    KL_TRY(ladder_advise(l, model, rung, diag));
    return judge->judge(judge->user, rung, l->arena, diag);
}

static enum kl_err climb_one(struct ladder *l, const struct ladder_rung *row, struct kl_rung *rung,
                             struct kl_diag *diag)
{
    struct ladder_model model;
    double begin = ladder_cpu_seconds();
    *rung = (struct kl_rung){.name = row->name, .what = row->what};
    rung->skipped = row->refuse ? row->refuse(l) : NULL;
    if (rung->skipped) {
        return KL_OK;
    }
    enum kl_err err = try_all(l, row, rung, &model, diag);
    if (err == KL_OK) {
        err = finish_rung(l, row, &model, begin, rung, diag);
    }
    ladder_model_close(&model);
    return err;
}

/* A rung counts when it is finished: what was broken off does not. */
static enum kl_err climb(struct ladder *l, struct kl_diag *diag)
{
    struct kl_ladder_report *report = l->report;
    report->rungs = KL_NEW(l->arena, struct kl_rung, (size_t)ladder_rung_count);
    if (!report->rungs) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < ladder_rung_count && !ladder_stopped(l); i++) {
        struct kl_rung *rung = &report->rungs[report->rung_count];
        enum kl_err err = climb_one(l, &ladder_rungs[i], rung, diag);
        if (ladder_stopped(l)) {
            kl_diag_clear(diag);
            return KL_OK;
        }
        KL_TRY(err);
        report->rung_count++;
        if (rung->met && !l->request->all) {
            return KL_OK;
        }
    }
    return KL_OK;
}

/* Larger is better of accuracy and of what is like it. */
static bool prefers_more(const struct kl_figure *figure)
{
    static const char *const more[] = {"accuracy", "recall", "sqnr", "difference"};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        if (strncmp(figure->name, more[i], strlen(more[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_preferred(const struct ladder *l, const struct kl_rung *rung,
                         const struct kl_rung *than)
{
    const char *prefer = l->request->prefer;
    const struct kl_figure *a = prefer ? kl_rung_figure(rung, prefer) : NULL;
    const struct kl_figure *b = prefer ? kl_rung_figure(than, prefer) : NULL;
    if (!a || !b || !a->known || !b->known) {
        return a && b && a->known && !b->known;
    }
    bool errors = l->task != KL_JUDGE_CLASSES && strncmp(prefer, "difference", 10) == 0;
    return prefers_more(a) && !errors ? a->value > b->value : a->value < b->value;
}

/* How much a rung misses: requirements first, then their shares. */
static double missed(const struct kl_rung *rung)
{
    double sum = 0;
    for (int32_t i = 0; i < rung->verdict_count; i++) {
        const struct kl_verdict *v = &rung->verdicts[i];
        sum += v->met ? 0 : 1000 + (isfinite(v->miss) ? fmin(v->miss, 900) : 900);
    }
    return sum;
}

static void choose(struct ladder *l)
{
    struct kl_ladder_report *report = l->report;
    report->chosen = report->nearest = -1;
    for (int32_t i = 0; i < report->rung_count; i++) {
        const struct kl_rung *rung = &report->rungs[i];
        if (rung->skipped) {
            continue;
        }
        if (rung->met &&
            (report->chosen < 0 || is_preferred(l, rung, &report->rungs[report->chosen]))) {
            report->chosen = i;
        }
        if (report->nearest < 0 || missed(rung) < missed(&report->rungs[report->nearest])) {
            report->nearest = i;
        }
    }
}

static enum kl_err write_text(const struct ladder *l, const char *name,
                              void (*make)(const struct kl_ladder_report *, struct kl_buffer *),
                              const char **path, struct kl_diag *diag)
{
    struct kl_buffer text = KL_BUFFER((size_t)64 << 20);
    *path = kl_arena_printf(l->arena, "%s/%s", l->request->folder, name);
    make(l->report, &text);
    enum kl_err err = text.failed || !*path ? KL_FAIL_MEMORY(diag)
                                            : kl_file_write(*path, text.data, text.size, diag);
    kl_buffer_free(&text);
    return err;
}

static enum kl_err write_files(struct ladder *l, struct kl_diag *diag)
{
    struct kl_ladder_report *report = l->report;
    bool classical = !kl_is_tflite(l->job.file) && !kl_is_onnx(l->job.file);
    KL_TRY(write_text(l, "ladder.html", kl_ladder_page, &report->page, diag));
    KL_TRY(write_text(l, "ladder.md", kl_ladder_markdown, &report->table, diag));
    if (report->chosen < 0) {
        return KL_OK;
    }
    const struct kl_bytes *file = &report->rungs[report->chosen].file;
    report->model =
        kl_arena_printf(l->arena, "%s/model.%s", l->request->folder, classical ? "json" : "tflite");
    return report->model ? kl_file_write(report->model, file->data, file->size, diag)
                         : KL_FAIL_MEMORY(diag);
}

/* What would fail only after a long climb is tried before. */
static enum kl_err check_request(struct ladder *l, struct kl_diag *diag)
{
    const struct kl_ladder_request *r = l->request;
    const struct kl_board *board;
    struct kl_rung empty = {.name = "none"};
    KL_TRY(kl_board_find(r->board, l->arena, &board, diag));
    l->report->board = board->name;
    KL_TRY(ladder_data_open(l, diag));
    KL_TRY(ladder_figures_open(l, &empty, diag));
    if (r->prefer && !kl_rung_figure(&empty, r->prefer)) {
        return kl_fail(diag, KL_EUSAGE, "--prefer '%.60s': a rung has no such figure; there are %s",
                       r->prefer, "accuracy, flash, ram, cycles, latency, energy and more");
    }
    KL_TRY(r->judge.check(r->judge.user, &empty, diag));
    KL_TRY(kl_dir_create(r->folder, diag));
    return access(r->folder, W_OK) == 0
               ? KL_OK
               : kl_fail(diag, KL_EIO, "%s: the folder cannot be written", r->folder);
}

static enum kl_err run(struct ladder *l, struct kl_diag *diag)
{
    struct kl_ladder_report *report = l->report;
    KL_TRY(l->request->open(l->request->user, &l->job, diag));
    KL_TRY(check_request(l, diag));
    l->best = l->inputs;
    KL_TRY(climb(l, diag));
    choose(l);
    if (report->chosen >= 0) {
        KL_TRY(ladder_test(l, &report->rungs[0], &report->rungs[report->chosen], diag));
    }
    return write_files(l, diag);
}

enum kl_err kl_ladder_run(struct kl_ladder_request *request, struct kl_arena *arena,
                          struct kl_ladder_report *report, struct kl_diag *diag)
{
    struct ladder l = {.request = request,
                       .report = report,
                       .arena = arena,
                       .best_quality = NAN,
                       .best_sqnr = NAN};
    *report = (struct kl_ladder_report){.chosen = -1, .nearest = -1, .all = request->all};
    enum kl_err err = run(&l, diag);
    kl_model_job_free(&l.job);
    return err;
}
