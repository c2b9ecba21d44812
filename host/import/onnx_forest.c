/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of ai.onnx.ml as TREE_ENSEMBLE, whose splits know one test: value <= threshold goes left.
 *
 * value < t is value <= the float below t; the other orders exchange the sides. A test for some
 * values m1 < m2 < ... is a chain of splits downwards, value <= m, value <= the float below m,
 * ..., whose right sides are the answers in turn: both answers are reached from several splits,
 * and are there once.
 */
#include "import/onnx_forest.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/classical_model.h"
#include "import/threshold.h"

/* A node of the file and where it goes. */
struct task {
    int32_t from, to;
};

/* The lists of TREE_ENSEMBLE, and what is still to be written. */
struct splits {
    struct onnx_node *node;
    struct forest *forest;
    int32_t count, leaf_count, leaf_width, capacity, leaf_capacity, task_count;
    int32_t *feature, *left, *right, *root, *column;
    float *threshold, *leaves;
    bool *nan_left; /* by node: what is no number goes left */
    struct task *tasks;
};

static int32_t splits_of(const struct forest_node *n)
{
    switch (n->mode) {
    case FOREST_LEAF: return 0;
    case FOREST_EQ:
    case FOREST_NEQ: return 2;
    case FOREST_MEMBER: return 2 * n->member_count;
    default: return 1;
    }
}

/* Does every leaf of the forest have one value, and every tree one target? *column per tree. */
static bool one_target_per_tree(const struct forest *f, int32_t root, struct task *stack,
                                int32_t *column)
{
    int32_t count = 0, target = -1;
    stack[count++].from = root;
    while (count > 0) {
        const struct forest_node *n = &f->nodes[stack[--count].from];
        for (int32_t i = 0; i < n->entry_count; i++) {
            int32_t own = f->entries[n->entry + i].target;
            if (target >= 0 && own != target) {
                return false;
            }
            target = own;
        }
        if (n->mode != FOREST_LEAF) {
            stack[count++].from = n->yes;
            stack[count++].from = n->no;
        }
    }
    *column = target < 0 ? 0 : target;
    return true;
}

/* Every test is reached once at most, from one root; then walks end. */
static enum kl_err check_trees(const struct onnx_node *node, struct forest *f, struct task *stack)
{
    int32_t tests = 0, reached = 0;
    for (int32_t i = 0; i < f->node_count; i++) {
        tests += f->nodes[i].mode != FOREST_LEAF ? 1 : 0;
    }
    for (int32_t tree = 0; tree < f->root_count; tree++) {
        int32_t count = 0;
        stack[count++].from = f->roots[tree];
        while (count > 0) {
            struct forest_node *n = &f->nodes[stack[--count].from];
            if (n->mode == FOREST_LEAF) {
                continue;
            }
            if (n->reached) {
                return onnx_fail(node, KL_EINPUT, "a node of tree %d is reached twice", tree);
            }
            n->reached = true;
            reached++;
            stack[count++].from = n->yes;
            stack[count++].from = n->no;
        }
    }
    return reached == tests
               ? KL_OK
               : onnx_fail(node, KL_EINPUT, "%d nodes belong to no tree", tests - reached);
}

static enum kl_err make_room(struct splits *s)
{
    const struct forest *f = s->forest;
    struct kl_arena *arena = s->node->import->arena;
    int64_t splits = 0, leaves = f->root_count;
    for (int32_t i = 0; i < f->node_count; i++) {
        splits += splits_of(&f->nodes[i]);
        leaves += f->nodes[i].mode != FOREST_LEAF ? 1 : 0;
    }
    if (splits + leaves > CM_MAX_NODES) {
        return onnx_fail(s->node, KL_ELIMIT, "its tests take %lld splits; at most %d",
                         (long long)(splits + leaves), CM_MAX_NODES);
    }
    size_t room = (size_t)(splits + leaves);
    s->feature = KL_NEW(arena, int32_t, room);
    s->left = KL_NEW(arena, int32_t, room);
    s->right = KL_NEW(arena, int32_t, room);
    s->threshold = KL_NEW(arena, float, room);
    s->nan_left = KL_NEW(arena, bool, room);
    s->root = KL_NEW(arena, int32_t, (size_t)f->root_count);
    s->column = KL_NEW(arena, int32_t, (size_t)f->root_count);
    s->tasks = KL_NEW(arena, struct task, 2 * room);
    s->leaf_capacity = (int32_t)leaves;
    bool all = s->feature && s->left && s->right && s->threshold && s->nan_left && s->root &&
               s->column && s->tasks;
    return all ? KL_OK : onnx_no_memory(s->node->import);
}

