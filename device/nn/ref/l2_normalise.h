/* SPDX-License-Identifier: Apache-2.0 */
/*
 * L2_NORMALIZATION int8 and float32. Source of the definition: integer_ops/l2normalization.h and
 * reference/l2normalization.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_L2_NORMALISE_H
#define KINGLET_NN_REF_L2_NORMALISE_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/fixed_point.h"
#include "nn/ref/math_log_f32.h"
#include "nn/ref/row.h"

static inline void kl_l2_normalise_row_s8(const struct kl_l2_normalise *p, const int8_t *x,
                                          int8_t *y)
{
    int32_t sum = 0, right;
    for (int32_t i = 0; i < p->width; i++) {
        sum += (x[i] - p->in_zero_point) * (x[i] - p->in_zero_point);
    }
    const int32_t multiplier = kl_inverse_sqrt(sum, &right);
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t value = x[i] - p->in_zero_point;
        y[i] = kl_saturate_s8(kl_requantize(value, multiplier, 7 - right));
    }
}

/* Each row is one vector. In place allowed. No scratch. */
static inline void kl_l2_normalise_s8(const struct kl_l2_normalise *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_l2_normalise_row_s8(p, kl_row_s8(in, row), kl_row_s8(out, row));
    }
}

static inline void kl_l2_normalise_row_f32(const struct kl_l2_normalise *p, const float *x,
                                           float *y)
{
    const float least = 1e-6f;
    float sum = 0.0f;
    for (int32_t i = 0; i < p->width; i++) {
        sum += x[i] * x[i];
    }
    const float root = kl_sqrtf(sum);
    const float norm = root < least ? least : root;
    for (int32_t i = 0; i < p->width; i++) {
        y[i] = x[i] / norm;
    }
}

/* As kl_l2_normalise_s8, of floats. */
static inline void kl_l2_normalise_f32(const struct kl_l2_normalise *p, const struct kl_rows *in,
                                       const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_l2_normalise_row_f32(p, kl_row_f32(in, row), kl_row_f32(out, row));
    }
}

#endif
