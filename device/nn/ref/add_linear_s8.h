/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ADD and SUB int8 as one linear function of both inputs, for constants with which it equals
 * nn/ref/add_s8.h, the definition, for all pairs of inputs (host/plan/add_fit.h).
 */
#ifndef KINGLET_NN_REF_ADD_LINEAR_S8_H
#define KINGLET_NN_REF_ADD_LINEAR_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/strided.h"

static inline int8_t kl_add_linear_one_s8(const struct kl_add_linear_s8 *p, int8_t a, int8_t b)
{
    const uint32_t sum = (uint32_t)p->constant + (uint32_t)a * (uint32_t)p->factor[0] +
                         (uint32_t)b * (uint32_t)p->factor[1];
    return kl_saturate_s8((int32_t)sum >> p->shift);
}

/* kl_add_linear_dense_s8. */
#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
#include "nn/mve/add_linear_dense_s8.h"
#else
#include "nn/ref/add_linear_dense_s8_c.h"
#endif

static inline void kl_add_linear_line_s8(const struct kl_line *line)
{
    const struct kl_add_linear_s8 *p = line->params;
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    if (line->a_step == 1 && line->b_step == 1) {
        kl_add_linear_dense_s8(p, line);
        return;
    }
    for (int32_t i = 0; i < line->count; i++, a += line->a_step, b += line->b_step) {
        out[i] = kl_add_linear_one_s8(p, *a, *b);
    }
    kl_limit_s8(out, line->count, p->min, p->max);
}

/* in[0], in[1]: the operands. An operand of the output's shape may be the output. No scratch. */
static inline void kl_add_linear_s8(const struct kl_add_linear_s8 *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 1, kl_add_linear_line_s8);
}

#endif
