/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/function_table.h"

#include <assert.h>
#include <math.h>

#include "graph/const_params.h"
#include "graph/quantise_params.h"

static bool is_function(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_LOGISTIC:
    case KL_OP_TANH:
    case KL_OP_RELU:
    case KL_OP_RELU6:
    case KL_OP_RELU_N1_TO_1:
    case KL_OP_RELU_0_TO_1:
    case KL_OP_LEAKY_RELU:
    case KL_OP_HARD_SWISH:
    case KL_OP_ABS:
    case KL_OP_RSQRT:
    case KL_OP_EXP:
    case KL_OP_LOG:
    case KL_OP_ELU:
    case KL_OP_QUANTIZE: return true;
    default: return false;
    }
}

static bool is_int8(const struct kl_tensor *tensor)
{
    return tensor->dtype == KL_S8 && tensor->quant.count == 1;
}

bool kl_op_is_function_s8(const struct kl_op *op)
{
    return is_function(op->kind) && is_int8(op->inputs[0]) && is_int8(op->outputs[0]);
}

enum kl_err kl_op_need_out_quant(const struct kl_op *op, float scale, int32_t zero_point,
                                 struct kl_diag *diag)
{
    struct kl_quant_s8 out = kl_quant_of(op->outputs[0]);
    if (fabsf(out.scale - scale) > scale * 0.001f || out.zero_point != zero_point) {
        return kl_op_fail(
            op, diag, KL_EUNSUPPORTED,
            "its integer output must have scale %g and zero point %d; it has %g and %d",
            (double)scale, zero_point, (double)out.scale, out.zero_point);
    }
    return KL_OK;
}

static enum kl_err fill_sigmoid(const struct kl_op *op, int8_t table[256], struct kl_diag *diag)
{
    bool logistic = op->kind == KL_OP_LOGISTIC;
    struct kl_logistic_s8 p;
    KL_TRY(kl_op_need_out_quant(op, logistic ? 1.0f / 256 : 1.0f / 128, logistic ? -128 : 0, diag));
    kl_prepare_logistic_s8(kl_quant_of(op->inputs[0]), &p);
    kl_fill_table_s8(logistic ? kl_logistic_s8 : kl_tanh_s8, &p, table);
    return KL_OK;
}

static enum kl_err fill_hard_swish(const struct kl_op *op, int8_t table[256], struct kl_diag *diag)
{
    struct kl_hard_swish_s8 p;
    struct kl_diag found = {0};
    enum kl_err err = kl_prepare_hard_swish_s8(kl_quant_of(op->inputs[0]),
                                               kl_quant_of(op->outputs[0]), &p, &found);
    if (err != KL_OK) {
        return kl_op_fail(op, diag, err, "%s", found.message);
    }
    kl_fill_table_s8(kl_hard_swish_s8, &p, table);
    return KL_OK;
}

static enum kl_err fill_rsqrt(const struct kl_op *op, int8_t table[256], struct kl_diag *diag)
{
    struct kl_requantize_s8 p;
    struct kl_diag found = {0};
    enum kl_err err =
        kl_prepare_rsqrt_s8(kl_quant_of(op->inputs[0]), kl_quant_of(op->outputs[0]), &p, &found);
    if (err != KL_OK) {
        return kl_op_fail(op, diag, err, "%s", found.message);
    }
    kl_fill_table_s8(kl_rsqrt_s8, &p, table);
    return KL_OK;
}

/* As TensorFlow Lite Micro: the exponential is rounded to float before 1 is taken away. */
static double elu(double x)
{
    return x < 0.0 ? (double)((float)exp(x) - 1.0f) : x;
}

/* Functions that TensorFlow Lite looks up in a table made in float. */
static void fill_real(const struct kl_op *op, int8_t table[256])
{
    double (*function)(double);
    switch (op->kind) {
    case KL_OP_EXP: function = exp; break;
    case KL_OP_LOG: function = log; break;
    default: function = elu; break;
    }
    kl_fill_real_table_s8(kl_quant_of(op->inputs[0]), kl_quant_of(op->outputs[0]), function, table);
}

enum kl_err kl_op_table_s8(const struct kl_op *op, int8_t table[256], struct kl_diag *diag)
{
    struct kl_quant_s8 in = kl_quant_of(op->inputs[0]);
    struct kl_quant_s8 out = kl_quant_of(op->outputs[0]);
    struct kl_requantize_s8 requantize;
    struct kl_leaky_relu_s8 leaky;
    assert(kl_op_is_function_s8(op));
    switch (op->kind) {
    case KL_OP_LOGISTIC:
    case KL_OP_TANH: return fill_sigmoid(op, table, diag);
    case KL_OP_HARD_SWISH: return fill_hard_swish(op, table, diag);
    case KL_OP_RSQRT: return fill_rsqrt(op, table, diag);
    case KL_OP_EXP:
    case KL_OP_LOG:
    case KL_OP_ELU: fill_real(op, table); return KL_OK;
    case KL_OP_ABS:
        kl_prepare_requantize_s8(in, out, &requantize);
        kl_fill_table_s8(kl_abs_s8, &requantize, table);
        return KL_OK;
    case KL_OP_LEAKY_RELU:
        kl_prepare_leaky_relu_s8(in, out, op->attr.leaky_relu.alpha, &leaky);
        kl_fill_table_s8(kl_leaky_relu_s8, &leaky, table);
        return KL_OK;
    case KL_OP_RELU: kl_prepare_relu_s8(in, out, &requantize); break;
    case KL_OP_RELU6: kl_prepare_relu6_s8(in, &requantize); break;
    case KL_OP_RELU_N1_TO_1: kl_prepare_relu_range_s8(in, out, -1.0f, &requantize); break;
    case KL_OP_RELU_0_TO_1: kl_prepare_relu_range_s8(in, out, 0.0f, &requantize); break;
    default: kl_prepare_requantize_s8(in, out, &requantize); break;
    }
    kl_fill_table_s8(kl_requantize_s8, &requantize, table);
    return KL_OK;
}
