/* SPDX-License-Identifier: Apache-2.0 */
/* MUL int8 and int16 with broadcast. Source of the definition: integer_ops/mul.h of TensorFlow Lite
 * Micro. */
#ifndef KINGLET_NN_REF_MUL_S8_H
#define KINGLET_NN_REF_MUL_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/strided.h"

/* One line of integers of `bytes` bytes. */
__attribute__((always_inline)) static inline void kl_mul_line(const struct kl_line *line,
                                                              int32_t bytes)
{
    const struct kl_mul_s8 *p = line->params;
    const char *a = line->a;
    const char *b = line->b;
    char *out = line->out;
    for (int32_t i = 0; i < line->count; i++) {
        const int32_t product = (kl_load_integer(a, bytes) - p->zero_point[0]) *
                                (kl_load_integer(b, bytes) - p->zero_point[1]);
        const int32_t scaled = kl_requantize(product, p->out_multiplier, p->out_shift);
        const int32_t value = kl_output_s32(scaled, p->out_zero_point, p->min, p->max);
        kl_store_integer(out + i * bytes, bytes, value);
        a += line->a_step * bytes;
        b += line->b_step * bytes;
    }
}

/* kl_mul_line_s8. */
#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
#include "nn/mve/mul_line_s8.h"
#elif defined(__ARM_FEATURE_DSP)
#include "nn/armv7em/mul_line_s8.h"
#else
#include "nn/ref/mul_line_s8_c.h"
#endif

static inline void kl_mul_line_s16(const struct kl_line *line)
{
    kl_mul_line(line, 2);
}

/* in[0], in[1]: the factors. A factor of the output's shape may be the output. No scratch. */
static inline void kl_mul_s8(const struct kl_mul_s8 *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_mul_line_s8);
}

/* As kl_mul_s8, of int16; its zero points are 0. */
static inline void kl_mul_s16(const struct kl_mul_s8 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 2, kl_mul_line_s16);
}

#endif
