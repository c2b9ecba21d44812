/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-point exp, reciprocal, logistic and tanh. A value in Qm.n (m + n = 31) is
 * raw / 2^n. The results are defined bit by bit, including their error.
 *
 * Source of the formulas: gemmlowp fixedpoint/fixedpoint.h (exp_on_negative_values,
 * one_over_one_plus_x_for_x_in_0_1, one_minus_x_over_one_plus_x_for_x_in_0_1, logistic,
 * tanh), int32 form; kernels/internal/common.h of TensorFlow Lite Micro
 * (GetInvSqrtQuantizedMultiplierExp).
 */
#ifndef KINGLET_NN_REF_FIXED_POINT_H
#define KINGLET_NN_REF_FIXED_POINT_H

#include <stdint.h>

#include "nn/ref/requantize.h"

/* 1.0 in Q2.29. */
#define KL_ONE_Q2 (1 << 29)

/* value * 2^exponent, exponent 1 .. 30; what leaves the range becomes its nearest end. */
static inline int32_t kl_saturating_shift_left(int32_t value, int32_t exponent)
{
    const int32_t limit = (1 << (31 - exponent)) - 1;
    if (value > limit) {
        return INT32_MAX;
    }
    if (value < -limit) {
        return INT32_MIN;
    }
    return (int32_t)((uint32_t)value << exponent);
}

/* exp(x) for x in [-1/4, 0), Q0.31: Taylor series of degree 4 around -1/8. */
static inline int32_t kl_exp_quarter_q0(int32_t value)
{
    const int32_t exp_minus_eighth = 1895147668; /* exp(-1/8) */
    const int32_t third = 715827883;             /* 1/3 */
    const int32_t x = value + (1 << 28);
    const int32_t x2 = kl_srdhm(x, x);
    const int32_t x3 = kl_srdhm(x2, x);
    const int32_t x4 = kl_srdhm(x2, x2);
    /* x2/2 + x3/6 + x4/24 */
    const int32_t upper = kl_rounding_shift(kl_srdhm(kl_rounding_shift(x4, 2) + x3, third) + x2, 1);
    return exp_minus_eighth + kl_srdhm(exp_minus_eighth, x + upper);
}

/*
 * exp(x) in Q0.31 for x <= 0 in Q(m).(31-m), m = integer_bits, 0 .. 5; exp(0) is
 * INT32_MAX. x is split into a part in [-1/4, 0) and a sum of powers of two.
 */
static inline int32_t kl_exp_negative(int32_t value, int32_t integer_bits)
{
    /* exp(-2^i) for i = -2 .. 4, Q0.31. */
    static const int32_t exp_minus_power[7] = {1672461947, 1302514674, 790015084, 290630308,
                                               39332535,   720401,     242};
    const int32_t quarter_bit = 29 - integer_bits;
    const int32_t quarter = 1 << quarter_bit;
    const int32_t fraction = (value & (quarter - 1)) - quarter;
    const uint32_t rest = (uint32_t)(fraction - value);
    if (value == 0) {
        return INT32_MAX;
    }
    int32_t result = kl_exp_quarter_q0((int32_t)((uint32_t)fraction << integer_bits));
    for (int32_t i = 0; i < integer_bits + 2; i++) {
        if (rest >> (quarter_bit + i) & 1) {
            result = kl_srdhm(result, exp_minus_power[i]);
        }
    }
    return result;
}

/*
 * 2 / (1 + x) in Q2.29 for x in [0, 1) in Q0.31, by three Newton-Raphson steps on half
 * the denominator, starting from 48/17 - 32/17 * half.
 */
static inline int32_t kl_two_over_one_plus_q2(int32_t value)
{
    const int32_t half = (int32_t)(((int64_t)value + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + kl_srdhm(half, -1010580540);
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = KL_ONE_Q2 - kl_srdhm(half, x);
        x += kl_saturating_shift_left(kl_srdhm(x, error), 2);
    }
    return x;
}

/* 1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31. */
static inline int32_t kl_one_over_one_plus(int32_t value)
{
    return kl_saturating_shift_left(kl_two_over_one_plus_q2(value), 1);
}

/* (1 - x) / (1 + x) in Q0.31 for x in [0, 1) in Q0.31. */
static inline int32_t kl_one_minus_over_one_plus(int32_t value)
{
    return kl_saturating_shift_left(kl_two_over_one_plus_q2(value) - KL_ONE_Q2, 2);
}

/* 1 / (1 + exp(-x)) in Q0.31 for x in Q4.27, x > INT32_MIN. */
static inline int32_t kl_logistic_q4(int32_t value)
{
    if (value == 0) {
        return 1 << 30;
    }
    const int32_t above = kl_one_over_one_plus(kl_exp_negative(value > 0 ? -value : value, 4));
    return value > 0 ? above : INT32_MAX - above;
}

/* tanh(x) in Q0.31 for x in Q4.27, x > INT32_MIN. x in Q4.27 is 2x in Q5.26. */
static inline int32_t kl_tanh_q4(int32_t value)
{
    if (value == 0) {
        return 0;
    }
    const int32_t above =
        kl_one_minus_over_one_plus(kl_exp_negative(value > 0 ? -value : value, 5));
    return value > 0 ? above : -above;
}

/*
 * 1 / sqrt(value) for an integer >= 1 as a multiplier with *right, its shift to the right: five
 * Newton-Raphson steps in Q3.28 on the value shifted by an even number of bits.
 */
static inline int32_t kl_inverse_sqrt(int32_t value, int32_t *right)
{
    const int32_t half_sqrt_2 = 1518500250; /* Q0.31 */
    const int32_t three_halves = 3 << 27;   /* Q3.28 */
    int32_t x = 1 << 28;
    *right = 11;
    if (value <= 1) {
        *right = 0;
        return INT32_MAX;
    }
    for (; value >= 1 << 29; value /= 4) {
        ++*right;
    }
    const int32_t pairs = (__builtin_clz((uint32_t)value) - 1) / 2 - 1;
    const int32_t input = (int32_t)((uint32_t)value << 2 * pairs) >> 1;
    const int32_t half = kl_rounding_shift(input, 1);
    *right -= pairs;
    for (int32_t step = 0; step < 5; step++) {
        const int32_t x3 = kl_saturating_shift_left(kl_srdhm(kl_srdhm(x, x), x), 6);
        x = kl_saturating_shift_left(kl_srdhm(three_halves, x) - kl_srdhm(half, x3), 3);
    }
    x = kl_srdhm(x, half_sqrt_2);
    if (*right < 0) {
        x = (int32_t)((uint32_t)x << -*right);
        *right = 0;
    }
    return x;
}

#endif
