/* SPDX-License-Identifier: Apache-2.0 */
/* Which operators have an integer form, and which tensors must share a scale. */
#include <math.h>

#include "optimise/quantise_internal.h"

static const struct {
    enum kl_op_kind kind;
    enum quantise_rule rule;
    bool wide; /* int16 as well */
} rules[] = {
    {KL_OP_CONV_2D, RULE_WEIGHTS, true},
    {KL_OP_DEPTHWISE_CONV_2D, RULE_WEIGHTS, true},
    {KL_OP_TRANSPOSE_CONV, RULE_WEIGHTS, true},
    {KL_OP_FULLY_CONNECTED, RULE_WEIGHTS, true},
    {KL_OP_ADD, RULE_OWN, true},
    {KL_OP_SUB, RULE_OWN, true},
    {KL_OP_MUL, RULE_OWN, true},
    {KL_OP_DIV, RULE_OWN, false},
    {KL_OP_SQUARED_DIFFERENCE, RULE_OWN, true},
    {KL_OP_BATCH_MATMUL, RULE_OWN, true},
    {KL_OP_MEAN, RULE_OWN, true},
    {KL_OP_SUM, RULE_OWN, true},
    {KL_OP_RELU, RULE_OWN, true},
    {KL_OP_RELU_N1_TO_1, RULE_OWN, false},
    {KL_OP_RELU_0_TO_1, RULE_OWN, false},
    {KL_OP_LEAKY_RELU, RULE_OWN, true},
    {KL_OP_PRELU, RULE_OWN, false},
    {KL_OP_HARD_SWISH, RULE_OWN, false},
    {KL_OP_ELU, RULE_OWN, false},
    {KL_OP_EXP, RULE_OWN, false},
    {KL_OP_ABS, RULE_OWN, true},
    {KL_OP_RELU6, RULE_ALIKE, true}, /* kernels limit the input as it is */
    {KL_OP_AVERAGE_POOL_2D, RULE_ALIKE, true},
    {KL_OP_MAX_POOL_2D, RULE_ALIKE, true},
    {KL_OP_REDUCE_MAX, RULE_ALIKE, true},
    {KL_OP_REDUCE_MIN, RULE_ALIKE, true},
    {KL_OP_MAXIMUM, RULE_ALIKE, true},
    {KL_OP_MINIMUM, RULE_ALIKE, true},
    {KL_OP_PAD, RULE_ALIKE, true},
    {KL_OP_PADV2, RULE_ALIKE, true},
    {KL_OP_MIRROR_PAD, RULE_ALIKE, true},
    {KL_OP_RESHAPE, RULE_ALIKE, true},
    {KL_OP_EXPAND_DIMS, RULE_ALIKE, true},
    {KL_OP_SQUEEZE, RULE_ALIKE, true},
    {KL_OP_TRANSPOSE, RULE_ALIKE, true},
    {KL_OP_STRIDED_SLICE, RULE_ALIKE, true},
    {KL_OP_SLICE, RULE_ALIKE, true},
    {KL_OP_REVERSE_V2, RULE_ALIKE, true},
    {KL_OP_SPACE_TO_DEPTH, RULE_ALIKE, true},
    {KL_OP_DEPTH_TO_SPACE, RULE_ALIKE, true},
    {KL_OP_SPACE_TO_BATCH_ND, RULE_ALIKE, true},
    {KL_OP_BATCH_TO_SPACE_ND, RULE_ALIKE, true},
    {KL_OP_CONCATENATION, RULE_ALIKE, true},
    {KL_OP_SPLIT, RULE_ALIKE, true},
    {KL_OP_SPLIT_V, RULE_ALIKE, true},
    {KL_OP_PACK, RULE_ALIKE, true},
    {KL_OP_UNPACK, RULE_ALIKE, true},
    {KL_OP_TILE, RULE_ALIKE, true},
    {KL_OP_BROADCAST_TO, RULE_ALIKE, true},
    {KL_OP_GATHER, RULE_ALIKE, true},
    {KL_OP_SELECT_V2, RULE_ALIKE, true},
    {KL_OP_RESIZE_NEAREST_NEIGHBOR, RULE_ALIKE, true},
    {KL_OP_RESIZE_BILINEAR, RULE_ALIKE, false},
    {KL_OP_SOFTMAX, RULE_FIXED, true},
    {KL_OP_LOGISTIC, RULE_FIXED, true},
    {KL_OP_TANH, RULE_FIXED, true},
    {KL_OP_LOG_SOFTMAX, RULE_FIXED, false},
    {KL_OP_L2_NORMALIZATION, RULE_FIXED, false},
    {KL_OP_ARG_MAX, RULE_READS, true},
    {KL_OP_ARG_MIN, RULE_READS, true},
};

