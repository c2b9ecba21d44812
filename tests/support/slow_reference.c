/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_reference.h"

#include <string.h>

#include "slow_ops.h"

static const struct {
    int32_t code;
    slow_fn *run;
} evaluators[] = {
    {KT_CONV_2D, slow_conv_2d},
    {KT_DEPTHWISE_CONV_2D, slow_depthwise_conv_2d},
    {KT_FULLY_CONNECTED, slow_fully_connected},
    {KT_ADD, slow_add},
    {KT_SUB, slow_sub},
    {KT_MUL, slow_mul},
    {KT_AVERAGE_POOL_2D, slow_average_pool},
    {KT_MAX_POOL_2D, slow_max_pool},
    {KT_MEAN, slow_mean},
    {KT_SOFTMAX, slow_softmax},
    {KT_LOGISTIC, slow_logistic},
    {KT_TANH, slow_tanh},
    {KT_RELU, slow_relu},
    {KT_RELU6, slow_relu6},
    {KT_LEAKY_RELU, slow_leaky_relu},
    {KT_PRELU, slow_prelu},
    {KT_HARD_SWISH, slow_hard_swish},
    {KT_QUANTIZE, slow_quantize},
    {KT_DEQUANTIZE, slow_dequantize},
    {KT_PAD, slow_pad},
    {KT_PADV2, slow_pad},
    {KT_RESHAPE, slow_copy},
    {KT_EXPAND_DIMS, slow_copy},
    {KT_SQUEEZE, slow_copy},
    {KT_TRANSPOSE, slow_transpose},
    {KT_STRIDED_SLICE, slow_strided_slice},
    {KT_CONCATENATION, slow_concatenation},
    {KT_SPLIT, slow_split},
    {KT_SPLIT_V, slow_split_v},
    {KT_PACK, slow_pack},
    {KT_UNPACK, slow_unpack},
    {KT_SHAPE, slow_shape},
    {KT_RESIZE_NEAREST_NEIGHBOR, slow_resize_nearest},
    {KT_ABS, slow_function},
    {KT_NEG, slow_function},
    {KT_CEIL, slow_function},
    {KT_FLOOR, slow_function},
    {KT_ROUND, slow_function},
    {KT_SIGN, slow_function},
    {KT_SQRT, slow_function},
    {KT_RSQRT, slow_function},
    {KT_SQUARE, slow_function},
    {KT_EXP, slow_function},
    {KT_LOG, slow_function},
    {KT_SIN, slow_function},
    {KT_COS, slow_function},
    {KT_ELU, slow_function},
    {KT_DIV, slow_arithmetic},
    {KT_MAXIMUM, slow_arithmetic},
    {KT_MINIMUM, slow_arithmetic},
    {KT_POW, slow_arithmetic},
    {KT_FLOOR_MOD, slow_arithmetic},
    {KT_LOGICAL_AND, slow_arithmetic},
    {KT_LOGICAL_OR, slow_arithmetic},
    {KT_BITWISE_XOR, slow_arithmetic},
    {KT_EQUAL, slow_compare},
    {KT_NOT_EQUAL, slow_compare},
    {KT_LESS, slow_compare},
    {KT_LESS_EQUAL, slow_compare},
    {KT_GREATER, slow_compare},
    {KT_GREATER_EQUAL, slow_compare},
    {KT_LOGICAL_NOT, slow_logical_not},
    {KT_SELECT_V2, slow_select},
    {KT_CAST, slow_cast},
    {KT_SUM, slow_reduce_number},
    {KT_REDUCE_PROD, slow_reduce_number},
    {KT_REDUCE_MAX, slow_reduce_number},
    {KT_REDUCE_MIN, slow_reduce_number},
    {KT_ARG_MAX, slow_arg},
    {KT_ARG_MIN, slow_arg},
    {KT_GATHER, slow_gather},
    {KT_GATHER_ND, slow_gather_nd},
    {KT_TOPK_V2, slow_topk},
    {KT_TILE, slow_repeat},
    {KT_BROADCAST_TO, slow_repeat},
};

static slow_fn *evaluator(int32_t code)
{
    for (size_t i = 0; i < sizeof(evaluators) / sizeof(evaluators[0]); i++) {
        if (evaluators[i].code == code) {
            return evaluators[i].run;
        }
    }
    kt_die("the slow reference has no operator %d", (int)code);
}

bool kt_slow_is_elementary(int32_t code)
{
    switch (code) {
    case KT_SOFTMAX:
    case KT_LOGISTIC:
    case KT_TANH:
    case KT_EXP:
    case KT_LOG:
    case KT_SIN:
    case KT_COS:
    case KT_ELU:
    case KT_POW: return true;
    default: return false;
    }
}

/* Give every tensor its memory: constants their content, the others zeros. */
static struct slow_value *make_values(struct kt_model *model, const struct kt_subgraph *subgraph)
{
    struct slow_value *values = kt_alloc(model, (size_t)subgraph->tensor_count, sizeof(*values));
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kt_tensor *tensor = &subgraph->tensors[i];
        if (tensor->rank > SLOW_MAX_RANK) {
            kt_die("rank %d", (int)tensor->rank);
        }
        values[i].tensor = tensor;
        values[i].data = kt_alloc(model, kt_bytes(tensor), 1);
        if (tensor->data) {
            memcpy(values[i].data, tensor->data, kt_bytes(tensor));
        }
    }
    return values;
}

static void run_op(const struct kt_op *op, const struct slow_value *values)
{
    struct slow_op o = {.op = op};
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] >= 0) {
            o.in[i] = values[op->inputs[i]];
        }
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        o.out[i] = values[op->outputs[i]];
    }
    evaluator(op->code)(&o);
}

void kt_slow_run(struct kt_model *model, const struct kl_bytes *inputs, struct kl_bytes *outputs)
{
    const struct kt_subgraph *subgraph = model->subgraphs[0];
    struct slow_value *values = make_values(model, subgraph);
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        const struct slow_value *value = &values[subgraph->inputs[i]];
        if (inputs[i].size != kt_bytes(value->tensor)) {
            kt_die("input %d has %zu bytes", (int)i, inputs[i].size);
        }
        memcpy(value->data, inputs[i].data, inputs[i].size);
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        run_op(&subgraph->ops[i], values);
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        const struct slow_value *value = &values[subgraph->outputs[i]];
        outputs[i] = (struct kl_bytes){.data = value->data, .size = kt_bytes(value->tensor)};
    }
}
