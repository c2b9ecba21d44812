/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SOFTMAX int16 by two tables. Source of the definition: SoftmaxInt16 in reference/softmax.h and
 * LUTLookup in kernels/internal/common.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_SOFTMAX_S16_H
#define KINGLET_NN_REF_SOFTMAX_S16_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

enum { KL_TABLE_S16_ENTRIES = 513 };

/* Value of a table at `value`, limited to int16, with straight lines between its entries. */
static inline int32_t kl_table_s16(const int16_t *table, int32_t value)
{
    const int32_t at = kl_clamp_s32(value, INT16_MIN, INT16_MAX);
    const int16_t *entry = table + 256 + (at >> 7);
    return entry[0] + (((entry[1] - entry[0]) * (at & 127) + 64) >> 7);
}

static inline void kl_softmax_row_s16(const struct kl_softmax_s16 *p, const int16_t *x, int16_t *y)
{
    int32_t max = INT16_MIN;
    int32_t sum = 0; /* Q16.15 */
    int32_t zeros = 1;
    for (int32_t i = 0; i < p->width; i++) {
        max = kl_max_s32(max, x[i]);
    }
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t diff = kl_requantize(x[i] - max, p->multiplier, p->shift);
        const int32_t value = kl_table_s16(p->exp, diff + INT16_MAX);
        y[i] = (int16_t)value;
        sum += value;
    }
    while ((uint32_t)sum << zeros < 1u << 31) {
        zeros++;
    }
    /* The sum as 1.x in Q1.16; the table knows 1 / (1 + x). */
    const int32_t fraction = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14);
    const int32_t reciprocal = kl_table_s16(p->reciprocal, fraction - (1 << 15) - (1 << 16));
    const int32_t shift = 31 - zeros;
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t value = (y[i] * reciprocal + (1 << (shift - 1))) >> shift;
        y[i] = (int16_t)kl_clamp_s32(value, 0, INT16_MAX);
    }
}

/* Each row is one vector of `width`, 1 .. 65535 elements, so that the sum fits. In place allowed.
 * No scratch. */
static inline void kl_softmax_s16(const struct kl_softmax_s16 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_softmax_row_s16(p, kl_row_s16(in, row), kl_row_s16(out, row));
    }
}

#endif
