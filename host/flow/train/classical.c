/* SPDX-License-Identifier: Apache-2.0 */
/* Forests, k-means and mixtures of Gaussians: trained on rows, written as text, and judged by
 * kinglet's own engine. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flow/train/internal.h"
#include "learn/classical.h"

enum { PARAMETERS = 3 };

/* A whole number that --set gives. */
struct parameter {
    const char *name; /* NULL: no more of them */
    int32_t low, high, value;
};

struct kind {
    const char *name, *about; /* "forest"; "a forest learns classes" */
    bool classes;             /* it learns classes, else it finds anomalies */
    struct parameter parameters[PARAMETERS];
    json_t *(*train)(const struct kl_feature_rows *rows, const int32_t values[PARAMETERS],
                     uint64_t seed, struct kl_arena *arena, struct kl_diag *diag);
    /* How unusual items are, from the model's outputs. */
    enum kl_err (*unusual)(const struct kl_outputs *outputs, struct kl_arena *arena,
                           double **unusual, struct kl_diag *diag);
};

static json_t *train_forest(const struct kl_feature_rows *rows, const int32_t values[PARAMETERS],
                            uint64_t seed, struct kl_arena *arena, struct kl_diag *diag)
{
    const struct kl_forest_options options = {
        .trees = values[0], .depth = values[1], .leaf = values[2], .seed = seed};
    return kl_forest_train(rows, &options, arena, diag);
}

static json_t *train_kmeans(const struct kl_feature_rows *rows, const int32_t values[PARAMETERS],
                            uint64_t seed, struct kl_arena *arena, struct kl_diag *diag)
{
    return kl_kmeans_train(rows, values[0], seed, arena, diag);
}

static json_t *train_gmm(const struct kl_feature_rows *rows, const int32_t values[PARAMETERS],
                         uint64_t seed, struct kl_arena *arena, struct kl_diag *diag)
{
    return kl_gmm_train(rows, values[0], seed, arena, diag);
}

static const struct kind kinds[] = {
    {"forest",
     "a forest learns classes",
     true,
     {{"trees", 1, 1000, 50}, {"depth", 1, 32, 16}, {"leaf", 1, 1 << 20, 1}},
     train_forest,
     NULL},
    {"k-means",
     "k-means finds anomalies (--task anomalies)",
     false,
     {{"centres", 1, 4096, 8}},
     train_kmeans,
     kl_unusual_distance},
    {"gmm",
     "a mixture of Gaussians finds anomalies (--task anomalies)",
     false,
     {{"components", 1, 4096, 4}},
     train_gmm,
     kl_unusual_likelihood},
};

