/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of ai.onnx.ml: what the engine computes from random lists against a plain walk over
 * those lists, bit for bit.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_trees.h"
#include "onnx_try.h"

enum { ROUNDS = 150 };

static void compare(const struct onnx_trees *l, const float *x, const float *y, int32_t rows)
{
    float expected[MAX_TARGETS];
    for (int32_t r = 0; r < rows; r++) {
        onnx_trees_evaluate(l, x + r * l->features, expected);
        for (int32_t i = 0; i < l->targets; i++) {
            if (y[r * l->targets + i] != expected[i]) {
                fail_msg("aggregate %d of %d trees: %g instead of %g", l->sum, (int)l->trees,
                         (double)y[r * l->targets + i], (double)expected[i]);
            }
        }
    }
}

static void test_regressors(void **state)
{
    enum { ROWS = 20 };
    static struct onnx_trees l;
    float x[ROWS * MAX_FEATURES], y[ROWS * MAX_TARGETS];
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        onnx_trees_begin(&l, (enum onnx_tree_sum)(round % 4));
        onnx_trees_plant(&l);
        onnx_trees_shuffle(&l);
        onnx_trees_features(x, ROWS * l.features);
        onnx_try_run(onnx_trees_regressor(&l, ROWS), x, (void *const[]){y});
        compare(&l, x, y, ROWS);
    }
}

/* The form of opset 5: tests and leaves apart, leaves with one target. */
struct split_lists {
    int64_t feature[MAX_NODES], yes[MAX_NODES], no[MAX_NODES], missing[MAX_NODES];
    int64_t yes_leaf[MAX_NODES], no_leaf[MAX_NODES], root[MAX_TREES], target[MAX_NODES];
    unsigned char mode[MAX_NODES];
    float split[MAX_NODES], weight[MAX_NODES], members[2 * MAX_NODES * MAX_MEMBERS];
    int32_t nodes, leaves, member_count;
};

static void divide(const struct onnx_trees *l, struct split_lists *s)
{
    int32_t place[MAX_NODES];
    *s = (struct split_lists){0};
    for (int32_t i = 0; i < l->nodes; i++) {
        place[i] = l->mode[i] == LEAF ? s->leaves++ : s->nodes++;
    }
    for (int32_t i = 0; i < l->nodes; i++) {
        int32_t at = place[i];
        for (int32_t e = 0; e < l->entries && l->mode[i] == LEAF; e++) {
            if (l->entry_tree[e] == l->tree[i] && l->entry_id[e] == l->id[i]) {
                s->target[at] = l->entry_target[e];
                s->weight[at] = l->entry_weight[e];
            }
        }
        if (l->mode[i] == LEAF) {
            continue;
        }
        int32_t yes = onnx_trees_node(l, l->tree[i], l->yes[i]),
                no = onnx_trees_node(l, l->tree[i], l->no[i]);
        s->feature[at] = l->feature[i];
        s->missing[at] = l->missing[i];
        s->mode[at] = (unsigned char)l->mode[i];
        s->split[at] = l->mode[i] == MEMBER ? NAN : l->value[i];
        s->yes[at] = place[yes];
        s->no[at] = place[no];
        s->yes_leaf[at] = l->mode[yes] == LEAF;
        s->no_leaf[at] = l->mode[no] == LEAF;
        for (int32_t k = 0; k <= l->member_count[i] && l->mode[i] == MEMBER; k++) {
            s->members[s->member_count++] = l->member_value[l->member[i] + k];
        }
    }
    for (int32_t i = 0; i < l->trees; i++) {
        s->root[i] = place[l->root[i]];
    }
}

static struct kt_onnx *ensemble(const struct onnx_trees *l, const struct split_lists *s,
                                int32_t rows)
{
    struct kt_onnx *m = onnx_trees_model("TreeEnsemble", rows, l->features, 5);
    size_t nodes = (size_t)s->nodes, leaves = (size_t)s->leaves;
    kt_onnx_set_ints(m, "nodes_featureids", s->feature, nodes);
    kt_onnx_set_ints(m, "nodes_truenodeids", s->yes, nodes);
    kt_onnx_set_ints(m, "nodes_falsenodeids", s->no, nodes);
    kt_onnx_set_ints(m, "nodes_trueleafs", s->yes_leaf, nodes);
    kt_onnx_set_ints(m, "nodes_falseleafs", s->no_leaf, nodes);
    kt_onnx_set_ints(m, "nodes_missing_value_tracks_true", s->missing, nodes);
    kt_onnx_set_byte_tensor(m, "nodes_modes", s->mode, nodes);
    kt_onnx_set_float_tensor(m, "nodes_splits", s->split, nodes);
    kt_onnx_set_float_tensor(m, "membership_values", s->members, (size_t)s->member_count);
    kt_onnx_set_ints(m, "leaf_targetids", s->target, leaves);
    kt_onnx_set_float_tensor(m, "leaf_weights", s->weight, leaves);
    kt_onnx_set_ints(m, "tree_roots", s->root, (size_t)l->trees);
    kt_onnx_set_int(m, "n_targets", l->targets);
    kt_onnx_set_int(m, "aggregate_function", l->sum);
    return m;
}

