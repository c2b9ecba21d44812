/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of ai.onnx.ml that do not form trees, and lists that are too long. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_trees.h"
#include "onnx_try.h"

static struct onnx_trees good;

/* Two levels of tests and four leaves, one tree, one target. */
static void make_good(void)
{
    static const int64_t yes[7] = {1, 3, 5}, no[7] = {2, 4, 6};
    good = (struct onnx_trees){
        .features = 2, .targets = 1, .trees = 1, .nodes = 7, .entries = 4, .sum = SUM};
    for (int32_t i = 0; i < 7; i++) {
        good.id[i] = i;
        good.yes[i] = yes[i];
        good.no[i] = no[i];
        good.mode[i] = i < 3 ? LEQ : LEAF;
    }
    for (int32_t e = 0; e < 4; e++) {
        good.entry_id[e] = e + 3;
        good.entry_weight[e] = 1.0f;
    }
}

static void expect_refused(enum kl_err err, const char *words)
{
    struct kt_onnx *m = onnx_trees_regressor(&good, 1);
    onnx_try_refuse(m, err, words);
    kt_onnx_free(m);
    make_good();
}

static void test_no_trees(void **state)
{
    (void)state;
    make_good();
    good.feature[1] = 2;
    expect_refused(KL_EINPUT, "node 1 tests feature 2, the input has 2");
    good.feature[1] = -1;
    expect_refused(KL_EINPUT, "tests feature -1");
    good.yes[0] = 9;
    expect_refused(KL_EINPUT, "tree 0 has no node 9");
    good.yes[2] = 0;
    expect_refused(KL_EINPUT, "3 nodes belong to no tree");
    good.mode[3] = LEQ;
    good.yes[3] = 0;
    good.no[3] = 1;
    expect_refused(KL_EINPUT, "tree 0 has 0 roots");
    good.no[2] = 1;
    expect_refused(KL_EINPUT, "tree 0 has 2 roots");
    good.id[6] = 5;
    expect_refused(KL_EINPUT, "tree 0 has node 5 twice");
    good.no[0] = 1;
    expect_refused(KL_EINPUT, "roots");
    good.mode[3] = LEQ;
    good.yes[3] = 2;
    good.no[3] = 6;
    good.entries = 0;
    expect_refused(KL_EINPUT, "a node of tree 0 is reached twice");
    good.value[2] = NAN;
    expect_refused(KL_EINPUT, "the threshold of node 2 is not a number");
    good.entry_target[3] = 1;
    expect_refused(KL_EINPUT, "a leaf adds to target 1, there are 1");
    good.entry_id[3] = 1;
    expect_refused(KL_EINPUT, "node 1 of tree 0 has a weight and is no leaf");
    good.entry_tree[3] = 1;
    expect_refused(KL_EINPUT, "tree 1 has no node 6");
    good.entry_weight[0] = NAN;
    expect_refused(KL_EINPUT, "entry 0 of 'target_weights' is not a number");
    good.mode[0] = MEMBER;
    expect_refused(KL_EINPUT, "the mode of node 0");
    good.entries = 0;
    good.sum = MAX;
    expect_refused(KL_EUNSUPPORTED, "leaves without a value");
    good.nodes = 0;
    expect_refused(KL_EINPUT, "0 nodes of trees");
    onnx_try_run(onnx_trees_regressor(&good, 1), (float[2]){0}, (void *const[]){(float[1]){0}});
}

/* A list that is shorter than the others. */
static void test_lists_of_other_lengths(void **state)
{
    (void)state;
    make_good();
    struct kt_onnx *m = onnx_trees_regressor(&good, 1);
    for (size_t i = 0; i < m->last->n_attribute; i++) {
        Onnx__AttributeProto *a = m->last->attribute[i];
        if (strcmp(a->name, "base_values") == 0) {
            continue; /* an empty list is none */
        }
        size_t *counts[] = {&a->n_ints, &a->n_floats, &a->n_strings};
        for (size_t k = 0; k < 3; k++) {
            if (*counts[k] > 0) {
                (*counts[k])--;
                onnx_try_refuse(m, KL_EINPUT, "node 0 (ai.onnx.ml.TreeEnsembleRegressor)");
                (*counts[k])++;
            }
        }
    }
    kt_onnx_free(m);
}

/* More nodes than are read: the count alone decides. */
static void test_very_many_nodes(void **state)
{
    enum { MANY = 10000000 };
    static int64_t ids[MANY];
    struct kt_onnx *m = onnx_trees_model("TreeEnsembleRegressor", 1, 1, 3);
    (void)state;
    kt_onnx_set_ints(m, "nodes_treeids", ids, MANY);
    onnx_try_refuse(m, KL_ELIMIT, "");
    kt_onnx_free(m);
    m = onnx_trees_model("TreeEnsembleRegressor", 1, 1, 3);
    kt_onnx_set_ints(m, "nodes_treeids", ids, MANY / 5);
    onnx_try_refuse(m, KL_ELIMIT, "2000000 nodes of trees");
    kt_onnx_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_trees),
        cmocka_unit_test(test_lists_of_other_lengths),
        cmocka_unit_test(test_very_many_nodes),
    };
    return cmocka_run_group_tests_name("import onnx no trees", tests, NULL, NULL);
}
