/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisations, decomposed into means, products and square roots. */
#include <string.h>

#include "import/onnx_handlers.h"

/* A vector as [n,1,1,..] along dimension `axis` of a tensor of that rank. */
static enum kl_err along(struct onnx_node *node, struct onnx_value vector, int32_t axis,
                         int32_t rank, struct onnx_value *y)
{
    struct kl_shape shape = {.rank = rank};
    for (int32_t i = 0; i < rank; i++) {
        shape.dim[i] = i == axis ? (int32_t)kl_shape_elements(&vector.tensor->shape) : 1;
    }
    return onnx_reshape(node->import, vector, &shape, y);
}

enum kl_err onnx_scale_channels(struct onnx_node *node, struct onnx_value x,
                                const struct onnx_value *factor, const struct onnx_value *bias,
                                int32_t axis, struct onnx_value *y)
{
    struct onnx_value vector;
    *y = x;
    if (factor) {
        KL_TRY(along(node, *factor, axis, onnx_rank(&x), &vector));
        KL_TRY(onnx_binary(node->import, KL_OP_MUL, *y, vector, KL_F32, y));
    }
    if (bias) {
        KL_TRY(along(node, *bias, axis, onnx_rank(&x), &vector));
        KL_TRY(onnx_binary(node->import, KL_OP_ADD, *y, vector, KL_F32, y));
    }
    return KL_OK;
}

/* scale / sqrt(var + epsilon), and bias - mean * that. */
static enum kl_err batch_constants(struct onnx_node *node, struct onnx_value *factor,
                                   struct onnx_value *shift)
{
    double epsilon = (double)onnx_float(node, "epsilon", 1e-5f);
    struct onnx_value spread;
    KL_TRY(onnx_with_number(node->import, KL_OP_ADD, node->in[4], epsilon, &spread));
    KL_TRY(onnx_unary(node->import, KL_OP_SQRT, spread, &spread));
    KL_TRY(onnx_binary(node->import, KL_OP_DIV, node->in[1], spread, KL_F32, factor));
    KL_TRY(onnx_binary(node->import, KL_OP_MUL, node->in[3], *factor, KL_F32, shift));
    return onnx_binary(node->import, KL_OP_SUB, node->in[2], *shift, KL_F32, shift);
}

/* The convolution whose weights can take the normalisation, or NULL. */
static struct kl_op *foldable(const struct onnx_node *node)
{
    const struct onnx_name *name = onnx_scope_find(node->scope, node->proto->input[0]);
    struct kl_op *op = node->in[0].tensor->producer;
    bool window = op && (op->kind == KL_OP_CONV_2D || op->kind == KL_OP_DEPTHWISE_CONV_2D);
    bool last = window && node->in[0].order[onnx_rank(&node->in[0]) - 1] == 1;
    bool constant = last && op->inputs[1]->data && (op->input_count < 3 || op->inputs[2]->data);
    return constant && name && name->uses == 1 ? op : NULL;
}

/*
 * The layer's weights times the factor, its bias times the factor plus the shift: one operator
 * instead of three. The sums are rounded at other places than without.
 */
static enum kl_err fold_into(struct onnx_node *node, struct kl_op *op, struct onnx_value factor,
                             struct onnx_value shift)
{
    struct onnx_value weights = onnx_value_of(op->inputs[1]), bias = shift;
    int32_t axis = op->kind == KL_OP_CONV_2D ? 0 : 3;
    KL_TRY(onnx_scale_channels(node, weights, &factor, NULL, axis, &weights));
    KL_TRY(onnx_plain(node->import, weights, &op->inputs[1]));
    if (op->input_count == 3) {
        KL_TRY(onnx_binary(node->import, KL_OP_MUL, onnx_value_of(op->inputs[2]), factor, KL_F32,
                           &bias));
        KL_TRY(onnx_binary(node->import, KL_OP_ADD, bias, shift, KL_F32, &bias));
    }
    KL_TRY(onnx_plain(node->import, bias, &op->inputs[2]));
    op->input_count = 3;
    node->out[0] = node->in[0];
    return KL_OK;
}

enum kl_err onnx_op_batch_normalization(struct onnx_node *node)
{
    struct onnx_value factor, shift;
    KL_TRY(onnx_need_inputs(node, 5));
    if (onnx_int(node, "training_mode", 0) || onnx_rank(&node->in[0]) < 2) {
        return onnx_refuse(node, "training mode");
    }
    KL_TRY(batch_constants(node, &factor, &shift));
    struct kl_op *op = foldable(node);
    if (op && factor.tensor->data && shift.tensor->data) {
        return fold_into(node, op, factor, shift);
    }
    return onnx_scale_channels(node, node->in[0], &factor, &shift, 1, &node->out[0]);
}

