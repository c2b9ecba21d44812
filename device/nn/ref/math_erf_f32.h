/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error function, and the activations made of exp, log and erf. The polynomials are Chebyshev
 * interpolations made for this file.
 */
#ifndef KINGLET_NN_REF_MATH_ERF_F32_H
#define KINGLET_NN_REF_MATH_ERF_F32_H

#include <stdint.h>

#include "nn/ref/math_log_f32.h"

/* erf(x) / x of x * x = z, 0 <= z <= 1. */
static inline float kl_erf_small(float z)
{
    float sum = 7.87587505e-5f;
    sum = sum * z - 8.01686428e-4f;
    sum = sum * z + 5.18908742e-3f;
    sum = sum * z - 2.68542120e-2f;
    sum = sum * z + 1.12835947e-1f;
    sum = sum * z - 3.76126267e-1f;
    return sum * z + 1.12837917f;
}

/* exp(x * x) * erfc(x), 1 <= x <= 4. */
static inline float kl_erfc_scaled(float x)
{
    const float u = (x - 2.5f) * 6.66666667e-1f;
    float sum = -3.566417882e-5f;
    sum = sum * u + 9.629120198e-5f;
    sum = sum * u - 1.474161427e-4f;
    sum = sum * u + 3.681510978e-4f;
    sum = sum * u - 1.013662598e-3f;
    sum = sum * u + 2.425638938e-3f;
    sum = sum * u - 5.568837645e-3f;
    sum = sum * u + 1.248412315e-2f;
    sum = sum * u - 2.700545821e-2f;
    sum = sum * u + 5.611094756e-2f;
    sum = sum * u - 1.115210179e-1f;
    return sum * u + 2.108063577e-1f;
}

/* erf(x) within 3 ulp. */
static inline float kl_erff(float x)
{
    const float size = kl_absf(x);
    if (size < 1.0f) {
        return x * kl_erf_small(x * x);
    }
    /* From 3.92 on the nearest float is 1. */
    const float above = size < 4.0f    ? 1.0f - kl_expf(-size * size) * kl_erfc_scaled(size)
                        : size != size ? x
                                       : 1.0f;
    return x < 0.0f ? -above : above;
}

/* x times the normal distribution function of x (GELU), |error| <= 4e-7 * max(1, |x|). */
static inline float kl_geluf(float x)
{
    return 0.5f * x * (1.0f + kl_erff(x * 7.07106781e-1f));
}

/* The approximation of GELU by tanh: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
static inline float kl_gelu_tanhf(float x)
{
    return 0.5f * x * (1.0f + kl_tanhf(7.97884561e-1f * (x + 0.044715f * x * x * x)));
}

/* log(1 + exp(x)) within 4 ulp. */
static inline float kl_softplusf(float x)
{
    const float above = x > 0.0f ? x : 0.0f;
    return x != x ? x : above + kl_log1pf(kl_expf(-kl_absf(x)));
}

#endif
