/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx_trees.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "random.h"

static const char *const mode_names[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                         "BRANCH_EQ",  "BRANCH_NEQ", "BRANCH_ME",  "LEAF"};
static const char *const sum_names[] = {"AVERAGE", "SUM", "MIN", "MAX"};

static struct kt_random rng = {2024};

int32_t onnx_trees_random(int32_t low, int32_t high)
{
    return kt_random_between(&rng, low, high);
}

static float quarter(int32_t limit)
{
    return (float)onnx_trees_random(-limit, limit) / 4.0f;
}

static void add_leaf(struct onnx_trees *l, int32_t node)
{
    for (int32_t target = 0; target < l->targets; target++) {
        if (l->partial && onnx_trees_random(0, 2) == 0) {
            continue;
        }
        int32_t e = l->entries++;
        l->entry_tree[e] = l->tree[node];
        l->entry_id[e] = l->id[node];
        l->entry_target[e] = target;
        l->entry_weight[e] = quarter(100);
    }
}

static void add_members(struct onnx_trees *l, int32_t node)
{
    l->member[node] = l->members;
    l->member_count[node] = onnx_trees_random(1, MAX_MEMBERS);
    for (int32_t i = 0; i < l->member_count[node]; i++) {
        l->member_value[l->members++] = quarter(8);
    }
    l->member_value[l->members++] = NAN;
}

static int32_t grow(struct onnx_trees *l, int32_t tree, int32_t depth)
{
    int32_t node = l->nodes++;
    l->tree[node] = tree;
    l->id[node] = 3 * node + 7;
    l->mode[node] = LEAF;
    l->value[node] = 0;
    l->feature[node] = l->yes[node] = l->no[node] = l->missing[node] = 0;
    if (depth == 0 || onnx_trees_random(0, 5) == 0) {
        add_leaf(l, node);
        return node;
    }
    l->mode[node] = (enum onnx_tree_mode)onnx_trees_random(LEQ, l->with_members ? MEMBER : NEQ);
    l->feature[node] = onnx_trees_random(0, l->features - 1);
    l->value[node] = onnx_trees_random(0, 9) == 0 ? 1e-40f : quarter(8);
    l->missing[node] = onnx_trees_random(0, 1);
    if (l->mode[node] == MEMBER) {
        add_members(l, node);
    }
    int32_t yes = grow(l, tree, depth - 1), no = grow(l, tree, depth - 1);
    l->yes[node] = l->id[yes];
    l->no[node] = l->id[no];
    return node;
}

void onnx_trees_begin(struct onnx_trees *l, enum onnx_tree_sum sum)
{
    *l = (struct onnx_trees){.features = onnx_trees_random(1, MAX_FEATURES),
                             .targets = onnx_trees_random(1, MAX_TARGETS),
                             .trees = onnx_trees_random(1, MAX_TREES),
                             .sum = sum,
                             .partial = sum == SUM && onnx_trees_random(0, 1)};
    l->trees =
        sum == AVERAGE ? 1 << onnx_trees_random(0, 2) : l->trees; /* so that shares are exact */
}

void onnx_trees_plant(struct onnx_trees *l)
{
    for (int32_t i = 0; i < l->trees; i++) {
        l->root[i] = grow(l, i, 4);
    }
    for (int32_t i = 0; i < l->targets; i++) {
        l->base[i] = quarter(50);
    }
}

/* --- the slow definition --- */

int32_t onnx_trees_node(const struct onnx_trees *l, int64_t tree, int64_t id)
{
    int32_t i = 0;
    while (l->tree[i] != tree || l->id[i] != id) {
        i++;
    }
    return i;
}

static bool is_member(const struct onnx_trees *l, int32_t node, float x)
{
    for (int32_t i = 0; i < l->member_count[node]; i++) {
        if (l->member_value[l->member[node] + i] == x) {
            return true;
        }
    }
    return false;
}

static bool test_node(const struct onnx_trees *l, int32_t node, float x)
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

static float combine(enum onnx_tree_sum sum, bool first, float a, float b)
{
    switch (sum) {
    case MIN: return first || b < a ? b : a;
    case MAX: return first || b > a ? b : a;
    default: return a + b;
    }
}

void onnx_trees_evaluate(const struct onnx_trees *l, const float *x, float *y)
{
    memset(y, 0, sizeof y[0] * (size_t)l->targets);
    for (int32_t tree = 0; tree < l->trees; tree++) {
        int32_t node = (int32_t)l->root[tree];
        while (l->mode[node] != LEAF) {
            bool yes = test_node(l, node, x[l->feature[node]]);
            node = onnx_trees_node(l, tree, yes ? l->yes[node] : l->no[node]);
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

void onnx_trees_features(float *x, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        switch (onnx_trees_random(0, 9)) {
        case 0: x[i] = NAN; break;
        case 1: x[i] = INFINITY; break;
        case 2: x[i] = -INFINITY; break;
        case 3: x[i] = -0.0f; break;
        case 4: x[i] = 1e-40f; break;
        default: x[i] = quarter(10);
        }
    }
}

void onnx_trees_shuffle(struct onnx_trees *l)
{
    for (int32_t i = l->nodes - 1; i > 0; i--) {
        int32_t k = onnx_trees_random(0, i);
#define SWAP(list)                  \
    do {                            \
        struct onnx_trees old = *l; \
        l->list[i] = old.list[k];   \
        l->list[k] = old.list[i];   \
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

struct kt_onnx *onnx_trees_model(const char *type, int32_t rows, int32_t features, int64_t ml_opset)
{
    struct kt_onnx *m = kt_onnx_create(0, ml_opset);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(rows, features));
    kt_onnx_node(m, "ai.onnx.ml", type, KT_NAMES("x", "->", "y"));
    kt_onnx_output(m, "y");
    return m;
}

void onnx_trees_set_nodes(struct kt_onnx *m, const struct onnx_trees *l)
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
    if (onnx_trees_random(0, 1)) {
        kt_onnx_set_floats(m, "nodes_values", l->value, count);
    } else {
        kt_onnx_set_double_tensor(m, "nodes_values_as_tensor", wide, count);
    }
    kt_onnx_set_ints(m, "nodes_truenodeids", l->yes, count);
    kt_onnx_set_ints(m, "nodes_falsenodeids", l->no, count);
    kt_onnx_set_ints(m, "nodes_missing_value_tracks_true", l->missing, count);
}

void onnx_trees_set_leaves(struct kt_onnx *m, const struct onnx_trees *l, const char *prefix)
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

struct kt_onnx *onnx_trees_regressor(const struct onnx_trees *l, int32_t rows)
{
    struct kt_onnx *m = onnx_trees_model("TreeEnsembleRegressor", rows, l->features, 3);
    onnx_trees_set_nodes(m, l);
    onnx_trees_set_leaves(m, l, "target");
    kt_onnx_set_int(m, "n_targets", l->targets);
    kt_onnx_set_text(m, "aggregate_function", sum_names[l->sum]);
    kt_onnx_set_floats(m, "base_values", l->base, (size_t)l->targets);
    return m;
}
