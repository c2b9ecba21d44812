/* SPDX-License-Identifier: Apache-2.0 */
/* Products of matrices. */
#include <math.h>
#include <string.h>

#include "import/onnx_handlers.h"

/* Vectors become matrices of one row or column, which vanish from the result. */
enum kl_err onnx_op_matmul(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 2));
    struct onnx_value a = node->in[0], b = node->in[1], y;
    int32_t rank_a = onnx_rank(&a), rank_b = onnx_rank(&b);
    if (rank_a == 0 || rank_b == 0) {
        return onnx_fail(node, KL_EINPUT, "a scalar");
    }
    if (rank_a == 1) {
        KL_TRY(onnx_insert_dim(node->import, a, 0, &a));
    }
    if (rank_b == 1) {
        KL_TRY(onnx_insert_dim(node->import, b, 1, &b));
    }
    KL_TRY(onnx_matmul(node->import, a, b, &y));
    if (rank_b == 1) {
        KL_TRY(onnx_remove_dim(node->import, y, onnx_rank(&y) - 1, &y));
    }
    if (rank_a == 1) {
        KL_TRY(onnx_remove_dim(node->import, y, onnx_rank(&y) - (rank_b == 1 ? 1 : 2), &y));
    }
    node->out[0] = y;
    return KL_OK;
}

static struct onnx_value exchanged(struct onnx_value x)
{
    struct onnx_value y = x;
    for (int32_t i = 0; i < 2; i++) {
        y.order[i] = 1 - x.order[i];
    }
    return y;
}

/* The third input as the bias of a fully connected layer, when it is one vector of constants. */
static enum kl_err add_bias(struct onnx_node *node, struct kl_op *layer, struct onnx_value bias,
                            bool *done)
{
    struct kl_shape shape = layer->outputs[0]->shape;
    struct kl_shape flat = {1, {(int32_t)kl_shape_elements(&bias.tensor->shape)}};
    struct onnx_value vector;
    *done = layer->kind == KL_OP_FULLY_CONNECTED && onnx_is_constant(&bias) &&
            flat.dim[0] == shape.dim[1] && onnx_rank(&bias) > 0 &&
            onnx_shape(&bias).dim[onnx_rank(&bias) - 1] == shape.dim[1];
    if (!*done) {
        return KL_OK;
    }
    KL_TRY(onnx_reshape(node->import, bias, &flat, &vector));
    layer->inputs[2] = vector.tensor; /* onnx_new_op has left room */
    layer->input_count = 3;
    return KL_OK;
}

/* alpha * A' * B' + beta * C */
enum kl_err onnx_op_gemm(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 2));
    struct onnx_value a = node->in[0], b = node->in[1], y;
    double alpha = (double)onnx_float(node, "alpha", 1.0f);
    double beta = (double)onnx_float(node, "beta", 1.0f);
    bool done = false;
    if (onnx_rank(&a) != 2 || onnx_rank(&b) != 2) {
        return onnx_fail(node, KL_EINPUT, "its inputs are no matrices");
    }
    a = onnx_int(node, "transA", 0) ? exchanged(a) : a;
    b = onnx_int(node, "transB", 0) ? exchanged(b) : b;
    if (alpha != 1.0) { /* where it can be computed now, or else costs least */
        KL_TRY(onnx_with_number(node->import, KL_OP_MUL, b, alpha, &b));
    }
    KL_TRY(onnx_matmul(node->import, a, b, &y));
    node->out[0] = y;
    if (!onnx_has_input(node, 2)) {
        return KL_OK;
    }
    struct onnx_value c = node->in[2];
    if (beta != 1.0) {
        KL_TRY(onnx_with_number(node->import, KL_OP_MUL, c, beta, &c));
    }
    if (y.tensor->producer) {
        KL_TRY(add_bias(node, y.tensor->producer, c, &done));
    }
    return done ? KL_OK
                : onnx_binary(node->import, KL_OP_ADD, y, c, y.tensor->dtype, &node->out[0]);
}

/* Integers less their zero point, as int32. */
static enum kl_err centred(struct onnx_node *node, int32_t input, int32_t zero_point, bool columns,
                           struct onnx_value *y)
{
    KL_TRY(onnx_cast(node->import, node->in[input], KL_S32, y));
    if (!onnx_has_input(node, zero_point)) {
        return KL_OK;
    }
    struct onnx_value zero = node->in[zero_point];
    KL_TRY(onnx_cast(node->import, zero, KL_S32, &zero));
    if (onnx_rank(&zero) == 1 && !columns) { /* one for each row */
        KL_TRY(onnx_insert_dim(node->import, zero, 1, &zero));
    }
    return onnx_binary(node->import, KL_OP_SUB, *y, zero, KL_S32, y);
}

enum kl_err onnx_op_matmul_integer(struct onnx_node *node)
{
    struct onnx_value a, b;
    KL_TRY(onnx_need_inputs(node, 2));
    KL_TRY(centred(node, 0, 2, false, &a));
    KL_TRY(centred(node, 1, 3, true, &b));
    return onnx_matmul(node->import, a, b, &node->out[0]);
}

/* Floats are exact up to 2^24: do the sums of all weights of an output, times 255, stay below? */
static bool sums_are_exact(const struct kl_tensor *weights)
{
    int64_t outputs = weights->shape.dim[0], count = kl_shape_elements(&weights->shape);
    for (int64_t o = 0; o < outputs; o++) {
        double sum = 0;
        for (int64_t i = o * (count / outputs); i < (o + 1) * (count / outputs); i++) {
            sum += fabs(kl_value_at(KL_F32, weights->data, i));
        }
        if (sum * 255.0 > 16777216.0) {
            return false;
        }
    }
    return true;
}

/* The integers less their zero point as floats: one zero point, or one per output. */
static enum kl_err centred_floats(struct onnx_node *node, int32_t input, int32_t zero_point,
                                  struct onnx_value *y)
{
    struct onnx_value zero;
    KL_TRY(onnx_cast(node->import, node->in[input], KL_F32, y));
    if (!onnx_has_input(node, zero_point)) {
        return KL_OK;
    }
    KL_TRY(onnx_cast(node->import, node->in[zero_point], KL_F32, &zero));
    int64_t count = kl_shape_elements(&zero.tensor->shape);
    struct kl_shape column = {.rank = count > 1 ? onnx_rank(y) : 0};
    for (int32_t i = 0; i < column.rank; i++) {
        column.dim[i] = i == 0 ? (int32_t)count : 1;
    }
    KL_TRY(onnx_reshape(node->import, zero, &column, &zero));
    return onnx_binary(node->import, KL_OP_SUB, *y, zero, KL_F32, y);
}

/* A float convolution of whole numbers, which is exact. */
enum kl_err onnx_op_conv_integer(struct onnx_node *node)
{
    struct onnx_value x, w;
    KL_TRY(onnx_need_inputs(node, 2));
    KL_TRY(centred_floats(node, 0, 2, &x));
    KL_TRY(centred_floats(node, 1, 3, &w));
    if (!onnx_is_constant(&w) || !sums_are_exact(w.tensor)) {
        return onnx_refuse(node, "weights that are no constants, or sums of more than 24 bits");
    }
    node->in[0] = x;
    node->in[1] = w;
    node->input_count = 2;
    KL_TRY(onnx_op_conv(node));
    return onnx_cast(node->import, node->out[0], KL_S32, &node->out[0]);
}
