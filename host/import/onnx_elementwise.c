/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one element, arithmetic, comparisons, logic. */
#include <float.h>
#include <string.h>

#include "import/onnx_handlers.h"

static bool is_op(const struct onnx_node *node, const char *name)
{
    return strcmp(node->proto->op_type, name) == 0;
}

static enum kl_err need_inputs(struct onnx_node *node, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!onnx_has_input(node, i)) {
            return onnx_fail(node, KL_EINPUT, "input %d is missing", i);
        }
        if (onnx_is_empty(&node->in[i])) {
            return onnx_refuse(node, "input %d has no elements", i);
        }
    }
    return KL_OK;
}

enum kl_err onnx_need_inputs(struct onnx_node *node, int32_t count)
{
    return need_inputs(node, count);
}

/* Operators of ONNX that are one operator of the graph. */
static const struct {
    const char *name;
    enum kl_op_kind kind;
} same_kinds[] = {
    {"Abs", KL_OP_ABS},           {"Neg", KL_OP_NEG},
    {"Ceil", KL_OP_CEIL},         {"Floor", KL_OP_FLOOR},
    {"Round", KL_OP_ROUND},       {"Sign", KL_OP_SIGN},
    {"Sqrt", KL_OP_SQRT},         {"Exp", KL_OP_EXP},
    {"Log", KL_OP_LOG},           {"Sin", KL_OP_SIN},
    {"Cos", KL_OP_COS},           {"Erf", KL_OP_ERF},
    {"Softplus", KL_OP_SOFTPLUS}, {"Relu", KL_OP_RELU},
    {"Sigmoid", KL_OP_LOGISTIC},  {"Tanh", KL_OP_TANH},
    {"Add", KL_OP_ADD},           {"Sub", KL_OP_SUB},
    {"Mul", KL_OP_MUL},           {"Div", KL_OP_DIV},
    {"Pow", KL_OP_POW},           {"Max", KL_OP_MAXIMUM},
    {"Min", KL_OP_MINIMUM},       {"Sum", KL_OP_ADD},
    {"Mean", KL_OP_ADD},          {"Equal", KL_OP_EQUAL},
    {"Less", KL_OP_LESS},         {"LessOrEqual", KL_OP_LESS_EQUAL},
    {"Greater", KL_OP_GREATER},   {"GreaterOrEqual", KL_OP_GREATER_EQUAL},
    {"And", KL_OP_LOGICAL_AND},   {"Or", KL_OP_LOGICAL_OR},
    {"Xor", KL_OP_BITWISE_XOR},
};

static enum kl_op_kind kind_of(const struct onnx_node *node)
{
    for (size_t i = 0; i < sizeof same_kinds / sizeof same_kinds[0]; i++) {
        if (is_op(node, same_kinds[i].name)) {
            return same_kinds[i].kind;
        }
    }
    return KL_OP_UNKNOWN;
}

enum kl_err onnx_op_unary(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    bool integer = node->in[0].tensor->dtype != KL_F32;
    if (integer && is_op(node, "Neg")) { /* 0 - x */
        struct kl_tensor *zero;
        KL_TRY(onnx_scalar(node->import, node->in[0].tensor->dtype, 0, &zero));
        return onnx_binary(node->import, KL_OP_SUB, onnx_value_of(zero), node->in[0],
                           node->in[0].tensor->dtype, &node->out[0]);
    }
    if (integer && is_op(node, "Abs")) { /* max(x, 0 - x) */
        struct kl_tensor *zero;
        struct onnx_value negative;
        KL_TRY(onnx_scalar(node->import, node->in[0].tensor->dtype, 0, &zero));
        KL_TRY(onnx_binary(node->import, KL_OP_SUB, onnx_value_of(zero), node->in[0],
                           node->in[0].tensor->dtype, &negative));
        return onnx_binary(node->import, KL_OP_MAXIMUM, node->in[0], negative,
                           node->in[0].tensor->dtype, &node->out[0]);
    }
    return onnx_unary(node->import, kind_of(node), node->in[0], &node->out[0]);
}