/* (x - mean) / sqrt(mean((x - mean)^2) + epsilon) over the dimensions that are set; also the
 * mean and 1 / sqrt(..), as LayerNormalization may give them. */
static enum kl_err normalise(struct onnx_node *node, struct onnx_value x,
                             const bool reduced[KL_MAX_RANK], double epsilon, bool centre,
                             struct onnx_value *mean, struct onnx_value *inverse,
                             struct onnx_value *y)
{
    struct onnx_value square;
    *y = x;
    if (centre) {
        KL_TRY(onnx_reduce(node->import, KL_OP_MEAN, x, reduced, true, mean));
        KL_TRY(onnx_binary(node->import, KL_OP_SUB, x, *mean, KL_F32, y));
    }
    KL_TRY(onnx_unary(node->import, KL_OP_SQUARE, *y, &square));
    KL_TRY(onnx_reduce(node->import, KL_OP_MEAN, square, reduced, true, &square));
    KL_TRY(onnx_with_number(node->import, KL_OP_ADD, square, epsilon, &square));
    KL_TRY(onnx_unary(node->import, KL_OP_RSQRT, square, inverse));
    return onnx_binary(node->import, KL_OP_MUL, *y, *inverse, KL_F32, y);
}

static enum kl_err scale_and_shift(struct onnx_node *node, struct onnx_value *y)
{
    if (onnx_has_input(node, 1)) {
        KL_TRY(onnx_binary(node->import, KL_OP_MUL, *y, node->in[1], KL_F32, y));
    }
    if (onnx_has_input(node, 2)) {
        KL_TRY(onnx_binary(node->import, KL_OP_ADD, *y, node->in[2], KL_F32, y));
    }
    return KL_OK;
}

static enum kl_err from_axis(struct onnx_node *node, bool reduced[KL_MAX_RANK])
{
    int32_t axis;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", -1), onnx_rank(&node->in[0]), &axis));
    for (int32_t i = 0; i < KL_MAX_RANK; i++) {
        reduced[i] = i >= axis && i < onnx_rank(&node->in[0]);
    }
    return KL_OK;
}

enum kl_err onnx_op_layer_normalization(struct onnx_node *node)
{
    bool reduced[KL_MAX_RANK];
    struct onnx_value y;
    KL_TRY(from_axis(node, reduced));
    KL_TRY(normalise(node, node->in[0], reduced, (double)onnx_float(node, "epsilon", 1e-5f), true,
                     &node->out[1], &node->out[2], &y));
    KL_TRY(scale_and_shift(node, &y));
    node->out[0] = y;
    return KL_OK;
}

enum kl_err onnx_op_rms_normalization(struct onnx_node *node)
{
    bool reduced[KL_MAX_RANK];
    struct onnx_value y, mean, inverse;
    KL_TRY(from_axis(node, reduced));
    KL_TRY(normalise(node, node->in[0], reduced, (double)onnx_float(node, "epsilon", 1e-5f), false,
                     &mean, &inverse, &y));
    KL_TRY(scale_and_shift(node, &y));
    node->out[0] = y;
    return KL_OK;
}

enum kl_err onnx_op_instance_normalization(struct onnx_node *node)
{
    bool reduced[KL_MAX_RANK] = {false};
    struct onnx_value y, mean, inverse;
    KL_TRY(onnx_need_inputs(node, 3));
    for (int32_t i = 2; i < onnx_rank(&node->in[0]); i++) {
        reduced[i] = true;
    }
    KL_TRY(normalise(node, node->in[0], reduced, (double)onnx_float(node, "epsilon", 1e-5f), true,
                     &mean, &inverse, &y));
    return onnx_scale_channels(node, y, &node->in[1], &node->in[2], 1, &node->out[0]);
}

