/* SPDX-License-Identifier: Apache-2.0 */
/* SOFTMAX float32. Source of the definition: reference/softmax.h of TensorFlow Lite Micro. */
#ifndef KINGLET_NN_REF_SOFTMAX_F32_H
#define KINGLET_NN_REF_SOFTMAX_F32_H

#include <float.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/math_f32.h"
#include "nn/ref/row.h"

static inline float kl_softmax_largest_f32(const struct kl_softmax_f32 *p, const float *x)
{
    float max = -FLT_MAX;
    for (int32_t i = 0; i < p->width; i++) {
        max = max < x[i] ? x[i] : max;
    }
    return max;
}

static inline void kl_softmax_row_f32(const struct kl_softmax_f32 *p, const float *x, float *y)
{
    const float max = kl_softmax_largest_f32(p, x);
    float sum = 0.0f;
    for (int32_t i = 0; i < p->width; i++) {
        y[i] = kl_expf((x[i] - max) * p->beta);
        sum += y[i];
    }
    for (int32_t i = 0; i < p->width; i++) {
        y[i] = y[i] / sum;
    }
}

/* Each row is one vector of `width` elements. In place allowed. No scratch. */
static inline void kl_softmax_f32(const struct kl_softmax_f32 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_softmax_row_f32(p, kl_row_f32(in, row), kl_row_f32(out, row));
    }
}

#endif