/* Both operands of one type: of floats and integers, floats (Pow). */
static enum kl_err same_types(struct onnx_node *node)
{
    enum kl_dtype a = node->in[0].tensor->dtype, b = node->in[1].tensor->dtype;
    if (a == b) {
        return KL_OK;
    }
    if (!is_op(node, "Pow")) {
        return onnx_fail(node, KL_EINPUT, "its inputs are %s and %s", kl_dtype_name(a),
                         kl_dtype_name(b));
    }
    KL_TRY(onnx_cast(node->import, node->in[0], KL_F32, &node->in[0]));
    return onnx_cast(node->import, node->in[1], KL_F32, &node->in[1]);
}

/* A constant vector along the last dimension that an operator can take as its bias. */
static bool is_bias(const struct kl_op *op, const struct kl_tensor *bias)
{
    const struct kl_shape *out = &op->outputs[0]->shape;
    bool window = op->kind == KL_OP_CONV_2D || op->kind == KL_OP_DEPTHWISE_CONV_2D;
    bool takes = window || op->kind == KL_OP_FULLY_CONNECTED;
    return takes && op->input_count == 2 && bias->data && bias->dtype == KL_F32 &&
           bias->shape.rank > 0 && out->rank >= bias->shape.rank &&
           bias->shape.dim[bias->shape.rank - 1] == out->dim[out->rank - 1] &&
           kl_shape_elements(&bias->shape) == out->dim[out->rank - 1];
}

/*
 * The sum of a layer and a constant per channel is the layer with a bias, bit for bit: its kernel
 * adds the bias last.
 */
static enum kl_err add_bias(struct onnx_node *node, int32_t layer, bool *done)
{
    const struct onnx_value values[2] = {node->in[0], node->in[1]};
    const struct onnx_name *name = onnx_scope_find(node->scope, node->proto->input[layer]);
    struct kl_op *op = node->in[layer].tensor->producer;
    struct kl_tensor *tensors[2];
    struct kl_shape shape;
    int32_t order[KL_MAX_RANK];
    *done = false;
    if (!op || !name || name->uses != 1 || !node->in[1 - layer].tensor->data ||
        onnx_rank(&node->in[layer]) < onnx_rank(&node->in[1 - layer])) {
        return KL_OK;
    }
    KL_TRY(onnx_align(node->import, 2, values, tensors, order, &shape));
    struct kl_tensor *bias = tensors[1 - layer];
    if (tensors[layer] != op->outputs[0] || !is_bias(op, bias)) {
        return KL_OK;
    }
    struct kl_shape flat = {1, {(int32_t)kl_shape_elements(&bias->shape)}};
    struct onnx_value vector;
    KL_TRY(onnx_reshape(node->import, onnx_value_of(bias), &flat, &vector));
    op->inputs[2] = vector.tensor; /* onnx_new_op has left room */
    op->input_count = 3;
    node->out[0] = node->in[layer];
    *done = true;
    return KL_OK;
}

/* An operand of fewer dimensions whose first one is dimension `axis` of the other operand. */
static enum kl_err place_at(struct onnx_node *node, int64_t axis, struct onnx_value *value)
{
    struct kl_shape shape = onnx_shape(value), wide = {.rank = onnx_rank(&node->in[0])};
    if (axis < 0 || axis + shape.rank > wide.rank) {
        return onnx_fail(node, KL_EINPUT, "axis %lld", (long long)axis);
    }
    for (int32_t i = 0; i < wide.rank; i++) {
        bool within = i >= axis && i < axis + shape.rank;
        wide.dim[i] = within ? shape.dim[i - axis] : 1;
    }
    return onnx_reshape(node->import, *value, &wide, value);
}

enum kl_err onnx_op_binary(struct onnx_node *node)
{
    bool done = false;
    KL_TRY(need_inputs(node, 2));
    if (node->version < 7 && onnx_int(node, "broadcast", 0) && onnx_attribute(node, "axis")) {
        KL_TRY(place_at(node, onnx_int(node, "axis", 0), &node->in[1]));
    }
    KL_TRY(same_types(node));
    for (int32_t i = 0; i < 2 && !done && is_op(node, "Add"); i++) {
        KL_TRY(add_bias(node, i, &done));
    }
    if (done) {
        return KL_OK;
    }
    enum kl_dtype dtype = node->in[0].tensor->dtype;
    return onnx_binary(node->import, kind_of(node), node->in[0], node->in[1], dtype, &node->out[0]);
}

