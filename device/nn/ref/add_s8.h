/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ADD and SUB int8 with broadcast. Source of the definition: integer_ops/add.h and
 * reference/sub.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_ADD_S8_H
#define KINGLET_NN_REF_ADD_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/strided.h"

/* Input `index` on the common scale. Its shift, like that of the sum, only goes right. */
static inline int32_t kl_add_scaled_s8(const struct kl_add_s8 *p, int32_t index, int8_t value)
{
    const int32_t wide = (value - p->zero_point[index]) * (1 << p->left_shift);
    return kl_rounding_shift(kl_high_mul(wide, p->multiplier[index]), -p->shift[index]);
}

static inline void kl_add_line_s8(const struct kl_line *line)
{
    /* A copy, which the stores of results cannot change: it stays in registers. */
    const struct kl_add_s8 p = *(const struct kl_add_s8 *)line->params;
    const int8_t *a = line->a;
    const int8_t *b = line->b;
    int8_t *out = line->out;
    const int32_t a_step = line->a_step, b_step = line->b_step;
    for (const int8_t *end = out + line->count; out < end; a += a_step, b += b_step) {
        const int32_t sum = kl_add_scaled_s8(&p, 0, *a) + p.sign * kl_add_scaled_s8(&p, 1, *b);
        const int32_t scaled = kl_rounding_shift(kl_high_mul(sum, p.out_multiplier), -p.out_shift);
        *out++ = kl_output_s8(scaled, p.out_zero_point, p.min, p.max);
    }
}

/* in[0], in[1]: the operands. An operand of the output's shape may be the output. No scratch. */
static inline void kl_add_s8(const struct kl_add_s8 *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_add_line_s8);
}

#endif