struct classical {
    const struct kind *kind;
    struct kl_train_request *request;
    const struct kl_dataset *dataset;
    struct kl_train_report *report;
    struct kl_arena *arena;           /* of one training */
    struct kl_train_answers *answers; /* to be kept, or NULL */
    struct kl_learn_data data;
    struct kl_bytes text; /* of the model */
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

bool train_is_classical(const char *name)
{
    return find_kind(name) != NULL;
}

/* The values of the kind's parameters: what --set says, else the usual ones. */
static enum kl_err read_settings(const struct classical *c, int32_t values[PARAMETERS],
                                 struct kl_diag *diag)
{
    const struct parameter *p = c->kind->parameters;
    for (int k = 0; k < PARAMETERS; k++) {
        values[k] = p[k].value;
    }
    for (int32_t i = 0; i < c->request->setting_count; i++) {
        const struct kl_network_setting *set = &c->request->settings[i];
        int k = 0;
        while (k < PARAMETERS && p[k].name && strcmp(p[k].name, set->name) != 0) {
            k++;
        }
        if (k == PARAMETERS || !p[k].name) {
            return kl_fail(diag, KL_EUSAGE, "%s has no parameter '%.60s'; it has %s%s%s%s%s",
                           c->kind->name, set->name, p[0].name, p[1].name ? ", " : "",
                           p[1].name ? p[1].name : "", p[2].name ? " and " : "",
                           p[2].name ? p[2].name : "");
        }
        if (set->value < p[k].low || set->value > p[k].high || set->value != floor(set->value)) {
            return kl_fail(diag, KL_EUSAGE, "--set %s is a whole number from %d to %d", p[k].name,
                           p[k].low, p[k].high);
        }
        values[k] = (int32_t)set->value;
    }
    return KL_OK;
}

static enum kl_err read_rows(const struct classical *c, const struct kl_learn_set *set,
                             struct kl_feature_rows *rows, struct kl_diag *diag)
{
    int64_t count = kl_shape_elements(&set->shape);
    if (count > KL_CLASSICAL_FEATURES) {
        return kl_fail(
            diag, KL_ELIMIT,
            "an item has %lld values, and %s takes at most %d features; a pipeline makes "
            "fewer of them (--features)",
            (long long)count, c->kind->name, KL_CLASSICAL_FEATURES);
    }
    int32_t features = (int32_t)count;
    float *values = KL_NEW(c->arena, float, (size_t)set->count *(size_t)features);
    if (!values) {
        return KL_FAIL_MEMORY(diag);
    }
    *rows = (struct kl_feature_rows){set->count, features, set->classes, values, set->labels};
    for (int32_t i = 0; i < set->count; i++) {
        float *row = values + (ptrdiff_t)i * features;
        KL_TRY(set->read(set->context, i, row, diag));
        for (int32_t f = 0; f < features; f++) {
            if (!isfinite(row[f])) {
                return kl_fail(diag, KL_EINPUT, "item %d of the data: value %d is no finite number",
                               i, f);
            }
        }
    }
    return KL_OK;
}

static enum kl_err train(struct classical *c, struct kl_diag *diag)
{
    int32_t values[PARAMETERS];
    struct kl_feature_rows rows;
    KL_TRY(read_settings(c, values, diag));
    KL_TRY(kl_learn_data_make(c->dataset, &c->request->rule, c->arena, &c->data, diag));
    train_note_data(c->report, &c->data);
    KL_TRY(read_rows(c, &c->data.part[KL_PART_TRAIN].set, &rows, diag));
    json_t *model = c->kind->train(&rows, values, c->request->options.seed, c->arena, diag);
    char *text = model ? json_dumps(model, JSON_COMPACT) : NULL;
    json_decref(model);
    if (!text) {
        return diag->err != KL_OK ? diag->err : KL_FAIL_MEMORY(diag);
    }
    c->text.size = strlen(text);
    c->text.data = kl_arena_copy(c->arena, text, c->text.size);
    free(text);
    return c->text.data ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err add_score(const struct classical *c, enum kl_data_part part,
                             struct kl_score *score, struct kl_diag *diag)
{
    const struct kl_learn_set *set = kl_learn_part(&c->data, part);
    struct kl_outputs outputs;
    double *unusual;
    if (!set) {
        return KL_OK;
    }
    KL_TRY(train_run_model(c->text, "model.json", set, c->arena, &outputs, diag));
    score->groups += c->data.part[part].groups;
    if (c->kind->classes) {
        train_keep_answers(c->answers, &c->data.part[part], &outputs, false);
        kl_score_add_classes(set, &outputs, score);
        return KL_OK;
    }
    KL_TRY(c->kind->unusual(&outputs, c->arena, &unusual, diag));
    return kl_score_set_unusual(set, unusual, c->arena, score, diag);
}

/* One fold, in memory of its own. */
static enum kl_err run_fold(struct classical *c, int32_t fold, struct kl_score *one,
                            struct kl_diag *diag)
{
    struct kl_arena *arena = c->arena;
    c->request->rule.fold = fold;
    c->arena = kl_arena_create(KL_TRAIN_FOLD_ARENA);
    enum kl_err err = c->arena ? train(c, diag) : KL_FAIL_MEMORY(diag);
    err = err == KL_OK ? add_score(c, KL_PART_TEST, one, diag) : err;
    kl_arena_free(c->arena);
    c->arena = arena;
    return err;
}

static enum kl_err cross_validate(struct classical *c, struct kl_diag *diag)
{
    struct kl_train_report *report = c->report;
    report->folds = c->request->rule.folds;
    for (int32_t fold = 0; fold < report->folds; fold++) {
        struct kl_score one;
        KL_TRY(kl_score_open(report->classes, c->arena, &one, diag));
        KL_TRY(run_fold(c, fold, &one, diag));
        train_add_fold(report, fold, &one);
    }
    return KL_OK;
}

/* What is of networks only is refused, not passed over. */
static enum kl_err check_request(const struct classical *c, struct kl_diag *diag)
{
    const struct kl_train_request *r = c->request;
    if (r->options.task != (c->kind->classes ? KL_TASK_CLASSES : KL_TASK_REPEAT)) {
        return kl_fail(diag, KL_EUSAGE, "%s", c->kind->about);
    }
    const char *option = r->from             ? "--from"
                         : r->raw            ? "--raw"
                         : r->balance        ? "--balance"
                         : r->options.resume ? "--resume"
                         : r->network_option ? r->network_option
                                             : NULL;
    return !option ? KL_OK
                   : kl_fail(diag, KL_EUSAGE, "%s is for networks; %s has no use for it", option,
                             c->kind->name);
}

enum kl_err train_classical(struct kl_train_request *request, const struct kl_dataset *dataset,
                            struct kl_train_answers *answers, struct kl_arena *arena,
                            struct kl_train_report *report, struct kl_diag *diag)
{
    struct classical c = {.kind = find_kind(request->network),
                          .request = request,
                          .dataset = dataset,
                          .report = report,
                          .answers = answers,
                          .arena = arena};
    KL_TRY(check_request(&c, diag));
    report->network = request->network;
    report->likelihood = c.kind->unusual == kl_unusual_likelihood;
    int32_t classes = c.kind->classes ? report->classes : 0;
    KL_TRY(kl_score_open(classes, arena, &report->validation, diag));
    KL_TRY(kl_score_open(classes, arena, &report->test, diag));
    if (request->rule.folds > 0) {
        KL_TRY(cross_validate(&c, diag));
    } else {
        KL_TRY(train(&c, diag));
        KL_TRY(add_score(&c, KL_PART_VALIDATION, &report->validation, diag));
        KL_TRY(add_score(&c, KL_PART_TEST, &report->test, diag));
    }
    kl_score_finish(&report->validation);
    kl_score_finish(&report->test);
    if (!request->output) {
        return KL_OK;
    }
    report->model = kl_arena_printf(arena, "%s/model.json", request->output);
    KL_TRY(report->model ? kl_dir_create(request->output, diag) : KL_FAIL_MEMORY(diag));
    KL_TRY(kl_file_write(report->model, c.text.data, c.text.size, diag));
    return train_write_record(report, request->output, arena, diag);
}
