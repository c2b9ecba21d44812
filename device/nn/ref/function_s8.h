/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that map one int8 to one int8. The compiler fills a table of 256 entries by
 * these definitions and the device runs kl_lookup_s8; host/graph/quantise_params.h
 * computes their parameters from scales and zero points.
 *
 * Sources (TensorFlow Lite Micro, tensorflow/lite/): kernels/internal/reference/
 * integer_ops/logistic.h and tanh.h, reference/hard_swish.h, reference/leaky_relu.h,
 * reference/requantize.h; micro/kernels/activations.cc for RELU and RELU6, elementwise.cc for ABS
 * and RSQRT.
 */
#ifndef KINGLET_NN_REF_FUNCTION_S8_H
#define KINGLET_NN_REF_FUNCTION_S8_H

#include <stdint.h>

#include "nn/ref/fixed_point.h"
#include "nn/ref/requantize.h"

/* LOGISTIC and TANH. Inputs at least in_range_radius from the zero point saturate. */
struct kl_logistic_s8 {
    int32_t in_zero_point;
    int32_t in_range_radius;
    int32_t in_multiplier; /* with in_left_shift: in_scale in Q4.27 */
    int32_t in_left_shift;
};

/* HARD_SWISH, in 16 bits. A multiplier is Q0.15, its exponent a power of two. */
struct kl_hard_swish_s8 {
    int32_t in_zero_point;
    int32_t out_zero_point;
    int16_t reluish_multiplier; /* in_scale / 128 to the scale 3 / 32768 */
    int8_t reluish_exponent;    /* -15 .. 30 */
    int16_t out_multiplier;     /* in_scale / 128 to out_scale */
    int8_t out_exponent;        /* -15 .. 0 */
};

struct kl_leaky_relu_s8 {
    int32_t in_zero_point;
    int32_t out_zero_point;
    int32_t multiplier, shift;             /* of inputs at or above the zero point */
    int32_t alpha_multiplier, alpha_shift; /* of inputs below it; may be negative */
};

/* QUANTIZE from int8 to int8, RELU, RELU6, ABS, RSQRT. */
struct kl_requantize_s8 {
    int32_t in_zero_point;
    int32_t multiplier, shift;
    int32_t out_zero_point;
    int32_t min, max;
};

/* A function of one int8; `params` points to the struct that goes with it. */
typedef int8_t kl_function_s8(const void *params, int8_t value);

/* LOGISTIC and TANH are one but for the curve: Q4.27 in, Q0.31 out, `fraction_bits` of it kept. */
static inline int8_t kl_sigmoid_s8(const struct kl_logistic_s8 *p, int8_t value,
                                   int32_t (*curve)(int32_t), int32_t fraction_bits,
                                   int32_t out_zero_point)
{
    const int32_t x = value - p->in_zero_point;
    if (x <= -p->in_range_radius) {
        return INT8_MIN;
    }
    if (x >= p->in_range_radius) {
        return INT8_MAX;
    }
    const int32_t y = curve(kl_requantize(x, p->in_multiplier, p->in_left_shift));
    return kl_saturate_s8(kl_rounding_shift(y, 31 - fraction_bits) + out_zero_point);
}

/* LOGISTIC, struct kl_logistic_s8; output scale 1/256, zero point -128. */
static inline int8_t kl_logistic_s8(const void *params, int8_t value)
{
    return kl_sigmoid_s8(params, value, kl_logistic_q4, 8, -128);
}

/* TANH, struct kl_logistic_s8; output scale 1/128, zero point 0. */
static inline int8_t kl_tanh_s8(const void *params, int8_t value)
{
    return kl_sigmoid_s8(params, value, kl_tanh_q4, 7, 0);
}

