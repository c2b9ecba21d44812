/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantised models. A quantised value is read as the float that it stands for, as a DEQUANTIZE
 * operator behind a QUANTIZE operator or an integer constant, with a note of the integers it was
 * declared as. QDQ and QOperator models become the same graph that way, and onnx_fuse.c turns float
 * operators between integers into integer operators.
 */
#include <math.h>
#include <string.h>

#include "import/onnx_handlers.h"

/* Scale and zero point from constants; one, or one along an axis. */
static enum kl_err read_quant(struct onnx_node *node, int32_t scale, int32_t zero_point,
                              enum kl_dtype dtype, struct kl_quant *quant)
{
    if (!onnx_has_input(node, scale) || !onnx_is_constant(&node->in[scale]) ||
        (onnx_has_input(node, zero_point) && !onnx_is_constant(&node->in[zero_point]))) {
        return onnx_refuse(node, "a scale or zero point that is computed at run time");
    }
    struct kl_tensor *scales, *zeros = NULL;
    KL_TRY(onnx_plain(node->import, node->in[scale], &scales));
    if (onnx_has_input(node, zero_point)) {
        KL_TRY(onnx_plain(node->import, node->in[zero_point], &zeros));
    }
    int64_t count = kl_shape_elements(&scales->shape);
    int64_t zero_count = zeros ? kl_shape_elements(&zeros->shape) : 0;
    int32_t *points = KL_NEW(node->import->arena, int32_t, (size_t)(count > 0 ? count : 1));
    if (!points) {
        return onnx_no_memory(node->import);
    }
    if (scales->dtype != KL_F32 || count < 1 || (zeros && zero_count != count && zero_count != 1)) {
        return onnx_fail(node, KL_EINPUT, "its scales and zero points do not suit each other");
    }
    for (int64_t i = 0; i < count; i++) {
        double point =
            zeros ? kl_value_at(zeros->dtype, zeros->data, zero_count == 1 ? 0 : i) : 0.0;
        points[i] = (int32_t)point - (dtype == KL_U8 ? 128 : 0);
        float value = ((const float *)scales->data)[i];
        if (!(value > 0.0f) || !isfinite(value)) {
            return onnx_refuse(node, "scale %g", (double)value);
        }
    }
    *quant =
        (struct kl_quant){.count = (int32_t)count, .scale = scales->data, .zero_point = points};
    return KL_OK;
}

static enum kl_err dequantise_op(struct onnx_node *node, struct kl_tensor *tensor,
                                 const int32_t order[KL_MAX_RANK], struct onnx_value *y)
{
    struct kl_op *op =
        onnx_new_op(node->import, KL_OP_DEQUANTIZE, 1, &tensor, KL_F32, &tensor->shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    *y = onnx_ordered(op->outputs[0], order);
    return onnx_finish(node->import, op);
}

/* Element `index` without its zero point. */
static int32_t above_zero(const struct kl_tensor *t, int32_t inner, size_t index)
{
    const int64_t channel = t->quant.count == 1 ? 0 : (int64_t)index / inner % t->quant.count;
    return ((const int8_t *)t->data)[index] - t->quant.zero_point[channel];
}

/* Integers of 4 bits lose their zero points, which are of 4 bits, too: layers want weights without,
 * and int8 holds the differences. */
static enum kl_err centre_nibbles(struct onnx_node *node, struct kl_tensor *t)
{
    int32_t inner = 1;
    int32_t *zeros = KL_NEW(node->import->arena, int32_t, (size_t)t->quant.count);
    int8_t *values = KL_NEW(node->import->arena, int8_t, t->bytes ? t->bytes : 1);
    if (!zeros || !values) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = t->quant.axis + 1; i < t->shape.rank; i++) {
        inner *= t->shape.dim[i];
    }
    for (size_t i = 0; i < t->bytes; i++) {
        const int32_t value = above_zero(t, inner, i);
        if (value < INT8_MIN || value > INT8_MAX) {
            return onnx_fail(node, KL_EINPUT, "a zero point that does not fit 4 bits");
        }
        values[i] = (int8_t)value;
    }
    t->data = values;
    t->quant.zero_point = zeros;
    return KL_OK;
}

