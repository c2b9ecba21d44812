/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/scores.h"

#include <math.h>
#include <stdio.h>

#include "base/envelope.h"
#include "flow/execute.h"
#include "flow/tensor_values.h"
#include "learn/loss.h"
#include "learn/score.h"

/* A model under way: one example after the other. */
struct runner {
    const struct kl_plan *plan;
    unsigned char *memory;
    struct kl_outputs *outputs;
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
                               struct kl_arena *arena, struct kl_outputs *outputs, struct runner *r,
                               struct kl_diag *diag)
{
    KL_TRY(check_model(plan, set, diag));
    outputs->count = set->count;
    outputs->size = (int32_t)kl_shape_elements(&plan->outputs[0].tensor->shape);
    outputs->values = KL_NEW(arena, float, (size_t)outputs->count *(size_t)outputs->size);
    *r = (struct runner){.plan = plan, .outputs = outputs};
    return outputs->values ? kl_execute_arena(plan, arena, &r->memory, diag) : KL_FAIL_MEMORY(diag);
}

static enum kl_err read_example(const struct kl_learn_set *set, int32_t example, float *values,
                                struct kl_diag *diag)
{
    KL_TRY(set->read(set->context, example, values, diag));
    for (int64_t i = 0; i < kl_shape_elements(&set->shape); i++) {
        if (!isfinite(values[i])) {
            return kl_fail(diag, KL_EINPUT,
                           "example %d of the data: value %lld is no finite number", example,
                           (long long)i);
        }
    }
    return KL_OK;
}

static enum kl_err run_example(const struct runner *r, int32_t example, const float *values,
                               struct kl_diag *diag)
{
    const struct kl_plan *plan = r->plan;
    const struct kl_plan_io *in = &plan->inputs[0], *out = &plan->outputs[0];
    float *outputs = r->outputs->values + (ptrdiff_t)example * r->outputs->size;
    if (example > 0) {
        kl_execute_reset(plan, r->memory);
    }
    kl_tensor_put_floats(in->tensor, values, kl_execute_io(plan, in, r->memory));
    KL_TRY(kl_execute(plan, r->memory, diag));
    const unsigned char *results = kl_execute_io(plan, out, r->memory);
    for (int32_t i = 0; i < r->outputs->size; i++) {
        outputs[i] = (float)kl_tensor_number(out->tensor, results, i);
    }
    return KL_OK;
}

enum kl_err kl_outputs_run_all(const struct kl_plan *const *plans, int32_t count,
                               const struct kl_learn_set *set, struct kl_arena *arena,
                               struct kl_outputs *outputs, struct kl_diag *diag)
{
    struct runner *runners = KL_NEW(arena, struct runner, (size_t)count);
    float *values = KL_NEW(arena, float, (size_t)kl_shape_elements(&set->shape));
    if (!runners || !values) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t k = 0; k < count; k++) {
        KL_TRY(open_runner(plans[k], set, arena, &outputs[k], &runners[k], diag));
    }
    for (int32_t i = 0; i < set->count; i++) {
        KL_TRY(read_example(set, i, values, diag));
        for (int32_t k = 0; k < count; k++) {
            KL_TRY(run_example(&runners[k], i, values, diag));
        }
    }
    return KL_OK;
}

enum kl_err kl_outputs_run(const struct kl_plan *plan, const struct kl_learn_set *set,
                           struct kl_arena *arena, struct kl_outputs *outputs, struct kl_diag *diag)
{
    return kl_outputs_run_all(&plan, 1, set, arena, outputs, diag);
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
        score->of = KL_NEW(arena, int64_t, (size_t)classes);
    }
    return classes > 0 && !(score->confusion && score->of) ? KL_FAIL_MEMORY(diag) : KL_OK;
}

int32_t kl_outputs_answer(const struct kl_outputs *outputs, int32_t example)
{
    return kl_score_class(outputs->values + (ptrdiff_t)example * outputs->size, outputs->size);
}

