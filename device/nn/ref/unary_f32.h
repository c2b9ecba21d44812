/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of one float: RELU, RELU6, LEAKY_RELU, LOGISTIC, TANH, HARD_SWISH. Source of
 * the definitions: micro/kernels/activations_common.cc, reference/leaky_relu.h,
 * logistic.h, tanh.h and hard_swish.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_UNARY_F32_H
#define KINGLET_NN_REF_UNARY_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/math_f32.h"
#include "nn/ref/row.h"

typedef float kl_unary_fn_f32(const struct kl_unary_f32 *p, float x);

/* `fn` of every element of the output rows. In place allowed. */
__attribute__((always_inline)) static inline void kl_for_each_f32(const struct kl_unary_f32 *p,
                                                                  const struct kl_rows *in,
                                                                  const struct kl_rows *out,
                                                                  kl_unary_fn_f32 *fn)
{
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = kl_row_f32(in, row);
        float *y = kl_row_f32(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            y[i] = fn(p, x[i]);
        }
    }
}

static inline float kl_clamp_element_f32(const struct kl_unary_f32 *p, float x)
{
    return kl_limit_f32(x, p->min, p->max);
}

static inline float kl_leaky_relu_element_f32(const struct kl_unary_f32 *p, float x)
{
    return x > 0.0f ? x : x * p->alpha;
}

static inline float kl_logistic_element_f32(const struct kl_unary_f32 *p, float x)
{
    (void)p;
    return kl_logisticf(x);
}

static inline float kl_tanh_element_f32(const struct kl_unary_f32 *p, float x)
{
    (void)p;
    return kl_tanhf(x);
}

static inline float kl_hard_swish_element_f32(const struct kl_unary_f32 *p, float x)
{
    (void)p;
    return x * kl_limit_f32(x + 3.0f, 0.0f, 6.0f) / 6.0f;
}

/* RELU, RELU6: limit to min .. max. Rows of `width` elements; in place allowed; no scratch. */
static inline void kl_clamp_f32(const struct kl_unary_f32 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_f32(p, in, out, kl_clamp_element_f32);
}

/* x, or alpha * x when x is not positive. Rows of `width` elements; in place allowed; no scratch.
 */
static inline void kl_leaky_relu_f32(const struct kl_unary_f32 *p, const struct kl_rows *in,
                                     const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_f32(p, in, out, kl_leaky_relu_element_f32);
}

/* 1 / (1 + exp(-x)). Rows of `width` elements; in place allowed; no scratch. */
static inline void kl_logistic_f32(const struct kl_unary_f32 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_f32(p, in, out, kl_logistic_element_f32);
}

/* tanh(x). Rows of `width` elements; in place allowed; no scratch. */
static inline void kl_tanh_f32(const struct kl_unary_f32 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_f32(p, in, out, kl_tanh_element_f32);
}

/* x * clamp(x + 3, 0, 6) / 6. Rows of `width` elements; in place allowed; no scratch. */
static inline void kl_hard_swish_f32(const struct kl_unary_f32 *p, const struct kl_rows *in,
                                     const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_f32(p, in, out, kl_hard_swish_element_f32);
}

#endif
