/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exp, tanh and logistic of a float from additions, multiplications, divisions and bit
 * operations only, so that every IEEE 754 machine computes the same bits. They must be
 * compiled without contraction of a*b+c (-ffp-contract=off).
 *
 * The polynomials are minimax fits made for this file (Remez exchange on the relative
 * error); tests compare them with the C library over the whole range.
 */
#ifndef KINGLET_NN_REF_MATH_F32_H
#define KINGLET_NN_REF_MATH_F32_H

#include <stdint.h>
#include <string.h>

/* 2^exponent, exponent -126 .. 127. */
static inline float kl_exp2_int(int32_t exponent)
{
    const uint32_t bits = (uint32_t)(exponent + 127) << 23;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* exp(x) within 1 ulp; 0 below -104, infinity above 88.8. */
static inline float kl_expf(float x)
{
    /* ln 2 in two parts; the upper has so few bits that its product with n is exact. */
    const float ln2_upper = 0.693359375f;
    const float ln2_lower = -2.12194440e-4f;
    if (!(x > -104.0f)) {
        return x != x ? x : 0.0f;
    }
    if (x > 89.0f) {
        x = 89.0f; /* still overflows to infinity below */
    }
    /* x = n ln 2 + r, |r| <= ln 2 / 2. */
    const float quotient = x * 1.44269504f;
    const int32_t n = (int32_t)(quotient < 0.0f ? quotient - 0.5f : quotient + 0.5f);
    const float r = (x - (float)n * ln2_upper) - (float)n * ln2_lower;
    float sum = 1.38143299e-3f;
    sum = sum * r + 8.36885069e-3f;
    sum = sum * r + 4.16684002e-2f;
    sum = sum * r + 1.66665196e-1f;
    sum = sum * r + 4.99999940e-1f;
    const float exp_r = (sum * (r * r) + r) + 1.0f;
    /* Two factors: 2^n alone may be too large or too small for a normal float. */
    const int32_t half = n / 2;
    return exp_r * kl_exp2_int(half) * kl_exp2_int(n - half);
}

/* tanh(x) within 2 ulp. */
static inline float kl_tanhf(float x)
{
    const float size = x < 0.0f ? -x : x;
    if (size < 0.625f) {
        const float z = x * x;
        float sum = -5.70498640e-3f;
        sum = sum * z + 2.06390861e-2f;
        sum = sum * z - 5.37397154e-2f;
        sum = sum * z + 1.33314416e-1f;
        sum = sum * z - 3.33332807e-1f;
        return sum * z * x + x;
    }
    /* From 9.02 on the nearest float is 1. */
    const float above = size > 10.0f ? 1.0f : 1.0f - 2.0f / (kl_expf(size + size) + 1.0f);
    return x < 0.0f ? -above : above;
}

/*
 * 1 / (1 + exp(-x)) within 2 ulp of the reference's definition, which is 1 above
 * 16.619047 and exp(x) below -9 (reference/logistic.h of TensorFlow Lite Micro).
 */
static inline float kl_logisticf(float x)
{
    if (x > 16.619047164916992f) {
        return 1.0f;
    }
    if (x < -9.0f) {
        return kl_expf(x);
    }
    return 1.0f / (1.0f + kl_expf(-x));
}

#endif