/* The exponent may be of another type; the result is of the base's. */
enum kl_err onnx_op_pow(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 2));
    enum kl_dtype dtype = node->in[0].tensor->dtype;
    if (onnx_is_constant(&node->in[1]) && dtype == KL_F32 &&
        kl_shape_elements(&node->in[1].tensor->shape) == 1 && onnx_rank(&node->in[1]) == 0) {
        double exponent = kl_value_at(node->in[1].tensor->dtype, node->in[1].tensor->data, 0);
        if (exponent == 2.0) {
            return onnx_unary(node->import, KL_OP_SQUARE, node->in[0], &node->out[0]);
        }
    }
    KL_TRY(same_types(node));
    struct onnx_value power;
    KL_TRY(onnx_binary(node->import, KL_OP_POW, node->in[0], node->in[1], node->in[0].tensor->dtype,
                       &power));
    return onnx_cast(node->import, power, dtype, &node->out[0]);
}

enum kl_err onnx_op_compare(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 2));
    KL_TRY(same_types(node));
    return onnx_binary(node->import, kind_of(node), node->in[0], node->in[1], KL_BOOL,
                       &node->out[0]);
}

enum kl_err onnx_op_not(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    return onnx_unary(node->import, KL_OP_LOGICAL_NOT, node->in[0], &node->out[0]);
}

/* Max, Min, Sum and Mean of any number of inputs. */
enum kl_err onnx_op_variadic(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, node->input_count < 1 ? 1 : node->input_count));
    struct onnx_value y = node->in[0];
    for (int32_t i = 1; i < node->input_count; i++) {
        KL_TRY(onnx_binary(node->import, kind_of(node), y, node->in[i], y.tensor->dtype, &y));
    }
    if (is_op(node, "Mean") && node->input_count > 1) {
        KL_TRY(onnx_with_number(node->import, KL_OP_DIV, y, node->input_count, &y));
    }
    node->out[0] = y;
    return KL_OK;
}

static enum kl_err with_alpha(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value x,
                              float alpha, struct onnx_value *y)
{
    struct kl_op *op = onnx_new_op(import, kind, 1, &x.tensor, x.tensor->dtype, &x.tensor->shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.leaky_relu.alpha = alpha;
    *y = onnx_ordered(op->outputs[0], x.order);
    return onnx_finish(import, op);
}

enum kl_err onnx_op_leaky_relu(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    return with_alpha(node->import, KL_OP_LEAKY_RELU, node->in[0], onnx_float(node, "alpha", 0.01f),
                      &node->out[0]);
}

enum kl_err onnx_op_elu(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    return with_alpha(node->import, KL_OP_ELU, node->in[0], onnx_float(node, "alpha", 1.0f),
                      &node->out[0]);
}

/* gamma * elu(x, alpha). */
enum kl_err onnx_op_selu(struct onnx_node *node)
{
    struct onnx_value y;
    KL_TRY(need_inputs(node, 1));
    KL_TRY(with_alpha(node->import, KL_OP_ELU, node->in[0],
                      onnx_float(node, "alpha", 1.67326319217681884765625f), &y));
    return onnx_with_number(node->import, KL_OP_MUL, y,
                            (double)onnx_float(node, "gamma", 1.05070102214813232421875f),
                            &node->out[0]);
}

/* max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) = alpha * elu(x / alpha) */
enum kl_err onnx_op_celu(struct onnx_node *node)
{
    struct onnx_value y;
    double alpha = (double)onnx_float(node, "alpha", 1.0f);
    KL_TRY(need_inputs(node, 1));
    KL_TRY(onnx_with_number(node->import, KL_OP_DIV, node->in[0], alpha, &y));
    KL_TRY(with_alpha(node->import, KL_OP_ELU, y, 1.0f, &y));
    return onnx_with_number(node->import, KL_OP_MUL, y, alpha, &node->out[0]);
}

/* Up to opset 6 a vector of slopes has one for each channel. */
enum kl_err onnx_op_prelu(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 2));
    if (node->version < 7 && onnx_rank(&node->in[1]) == 1) {
        KL_TRY(place_at(node, 1, &node->in[1]));
    }
    return onnx_binary(node->import, KL_OP_PRELU, node->in[0], node->in[1],
                       node->in[0].tensor->dtype, &node->out[0]);
}

