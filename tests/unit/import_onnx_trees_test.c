/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of ai.onnx.ml: what the engine computes from random lists against a plain walk over
 * those lists, bit for bit (all weights are quarters, so that sums are exact); and lists that do
 * not form trees.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_try.h"
#include "random.h"

enum {
    MAX_NODES = 400,
    MAX_ENTRIES = 1200,
    MAX_TREES = 5,
    MAX_TARGETS = 4,
    MAX_FEATURES = 5,
    MAX_MEMBERS = 4,
    ROUNDS = 150
};

enum mode { LEQ, LT, GTE, GT, EQ, NEQ, MEMBER, LEAF };

static const char *const mode_names[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                         "BRANCH_EQ",  "BRANCH_NEQ", "BRANCH_ME",  "LEAF"};
static const char *const sum_names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
enum sum { AVERAGE, SUM, MIN, MAX };

/* Lists as the file has them. */
struct lists {
    int32_t features, targets, trees, nodes, entries, members;
    enum sum sum;
    bool partial; /* leaves may have no value for some target */
    bool with_members;
    int64_t tree[MAX_NODES], id[MAX_NODES], feature[MAX_NODES], yes[MAX_NODES], no[MAX_NODES];
    int64_t missing[MAX_NODES], root[MAX_TREES];
    enum mode mode[MAX_NODES];
    float value[MAX_NODES];
    int32_t member[MAX_NODES], member_count[MAX_NODES];
    float member_value[2 * MAX_NODES * MAX_MEMBERS];
    int64_t entry_tree[MAX_ENTRIES], entry_id[MAX_ENTRIES], entry_target[MAX_ENTRIES];
    float entry_weight[MAX_ENTRIES];
    float base[MAX_TARGETS];
};

static struct kt_random rng;

static int32_t between(int32_t low, int32_t high)
{
    return kt_random_between(&rng, low, high);
}

static float quarter(int32_t limit)
{
    return (float)between(-limit, limit) / 4.0f;
}

static void add_leaf(struct lists *l, int32_t node)
{
    for (int32_t target = 0; target < l->targets; target++) {
        if (l->partial && between(0, 2) == 0) {
            continue;
        }
        int32_t e = l->entries++;
        l->entry_tree[e] = l->tree[node];
        l->entry_id[e] = l->id[node];
        l->entry_target[e] = target;
        l->entry_weight[e] = quarter(100);
    }
}

static void add_members(struct lists *l, int32_t node)
{
    l->member[node] = l->members;
    l->member_count[node] = between(1, MAX_MEMBERS);
    for (int32_t i = 0; i < l->member_count[node]; i++) {
        l->member_value[l->members++] = quarter(8);
    }
    l->member_value[l->members++] = NAN;
}

static int32_t grow(struct lists *l, int32_t tree, int32_t depth)
{
    int32_t node = l->nodes++;
    l->tree[node] = tree;
    l->id[node] = 3 * node + 7;
    l->mode[node] = LEAF;
    l->value[node] = 0;
    l->feature[node] = l->yes[node] = l->no[node] = l->missing[node] = 0;
    if (depth == 0 || between(0, 5) == 0) {
        add_leaf(l, node);
        return node;
    }
    l->mode[node] = (enum mode)between(LEQ, l->with_members ? MEMBER : NEQ);
    l->feature[node] = between(0, l->features - 1);
    l->value[node] = between(0, 9) == 0 ? 1e-40f : quarter(8);
    l->missing[node] = between(0, 1);
    if (l->mode[node] == MEMBER) {
        add_members(l, node);
    }
    int32_t yes = grow(l, tree, depth - 1), no = grow(l, tree, depth - 1);
    l->yes[node] = l->id[yes];
    l->no[node] = l->id[no];
    return node;
}

