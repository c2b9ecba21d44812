/* SPDX-License-Identifier: Apache-2.0 */
/* kl_mean_line_s8, defined in nn/ref/mean_line_s8_c.h, eight means at a time. */
#ifndef KINGLET_NN_MVE_MEAN_LINE_S8_H
#define KINGLET_NN_MVE_MEAN_LINE_S8_H

#include <arm_mve.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/mve/result_s8.h"
#include "nn/mve/store.h"
#include "nn/ref/strided.h"

/* The inputs of eight means; `whole` says that they lie side by side. */
struct kl_mve_columns {
    int32x4_t even, odd; /* sums */
    uint16x8_t at;       /* bytes from the first one */
    mve_pred16_t lanes;  /* those that are there: no other is read */
    int whole;
};

/* Add `count` elements of each column, which are `step` bytes apart. */
__attribute__((always_inline)) static inline void
kl_mve_add_columns(struct kl_mve_columns *c, const int8_t *x, int32_t count, int32_t step)
{
    enum { FIT = 256 }; /* elements whose sum fits int16 */
    while (count > 0) {
        int16x8_t part = vdupq_n_s16(0);
        int32_t left = kl_min_s32(count, FIT);
        for (count -= left; left > 0; left--, x += step) {
            part = vaddq_s16(part, c->whole ? vldrbq_z_s16(x, c->lanes)
                                            : vldrbq_gather_offset_z_s16(x, c->at, c->lanes));
        }
        c->even = vaddq_s32(c->even, vmovlbq_s16(part));
        c->odd = vaddq_s32(c->odd, vmovltq_s16(part));
    }
}

__attribute__((always_inline)) static inline void
kl_mve_mean_columns(const struct kl_mean_s8 *p, const int8_t *x, int8_t *y, int whole)
{
    const struct kl_reduce *rd = &p->rd;
    const struct kl_mve_scale scale =
        kl_mve_scale(p->multiplier, p->shift, p->out_zero_point, INT8_MIN, INT8_MAX);
    struct kl_mve_columns sums = {.at = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)rd->out_step[2]),
                                  .whole = whole};
    for (int32_t left = rd->out_dim[2]; left > 0; left -= 8, x += 8 * rd->out_step[2], y += 8) {
        sums.even = sums.odd = vdupq_n_s32(-p->in_zero_point_sum);
        sums.lanes = vctp16q((uint32_t)left);
        for (int32_t line = 0; line < rd->red_dim[0] * rd->red_dim[1]; line++) {
            const int32_t at = kl_line_offset(rd->red_dim, rd->red_step, line);
            kl_mve_add_columns(&sums, x + at, rd->red_dim[2], rd->red_step[2]);
        }
        sums.even = kl_mve_scale_4(&scale, sums.even);
        sums.odd = kl_mve_scale_4(&scale, sums.odd);
        /* The even results are the lower halves of their words already. */
        const int16x8_t means = vmovntq_s32(vreinterpretq_s16_s32(sums.even), sums.odd);
        kl_mve_store_8(y, means, sums.lanes);
    }
}

static inline void kl_mean_line_s8(const struct kl_mean_s8 *p, const char *x, char *y)
{
    const int32_t step = p->rd.out_step[2];
    if (step == 1) {
        kl_mve_mean_columns(p, (const int8_t *)x, (int8_t *)y, 1);
    } else if (step >= 0 && step <= UINT16_MAX / 8) {
        kl_mve_mean_columns(p, (const int8_t *)x, (int8_t *)y, 0);
    } else {
        kl_mean_line(p, x, y, 1);
    }
}

#endif