enum kl_err onnx_op_gelu(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    struct onnx_value x = node->in[0];
    struct kl_op *op =
        onnx_new_op(node->import, KL_OP_GELU, 1, &x.tensor, KL_F32, &x.tensor->shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    op->attr.gelu.approximate = onnx_is_text(node, "approximate", "tanh", false);
    node->out[0] = onnx_ordered(op->outputs[0], x.order);
    return onnx_finish(node->import, op);
}

static enum kl_err clip(struct onnx_node *node, struct onnx_value x, double low, double high,
                        struct onnx_value *y)
{
    bool is_float = x.tensor->dtype == KL_F32;
    if (is_float && low == 0.0 && (high == 6.0 || high >= (double)FLT_MAX)) {
        return onnx_unary(node->import, high == 6.0 ? KL_OP_RELU6 : KL_OP_RELU, x, y);
    }
    *y = x;
    if (low > (is_float ? -(double)FLT_MAX : -9.2e18)) {
        KL_TRY(onnx_with_number(node->import, KL_OP_MAXIMUM, *y, low, y));
    }
    if (high < (is_float ? (double)FLT_MAX : 9.2e18)) {
        KL_TRY(onnx_with_number(node->import, KL_OP_MINIMUM, *y, high, y));
    }
    return KL_OK;
}

/* The limits are attributes up to opset 10, then inputs, which may be computed. */
enum kl_err onnx_op_clip(struct onnx_node *node)
{
    struct onnx_value y = node->in[0];
    KL_TRY(need_inputs(node, 1));
    bool is_float = y.tensor->dtype == KL_F32;
    double limit[2] = {is_float ? -(double)FLT_MAX : -9.3e18, is_float ? (double)FLT_MAX : 9.3e18};
    if (node->version < 11) {
        limit[0] = (double)onnx_float(node, "min", -FLT_MAX);
        limit[1] = (double)onnx_float(node, "max", FLT_MAX);
    }
    for (int32_t i = 0; i < 2; i++) {
        struct onnx_value *given = &node->in[i + 1];
        if (onnx_has_input(node, i + 1) && onnx_is_constant(given) && !onnx_is_empty(given)) {
            limit[i] = kl_value_at(given->tensor->dtype, given->tensor->data, 0);
        } else if (onnx_has_input(node, i + 1)) {
            KL_TRY(onnx_binary(node->import, i ? KL_OP_MINIMUM : KL_OP_MAXIMUM, y, *given,
                               y.tensor->dtype, &y));
        }
    }
    KL_TRY(clip(node, y, limit[0], limit[1], &y));
    node->out[0] = y;
    return KL_OK;
}

static enum kl_err linear(struct onnx_node *node, struct onnx_value x, double factor, double add,
                          struct onnx_value *y)
{
    KL_TRY(onnx_with_number(node->import, KL_OP_MUL, x, factor, y));
    return onnx_with_number(node->import, KL_OP_ADD, *y, add, y);
}

enum kl_err onnx_op_hard_sigmoid(struct onnx_node *node)
{
    struct onnx_value y;
    KL_TRY(need_inputs(node, 1));
    KL_TRY(linear(node, node->in[0], (double)onnx_float(node, "alpha", 0.2f),
                  (double)onnx_float(node, "beta", 0.5f), &y));
    return clip(node, y, 0.0, 1.0, &node->out[0]);
}

enum kl_err onnx_op_hard_swish(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    return onnx_unary(node->import, KL_OP_HARD_SWISH, node->in[0], &node->out[0]);
}

/* x * sigmoid(alpha * x) */
enum kl_err onnx_op_swish(struct onnx_node *node)
{
    struct onnx_value gate = node->in[0];
    double alpha = (double)onnx_float(node, "alpha", 1.0f);
    KL_TRY(need_inputs(node, 1));
    if (alpha != 1.0) {
        KL_TRY(onnx_with_number(node->import, KL_OP_MUL, gate, alpha, &gate));
    }
    KL_TRY(onnx_unary(node->import, KL_OP_LOGISTIC, gate, &gate));
    return onnx_binary(node->import, KL_OP_MUL, node->in[0], gate, KL_F32, &node->out[0]);
}

/* x * tanh(softplus(x)) */
enum kl_err onnx_op_mish(struct onnx_node *node)
{
    struct onnx_value gate;
    KL_TRY(need_inputs(node, 1));
    KL_TRY(onnx_unary(node->import, KL_OP_SOFTPLUS, node->in[0], &gate));
    KL_TRY(onnx_unary(node->import, KL_OP_TANH, gate, &gate));
    return onnx_binary(node->import, KL_OP_MUL, node->in[0], gate, KL_F32, &node->out[0]);
}

/* x / (1 + |x|) */
enum kl_err onnx_op_softsign(struct onnx_node *node)
{
    struct onnx_value size;
    KL_TRY(need_inputs(node, 1));
    KL_TRY(onnx_unary(node->import, KL_OP_ABS, node->in[0], &size));
    KL_TRY(onnx_with_number(node->import, KL_OP_ADD, size, 1.0, &size));
    return onnx_binary(node->import, KL_OP_DIV, node->in[0], size, KL_F32, &node->out[0]);
}

enum kl_err onnx_op_reciprocal(struct onnx_node *node)
{
    struct kl_tensor *one;
    KL_TRY(need_inputs(node, 1));
    KL_TRY(onnx_scalar(node->import, KL_F32, 1.0, &one));
    return onnx_binary(node->import, KL_OP_DIV, onnx_value_of(one), node->in[0], KL_F32,
                       &node->out[0]);
}

/* x where `kind` holds between x and the limit, else `other`. */
static enum kl_err where(struct onnx_node *node, enum kl_op_kind kind, struct onnx_value x,
                         double limit, struct onnx_value yes, struct onnx_value no,
                         struct onnx_value *y)
{
    struct kl_tensor *scalar;
    struct onnx_value holds;
    KL_TRY(onnx_scalar(node->import, KL_F32, limit, &scalar));
    KL_TRY(onnx_binary(node->import, kind, x, onnx_value_of(scalar), KL_BOOL, &holds));
    return onnx_select(node->import, holds, yes, no, y);
}

enum kl_err onnx_op_thresholded_relu(struct onnx_node *node)
{
    struct kl_tensor *zero;
    KL_TRY(need_inputs(node, 1));
    KL_TRY(onnx_scalar(node->import, KL_F32, 0.0, &zero));
    return where(node, KL_OP_GREATER, node->in[0], (double)onnx_float(node, "alpha", 1.0f),
                 node->in[0], onnx_value_of(zero), &node->out[0]);
}

/* x - bias above lambda, x + bias below -lambda, else 0. */
enum kl_err onnx_op_shrink(struct onnx_node *node)
{
    double lambda = (double)onnx_float(node, "lambd", 0.5f);
    double bias = (double)onnx_float(node, "bias", 0.0f);
    struct onnx_value less, more, y;
    struct kl_tensor *zero;
    KL_TRY(need_inputs(node, 1));
    KL_TRY(onnx_scalar(node->import, KL_F32, 0.0, &zero));
    KL_TRY(onnx_with_number(node->import, KL_OP_SUB, node->in[0], bias, &less));
    KL_TRY(onnx_with_number(node->import, KL_OP_ADD, node->in[0], bias, &more));
    KL_TRY(where(node, KL_OP_LESS, node->in[0], -lambda, more, onnx_value_of(zero), &y));
    return where(node, KL_OP_GREATER, node->in[0], lambda, less, y, &node->out[0]);
}

enum kl_err onnx_op_where(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 3));
    return onnx_select(node->import, node->in[0], node->in[1], node->in[2], &node->out[0]);
}