/* An integer constant under the graph's rules: int8 instead of uint8. */
static enum kl_err constant_integers(struct onnx_node *node, const struct kl_tensor *from,
                                     struct kl_quant quant, struct kl_tensor **to)
{
    void *data;
    enum kl_dtype dtype = from->dtype == KL_U8 ? KL_S8 : from->dtype;
    KL_TRY(onnx_constant(node->import, dtype, &from->shape, &data, to));
    memcpy(data, from->data, from->bytes);
    for (size_t i = 0; i < from->bytes && from->dtype == KL_U8; i++) {
        ((unsigned char *)data)[i] ^= 0x80;
    }
    (*to)->quant = quant;
    return KL_OK;
}

/* Shape of scales [n] along `axis` for a value of that rank, or of one scale. */
static enum kl_err along_axis(struct onnx_node *node, int32_t input, int32_t rank, int32_t axis,
                              struct onnx_value *y)
{
    struct kl_shape shape = {.rank = rank};
    int32_t count = (int32_t)kl_shape_elements(&node->in[input].tensor->shape);
    if (count == 1 || onnx_rank(&node->in[input]) != 1) {
        *y = node->in[input];
        return KL_OK;
    }
    for (int32_t i = 0; i < rank; i++) {
        shape.dim[i] = i == axis ? count : 1;
    }
    return onnx_reshape(node->import, node->in[input], &shape, y);
}

/* One scale for each block of elements along the axis: repeated to the value's shape. */
static enum kl_err along_blocks(struct onnx_node *node, int32_t input, struct onnx_value x,
                                int32_t axis, struct onnx_value *y)
{
    int64_t size = onnx_int(node, "block_size", 0);
    struct kl_shape shape = onnx_shape(&x);
    if (size == 0) {
        return along_axis(node, input, shape.rank, axis, y);
    }
    int32_t *indices = KL_NEW(node->import->arena, int32_t, (size_t)shape.dim[axis]);
    int32_t blocks =
        onnx_rank(&node->in[input]) == shape.rank ? onnx_shape(&node->in[input]).dim[axis] : 0;
    if (!indices) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < shape.dim[axis]; i++) {
        indices[i] = (int32_t)(i / size);
        if (size < 1 || indices[i] >= blocks) {
            return onnx_fail(node, KL_EINPUT, "block_size %lld", (long long)size);
        }
    }
    return onnx_pick(node->import, node->in[input], axis, shape.dim[axis], indices, y);
}

static enum kl_err quant_axis(struct onnx_node *node, struct onnx_value x, int32_t *axis)
{
    *axis = 0;
    int64_t count = kl_shape_elements(&node->in[1].tensor->shape);
    return count == 1 ? KL_OK : onnx_axis(node, onnx_int(node, "axis", 1), onnx_rank(&x), axis);
}

/* (x - zero_point) * scale by plain operators. */
static enum kl_err dequantise_plainly(struct onnx_node *node, struct onnx_value x)
{
    struct onnx_value y, scale, zero;
    int32_t axis;
    KL_TRY(quant_axis(node, x, &axis));
    KL_TRY(onnx_cast(node->import, x, KL_F32, &y));
    if (onnx_has_input(node, 2)) {
        KL_TRY(along_blocks(node, 2, x, axis, &zero));
        KL_TRY(onnx_cast(node->import, zero, KL_F32, &zero));
        KL_TRY(onnx_binary(node->import, KL_OP_SUB, y, zero, KL_F32, &y));
    }
    KL_TRY(along_blocks(node, 1, x, axis, &scale));
    return onnx_binary(node->import, KL_OP_MUL, y, scale, KL_F32, &node->out[0]);
}

