/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Square root, logarithm, power and their relatives, of the operations that math_f32.h allows
 * itself: the same bits on every IEEE 754 machine. Tests compare them with the C library.
 */
#ifndef KINGLET_NN_REF_MATH_LOG_F32_H
#define KINGLET_NN_REF_MATH_LOG_F32_H

#include <stdint.h>
#include <string.h>

#include "nn/ref/math_f32.h"

static inline uint32_t kl_float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float kl_float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Quiet not-a-number and infinity without <math.h>. */
static inline float kl_nanf(void)
{
    return kl_float_of_bits(0x7fc00000u);
}

static inline float kl_infinityf(void)
{
    return kl_float_of_bits(0x7f800000u);
}

static inline float kl_absf(float x)
{
    return kl_float_of_bits(kl_float_bits(x) & 0x7fffffffu);
}

/* |x| of a finite x > 0 as mantissa * 2^exponent, mantissa 2^23 .. 2^24-1. */
static inline uint32_t kl_split_float(float x, int32_t *exponent)
{
    uint32_t bits = kl_float_bits(x);
    int32_t shift = 0;
    if (bits < 0x00800000u) { /* subnormal */
        bits = kl_float_bits(x * 16777216.0f);
        shift = 24;
    }
    *exponent = (int32_t)(bits >> 23) - 150 - shift;
    return (bits & 0x007fffffu) | 0x00800000u;
}

/* Square root, correctly rounded as IEEE 754 asks; not-a-number below zero. */
static inline float kl_sqrtf(float x)
{
    if (!(x > 0.0f) || x == kl_infinityf()) {
        return x < 0.0f ? kl_nanf() : x;
    }
    int32_t exponent;
    uint64_t square = kl_split_float(x, &exponent);
    /* An even exponent, and 26 bits of root: 24 of the result, one to round by, and the rest as
     * the remainder. */
    square <<= exponent % 2 ? 27 : 28;
    exponent -= exponent % 2 ? 27 : 28;
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 25; bit; bit >>= 1) {
        const uint64_t tried = root | bit;
        root = tried * tried <= square ? tried : root;
    }
    const uint32_t exact = root * root == square;
    uint32_t upper = (uint32_t)(root >> 2);
    const uint32_t lower = (uint32_t)(root & 3);
    upper += lower > 2 || (lower == 2 && (!exact || (upper & 1)));
    return (float)upper * kl_exp2_int(exponent / 2 + 2);
}

/*
 * log(1 + s) of mantissas: 2 atanh((m - 1) / (m + 1)) for m in sqrt(1/2) .. sqrt(2), by its
 * series; the first omitted term is below 1e-10 of the sum.
 */
static inline float kl_log_mantissa(float m)
{
    const float s = (m - 1.0f) / (m + 1.0f);
    const float z = s * s;
    float sum = 1.81818182e-1f;
    sum = sum * z + 2.22222222e-1f;
    sum = sum * z + 2.85714286e-1f;
    sum = sum * z + 4.0e-1f;
    sum = sum * z + 6.66666667e-1f;
    return sum * (z * s) + (s + s);
}

/* log(x) within 2 ulp; minus infinity at 0, not-a-number below. */
static inline float kl_logf(float x)
{
    /* ln 2 in two parts as in kl_expf. */
    const float ln2_upper = 0.693359375f;
    const float ln2_lower = -2.12194440e-4f;
    if (!(x > 0.0f) || x == kl_infinityf()) {
        return x == 0.0f ? -kl_infinityf() : x < 0.0f ? kl_nanf() : x;
    }
    int32_t exponent;
    float m = (float)kl_split_float(x, &exponent) * kl_exp2_int(-23);
    exponent += 23;
    if (m > 1.41421356f) {
        m *= 0.5f;
        exponent++;
    }
    const float n = (float)exponent;
    return n * ln2_upper + (kl_log_mantissa(m) + n * ln2_lower);
}

/*
 * log(1 + x) within 4 ulp for x >= -0.5. The error that 1 + x makes by rounding is the same
 * in x and in the logarithm, to first order, and cancels in the quotient.
 */
static inline float kl_log1pf(float x)
{
    const float rounded = 1.0f + x;
    if (rounded == 1.0f || rounded == kl_infinityf()) {
        return x;
    }
    return kl_logf(rounded) * (x / (rounded - 1.0f));
}

/* exp(x) - 1 within 4 ulp. */
static inline float kl_expm1f(float x)
{
    const float exp_x = kl_expf(x);
    if (!(x > -0.5f && x < 0.5f)) {
        return exp_x - 1.0f;
    }
    return exp_x == 1.0f ? x : (exp_x - 1.0f) * (x / kl_logf(exp_x));
}

/* Is a value a whole number, and an odd one? Floats from 2^24 on are even. */
static inline int kl_is_whole(float x)
{
    const float size = kl_absf(x);
    return !(size < 8388608.0f) || (float)(int32_t)size == size; /* also what is no number */
}

static inline int kl_is_odd(float x)
{
    const float size = kl_absf(x);
    return size < 16777216.0f && kl_is_whole(x) && ((int32_t)size & 1);
}

/* x to the power of `count`, 0 <= count, by squaring. */
static inline float kl_whole_power(float x, int32_t count)
{
    float power = 1.0f;
    for (; count > 0; count >>= 1) {
        power = count & 1 ? power * x : power;
        x = count > 1 ? x * x : x;
    }
    return power;
}

/*
 * x to the power of y. For whole |y| <= 64 by multiplication, within 6 ulp for |y| <= 8; else
 * exp(y log x), whose relative error is about 2^-23 * (1 + |y log x|). Special values as in C.
 */
static inline float kl_powf(float x, float y)
{
    if (y == 0.0f || x == 1.0f) {
        return 1.0f;
    }
    if (kl_is_whole(y) && kl_absf(y) <= 64.0f) {
        const float power = kl_whole_power(x, (int32_t)kl_absf(y));
        return y < 0.0f ? 1.0f / power : power;
    }
    if (x < 0.0f && x > -kl_infinityf() && !kl_is_whole(y)) {
        return kl_nanf();
    }
    if (x == -1.0f) { /* not 0 times infinity */
        return kl_is_odd(y) ? -1.0f : 1.0f;
    }
    const float power = kl_expf(y * kl_logf(kl_absf(x)));
    return x < 0.0f && kl_is_odd(y) ? -power : power;
}

#endif