void kl_score_add_classes(const struct kl_learn_set *set, const struct kl_outputs *outputs,
                          struct kl_score *score)
{
    score->count += set->count;
    for (int32_t i = 0; i < set->count; i++) {
        int32_t answer = kl_outputs_answer(outputs, i);
        score->of[set->labels[i]]++;
        if (answer < score->classes) {
            score->confusion[(int64_t)set->labels[i] * score->classes + answer]++;
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
    double right = (double)score->confusion[(int64_t)c * score->classes + c];
    *of = score->of[c];
    *interval = kl_wilson(right, (double)*of, 0.95);
    return *of > 0 ? right / (double)*of : (double)NAN;
}

json_t *kl_score_classes_json(const struct kl_score *score, const char *key,
                              const char *const *names)
{
    json_t *list = json_array();
    for (int32_t c = 0; score->confusion && c < score->classes; c++) {
        int64_t of;
        struct kl_interval interval;
        double recall = kl_score_class_recall(score, c, &of, &interval);
        json_t *answers = json_array();
        for (int32_t a = 0; a < score->classes; a++) {
            json_array_append_new(answers,
                                  json_integer(score->confusion[(int64_t)c * score->classes + a]));
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:o, s:f, s:f, s:o}", key, names[c], "items",
                                        (json_int_t)of, "recall", kl_json_number(recall), "low",
                                        interval.low, "high", interval.high, "answers", answers));
    }
    return list;
}

void kl_score_join(struct kl_score *sum, const struct kl_score *one)
{
    int64_t cells = (int64_t)one->classes * one->classes;
    if (one->count == 0) {
        return;
    }
    sum->error = (sum->error * sum->count + one->error * one->count) / (sum->count + one->count);
    sum->count += one->count;
    sum->groups += one->groups;
    for (int64_t i = 0; i < cells; i++) {
        sum->confusion[i] += one->confusion[i];
    }
    for (int32_t c = 0; c < one->classes; c++) {
        sum->of[c] += one->of[c];
    }
}

bool kl_score_caution(const struct kl_score *score, char text[KL_SCORE_CAUTION_BYTES])
{
    bool narrow = score->groups > 0 && score->groups < score->count;
    if (narrow) {
        snprintf(text, KL_SCORE_CAUTION_BYTES,
                 "%d items of %d group%s: the interval takes them as independent and is too narrow",
                 score->count, score->groups, score->groups == 1 ? "" : "s");
    }
    return narrow;
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

static void set_interval(struct kl_pair *p)
{
    struct kl_interval interval = kl_paired_interval(p->only_second, p->only_first, p->count, 0.95);
    p->difference = p->count > 0 ? (double)(p->second - p->first) / (double)p->count : (double)NAN;
    p->low = interval.low;
    p->high = interval.high;
}

void kl_pair_add(struct kl_pair *sum, const struct kl_pair *pair)
{
    sum->count += pair->count;
    sum->first += pair->first;
    sum->second += pair->second;
    sum->only_first += pair->only_first;
    sum->only_second += pair->only_second;
    set_interval(sum);
}

struct kl_pair kl_score_pair(const struct kl_learn_set *set, const struct kl_outputs *first,
                             const struct kl_outputs *second)
{
    struct kl_pair p = {.count = set->count};
    for (int32_t i = 0; i < set->count; i++) {
        bool one = kl_outputs_answer(first, i) == set->labels[i];
        bool two = kl_outputs_answer(second, i) == set->labels[i];
        p.first += one;
        p.second += two;
        p.only_first += one && !two;
        p.only_second += two && !one;
    }
    set_interval(&p);
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

struct kl_pair kl_score_pair_errors(const double *first, const double *second, int32_t count)
{
    struct kl_pair p = {.count = count, .difference = NAN, .low = NAN, .high = NAN};
    double sum = 0, squares = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += second[i] - first[i];
    }
    p.difference = count > 0 ? sum / count : (double)NAN;
    for (int32_t i = 0; i < count; i++) {
        double off = second[i] - first[i] - p.difference;
        squares += off * off;
    }
    if (count > 1) {
        double half = kl_normal_quantile(0.975) * sqrt(squares / (count - 1) / count);
        p.low = p.difference - half;
        p.high = p.difference + half;
    }
    return p;
}
