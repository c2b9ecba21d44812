/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MEAN int8. Source of the definition: reference/reduce.h of TensorFlow Lite Micro
 * (QuantizedMeanOrSum with an int32 sum).
 */
#ifndef KINGLET_NN_REF_MEAN_S8_H
#define KINGLET_NN_REF_MEAN_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/strided.h"

/* Sum of the elements that are reduced to one output, x being the first of them. */
static inline int32_t kl_reduce_sum_s8(const struct kl_reduce *rd, const int8_t *x)
{
    int32_t sum = 0;
    for (int32_t line = 0; line < rd->red_dim[0] * rd->red_dim[1]; line++) {
        const int8_t *element = x + kl_line_offset(rd->red_dim, rd->red_step, line);
        for (int32_t i = 0; i < rd->red_dim[2]; i++, element += rd->red_step[2]) {
            sum += *element;
        }
    }
    return sum;
}

/* in, out: one row each. No scratch. */
static inline void kl_mean_s8(const struct kl_mean_s8 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    const struct kl_reduce *rd = &p->rd;
    const int8_t *x = kl_row_s8(in, out->first);
    int8_t *y = kl_row_s8(out, out->first);
    (void)scratch;
    for (int32_t line = 0; line < rd->out_dim[0] * rd->out_dim[1]; line++) {
        const int8_t *first = x + kl_line_offset(rd->out_dim, rd->out_step, line);
        for (int32_t i = 0; i < rd->out_dim[2]; i++, first += rd->out_step[2]) {
            const int32_t sum = kl_reduce_sum_s8(rd, first) - p->in_zero_point_sum;
            const int32_t mean = kl_requantize(sum, p->multiplier, p->shift);
            *y++ = kl_output_s8(mean, p->out_zero_point, INT8_MIN, INT8_MAX);
        }
    }
}

#endif
