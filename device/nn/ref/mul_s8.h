/* SPDX-License-Identifier: Apache-2.0 */
/* MUL int8 with broadcast. Source of the definition: integer_ops/mul.h of TensorFlow Lite Micro. */
#ifndef KINGLET_NN_REF_MUL_S8_H
#define KINGLET_NN_REF_MUL_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/strided.h"

static inline void kl_mul_line_s8(const struct kl_line *line)
{
    const struct kl_mul_s8 *p = line->params;
    const int8_t *a = line->a;
    const int8_t *b = line->b;
    int8_t *out = line->out;
    for (int32_t i = 0; i < line->count; i++, a += line->a_step, b += line->b_step) {
        const int32_t product = (*a - p->zero_point[0]) * (*b - p->zero_point[1]);
        const int32_t scaled = kl_requantize(product, p->out_multiplier, p->out_shift);
        out[i] = kl_output_s8(scaled, p->out_zero_point, p->min, p->max);
    }
}

/* in[0], in[1]: the factors. A factor of the output's shape may be the output. No scratch. */
static inline void kl_mul_s8(const struct kl_mul_s8 *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_mul_line_s8);
}

#endif
