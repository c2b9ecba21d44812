/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MEAN int8 and int16. Source of the definition: reference/reduce.h of TensorFlow Lite Micro
 * (QuantizedMeanOrSum with an int32 sum).
 */
#ifndef KINGLET_NN_REF_MEAN_S8_H
#define KINGLET_NN_REF_MEAN_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/strided.h"

/* Sum of the integers of `bytes` bytes that are reduced to one output, x being the first. */
__attribute__((always_inline)) static inline int32_t kl_reduce_sum(const struct kl_reduce *rd,
                                                                   const char *x, int32_t bytes)
{
    int32_t sum = 0;
    for (int32_t line = 0; line < rd->red_dim[0] * rd->red_dim[1]; line++) {
        const char *element = x + kl_line_offset(rd->red_dim, rd->red_step, line) * bytes;
        for (int32_t i = 0; i < rd->red_dim[2]; i++, element += rd->red_step[2] * bytes) {
            sum += kl_load_integer(element, bytes);
        }
    }
    return sum;
}

/* The means of one line, of integers of `bytes` bytes. */
__attribute__((always_inline)) static inline void
kl_mean_line(const struct kl_mean_s8 *p, const char *x, char *y, int32_t bytes)
{
    const struct kl_reduce *rd = &p->rd;
    const int32_t max = bytes == 1 ? INT8_MAX : INT16_MAX;
    for (int32_t i = 0; i < rd->out_dim[2]; i++, x += rd->out_step[2] * bytes, y += bytes) {
        const int32_t sum = kl_reduce_sum(rd, x, bytes) - p->in_zero_point_sum;
        const int32_t mean = kl_requantize(sum, p->multiplier, p->shift);
        kl_store_integer(y, bytes, kl_output_s32(mean, p->out_zero_point, -max - 1, max));
    }
}

/* kl_mean_line_s8. */
#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
#include "nn/mve/mean_line_s8.h"
#else
#include "nn/ref/mean_line_s8_c.h"
#endif

/* The int16 means of one line. */
static inline void kl_mean_line_s16(const struct kl_mean_s8 *p, const char *x, char *y)
{
    kl_mean_line(p, x, y, 2);
}

/* Work on one line of means, x being the first input of the first one. */
typedef void kl_mean_line_fn(const struct kl_mean_s8 *p, const char *x, char *y);

/* All means of one row, of integers of `bytes` bytes. */
__attribute__((always_inline)) static inline void kl_mean_row(const struct kl_mean_s8 *p,
                                                              const struct kl_rows *in,
                                                              const struct kl_rows *out,
                                                              int32_t bytes, kl_mean_line_fn *fn)
{
    const struct kl_reduce *rd = &p->rd;
    const char *x = (const char *)kl_row(in, out->first);
    char *y = (char *)kl_row(out, out->first);
    for (int32_t line = 0; line < rd->out_dim[0] * rd->out_dim[1]; line++) {
        fn(p, x + kl_line_offset(rd->out_dim, rd->out_step, line) * bytes, y);
        y += rd->out_dim[2] * bytes;
    }
}

/* in, out: one row each. No scratch. */
static inline void kl_mean_s8(const struct kl_mean_s8 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_mean_row(p, in, out, 1, kl_mean_line_s8);
}

/* As kl_mean_s8, of int16. */
static inline void kl_mean_s16(const struct kl_mean_s8 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_mean_row(p, in, out, 2, kl_mean_line_s16);
}

#endif
