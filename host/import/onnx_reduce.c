/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions, and operators along one axis. */
#include <string.h>

#include "import/onnx_handlers.h"

static bool is_op(const struct onnx_node *node, const char *name)
{
    return strcmp(node->proto->op_type, name) == 0;
}

/* The axes are an attribute, from opset 13 (ReduceSum) or 18 on an input. */
static enum kl_err read_axes(struct onnx_node *node, bool reduced[KL_MAX_RANK], bool *none)
{
    int64_t axes[KL_MAX_RANK];
    int32_t count, rank = onnx_rank(&node->in[0]);
    KL_TRY(onnx_input_ints(node, 1, "axes", axes, KL_MAX_RANK, &count));
    *none = count <= 0 && onnx_int(node, "noop_with_empty_axes", 0);
    memset(reduced, 0, sizeof reduced[0] * KL_MAX_RANK);
    for (int32_t i = 0; i < rank; i++) {
        reduced[i] = count <= 0;
    }
    for (int32_t i = 0; i < count; i++) {
        int32_t axis = 0;
        KL_TRY(onnx_axis(node, axes[i], rank, &axis));
        reduced[axis] = true;
    }
    return KL_OK;
}

static enum kl_err plain_reduce(struct onnx_node *node, enum kl_op_kind kind, struct onnx_value x,
                                struct onnx_value *y)
{
    bool reduced[KL_MAX_RANK], none;
    KL_TRY(read_axes(node, reduced, &none));
    *y = x;
    return none
               ? KL_OK
               : onnx_reduce(node->import, kind, x, reduced, onnx_int(node, "keepdims", 1) != 0, y);
}

enum kl_err onnx_op_reduce(struct onnx_node *node)
{
    static const struct {
        const char *name;
        enum kl_op_kind kind;
    } kinds[] = {{"ReduceSum", KL_OP_SUM},
                 {"ReduceMean", KL_OP_MEAN},
                 {"ReduceProd", KL_OP_REDUCE_PROD},
                 {"ReduceMax", KL_OP_REDUCE_MAX},
                 {"ReduceMin", KL_OP_REDUCE_MIN}};
    KL_TRY(onnx_need_inputs(node, 1));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (is_op(node, kinds[i].name)) {
            return plain_reduce(node, kinds[i].kind, node->in[0], &node->out[0]);
        }
    }
    return onnx_refuse(node, "this reduction is not supported");
}

/* Sums of a function of each element, and a function of the sum. */
enum kl_err onnx_op_reduce_function(struct onnx_node *node)
{
    struct onnx_value x = node->in[0];
    KL_TRY(onnx_need_inputs(node, 1));
    bool l1 = is_op(node, "ReduceL1"), l2 = is_op(node, "ReduceL2");
    bool log_sum = is_op(node, "ReduceLogSum"), exponential = is_op(node, "ReduceLogSumExp");
    if (x.tensor->dtype != KL_F32) {
        return onnx_refuse(node, "type %s", kl_dtype_name(x.tensor->dtype));
    }
    if (!log_sum) {
        enum kl_op_kind kind = l1 ? KL_OP_ABS : exponential ? KL_OP_EXP : KL_OP_SQUARE;
        KL_TRY(onnx_unary(node->import, kind, x, &x));
    }
    KL_TRY(plain_reduce(node, KL_OP_SUM, x, &x));
    node->out[0] = x;
    if (l2 || log_sum || exponential) {
        return onnx_unary(node->import, l2 ? KL_OP_SQRT : KL_OP_LOG, x, &node->out[0]);
    }
    return KL_OK;
}

enum kl_err onnx_op_arg(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 1));
    struct onnx_value x = node->in[0];
    int32_t axis;
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", 0), onnx_rank(&x), &axis));
    int32_t place = onnx_place(&x, axis);
    struct kl_tensor *inputs[2] = {x.tensor};
    struct kl_shape shape = x.tensor->shape;
    shape.dim[place] = 1;
    KL_TRY(onnx_ints_tensor(node->import, 1, &place, &inputs[1]));
    struct kl_op *op =
        onnx_new_op(node->import, is_op(node, "ArgMax") ? KL_OP_ARG_MAX : KL_OP_ARG_MIN, 2, inputs,
                    KL_S64, &shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    op->attr.arg.keep_dims = true;
    op->attr.arg.last = onnx_int(node, "select_last_index", 0) != 0;
    struct onnx_value y = onnx_ordered(op->outputs[0], x.order);
    KL_TRY(onnx_finish(node->import, op));
    node->out[0] = y;
    return onnx_int(node, "keepdims", 1) ? KL_OK
                                         : onnx_remove_dim(node->import, y, axis, &node->out[0]);
}