static bool has_floats(const struct kl_op *op)
{
    bool found = false;
    for (int32_t i = 0; i < op->input_count; i++) {
        found = found || quantise_is_float(op->inputs[i]);
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        found = found || quantise_is_float(op->outputs[i]);
    }
    return found;
}

/* int8 without zero points, as weights of float layers may be. */
static bool is_symmetric(const struct kl_tensor *weights)
{
    bool symmetric = weights->dtype == KL_S8 && weights->quant.count > 0;
    for (int32_t i = 0; symmetric && i < weights->quant.count; i++) {
        symmetric = weights->quant.zero_point[i] == 0;
    }
    return symmetric;
}

/* A layer has one image of floats, constant weights and no or a constant bias. */
static bool has_weights(const struct kl_op *op)
{
    const struct kl_tensor *bias = kl_op_bias(op), *weights = op->inputs[1];
    return quantise_is_float(kl_op_image(op)) && !kl_op_image(op)->data && weights->data &&
           (quantise_is_float(weights) || is_symmetric(weights)) && (!bias || bias->data);
}

static bool has_variables(const struct kl_op *op)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] && op->inputs[i]->is_variable) {
            return true;
        }
    }
    return false;
}

enum quantise_rule quantise_rule(const struct kl_op *op, bool wide)
{
    if (!has_floats(op)) {
        return RULE_NONE;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].kind == op->kind) {
            bool can = (!wide || rules[i].wide) && !has_variables(op) &&
                       (rules[i].rule != RULE_WEIGHTS || has_weights(op));
            return can ? rules[i].rule : RULE_FLOAT;
        }
    }
    return RULE_FLOAT;
}

struct kl_scale quantise_fixed(const struct kl_op *op, bool wide)
{
    if (wide) {
        return (struct kl_scale){1.0f / 32768, 0};
    }
    switch (op->kind) {
    case KL_OP_LOG_SOFTMAX: return (struct kl_scale){16.0f / 256, 127};
    case KL_OP_TANH:
    case KL_OP_L2_NORMALIZATION: return (struct kl_scale){1.0f / 128, 0};
    default: return (struct kl_scale){1.0f / 256, -128};
    }
}

struct kl_scale kl_scale_of(struct kl_range range, bool wide)
{
    /* Finer scales would make those of biases vanish. */
    const float least = 0x1p-40f;
    float low = range.low < 0 ? range.low : 0;
    float high = range.high > 0 ? range.high : 0;
    if (wide) {
        float scale = (-low > high ? -low : high) / INT16_MAX;
        return (struct kl_scale){scale > least ? scale : least, 0};
    }
    float scale = (float)(((double)high - (double)low) / 255);
    scale = scale > least ? scale : least;
    double zero = round((double)INT8_MIN - (double)low / (double)scale);
    return (struct kl_scale){scale, zero < INT8_MIN   ? INT8_MIN
                                    : zero > INT8_MAX ? INT8_MAX
                                                      : (int32_t)zero};
}

int32_t kl_quantise_value(float value, struct kl_scale scale, bool wide)
{
    double q = round((double)value / (double)scale.scale) + scale.zero_point;
    double low = wide ? INT16_MIN : INT8_MIN, high = wide ? INT16_MAX : INT8_MAX;
    return (int32_t)(q < low ? low : q > high ? high : q);
}

struct kl_range quantise_constant_range(const struct kl_tensor *tensor)
{
    const float *values = tensor->data;
    struct kl_range range = {values[0], values[0]};
    for (int64_t i = 1; i < kl_shape_elements(&tensor->shape); i++) {
        range.low = values[i] < range.low ? values[i] : range.low;
        range.high = values[i] > range.high ? values[i] : range.high;
    }
    return range;
}

int32_t quantise_root(const struct quantise *q, int32_t id)
{
    while (q->group[id] != id) {
        id = q->group[id];
    }
    return id;
}

