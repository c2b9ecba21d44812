/* SPDX-License-Identifier: Apache-2.0 */
/* Classical models of kind "trees": decision trees, forests, boosted trees. */
#include <math.h>
#include <string.h>

#include "import/classical_model.h"
#include "import/threshold.h"

/* All trees one after the other, as TREE_ENSEMBLE takes them. */
struct forest {
    struct cm_model *model;
    int32_t tree_count, node_count, leaf_count, leaf_width, output_count;
    bool below; /* value < threshold goes left, not value <= threshold */
    int32_t *feature, *left, *right, *root, *column;
    float *threshold, *leaves, *base;
};

static const char *const columns[] = {"feature", "threshold", "left", "right", "value"};
enum { FEATURE, THRESHOLD, LEFT, RIGHT, VALUE, COLUMN_COUNT };

/* The lists of one tree, all of one length. */
static enum kl_err tree_columns(const struct cj_value *tree, struct cj_value list[COLUMN_COUNT],
                                int32_t *count)
{
    static const char *const known[] = {"output", "feature", "threshold", "left",
                                        "right",  "value",   NULL};
    KL_TRY(cj_only(tree, known));
    for (int32_t i = 0; i < COLUMN_COUNT; i++) {
        int32_t size;
        KL_TRY(cj_need(tree, columns[i], &list[i]));
        KL_TRY(cj_array(&list[i], CM_MAX_NODES, &size));
        if (i > 0 && size != *count) {
            return cj_fail(&list[i], "has %d entries, 'feature' has %d", size, *count);
        }
        *count = size;
    }
    return KL_OK;
}

static enum kl_err read_threshold(const struct forest *f, const struct cj_value *value,
                                  float *threshold)
{
    double exact;
    KL_TRY(cj_double(value, &exact));
    *threshold = import_threshold(exact, f->below);
    return isfinite(*threshold) ? KL_OK : cj_fail(value, "%g does not fit float32", exact);
}

static enum kl_err read_leaf(struct forest *f, const struct cj_value *value)
{
    float *leaf = f->leaves + (size_t)f->leaf_count * (size_t)f->leaf_width;
    f->leaf_count++;
    if (f->leaf_width == 1 && json_is_number(value->json)) {
        return cj_float(value, leaf);
    }
    float *numbers;
    KL_TRY(cj_vector(value, f->leaf_width, &numbers));
    memcpy(leaf, numbers, (size_t)f->leaf_width * sizeof leaf[0]);
    return KL_OK;
}

static enum kl_err read_node(struct forest *f, const struct cj_value list[COLUMN_COUNT],
                             int32_t index, int32_t count)
{
    struct cj_value of[COLUMN_COUNT];
    int32_t at = f->node_count + index;
    for (int32_t i = 0; i < COLUMN_COUNT; i++) {
        of[i] = cj_element(&list[i], (size_t)index);
    }
    KL_TRY(cj_int(&of[FEATURE], INT32_MIN, f->model->feature_count - 1, &f->feature[at]));
    if (f->feature[at] < 0) {
        f->feature[at] = -1;
        f->left[at] = f->leaf_count;
        return read_leaf(f, &of[VALUE]);
    }
    KL_TRY(read_threshold(f, &of[THRESHOLD], &f->threshold[at]));
    KL_TRY(cj_int(&of[LEFT], 0, count - 1, &f->left[at]));
    KL_TRY(cj_int(&of[RIGHT], 0, count - 1, &f->right[at]));
    f->left[at] += f->node_count;
    f->right[at] += f->node_count;
    return KL_OK;
}

static enum kl_err read_tree(struct forest *f, const struct cj_value *tree, int32_t index)
{
    struct cj_value list[COLUMN_COUNT], output = cj_member(tree, "output");
    int32_t count = 0;
    KL_TRY(tree_columns(tree, list, &count));
    f->root[index] = f->node_count;
    if (output.json) {
        KL_TRY(cj_int(&output, 0, f->output_count - f->leaf_width, &f->column[index]));
    }
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(read_node(f, list, i, count));
    }
    f->node_count += count;
    return KL_OK;
}

/* Nodes of all trees together, to know how much memory they need. */
static enum kl_err count_nodes(const struct cj_value *trees, int32_t tree_count, int64_t *total)
{
    *total = 0;
    for (int32_t i = 0; i < tree_count; i++) {
        struct cj_value tree = cj_element(trees, (size_t)i);
        struct cj_value feature = cj_member(&tree, "feature");
        *total += (int64_t)json_array_size(feature.json);
        if (*total > CM_MAX_NODES) {
            return cj_fail(trees, "more than %d nodes", CM_MAX_NODES);
        }
    }
    return KL_OK;
}

