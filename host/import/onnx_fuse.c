/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Float operators between integers become integer operators, with the exact arithmetic of the
 * engine: DEQUANTIZE -> operator -> QUANTIZE is what the format says, and one int8 operator is what
 * it means. Its results are at most one step away from the rounding of the float operators, mostly
 * none (docs/guide/onnx.md).
 */
#include <math.h>
#include <string.h>

#include "graph/build.h"
#include "import/onnx_handlers.h"

struct fuse {
    struct onnx_import *import;
    int32_t *uses; /* by tensor id */
    int32_t tensor_count;
};

static int32_t uses_of(const struct fuse *fuse, const struct kl_tensor *tensor)
{
    return tensor->id >= 0 && tensor->id < fuse->tensor_count ? fuse->uses[tensor->id] : 1;
}

static bool is_dequantise(const struct kl_tensor *tensor)
{
    return tensor->producer && tensor->producer->kind == KL_OP_DEQUANTIZE;
}

/* The int8 tensor, with one scale, that this float stands for; NULL when it is another float. */
static struct kl_tensor *integers_of(const struct kl_tensor *tensor)
{
    struct kl_tensor *from = is_dequantise(tensor) ? tensor->producer->inputs[0] : NULL;
    return from && from->dtype == KL_S8 && from->quant.count == 1 ? from : NULL;
}

/* Operators that only move elements, or choose among them: they may work on the integers. */
static bool only_moves(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_RESHAPE:
    case KL_OP_TRANSPOSE:
    case KL_OP_STRIDED_SLICE:
    case KL_OP_BROADCAST_TO:
    case KL_OP_TILE:
    case KL_OP_GATHER:
    case KL_OP_MAX_POOL_2D: return true;
    default: return false;
    }
}

/* move(dequantise(x)) as dequantise(move(x)); the new operator is appended. */
static enum kl_err sink(struct fuse *fuse, struct kl_op *op)
{
    struct kl_tensor *from = integers_of(op->inputs[0]);
    struct kl_tensor *moved = onnx_tensor(fuse->import, KL_S8, &op->outputs[0]->shape);
    struct kl_op *after = moved ? kl_dequantise_output(fuse->import->arena, op, moved) : NULL;
    if (!after) {
        return onnx_no_memory(fuse->import);
    }
    moved->quant = from->quant;
    moved->id = -1;
    op->inputs[0] = from;
    KL_TRY(onnx_append(fuse->import, op));
    return onnx_append(fuse->import, after);
}

static enum kl_activation *activation_of(struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_AVERAGE_POOL_2D: return &op->attr.window.activation;
    case KL_OP_FULLY_CONNECTED: return &op->attr.fully_connected.activation;
    case KL_OP_ADD:
    case KL_OP_SUB:
    case KL_OP_MUL: return &op->attr.binary.activation;
    default: return NULL;
    }
}

static bool has_weights(const struct kl_op *op)
{
    return op->kind == KL_OP_CONV_2D || op->kind == KL_OP_DEPTHWISE_CONV_2D ||
           op->kind == KL_OP_FULLY_CONNECTED;
}

/* Weights as the integer kernels want them: constant int8, zero points 0, per output channel. */
static struct kl_tensor *weights_of(const struct kl_op *op)
{
    const struct kl_tensor *weights = op->inputs[1];
    struct kl_tensor *from = is_dequantise(weights) ? weights->producer->inputs[0] : NULL;
    int32_t axis = op->kind == KL_OP_DEPTHWISE_CONV_2D ? 3 : 0;
    if (!from || !from->data || from->dtype != KL_S8 ||
        (from->quant.count > 1 && from->quant.axis != axis)) {
        return NULL;
    }
    for (int32_t i = 0; i < from->quant.count; i++) {
        if (from->quant.zero_point[i] != 0) {
            return NULL;
        }
    }
    return from;
}

/* The bias in steps of input scale times weight scale. */
static enum kl_err integer_bias(struct fuse *fuse, const struct kl_tensor *in,
                                const struct kl_tensor *weights, struct kl_tensor **bias,
                                bool *good)
{
    bool integers = is_dequantise(*bias) && (*bias)->producer->inputs[0]->data;
    const struct kl_tensor *from = integers ? (*bias)->producer->inputs[0] : *bias;
    struct kl_tensor *made;
    void *data;
    *good = integers ? from->dtype == KL_S32 : from->data && from->dtype == KL_F32;
    if (!*good) {
        return KL_OK;
    }
    KL_TRY(onnx_constant(fuse->import, KL_S32, &from->shape, &data, &made));
    for (int64_t i = 0; i < kl_shape_elements(&from->shape); i++) {
        double step = (double)in->quant.scale[0] *
                      (double)weights->quant.scale[weights->quant.count > 1 ? i : 0];
        double value = kl_value_at(from->dtype, from->data, i);
        if (integers) {
            int64_t at = from->quant.count > 1 ? i : 0;
            value = (value - from->quant.zero_point[at]) * (double)from->quant.scale[at];
        }
        double steps = nearbyint(value / step);
        if (!(fabs(steps) < 2147483647.0)) {
            *good = false;
            return KL_OK;
        }
        ((int32_t *)data)[i] = (int32_t)steps;
    }
    made->id = -1;
    *bias = made;
    return KL_OK;
}

