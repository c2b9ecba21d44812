/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs of models over examples, and the scores of them, against figures found by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/scores.h"
#include "graph_build.h"

enum { COUNT = 6, SIZE = 3 };

static const float examples[COUNT][SIZE] = {{1, 0, 0},  {0, 2, 0}, {0.3f, 0, 3},
                                            {-4, 2, 1}, {9, 2, 3}, {0, 0, 0}};
static const int32_t labels[COUNT] = {0, 1, 2, 2, 0, 1};

static enum kl_err read_example(void *context, int32_t example, float *values, struct kl_diag *diag)
{
    const float(*from)[SIZE] = context;
    (void)diag;
    memcpy(values, from[example], sizeof from[0]);
    return KL_OK;
}

static int reads[COUNT];

static enum kl_err read_counted(void *context, int32_t example, float *values, struct kl_diag *diag)
{
    reads[example]++;
    return read_example(context, example, values, diag);
}

static struct kl_learn_set set_of(const float (*values)[SIZE])
{
    return (struct kl_learn_set){.count = COUNT,
                                 .shape = {1, {SIZE}},
                                 .classes = SIZE,
                                 .read = read_example,
                                 .context = (void *)(uintptr_t)values,
                                 .labels = labels};
}

/* A model that gives the larger of input and 0, of floats or of integers in steps of 0.5. */
static struct kl_graph *relu_model(enum kl_dtype dtype)
{
    struct kl_graph *g = gb_create();
    struct kl_tensor *in = gb_input(g, "in", dtype, GB_SHAPE(1, SIZE));
    struct kl_tensor *out = gb_tensor(g, "out", dtype, GB_SHAPE(1, SIZE));
    if (dtype != KL_F32) {
        gb_quantise(g, in, 0.5f, 0);
        gb_quantise(g, out, 0.5f, 0);
    }
    gb_op(g, KL_OP_RELU, GB_LIST(in), GB_LIST(out));
    gb_output(g, out);
    gb_accept(g);
    return g;
}

