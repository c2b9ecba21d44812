/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DIV int8 with broadcast. Source of the definition: reference/div.h and common.h (GetReciprocal)
 * of TensorFlow Lite Micro. There a divisor of zero is not defined; here it gives the end of the
 * range that has the dividend's sign, and 0/0 the zero point.
 */
#ifndef KINGLET_NN_REF_DIV_S8_H
#define KINGLET_NN_REF_DIV_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/fixed_point.h"
#include "nn/ref/requantize.h"
#include "nn/ref/strided.h"

/* a / b on the output's scale, b above 0: the reciprocal of b in Q0.31 times a shifted as far as it
 * goes, then one requantisation that takes both shifts back. */
static inline int32_t kl_quotient_s8(const struct kl_mul_s8 *p, int32_t a, int32_t b)
{
    const int32_t up = __builtin_clz((uint32_t)b);
    const int32_t headroom = a ? __builtin_clrsb(a) : 31;
    const int32_t inverse = kl_one_over_one_plus((int32_t)(((uint32_t)b << up) - (1u << 31)));
    const int32_t quotient = kl_srdhm((int32_t)((uint32_t)a << headroom), inverse);
    const int32_t down = kl_max_s32(31 - up + headroom - p->out_shift, 0);
    return down > 31 ? 0 : kl_rounding_shift(kl_srdhm(quotient, p->out_multiplier), down);
}

static inline void kl_div_line_s8(const struct kl_line *line)
{
    const struct kl_mul_s8 *p = line->params;
    const int8_t *x = line->a;
    const int8_t *y = line->b;
    int8_t *out = line->out;
    for (int32_t i = 0; i < line->count; i++, x += line->a_step, y += line->b_step) {
        const int32_t a = *x - p->zero_point[0];
        const int32_t b = *y - p->zero_point[1];
        const int32_t quotient = b == 0  ? a * (1 << 16)
                                 : b < 0 ? kl_quotient_s8(p, -a, -b)
                                         : kl_quotient_s8(p, a, b);
        out[i] = kl_output_s8(quotient, p->out_zero_point, p->min, p->max);
    }
}

/* in[0]: dividend, in[1]: divisor. One of the output's shape may be the output. No scratch. */
static inline void kl_div_s8(const struct kl_mul_s8 *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_div_line_s8);
}

#endif