/*
 * Before opset 13 these operators flatten: all dimensions from the axis on count as one. Returns
 * the value as it is to be worked on, and its axis.
 */
static enum kl_err softmax_input(struct onnx_node *node, struct onnx_value *x, int32_t *axis)
{
    KL_TRY(onnx_need_inputs(node, 1));
    *x = node->in[0];
    struct kl_shape shape = onnx_shape(x);
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", node->version < 13 ? 1 : -1), shape.rank, axis));
    if (node->version >= 13 || *axis == shape.rank - 1) {
        return KL_OK;
    }
    struct kl_shape flat = {2, {1, 1}};
    for (int32_t i = 0; i < shape.rank; i++) {
        flat.dim[i < *axis ? 0 : 1] *= shape.dim[i];
    }
    *axis = 1;
    return onnx_reshape(node->import, *x, &flat, x);
}

enum kl_err onnx_op_softmax(struct onnx_node *node)
{
    struct onnx_value x;
    int32_t axis;
    KL_TRY(softmax_input(node, &x, &axis));
    KL_TRY(onnx_softmax(node->import, x, axis, &x));
    struct kl_shape shape = onnx_shape(&node->in[0]);
    return onnx_reshape(node->import, x, &shape, &node->out[0]);
}

/* (x - max) - log(sum(exp(x - max))) */
enum kl_err onnx_op_log_softmax(struct onnx_node *node)
{
    struct onnx_value x, max, sum;
    int32_t axis;
    bool reduced[KL_MAX_RANK] = {false};
    KL_TRY(softmax_input(node, &x, &axis));
    reduced[axis] = true;
    KL_TRY(onnx_reduce(node->import, KL_OP_REDUCE_MAX, x, reduced, true, &max));
    KL_TRY(onnx_binary(node->import, KL_OP_SUB, x, max, KL_F32, &x));
    KL_TRY(onnx_unary(node->import, KL_OP_EXP, x, &sum));
    KL_TRY(onnx_reduce(node->import, KL_OP_SUM, sum, reduced, true, &sum));
    KL_TRY(onnx_unary(node->import, KL_OP_LOG, sum, &sum));
    KL_TRY(onnx_binary(node->import, KL_OP_SUB, x, sum, KL_F32, &x));
    struct kl_shape shape = onnx_shape(&node->in[0]);
    return onnx_reshape(node->import, x, &shape, &node->out[0]);
}

/* 0, 1, ... along one dimension of a shape of that rank. */
static enum kl_err counting(struct onnx_node *node, int32_t rank, int32_t axis, int32_t count,
                            int64_t first, struct onnx_value *y)
{
    struct kl_shape shape = {.rank = rank};
    struct kl_tensor *tensor;
    void *data;
    for (int32_t i = 0; i < rank; i++) {
        shape.dim[i] = i == axis ? count : 1;
    }
    KL_TRY(onnx_constant(node->import, KL_S64, &shape, &data, &tensor));
    for (int32_t i = 0; i < count; i++) {
        ((int64_t *)data)[i] = first + i;
    }
    *y = onnx_value_of(tensor);
    return KL_OK;
}

