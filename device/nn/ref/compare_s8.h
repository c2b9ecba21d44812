/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons of int8 with broadcast: both operands as multiples of 1/256, rounded. Source of the
 * definition: reference/comparisons.h (ComparisonWithScaling) of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_COMPARE_S8_H
#define KINGLET_NN_REF_COMPARE_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/compare.h"
#include "nn/ref/requantize.h"

/* Operand `operand` with that value in units of 1/256. */
static inline int32_t kl_compared_s8(const struct kl_compare_s8 *p, int32_t operand, int32_t value)
{
    return kl_requantize((value - p->zero_point[operand]) * 256, p->multiplier[operand],
                         p->shift[operand]);
}

static inline void kl_compare_line_s8(const struct kl_line *line)
{
    const struct kl_compare_s8 *p = line->params;
    const int8_t *x = line->a;
    const int8_t *y = line->b;
    unsigned char *out = line->out;
    for (int32_t i = 0; i < line->count; i++, x += line->a_step, y += line->b_step) {
        const int32_t a = kl_compared_s8(p, 0, *x), b = kl_compared_s8(p, 1, *y);
        out[i] = (unsigned char)kl_compare_order(p->function, (a > b) - (a < b));
    }
}

/* in: two operands. out: dense bools. No scratch. */
static inline void kl_compare_s8(const struct kl_compare_s8 *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_compare_line_s8);
}

#endif
