/* SPDX-License-Identifier: Apache-2.0 */
/* kl_plane_tiles in C: its definition, and what runs on other cores. */
#ifndef KINGLET_NN_ARMV7EM_PLANES_C_H
#define KINGLET_NN_ARMV7EM_PLANES_C_H

#include "nn/armv7em/pairs_c.h"
#include "nn/ref/requant_forms.h"

/* The sum of the output whose window begins at x. */
static inline int32_t kl_plane_sum(const struct kl_plane_row *r, const int8_t *x)
{
    uint32_t sum = (uint32_t)r->bias;
    const int32_t *w = r->weights;
    for (int32_t i = 0;; i++, w += KL_PLANE_WORDS) {
        const int8_t *tap = x + r->offsets[i];
        sum += (uint32_t)(tap[0] * kl_low_half((uint32_t)w[0]));
        sum += (uint32_t)(tap[1] * kl_low_half((uint32_t)w[1]));
        sum += (uint32_t)(tap[2] * kl_high_half((uint32_t)w[0]));
        sum += (uint32_t)(tap[3] * kl_high_half((uint32_t)w[1]));
        sum += (uint32_t)(tap[4] * kl_low_half((uint32_t)w[2]));
        if (w[2] < 0) {
            return (int32_t)sum;
        }
    }
}

/* All tiles of a row. The fields that move say nothing afterwards. */
KL_NOINLINE __attribute__((unused)) static void kl_plane_tiles(struct kl_plane_row *r)
{
    for (; r->tiles > 0; r->tiles--) {
        for (int32_t i = 0; i < KL_PLANE_TILE; i++) {
            const int32_t sum = kl_plane_sum(r, r->x + i);
            r->out[i * r->out_step] =
                (int8_t)kl_requant_exact_late(sum, r->multiplier, r->rounding, r->shift);
        }
        r->x += r->step;
        r->out += r->step * r->out_step;
        r->step = KL_PLANE_TILE;
    }
}

#endif