/* One group of two, unless a scale that is fixed would have to give way. */
static void join(struct quantise *q, int32_t a, int32_t b)
{
    a = quantise_root(q, a);
    b = quantise_root(q, b);
    if (a == b || q->is_fixed[b]) {
        return;
    }
    q->group[b] = a;
    q->ranges[a].low = fminf(q->ranges[a].low, q->ranges[b].low);
    q->ranges[a].high = fmaxf(q->ranges[a].high, q->ranges[b].high);
}

static int32_t float_inputs(const struct kl_op *op)
{
    int32_t count = 0;
    for (int32_t i = 0; i < op->input_count; i++) {
        count += quantise_is_float(op->inputs[i]);
    }
    return count;
}

/* The scale of those results can say the constant, too. It is copied for each operator that reads
 * it, so its other readers may have other scales. */
static void cover_constant(struct quantise *q, int32_t constant, int32_t output)
{
    struct kl_range *range = &q->ranges[quantise_root(q, output)];
    range->low = fminf(range->low, q->ranges[constant].low);
    range->high = fmaxf(range->high, q->ranges[constant].high);
}

/*
 * What goes into a join with a fixed scale of its own is rescaled in front of it, since the other
 * inputs may need more than that scale has; through an operator with one input the scale goes on.
 */
static void join_tensors(struct quantise *q, const struct kl_op *op)
{
    bool single = float_inputs(op) == 1;
    for (int32_t i = 0; i < op->input_count; i++) {
        const struct kl_tensor *in = op->inputs[i];
        if (!quantise_is_float(in)) {
            continue;
        }
        for (int32_t k = 0; k < op->output_count; k++) {
            if (in->data) {
                cover_constant(q, in->id, op->outputs[k]->id);
            } else if (single || !q->is_fixed[quantise_root(q, in->id)]) {
                join(q, in->id, op->outputs[k]->id);
            }
        }
    }
}

static void apply_rule(struct quantise *q, const struct kl_op *op)
{
    const char *keep = q->options->keep ? q->options->keep[op->position] : NULL;
    enum quantise_rule rule = quantise_rule(op, q->options->wide);
    if (keep && rule != RULE_NONE) {
        rule = RULE_FLOAT;
    }
    q->rule[op->position] = rule;
    if (rule == RULE_FLOAT) {
        q->stay[op->position] = keep ? keep : "it has no integer form with these types";
    } else if (rule == RULE_ALIKE) {
        join_tensors(q, op);
    } else if (rule == RULE_FIXED) {
        int32_t id = op->outputs[0]->id;
        q->is_fixed[id] = true;
        q->scales[id] = quantise_fixed(op, q->options->wide);
    }
}

enum kl_err quantise_scales(struct quantise *q, struct kl_diag *diag)
{
    struct kl_arena *arena = q->graph->arena;
    size_t count = (size_t)q->tensor_count, ops = (size_t)q->subgraph->op_count;
    q->group = KL_NEW(arena, int32_t, count + 1);
    q->is_fixed = KL_NEW(arena, bool, count + 1);
    q->scales = KL_NEW(arena, struct kl_scale, count + 1);
    q->ranges = KL_NEW(arena, struct kl_range, count + 1);
    q->rule = KL_NEW(arena, enum quantise_rule, ops + 1);
    q->stay = KL_NEW(arena, const char *, ops + 1);
    if (!q->group || !q->is_fixed || !q->scales || !q->ranges || !q->rule || !q->stay) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < q->tensor_count; i++) {
        const struct kl_tensor *tensor = q->subgraph->tensors[i];
        bool constant = quantise_is_float(tensor) && tensor->data;
        q->group[i] = i;
        q->ranges[i] = constant ? quantise_constant_range(tensor) : q->options->ranges[i];
    }
    for (int32_t i = 0; i < q->subgraph->op_count; i++) {
        apply_rule(q, q->subgraph->ops[i]);
    }
    for (int32_t i = 0; i < q->tensor_count; i++) {
        if (q->group[i] == i && !q->is_fixed[i]) {
            q->scales[i] = kl_scale_of(q->ranges[i], q->options->wide);
        }
    }
    for (int32_t i = 0; q->options->scales && i < q->tensor_count; i++) {
        int32_t root = quantise_root(q, i);
        if (q->options->scales[i].scale > 0 && !q->is_fixed[root]) {
            q->scales[root] = q->options->scales[i];
        }
    }
    return KL_OK;
}
