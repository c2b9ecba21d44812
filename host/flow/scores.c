/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/scores.h"

#include <math.h>

#include "flow/execute.h"
#include "flow/tensor_values.h"
#include "learn/loss.h"
#include "learn/score.h"

/* A model under way: one example after the other. */
struct runner {
    const struct kl_plan *plan;
    unsigned char *memory;
    const struct kl_tensor *in, *out;
    float *example;
};

static enum kl_err check_model(const struct kl_plan *plan, const struct kl_learn_set *set,
                               struct kl_diag *diag)
{
    if (plan->input_count != 1 || plan->output_count < 1 ||
        !kl_tensor_takes_floats(plan->inputs[0].tensor)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "only models with one input, of float32, int8 or int16, can be tried on "
                       "examples of a data set");
    }
    int64_t values = kl_shape_elements(&set->shape);
    int64_t wanted = kl_shape_elements(&plan->inputs[0].tensor->shape);
    return wanted == values
               ? KL_OK
               : kl_fail(diag, KL_EINPUT,
                         "an example of the data set has %lld values, the model takes %lld",
                         (long long)values, (long long)wanted);
}

static enum kl_err open_runner(const struct kl_plan *plan, const struct kl_learn_set *set,
                               struct kl_arena *arena, struct runner *r, struct kl_diag *diag)
{
    KL_TRY(check_model(plan, set, diag));
    *r =
        (struct runner){.plan = plan, .in = plan->inputs[0].tensor, .out = plan->outputs[0].tensor};
    r->example = KL_NEW(arena, float, (size_t)kl_shape_elements(&set->shape));
    return r->example ? kl_execute_arena(plan, arena, &r->memory, diag) : KL_FAIL_MEMORY(diag);
}

static enum kl_err run_example(const struct runner *r, const struct kl_learn_set *set,
                               int32_t example, float *outputs, int32_t size, struct kl_diag *diag)
{
    KL_TRY(set->read(set->context, example, r->example, diag));
    for (int64_t i = 0; i < kl_shape_elements(&set->shape); i++) {
        if (!isfinite(r->example[i])) {
            return kl_fail(diag, KL_EINPUT,
                           "example %d of the data: value %lld is no finite number", example,
                           (long long)i);
        }
    }
    if (example > 0) {
        kl_execute_reset(r->plan, r->memory);
    }
    kl_tensor_put_floats(r->in, r->example, kl_execute_io(r->plan, &r->plan->inputs[0], r->memory));
    KL_TRY(kl_execute(r->plan, r->memory, diag));
    const unsigned char *values = kl_execute_io(r->plan, &r->plan->outputs[0], r->memory);
    for (int32_t i = 0; i < size; i++) {
        outputs[i] = (float)kl_tensor_number(r->out, values, i);
    }
    return KL_OK;
}

enum kl_err kl_outputs_run(const struct kl_plan *plan, const struct kl_learn_set *set,
                           struct kl_arena *arena, struct kl_outputs *outputs, struct kl_diag *diag)
{
    struct runner r;
    KL_TRY(open_runner(plan, set, arena, &r, diag));
    outputs->count = set->count;
    outputs->size = (int32_t)kl_shape_elements(&r.out->shape);
    outputs->values = KL_NEW(arena, float, (size_t)outputs->count *(size_t)outputs->size);
    if (!outputs->values) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < set->count; i++) {
        KL_TRY(run_example(&r, set, i, outputs->values + (ptrdiff_t)i * outputs->size,
                           outputs->size, diag));
    }
    return KL_OK;
}

enum kl_err kl_score_open(int32_t classes, struct kl_arena *arena, struct kl_score *score,
                          struct kl_diag *diag)
{
    *score = (struct kl_score){.classes = classes,
                               .accuracy = NAN,
                               .low = NAN,
                               .high = NAN,
                               .error = classes > 0 ? (double)NAN : 0,
                               .auc = NAN};
    if (classes > 0) {
        score->confusion = KL_NEW(arena, int64_t, (size_t)classes * (size_t)classes);
    }
    return classes > 0 && !score->confusion ? KL_FAIL_MEMORY(diag) : KL_OK;
}

static int32_t answer_of(const struct kl_outputs *outputs, int32_t example)
{
    return kl_score_class(outputs->values + (ptrdiff_t)example * outputs->size, outputs->size);
}

void kl_score_add_classes(const struct kl_learn_set *set, const struct kl_outputs *outputs,
                          struct kl_score *score)
{
    score->count += set->count;
    for (int32_t i = 0; i < set->count; i++) {
        int32_t answer = answer_of(outputs, i);
        if (answer < score->classes) {
            score->confusion[set->labels[i] * score->classes + answer]++;
        }
    }
}

