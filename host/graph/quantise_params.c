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
        kl_requant_scale(kl_op_image(op)->quant.scale[0], weights->scale[per_tensor ? 0 : channel],
                         op->outputs[0]->quant.scale[0], float_product);
    kl_quantize_multiplier(real, multiplier, shift);
}

struct kl_quant_s8 kl_quant_of(const struct kl_tensor *tensor)
{
    return (struct kl_quant_s8){.scale = tensor->quant.scale[0],
                                .zero_point = tensor->quant.zero_point[0],
                                .wide = tensor->dtype == KL_S16};
}

/* The tensor's largest integer. */
static int32_t largest(struct kl_quant_s8 quant)
{
    return quant.wide ? INT16_MAX : INT8_MAX;
}

/* `value` on the tensor's scale, rounded in float, limited to its type. */
static int32_t quantise(float value, struct kl_quant_s8 quant)
{
    const float steps = roundf(value / quant.scale) + (float)quant.zero_point;
    const float top = (float)largest(quant);
    return (int32_t)fminf(fmaxf(steps, -top - 1.0f), top);
}

void kl_activation_range_s8(enum kl_activation activation, struct kl_quant_s8 out, int32_t *min,
                            int32_t *max)
{
    float low, high;
    kl_activation_range_f32(activation, &low, &high);
    /* Open ends are the ends of the type, whatever the scale. */
    *min = low == -FLT_MAX ? -largest(out) - 1 : quantise(low, out);
    *max = high == FLT_MAX ? largest(out) : quantise(high, out);
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

/* How far ADD and SUB widen their inputs: the sum of two still fits. */
static int32_t sum_shift(struct kl_quant_s8 out)
{
    return out.wide ? 15 : 20;
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
    params->left_shift = sum_shift(out);
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
                             twice_max / ((1 << sum_shift(out)) * (double)out.scale)};
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
    const float to_out = twice_max / ((float)(1 << sum_shift(out)) * out.scale);
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

enum kl_err kl_prepare_div_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                              enum kl_activation activation, struct kl_mul_s8 *params,
                              struct kl_diag *diag)
{
    enum { MOST_SHIFT = 23 }; /* so many leading bits has every dividend */
    const float ratio = in[0].scale / (in[1].scale * out.scale);
    params->zero_point[0] = in[0].zero_point;
    params->zero_point[1] = in[1].zero_point;
    kl_quantize_multiplier((double)ratio, &params->out_multiplier, &params->out_shift);
    params->out_zero_point = out.zero_point;
    kl_activation_range_s8(activation, out, &params->min, &params->max);
    return params->out_shift <= MOST_SHIFT
               ? KL_OK
               : kl_fail(diag, KL_EUNSUPPORTED, "its scales are too far apart (ratio %g)",
                         (double)ratio);
}

enum kl_err kl_prepare_compare_s8(const struct kl_quant_s8 in[2], struct kl_compare_s8 *params,
                                  struct kl_diag *diag)
{
    for (int i = 0; i < 2; i++) {
        params->zero_point[i] = in[i].zero_point;
        kl_quantize_multiplier((double)in[i].scale, &params->multiplier[i], &params->shift[i]);
        if (!(in[i].scale < 1.0f) || params->shift[i] > 0) {
            return kl_fail(diag, KL_EUNSUPPORTED, "operand %d has scale %g; it must be below 1", i,
                           (double)in[i].scale);
        }
    }
    return KL_OK;
}

