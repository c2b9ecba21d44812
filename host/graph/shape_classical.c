/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the operators of classical models. */
#include "graph/shape_internal.h"

#include "graph/const_params.h"

/* A constant list of `count` elements of that type; count < 0 takes any, and is set. */
static enum kl_err expect_list(const struct kl_op *op, int32_t index, enum kl_dtype dtype,
                               int64_t *count, struct kl_diag *diag)
{
    const struct kl_tensor *list = op->inputs[index];
    int64_t found = kl_shape_elements(&list->shape);
    if (list->dtype != dtype || !list->data || (*count >= 0 && found != *count) || found < 1) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "input %d must be a constant list of %s, as long as those it belongs to",
                          index, kl_dtype_name(dtype));
    }
    *count = found;
    return KL_OK;
}

/* Inputs: values, then by node feature, threshold, left, right; by tree root, column; leaves
 * [count, width]; base. */
enum kl_err kl_rule_tree_ensemble(const struct kl_op *op, struct kl_diag *diag)
{
    int64_t nodes = -1, trees = -1, outputs = -1;
    KL_TRY(kl_expect_rank(op, op->inputs[0], 2, "the input", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[7], 2, "the list of leaves", diag));
    KL_TRY(expect_list(op, 1, KL_S32, &nodes, diag));
    KL_TRY(expect_list(op, 2, KL_F32, &nodes, diag));
    KL_TRY(expect_list(op, 3, KL_S32, &nodes, diag));
    KL_TRY(expect_list(op, 4, KL_S32, &nodes, diag));
    KL_TRY(expect_list(op, 5, KL_S32, &trees, diag));
    KL_TRY(expect_list(op, 6, KL_S32, &trees, diag));
    KL_TRY(expect_list(op, 8, KL_F32, &outputs, diag));
    struct kl_shape out = {2, {op->inputs[0]->shape.dim[0], (int32_t)outputs}};
    return kl_expect(op, 0, &out, diag);
}

/* Inputs: vectors [n, c], centres [count, c], weights [count, c], bias [count]. */
enum kl_err kl_rule_squared_distance(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    const struct kl_shape *centres = &op->inputs[1]->shape;
    KL_TRY(kl_expect_rank(op, op->inputs[0], 2, "the input", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[1], 2, "the list of centres", diag));
    bool weighted = op->input_count == 4;
    if (op->input_count == 3 || centres->dim[1] != in->dim[1] ||
        (weighted && (!kl_shape_equal(&op->inputs[2]->shape, centres) ||
                      kl_shape_elements(&op->inputs[3]->shape) != centres->dim[0]))) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "vectors, centres, weights and bias do not suit each other");
    }
    struct kl_shape out = {2, {in->dim[0], centres->dim[0]}};
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_nearest_vote(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_attr_nearest_vote *a = &op->attr.nearest_vote;
    KL_TRY(kl_expect_rank(op, op->inputs[0], 2, "the input", diag));
    int64_t count = op->inputs[0]->shape.dim[1];
    KL_TRY(expect_list(op, 1, KL_S32, &count, diag));
    if (a->k < 1 || a->k > count || a->classes < 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d neighbours of %lld, %d classes", a->k,
                          (long long)count, a->classes);
    }
    struct kl_shape out = {2, {op->inputs[0]->shape.dim[0], a->classes}};
    return kl_expect(op, 0, &out, diag);
}