/* Where the values of each tree go, and how many values a leaf has. */
static enum kl_err choose_columns(struct splits *s)
{
    const struct forest *f = s->forest;
    bool whole = f->sum == FOREST_MIN || f->sum == FOREST_MAX;
    s->leaf_width = f->target_count;
    for (int32_t i = 0; i < f->root_count; i++) {
        whole = whole || !one_target_per_tree(f, f->roots[i], s->tasks, &s->column[i]);
    }
    if (!whole) {
        s->leaf_width = 1;
    }
    for (int32_t i = 0; i < f->root_count && whole; i++) {
        s->column[i] = f->sum == FOREST_MIN || f->sum == FOREST_MAX ? i * f->target_count : 0;
    }
    int64_t bytes = (int64_t)s->leaf_capacity * s->leaf_width * (int64_t)sizeof(float);
    if (bytes > s->node->import->constant_bytes_left) {
        return onnx_fail(s->node, KL_ELIMIT, "the values of its leaves take too much memory");
    }
    s->leaves =
        KL_NEW(s->node->import->arena, float, (size_t)s->leaf_capacity *(size_t)s->leaf_width);
    return s->leaves ? KL_OK : onnx_no_memory(s->node->import);
}

static enum kl_err put_leaf(struct splits *s, const struct forest_node *n, int32_t at)
{
    const struct forest *f = s->forest;
    float *values = s->leaves + (size_t)s->leaf_count * (size_t)s->leaf_width;
    bool partial = n->entry_count < f->target_count;
    if (partial && (f->sum == FOREST_MIN || f->sum == FOREST_MAX)) {
        return onnx_refuse(s->node, "MIN or MAX of leaves without a value for some target");
    }
    for (int32_t i = 0; i < n->entry_count; i++) {
        const struct forest_entry *e = &f->entries[n->entry + i];
        double weight = fmax(-(double)FLT_MAX, fmin((double)FLT_MAX, e->weight));
        values[s->leaf_width == 1 ? 0 : e->target] += (float)weight;
    }
    s->feature[at] = -1;
    s->left[at] = s->leaf_count++;
    return KL_OK;
}

/* A place for what the node of the file becomes, which is written later. */
static int32_t later(struct splits *s, int32_t from)
{
    s->tasks[s->task_count++] = (struct task){from, s->count};
    return s->count++;
}