static void test_ensembles(void **state)
{
    enum { ROWS = 20 };
    static struct onnx_trees l;
    static struct split_lists s;
    float x[ROWS * MAX_FEATURES], y[ROWS * MAX_TARGETS];
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        onnx_trees_begin(&l, (enum onnx_tree_sum)(round % 4));
        l.with_members = true;
        l.targets = 1;
        l.partial = false;
        onnx_trees_plant(&l);
        bool tests = true;
        for (int32_t i = 0; i < l.trees; i++) {
            tests = tests && l.mode[l.root[i]] != LEAF; /* a tree has one at least */
        }
        if (!tests) {
            continue;
        }
        l.base[0] = 0;
        divide(&l, &s);
        onnx_trees_features(x, ROWS * l.features);
        onnx_try_run(ensemble(&l, &s, ROWS), x, (void *const[]){y});
        compare(&l, x, y, ROWS);
    }
}

/* A tree that is one leaf: both sides of its only test. */
static void test_one_leaf(void **state)
{
    static const int64_t zero = 0, one = 1;
    static const unsigned char mode = LEQ;
    static const float split = 1.0f, weight = 2.5f;
    float x = 3.0f, y = 0.0f;
    (void)state;
    struct kt_onnx *m = onnx_trees_model("TreeEnsemble", 1, 1, 5);
    kt_onnx_set_ints(m, "nodes_featureids", &zero, 1);
    kt_onnx_set_ints(m, "nodes_truenodeids", &zero, 1);
    kt_onnx_set_ints(m, "nodes_falsenodeids", &zero, 1);
    kt_onnx_set_ints(m, "nodes_trueleafs", &one, 1);
    kt_onnx_set_ints(m, "nodes_falseleafs", &one, 1);
    kt_onnx_set_byte_tensor(m, "nodes_modes", &mode, 1);
    kt_onnx_set_float_tensor(m, "nodes_splits", &split, 1);
    kt_onnx_set_ints(m, "leaf_targetids", &zero, 1);
    kt_onnx_set_float_tensor(m, "leaf_weights", &weight, 1);
    kt_onnx_set_ints(m, "tree_roots", &zero, 1);
    onnx_try_run(m, &x, (void *const[]){&y});
    assert_true(y == 2.5f);
}

/* Classes with one score each: the label is the first of the largest. */
static void test_classifiers(void **state)
{
    static const int64_t labels[MAX_TARGETS] = {10, -3, 7, 4};
    static struct onnx_trees l;
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        float x[MAX_FEATURES], y[MAX_TARGETS], expected[MAX_TARGETS];
        int64_t label = 0;
        onnx_trees_begin(&l, SUM);
        l.targets = onnx_trees_random(3, MAX_TARGETS);
        onnx_trees_plant(&l);
        struct kt_onnx *m = onnx_trees_model("TreeEnsembleClassifier", 1, l.features, 1);
        m->last->n_output = 0;
        m->graph.n_output = m->graph.n_node = 0;
        kt_onnx_node(m, "ai.onnx.ml", "TreeEnsembleClassifier", KT_NAMES("x", "->", "l", "y"));
        kt_onnx_output(m, "l");
        kt_onnx_output(m, "y");
        onnx_trees_set_nodes(m, &l);
        onnx_trees_set_leaves(m, &l, "class");
        kt_onnx_set_ints(m, "classlabels_int64s", labels, (size_t)l.targets);
        kt_onnx_set_floats(m, "base_values", l.base, (size_t)l.targets);
        onnx_trees_features(x, l.features);
        onnx_try_run(m, x, (void *const[]){&label, y});
        compare(&l, x, y, 1);
        onnx_trees_evaluate(&l, x, expected);
        int32_t largest = 0;
        for (int32_t i = 1; i < l.targets; i++) {
            largest = expected[i] > expected[largest] ? i : largest;
        }
        assert_int_equal(label, labels[largest]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regressors),
        cmocka_unit_test(test_ensembles),
        cmocka_unit_test(test_one_leaf),
        cmocka_unit_test(test_classifiers),
    };
    return cmocka_run_group_tests_name("import onnx trees", tests, NULL, NULL);
}
