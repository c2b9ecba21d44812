/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of one float beyond those of unary_f32.h: all of the form y[i] = f(x[i]) over rows of
 * `width` elements, in place allowed, no scratch. One kernel each, so that a firmware holds only
 * those that its model uses.
 */
#ifndef KINGLET_NN_REF_FUNCTIONS_F32_H
#define KINGLET_NN_REF_FUNCTIONS_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/math_angle_f32.h"
#include "nn/ref/math_erf_f32.h"
#include "nn/ref/math_log_f32.h"
#include "nn/ref/math_round_f32.h"
#include "nn/ref/unary_f32.h"

/* The kernel `name` of `value`, an expression of x and, for some, of p. */
#define KL_FUNCTION_F32(name, value)                                                \
    static inline float name##_element(const struct kl_unary_f32 *p, float x)       \
    {                                                                               \
        (void)p;                                                                    \
        return value;                                                               \
    }                                                                               \
    static inline void name(const struct kl_unary_f32 *p, const struct kl_rows *in, \
                            const struct kl_rows *out, void *scratch)               \
    {                                                                               \
        (void)scratch;                                                              \
        kl_for_each_f32(p, in, out, name##_element);                                \
    }

KL_FUNCTION_F32(kl_abs_f32, kl_absf(x))
KL_FUNCTION_F32(kl_neg_f32, -x)
KL_FUNCTION_F32(kl_ceil_f32, kl_ceilf(x))
KL_FUNCTION_F32(kl_floor_f32, kl_floorf(x))
KL_FUNCTION_F32(kl_round_even_f32, kl_roundf(x)) /* halves to even */
KL_FUNCTION_F32(kl_sign_f32, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x)
KL_FUNCTION_F32(kl_sqrt_f32, kl_sqrtf(x))
KL_FUNCTION_F32(kl_rsqrt_f32, 1.0f / kl_sqrtf(x))
KL_FUNCTION_F32(kl_square_f32, x *x)
KL_FUNCTION_F32(kl_exp_f32, kl_expf(x))
KL_FUNCTION_F32(kl_log_f32, kl_logf(x))
KL_FUNCTION_F32(kl_sin_f32, kl_sinf(x))
KL_FUNCTION_F32(kl_cos_f32, kl_cosf(x))
KL_FUNCTION_F32(kl_erf_f32, kl_erff(x))
KL_FUNCTION_F32(kl_elu_f32, x < 0.0f ? p->alpha * kl_expm1f(x) : x)
KL_FUNCTION_F32(kl_gelu_f32, kl_geluf(x))
KL_FUNCTION_F32(kl_gelu_tanh_f32, kl_gelu_tanhf(x))
KL_FUNCTION_F32(kl_softplus_f32, kl_softplusf(x))

#undef KL_FUNCTION_F32

#endif
