/* SPDX-License-Identifier: Apache-2.0 */
/* PRELU int8 with broadcast. Source of the definition: reference/prelu.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_PRELU_S8_H
#define KINGLET_NN_REF_PRELU_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/strided.h"

static inline void kl_prelu_line_s8(const struct kl_line *line)
{
    const struct kl_prelu_s8 *p = line->params;
    const int8_t *a = line->a;
    const int8_t *b = line->b;
    int8_t *out = line->out;
    for (int32_t i = 0; i < line->count; i++, a += line->a_step, b += line->b_step) {
        const int32_t x = *a - p->zero_point[0];
        const int32_t slope = *b - p->zero_point[1];
        const int32_t y = x >= 0 ? kl_requantize(x, p->pos_multiplier, p->pos_shift)
                                 : kl_requantize(x * slope, p->neg_multiplier, p->neg_shift);
        out[i] = kl_output_s8(y, p->out_zero_point, INT8_MIN, INT8_MAX);
    }
}

/* in[0]: input, in[1]: slopes. An input of the output's shape may be the output. No scratch. */
static inline void kl_prelu_s8(const struct kl_prelu_s8 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_prelu_line_s8);
}

#endif
