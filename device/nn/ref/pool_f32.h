/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D float32.
 * Source of the definition: reference/pooling.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_POOL_F32_H
#define KINGLET_NN_REF_POOL_F32_H

#include <float.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/math_log_f32.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Taps of one tap line that start at the patch's first tap inside the image. */
static inline const float *kl_pool_line_f32(const struct kl_pool_f32 *p,
                                            const struct kl_patch *patch, int32_t ky)
{
    const int32_t offset = patch->offset + patch->kx.first * p->win.dil_w * p->win.in_c;
    return kl_row_f32(patch->in, patch->row + ky * p->win.dil_h) + offset;
}

/* Mean of one channel's taps, or of their squares, added by line and column. */
__attribute__((always_inline)) static inline float kl_pool_mean_f32(const struct kl_pool_f32 *p,
                                                                    const struct kl_patch *patch,
                                                                    int32_t channel,
                                                                    int32_t squares)
{
    const int32_t taps = patch->kx.end - patch->kx.first;
    const int32_t step = p->win.dil_w * p->win.in_c;
    float sum = 0.0f;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const float *x = kl_pool_line_f32(p, patch, ky) + channel;
        for (int32_t i = 0; i < taps; i++, x += step) {
            sum += squares ? *x * *x : *x;
        }
    }
    return sum / (float)(taps * (patch->ky.end - patch->ky.first));
}

static inline void kl_average_pool_pixel_f32(const void *params, const struct kl_patch *patch,
                                             void *pixel)
{
    const struct kl_pool_f32 *p = params;
    float *out = pixel;
    for (int32_t c = 0; c < p->win.out_c; c++) {
        out[c] = kl_limit_f32(kl_pool_mean_f32(p, patch, c, 0), p->min, p->max);
    }
}

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * in_c. Every window has at
 * least one tap inside the image. No scratch.
 */
static inline void kl_average_pool_f32(const struct kl_pool_f32 *p, const struct kl_rows *in,
                                       const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 4, kl_average_pool_pixel_f32);
}

static inline void kl_l2_pool_pixel_f32(const void *params, const struct kl_patch *patch,
                                        void *pixel)
{
    const struct kl_pool_f32 *p = params;
    float *out = pixel;
    for (int32_t c = 0; c < p->win.out_c; c++) {
        out[c] = kl_limit_f32(kl_sqrtf(kl_pool_mean_f32(p, patch, c, 1)), p->min, p->max);
    }
}

/* As kl_average_pool_f32, with the root of the mean square. */
static inline void kl_l2_pool_f32(const struct kl_pool_f32 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 4, kl_l2_pool_pixel_f32);
}

/* Largest of one channel's taps; not-a-number is skipped. */
static inline float kl_pool_max_f32(const struct kl_pool_f32 *p, const struct kl_patch *patch,
                                    int32_t channel)
{
    const int32_t taps = patch->kx.end - patch->kx.first;
    const int32_t step = p->win.dil_w * p->win.in_c;
    float max = -FLT_MAX;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const float *x = kl_pool_line_f32(p, patch, ky) + channel;
        for (int32_t i = 0; i < taps; i++, x += step) {
            max = max < *x ? *x : max;
        }
    }
    return max;
}

static inline void kl_max_pool_pixel_f32(const void *params, const struct kl_patch *patch,
                                         void *pixel)
{
    const struct kl_pool_f32 *p = params;
    float *out = pixel;
    for (int32_t c = 0; c < p->win.out_c; c++) {
        out[c] = kl_limit_f32(kl_pool_max_f32(p, patch, c), p->min, p->max);
    }
}

/* As kl_average_pool_f32, with the largest value. */
static inline void kl_max_pool_f32(const struct kl_pool_f32 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 4, kl_max_pool_pixel_f32);
}

#endif