/* |a| mod |b|, with the sign of a. */
static enum kl_err sign_of_dividend(struct onnx_node *node)
{
    struct onnx_import *import = node->import;
    struct onnx_value a = node->in[0], b = node->in[1], sign;
    if (a.tensor->dtype != KL_F32) {
        return onnx_refuse(node, "fmod = 1 of integers");
    }
    KL_TRY(onnx_unary(import, KL_OP_SIGN, a, &sign));
    KL_TRY(onnx_unary(import, KL_OP_ABS, a, &a));
    KL_TRY(onnx_unary(import, KL_OP_ABS, b, &b));
    KL_TRY(onnx_binary(import, KL_OP_FLOOR_MOD, a, b, KL_F32, &a));
    return onnx_binary(import, KL_OP_MUL, a, sign, KL_F32, &node->out[0]);
}

/* Mod: with fmod = 1 the sign of the dividend, else of the divisor. */
enum kl_err onnx_op_mod(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 2));
    if (onnx_int(node, "fmod", 0)) {
        return sign_of_dividend(node);
    }
    return onnx_binary(node->import, KL_OP_FLOOR_MOD, node->in[0], node->in[1],
                       node->in[0].tensor->dtype, &node->out[0]);
}

enum kl_err onnx_op_is_nan(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    return onnx_binary(node->import, KL_OP_NOT_EQUAL, node->in[0], node->in[0], KL_BOOL,
                       &node->out[0]);
}