static bool is_narrow(enum kl_dtype dtype)
{
    return dtype == KL_S8 || dtype == KL_U8;
}

/* A quantised value of `node->in[index]` by the scale and zero point that follow it. */
static enum kl_err dequantised(struct onnx_node *node, int32_t index, int32_t scale,
                               int32_t zero_point, int64_t axis, struct onnx_value *y)
{
    struct onnx_value x = node->in[index];
    struct kl_quant quant;
    if (x.quant) { /* it is that float already */
        *y = x;
        y->quant = NULL;
        return KL_OK;
    }
    KL_TRY(read_quant(node, scale, zero_point, x.tensor->dtype, &quant));
    if (quant.count > 1) {
        KL_TRY(onnx_axis(node, axis, onnx_rank(&x), &quant.axis));
        quant.axis = onnx_place(&x, quant.axis);
        if (quant.count != x.tensor->shape.dim[quant.axis]) {
            return onnx_fail(node, KL_EINPUT, "%d scales", quant.count);
        }
    }
    if (onnx_is_constant(&x)) {
        struct kl_tensor *integers;
        KL_TRY(constant_integers(node, x.tensor, quant, &integers));
        if (x.is_nibbles) {
            KL_TRY(centre_nibbles(node, integers));
        }
        return dequantise_op(node, integers, x.order, y);
    }
    if (x.tensor->dtype == KL_S8 && !x.tensor->producer && quant.count == 1) { /* a model input */
        x.tensor->quant = quant;
        return dequantise_op(node, x.tensor, x.order, y);
    }
    return onnx_refuse(node, "integers that are computed by other operators");
}

enum kl_err onnx_op_dequantize_linear(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 2));
    struct onnx_value x = node->in[0];
    bool blocks = onnx_int(node, "block_size", 0) != 0;
    bool input = x.tensor->dtype == KL_S8 && !x.tensor->producer &&
                 kl_shape_elements(&node->in[1].tensor->shape) == 1;
    bool constant =
        onnx_is_constant(&x) && (is_narrow(x.tensor->dtype) || x.tensor->dtype == KL_S32);
    bool known = onnx_is_constant(&node->in[1]) &&
                 (!onnx_has_input(node, 2) || onnx_is_constant(&node->in[2]));
    if (x.quant || (known && !blocks && (input || constant))) {
        return dequantised(node, 0, 1, 2, onnx_int(node, "axis", 1), &node->out[0]);
    }
    return dequantise_plainly(node, x);
}

static void integer_range(enum kl_dtype dtype, double *low, double *high)
{
    double bits = 8.0 * (double)kl_dtype_bytes(dtype);
    bool is_signed = dtype == KL_S8 || dtype == KL_S16;
    *low = is_signed ? -exp2(bits - 1) : 0.0;
    *high = is_signed ? exp2(bits - 1) - 1 : exp2(bits) - 1;
}

/* round(x / scale) + zero_point, limited, by plain operators: halves to even as ONNX says. */
static enum kl_err quantise_plainly(struct onnx_node *node, struct onnx_value x,
                                    struct onnx_value scale, const struct onnx_value *zero,
                                    enum kl_dtype dtype, struct onnx_value *y)
{
    double low, high;
    struct onnx_value point;
    integer_range(dtype, &low, &high);
    KL_TRY(onnx_binary(node->import, KL_OP_DIV, x, scale, KL_F32, y));
    KL_TRY(onnx_unary(node->import, KL_OP_ROUND, *y, y));
    if (zero) {
        KL_TRY(onnx_cast(node->import, *zero, KL_F32, &point));
        KL_TRY(onnx_binary(node->import, KL_OP_ADD, *y, point, KL_F32, y));
    }
    KL_TRY(onnx_with_number(node->import, KL_OP_MAXIMUM, *y, low, y));
    KL_TRY(onnx_with_number(node->import, KL_OP_MINIMUM, *y, high, y));
    return onnx_cast(node->import, *y, dtype, y);
}

