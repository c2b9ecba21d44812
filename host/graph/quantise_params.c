/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/quantise_params.h"

#include <float.h>
#include <math.h>

/* real = multiplier * 2^(shift - 31) with a multiplier of magnitude 2^30 .. 2^31-1, or 0. */
static void split_multiplier(double real, int32_t *multiplier, int32_t *shift)
{
    int exponent;
    if (!isfinite(real)) {
        *multiplier = real > 0.0 ? INT32_MAX : -INT32_MAX;
        *shift = 31; /* more than any: the caller saturates */
        return;
    }
    int64_t fixed = (int64_t)round(frexp(real, &exponent) * 2147483648.0);
    if (fixed == (int64_t)1 << 31) {
        fixed /= 2;
        exponent++;
    }
    *multiplier = (int32_t)fixed;
    *shift = exponent;
}

void kl_quantize_multiplier(double real, int32_t *multiplier, int32_t *shift)
{
    split_multiplier(real, multiplier, shift);
    if (*shift < -31 || *multiplier == 0) {
        *multiplier = 0;
        *shift = 0;
    }
    if (*shift > 30) {
        *multiplier = real > 0.0 ? INT32_MAX : -INT32_MAX;
        *shift = 30;
    }
}

double kl_requant_scale(float in_scale, float weight_scale, float out_scale, bool float_product)
{
    const float product = in_scale * weight_scale;
    return (float_product ? (double)product : (double)in_scale * (double)weight_scale) /
           (double)out_scale;
}

void kl_op_multiplier(const struct kl_op *op, int32_t channel, int32_t *multiplier, int32_t *shift)
{
    const struct kl_quant *weights = &op->inputs[1]->quant;
    const bool per_tensor = weights->count == 1;
    const bool float_product = op->kind == KL_OP_FULLY_CONNECTED && per_tensor;
    const double real =
        kl_requant_scale(op->inputs[0]->quant.scale[0], weights->scale[per_tensor ? 0 : channel],
                         op->outputs[0]->quant.scale[0], float_product);
    kl_quantize_multiplier(real, multiplier, shift);
}

/* `value` on the tensor's scale, rounded in float, limited to int8. */
static int32_t quantise_s8(float value, struct kl_quant_s8 quant)
{
    const float steps = roundf(value / quant.scale) + (float)quant.zero_point;
    return (int32_t)fminf(fmaxf(steps, (float)INT8_MIN), (float)INT8_MAX);
}

void kl_activation_range_s8(enum kl_activation activation, struct kl_quant_s8 out, int32_t *min,
                            int32_t *max)
{
    float low, high;
    kl_activation_range_f32(activation, &low, &high);
    /* Open ends are the ends of int8, whatever the scale. */
    *min = low == -FLT_MAX ? INT8_MIN : quantise_s8(low, out);
    *max = high == FLT_MAX ? INT8_MAX : quantise_s8(high, out);
}

void kl_activation_range_f32(enum kl_activation activation, float *min, float *max)
{
    *min = 0.0f;
    *max = FLT_MAX;
    if (activation == KL_ACT_NONE) {
        *min = -FLT_MAX;
    } else if (activation == KL_ACT_RELU6) {
        *max = 6.0f;
    } else if (activation == KL_ACT_RELU_N1_TO_1) {
        *min = -1.0f;
        *max = 1.0f;
    }
}

/* A ratio that ADD and SUB can only represent below one. */
static enum kl_err ratio_below_one(double real, int32_t *multiplier, int32_t *shift,
                                   struct kl_diag *diag)
{
    kl_quantize_multiplier(real, multiplier, shift);
    if (!(real < 1.0) || *shift > 0) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "the input scales are too far above the output scale (ratio %g)", real);
    }
    return KL_OK;
}

/* What ADD and SUB share: ratios to twice the larger input scale, and of it to the output. */
static enum kl_err prepare_sum(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                               enum kl_activation activation, const double ratio[3],
                               struct kl_add_s8 *params, struct kl_diag *diag)
{
    for (int i = 0; i < 2; i++) {
        params->zero_point[i] = in[i].zero_point;
        KL_TRY(ratio_below_one(ratio[i], &params->multiplier[i], &params->shift[i], diag));
    }
    KL_TRY(ratio_below_one(ratio[2], &params->out_multiplier, &params->out_shift, diag));
    params->left_shift = 20;
    params->out_zero_point = out.zero_point;
    kl_activation_range_s8(activation, out, &params->min, &params->max);
    return KL_OK;
}