/* Which inputs are data; the others are parameters and stay as they are. */
static int32_t data_inputs(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_FULLY_CONNECTED:
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MEAN:
    case KL_OP_SOFTMAX:
    case KL_OP_LOGISTIC:
    case KL_OP_TANH:
    case KL_OP_RELU:
    case KL_OP_RELU6:
    case KL_OP_LEAKY_RELU:
    case KL_OP_HARD_SWISH: return 1;
    case KL_OP_ADD:
    case KL_OP_SUB:
    case KL_OP_MUL:
    case KL_OP_PRELU: return 2;
    case KL_OP_CONCATENATION: return op->input_count;
    default: return 0;
    }
}

/* Some int8 operators are defined for one output scale only, or none of their own. */
static bool suits_output(const struct kl_op *op, const struct kl_tensor *out)
{
    float scale = out->quant.scale[0];
    int32_t zero_point = out->quant.zero_point[0];
    switch (op->kind) {
    case KL_OP_SOFTMAX:
    case KL_OP_LOGISTIC: return scale == 1.0f / 256 && zero_point == -128;
    case KL_OP_TANH: return scale == 1.0f / 128 && zero_point == 0;
    case KL_OP_AVERAGE_POOL_2D:
        return kl_quant_equal(&integers_of(op->inputs[0])->quant, &out->quant);
    case KL_OP_CONCATENATION:
        for (int32_t i = 0; i < op->input_count; i++) {
            if (!kl_quant_equal(&integers_of(op->inputs[i])->quant, &out->quant)) {
                return false;
            }
        }
        return true;
    default: return true;
    }
}

static bool all_integers(const struct kl_op *op)
{
    int32_t count = data_inputs(op);
    for (int32_t i = 0; i < count; i++) {
        struct kl_tensor *from = integers_of(op->inputs[i]);
        if (!from || (from->data && has_weights(op))) {
            return false;
        }
    }
    return count > 0;
}

/* Rewrite the operator to integers and to the output of the QUANTIZE behind it. */
static enum kl_err to_integers(struct fuse *fuse, struct kl_op *op, struct kl_tensor *out,
                               bool *done)
{
    struct kl_tensor *weights = has_weights(op) ? weights_of(op) : NULL;
    *done = all_integers(op) && suits_output(op, out) && (!has_weights(op) || weights);
    if (*done && weights && op->input_count > 2) {
        KL_TRY(integer_bias(fuse, integers_of(op->inputs[0]), weights, &op->inputs[2], done));
    }
    if (!*done) {
        return KL_OK;
    }
    for (int32_t i = 0; i < data_inputs(op); i++) {
        op->inputs[i] = integers_of(op->inputs[i]);
    }
    if (weights) {
        op->inputs[1] = weights;
    }
    op->outputs[0] = out;
    out->producer = op;
    return KL_OK;
}

/* RELU between an operator and QUANTIZE is the operator's activation. */
static struct kl_op *with_activation(const struct fuse *fuse, struct kl_op *op)
{
    struct kl_op *before = op->inputs[0]->producer;
    bool relu = op->kind == KL_OP_RELU || op->kind == KL_OP_RELU6;
    enum kl_activation *activation = relu && before ? activation_of(before) : NULL;
    if (!activation || *activation != KL_ACT_NONE || uses_of(fuse, op->inputs[0]) != 1) {
        return NULL;
    }
    *activation = op->kind == KL_OP_RELU ? KL_ACT_RELU : KL_ACT_RELU6;
    return before;
}

/* One QUANTIZE: can what is before it become an integer operator? */
static enum kl_err fuse_quantise(struct fuse *fuse, struct kl_op *quantise, bool *done)
{
    struct kl_tensor *out = quantise->outputs[0];
    struct kl_op *op = quantise->inputs[0]->producer;
    *done = false;
    if (!op || uses_of(fuse, quantise->inputs[0]) != 1 || out->quant.count != 1) {
        return KL_OK;
    }
    struct kl_op *before = with_activation(fuse, op);
    if (before) {
        KL_TRY(to_integers(fuse, before, out, done));
        if (!*done) {
            *activation_of(before) = KL_ACT_NONE;
        }
    }
    return *done ? KL_OK : to_integers(fuse, op, out, done);
}

