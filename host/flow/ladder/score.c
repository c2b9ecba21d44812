/* SPDX-License-Identifier: Apache-2.0 */
/* What the ladder is climbed on: data, task, scores. */
#include <math.h>
#include <stdio.h>

#include "flow/ladder/internal.h"
#include "flow/score_head.h"

/* Examples whose values are compared layer by layer, for each try. */
enum { COMPARED = 64 };

bool ladder_stopped(const struct ladder *l)
{
    const struct kl_ladder_request *r = l->request;
    l->report->stopped = l->report->stopped || (r->stop && r->stop(r->user));
    return l->report->stopped;
}

/* What the data and the model say, unless it was said. */
static enum kl_err find_task(struct ladder *l, struct kl_diag *diag)
{
    struct kl_ptq_data *data = &l->request->data;
    const struct kl_subgraph *subgraph = l->job.graph->subgraphs[0];
    int32_t classes = data->dataset->facts.class_count;
    int64_t outputs =
        subgraph->output_count > 0 ? kl_shape_elements(&subgraph->outputs[0]->shape) : 0;
    l->task = l->request->task;
    if (l->task == KL_JUDGE_BY_DATA) {
        l->task = classes >= 2 ? KL_JUDGE_CLASSES : KL_JUDGE_VALUES;
    }
    if (l->task == KL_JUDGE_CLASSES && outputs != classes) {
        return kl_fail(diag, KL_EINPUT,
                       "%s has %lld outputs, %s has %d classes; a model that repeats its inputs is "
                       "judged with --task anomalies, one that gives values with --task values",
                       l->request->model, (long long)outputs, data->path, classes);
    }
    data->values = l->task == KL_JUDGE_VALUES;
    data->anomalies = l->task == KL_JUDGE_ANOMALIES;
    data->normal = l->request->normal;
    l->report->task = data->values ? "values" : data->anomalies ? "anomalies" : "classes";
    return KL_OK;
}

static enum kl_err check_parts(struct ladder *l, struct kl_diag *diag)
{
    const struct kl_learn_data *parts = l->request->data.parts;
    const char *path = l->request->data.path;
    l->validation = kl_learn_part(parts, KL_PART_VALIDATION);
    l->test = kl_learn_part(parts, KL_PART_TEST);
    for (int k = 0; k < KL_PARTS; k++) {
        l->report->counts[k] = parts->part[k].set.count;
    }
    if (!l->validation || !l->test) {
        return kl_fail(diag, KL_EINPUT,
                       "%s has no part for %s: `kinglet data split` makes one; the ladder chooses "
                       "on validation data and reads the test part once, at the end",
                       path, l->validation ? "the test" : "validation");
    }
    const struct kl_tensor *out = l->job.graph->subgraphs[0]->outputs[0];
    int64_t outputs = kl_shape_elements(&out->shape);
    if (l->task == KL_JUDGE_VALUES && outputs != l->validation->target_size) {
        return kl_fail(diag, KL_EINPUT, "%s gives %lld values, items of %s have %d",
                       l->request->model, (long long)outputs, path, l->validation->target_size);
    }
    return KL_OK;
}

enum kl_err ladder_data_open(struct ladder *l, struct kl_diag *diag)
{
    struct kl_ptq_data *data = &l->request->data;
    struct kl_ladder_report *report = l->report;
    data->checks = COMPARED;
    KL_TRY(kl_ptq_data_open(data, l->arena, diag));
    KL_TRY(find_task(l, diag));
    KL_TRY(kl_ptq_data_read(data, l->job.graph, l->arena, &l->inputs, diag));
    l->inputs.test = NULL; /* is read at the end, and not by quantisation */
    l->inputs.percentile = KL_PTQ_PERCENTILE;
    report->classes = l->task == KL_JUDGE_CLASSES ? data->dataset->facts.class_count : 0;
    report->class_names = data->dataset->facts.classes;
    report->range_items = (int32_t)l->inputs.items;
    report->split_here = data->parts->split_here;
    snprintf(report->content, sizeof report->content, "%s", data->content);
    snprintf(report->version, sizeof report->version, "%s", data->version);
    snprintf(report->cautions, sizeof report->cautions, "%s", data->cautions);
    l->likelihood = kl_gives_likelihood(l->job.graph);
    return check_parts(l, diag);
}

