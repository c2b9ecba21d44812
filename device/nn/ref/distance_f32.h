/* SPDX-License-Identifier: Apache-2.0 */
/* SQUARED_DISTANCE float32: from a vector to each of many centres, plain or weighted. */
#ifndef KINGLET_NN_REF_DISTANCE_F32_H
#define KINGLET_NN_REF_DISTANCE_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"

/* out[j] = sum over i of (x[i] - centres[j][i])^2, added in the order of i. in: rows of in_c
 * floats. out: rows of `count` floats. No scratch. */
static inline void kl_distance_f32(const struct kl_distance_f32 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = kl_row_f32(in, row);
        const float *centre = p->centres;
        float *y = kl_row_f32(out, row);
        for (int32_t j = 0; j < p->count; j++, centre += p->in_c) {
            float sum = 0.0f;
            for (int32_t i = 0; i < p->in_c; i++) {
                const float d = x[i] - centre[i];
                sum += d * d;
            }
            y[j] = sum;
        }
    }
}

/* out[j] = bias[j] + sum over i of weights[j][i] * (x[i] - centres[j][i])^2, the bias added
 * last. Rows as above. */
static inline void kl_weighted_distance_f32(const struct kl_weighted_distance_f32 *p,
                                            const struct kl_rows *in, const struct kl_rows *out,
                                            void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = kl_row_f32(in, row);
        const float *centre = p->centres;
        const float *weight = p->weights;
        float *y = kl_row_f32(out, row);
        for (int32_t j = 0; j < p->count; j++, centre += p->in_c, weight += p->in_c) {
            float sum = 0.0f;
            for (int32_t i = 0; i < p->in_c; i++) {
                const float d = x[i] - centre[i];
                sum += weight[i] * (d * d);
            }
            y[j] = sum + p->bias[j];
        }
    }
}

#endif
