/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOGISTIC and TANH int16: straight lines between 256 values of the logistic function, which
 * reach to 10.7. Source of the definitions: integer_ops/logistic.h and tanh.h of TensorFlow Lite
 * Micro.
 */
#ifndef KINGLET_NN_REF_SIGMOID_S16_H
#define KINGLET_NN_REF_SIGMOID_S16_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"

enum { KL_LOGISTIC_ENTRIES = 256 };

/* Elements of `out` rows by `curve`, a function of the input on the scale 1 / (3 * 4096). */
__attribute__((always_inline)) static inline void
kl_for_each_sigmoid(const struct kl_sigmoid_s16 *p, const struct kl_rows *in,
                    const struct kl_rows *out,
                    int32_t (*curve)(const uint16_t *table, int32_t value))
{
    const int32_t half = p->right_shift > 0 ? 1 << (p->right_shift - 1) : 0;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int16_t *x = kl_row_s16(in, row);
        int16_t *y = kl_row_s16(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            const int32_t value = (x[i] * p->multiplier + half) >> p->right_shift;
            y[i] = (int16_t)curve(p->table, value);
        }
    }
}

/* The table's line at `size` / 2^bits, times 2^bits; `saturated` beyond the table. */
static inline int32_t kl_sigmoid_line(const uint16_t *table, uint32_t size, int32_t bits,
                                      int32_t saturated)
{
    const uint32_t index = size >> bits;
    if (index >= 255) {
        return saturated;
    }
    const int32_t rise = table[index + 1] - table[index];
    return (table[index] << bits) + (int32_t)(size & ((1u << bits) - 1)) * rise;
}

static inline uint32_t kl_magnitude(int32_t value)
{
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

/* Q0.15 of the logistic function: the table is in Q0.16, the line in Q0.25. */
static inline int32_t kl_logistic_curve_s16(const uint16_t *table, int32_t value)
{
    const int32_t line = kl_sigmoid_line(table, kl_magnitude(value), 9, 0x7fff << 10);
    return (value >= 0 ? line + (1 << 9) : (1 << 25) - line + (1 << 9) - 1) >> 10;
}

/* Q0.15 of tanh(x) = 2 * logistic(2 * x) - 1: the line is in Q0.24. */
static inline int32_t kl_tanh_curve_s16(const uint16_t *table, int32_t value)
{
    const int32_t line = kl_sigmoid_line(table, kl_magnitude(value), 8, 0xffff << 8);
    return (value >= 0 ? line - (1 << 23) + (1 << 7) : (1 << 23) - line + (1 << 7) - 1) >> 8;
}

/* Rows of `width` elements; in place allowed; no scratch. */
static inline void kl_logistic_s16(const struct kl_sigmoid_s16 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_sigmoid(p, in, out, kl_logistic_curve_s16);
}

/* As kl_logistic_s16. */
static inline void kl_tanh_s16(const struct kl_sigmoid_s16 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_sigmoid(p, in, out, kl_tanh_curve_s16);
}

#endif