void kl_score_add_values(const struct kl_learn_set *set, const struct kl_outputs *outputs,
                         struct kl_score *score)
{
    double error =
        kl_loss_squares(outputs->values, set->targets, outputs->count, outputs->size, NULL);
    score->error = (score->error * score->count + error * set->count) / (score->count + set->count);
    score->count += set->count;
}

enum kl_err kl_score_set_unusual(const struct kl_learn_set *set, const double *unusual,
                                 struct kl_arena *arena, struct kl_score *score,
                                 struct kl_diag *diag)
{
    size_t count = (size_t)set->count;
    double *scores = kl_arena_copy(arena, unusual, count * sizeof unusual[0]);
    int32_t *labels = kl_arena_copy(arena, set->labels, count * sizeof set->labels[0]);
    if (!scores || !labels) {
        return KL_FAIL_MEMORY(diag);
    }
    score->count = set->count;
    score->error = 0;
    for (int32_t i = 0; i < set->count; i++) {
        score->error += unusual[i] / set->count;
    }
    score->auc = kl_score_auc(scores, labels, set->count);
    return KL_OK;
}

void kl_score_finish(struct kl_score *score)
{
    int64_t all;
    if (score->confusion) {
        double right = (double)kl_score_right(score->confusion, score->classes, &all);
        struct kl_interval interval = kl_wilson(right, score->count, 0.95);
        score->accuracy = score->count > 0 ? right / score->count : (double)NAN;
        score->low = interval.low;
        score->high = interval.high;
    }
}

double kl_score_class_recall(const struct kl_score *score, int32_t c, int64_t *of,
                             struct kl_interval *interval)
{
    const int64_t *row = score->confusion + (ptrdiff_t)c * score->classes;
    *of = 0;
    for (int32_t i = 0; i < score->classes; i++) {
        *of += row[i];
    }
    *interval = kl_wilson((double)row[c], (double)*of, 0.95);
    return kl_score_recall(score->confusion, score->classes, c);
}

enum kl_err kl_unusual_repeat(const struct kl_learn_set *set, const struct kl_normalisation *n,
                              const struct kl_outputs *outputs, struct kl_arena *arena,
                              double **unusual, struct kl_diag *diag)
{
    int32_t size = outputs->size;
    float *values = KL_NEW(arena, float, (size_t)size);
    *unusual = KL_NEW(arena, double, (size_t)set->count);
    if (!values || !*unusual) {
        return KL_FAIL_MEMORY(diag);
    }
    if (kl_shape_elements(&set->shape) != size) {
        return kl_fail(diag, KL_EINPUT,
                       "a model that repeats its inputs has as many outputs; this one has %d for "
                       "%lld inputs",
                       size, (long long)kl_shape_elements(&set->shape));
    }
    for (int32_t i = 0; i < set->count; i++) {
        KL_TRY(set->read(set->context, i, values, diag));
        for (int32_t k = 0; n->channels > 0 && k < size; k++) {
            int32_t c = k % n->channels;
            values[k] = (values[k] - n->mean[c]) / n->deviation[c];
        }
        (*unusual)[i] =
            kl_loss_squares(outputs->values + (ptrdiff_t)i * size, values, 1, size, NULL);
    }
    return KL_OK;
}

enum kl_err kl_unusual_distance(const struct kl_outputs *outputs, struct kl_arena *arena,
                                double **unusual, struct kl_diag *diag)
{
    *unusual = KL_NEW(arena, double, (size_t)outputs->count);
    if (!*unusual) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < outputs->count; i++) {
        const float *distances = outputs->values + (ptrdiff_t)i * outputs->size;
        (*unusual)[i] = (double)distances[0];
        for (int32_t k = 1; k < outputs->size; k++) {
            (*unusual)[i] = fmin((*unusual)[i], (double)distances[k]);
        }
    }
    return KL_OK;
}

struct kl_pair kl_score_pair(const struct kl_learn_set *set, const struct kl_outputs *first,
                             const struct kl_outputs *second)
{
    struct kl_pair p = {.count = set->count};
    for (int32_t i = 0; i < set->count; i++) {
        bool one = answer_of(first, i) == set->labels[i];
        bool two = answer_of(second, i) == set->labels[i];
        p.first += one;
        p.second += two;
        p.only_first += one && !two;
        p.only_second += two && !one;
    }
    struct kl_interval interval = kl_paired_interval(p.only_second, p.only_first, p.count, 0.95);
    p.difference = p.count > 0 ? (double)(p.second - p.first) / (double)p.count : (double)NAN;
    p.low = interval.low;
    p.high = interval.high;
    return p;
}

enum kl_err kl_unusual_likelihood(const struct kl_outputs *outputs, struct kl_arena *arena,
                                  double **unusual, struct kl_diag *diag)
{
    *unusual = KL_NEW(arena, double, (size_t)outputs->count);
    if (!*unusual) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < outputs->count; i++) {
        (*unusual)[i] = -(double)outputs->values[(ptrdiff_t)i * outputs->size];
    }
    return KL_OK;
}
