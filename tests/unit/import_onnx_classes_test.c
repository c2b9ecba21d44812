/* SPDX-License-Identifier: Apache-2.0 */
/* Classifiers of ai.onnx.ml: two classes with one score, functions of scores, names of classes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "onnx_try.h"

/* One test, feature 0 <= 0: the weight is `low`, else `high`, for class `id` of two. */
static void binary(float x, int64_t id, float low, float high, const char *transform,
                   int64_t *label, float y[2])
{
    static const int64_t trees[3] = {0}, ids[3] = {0, 1, 2}, yes[3] = {1}, no[3] = {2};
    static const char *const modes[3] = {"BRANCH_LEQ", "LEAF", "LEAF"};
    static const float values[3] = {0};
    static const char *const names[2] = {"calm", "storm"};
    const int64_t targets[2] = {id, id};
    const float weights[2] = {low, high};
    struct kt_onnx *m = kt_onnx_create(13, 3);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 1));
    kt_onnx_node(m, "ai.onnx.ml", "TreeEnsembleClassifier", KT_NAMES("x", "->", "l", "y"));
    kt_onnx_output(m, "l");
    kt_onnx_output(m, "y");
    kt_onnx_set_ints(m, "nodes_treeids", trees, 3);
    kt_onnx_set_ints(m, "nodes_nodeids", ids, 3);
    kt_onnx_set_ints(m, "nodes_featureids", trees, 3);
    kt_onnx_set_texts(m, "nodes_modes", modes, 3);
    kt_onnx_set_floats(m, "nodes_values", values, 3);
    kt_onnx_set_ints(m, "nodes_truenodeids", yes, 3);
    kt_onnx_set_ints(m, "nodes_falsenodeids", no, 3);
    kt_onnx_set_ints(m, "class_treeids", trees, 2);
    kt_onnx_set_ints(m, "class_nodeids", ids + 1, 2);
    kt_onnx_set_ints(m, "class_ids", targets, 2);
    kt_onnx_set_floats(m, "class_weights", weights, 2);
    kt_onnx_set_texts(m, "classlabels_strings", names, 2);
    kt_onnx_set_text(m, "post_transform", transform);
    onnx_try_run(m, &x, (void *const[]){label, y});
}

static void expect_near(float actual, double expected)
{
    if (fabs((double)actual - expected) > 2e-6 * fmax(1.0, fabs(expected))) {
        fail_msg("%.9g instead of %.9g", (double)actual, expected);
    }
}

static double slow_probit(double p)
{
    double t = 2 * p - 1, l = log((1 - t) * (1 + t)), v = 2 / (3.14159265358979 * 0.147) + l / 2;
    return sqrt(2.0) * (t < 0 ? -1 : 1) * sqrt(sqrt(v * v - l / 0.147) - v);
}

static void test_two_classes(void **state)
{
    int64_t label = -1;
    float y[2];
    (void)state;
    binary(-1, 1, 0.25f, 0.75f, "NONE", &label, y); /* shares: no weight below zero */
    assert_int_equal(label, 0);
    assert_true(y[0] == 0.75f && y[1] == 0.25f);
    binary(1, 0, 0.25f, 0.75f, "NONE", &label, y);
    assert_int_equal(label, 1);
    assert_true(y[0] == 0.25f && y[1] == 0.75f);
    binary(-1, 1, -0.5f, 0.25f, "NONE", &label, y); /* decisions */
    assert_int_equal(label, 0);
    assert_true(y[0] == 0.5f && y[1] == -0.5f);
    binary(1, 1, -0.5f, 0.25f, "LOGISTIC", &label, y);
    assert_int_equal(label, 1);
    expect_near(y[0], 1 / (1 + exp(0.25)));
    expect_near(y[1], 1 / (1 + exp(-0.25)));
    binary(1, 1, 0.5f, 0.25f, "LOGISTIC", &label, y);
    assert_int_equal(label, 1);
    expect_near(y[1], 1 / (1 + exp(-0.25)));
    binary(1, 0, -0.5f, 0.25f, "SOFTMAX", &label, y);
    expect_near(y[1], 1 / (1 + exp(-0.5)));
    binary(1, 0, -0.5f, 0.0f, "SOFTMAX_ZERO", &label, y);
    assert_int_equal(label, 0);
    assert_true(y[0] == 0.0f && y[1] == 0.0f);
    binary(-1, 0, -0.5f, 0.0f, "SOFTMAX_ZERO", &label, y);
    expect_near(y[0], 1 / (1 + exp(-1)));
    binary(-1, 0, 0.8f, 0.3f, "PROBIT", &label, y);
    assert_int_equal(label, 1);
    expect_near(y[0], slow_probit(1 - (double)0.8f));
    expect_near(y[1], slow_probit((double)0.8f));
}

/* The names of text labels stay with the output. */
static void test_names_are_kept(void **state)
{
    static const char *const names[2] = {"calm", "sto\nrm"};
    static const float coefficients[2] = {1, -1};
    struct kt_onnx *m = kt_onnx_create(0, 1);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 1));
    kt_onnx_node(m, "ai.onnx.ml", "LinearClassifier", KT_NAMES("x", "->", "l", "s"));
    kt_onnx_set_texts(m, "classlabels_strings", names, 2);
    kt_onnx_set_floats(m, "coefficients", coefficients, 2);
    kt_onnx_node(m, "ai.onnx.ml", "ZipMap", KT_NAMES("s", "->", "map"));
    kt_onnx_set_texts(m, "classlabels_strings", names, 2);
    kt_onnx_node(m, "", "Identity", KT_NAMES("l", "->", "label"));
    kt_onnx_output(m, "label");
    kt_onnx_output(m, "map");
    struct kl_graph *graph = onnx_try_accept(m);
    for (int32_t i = 0; i < 2; i++) {
        const struct kl_labels *labels = graph->subgraphs[0]->outputs[i]->labels;
        assert_non_null(labels);
        assert_int_equal(labels->count, 2);
        assert_string_equal(labels->names[0], "calm");
        assert_string_equal(labels->names[1], "sto?rm");
    }
    kt_onnx_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_classes),
        cmocka_unit_test(test_names_are_kept),
    };
    return cmocka_run_group_tests_name("import onnx classes", tests, NULL, NULL);
}