/* 1 at the place of the largest element, else 0. */
enum kl_err onnx_op_hardmax(struct onnx_node *node)
{
    struct onnx_value x, places, all;
    int32_t axis;
    KL_TRY(softmax_input(node, &x, &axis));
    struct kl_tensor *inputs[2];
    KL_TRY(onnx_plain(node->import, x, &inputs[0]));
    KL_TRY(onnx_ints_tensor(node->import, 1, &axis, &inputs[1]));
    struct kl_shape shape = inputs[0]->shape;
    int32_t count = shape.dim[axis];
    shape.dim[axis] = 1;
    struct kl_op *op = onnx_new_op(node->import, KL_OP_ARG_MAX, 2, inputs, KL_S64, &shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    op->attr.arg.keep_dims = true;
    KL_TRY(onnx_finish(node->import, op));
    places = onnx_value_of(op->outputs[0]);
    KL_TRY(counting(node, shape.rank, axis, count, 0, &all));
    KL_TRY(onnx_binary(node->import, KL_OP_EQUAL, places, all, KL_BOOL, &places));
    KL_TRY(onnx_cast(node->import, places, KL_F32, &places));
    shape = onnx_shape(&node->in[0]);
    return onnx_reshape(node->import, places, &shape, &node->out[0]);
}

/* Indices from -depth to depth - 1 are "on"; others give no "on" at all. */
enum kl_err onnx_op_one_hot(struct onnx_node *node)
{
    int32_t axis;
    float depth;
    struct onnx_value index, all, below, on, off, hit, other;
    KL_TRY(onnx_need_inputs(node, 3));
    KL_TRY(onnx_input_float(node, 1, 0.0f, &depth));
    int32_t rank = onnx_rank(&node->in[0]) + 1;
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", -1), rank, &axis));
    if (!(depth >= 1.0f && depth <= 65536.0f) || rank > KL_MAX_RANK) {
        return onnx_refuse(node, "depth %g", (double)depth);
    }
    KL_TRY(onnx_cast(node->import, node->in[0], KL_S64, &index));
    KL_TRY(onnx_insert_dim(node->import, index, axis, &index));
    KL_TRY(counting(node, rank, axis, (int32_t)depth, 0, &all));
    KL_TRY(counting(node, rank, axis, (int32_t)depth, -(int64_t)depth, &below));
    KL_TRY(onnx_binary(node->import, KL_OP_EQUAL, index, all, KL_BOOL, &hit));
    KL_TRY(onnx_binary(node->import, KL_OP_EQUAL, index, below, KL_BOOL, &other));
    KL_TRY(onnx_binary(node->import, KL_OP_LOGICAL_OR, hit, other, KL_BOOL, &hit));
    KL_TRY(onnx_slice(node->import, node->in[2], 0, 0, 1, 1, &off));
    KL_TRY(onnx_slice(node->import, node->in[2], 0, 1, 1, 1, &on));
    return onnx_select(node->import, hit, on, off, &node->out[0]);
}

enum kl_err onnx_op_cumsum(struct onnx_node *node)
{
    int64_t given;
    int32_t count, axis;
    KL_TRY(onnx_need_inputs(node, 2));
    KL_TRY(onnx_input_ints(node, 1, NULL, &given, 1, &count));
    KL_TRY(onnx_axis(node, count == 1 ? given : INT64_MAX, onnx_rank(&node->in[0]), &axis));
    struct onnx_value x = node->in[0];
    int32_t place = onnx_place(&x, axis);
    struct kl_tensor *inputs[2] = {x.tensor};
    KL_TRY(onnx_ints_tensor(node->import, 1, &place, &inputs[1]));
    struct kl_op *op =
        onnx_new_op(node->import, KL_OP_CUMSUM, 2, inputs, x.tensor->dtype, &x.tensor->shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    op->attr.cumsum.exclusive = onnx_int(node, "exclusive", 0) != 0;
    op->attr.cumsum.reverse = onnx_int(node, "reverse", 0) != 0;
    node->out[0] = onnx_ordered(op->outputs[0], x.order);
    return onnx_finish(node->import, op);
}

/* k is an attribute up to opset 9, then an input. Results are sorted in any case. */
enum kl_err onnx_op_topk(struct onnx_node *node)
{
    int64_t k = onnx_int(node, "k", 0);
    int32_t count, axis;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_input_ints(node, 1, NULL, &k, 1, &count));
    struct onnx_value x = node->in[0];
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", -1), onnx_rank(&x), &axis));
    struct kl_tensor *inputs[2] = {x.tensor};
    struct kl_shape shape = x.tensor->shape;
    int32_t place = onnx_place(&x, axis);
    if (k < 1 || k > shape.dim[place]) {
        return onnx_refuse(node, "k = %lld", (long long)k);
    }
    int32_t taken = (int32_t)k;
    shape.dim[place] = taken;
    KL_TRY(onnx_ints_tensor(node->import, 1, &taken, &inputs[1]));
    struct kl_op *op = onnx_new_op(node->import, KL_OP_TOPK_V2, 2, inputs, x.tensor->dtype, &shape);
    struct kl_tensor *indices = op ? onnx_more_output(node->import, op, KL_S64, &shape) : NULL;
    if (!indices) {
        return onnx_no_memory(node->import);
    }
    op->attr.topk.axis = place;
    op->attr.topk.smallest = !onnx_int(node, "largest", 1);
    node->out[0] = onnx_ordered(op->outputs[0], x.order);
    node->out[1] = onnx_ordered(indices, x.order);
    return onnx_finish(node->import, op);
}
