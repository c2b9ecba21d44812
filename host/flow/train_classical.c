/* SPDX-License-Identifier: Apache-2.0 */
/* Forests and k-means: trained on rows, written as text, and judged by kinglet's own engine. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flow/model_job.h"
#include "flow/train_internal.h"
#include "learn/classical.h"

struct classical {
    struct kl_train_request *request;
    const struct kl_dataset *dataset;
    struct kl_train_report *report;
    struct kl_arena *arena;
    struct kl_learn_data data;
    struct kl_bytes text; /* of the model */
    bool forest;
};

bool train_is_classical(const char *name)
{
    return strcmp(name, "forest") == 0 || strcmp(name, "k-means") == 0;
}

static enum kl_err setting(const struct classical *c, const char *name, int32_t low, int32_t high,
                           int32_t *value, struct kl_diag *diag)
{
    for (int32_t i = 0; i < c->request->setting_count; i++) {
        double given = c->request->settings[i].value;
        if (strcmp(c->request->settings[i].name, name) != 0) {
            continue;
        }
        if (given < low || given > high || given != floor(given)) {
            return kl_fail(diag, KL_EUSAGE, "--set %s is a whole number from %d to %d", name, low,
                           high);
        }
        *value = (int32_t)given;
    }
    return KL_OK;
}

static enum kl_err check_settings(const struct classical *c, struct kl_diag *diag)
{
    for (int32_t i = 0; i < c->request->setting_count; i++) {
        const char *name = c->request->settings[i].name;
        bool known = c->forest ? strcmp(name, "trees") == 0 || strcmp(name, "depth") == 0 ||
                                     strcmp(name, "leaf") == 0
                               : strcmp(name, "centres") == 0;
        if (!known) {
            return kl_fail(diag, KL_EUSAGE, "%s has no parameter '%.60s'; it has %s",
                           c->request->network, name,
                           c->forest ? "trees, depth and leaf" : "centres");
        }
    }
    return KL_OK;
}

static enum kl_err read_rows(const struct classical *c, const struct kl_learn_set *set,
                             struct kl_feature_rows *rows, struct kl_diag *diag)
{
    int32_t features = (int32_t)kl_shape_elements(&set->shape);
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
    struct kl_forest_options forest = {
        .trees = 50, .depth = 16, .leaf = 1, .seed = c->request->options.seed};
    int32_t centres = 8;
    struct kl_feature_rows rows;
    KL_TRY(check_settings(c, diag));
    KL_TRY(setting(c, "trees", 1, 1000, &forest.trees, diag));
    KL_TRY(setting(c, "depth", 1, 32, &forest.depth, diag));
    KL_TRY(setting(c, "leaf", 1, 1 << 20, &forest.leaf, diag));
    KL_TRY(setting(c, "centres", 1, 4096, &centres, diag));
    KL_TRY(kl_learn_data_make(c->dataset, &c->request->rule, c->arena, &c->data, diag));
    for (int k = 0; k < KL_PARTS; k++) {
        c->report->counts[k] = c->data.part[k].set.count;
    }
    c->report->left_out = c->data.left_out;
    c->report->padded = c->data.padded;
    c->report->split_here = c->data.split_here;
    KL_TRY(read_rows(c, &c->data.part[KL_PART_TRAIN].set, &rows, diag));
    json_t *model = c->forest
                        ? kl_forest_train(&rows, &forest, c->arena, diag)
                        : kl_kmeans_train(&rows, centres, c->request->options.seed, c->arena, diag);
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

/* The model's outputs for every item, by the engine that runs models. */
static enum kl_err run_items(const struct classical *c, const struct kl_learn_set *set,
                             struct kl_outputs *outputs, struct kl_diag *diag)
{
    struct kl_model_job job;
    enum kl_err err = kl_model_job_open_bytes(&job, "model.json", c->text, diag);
    err = err == KL_OK ? kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, diag) : err;
    err = err == KL_OK ? kl_outputs_run(job.plan, set, c->arena, outputs, diag) : err;
    kl_model_job_free(&job);
    return err;
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
    KL_TRY(run_items(c, set, &outputs, diag));
    if (c->forest) {
        kl_score_add_classes(set, &outputs, score);
        return KL_OK;
    }
    KL_TRY(kl_unusual_distance(&outputs, c->arena, &unusual, diag));
    return kl_score_set_unusual(set, unusual, c->arena, score, diag);
}

static enum kl_err cross_validate(struct classical *c, struct kl_diag *diag)
{
    struct kl_train_report *report = c->report;
    report->folds = c->request->rule.folds;
    for (int32_t fold = 0; fold < report->folds; fold++) {
        struct kl_score one;
        KL_TRY(kl_score_open(report->classes, c->arena, &one, diag));
        c->request->rule.fold = fold;
        KL_TRY(train(c, diag));
        KL_TRY(add_score(c, KL_PART_TEST, &one, diag));
        KL_TRY(add_score(c, KL_PART_TEST, &report->test, diag));
        kl_score_finish(&one);
        report->fold_accuracy[fold] = one.accuracy;
    }
    return KL_OK;
}

enum kl_err train_classical(struct kl_train_request *request, const struct kl_dataset *dataset,
                            struct kl_arena *arena, struct kl_train_report *report,
                            struct kl_diag *diag)
{
    struct classical c = {.request = request,
                          .dataset = dataset,
                          .report = report,
                          .arena = arena,
                          .forest = strcmp(request->network, "forest") == 0};
    if (request->options.task != (c.forest ? KL_TASK_CLASSES : KL_TASK_REPEAT)) {
        return kl_fail(diag, KL_EUSAGE,
                       "a forest learns classes, and k-means finds anomalies "
                       "(--task anomalies)");
    }
    report->network = request->network;
    int32_t classes = c.forest ? report->classes : 0;
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
