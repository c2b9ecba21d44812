/* SPDX-License-Identifier: Apache-2.0 */
/* kl_mul_line_s8, defined in nn/ref/mul_line_s8_c.h, four elements at a time. Part of
 * nn/ref/mul_s8.h. */
#ifndef KINGLET_NN_ARMV7EM_MUL_LINE_S8_H
#define KINGLET_NN_ARMV7EM_MUL_LINE_S8_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/armv7em/words.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/strided.h"

/* Shorter lines are not worth their beginning. */
#define KL_MUL_LINE 8

/* What is the same for all elements: the exact form of nn/ref/requant_forms.h, whose products are
 * far below its limit. */
struct kl_mul_form {
    uint32_t zero_point[2]; /* less, twice in a word */
    int32_t multiplier, shift, rounding;
};

static inline struct kl_mul_form kl_mul_form(const struct kl_mul_s8 *p)
{
    return (struct kl_mul_form){
        .zero_point = {kl_two_of(-p->zero_point[0]), kl_two_of(-p->zero_point[1])},
        .multiplier = (int32_t)((uint32_t)p->out_multiplier * 2),
        .shift = -1 - p->out_shift,
        .rounding = 2 * p->out_zero_point + 1};
}

/* A product to its result: kl_requant_exact_late. */
static inline int8_t kl_mul_result(const struct kl_mul_form *f, int32_t product)
{
    const int32_t scaled = kl_round_high(product, f->multiplier, product);
    return kl_saturate_s8((((scaled + (scaled >> 31)) >> f->shift) + f->rounding) >> 1);
}

static inline int8_t kl_mul_one(const struct kl_mul_form *f, int8_t a, int8_t b)
{
    const int32_t x = a + kl_low_half(f->zero_point[0]), y = b + kl_low_half(f->zero_point[1]);
    return kl_mul_result(f, x * y);
}

/* Four results of four elements of each factor. */
static inline void kl_mul_four(const struct kl_mul_form *f, uint32_t a, uint32_t b, int8_t *out)
{
    const uint32_t a02 = kl_add_even(f->zero_point[0], a), a13 = kl_add_odd(f->zero_point[0], a);
    const uint32_t b02 = kl_add_even(f->zero_point[1], b), b13 = kl_add_odd(f->zero_point[1], b);
    out[0] = kl_mul_result(f, kl_low_half(a02) * kl_low_half(b02));
    out[1] = kl_mul_result(f, kl_low_half(a13) * kl_low_half(b13));
    out[2] = kl_mul_result(f, kl_high_half(a02) * kl_high_half(b02));
    out[3] = kl_mul_result(f, kl_high_half(a13) * kl_high_half(b13));
}

/* A line of factors that are dense or one element each. Out of line: the loop needs all
 * registers. */
KL_NOINLINE __attribute__((unused)) static void kl_mul_line_four(const struct kl_line *line)
{
    const struct kl_mul_form f = kl_mul_form(line->params);
    const int32_t a_step = line->a_step, b_step = line->b_step;
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    int32_t left = line->count;
    uint32_t x = kl_four_of(*a), y = kl_four_of(*b);
    for (; left >= 4; left -= 4, a += 4 * a_step, b += 4 * b_step, out += 4) {
        x = a_step ? kl_load_word(a) : x;
        y = b_step ? kl_load_word(b) : y;
        kl_mul_four(&f, x, y, out);
    }
    for (; left > 0; left--, a += a_step, b += b_step) {
        *out++ = kl_mul_one(&f, *a, *b);
    }
}

static inline void kl_mul_line_s8(const struct kl_line *line)
{
    const struct kl_mul_s8 *p = line->params;
    const bool is_exact = p->out_shift < 0 && p->out_multiplier >= 1 << 30;
    if (!is_exact || line->count < KL_MUL_LINE || (uint32_t)(line->a_step | line->b_step) > 1) {
        kl_mul_line(line, 1);
        return;
    }
    kl_mul_line_four(line);
    kl_limit_s8(line->out, line->count, p->min, p->max);
}

#endif
