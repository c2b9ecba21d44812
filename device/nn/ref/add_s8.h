/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ADD and SUB int8 and int16 with broadcast. Source of the definition: integer_ops/add.h and
 * reference/sub.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_ADD_S8_H
#define KINGLET_NN_REF_ADD_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/strided.h"

/* Input `index` on the common scale. Its shift, like that of the sum, only goes right. */
static inline int32_t kl_add_scaled(const struct kl_add_s8 *p, int32_t index, int32_t value)
{
    const int32_t scaled =
        kl_high_mul_short(value - p->zero_point[index], p->left_shift, p->multiplier[index]);
    return kl_rounding_shift(scaled, -p->shift[index]);
}

/* One line of integers of `bytes` bytes. */
__attribute__((always_inline)) static inline void kl_add_line(const struct kl_line *line,
                                                              int32_t bytes)
{
    /* A copy, which the stores of results cannot change: it stays in registers. */
    const struct kl_add_s8 p = *(const struct kl_add_s8 *)line->params;
    const char *a = line->a;
    const char *b = line->b;
    char *out = line->out;
    const int32_t a_step = line->a_step * bytes, b_step = line->b_step * bytes;
    for (const char *end = out + line->count * bytes; out < end; out += bytes) {
        const int32_t sum = kl_add_scaled(&p, 0, kl_load_integer(a, bytes)) +
                            p.sign * kl_add_scaled(&p, 1, kl_load_integer(b, bytes));
        const int32_t scaled = kl_rounding_shift(kl_high_mul(sum, p.out_multiplier), -p.out_shift);
        kl_store_integer(out, bytes, kl_output_s32(scaled, p.out_zero_point, p.min, p.max));
        a += a_step;
        b += b_step;
    }
}

static inline void kl_add_line_s8(const struct kl_line *line)
{
    kl_add_line(line, 1);
}

static inline void kl_add_line_s16(const struct kl_line *line)
{
    kl_add_line(line, 2);
}

/* in[0], in[1]: the operands. An operand of the output's shape may be the output. No scratch. */
static inline void kl_add_s8(const struct kl_add_s8 *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_add_line_s8);
}

/* As kl_add_s8, of int16. */
static inline void kl_add_s16(const struct kl_add_s8 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 2, kl_add_line_s16);
}

#endif
