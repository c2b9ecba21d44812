/* SPDX-License-Identifier: Apache-2.0 */
/* Rounding of floats to whole floats, and remainders. Exact. */
#ifndef KINGLET_NN_REF_MATH_ROUND_F32_H
#define KINGLET_NN_REF_MATH_ROUND_F32_H

#include <stdint.h>

#include "nn/ref/math_log_f32.h"

/* Towards zero. Floats from 2^23 on are whole; infinity and not-a-number stay. */
static inline float kl_truncf(float x)
{
    if (!(kl_absf(x) < 8388608.0f)) {
        return x;
    }
    const float whole = (float)(int32_t)x;
    return whole == 0.0f ? x * 0.0f : whole; /* keeps the sign of zero */
}

static inline float kl_floorf(float x)
{
    const float whole = kl_truncf(x);
    return whole > x ? whole - 1.0f : whole;
}

static inline float kl_ceilf(float x)
{
    const float whole = kl_truncf(x);
    return whole < x ? whole + 1.0f : whole;
}

/* To the nearest, halves to the even one. */
static inline float kl_roundf(float x)
{
    const float below = kl_floorf(x);
    const float rest = x - below;
    if (rest > 0.5f || (rest == 0.5f && kl_is_odd(below))) {
        return below + 1.0f == 0.0f ? x * 0.0f : below + 1.0f;
    }
    return rest == 0.0f || rest <= 0.5f ? below : x; /* x: not-a-number */
}

/* The remainder of x / y with the sign of x, as fmod of C: exact. Not-a-number for y = 0. */
static inline float kl_fmodf(float x, float y)
{
    float rest = kl_absf(x);
    const float size = kl_absf(y);
    if (!(rest < kl_infinityf()) || !(size > 0.0f)) {
        return kl_nanf();
    }
    while (rest >= size) {
        /* The largest size * 2^n that fits: subtracting it is exact. */
        float step = size;
        while (step <= rest - step) {
            step += step;
        }
        rest -= step;
    }
    return x < 0.0f ? -rest : rest;
}

/* The remainder with the sign of y. */
static inline float kl_floor_modf(float x, float y)
{
    const float rest = kl_fmodf(x, y);
    return rest != 0.0f && (rest < 0.0f) != (y < 0.0f) ? rest + y : rest;
}

/*
 * The exact quotient rounded down. x / y may have been rounded up to a whole float: then the exact
 * one, without its fraction, is odd where that is even, or the other way round. From 2^24 on, where
 * not every whole number is a float, the nearest.
 */
static inline float kl_floor_divf(float x, float y)
{
    const float quotient = x / y, size = kl_absf(y);
    const float whole = kl_floorf(quotient);
    if (whole != quotient || !(kl_absf(whole) < 16777216.0f) || !(size < kl_infinityf())) {
        return whole;
    }
    const float rest = kl_absf(kl_fmodf(x, size + size));
    const int rounded_up = (rest >= size) != kl_is_odd(whole);
    if (rest == 0.0f || rest == size) {
        return whole;
    }
    return rounded_up == ((x < 0.0f) == (y < 0.0f)) ? whole - 1.0f : whole;
}

#endif