static inline int16_t kl_saturate_s16(int64_t value)
{
    return (int16_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

/* a * b / 2^15, ties to plus infinity, saturated. */
static inline int16_t kl_srdhm_s16(int16_t a, int16_t b)
{
    return kl_saturate_s16((a * b + (1 << 14)) >> 15);
}

/* The input on the scale 3 / 32768, saturated: -32768 .. 32767 means -3 .. 3. */
static inline int16_t kl_hard_swish_reluish(const struct kl_hard_swish_s8 *p, int16_t x)
{
    const int32_t exponent = p->reluish_exponent;
    if (exponent > 0) {
        /* The last bit of the shift follows the multiplication: only there may it saturate. */
        x = kl_saturate_s16((int64_t)x * (1 << (exponent - 1)));
        return kl_saturate_s16(2 * kl_srdhm_s16(x, p->reluish_multiplier));
    }
    return (int16_t)kl_rounding_shift(kl_srdhm_s16(x, p->reluish_multiplier), -exponent);
}

/* HARD_SWISH, x * clamp(x + 3, 0, 6) / 6, struct kl_hard_swish_s8. */
static inline int8_t kl_hard_swish_s8(const void *params, int8_t value)
{
    const struct kl_hard_swish_s8 *p = params;
    const int16_t x = (int16_t)((value - p->in_zero_point) * 128);
    const int16_t scaled = kl_srdhm_s16(x, p->out_multiplier);
    const int32_t gate = (kl_hard_swish_reluish(p, x) + 32768) >> 1; /* Q0.15, 0 .. 1 */
    const int32_t product = gate * scaled / (1 << 15);               /* towards zero */
    /* The sum is kept in 16 bits as the source does; it can only wrap for absurd scales. */
    const int32_t shifted = kl_rounding_shift(product, -p->out_exponent);
    return kl_saturate_s8((int16_t)(shifted + p->out_zero_point));
}

/* LEAKY_RELU, struct kl_leaky_relu_s8. */
static inline int8_t kl_leaky_relu_s8(const void *params, int8_t value)
{
    const struct kl_leaky_relu_s8 *p = params;
    const int32_t x = value - p->in_zero_point;
    const int32_t y = x >= 0 ? kl_requantize(x, p->multiplier, p->shift)
                             : kl_requantize(x, p->alpha_multiplier, p->alpha_shift);
    return kl_output_s8(y, p->out_zero_point, INT8_MIN, INT8_MAX);
}

/* QUANTIZE, RELU, RELU6; struct kl_requantize_s8. */
static inline int8_t kl_requantize_s8(const void *params, int8_t value)
{
    const struct kl_requantize_s8 *p = params;
    const int32_t y = kl_requantize(value - p->in_zero_point, p->multiplier, p->shift);
    return kl_output_s8(y, p->out_zero_point, p->min, p->max);
}

/* ABS; struct kl_requantize_s8. */
static inline int8_t kl_abs_s8(const void *params, int8_t value)
{
    const struct kl_requantize_s8 *p = params;
    const int32_t x = value - p->in_zero_point;
    const int32_t y = kl_requantize(x < 0 ? -x : x, p->multiplier, p->shift);
    return kl_output_s8(y, p->out_zero_point, p->min, p->max);
}

/* RSQRT; struct kl_requantize_s8. 0 gives the largest output; so do values below it, which the
 * source refuses when it meets them. */
static inline int8_t kl_rsqrt_s8(const void *params, int8_t value)
{
    enum { FRACTION_BITS = 20 };
    const struct kl_requantize_s8 *p = params;
    const int32_t x = value - p->in_zero_point;
    int32_t right;
    if (x <= 0) {
        return (int8_t)p->max;
    }
    const int32_t inverse = kl_inverse_sqrt(x, &right);
    const int32_t root = kl_requantize(1, inverse, FRACTION_BITS - right);
    const int32_t y = kl_requantize(root, p->multiplier, p->shift - FRACTION_BITS);
    return kl_output_s8(y, p->out_zero_point, p->min, p->max);
}

#endif