enum kl_err kl_prepare_add_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                              enum kl_activation activation, struct kl_add_s8 *params,
                              struct kl_diag *diag)
{
    const double twice_max = 2 * (double)fmaxf(in[0].scale, in[1].scale);
    const double ratio[3] = {(double)in[0].scale / twice_max, (double)in[1].scale / twice_max,
                             twice_max / ((1 << 20) * (double)out.scale)};
    params->sign = 1;
    return prepare_sum(in, out, activation, ratio, params, diag);
}

enum kl_err kl_prepare_sub_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                              enum kl_activation activation, struct kl_add_s8 *params,
                              struct kl_diag *diag)
{
    const float twice_max = 2 * fmaxf(in[0].scale, in[1].scale);
    const float in0 = in[0].scale / twice_max;
    const float in1 = in[1].scale / twice_max;
    const float to_out = twice_max / ((float)(1 << 20) * out.scale);
    const double ratio[3] = {(double)in0, (double)in1, (double)to_out};
    params->sign = -1;
    return prepare_sum(in, out, activation, ratio, params, diag);
}

void kl_prepare_mul_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                       enum kl_activation activation, struct kl_mul_s8 *params)
{
    params->zero_point[0] = in[0].zero_point;
    params->zero_point[1] = in[1].zero_point;
    kl_quantize_multiplier(kl_requant_scale(in[0].scale, in[1].scale, out.scale, false),
                           &params->out_multiplier, &params->out_shift);
    params->out_zero_point = out.zero_point;
    kl_activation_range_s8(activation, out, &params->min, &params->max);
}

void kl_prepare_prelu_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                         struct kl_prelu_s8 *params)
{
    params->zero_point[0] = in[0].zero_point;
    params->zero_point[1] = in[1].zero_point;
    kl_quantize_multiplier((double)in[0].scale / (double)out.scale, &params->pos_multiplier,
                           &params->pos_shift);
    kl_quantize_multiplier(kl_requant_scale(in[0].scale, in[1].scale, out.scale, false),
                           &params->neg_multiplier, &params->neg_shift);
    params->out_zero_point = out.zero_point;
}

enum kl_err kl_prepare_mean_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, int64_t count,
                               struct kl_mean_s8 *params, struct kl_diag *diag)
{
    int32_t multiplier, shift, log2 = 0;
    if (count > INT32_MAX / 256) {
        return kl_fail(diag, KL_EUNSUPPORTED, "a mean of %lld elements overflows its int32 sum",
                       (long long)count);
    }
    kl_quantize_multiplier((double)in.scale / (double)out.scale, &multiplier, &shift);
    while (count >> (log2 + 1) != 0) {
        log2++;
    }
    /* The division by count goes into the multiplier, which keeps as many bits as it can. */
    if (log2 > 31 + shift) {
        log2 = 31 + shift;
    }
    params->multiplier = (int32_t)(((int64_t)multiplier << log2) / count);
    params->shift = shift - log2;
    params->in_zero_point_sum = in.zero_point * (int32_t)count;
    params->out_zero_point = out.zero_point;
    return KL_OK;
}

/* Largest magnitude of a difference that shifts into Q(integer_bits) without overflow. */
static int32_t input_radius(int integer_bits, int32_t left_shift)
{
    const double limit = ldexp((1 << integer_bits) - 1, 31 - integer_bits - left_shift);
    return (int32_t)fmin(floor(limit), INT32_MAX);
}