static void plant(struct lists *l, enum sum sum)
{
    *l = (struct lists){.features = between(1, MAX_FEATURES),
                        .targets = between(1, MAX_TARGETS),
                        .trees = between(1, MAX_TREES),
                        .sum = sum,
                        .partial = sum == SUM && between(0, 1)};
    l->trees = sum == AVERAGE ? 1 << between(0, 2) : l->trees; /* so that shares are exact */
}

static void plant_trees(struct lists *l)
{
    for (int32_t i = 0; i < l->trees; i++) {
        l->root[i] = grow(l, i, 4);
    }
    for (int32_t i = 0; i < l->targets; i++) {
        l->base[i] = quarter(50);
    }
}

/* --- the slow definition --- */

static int32_t node_of(const struct lists *l, int64_t tree, int64_t id)
{
    int32_t i = 0;
    while (l->tree[i] != tree || l->id[i] != id) {
        i++;
    }
    return i;
}

static bool is_member(const struct lists *l, int32_t node, float x)
{
    for (int32_t i = 0; i < l->member_count[node]; i++) {
        if (l->member_value[l->member[node] + i] == x) {
            return true;
        }
    }
    return false;
}

static bool test_node(const struct lists *l, int32_t node, float x)
{
    float t = l->value[node];
    if (isnan(x) && l->missing[node]) {
        return true;
    }
    switch (l->mode[node]) {
    case LEQ: return x <= t;
    case LT: return x < t;
    case GTE: return x >= t;
    case GT: return x > t;
    case EQ: return x == t;
    case MEMBER: return is_member(l, node, x);
    default: return x != t;
    }
}

static float combine(enum sum sum, bool first, float a, float b)
{
    switch (sum) {
    case MIN: return first || b < a ? b : a;
    case MAX: return first || b > a ? b : a;
    default: return a + b;
    }
}

static void evaluate(const struct lists *l, const float *x, float *y)
{
    memset(y, 0, sizeof y[0] * (size_t)l->targets);
    for (int32_t tree = 0; tree < l->trees; tree++) {
        int32_t node = (int32_t)l->root[tree];
        while (l->mode[node] != LEAF) {
            bool yes = test_node(l, node, x[l->feature[node]]);
            node = node_of(l, tree, yes ? l->yes[node] : l->no[node]);
        }
        for (int32_t e = 0; e < l->entries; e++) {
            if (l->entry_tree[e] == tree && l->entry_id[e] == l->id[node]) {
                float *to = &y[l->entry_target[e]];
                *to = combine(l->sum, tree == 0, *to, l->entry_weight[e]);
            }
        }
    }
    for (int32_t i = 0; i < l->targets; i++) {
        y[i] = l->sum == AVERAGE ? y[i] / (float)l->trees : y[i];
        y[i] += l->base[i];
    }
}

static void random_features(float *x, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        switch (between(0, 9)) {
        case 0: x[i] = NAN; break;
        case 1: x[i] = INFINITY; break;
        case 2: x[i] = -INFINITY; break;
        case 3: x[i] = -0.0f; break;
        case 4: x[i] = 1e-40f; break;
        default: x[i] = quarter(10);
        }
    }
}

/* --- the lists as a model --- */

/* The order of nodes in the file says nothing. */
static void shuffle(struct lists *l)
{
    for (int32_t i = l->nodes - 1; i > 0; i--) {
        int32_t k = between(0, i);
#define SWAP(list)                \
    do {                          \
        struct lists old = *l;    \
        l->list[i] = old.list[k]; \
        l->list[k] = old.list[i]; \
    } while (0)
        SWAP(tree);
        SWAP(id);
        SWAP(feature);
        SWAP(yes);
        SWAP(no);
        SWAP(missing);
        SWAP(mode);
        SWAP(value);
#undef SWAP
        for (int32_t t = 0; t < l->trees; t++) {
            l->root[t] = l->root[t] == i ? k : l->root[t] == k ? i : l->root[t];
        }
    }
}