/* value <= the float that decides like `split`; `below`: value < split. */
static enum kl_err put_split(struct splits *s, int32_t at, int32_t feature, double split,
                             bool below)
{
    if (below && split == -INFINITY) {
        return onnx_refuse(s->node, "a threshold of minus infinity");
    }
    s->feature[at] = feature;
    s->threshold[at] = import_threshold(split, below);
    return KL_OK;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Is the value among `values`? They are sorted here. */
static enum kl_err put_chain(struct splits *s, const struct forest_node *n, int32_t at,
                             double *values, int32_t count)
{
    bool unlike = n->mode == FOREST_NEQ;
    int32_t yes = later(s, unlike ? n->no : n->yes), no = later(s, unlike ? n->yes : n->no);
    qsort(values, (size_t)count, sizeof values[0], descending);
    for (int32_t i = 0; i < 2 * count; i++) {
        int32_t next = i + 1 < 2 * count ? s->count++ : no;
        KL_TRY(put_split(s, at, n->feature, values[i / 2], i % 2 == 1));
        s->left[at] = next;
        s->right[at] = i % 2 == 1 ? yes : no;
        /* What is no number passes the first split, and takes the second one's right side. */
        s->nan_left[at] = i == 0 && n->missing && !unlike;
        at = next;
    }
    return KL_OK;
}

static enum kl_err put_node(struct splits *s, const struct forest_node *n, int32_t at)
{
    double value = n->split;
    switch (n->mode) {
    case FOREST_LEAF: return put_leaf(s, n, at);
    case FOREST_EQ:
    case FOREST_NEQ: return put_chain(s, n, at, &value, 1);
    case FOREST_MEMBER: return put_chain(s, n, at, s->forest->members + n->member, n->member_count);
    default: break;
    }
    bool above = n->mode == FOREST_GT || n->mode == FOREST_GTE;
    KL_TRY(put_split(s, at, n->feature, value, n->mode == FOREST_LT || n->mode == FOREST_GTE));
    s->left[at] = later(s, above ? n->no : n->yes);
    s->right[at] = later(s, above ? n->yes : n->no);
    s->nan_left[at] = n->missing != above;
    return KL_OK;
}

static enum kl_err put_trees(struct splits *s)
{
    for (int32_t i = 0; i < s->forest->root_count; i++) {
        s->root[i] = later(s, s->forest->roots[i]);
        while (s->task_count > 0) {
            struct task task = s->tasks[--s->task_count];
            KL_TRY(put_node(s, &s->forest->nodes[task.from], task.to));
        }
    }
    return KL_OK;
}

static enum kl_err constant_list(struct onnx_import *import, enum kl_dtype dtype, int32_t rows,
                                 int32_t width, const void *values, struct kl_tensor **tensor)
{
    struct kl_shape shape = {width ? 2 : 1, {rows, width}};
    void *data;
    KL_TRY(onnx_constant(import, dtype, &shape, &data, tensor));
    memcpy(data, values, (*tensor)->bytes);
    return KL_OK;
}

/* Nodes that disagree with the first one on what is no number say so by their feature. */
static bool mark_nan_sides(const struct splits *s)
{
    bool usual = false, known = false;
    for (int32_t i = 0; i < s->count; i++) {
        if (s->feature[i] < 0) {
            continue;
        }
        usual = known ? usual : s->nan_left[i];
        known = true;
        s->feature[i] += s->nan_left[i] != usual ? s->forest->feature_count : 0;
    }
    return usual;
}

static enum kl_err add_ensemble(struct splits *s, struct onnx_value rows, int32_t outputs,
                                const float *base, struct onnx_value *y)
{
    struct onnx_import *import = s->node->import;
    struct kl_tensor *in[9] = {rows.tensor};
    struct kl_shape shape = {2, {rows.tensor->shape.dim[0], outputs}};
    bool nan_goes_left = mark_nan_sides(s);
    int32_t trees = s->forest->root_count;
    KL_TRY(constant_list(import, KL_S32, s->count, 0, s->feature, &in[1]));
    KL_TRY(constant_list(import, KL_F32, s->count, 0, s->threshold, &in[2]));
    KL_TRY(constant_list(import, KL_S32, s->count, 0, s->left, &in[3]));
    KL_TRY(constant_list(import, KL_S32, s->count, 0, s->right, &in[4]));
    KL_TRY(constant_list(import, KL_S32, trees, 0, s->root, &in[5]));
    KL_TRY(constant_list(import, KL_S32, trees, 0, s->column, &in[6]));
    KL_TRY(constant_list(import, KL_F32, s->leaf_count, s->leaf_width, s->leaves, &in[7]));
    KL_TRY(constant_list(import, KL_F32, outputs, 0, base, &in[8]));
    struct kl_op *op = onnx_new_op(import, KL_OP_TREE_ENSEMBLE, 9, in, KL_F32, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.tree_ensemble.nan_goes_left = nan_goes_left;
    *y = onnx_value_of(op->outputs[0]);
    return onnx_finish(import, op);
}

/* The least or largest value over the trees, by target: y is [n, trees * targets]. */
static enum kl_err reduce_trees(const struct splits *s, struct onnx_value x, struct onnx_value *y)
{
    static const bool trees[KL_MAX_RANK] = {[1] = true};
    struct onnx_import *import = s->node->import;
    const struct forest *f = s->forest;
    struct kl_shape cube = {3, {onnx_shape(&x).dim[0], f->root_count, f->target_count}};
    KL_TRY(onnx_reshape(import, x, &cube, &x));
    return onnx_reduce(import, f->sum == FOREST_MIN ? KL_OP_REDUCE_MIN : KL_OP_REDUCE_MAX, x, trees,
                       false, y);
}

/* Sums start with the base values; other results get them at the end. */
static enum kl_err add_base(const struct splits *s, struct onnx_value x, struct onnx_value *y)
{
    struct onnx_value base;
    const struct forest *f = s->forest;
    *y = x;
    if (f->base.count < 0) {
        return KL_OK;
    }
    KL_TRY(onnx_ml_matrix(s->node->import, 1, f->target_count, f->base.at, 1.0, &base));
    return onnx_binary(s->node->import, KL_OP_ADD, x, base, KL_F32, y);
}

enum kl_err onnx_forest_scores(struct onnx_node *node, struct forest *f, struct onnx_value rows,
                               struct onnx_value *y)
{
    struct splits s = {.node = node, .forest = f};
    bool reduced = f->sum == FOREST_MIN || f->sum == FOREST_MAX;
    int64_t outputs = (int64_t)f->target_count * (reduced ? f->root_count : 1);
    if (outputs > CM_MAX_ROWS) {
        return onnx_fail(node, KL_ELIMIT, "%lld outputs of trees", (long long)outputs);
    }
    KL_TRY(make_room(&s));
    KL_TRY(check_trees(node, f, s.tasks));
    KL_TRY(choose_columns(&s));
    KL_TRY(put_trees(&s));
    float *base = KL_NEW(node->import->arena, float, (size_t)outputs);
    if (!base) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < f->base.count && f->sum == FOREST_SUM; i++) {
        base[i] = (float)f->base.at[i];
    }
    KL_TRY(add_ensemble(&s, rows, (int32_t)outputs, base, y));
    switch (f->sum) {
    case FOREST_SUM: return KL_OK;
    case FOREST_AVERAGE:
        KL_TRY(onnx_with_number(node->import, KL_OP_MUL, *y, 1.0 / f->root_count, y));
        break;
    default: KL_TRY(reduce_trees(&s, *y, y));
    }
    return add_base(&s, *y, y);
}