/* Floats of a constant that no integer operator took. */
static enum kl_err fold_constant(struct fuse *fuse, struct kl_op *op)
{
    const struct kl_tensor *from = op->inputs[0];
    struct kl_tensor *out = op->outputs[0];
    struct kl_tensor *made;
    void *data;
    KL_TRY(onnx_constant(fuse->import, KL_F32, &out->shape, &data, &made));
    int64_t inner = 1, count = from->quant.count;
    for (int32_t i = from->quant.axis + 1; i < from->shape.rank && count > 1; i++) {
        inner *= from->shape.dim[i];
    }
    for (int64_t i = 0; i < kl_shape_elements(&from->shape); i++) {
        int64_t at = count > 1 ? i / inner % count : 0;
        float steps = (float)(kl_value_at(from->dtype, from->data, i) - from->quant.zero_point[at]);
        ((float *)data)[i] = steps * from->quant.scale[at];
    }
    out->data = data;
    out->producer = NULL;
    return KL_OK;
}

/* Is it dequantised from integers of the same scale? */
static bool is_round_trip(const struct kl_op *quantise)
{
    const struct kl_tensor *from = integers_of(quantise->inputs[0]);
    const struct kl_tensor *out = quantise->outputs[0];
    return from && !from->data && out->dtype == KL_S8 && kl_quant_equal(&from->quant, &out->quant);
}

static enum kl_err rewrite(struct fuse *fuse, struct kl_op *op)
{
    if (only_moves(op->kind) && integers_of(op->inputs[0]) && !op->inputs[0]->data &&
        op->outputs[0]->dtype == KL_F32 && !integers_of(op->inputs[0])->data) {
        return sink(fuse, op);
    }
    if (op->kind == KL_OP_QUANTIZE && is_round_trip(op)) {
        op->kind = KL_OP_RESHAPE; /* the same integers again */
        op->attr = (union kl_attr){0};
        op->inputs[0] = integers_of(op->inputs[0]);
        return onnx_append(fuse->import, op);
    }
    if (op->kind == KL_OP_QUANTIZE) {
        bool done;
        KL_TRY(fuse_quantise(fuse, op, &done));
        if (done) {
            return KL_OK;
        }
    }
    return onnx_append(fuse->import, op);
}

/* Operators whose result nobody reads any more, from the end. */
static void drop_unread(struct kl_op **ops, int32_t *count, const struct kl_subgraph *subgraph)
{
    int32_t kept = *count;
    for (int32_t i = 0; i < *count; i++) {
        for (int32_t k = 0; k < ops[i]->output_count; k++) {
            ops[i]->outputs[k]->id = 0;
        }
        for (int32_t k = 0; k < ops[i]->input_count; k++) {
            ops[i]->inputs[k]->id = 0;
        }
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        subgraph->outputs[i]->id = 1;
    }
    for (int32_t i = *count; i-- > 0;) {
        bool read = false;
        for (int32_t k = 0; k < ops[i]->output_count; k++) {
            read = read || ops[i]->outputs[k]->id;
        }
        for (int32_t k = 0; k < ops[i]->input_count && read; k++) {
            ops[i]->inputs[k]->id = 1;
        }
        if (read) {
            ops[--kept] = ops[i];
        }
    }
    *count -= kept;
    memmove(ops, ops + kept, sizeof(struct kl_op *) * (size_t)*count);
}

enum kl_err onnx_fuse_quantised(struct onnx_import *import, struct kl_subgraph *subgraph)
{
    struct fuse fuse = {.import = import, .tensor_count = subgraph->tensor_count};
    struct kl_op **ops = import->ops;
    int32_t count = import->op_count;
    fuse.uses = kl_subgraph_uses(import->graph, subgraph);
    if (!fuse.uses) {
        return onnx_no_memory(import);
    }
    import->ops = NULL;
    import->op_count = import->op_capacity = 0;
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(rewrite(&fuse, ops[i]));
    }
    drop_unread(import->ops, &import->op_count, subgraph);
    int32_t kept = 0;
    for (int32_t i = 0; i < import->op_count; i++) {
        struct kl_op *op = import->ops[i];
        if (op->kind == KL_OP_DEQUANTIZE && op->inputs[0]->data) {
            KL_TRY(fold_constant(&fuse, op));
        } else {
            import->ops[kept++] = op;
        }
    }
    import->op_count = kept;
    return KL_OK;
}
