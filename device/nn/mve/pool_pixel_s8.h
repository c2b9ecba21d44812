/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kl_average_pool_pixel_s8 and kl_max_pool_pixel_s8, defined in nn/ref/pool_pixel_s8_c.h, eight or
 * sixteen channels at a time.
 */
#ifndef KINGLET_NN_MVE_POOL_PIXEL_S8_H
#define KINGLET_NN_MVE_POOL_PIXEL_S8_H

#include <arm_mve.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/mve/store.h"
#include "nn/ref/window.h"

/* How the sums of a window's taps become means. */
struct kl_mve_average {
    int32_t count, offset;
    uint16x8_t reciprocal; /* the largest n with n * count < 2^16 */
    int16x8_t min, max;
};

/* Taps whose sums fit 16 bits. */
enum { KL_MVE_TAPS = 256 };

/* value / count of 0 .. 2^16 - 1, rounded down. The product with the reciprocal is less than the
 * quotient by less than 1, so that one step corrects it. */
__attribute__((always_inline)) static inline int16x8_t
kl_mve_divide(const struct kl_mve_average *by, int16x8_t value)
{
    const uint16x8_t high = vmulhq_u16(vreinterpretq_u16_s16(value), by->reciprocal);
    const int16x8_t quotient = vreinterpretq_s16_u16(high);
    const int16x8_t rest = vmlaq_n_s16(value, quotient, (int16_t)-by->count);
    return vaddq_m_n_s16(quotient, quotient, 1, vcmpgeq_n_s16(rest, (int16_t)by->count));
}

/* Means, rounded half away from zero. With an offset of 128 sums are 0 or more, of 16 bits without
 * a sign. */
__attribute__((always_inline)) static inline int16x8_t
kl_mve_average(const struct kl_mve_average *by, int16x8_t sum)
{
    const int16_t half = (int16_t)(by->count / 2);
    int16x8_t mean;
    if (by->offset == 0) {
        mean = kl_mve_divide(by, vaddq_n_s16(vabsq_s16(sum), half));
        mean = vnegq_m_s16(mean, mean, vcmpltq_n_s16(sum, 0));
    } else {
        sum = vaddq_n_s16(sum, (int16_t)(by->count * by->offset));
        mean = vsubq_n_s16(kl_mve_divide(by, vaddq_n_s16(sum, half)), (int16_t)by->offset);
    }
    return vminq_s16(vmaxq_s16(mean, by->min), by->max);
}

/* Sixteen channels of a pixel, or as many as are left. */
__attribute__((always_inline)) static inline void
kl_mve_average_block(const struct kl_pool_s8 *p, const struct kl_patch *patch,
                     const struct kl_mve_average *by, int32_t channel, int8_t *out)
{
    const mve_pred16_t lanes = vctp8q((uint32_t)(p->win.in_c - channel));
    int16x8_t even = vdupq_n_s16(0), odd = vdupq_n_s16(0);
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *x = (const int8_t *)kl_pool_line(p, patch, ky, 1) + channel;
        for (int32_t kx = patch->kx.first; kx < patch->kx.end; kx++, x += p->win.in_c) {
            const int8x16_t tap = vldrbq_z_s8(x, lanes);
            even = vaddq_s16(even, vmovlbq_s8(tap));
            odd = vaddq_s16(odd, vmovltq_s8(tap));
        }
    }
    even = kl_mve_average(by, even);
    odd = kl_mve_average(by, odd);
    kl_mve_store_16(out + channel, vmovntq_s16(vreinterpretq_s8_s16(even), odd), lanes);
}

static inline void kl_average_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                            void *pixel)
{
    const struct kl_pool_s8 *p = params;
    const int32_t count = (patch->kx.end - patch->kx.first) * (patch->ky.end - patch->ky.first);
    if (p->win.k_h * p->win.k_w > KL_MVE_TAPS || p->offset % 128 != 0) {
        kl_pool_pixel(p, patch, pixel, 1, kl_pool_average);
        return;
    }
    const struct kl_mve_average by = {.count = count,
                                      .offset = p->offset,
                                      .reciprocal = vdupq_n_u16((uint16_t)(UINT16_MAX / count)),
                                      .min = vdupq_n_s16((int16_t)p->min),
                                      .max = vdupq_n_s16((int16_t)p->max)};
    for (int32_t c = 0; c < p->win.in_c; c += 16) {
        kl_mve_average_block(p, patch, &by, c, pixel);
    }
}

static inline void kl_max_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                        void *pixel)
{
    const struct kl_pool_s8 *p = params;
    const int32_t taps = patch->kx.end - patch->kx.first, channels = p->win.in_c;
    const int8x16_t limit = vdupq_n_s8((int8_t)p->max);
    int8_t *out = pixel;
    for (int32_t c = 0; c < channels; c += 16) {
        const mve_pred16_t lanes = vctp8q((uint32_t)(channels - c));
        int8x16_t max = vdupq_n_s8((int8_t)p->min);
        for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
            const int8_t *x = (const int8_t *)kl_pool_line(p, patch, ky, 1) + c;
            for (int32_t left = taps; left > 0; left--, x += channels) {
                max = vmaxq_s8(max, vldrbq_z_s8(x, lanes));
            }
        }
        kl_mve_store_16(out + c, vminq_s8(max, limit), lanes);
    }
}

#endif
