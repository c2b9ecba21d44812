/* SPDX-License-Identifier: Apache-2.0 */
/* What quantisation says about itself: layers that it could not improve, and what it compared. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "quantise_try.h"

/* Dense layers of `taps` inputs and of 4. */
static struct kt_model *dense_network(int32_t taps)
{
    struct kt_build b = {kt_model_create("dense network"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, taps));
    int32_t first = qt_layer(&b, KT_FULLY_CONNECTED, 4, 1, KT_ACT_RELU, in);
    int32_t out = qt_layer(&b, KT_FULLY_CONNECTED, 3, 1, KT_ACT_NONE, first);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(out));
    return b.model;
}

/* Biases need no matrix of all taps: a wide layer keeps its rounding, but not its bias. */
static void wide_layers_are_named(void **state)
{
    (void)state;
    struct qt_trial t;
    qt_begin(&t, dense_network(2000));
    qt_quantise(&t, (struct kl_ptq_options){.adaround = true});
    assert_int_equal(t.report.improved, 2);
    assert_int_equal(t.report.kept_count, 1);
    assert_string_equal(t.report.kept[0],
                        "operator 0 (FULLY_CONNECTED): 2000 taps for each output; up to 1536 are "
                        "rounded");
    qt_end(&t);
    qt_begin(&t, dense_network(2000));
    qt_quantise(&t, (struct kl_ptq_options){.correct_biases = true});
    assert_int_equal(t.report.improved, 2);
    assert_int_equal(t.report.kept_count, 0);
    qt_end(&t);
}

/* 64 groups of 1100 taps: 620 MB of second moments are refused before they are allocated. */
static void large_statistics_are_refused(void **state)
{
    enum { GROUPS = 64, TAPS = 1100 };
    (void)state;
    struct qt_trial t;
    struct kt_build b = {kt_model_create("groups"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 1, 1, GROUPS * TAPS));
    struct kt_layer l = {.code = KT_CONV_2D,
                         .out_c = GROUPS,
                         .k_h = 1,
                         .k_w = 1,
                         .groups = GROUPS,
                         .weights = KT_WEIGHTS_F32,
                         .options = kt_options_default()};
    int32_t out = kt_build_layer(&b, &l, in);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(out));
    qt_begin(&t, b.model);
    qt_quantise(&t, (struct kl_ptq_options){.adaround = true});
    assert_int_equal(t.report.kept_count, 1);
    assert_non_null(
        strstr(t.report.kept[0], "its statistics would take 591 MiB; the limit is 512"));
    qt_end(&t);
}

static void nothing_compared_is_no_zero(void **state)
{
    (void)state;
    struct qt_trial t;
    struct kt_build b = {kt_model_create("float end"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 12));
    int32_t dense = qt_layer(&b, KT_FULLY_CONNECTED, 6, 1, KT_ACT_NONE, in);
    int32_t sine = kt_tensor_add(b.model, "sine", KT_F32, KT_LIST(1, 6));
    kt_op_add1(b.model, KT_SIN, kt_options_default(), KT_LIST(dense), sine);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(sine));
    qt_begin(&t, b.model);
    qt_quantise(&t, (struct kl_ptq_options){0});
    struct kl_ptq_layer worst = kl_ptq_worst_output(&t.report);
    assert_true(isnan(worst.sqnr) && isnan(worst.difference));
    assert_true(isfinite(kl_ptq_weakest(&t.report)->sqnr_alone));
    qt_end(&t);
}

/* A pool of maxima as files hold it: its padding is no value that ranges should cover. */
static void padded_maxima_spoil_no_range(void **state)
{
    const float lowest = -FLT_MAX;
    const int32_t amounts[8] = {0, 0, 1, 1, 1, 1, 0, 0};
    (void)state;
    struct qt_trial t;
    struct kt_build b = {kt_model_create("padded maxima"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 6, 6, 2));
    int32_t conv = qt_layer(&b, KT_CONV_2D, 4, 1, KT_ACT_NONE, in);
    int32_t paddings = kt_tensor_add(b.model, "paddings", KT_I32, KT_LIST(4, 2));
    int32_t value = kt_tensor_add(b.model, "lowest", KT_F32, 0, NULL);
    int32_t padded = kt_tensor_add(b.model, "padded", KT_F32, KT_LIST(1, 8, 8, 4));
    kt_data(b.model, paddings, amounts, sizeof amounts);
    kt_data(b.model, value, &lowest, sizeof lowest);
    kt_op_add1(b.model, KT_PADV2, kt_options_default(), KT_LIST(conv, paddings, value), padded);
    struct kt_options pool = kt_options_default();
    pool.filter_h = pool.filter_w = 3;
    pool.padding = KT_VALID;
    int32_t out = kt_build_pool(&b, KT_MAX_POOL_2D, pool, padded);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(out));
    qt_begin(&t, b.model);
    qt_quantise(&t, (struct kl_ptq_options){0});
    assert_int_equal(t.report.graph->subgraphs[0]->op_count, 2);
    assert_true(kl_ptq_worst_output(&t.report).sqnr > 30);
    qt_end(&t);
}

/* Outputs that are always zero have no ratio, and no infinite one. */
static void no_signal_is_no_ratio(void **state)
{
    (void)state;
    struct qt_trial t;
    struct kt_build b = {kt_model_create("silence"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 12));
    int32_t zero = kt_build_tensor(&b, "zero", KT_F32, KT_LIST(1, 12));
    const float zeros[12] = {0};
    int32_t product = kt_tensor_add(b.model, "product", KT_F32, KT_LIST(1, 12));
    kt_data(b.model, zero, zeros, sizeof zeros);
    kt_op_add1(b.model, KT_MUL, kt_options_default(), KT_LIST(in, zero), product);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(product));
    qt_begin(&t, b.model);
    qt_quantise(&t, (struct kl_ptq_options){0});
    assert_true(isnan(kl_ptq_worst_output(&t.report).sqnr));
    assert_true(kl_ptq_worst_output(&t.report).difference == 0);
    assert_null(kl_ptq_weakest(&t.report));
    qt_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_layers_are_named),
        cmocka_unit_test(large_statistics_are_refused),
        cmocka_unit_test(nothing_compared_is_no_zero),
        cmocka_unit_test(padded_maxima_spoil_no_range),
        cmocka_unit_test(no_signal_is_no_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