static enum kl_err make_room(struct forest *f, struct kl_arena *arena, int64_t nodes)
{
    size_t count = (size_t)nodes, trees = (size_t)f->tree_count;
    f->feature = KL_NEW(arena, int32_t, count);
    f->threshold = KL_NEW(arena, float, count);
    f->left = KL_NEW(arena, int32_t, count);
    f->right = KL_NEW(arena, int32_t, count);
    f->leaves = KL_NEW(arena, float, count *(size_t)f->leaf_width);
    f->root = KL_NEW(arena, int32_t, trees);
    f->column = KL_NEW(arena, int32_t, trees);
    f->base = KL_NEW(arena, float, (size_t)f->output_count);
    bool all = f->feature && f->threshold && f->left && f->right && f->leaves && f->root &&
               f->column && f->base;
    return all ? KL_OK : KL_FAIL_MEMORY(f->model->diag);
}

static enum kl_err read_forest(struct forest *f, const struct cj_value *json)
{
    static const char *const orders[] = {"<=", "<", NULL};
    struct cj_value member, trees, base = cj_member(json, "base");
    int64_t nodes;
    int32_t order;
    KL_TRY(cj_need(json, "outputs", &member));
    KL_TRY(cj_int(&member, 1, CM_MAX_OUTPUTS, &f->output_count));
    KL_TRY(cj_need(json, "leaf_width", &member));
    KL_TRY(cj_int(&member, 1, f->output_count, &f->leaf_width));
    KL_TRY(cj_word(json, "left_if", orders, &order));
    f->below = order == 1;
    KL_TRY(cj_need(json, "trees", &trees));
    KL_TRY(cj_array(&trees, CM_MAX_ROWS, &f->tree_count));
    KL_TRY(count_nodes(&trees, f->tree_count, &nodes));
    KL_TRY(make_room(f, json->arena, nodes));
    if (base.json) {
        KL_TRY(cj_vector(&base, f->output_count, &f->base));
    }
    for (int32_t i = 0; i < f->tree_count; i++) {
        struct cj_value tree = cj_element(&trees, (size_t)i);
        KL_TRY(read_tree(f, &tree, i));
    }
    return f->leaf_count > 0 ? KL_OK : cj_fail(&trees, "no leaf among their nodes");
}

static enum kl_err add_forest(const struct forest *f, bool nan_goes_left, struct kl_tensor **scores)
{
    struct cm_model *model = f->model;
    struct kl_tensor *in[9] = {model->features};
    struct kl_op *op;
    KL_TRY(cm_ints(model, "feature", f->node_count, f->feature, &in[1]));
    KL_TRY(cm_vector(model, "threshold", f->node_count, f->threshold, &in[2]));
    KL_TRY(cm_ints(model, "left", f->node_count, f->left, &in[3]));
    KL_TRY(cm_ints(model, "right", f->node_count, f->right, &in[4]));
    KL_TRY(cm_ints(model, "root", f->tree_count, f->root, &in[5]));
    KL_TRY(cm_ints(model, "column", f->tree_count, f->column, &in[6]));
    KL_TRY(cm_matrix(model, "leaves", f->leaf_count, f->leaf_width, f->leaves, &in[7]));
    KL_TRY(cm_vector(model, "base", f->output_count, f->base, &in[8]));
    KL_TRY(cm_op(model, KL_OP_TREE_ENSEMBLE, "sum of trees", f->output_count, 9, in, &op));
    op->attr.tree_ensemble.nan_goes_left = nan_goes_left;
    *scores = op->outputs[0];
    return KL_OK;
}

/* The sum times the float nearest to one over the number of trees. */
static enum kl_err add_average(const struct forest *f, struct kl_tensor **scores)
{
    struct kl_tensor *in[2] = {*scores};
    float *factor = KL_NEW(f->model->graph->arena, float, 1);
    struct kl_op *op;
    if (!factor) {
        return KL_FAIL_MEMORY(f->model->diag);
    }
    *factor = (float)(1.0 / f->tree_count);
    KL_TRY(cm_matrix(f->model, "share of a tree", 1, 1, factor, &in[1]));
    KL_TRY(cm_op(f->model, KL_OP_MUL, "average of trees", f->output_count, 2, in, &op));
    *scores = op->outputs[0];
    return KL_OK;
}

enum kl_err cm_read_trees(struct cm_model *model, const struct cj_value *json)
{
    static const char *const known[] = {"kind",    "outputs", "leaf_width", "left_if", "missing",
                                        "average", "base",    "link",       "trees",   NULL};
    static const char *const sides[] = {"right", "left", NULL};
    struct forest f = {.model = model};
    struct kl_tensor *scores;
    int32_t missing;
    bool average;
    KL_TRY(cj_only(json, known));
    KL_TRY(cj_word(json, "missing", sides, &missing));
    KL_TRY(cj_flag(json, "average", &average));
    KL_TRY(read_forest(&f, json));
    KL_TRY(add_forest(&f, missing == 1, &scores));
    if (average) {
        KL_TRY(add_average(&f, &scores));
    }
    KL_TRY(cm_link(model, json, &scores));
    return cm_output(model, scores, "scores");
}
