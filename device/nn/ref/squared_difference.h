/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQUARED_DIFFERENCE int8 and int16 with broadcast. Source of the definition:
 * micro/kernels/squared_difference.cc of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_SQUARED_DIFFERENCE_H
#define KINGLET_NN_REF_SQUARED_DIFFERENCE_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/strided.h"

/* Input `index` on the common scale; its shift only goes right. */
static inline int32_t kl_difference_scaled(const struct kl_add_s8 *p, int32_t index, int32_t value)
{
    const int32_t widened = (value - p->zero_point[index]) * (1 << p->left_shift);
    return kl_rounding_shift(kl_high_mul(widened, p->multiplier[index]), -p->shift[index]);
}

/* One line of integers of `bytes` bytes. The square of scales that the planner makes fits. */
__attribute__((always_inline)) static inline void
kl_squared_difference_line(const struct kl_line *line, int32_t bytes)
{
    const struct kl_add_s8 *p = line->params;
    const char *a = line->a;
    const char *b = line->b;
    char *out = line->out;
    for (int32_t i = 0; i < line->count; i++, out += bytes) {
        const int32_t x = kl_difference_scaled(p, 0, kl_load_integer(a, bytes));
        const int32_t y = kl_difference_scaled(p, 1, kl_load_integer(b, bytes));
        const uint32_t difference = (uint32_t)x - (uint32_t)y;
        const int32_t square = (int32_t)(difference * difference);
        const int32_t scaled = kl_requantize(square, p->out_multiplier, p->out_shift);
        kl_store_integer(out, bytes, kl_output_s32(scaled, p->out_zero_point, p->min, p->max));
        a += line->a_step * bytes;
        b += line->b_step * bytes;
    }
}

static inline void kl_squared_difference_line_s8(const struct kl_line *line)
{
    kl_squared_difference_line(line, 1);
}

static inline void kl_squared_difference_line_s16(const struct kl_line *line)
{
    kl_squared_difference_line(line, 2);
}

/* in[0], in[1]: the operands. An operand of the output's shape may be the output. No scratch. */
static inline void kl_squared_difference_s8(const struct kl_add_s8 *p, const struct kl_rows *in,
                                            const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1,
                     kl_squared_difference_line_s8);
}

/* As kl_squared_difference_s8, of int16. */
static inline void kl_squared_difference_s16(const struct kl_add_s8 *p, const struct kl_rows *in,
                                             const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 2,
                     kl_squared_difference_line_s16);
}

#endif