enum kl_err kl_prepare_softmax_s8(float in_scale, float beta, int32_t width,
                                  struct kl_softmax_s8 *params, struct kl_diag *diag)
{
    const double scale = (double)beta * (double)in_scale * (1 << (31 - 5));
    if (!(scale > 1.0)) {
        return kl_fail(diag, KL_EUNSUPPORTED, "input scale times beta is %g, below 2^-26",
                       (double)beta * (double)in_scale);
    }
    if (width < 1 || width > 4095) {
        return kl_fail(diag, KL_EUNSUPPORTED, "a softmax over %d elements overflows (limit 4095)",
                       (int)width);
    }
    params->width = width;
    /* A shift of 31 is possible here: then only the largest input counts. */
    split_multiplier(fmin(scale, 2147483647.0), &params->multiplier, &params->left_shift);
    params->diff_min = -input_radius(5, params->left_shift);
    return KL_OK;
}

void kl_prepare_logistic_s8(struct kl_quant_s8 in, struct kl_logistic_s8 *params)
{
    const double scale = (double)in.scale * (1 << (31 - 4));
    int exponent;
    (void)frexp(scale, &exponent);
    params->in_zero_point = in.zero_point;
    /* Above a shift of 30 the radius is 0 and the multiplier is not used. */
    params->in_range_radius = input_radius(4, exponent);
    kl_quantize_multiplier(scale, &params->in_multiplier, &params->in_left_shift);
}

/* A Q0.31 multiplier in 16 bits. quantization_util.h, DownScaleInt32ToInt16Multiplier. */
static int16_t multiplier_s16(int32_t multiplier)
{
    const int64_t rounded = ((int64_t)multiplier + (1 << 15)) >> 16;
    return (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded);
}

enum kl_err kl_prepare_hard_swish_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                                     struct kl_hard_swish_s8 *params, struct kl_diag *diag)
{
    const float fine_scale = (1.0f / 128.0f) * in.scale;
    const float to_out = fine_scale / out.scale;
    const float to_reluish = fine_scale / (3.0f / 32768.0f);
    int32_t out_multiplier, out_shift, reluish_multiplier, reluish_shift;
    kl_quantize_multiplier((double)to_out, &out_multiplier, &out_shift);
    kl_quantize_multiplier((double)to_reluish, &reluish_multiplier, &reluish_shift);
    if (out_shift > 0 || out_shift < -15 || reluish_shift < -15) {
        return kl_fail(diag, KL_EUNSUPPORTED, "the scales %g and %g are too far apart",
                       (double)in.scale, (double)out.scale);
    }
    params->in_zero_point = in.zero_point;
    params->out_zero_point = out.zero_point;
    params->out_multiplier = multiplier_s16(out_multiplier);
    params->out_exponent = (int8_t)out_shift;
    params->reluish_multiplier = multiplier_s16(reluish_multiplier);
    params->reluish_exponent = (int8_t)reluish_shift;
    return KL_OK;
}

void kl_prepare_leaky_relu_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, float alpha,
                              struct kl_leaky_relu_s8 *params)
{
    const float below = in.scale * alpha / out.scale;
    const float above = in.scale / out.scale;
    params->in_zero_point = in.zero_point;
    params->out_zero_point = out.zero_point;
    kl_quantize_multiplier((double)above, &params->multiplier, &params->shift);
    kl_quantize_multiplier((double)below, &params->alpha_multiplier, &params->alpha_shift);
}

void kl_prepare_requantize_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                              struct kl_requantize_s8 *params)
{
    params->in_zero_point = in.zero_point;
    params->out_zero_point = out.zero_point;
    params->min = INT8_MIN;
    params->max = INT8_MAX;
    kl_quantize_multiplier((double)in.scale / (double)out.scale, &params->multiplier,
                           &params->shift);
}

void kl_prepare_relu_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                        struct kl_requantize_s8 *params)
{
    kl_prepare_requantize_s8(in, out, params);
    params->min = out.zero_point;
}

void kl_prepare_relu6_s8(struct kl_quant_s8 in, struct kl_requantize_s8 *params)
{
    const struct kl_quant_s8 raw = {1.0f, 0};
    kl_prepare_requantize_s8(raw, raw, params);
    params->min = in.zero_point;
    params->max = quantise_s8(6.0f, in);
}

void kl_fill_table_s8(kl_function_s8 *function, const void *params, int8_t table[256])
{
    for (int32_t i = 0; i < 256; i++) {
        table[i] = function(params, (int8_t)(i - 128));
    }
}
