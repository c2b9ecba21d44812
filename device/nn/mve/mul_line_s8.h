/* SPDX-License-Identifier: Apache-2.0 */
/* kl_mul_line_s8, defined in nn/ref/mul_line_s8_c.h, four products at a time. */
#ifndef KINGLET_NN_MVE_MUL_LINE_S8_H
#define KINGLET_NN_MVE_MUL_LINE_S8_H

#include <arm_mve.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/mve/result_s8.h"
#include "nn/mve/store.h"
#include "nn/ref/strided.h"

/* What all products of a line have in common. */
struct kl_mve_factors {
    struct kl_mve_scale scale;
    int32x4_t power; /* the shift to the left as a factor */
    int32_t zero_a;  /* what is added to a factor, ... */
    int32_t zero_b;  /* ... and to the other one that has been multiplied by the power */
};

__attribute__((always_inline)) static inline int32x4_t
kl_mve_product_4(const struct kl_mve_factors *f, int32x4_t a, int32x4_t b)
{
    const int32x4_t shifted = vmlasq_n_s32(b, f->power, f->zero_b);
    return kl_mve_scaled_4(&f->scale, vmulq_s32(vaddq_n_s32(a, f->zero_a), shifted));
}

__attribute__((always_inline)) static inline void kl_mve_mul_dense(const struct kl_mve_factors *f,
                                                                   const struct kl_line *line)
{
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    int32_t left = line->count;
    for (; left >= 4; left -= 4, a += 4, b += 4, out += 4) {
        vstrbq_s32(out, kl_mve_product_4(f, vldrbq_s32(a), vldrbq_s32(b)));
    }
    if (left > 0) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        const int32x4_t last = kl_mve_product_4(f, vldrbq_z_s32(a, lanes), vldrbq_z_s32(b, lanes));
        kl_mve_store_4(out, last, lanes);
    }
}

/* Factors at any distance; that of a scalar is 0. */
__attribute__((always_inline)) static inline void kl_mve_mul_spread(const struct kl_mve_factors *f,
                                                                    const struct kl_line *line)
{
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    const uint32x4_t first = vidupq_n_u32(0, 1);
    const uint32x4_t at_a = vmulq_n_u32(first, (uint32_t)line->a_step);
    const uint32x4_t at_b = vmulq_n_u32(first, (uint32_t)line->b_step);
    for (int32_t left = line->count; left > 0; left -= 4, out += 4) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        const int32x4_t x = vldrbq_gather_offset_z_s32(a, at_a, lanes);
        const int32x4_t y = vldrbq_gather_offset_z_s32(b, at_b, lanes);
        kl_mve_store_4(out, kl_mve_product_4(f, x, y), lanes);
        a += 4 * line->a_step;
        b += 4 * line->b_step;
    }
}

KL_NOINLINE __attribute__((unused)) static void kl_mul_line_s8(const struct kl_line *line)
{
    const struct kl_mul_s8 *p = line->params;
    const struct kl_mve_scale scale =
        kl_mve_scale(p->out_multiplier, p->out_shift, p->out_zero_point, p->min, p->max);
    const struct kl_mve_factors f = {.scale = scale,
                                     .power = vdupq_n_s32(1 << scale.left),
                                     .zero_a = -p->zero_point[0],
                                     .zero_b =
                                         (int32_t)((uint32_t)-p->zero_point[1] << scale.left)};
    if (line->a_step == 1 && line->b_step == 1) {
        kl_mve_mul_dense(&f, line);
    } else {
        kl_mve_mul_spread(&f, line);
    }
}

#endif