static struct kl_outputs outputs_of(struct kl_graph *g, const struct kl_learn_set *set)
{
    struct kl_plan *plan;
    struct kl_outputs outputs = {0};
    struct kl_diag diag = {0};
    if (kl_plan_create(g, NULL, g->arena, &plan, &diag) != KL_OK ||
        kl_outputs_run(plan, set, g->arena, &outputs, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return outputs;
}

static void outputs_are_numbers_whatever_the_type(void **state)
{
    (void)state;
    static const enum kl_dtype dtypes[] = {KL_F32, KL_S8, KL_S16};
    const struct kl_learn_set set = set_of(examples);
    for (size_t d = 0; d < 3; d++) {
        struct kl_graph *g = relu_model(dtypes[d]);
        struct kl_outputs o = outputs_of(g, &set);
        assert_int_equal(o.count, COUNT);
        assert_int_equal(o.size, SIZE);
        for (int i = 0; i < COUNT * SIZE; i++) {
            float exact = fmaxf(examples[i / SIZE][i % SIZE], 0);
            float rounded = dtypes[d] == KL_F32 ? exact : roundf(exact * 2) / 2;
            assert_true(o.values[i] == rounded);
        }
        gb_free(g);
    }
}

static void run_refused(struct kl_graph *g, const struct kl_learn_set *set, enum kl_err err,
                        const char *words)
{
    struct kl_plan *plan;
    struct kl_outputs outputs;
    struct kl_diag diag = {0};
    assert_int_equal(kl_plan_create(g, NULL, g->arena, &plan, &diag), KL_OK);
    assert_int_equal(kl_outputs_run(plan, set, g->arena, &outputs, &diag), err);
    if (!strstr(diag.message, words)) {
        fail_msg("%s", diag.message);
    }
    gb_free(g);
}

static void examples_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static float broken[COUNT][SIZE];
    struct kl_learn_set wider = set_of(examples), wrong = set_of(broken);
    wider.shape.dim[0] = SIZE + 1;
    run_refused(relu_model(KL_F32), &wider, KL_EINPUT, "has 4 values, the model takes 3");
    broken[2][1] = NAN;
    run_refused(relu_model(KL_S8), &wrong, KL_EINPUT, "example 2 of the data: value 1 is no");
}

static void classes_are_counted(void **state)
{
    (void)state;
    const struct kl_learn_set set = set_of(examples);
    struct kl_graph *g = relu_model(KL_F32);
    struct kl_outputs o = outputs_of(g, &set);
    struct kl_score score;
    struct kl_diag diag = {0};
    struct kl_interval interval;
    int64_t of;
    /* Answers 0 1 2, 1 (truth 2), 0, and 0 of equal ones (truth 1). */
    static const int64_t confusion[SIZE * SIZE] = {2, 0, 0, 1, 1, 0, 0, 1, 1};
    assert_int_equal(kl_score_open(SIZE, g->arena, &score, &diag), KL_OK);
    kl_score_add_classes(&set, &o, &score);
    kl_score_add_classes(&set, &o, &score);
    kl_score_finish(&score);
    assert_int_equal(score.count, 2 * COUNT);
    for (int i = 0; i < SIZE * SIZE; i++) {
        assert_int_equal(score.confusion[i], 2 * confusion[i]);
    }
    assert_true(fabs(score.accuracy - 4.0 / 6) < 1e-12);
    /* 8 of 12 with z = 1.95996: (2/3 + z^2/24 -+ z sqrt(2/9/12 + z^2/576)) / (1 + z^2/12). */
    assert_true(fabs(score.low - 0.390622) < 1e-6 && fabs(score.high - 0.861880) < 1e-6);
    assert_true(isnan(score.error) && isnan(score.auc));
    assert_true(kl_score_class_recall(&score, 1, &of, &interval) == 0.5);
    assert_int_equal(of, 4);
    /* 2 of 4: 0.5 -+ z sqrt(1/16 + z^2/64) / (1 + z^2/4). */
    assert_true(fabs(interval.low - 0.150039) < 1e-6 && fabs(interval.high - 0.849961) < 1e-6);
    gb_free(g);
}

/* A model with more outputs than the set has classes: an answer that is none is wrong, and still an
 * example of its class. */
static void answers_beyond_the_classes_are_wrong(void **state)
{
    (void)state;
    struct kl_learn_set set = set_of(examples);
    static const int32_t truth[COUNT] = {0, 1, 1, 1, 0, 0};
    struct kl_graph *g = relu_model(KL_F32);
    struct kl_outputs o = outputs_of(g, &set); /* answers 0 1 2 1 0 0 */
    struct kl_score score, twice;
    struct kl_diag diag = {0};
    struct kl_interval interval;
    int64_t of;
    set.classes = 2;
    set.labels = truth;
    assert_int_equal(kl_score_open(2, g->arena, &score, &diag), KL_OK);
    assert_int_equal(kl_score_open(2, g->arena, &twice, &diag), KL_OK);
    kl_score_add_classes(&set, &o, &score);
    kl_score_join(&twice, &score);
    kl_score_join(&twice, &score);
    kl_score_finish(&score);
    assert_true(fabs(score.accuracy - 5.0 / 6) < 1e-12);
    assert_true(fabs(kl_score_class_recall(&score, 1, &of, &interval) - 2.0 / 3) < 1e-12);
    assert_int_equal(of, 3);
    assert_true(interval.high < 1);
    kl_score_finish(&twice);
    assert_int_equal(twice.count, 2 * COUNT);
    assert_true(twice.accuracy == score.accuracy);
    assert_true(kl_score_class_recall(&twice, 1, &of, &interval) < 0.7);
    assert_int_equal(of, 6);
    gb_free(g);
}

/* Examples of one group are not independent, and the interval takes them as such. */
static void dependent_examples_are_said(void **state)
{
    (void)state;
    char text[KL_SCORE_CAUTION_BYTES];
    struct kl_score score = {.count = 40, .groups = 40};
    assert_false(kl_score_caution(&score, text));
    score.groups = 0;
    assert_false(kl_score_caution(&score, text));
    score.groups = 3;
    assert_true(kl_score_caution(&score, text));
    assert_non_null(strstr(text, "40 items of 3 groups: the interval takes them as independent"));
}

static void pairs_count_who_is_right_alone(void **state)
{
    (void)state;
    const struct kl_learn_set set = set_of(examples);
    float first[COUNT * SIZE] = {0}, second[COUNT * SIZE] = {0};
    /* First right at 0, 1, 2; second at 1, 2, 3, 4. */
    static const int answers[2][COUNT] = {{0, 1, 2, 0, 1, 0}, {1, 1, 2, 2, 0, 2}};
    for (int i = 0; i < COUNT; i++) {
        first[i * SIZE + answers[0][i]] = 1;
        second[i * SIZE + answers[1][i]] = 1;
    }
    struct kl_pair p = kl_score_pair(&set, &(struct kl_outputs){COUNT, SIZE, first},
                                     &(struct kl_outputs){COUNT, SIZE, second});
    assert_int_equal(p.first, 3);
    assert_int_equal(p.second, 4);
    assert_int_equal(p.only_first, 1);
    assert_int_equal(p.only_second, 2);
    assert_true(fabs(p.difference - 1.0 / 6) < 1e-12);
    /* (2.5 - 1.5) / 8 -+ z sqrt(4 - 1/8) / 8 */
    assert_true(fabs(p.low + 0.357274) < 1e-6 && fabs(p.high - 0.607274) < 1e-6);
}

static void several_models_read_each_example_once(void **state)
{
    (void)state;
    static const enum kl_dtype dtypes[] = {KL_F32, KL_S8};
    struct kl_graph *g[2];
    const struct kl_plan *plans[2];
    struct kl_outputs both[2];
    struct kl_diag diag = {0};
    struct kl_learn_set set = set_of(examples);
    set.read = read_counted;
    memset(reads, 0, sizeof reads);
    for (int k = 0; k < 2; k++) {
        struct kl_plan *plan;
        g[k] = relu_model(dtypes[k]);
        assert_int_equal(kl_plan_create(g[k], NULL, g[k]->arena, &plan, &diag), KL_OK);
        plans[k] = plan;
    }
    assert_int_equal(kl_outputs_run_all(plans, 2, &set, g[0]->arena, both, &diag), KL_OK);
    assert_true(both[0].values[6] == 0.3f && both[1].values[6] == 0.5f);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(reads[i], 1);
    }
    gb_free(g[0]);
    gb_free(g[1]);
}

