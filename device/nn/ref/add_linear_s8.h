/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ADD and SUB int8 as one linear function of both inputs, for constants with which it equals
 * nn/ref/add_s8.h, the definition, for all pairs of inputs (host/plan/add_fit.h).
 */
#ifndef KINGLET_NN_REF_ADD_LINEAR_S8_H
#define KINGLET_NN_REF_ADD_LINEAR_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/strided.h"

static inline int8_t kl_add_linear_one_s8(const struct kl_add_linear_s8 *p, int8_t a, int8_t b)
{
    const uint32_t sum = (uint32_t)p->constant + (uint32_t)a * (uint32_t)p->factor[0] +
                         (uint32_t)b * (uint32_t)p->factor[1];
    return kl_saturate_s8((int32_t)sum >> p->shift);
}

/* Both inputs dense. Out of line: the loop needs all registers. */
KL_NOINLINE __attribute__((unused)) static void
kl_add_linear_dense_s8(const struct kl_add_linear_s8 *params, const struct kl_line *line)
{
    /* A copy, which the stores of results cannot change: it stays in registers. */
    const struct kl_add_linear_s8 p = *params;
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    int32_t left = line->count;
    for (; left >= 4; left -= 4, a += 4, b += 4, out += 4) {
        out[0] = kl_add_linear_one_s8(&p, a[0], b[0]);
        out[1] = kl_add_linear_one_s8(&p, a[1], b[1]);
        out[2] = kl_add_linear_one_s8(&p, a[2], b[2]);
        out[3] = kl_add_linear_one_s8(&p, a[3], b[3]);
    }
    for (; left > 0; left--) {
        *out++ = kl_add_linear_one_s8(&p, *a++, *b++);
    }
}

static inline void kl_add_linear_line_s8(const struct kl_line *line)
{
    const struct kl_add_linear_s8 *p = line->params;
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    if (line->a_step == 1 && line->b_step == 1) {
        kl_add_linear_dense_s8(p, line);
    } else {
        for (int32_t i = 0; i < line->count; i++, a += line->a_step, b += line->b_step) {
            out[i] = kl_add_linear_one_s8(p, *a, *b);
        }
    }
    if (p->min > INT8_MIN || p->max < INT8_MAX) {
        for (int32_t i = 0; i < line->count; i++) {
            out[i] = (int8_t)kl_clamp_s32(out[i], p->min, p->max);
        }
    }
}

/* in[0], in[1]: the operands. An operand of the output's shape may be the output. No scratch. */
static inline void kl_add_linear_s8(const struct kl_add_linear_s8 *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_add_linear_line_s8);
}

#endif
