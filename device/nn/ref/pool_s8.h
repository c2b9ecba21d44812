/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AVERAGE_POOL_2D and MAX_POOL_2D int8 and int16.
 * Source of the definition: integer_ops/pooling.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_POOL_S8_H
#define KINGLET_NN_REF_POOL_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Taps of one tap line that start at the patch's first tap inside the image; integers of `bytes`
 * bytes. */
__attribute__((always_inline)) static inline const char *
kl_pool_line(const struct kl_pool_s8 *p, const struct kl_patch *patch, int32_t ky, int32_t bytes)
{
    const int32_t offset = patch->offset + patch->kx.first * p->win.in_c;
    return (const char *)kl_row(patch->in, patch->row + ky) + offset * bytes;
}

/* Mean of `count` taps whose sum is that of the values and as many offsets, rounded half away from
 * zero. */
static inline int32_t kl_pool_mean(const struct kl_pool_s8 *p, int32_t sum, int32_t count)
{
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count - p->offset;
}

/* Mean of one channel's taps. */
__attribute__((always_inline)) static inline int32_t kl_pool_average(const struct kl_pool_s8 *p,
                                                                     const struct kl_patch *patch,
                                                                     int32_t channel, int32_t bytes)
{
    const int32_t taps = patch->kx.end - patch->kx.first;
    const int32_t count = taps * (patch->ky.end - patch->ky.first);
    int32_t sum = count * p->offset;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const char *x = kl_pool_line(p, patch, ky, bytes) + channel * bytes;
        for (int32_t i = 0; i < taps; i++, x += p->win.in_c * bytes) {
            sum += kl_load_integer(x, bytes);
        }
    }
    return kl_pool_mean(p, sum, count);
}

/* Largest of one channel's taps. */
__attribute__((always_inline)) static inline int32_t kl_pool_max(const struct kl_pool_s8 *p,
                                                                 const struct kl_patch *patch,
                                                                 int32_t channel, int32_t bytes)
{
    const int32_t taps = patch->kx.end - patch->kx.first;
    int32_t max = INT16_MIN;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const char *x = kl_pool_line(p, patch, ky, bytes) + channel * bytes;
        for (int32_t i = 0; i < taps; i++, x += p->win.in_c * bytes) {
            max = kl_max_s32(max, kl_load_integer(x, bytes));
        }
    }
    return max;
}

/* Mean or maximum of one channel. */
typedef int32_t kl_pool_fn(const struct kl_pool_s8 *p, const struct kl_patch *patch,
                           int32_t channel, int32_t bytes);

__attribute__((always_inline)) static inline void kl_pool_pixel(const struct kl_pool_s8 *p,
                                                                const struct kl_patch *patch,
                                                                void *pixel, int32_t bytes,
                                                                kl_pool_fn *pool)
{
    char *out = pixel;
    for (int32_t c = 0; c < p->win.out_c; c++, out += bytes) {
        kl_store_integer(out, bytes, kl_clamp_s32(pool(p, patch, c, bytes), p->min, p->max));
    }
}

/* kl_average_pool_pixel_s8 and kl_max_pool_pixel_s8. */
#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
#include "nn/mve/pool_pixel_s8.h"
#elif defined(__ARM_FEATURE_DSP)
#include "nn/armv7em/pool_pixel_s8.h"
#else
#include "nn/ref/pool_pixel_s8_c.h"
#endif

static inline void kl_average_pool_pixel_s16(const void *params, const struct kl_patch *patch,
                                             void *pixel)
{
    kl_pool_pixel(params, patch, pixel, 2, kl_pool_average);
}

static inline void kl_max_pool_pixel_s16(const void *params, const struct kl_patch *patch,
                                         void *pixel)
{
    kl_pool_pixel(params, patch, pixel, 2, kl_pool_max);
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

/* As kl_average_pool_s8, of int16. */
static inline void kl_average_pool_s16(const struct kl_pool_s8 *p, const struct kl_rows *in,
                                       const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 2, kl_average_pool_pixel_s16);
}

/* As kl_average_pool_s8, with the largest value. */
static inline void kl_max_pool_s8(const struct kl_pool_s8 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 1, kl_max_pool_pixel_s8);
}

/* As kl_max_pool_s8, of int16. */
static inline void kl_max_pool_s16(const struct kl_pool_s8 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 2, kl_max_pool_pixel_s16);
}

#endif
