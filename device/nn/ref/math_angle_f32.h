/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sine and cosine from additions, multiplications and bit operations; see math_f32.h. Tests
 * compare them with the C library.
 */
#ifndef KINGLET_NN_REF_MATH_ANGLE_F32_H
#define KINGLET_NN_REF_MATH_ANGLE_F32_H

#include <stdint.h>

#include "nn/ref/math_log_f32.h"

/* Taylor series for |r| <= pi/4; the first omitted terms are below 2^-25. */
static inline float kl_sin_octant(float r)
{
    const float z = r * r;
    float sum = 2.75573192e-6f;
    sum = sum * z - 1.98412698e-4f;
    sum = sum * z + 8.33333333e-3f;
    sum = sum * z - 1.66666667e-1f;
    return sum * (z * r) + r;
}

static inline float kl_cos_octant(float r)
{
    const float z = r * r;
    float sum = -2.75573192e-7f;
    sum = sum * z + 2.48015873e-5f;
    sum = sum * z - 1.38888889e-3f;
    sum = sum * z + 4.16666667e-2f;
    return (sum * z - 0.5f) * z + 1.0f;
}

/* sin(x + quarter * pi/2). */
static inline float kl_sin_quarter(float x, int32_t quarter)
{
    /* pi/2 in three parts; the products of the first two with n are exact. */
    const float part1 = 1.5703125f;
    const float part2 = 4.8375129699707e-4f;
    const float part3 = 7.54978995489188e-8f;
    if (!(kl_absf(x) < 1.0e9f)) {
        return kl_nanf();
    }
    const float turns = x * 0.636619772f;
    const int32_t n = (int32_t)(turns < 0.0f ? turns - 0.5f : turns + 0.5f);
    const float r = ((x - (float)n * part1) - (float)n * part2) - (float)n * part3;
    const int32_t octant = (n + quarter) & 3;
    const float value = octant & 1 ? kl_cos_octant(r) : kl_sin_octant(r);
    return octant & 2 ? -value : value;
}

/*
 * sin(x) and cos(x): |error| <= 2^-22 for |x| <= 8192. Beyond, the error grows in proportion to
 * x, and from 1e9 on, as for infinity, they are not-a-number.
 */
static inline float kl_sinf(float x)
{
    return kl_sin_quarter(x, 0);
}

static inline float kl_cosf(float x)
{
    return kl_sin_quarter(x, 1);
}

#endif