/* Beyond the largest float, on one side or on both. */
enum kl_err onnx_op_is_inf(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    struct onnx_value x = node->in[0];
    struct kl_tensor *largest;
    bool above = onnx_int(node, "detect_positive", 1) != 0;
    bool below = onnx_int(node, "detect_negative", 1) != 0;
    if (x.tensor->dtype != KL_F32 || (!above && !below)) {
        return onnx_refuse(node, "another type than float32, or nothing to detect");
    }
    if (above && below) {
        KL_TRY(onnx_unary(node->import, KL_OP_ABS, x, &x));
    } else if (below) {
        KL_TRY(onnx_unary(node->import, KL_OP_NEG, x, &x));
    }
    KL_TRY(onnx_scalar(node->import, KL_F32, (double)FLT_MAX, &largest));
    return onnx_binary(node->import, KL_OP_GREATER, x, onnx_value_of(largest), KL_BOOL,
                       &node->out[0]);
}

enum kl_err onnx_op_identity(struct onnx_node *node)
{
    if (!onnx_has_input(node, 0)) {
        return onnx_fail(node, KL_EINPUT, "its input is missing");
    }
    node->out[0] = node->in[0];
    return KL_OK;
}

/* At inference the input itself; the mask is all true. */
enum kl_err onnx_op_dropout(struct onnx_node *node)
{
    KL_TRY(onnx_op_identity(node));
    if (onnx_has_input(node, 2) && (!onnx_is_constant(&node->in[2]) ||
                                    kl_value_at(KL_BOOL, node->in[2].tensor->data, 0) != 0.0)) {
        return onnx_refuse(node, "training mode");
    }
    if (node->output_count > 1 && *node->proto->output[1]) {
        struct kl_shape shape = onnx_shape(&node->in[0]);
        struct kl_tensor *mask;
        void *data;
        KL_TRY(onnx_constant(node->import, KL_BOOL, &shape, &data, &mask));
        memset(data, 1, mask->bytes);
        node->out[1] = onnx_value_of(mask);
    }
    return KL_OK;
}

enum kl_err onnx_op_cast(struct onnx_node *node)
{
    KL_TRY(need_inputs(node, 1));
    enum kl_dtype to = is_op(node, "CastLike") && onnx_has_input(node, 1)
                           ? node->in[1].tensor->dtype
                           : onnx_dtype((int32_t)onnx_int(node, "to", 0));
    if (node->in[0].labels && to == KL_STRING) {
        node->out[0] = node->in[0];
        return KL_OK;
    }
    if (node->in[0].labels) {
        return onnx_refuse(node, "text to %s", kl_dtype_name(to));
    }
    if (kl_dtype_bytes(to) == 0 || to == KL_F64 || to == KL_F16 || to == KL_U64) {
        return onnx_refuse(node, "type %s", to ? kl_dtype_name(to) : "(unknown)");
    }
    return onnx_cast(node->import, node->in[0], to, &node->out[0]);
}
