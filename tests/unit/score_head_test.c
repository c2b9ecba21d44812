/* SPDX-License-Identifier: Apache-2.0 */
/* Scores that are appended to a model, against those computed here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/execute.h"
#include "flow/score_head.h"
#include "graph_build.h"
#include "plan/plan.h"

enum { SIZE = 3 };

static const float means[SIZE] = {1, 2, 0}, factors[SIZE] = {2, 0.5f, 1};

/* out = max(in, 0), of floats or of integers in steps of 0.5; with (in - mean) * factor in front.
 */
static struct kl_graph *make_model(enum kl_dtype dtype, bool normalised)
{
    struct kl_graph *g = gb_create();
    struct kl_tensor *in = gb_input(g, "in", dtype, GB_SHAPE(1, SIZE)), *x = in;
    struct kl_tensor *out = gb_tensor(g, "out", dtype, GB_SHAPE(1, SIZE));
    if (normalised) {
        struct kl_tensor *mean = gb_tensor(g, "mean", KL_F32, GB_SHAPE(SIZE));
        struct kl_tensor *factor = gb_tensor(g, "factor", KL_F32, GB_SHAPE(SIZE));
        struct kl_tensor *moved = gb_tensor(g, "moved", KL_F32, GB_SHAPE(1, SIZE));
        x = gb_tensor(g, "x", KL_F32, GB_SHAPE(1, SIZE));
        gb_fill(g, mean, means);
        gb_fill(g, factor, factors);
        gb_op(g, KL_OP_SUB, GB_LIST(in, mean), GB_LIST(moved));
        gb_op(g, KL_OP_MUL, GB_LIST(moved, factor), GB_LIST(x));
    }
    if (dtype != KL_F32) {
        gb_quantise(g, in, 0.5f, 3);
        gb_quantise(g, out, 0.5f, 3);
    }
    gb_op(g, KL_OP_RELU, GB_LIST(x), GB_LIST(out));
    gb_output(g, out);
    gb_accept(g);
    return g;
}

static float score_of(struct kl_graph *g, enum kl_score_kind kind, const void *input, size_t bytes)
{
    struct kl_diag diag = {0};
    struct kl_plan *plan;
    unsigned char *memory;
    float score;
    if (kl_score_head(g, kind, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    const struct kl_subgraph *main_graph = gb_main(g);
    assert_int_equal(main_graph->output_count, 1);
    assert_int_equal(main_graph->outputs[0]->dtype, KL_F32);
    assert_int_equal(main_graph->outputs[0]->bytes, sizeof score);
    assert_int_equal(kl_plan_create(g, NULL, g->arena, &plan, &diag), KL_OK);
    assert_int_equal(kl_execute_arena(plan, g->arena, &memory, &diag), KL_OK);
    memcpy(kl_execute_io(plan, &plan->inputs[0], memory), input, bytes);
    assert_int_equal(kl_execute(plan, memory, &diag), KL_OK);
    memcpy(&score, kl_execute_io(plan, &plan->outputs[0], memory), sizeof score);
    gb_free(g);
    return score;
}

static void test_error(void **state)
{
    const float input[SIZE] = {-3, 2, -1};
    const int8_t integers[SIZE] = {3 - 6, 3 + 4, 3 - 2}; /* the same in steps of 0.5 */
    (void)state;
    /* The negative ones become 0. */
    float wanted = (9.0f + 0.0f + 1.0f) / 3.0f;
    float got = score_of(make_model(KL_F32, false), KL_SCORE_ERROR, input, sizeof input);
    assert_true(fabsf(got - wanted) < 1e-6f);
    got = score_of(make_model(KL_S8, false), KL_SCORE_ERROR, integers, sizeof integers);
    assert_true(fabsf(got - wanted) < 1e-6f);
}

/* What is repeated is what stands behind the normalisation: -8, 0, -1. */
static void test_error_behind_normalisation(void **state)
{
    const float input[SIZE] = {-3, 2, -1};
    (void)state;
    float got = score_of(make_model(KL_F32, true), KL_SCORE_ERROR, input, sizeof input);
    assert_true(fabsf(got - (64.0f + 0.0f + 1.0f) / 3.0f) < 1e-5f);
}

static void test_least(void **state)
{
    const float input[SIZE] = {7, 2.5f, 4};
    const int8_t integers[SIZE] = {3 + 14, 3 + 5, 3 + 8};
    (void)state;
    assert_true(score_of(make_model(KL_F32, false), KL_SCORE_LEAST, input, sizeof input) == 2.5f);
    assert_true(score_of(make_model(KL_S8, false), KL_SCORE_LEAST, integers, sizeof integers) ==
                2.5f);
}

static void test_refuses(void **state)
{
    struct kl_diag diag = {0};
    struct kl_graph *g = gb_create();
    struct kl_tensor *in = gb_input(g, "in", KL_F32, GB_SHAPE(1, SIZE));
    struct kl_tensor *axis = gb_scalar(g, 1);
    struct kl_tensor *out = gb_tensor(g, "out", KL_F32, GB_SHAPE(1));
    (void)state;
    gb_op(g, KL_OP_MEAN, GB_LIST(in, axis), GB_LIST(out));
    gb_output(g, out);
    gb_accept(g);
    assert_int_equal(kl_score_head(g, KL_SCORE_ERROR, &diag), KL_EUNSUPPORTED);
    assert_non_null(strstr(diag.message, "does not repeat its input"));
    assert_int_equal(kl_score_head(g, KL_SCORE_OUTPUT, &diag), KL_OK);
    gb_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_error_behind_normalisation),
        cmocka_unit_test(test_least),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