/* Scale and bias are per group up to opset 20, then per channel. */
enum kl_err onnx_op_group_normalization(struct onnx_node *node)
{
    const bool reduced[KL_MAX_RANK] = {false, false, true};
    struct onnx_value y, mean, inverse;
    KL_TRY(onnx_need_inputs(node, 3));
    struct kl_shape shape = onnx_shape(&node->in[0]);
    int64_t groups = onnx_int(node, "num_groups", 0);
    if (shape.rank < 3 || groups < 1 || shape.dim[1] % groups) {
        return onnx_fail(node, KL_EINPUT, "%lld groups", (long long)groups);
    }
    int64_t rest = kl_shape_elements(&shape) / shape.dim[0] / groups;
    struct kl_shape grouped = {3, {shape.dim[0], (int32_t)groups, (int32_t)rest}};
    KL_TRY(onnx_reshape(node->import, node->in[0], &grouped, &y));
    KL_TRY(normalise(node, y, reduced, (double)onnx_float(node, "epsilon", 1e-5f), true, &mean,
                     &inverse, &y));
    bool per_group = node->version < 21;
    if (per_group) {
        KL_TRY(onnx_scale_channels(node, y, &node->in[1], &node->in[2], 1, &y));
    }
    KL_TRY(onnx_reshape(node->import, y, &shape, &node->out[0]));
    return per_group ? KL_OK
                     : onnx_scale_channels(node, node->out[0], &node->in[1], &node->in[2], 1,
                                           &node->out[0]);
}

/* (x - mean) / sqrt(variance), by default over all dimensions but the channels. */
enum kl_err onnx_op_mean_variance_normalization(struct onnx_node *node)
{
    int64_t axes[KL_MAX_RANK] = {0, 2, 3};
    int32_t count;
    bool reduced[KL_MAX_RANK] = {false};
    struct onnx_value mean, inverse;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_ints(node, "axes", axes, KL_MAX_RANK, &count));
    for (int32_t i = 0; i < (count < 0 ? 3 : count); i++) {
        int32_t axis = 0;
        KL_TRY(onnx_axis(node, axes[i], onnx_rank(&node->in[0]), &axis));
        reduced[axis] = true;
    }
    return normalise(node, node->in[0], reduced, 1e-9, true, &mean, &inverse, &node->out[0]);
}

/* x / norm along one axis; 0 / 0 is 0. */
enum kl_err onnx_op_lp_normalization(struct onnx_node *node)
{
    bool reduced[KL_MAX_RANK] = {false};
    struct onnx_value norm;
    int32_t axis;
    bool l1 = onnx_int(node, "p", 2) == 1;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", -1), onnx_rank(&node->in[0]), &axis));
    reduced[axis] = true;
    KL_TRY(onnx_unary(node->import, l1 ? KL_OP_ABS : KL_OP_SQUARE, node->in[0], &norm));
    KL_TRY(onnx_reduce(node->import, KL_OP_SUM, norm, reduced, true, &norm));
    if (!l1) {
        KL_TRY(onnx_unary(node->import, KL_OP_SQRT, norm, &norm));
    }
    KL_TRY(onnx_with_number(node->import, KL_OP_MAXIMUM, norm, 1e-30, &norm));
    return onnx_binary(node->import, KL_OP_DIV, node->in[0], norm, KL_F32, &node->out[0]);
}

/* x / (bias + alpha / size * sum of squares of `size` neighbouring channels)^beta. */
enum kl_err onnx_op_lrn(struct onnx_node *node)
{
    int64_t size = onnx_int(node, "size", 0);
    KL_TRY(onnx_need_inputs(node, 1));
    struct kl_shape shape = onnx_shape(&node->in[0]);
    if (size < 1 || size > 1024 || shape.rank < 2) {
        return onnx_fail(node, KL_EINPUT, "size %lld", (long long)size);
    }
    struct onnx_value square, sum, part;
    int32_t before[KL_MAX_RANK] = {0}, after[KL_MAX_RANK] = {0};
    before[1] = (int32_t)(size - 1) / 2;
    after[1] = (int32_t)size - 1 - before[1];
    KL_TRY(onnx_unary(node->import, KL_OP_SQUARE, node->in[0], &square));
    KL_TRY(onnx_pad(node->import, square, before, after, 0.0, &square));
    for (int32_t i = 0; i < size; i++) {
        KL_TRY(onnx_slice(node->import, square, 1, i, 1, shape.dim[1], &part));
        if (i) {
            KL_TRY(onnx_binary(node->import, KL_OP_ADD, sum, part, KL_F32, &sum));
        } else {
            sum = part;
        }
    }
    double alpha = (double)onnx_float(node, "alpha", 0.0001f) / (double)size;
    KL_TRY(onnx_with_number(node->import, KL_OP_MUL, sum, alpha, &sum));
    KL_TRY(onnx_with_number(node->import, KL_OP_ADD, sum, (double)onnx_float(node, "bias", 1.0f),
                            &sum));
    KL_TRY(onnx_with_number(node->import, KL_OP_POW, sum, (double)onnx_float(node, "beta", 0.75f),
                            &sum));
    return onnx_binary(node->import, KL_OP_DIV, node->in[0], sum, KL_F32, &node->out[0]);
}