static struct kt_onnx *begin(const char *type, int32_t rows, int32_t features, int64_t ml_opset)
{
    struct kt_onnx *m = kt_onnx_create(0, ml_opset);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(rows, features));
    kt_onnx_node(m, "ai.onnx.ml", type, KT_NAMES("x", "->", "y"));
    kt_onnx_output(m, "y");
    return m;
}

static void set_nodes(struct kt_onnx *m, const struct lists *l)
{
    static const char *modes[MAX_NODES];
    static double wide[MAX_NODES];
    size_t count = (size_t)l->nodes;
    for (size_t i = 0; i < count; i++) {
        modes[i] = mode_names[l->mode[i]];
        wide[i] = (double)l->value[i];
    }
    kt_onnx_set_ints(m, "nodes_treeids", l->tree, count);
    kt_onnx_set_ints(m, "nodes_nodeids", l->id, count);
    kt_onnx_set_ints(m, "nodes_featureids", l->feature, count);
    kt_onnx_set_texts(m, "nodes_modes", modes, count);
    if (between(0, 1)) {
        kt_onnx_set_floats(m, "nodes_values", l->value, count);
    } else {
        kt_onnx_set_double_tensor(m, "nodes_values_as_tensor", wide, count);
    }
    kt_onnx_set_ints(m, "nodes_truenodeids", l->yes, count);
    kt_onnx_set_ints(m, "nodes_falsenodeids", l->no, count);
    kt_onnx_set_ints(m, "nodes_missing_value_tracks_true", l->missing, count);
}

static void set_entries(struct kt_onnx *m, const struct lists *l, const char *prefix)
{
    char name[40];
    size_t count = (size_t)l->entries;
    snprintf(name, sizeof name, "%s_treeids", prefix);
    kt_onnx_set_ints(m, name, l->entry_tree, count);
    snprintf(name, sizeof name, "%s_nodeids", prefix);
    kt_onnx_set_ints(m, name, l->entry_id, count);
    snprintf(name, sizeof name, "%s_ids", prefix);
    kt_onnx_set_ints(m, name, l->entry_target, count);
    snprintf(name, sizeof name, "%s_weights", prefix);
    kt_onnx_set_floats(m, name, l->entry_weight, count);
}

static void compare(const struct lists *l, const float *x, const float *y, int32_t rows)
{
    float expected[MAX_TARGETS];
    for (int32_t r = 0; r < rows; r++) {
        evaluate(l, x + r * l->features, expected);
        for (int32_t i = 0; i < l->targets; i++) {
            if (y[r * l->targets + i] != expected[i]) {
                fail_msg("%s of %d trees: %g instead of %g", sum_names[l->sum], (int)l->trees,
                         (double)y[r * l->targets + i], (double)expected[i]);
            }
        }
    }
}

static struct kt_onnx *regressor(const struct lists *l, int32_t rows)
{
    struct kt_onnx *m = begin("TreeEnsembleRegressor", rows, l->features, 3);
    set_nodes(m, l);
    set_entries(m, l, "target");
    kt_onnx_set_int(m, "n_targets", l->targets);
    kt_onnx_set_text(m, "aggregate_function", sum_names[l->sum]);
    kt_onnx_set_floats(m, "base_values", l->base, (size_t)l->targets);
    return m;
}