/* The declared integers of a quantised value, for those that want them. */
enum kl_err onnx_raw_integers(struct onnx_node *node, struct onnx_value *x)
{
    const struct onnx_quant *quant = x->quant;
    struct kl_tensor *scale, *zero;
    if (!quant) { /* also an input that is left out */
        return KL_OK;
    }
    const struct kl_op *producer = x->tensor->producer;
    x->quant = NULL;
    if (quant->dtype == KL_S8 && producer && producer->kind == KL_OP_DEQUANTIZE) {
        x->tensor = producer->inputs[0];
        return KL_OK;
    }
    KL_TRY(onnx_scalar(node->import, KL_F32, (double)quant->scale, &scale));
    KL_TRY(onnx_scalar(node->import, KL_F32, (double)quant->zero_point, &zero));
    struct onnx_value point = onnx_value_of(zero);
    return quantise_plainly(node, *x, onnx_value_of(scale), &point, quant->dtype, x);
}

/* A float as a quantised value with the scale and zero point in inputs `scale` and `zero_point`. */
static enum kl_err quantised(struct onnx_node *node, struct onnx_value x, int32_t scale,
                             int32_t zero_point, struct onnx_value *y)
{
    enum kl_dtype dtype =
        onnx_has_input(node, zero_point) ? node->in[zero_point].tensor->dtype : KL_U8;
    struct onnx_quant *note = KL_NEW(node->import->arena, struct onnx_quant, 1);
    struct kl_quant quant;
    KL_TRY(read_quant(node, scale, zero_point, dtype, &quant));
    if (!is_narrow(dtype) || quant.count != 1 || !note) {
        return onnx_refuse(node, "a result of %s with %d scales", kl_dtype_name(dtype),
                           quant.count);
    }
    struct kl_op *op =
        onnx_new_op(node->import, KL_OP_QUANTIZE, 1, &x.tensor, KL_S8, &x.tensor->shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    op->outputs[0]->quant = quant;
    op->attr.quantize.halves_to_even = true;
    KL_TRY(onnx_append(node->import, op));
    KL_TRY(dequantise_op(node, op->outputs[0], x.order, y));
    *note = (struct onnx_quant){dtype, quant.scale[0],
                                quant.zero_point[0] + (dtype == KL_U8 ? 128 : 0)};
    y->quant = note;
    return KL_OK;
}

enum kl_err onnx_op_quantize_linear(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 2));
    struct onnx_value x = node->in[0], scale, zero;
    int32_t axis;
    enum kl_dtype dtype = onnx_has_input(node, 2)
                              ? node->in[2].tensor->dtype
                              : onnx_dtype((int32_t)onnx_int(node, "output_dtype", 2));
    bool one = kl_shape_elements(&node->in[1].tensor->shape) == 1;
    bool known = onnx_is_constant(&node->in[1]) &&
                 (!onnx_has_input(node, 2) || onnx_is_constant(&node->in[2]));
    if (one && known && is_narrow(dtype) && !onnx_is_constant(&x) &&
        (onnx_has_input(node, 2) || dtype == KL_U8)) {
        return quantised(node, x, 1, 2, &node->out[0]);
    }
    if (dtype != KL_S16 && dtype != KL_U16 && !is_narrow(dtype)) {
        return onnx_refuse(node, "type %s", kl_dtype_name(dtype));
    }
    KL_TRY(quant_axis(node, x, &axis));
    KL_TRY(along_blocks(node, 1, x, axis, &scale));
    if (onnx_has_input(node, 2)) {
        KL_TRY(along_blocks(node, 2, x, axis, &zero));
    }
    return quantise_plainly(node, x, scale, onnx_has_input(node, 2) ? &zero : NULL, dtype,
                            &node->out[0]);
}

