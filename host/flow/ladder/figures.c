/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a rung: accuracy on validation data, and what it costs on the board. */
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "flow/ladder/internal.h"

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

double ladder_cpu_seconds(void)
{
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    double sum = 0;
    for (int i = 0; i < 2; i++) {
        struct rusage usage;
        if (getrusage(whose[i], &usage) == 0) {
            sum += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
        }
    }
    return sum;
}

/* Figures that every rung of a task has. */
static const struct row {
    const char *name;
    bool classes, errors; /* the tasks that it is for: with classes, and the others */
    bool share;
    const struct kl_dimension *dimension;
    const char *unit;
} rows[] = {
    {"accuracy", true, false, true, &KL_PLAIN, "1"},
    {"accuracy.low", true, false, true, &KL_PLAIN, "1"},
    {"accuracy.high", true, false, true, &KL_PLAIN, "1"},
    {"least_recall", true, false, true, &KL_PLAIN, "1"},
    {"mean_squared_error", false, true, false, &KL_PLAIN, "1"},
    {"difference", true, true, false, &KL_PLAIN, "1"},
    {"difference.low", true, true, false, &KL_PLAIN, "1"},
    {"difference.high", true, true, false, &KL_PLAIN, "1"},
    {"sqnr", true, true, false, &KL_PLAIN, "1"},
    {"file", true, true, false, &KL_BYTES, "bytes"},
    {"flash", true, true, false, &KL_BYTES, "bytes"},
    {"ram", true, true, false, &KL_BYTES, "bytes"},
    {"ram.arena", true, true, false, &KL_BYTES, "bytes"},
    {"ram.stack", true, true, false, &KL_BYTES, "bytes"},
    {"cycles", true, true, false, &KL_PLAIN, "cycles"},
    {"latency", true, true, false, &KL_SECONDS, "s"},
    {"energy", true, true, false, &KL_JOULES, "J"},
    {"cpu_time", true, true, false, &KL_SECONDS, "s"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct kl_figure *kl_rung_figure(const struct kl_rung *rung, const char *name)
{
    for (int32_t i = 0; i < rung->figure_count; i++) {
        if (strcmp(rung->figures[i].name, name) == 0) {
            return &rung->figures[i];
        }
    }
    return NULL;
}

enum kl_err ladder_figures_open(const struct ladder *l, struct kl_rung *rung, struct kl_diag *diag)
{
    int32_t classes = l->report->classes;
    rung->figures = KL_NEW(l->arena, struct kl_figure, ROWS + (size_t)classes);
    if (!rung->figures) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < ROWS; i++) {
        if (classes > 0 ? rows[i].classes : rows[i].errors) {
            rung->figures[rung->figure_count++] =
                (struct kl_figure){.name = rows[i].name,
                                   .share = rows[i].share,
                                   .dimension = *rows[i].dimension,
                                   .unit = rows[i].unit};
        }
    }
    for (int32_t c = 0; c < classes; c++) {
        const char *name = kl_arena_printf(l->arena, "recall.%s", l->report->class_names[c]);
        if (!name) {
            return KL_FAIL_MEMORY(diag);
        }
        rung->figures[rung->figure_count++] =
            (struct kl_figure){.name = name, .share = true, .dimension = KL_PLAIN, .unit = "1"};
    }
    return KL_OK;
}

static void put(struct kl_rung *rung, const char *name, double value, const char *provenance)
{
    for (int32_t i = 0; i < rung->figure_count; i++) {
        struct kl_figure *f = &rung->figures[i];
        if (strcmp(f->name, name) == 0 && isfinite(value)) {
            f->known = true;
            f->value = value;
            f->provenance = provenance;
        }
    }
}

static void forget(struct kl_rung *rung, const char *name)
{
    for (int32_t i = 0; i < rung->figure_count; i++) {
        if (strcmp(rung->figures[i].name, name) == 0) {
            rung->figures[i].known = false;
            rung->figures[i].provenance = NULL;
        }
    }
}

static void put_cell(const struct ladder *l, struct kl_rung *rung, const char *name,
                     const struct kl_select_cell *cell)
{
    for (int32_t i = 0; i < rung->figure_count; i++) {
        struct kl_figure *f = &rung->figures[i];
        if (strcmp(f->name, name) == 0) {
            f->known = cell->known;
            f->value = cell->value;
            f->provenance = cell->known ? cell->provenance : NULL;
            /* Lives with the board's figures, which end before the rung. */
            f->how = cell->how ? kl_arena_printf(l->arena, "%s", cell->how) : NULL;
        }
    }
}

/* `part`: the name of what was scored. A figure that it does not give is not known, whatever was
 * known of another part. */
static void put_score(const struct kl_score *score, const struct kl_pair *pair,
                      const struct ladder *l, const char *part, struct kl_rung *rung)
{
    static const char *const scored[] = {"accuracy",           "accuracy.low", "accuracy.high",
                                         "mean_squared_error", "difference",   "difference.low",
                                         "difference.high",    "least_recall"};
    double least = NAN;
    for (size_t i = 0; i < sizeof scored / sizeof scored[0]; i++) {
        forget(rung, scored[i]);
    }
    put(rung, "accuracy", score->accuracy, "counted");
    put(rung, "accuracy.low", score->low, "counted");
    put(rung, "accuracy.high", score->high, "counted");
    put(rung, "mean_squared_error", score->error, "counted");
    put(rung, "difference", pair->difference, "counted");
    put(rung, "difference.low", pair->low, "counted");
    put(rung, "difference.high", pair->high, "counted");
    struct kl_figure *recalls = rung->figures + rung->figure_count - l->report->classes;
    for (int32_t c = 0; c < l->report->classes; c++) {
        int64_t of;
        struct kl_interval interval;
        double recall = kl_score_class_recall(score, c, &of, &interval);
        recalls[c].known = of > 0;
        recalls[c].value = recall;
        recalls[c].provenance = of > 0 ? "counted" : NULL;
        recalls[c].how =
            of > 0 ? NULL
                   : kl_arena_printf(l->arena, "the %s part has no example of the class", part);
        least = fmin(least, recall);
    }
    put(rung, "least_recall", least, "counted");
}

/* Memory and time on the board, as `select` finds them. */
static enum kl_err put_costs(const struct ladder *l, struct kl_rung *rung, struct kl_arena *arena,
                             struct kl_diag *diag)
{
    const struct kl_ladder_request *r = l->request;
    struct kl_select_result result;
    const char *path = kl_arena_printf(arena, "%s/rung", r->work);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    const struct kl_select_request request = {.models = &path,
                                              .model_count = 1,
                                              .pipeline = r->data.features,
                                              .candidates = &r->board,
                                              .candidate_count = 1,
                                              .temperature_min = NAN,
                                              .temperature_max = NAN,
                                              .work = r->work};
    KL_TRY(kl_file_write(path, rung->file.data, rung->file.size, diag));
    KL_TRY(kl_select(&request, r->cache, NULL, NULL, arena, &result, diag));
    const struct kl_select_board *b = &result.boards[0];
    put_cell(l, rung, "flash", &b->flash);
    put_cell(l, rung, "ram", &b->ram);
    put_cell(l, rung, "ram.arena", &b->arena);
    put_cell(l, rung, "ram.stack", &b->stack);
    put_cell(l, rung, "cycles", &b->cycles);
    put_cell(l, rung, "latency", &b->latency);
    put_cell(l, rung, "energy", &b->energy);
    return KL_OK;
}

enum kl_err ladder_figures_fill(const struct ladder *l, const struct ladder_model *model,
                                double cpu_begin, struct kl_rung *rung, struct kl_diag *diag)
{
    struct kl_arena *arena = kl_arena_create(KL_JOB_LIMIT);
    put_score(&model->score, &model->pair, l, "validation", rung);
    put(rung, "sqnr", model->sqnr, "counted");
    put(rung, "file", (double)model->file.size, "counted");
    enum kl_err err = arena ? put_costs(l, rung, arena, diag) : KL_FAIL_MEMORY(diag);
    kl_arena_free(arena);
    put(rung, "cpu_time", ladder_cpu_seconds() - cpu_begin, "measured");
    return err;
}

enum kl_err ladder_judge_test(const struct ladder *l, const struct kl_rung *chosen,
                              struct kl_ladder_test *test, struct kl_diag *diag)
{
    const struct kl_ladder_judge *judge = &l->request->judge;
    struct kl_rung rung = *chosen;
    size_t bytes = (size_t)chosen->figure_count * sizeof chosen->figures[0];
    rung.figures = kl_arena_copy(l->arena, chosen->figures, bytes);
    if (!rung.figures) {
        return KL_FAIL_MEMORY(diag);
    }
    rung.verdicts = NULL;
    rung.verdict_count = 0;
    put_score(&test->chosen, &test->pair, l, "test", &rung);
    KL_TRY(judge->judge(judge->user, &rung, l->arena, diag));
    test->verdicts = rung.verdicts;
    test->verdict_count = rung.verdict_count;
    test->met = rung.met;
    return KL_OK;
}