static void test_regressors(void **state)
{
    enum { ROWS = 20 };
    static struct lists l;
    float x[ROWS * MAX_FEATURES], y[ROWS * MAX_TARGETS];
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        plant(&l, (enum sum)(round % 4));
        plant_trees(&l);
        shuffle(&l);
        random_features(x, ROWS * l.features);
        onnx_try_run(regressor(&l, ROWS), x, (void *const[]){y});
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

static void divide(const struct lists *l, struct split_lists *s)
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
        int32_t yes = node_of(l, l->tree[i], l->yes[i]), no = node_of(l, l->tree[i], l->no[i]);
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

static struct kt_onnx *ensemble(const struct lists *l, const struct split_lists *s, int32_t rows)
{
    struct kt_onnx *m = begin("TreeEnsemble", rows, l->features, 5);
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
    static struct lists l;
    static struct split_lists s;
    float x[ROWS * MAX_FEATURES], y[ROWS * MAX_TARGETS];
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        plant(&l, (enum sum)(round % 4));
        l.with_members = true;
        l.targets = 1;
        l.partial = false;
        plant_trees(&l);
        bool tests = true;
        for (int32_t i = 0; i < l.trees; i++) {
            tests = tests && l.mode[l.root[i]] != LEAF; /* a tree has one at least */
        }
        if (!tests) {
            continue;
        }
        l.base[0] = 0;
        divide(&l, &s);
        random_features(x, ROWS * l.features);
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
    struct kt_onnx *m = begin("TreeEnsemble", 1, 1, 5);
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
    static struct lists l;
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        float x[MAX_FEATURES], y[MAX_TARGETS], expected[MAX_TARGETS];
        int64_t label = 0;
        plant(&l, SUM);
        l.targets = between(3, MAX_TARGETS);
        plant_trees(&l);
        struct kt_onnx *m = begin("TreeEnsembleClassifier", 1, l.features, 1);
        m->last->n_output = 0;
        m->graph.n_output = m->graph.n_node = 0;
        kt_onnx_node(m, "ai.onnx.ml", "TreeEnsembleClassifier", KT_NAMES("x", "->", "l", "y"));
        kt_onnx_output(m, "l");
        kt_onnx_output(m, "y");
        set_nodes(m, &l);
        set_entries(m, &l, "class");
        kt_onnx_set_ints(m, "classlabels_int64s", labels, (size_t)l.targets);
        kt_onnx_set_floats(m, "base_values", l.base, (size_t)l.targets);
        random_features(x, l.features);
        onnx_try_run(m, x, (void *const[]){&label, y});
        compare(&l, x, y, 1);
        evaluate(&l, x, expected);
        int32_t largest = 0;
        for (int32_t i = 1; i < l.targets; i++) {
            largest = expected[i] > expected[largest] ? i : largest;
        }
        assert_int_equal(label, labels[largest]);
    }
}

/* --- lists that do not form trees --- */

static struct lists good;

/* Two levels of tests and four leaves, one tree, one target. */
static void make_good(void)
{
    static const int64_t yes[7] = {1, 3, 5}, no[7] = {2, 4, 6};
    good = (struct lists){
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
    struct kt_onnx *m = regressor(&good, 1);
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
    onnx_try_run(regressor(&good, 1), (float[2]){0}, (void *const[]){(float[1]){0}});
}

/* A list that is shorter than the others. */
static void test_lists_of_other_lengths(void **state)
{
    (void)state;
    make_good();
    struct kt_onnx *m = regressor(&good, 1);
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
    struct kt_onnx *m = begin("TreeEnsembleRegressor", 1, 1, 3);
    (void)state;
    kt_onnx_set_ints(m, "nodes_treeids", ids, MANY);
    onnx_try_refuse(m, KL_ELIMIT, "");
    kt_onnx_free(m);
    m = begin("TreeEnsembleRegressor", 1, 1, 3);
    kt_onnx_set_ints(m, "nodes_treeids", ids, MANY / 5);
    onnx_try_refuse(m, KL_ELIMIT, "2000000 nodes of trees");
    kt_onnx_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regressors),      cmocka_unit_test(test_ensembles),
        cmocka_unit_test(test_one_leaf),        cmocka_unit_test(test_classifiers),
        cmocka_unit_test(test_no_trees),        cmocka_unit_test(test_lists_of_other_lengths),
        cmocka_unit_test(test_very_many_nodes),
    };
    rng.state = 2024;
    return cmocka_run_group_tests_name("import onnx trees", tests, NULL, NULL);
}