enum kl_err kl_prepare_matmul_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                                 int32_t inner, struct kl_matmul_s8 *params, struct kl_diag *diag)
{
    /* Products of two differences fit int32, those of int16 the 47 bits of kl_requantize_s64; its
     * shift goes to the right. */
    enum { MOST_INNER = 1 << 15, MOST_WIDE_INNER = 1 << 16, MOST_WIDE_SHIFT = 14 };
    const bool zero = in[0].zero_point == 0 && in[1].zero_point == 0 && out.zero_point == 0;
    kl_quantize_multiplier(kl_requant_scale(in[0].scale, in[1].scale, out.scale, true),
                           &params->multiplier, &params->shift);
    params->zero_point[0] = in[0].zero_point;
    params->zero_point[1] = in[1].zero_point;
    params->out_zero_point = out.zero_point;
    if (inner > (out.wide ? MOST_WIDE_INNER : MOST_INNER)) {
        return kl_fail(diag, KL_EUNSUPPORTED, "a sum of %d products may overflow", inner);
    }
    if (!out.wide) {
        return KL_OK;
    }
    params->multiplier = kl_multiplier_s16(params->multiplier);
    return zero && params->shift <= MOST_WIDE_SHIFT
               ? KL_OK
               : kl_fail(diag, KL_EUNSUPPORTED,
                         "int16 operands must have zero point 0, and scales not far apart");
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
    if (count > INT32_MAX / (2 * ((int64_t)largest(in) + 1))) {
        return kl_fail(diag, KL_EUNSUPPORTED, "%lld elements may overflow an int32 sum",
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

enum kl_err kl_prepare_sum_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, int64_t count,
                              struct kl_mean_s8 *params, struct kl_diag *diag)
{
    KL_TRY(kl_prepare_mean_s8(in, out, count, params, diag));
    kl_quantize_multiplier((double)in.scale / (double)out.scale, &params->multiplier,
                           &params->shift);
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

enum kl_err kl_prepare_log_softmax_s8(float in_scale, int32_t width,
                                      struct kl_log_softmax_s8 *params, struct kl_diag *diag)
{
    struct kl_softmax_s8 *softmax = &params->softmax;
    KL_TRY(kl_prepare_softmax_s8(in_scale, 1.0f, width, softmax, diag));
    if (softmax->left_shift > 30) {
        return kl_fail(diag, KL_EUNSUPPORTED, "input scale %g is too large", (double)in_scale);
    }
    kl_quantize_multiplier(ldexp(1.0, 31 - softmax->left_shift) / (double)softmax->multiplier,
                           &params->reverse_multiplier, &params->reverse_shift);
    return KL_OK;
}

void kl_prepare_squared_difference(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                                   struct kl_add_s8 *params)
{
    const double twice_max = 2.0 * (double)fmaxf(in[0].scale, in[1].scale);
    params->left_shift = out.wide ? 0 : 7;
    for (int32_t i = 0; i < 2; i++) {
        params->zero_point[i] = in[i].zero_point;
        kl_quantize_multiplier((double)in[i].scale / twice_max, &params->multiplier[i],
                               &params->shift[i]);
    }
    const float finer = (float)(1 << 2 * params->left_shift) * out.scale;
    kl_quantize_multiplier(twice_max * twice_max / (double)finer, &params->out_multiplier,
                           &params->out_shift);
    params->sign = -1;
    params->out_zero_point = out.zero_point;
    kl_activation_range_s8(KL_ACT_NONE, out, &params->min, &params->max);
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

int16_t kl_multiplier_s16(int32_t multiplier)
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
    params->out_multiplier = kl_multiplier_s16(out_multiplier);
    params->out_exponent = (int8_t)out_shift;
    params->reluish_multiplier = kl_multiplier_s16(reluish_multiplier);
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

enum kl_err kl_prepare_rsqrt_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                                struct kl_requantize_s8 *params, struct kl_diag *diag)
{
    enum { LEAST_SHIFT = -11 }; /* kl_rsqrt_s8 shifts 20 further */
    const double scale = 1.0 / (sqrt((double)in.scale) * (double)out.scale);
    kl_prepare_requantize_s8(in, out, params);
    kl_quantize_multiplier(scale, &params->multiplier, &params->shift);
    return params->shift >= LEAST_SHIFT
               ? KL_OK
               : kl_fail(diag, KL_EUNSUPPORTED, "its scales are too far apart (ratio %g)", scale);
}

void kl_prepare_relu_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                        struct kl_requantize_s8 *params)
{
    kl_prepare_requantize_s8(in, out, params);
    params->min = out.zero_point;
}

void kl_prepare_relu_range_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, float low,
                              struct kl_requantize_s8 *params)
{
    kl_prepare_requantize_s8(in, out, params);
    params->min = quantise(low, out);
    params->max = quantise(1.0f, out);
}

void kl_prepare_relu6_s8(struct kl_quant_s8 in, struct kl_requantize_s8 *params)
{
    const struct kl_quant_s8 raw = {1.0f, 0, in.wide};
    kl_prepare_requantize_s8(raw, raw, params);
    params->min = in.zero_point;
    params->max = quantise(6.0f, in);
}

static void set_rescale(struct kl_quant_s8 in, struct kl_quant_s8 out, const double ratio[2],
                        struct kl_rescale *params)
{
    params->in_zero_point = in.zero_point;
    params->out_zero_point = out.zero_point;
    kl_quantize_multiplier(ratio[0], &params->multiplier, &params->shift);
    kl_quantize_multiplier(ratio[1], &params->below_multiplier, &params->below_shift);
    params->min = -largest(out) - 1;
    params->max = largest(out);
}

void kl_prepare_rescale(struct kl_quant_s8 in, struct kl_quant_s8 out, struct kl_rescale *params)
{
    const double ratio = (double)in.scale / (double)out.scale;
    set_rescale(in, out, (const double[2]){ratio, ratio}, params);
}

void kl_prepare_leaky_rescale(struct kl_quant_s8 in, struct kl_quant_s8 out, float alpha,
                              struct kl_rescale *params)
{
    const float above = in.scale / out.scale;
    const float below = in.scale * alpha / out.scale;
    set_rescale(in, out, (const double[2]){(double)above, (double)below}, params);
}

void kl_prepare_relu6_rescale(struct kl_quant_s8 in, struct kl_rescale *params)
{
    const struct kl_quant_s8 raw = {1.0f, 0, in.wide};
    kl_prepare_rescale(raw, raw, params);
    params->min = in.zero_point;
    params->max = quantise(6.0f, in);
}

void kl_prepare_abs_rescale(struct kl_quant_s8 in, struct kl_quant_s8 out,
                            struct kl_rescale *params)
{
    const double ratio = (double)in.scale / (double)out.scale;
    set_rescale(in, out, (const double[2]){ratio, -ratio}, params);
}

/* Does the scale equal 2^exponent, as the source decides it, in float? quantization_util.cc,
 * CheckedLog2. */
static bool is_power_of_two(float scale, int32_t exponent)
{
    const float log2_scale = logf(scale) * (1.0f / logf(2.0f));
    return fabsf(log2_scale - (float)exponent) < 1e-3f && roundf(log2_scale) == (float)exponent;
}

enum kl_err kl_prepare_sigmoid_s16(float in_scale, bool is_tanh, struct kl_sigmoid_s16 *params,
                                   struct kl_diag *diag)
{
    double multiplier = (double)in_scale * 4096.0 * 3.0;
    params->right_shift = 0;
    if (is_power_of_two(in_scale, -12) || (is_tanh && is_power_of_two(in_scale, -11))) {
        params->multiplier = is_power_of_two(in_scale, -12) ? 3 : 6;
        return KL_OK;
    }
    for (; multiplier <= 32767.0 / 2.0 && params->right_shift <= 30; multiplier *= 2.0) {
        params->right_shift++;
    }
    if (multiplier > 32767.0 || params->right_shift > 30) {
        return kl_fail(diag, KL_EUNSUPPORTED, "its input scale %g is out of range",
                       (double)in_scale);
    }
    params->multiplier = (int32_t)multiplier;
    return KL_OK;
}

void kl_fill_logistic_table(uint16_t table[256])
{
    for (int32_t i = 0; i < 256; i++) {
        table[i] = (uint16_t)fmin(round(65536.0 / (1.0 + exp(-i / 24.0))), 65535.0);
    }
}

static float rounded_exp(float x)
{
    return (float)exp((double)x);
}

static float one_over_one_plus(float x)
{
    return 1.0f / (1.0f + x);
}

/* Entry `i` of a table over the inputs from `first` in steps: the value, moved by half of the error
 * that a straight line to the next entry has in the middle. */
static int16_t table_entry(float (*function)(float), float first, float step, float scaling,
                           int32_t i)
{
    const float x = first + (float)i * step;
    const float value = roundf(function(x) * scaling);
    const float next = function(first + (float)(i + 1) * step) * scaling;
    const float line = roundf((next + value) / 2.0f);
    const float middle = roundf(function(x + step / 2.0f) * scaling);
    const float error = roundf((line - middle) / 2.0f);
    return (int16_t)fminf(fmaxf(value - error, (float)INT16_MIN), (float)INT16_MAX);
}

static void fill_table_s16(float (*function)(float), float in_scale, int32_t in_zero_point,
                           int16_t table[513])
{
    const float out_scale = 2.0f / 65535.0f;
    const float first = in_scale * (float)(INT16_MIN - in_zero_point);
    const float last = in_scale * (float)(INT16_MAX - in_zero_point);
    const float span = out_scale * (float)INT16_MAX - out_scale * (float)INT16_MIN;
    const float scaling = 65536.0f / span;
    const float step = (last - first) / 512.0f;
    for (int32_t i = 0; i < 512; i++) {
        table[i] = table_entry(function, first, step, scaling, i);
    }
    table[512] =
        (int16_t)fminf(fmaxf(roundf(function(last) * scaling), (float)INT16_MIN), (float)INT16_MAX);
}

void kl_fill_softmax_tables(int16_t exponential[513], int16_t reciprocal[513])
{
    fill_table_s16(rounded_exp, 10.0f / 65535.0f, INT16_MAX, exponential);
    fill_table_s16(one_over_one_plus, 1.0f / 65535.0f, INT16_MIN, reciprocal);
}

void kl_fill_table_s8(kl_function_s8 *function, const void *params, int8_t table[256])
{
    for (int32_t i = 0; i < 256; i++) {
        table[i] = function(params, (int8_t)(i - 128));
    }
}

void kl_fill_real_table_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                           double (*function)(double), int8_t table[256])
{
    const float inverse_scale = 1.0f / out.scale;
    for (int32_t i = 0; i < 256; i++) {
        const float x = in.scale * (float)(i - 128 - in.zero_point);
        const float value = (float)function((double)x);
        const float steps = roundf(value * inverse_scale) + (float)out.zero_point;
        const float limited = fminf(steps, (float)INT8_MAX); /* not-a-number, too */
        table[i] = (int8_t)fmaxf(isnan(value) ? -INFINITY : limited, (float)INT8_MIN);
    }
}
