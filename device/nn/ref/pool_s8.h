/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AVERAGE_POOL_2D and MAX_POOL_2D int8.
 * Source of the definition: integer_ops/pooling.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_POOL_S8_H
#define KINGLET_NN_REF_POOL_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Taps of one tap line that start at the patch's first tap inside the image. */
static inline const int8_t *kl_pool_line_s8(const struct kl_pool_s8 *p,
                                            const struct kl_patch *patch, int32_t ky)
{
    const int32_t offset = patch->offset + patch->kx.first * p->win.in_c;
    return kl_row_s8(patch->in, patch->row + ky) + offset;
}

/* Mean of one channel's taps, rounded half away from zero. */
static inline int32_t kl_pool_average_s8(const struct kl_pool_s8 *p, const struct kl_patch *patch,
                                         int32_t channel)
{
    const int32_t taps = patch->kx.end - patch->kx.first;
    const int32_t count = taps * (patch->ky.end - patch->ky.first);
    int32_t sum = 0;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *x = kl_pool_line_s8(p, patch, ky) + channel;
        for (int32_t i = 0; i < taps; i++, x += p->win.in_c) {
            sum += *x;
        }
    }
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

static inline void kl_average_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                            void *pixel)
{
    const struct kl_pool_s8 *p = params;
    int8_t *out = pixel;
    for (int32_t c = 0; c < p->win.out_c; c++) {
        out[c] = (int8_t)kl_clamp_s32(kl_pool_average_s8(p, patch, c), p->min, p->max);
    }
}

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * in_c. Every window has at
 * least one tap inside the image. No scratch.
 */
static inline void kl_average_pool_s8(const struct kl_pool_s8 *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 1, kl_average_pool_pixel_s8);
}

/* Largest of one channel's taps. */
static inline int32_t kl_pool_max_s8(const struct kl_pool_s8 *p, const struct kl_patch *patch,
                                     int32_t channel)
{
    const int32_t taps = patch->kx.end - patch->kx.first;
    int32_t max = INT8_MIN;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *x = kl_pool_line_s8(p, patch, ky) + channel;
        for (int32_t i = 0; i < taps; i++, x += p->win.in_c) {
            max = kl_max_s32(max, *x);
        }
    }
    return max;
}

static inline void kl_max_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                        void *pixel)
{
    const struct kl_pool_s8 *p = params;
    int8_t *out = pixel;
    for (int32_t c = 0; c < p->win.out_c; c++) {
        out[c] = (int8_t)kl_clamp_s32(kl_pool_max_s8(p, patch, c), p->min, p->max);
    }
}

/* As kl_average_pool_s8, with the largest value. */
static inline void kl_max_pool_s8(const struct kl_pool_s8 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 1, kl_max_pool_pixel_s8);
}

#endif