/* Replace three inputs (value, scale, zero point) by the float that they mean. */
static enum kl_err take_quantised(struct onnx_node *node, int32_t at, int64_t axis,
                                  struct onnx_value *y)
{
    struct onnx_value x = node->in[at];
    if (x.quant || onnx_is_constant(&x) ||
        (x.tensor->dtype == KL_S8 && !x.tensor->producer && onnx_is_constant(&node->in[at + 1]))) {
        return dequantised(node, at, at + 1, at + 2, axis, y);
    }
    struct onnx_value saved[3] = {node->in[0], node->in[1], node->in[2]}, out = node->out[0];
    for (int32_t i = 0; i < 3; i++) {
        node->in[i] = at + i < node->input_count ? node->in[at + i] : (struct onnx_value){0};
    }
    enum kl_err err = dequantise_plainly(node, node->in[0]);
    *y = node->out[0];
    memcpy(node->in, saved, sizeof saved);
    node->out[0] = out;
    return err;
}

/* A result of floats, quantised as inputs `scale` and `scale` + 1 say; plainly when that must be.
 */
static enum kl_err give_quantised(struct onnx_node *node, struct onnx_value y, int32_t scale)
{
    if (onnx_is_constant(&node->in[scale])) {
        return quantised(node, y, scale, scale + 1, &node->out[0]);
    }
    const struct onnx_value *zero = onnx_has_input(node, scale + 1) ? &node->in[scale + 1] : NULL;
    return quantise_plainly(node, y, node->in[scale], zero, zero ? zero->tensor->dtype : KL_U8,
                            &node->out[0]);
}

/* x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B */
enum kl_err onnx_op_qlinear_conv(struct onnx_node *node)
{
    struct onnx_value x, w, none = {0}, all[9];
    KL_TRY(onnx_need_inputs(node, 8));
    KL_TRY(take_quantised(node, 0, 1, &x));
    KL_TRY(take_quantised(node, 3, 0, &w));
    memcpy(all, node->in, sizeof all);
    node->in[0] = x;
    node->in[1] = w;
    bool has_bias = onnx_has_input(node, 8);
    struct onnx_value scale, bias;
    if (has_bias) {
        struct kl_quant quant;
        struct kl_tensor *integers, *scales;
        KL_TRY(onnx_binary(node->import, KL_OP_MUL, all[1], all[4], KL_F32, &scale));
        KL_TRY(onnx_plain(node->import, scale, &scales));
        node->in[3] = onnx_value_of(scales);
        node->in[4] = none;
        KL_TRY(read_quant(node, 3, 4, KL_S32, &quant));
        if (!onnx_is_constant(&all[8])) {
            return onnx_refuse(node, "a bias that is computed at run time");
        }
        KL_TRY(constant_integers(node, all[8].tensor, quant, &integers));
        KL_TRY(dequantise_op(node, integers, all[8].order, &bias));
    }
    node->in[2] = has_bias ? bias : none;
    KL_TRY(onnx_op_conv(node));
    memcpy(node->in, all, sizeof all);
    return give_quantised(node, node->out[0], 6);
}

/* a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point */
enum kl_err onnx_op_qlinear_matmul(struct onnx_node *node)
{
    struct onnx_value a, b, y;
    KL_TRY(onnx_need_inputs(node, 8));
    KL_TRY(take_quantised(node, 0, 1, &a));
    KL_TRY(take_quantised(node, 3, onnx_rank(&node->in[3]) - 1, &b));
    KL_TRY(onnx_matmul(node->import, a, b, &y));
    return give_quantised(node, y, 6);
}

static enum kl_err qlinear_binary(struct onnx_node *node, enum kl_op_kind kind)
{
    struct onnx_value a, b, y;
    KL_TRY(onnx_need_inputs(node, 7));
    KL_TRY(take_quantised(node, 0, 1, &a));
    KL_TRY(take_quantised(node, 3, 1, &b));
    KL_TRY(onnx_binary(node->import, kind, a, b, KL_F32, &y));
    return give_quantised(node, y, 6);
}

enum kl_err onnx_op_qlinear_add(struct onnx_node *node)
{
    return qlinear_binary(node, KL_OP_ADD);
}