static void errors_are_compared_in_pairs(void **state)
{
    (void)state;
    const double first[4] = {1, 2, 3, 4}, second[4] = {2, 2, 5, 5};
    struct kl_pair p = kl_score_pair_errors(first, second, 4);
    /* Differences 1 0 2 1: mean 1, variance 2/3, error of the mean sqrt(1/6). */
    assert_true(p.difference == 1);
    assert_true(fabs(p.high - p.low - 2 * 1.959963984540054 * sqrt(1.0 / 6)) < 1e-12);
    assert_true(isnan(kl_score_pair_errors(first, second, 1).low));
}

static void values_and_anomalies_have_errors(void **state)
{
    (void)state;
    const struct kl_learn_set set = set_of(examples);
    struct kl_learn_set target = set;
    float wanted[COUNT * SIZE];
    double *unusual;
    struct kl_graph *g = relu_model(KL_F32);
    struct kl_outputs o = outputs_of(g, &set);
    struct kl_score score;
    struct kl_diag diag = {0};
    for (int i = 0; i < COUNT * SIZE; i++) {
        wanted[i] = o.values[i] + (i == 5 ? 3 : 0);
    }
    target.targets = wanted;
    assert_int_equal(kl_score_open(0, g->arena, &score, &diag), KL_OK);
    kl_score_add_values(&target, &o, &score);
    assert_true(fabs(score.error - 9.0 / (COUNT * SIZE)) < 1e-12);
    struct kl_score exact = {.count = 2 * COUNT, .error = 0};
    kl_score_join(&exact, &score);
    assert_true(exact.count == 3 * COUNT && fabs(exact.error - 3.0 / (COUNT * SIZE)) < 1e-12);
    /* Only example 3 is not repeated: -4 becomes 0. Its label is not 0, and so are three more. */
    const struct kl_normalisation none = {0};
    assert_int_equal(kl_unusual_repeat(&set, &none, &o, g->arena, &unusual, &diag), KL_OK);
    assert_true(unusual[3] == 16.0 / 3 && unusual[0] == 0);
    assert_int_equal(kl_score_set_unusual(&set, unusual, g->arena, &score, &diag), KL_OK);
    assert_true(fabs(score.auc - (2 + 6 * 0.5) / 8) < 1e-12);
    assert_true(fabs(score.error - 16.0 / 18) < 1e-12);
    float mean[1] = {-4}, deviation[1] = {2};
    const struct kl_normalisation moved = {1, mean, deviation};
    assert_int_equal(kl_unusual_repeat(&set, &moved, &o, g->arena, &unusual, &diag), KL_OK);
    assert_true(fabs(unusual[5] - 4) < 1e-12); /* (0 + 4) / 2 instead of 0 */
    assert_int_equal(kl_unusual_distance(&o, g->arena, &unusual, &diag), KL_OK);
    assert_true(unusual[4] == 2 && unusual[3] == 0);
    gb_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_numbers_whatever_the_type),
        cmocka_unit_test(examples_that_do_not_fit_are_refused),
        cmocka_unit_test(classes_are_counted),
        cmocka_unit_test(answers_beyond_the_classes_are_wrong),
        cmocka_unit_test(dependent_examples_are_said),
        cmocka_unit_test(pairs_count_who_is_right_alone),
        cmocka_unit_test(several_models_read_each_example_once),
        cmocka_unit_test(errors_are_compared_in_pairs),
        cmocka_unit_test(values_and_anomalies_have_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
