/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of functions of one element, and of conversions. */
#ifndef KINGLET_NN_FUNCTION_H
#define KINGLET_NN_FUNCTION_H

#include <stdint.h>

/* Any int8 to int8 function of one element: out = table[in + 128]. In place allowed. */
struct kl_lookup_s8 {
    int32_t width; /* elements per row */
    const int8_t *table;
};

/*
 * Functions of one float: clamp (RELU, RELU6: min, max), leaky_relu (alpha),
 * logistic, tanh, hard_swish. In place allowed.
 */
struct kl_unary_f32 {
    int32_t width;
    float alpha;
    float min, max;
};

/*
 * One affine function of one integer below a zero point and one at or above it: QUANTIZE between
 * integer types, RELU and LEAKY_RELU of int16. out = clamp(out_zero_point +
 * requantise(in - in_zero_point)).
 */
struct kl_rescale {
    int32_t width;               /* elements per row */
    int32_t in_bytes, out_bytes; /* 1, 2 or 4 */
    int32_t in_zero_point;
    int32_t multiplier, shift;             /* of inputs at or above the zero point */
    int32_t below_multiplier, below_shift; /* of inputs below it */
    int32_t out_zero_point;
    int32_t min, max;
};

/* LOGISTIC and TANH int16 to int16 (scale 2^-15), by a table of the logistic function. */
struct kl_sigmoid_s16 {
    int32_t width;
    int32_t multiplier, right_shift; /* in_scale to the scale 1 / (3 * 4096) */
    const uint16_t *table;           /* [256] 2^16 / (1 + exp(-i / 24)) */
};

/* QUANTIZE float32 to int8 and int16: zero_point + round(x / scale), half away from zero,
 * (TFLite) or to the even integer (ONNX), saturated. */
struct kl_quantize_f32_s8 {
    int32_t width;
    float scale;
    int32_t zero_point;
    int32_t halves_to_even; /* 0: away from zero */
};

/* DEQUANTIZE int8 and int16 to float32. */
struct kl_dequantize_s8_f32 {
    int32_t width;
    float scale;
    int32_t zero_point;
};

/* CAST between plain numbers. */
struct kl_cast {
    int32_t width;
    int32_t from, to; /* enum kl_dtype */
};

#endif
