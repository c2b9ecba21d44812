/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MEAN float32. Source of the definition: reference/reduce.h of TensorFlow Lite Micro: a
 * plain sum in input order, divided by the number of elements.
 */
#ifndef KINGLET_NN_REF_MEAN_F32_H
#define KINGLET_NN_REF_MEAN_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"
#include "nn/ref/strided.h"

/* Sum of the elements that are reduced to one output, x being the first of them. */
static inline float kl_reduce_sum_f32(const struct kl_reduce *rd, const float *x)
{
    float sum = 0.0f;
    for (int32_t line = 0; line < rd->red_dim[0] * rd->red_dim[1]; line++) {
        const float *element = x + kl_line_offset(rd->red_dim, rd->red_step, line);
        for (int32_t i = 0; i < rd->red_dim[2]; i++, element += rd->red_step[2]) {
            sum += *element;
        }
    }
    return sum;
}

/* in, out: one row each. No scratch. */
static inline void kl_mean_f32(const struct kl_mean_f32 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    const struct kl_reduce *rd = &p->rd;
    const float count = (float)(rd->red_dim[0] * rd->red_dim[1] * rd->red_dim[2]);
    const float *x = kl_row_f32(in, out->first);
    float *y = kl_row_f32(out, out->first);
    (void)scratch;
    for (int32_t line = 0; line < rd->out_dim[0] * rd->out_dim[1]; line++) {
        const float *first = x + kl_line_offset(rd->out_dim, rd->out_step, line);
        for (int32_t i = 0; i < rd->out_dim[2]; i++, first += rd->out_step[2]) {
            *y++ = kl_reduce_sum_f32(rd, first) / count;
        }
    }
}

#endif