/* The squared error of each example. */
static enum kl_err value_errors(const struct kl_learn_set *set, const struct kl_outputs *outputs,
                                struct kl_arena *arena, double **errors, struct kl_diag *diag)
{
    *errors = KL_NEW(arena, double, (size_t)set->count);
    if (!*errors) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < set->count; i++) {
        double sum = 0;
        for (int32_t k = 0; k < outputs->size; k++) {
            ptrdiff_t at = (ptrdiff_t)i * outputs->size + k;
            double off = (double)outputs->values[at] - (double)set->targets[at];
            sum += off * off;
        }
        (*errors)[i] = sum / outputs->size;
    }
    return KL_OK;
}

enum kl_err ladder_score(const struct ladder *l, const struct kl_learn_set *set,
                         const struct kl_outputs *outputs, struct kl_arena *arena,
                         struct kl_score *score, double **errors, struct kl_diag *diag)
{
    *errors = NULL;
    KL_TRY(kl_score_open(l->report->classes, arena, score, diag));
    if (l->task == KL_JUDGE_CLASSES) {
        kl_score_add_classes(set, outputs, score);
        kl_score_finish(score);
        return KL_OK;
    }
    if (l->task == KL_JUDGE_VALUES) {
        kl_score_add_values(set, outputs, score);
        return value_errors(set, outputs, arena, errors, diag);
    }
    KL_TRY(l->likelihood ? kl_unusual_likelihood(outputs, arena, errors, diag)
                         : kl_unusual_distance(outputs, arena, errors, diag));
    return kl_score_set_unusual(set, *errors, arena, score, diag);
}

/* Counts how often examples are read: the evidence says it, and it must be once. */
struct counted {
    const struct kl_learn_set *set;
    int32_t *reads;
};

static enum kl_err read_counted(void *context, int32_t example, float *values, struct kl_diag *diag)
{
    const struct counted *c = context;
    c->reads[example]++;
    return c->set->read(c->set->context, example, values, diag);
}

static enum kl_err run_test(struct ladder *l, const struct kl_bytes files[2],
                            const struct kl_learn_set *set, struct kl_diag *diag)
{
    struct kl_model_job jobs[2] = {{0}, {0}};
    const struct kl_plan *plans[2];
    struct kl_outputs outputs[2];
    struct kl_ladder_test *t = &l->report->test;
    double *errors[2] = {NULL, NULL};
    enum kl_err err = KL_OK;
    for (int k = 0; k < 2 && err == KL_OK; k++) {
        err = ladder_model_open(l, files[k], &jobs[k], diag);
        plans[k] = jobs[k].plan;
    }
    err = err == KL_OK ? kl_outputs_run_all(plans, 2, set, l->arena, outputs, diag) : err;
    kl_model_job_free(&jobs[0]);
    kl_model_job_free(&jobs[1]);
    KL_TRY(err);
    KL_TRY(ladder_score(l, l->test, &outputs[0], l->arena, &t->floats, &errors[0], diag));
    KL_TRY(ladder_score(l, l->test, &outputs[1], l->arena, &t->chosen, &errors[1], diag));
    t->pair = errors[0] ? kl_score_pair_errors(errors[0], errors[1], l->test->count)
                        : kl_score_pair(l->test, &outputs[0], &outputs[1]);
    return KL_OK;
}

enum kl_err ladder_test(struct ladder *l, const struct kl_rung *floats,
                        const struct kl_rung *chosen, struct kl_diag *diag)
{
    struct kl_learn_set set = *l->test;
    struct counted counted = {l->test, KL_NEW(l->arena, int32_t, (size_t)l->test->count)};
    if (!counted.reads) {
        return KL_FAIL_MEMORY(diag);
    }
    set.read = read_counted;
    set.context = &counted;
    KL_TRY(run_test(l, (const struct kl_bytes[2]){floats->file, chosen->file}, &set, diag));
    for (int32_t i = 0; i < set.count; i++) {
        int32_t reads = counted.reads[i];
        l->report->test.reads = reads > l->report->test.reads ? reads : l->report->test.reads;
    }
    return ladder_judge_test(l, chosen, &l->report->test, diag);
}
