/* SPDX-License-Identifier: Apache-2.0 */
/* BIQUAD: recursive filters of second order, one after the other, in the transposed direct form II:
 *   y = b0 x + s1;  s1 = b1 x - a1 y + s2;  s2 = b2 x - a2 y;  s1 and s2 begin at 0. */
#ifndef KINGLET_DSP_BIQUAD_F32_H
#define KINGLET_DSP_BIQUAD_F32_H

#include <stdint.h>

#include "kinglet/nn.h"

/* One section along `count` elements `step` apart; in place allowed. */
static inline void kl_biquad_section(const float *c, const float *x, float *y, int32_t count,
                                     int32_t step)
{
    const float b0 = c[0], b1 = c[1], b2 = c[2], a1 = c[3], a2 = c[4];
    float s1 = 0.0f, s2 = 0.0f;
    for (int32_t i = 0; i < count; i++, x += step, y += step) {
        const float in = *x;
        const float out = b0 * in + s1;
        s1 = (b1 * in - a1 * out) + s2;
        s2 = b2 * in - a2 * out;
        *y = out;
    }
}

/* in, out: one row of [outer][count][inner] floats. In place allowed. No scratch. */
static inline void kl_biquad_f32(const struct kl_biquad *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    const float *signal = (const float *)(const void *)kl_row(in, 0);
    float *filtered = (float *)(void *)kl_row(out, 0);
    (void)scratch;
    for (int32_t line = 0; line < p->outer * p->inner; line++) {
        const int32_t at = line / p->inner * (p->count * p->inner) + line % p->inner;
        kl_biquad_section(p->coefficients, signal + at, filtered + at, p->count, p->inner);
        for (int32_t s = 1; s < p->sections; s++) {
            kl_biquad_section(p->coefficients + 5 * s, filtered + at, filtered + at, p->count,
                              p->inner);
        }
    }
}

#endif
