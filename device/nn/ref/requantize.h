/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requantisation with double rounding: the arithmetic that int8 results are defined by.
 *
 * A real factor is a pair (multiplier, shift): multiplier * 2^(shift - 31). Applying it to
 * an integer rounds twice: first the product is rounded to a multiple of 2^31 (ties to
 * plus infinity), then a right shift rounds again (ties away from zero).
 *
 * Source of the rules: gemmlowp fixedpoint/fixedpoint.h
 * (SaturatingRoundingDoublingHighMul, RoundingDivideByPOT) and TensorFlow Lite Micro
 * tensorflow/lite/kernels/internal/common.cc (MultiplyByQuantizedMultiplier) in its
 * default, double-rounding form.
 */
#ifndef KINGLET_NN_REF_REQUANTIZE_H
#define KINGLET_NN_REF_REQUANTIZE_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/armv6m/high_mul.h"

static inline int32_t kl_min_s32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t kl_max_s32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* `value` limited to min .. max; min <= max. */
static inline int32_t kl_clamp_s32(int32_t value, int32_t min, int32_t max)
{
    return kl_max_s32(kl_min_s32(value, max), min);
}

/* value + zero_point, limited to min .. max (inside int16). Limits first, so that no value can
 * overflow the sum. */
static inline int32_t kl_output_s32(int32_t value, int32_t zero_point, int32_t min, int32_t max)
{
    return kl_clamp_s32(value, min - zero_point, max - zero_point) + zero_point;
}

/* The same, min .. max inside int8. */
static inline int8_t kl_output_s8(int32_t value, int32_t zero_point, int32_t min, int32_t max)
{
    return (int8_t)kl_output_s32(value, zero_point, min, max);
}

static inline int8_t kl_saturate_s8(int32_t value)
{
#ifdef __ARM_FEATURE_SAT
    __asm__("ssat %0, #8, %0" : "+r"(value));
    return (int8_t)value;
#else
    return (int8_t)kl_clamp_s32(value, INT8_MIN, INT8_MAX);
#endif
}

/*
 * a * b / 2^31, ties to plus infinity. a and b must not both be INT32_MIN, the only
 * product that does not fit. Never INT32_MIN.
 */
static inline int32_t kl_high_mul(int32_t a, int32_t b)
{
#if defined(__thumb__) && !defined(__thumb2__)
    return kl_high_mul_halves(a, b);
#else
    const int64_t product = (int64_t)a * b;
    return (int32_t)(product >> 31) + (int32_t)((uint32_t)product >> 30 & 1);
#endif
}

/* kl_high_mul(value << left, multiplier); |value| < 2^15, left 15 .. 30, multiplier >= 0. */
static inline int32_t kl_high_mul_short(int32_t value, int32_t left, int32_t multiplier)
{
#if defined(__thumb__) && !defined(__thumb2__)
    return kl_high_mul_short_halves(value, left, multiplier);
#else
    return kl_high_mul(value * (1 << left), multiplier);
#endif
}

/* "SRDHM": kl_high_mul that saturates INT32_MIN * INT32_MIN to INT32_MAX. */
static inline int32_t kl_srdhm(int32_t a, int32_t b)
{
    return a == INT32_MIN && b == INT32_MIN ? INT32_MAX : kl_high_mul(a, b);
}

/*
 * value / 2^exponent, ties away from zero. exponent 0 .. 31; value > INT32_MIN.
 *
 * Half of the divisor is added after all but one bit are gone, so that the sum cannot
 * overflow; a negative value is lowered by one first, which moves its ties down.
 */
static inline int32_t kl_rounding_shift(int32_t value, int32_t exponent)
{
    if (exponent == 0) {
        return value;
    }
    return (((value + (value >> 31)) >> (exponent - 1)) + 1) >> 1;
}

/*
 * value * multiplier * 2^(shift - 31), rounded twice. multiplier > INT32_MIN (all but
 * LEAKY_RELU's with a negative slope are >= 0); shift -31 .. 30. A left shift wraps.
 */
static inline int32_t kl_requantize(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t left = kl_max_s32(shift, 0);
    const int32_t scaled = kl_high_mul((int32_t)((uint32_t)value << left), multiplier);
    return kl_rounding_shift(scaled, left - shift);
}

/* A 64-bit accumulator, magnitude below 2^47, to the output's scale: one rounding, half up. */
static inline int32_t kl_requantize_s64(int64_t value, int32_t multiplier, int32_t shift)
{
    const int32_t right = 15 - shift;
    return (int32_t)((value * multiplier + ((int64_t)1 << (right - 1))) >> right);
}

/* kl_requantize_channels. */
#if defined(__thumb__) && !defined(__thumb2__)
#include "nn/armv6m/requantize_channels.h"
#else
#include "nn/ref/requantize_channels_c.h"
#endif

#endif