enum kl_err onnx_op_qlinear_mul(struct onnx_node *node)
{
    return qlinear_binary(node, KL_OP_MUL);
}

/* X, x_scale, x_zero_point, y_scale, y_zero_point: a float operator between integers. */
static enum kl_err qlinear_unary(struct onnx_node *node, onnx_handler *handler)
{
    struct onnx_value x, all[5];
    KL_TRY(onnx_need_inputs(node, 4));
    KL_TRY(take_quantised(node, 0, 1, &x));
    memcpy(all, node->in, sizeof all);
    int32_t count = node->input_count;
    node->in[0] = x;
    node->input_count = 1;
    KL_TRY(handler(node));
    memcpy(node->in, all, sizeof all);
    node->input_count = count;
    return give_quantised(node, node->out[0], 3);
}

enum kl_err onnx_op_qlinear_average_pool(struct onnx_node *node)
{
    if (onnx_int(node, "channels_last", 0)) {
        return onnx_refuse(node, "channels_last");
    }
    return qlinear_unary(node, onnx_op_average_pool);
}

enum kl_err onnx_op_qlinear_global_average_pool(struct onnx_node *node)
{
    if (onnx_int(node, "channels_last", 0)) {
        return onnx_refuse(node, "channels_last");
    }
    return qlinear_unary(node, onnx_op_global_average_pool);
}

static enum kl_err sigmoid(struct onnx_node *node)
{
    return onnx_unary(node->import, KL_OP_LOGISTIC, node->in[0], &node->out[0]);
}

enum kl_err onnx_op_qlinear_sigmoid(struct onnx_node *node)
{
    return qlinear_unary(node, sigmoid);
}

enum kl_err onnx_op_qlinear_leaky_relu(struct onnx_node *node)
{
    return qlinear_unary(node, onnx_op_leaky_relu);
}

/* The attribute opset says how the axis counts. */
enum kl_err onnx_op_qlinear_softmax(struct onnx_node *node)
{
    node->version = onnx_int(node, "opset", 13);
    return qlinear_unary(node, onnx_op_softmax);
}

/* The range of the values, 0 included, in 256 steps. */
enum kl_err onnx_op_dynamic_quantize_linear(struct onnx_node *node)
{
    bool all[KL_MAX_RANK] = {true, true, true, true, true, true};
    struct onnx_value low, high, scale, zero;
    KL_TRY(onnx_need_inputs(node, 1));
    struct onnx_value x = node->in[0];
    KL_TRY(onnx_reduce(node->import, KL_OP_REDUCE_MIN, x, all, false, &low));
    KL_TRY(onnx_reduce(node->import, KL_OP_REDUCE_MAX, x, all, false, &high));
    KL_TRY(onnx_with_number(node->import, KL_OP_MINIMUM, low, 0.0, &low));
    KL_TRY(onnx_with_number(node->import, KL_OP_MAXIMUM, high, 0.0, &high));
    KL_TRY(onnx_binary(node->import, KL_OP_SUB, high, low, KL_F32, &scale));
    KL_TRY(onnx_with_number(node->import, KL_OP_DIV, scale, 255.0, &scale));
    KL_TRY(onnx_binary(node->import, KL_OP_DIV, low, scale, KL_F32, &zero));
    KL_TRY(onnx_unary(node->import, KL_OP_NEG, zero, &zero));
    KL_TRY(onnx_with_number(node->import, KL_OP_MAXIMUM, zero, 0.0, &zero));
    KL_TRY(onnx_with_number(node->import, KL_OP_MINIMUM, zero, 255.0, &zero));
    KL_TRY(onnx_unary(node->import, KL_OP_ROUND, zero, &zero));
    KL_TRY(onnx_cast(node->import, zero, KL_U8, &zero));
    node->out[1] = scale;
    node->out[2] = zero;
    return quantise_plainly(node, x, scale, &zero, KL_U8, &node->out[0]);
}
