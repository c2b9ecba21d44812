/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FULLY_CONNECTED float32. Source of the definition: reference/fully_connected.h of
 * TensorFlow Lite Micro: products added in input order, then the bias, then the clamp.
 */
#ifndef KINGLET_NN_REF_FULLY_CONNECTED_F32_H
#define KINGLET_NN_REF_FULLY_CONNECTED_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/dot_f32.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* One vector: in_c inputs to out_c outputs. */
static inline void kl_fully_connected_row_f32(const struct kl_fully_connected_f32 *p,
                                              const float *x, float *y)
{
    const struct kl_lanes lanes = kl_lanes(p->out_c, p->in_c);
    for (int32_t block = 0; block < p->out_c; block += lanes.count) {
        const int32_t channel = kl_min_s32(block, p->out_c - lanes.count);
        float acc[KL_DOT_LANES] = {0};
        kl_dot_f32(acc, x, p->weights + channel * p->in_c, lanes.stride, p->in_c);
        for (int32_t c = channel; c < channel + lanes.count; c++) {
            y[c] = kl_limit_f32(acc[c - channel] + p->bias[c], p->min, p->max);
        }
    }
}

/* in: one vector of in_c per row. out: one vector of out_c per row. No scratch. */
static inline void kl_fully_connected_f32(const struct kl_fully_connected_f32 *p,
                                          const struct kl_rows *in, const struct kl_rows *out,
                                          void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_fully_connected_row_f32(p, kl_row_f32(in, row), kl_row_f32(out, row));
    }
}

#endif
