/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kl_average_pool_pixel_s8 and kl_max_pool_pixel_s8, defined in nn/ref/pool_pixel_s8_c.h, four
 * channels in a word. Part of nn/ref/pool_s8.h.
 */
#ifndef KINGLET_NN_ARMV7EM_POOL_PIXEL_S8_H
#define KINGLET_NN_ARMV7EM_POOL_PIXEL_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/armv7em/words.h"
#include "nn/ref/requantize.h"
#include "nn/ref/window.h"

/* Sums of so many int8 fit int16. */
#define KL_AVERAGE_POOL_TAPS 256

/* Words of channels that are worked on together, where there are so many. */
#define KL_MAX_POOL_WORDS 4
#define KL_AVERAGE_POOL_WORDS 2

/* The largest values of 4 * words channels from `channel` on, to `out`. */
__attribute__((always_inline)) static inline void kl_max_pool_words(const struct kl_pool_s8 *p,
                                                                    const struct kl_patch *patch,
                                                                    int32_t channel, int32_t words,
                                                                    int8_t *out)
{
    const uint32_t low = kl_four_of(p->min), high = kl_four_of(p->max);
    uint32_t max[KL_MAX_POOL_WORDS];
    for (int32_t w = 0; w < words; w++) {
        max[w] = low; /* results are at least that, whatever the taps are */
    }
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *x = (const int8_t *)kl_pool_line(p, patch, ky, 1) + channel;
        for (int32_t i = patch->kx.first; i < patch->kx.end; i++, x += p->win.in_c) {
            for (int32_t w = 0; w < words; w++) {
                max[w] = kl_max_four(max[w], kl_load_word(x + 4 * w));
            }
        }
    }
    for (int32_t w = 0; w < words; w++) {
        kl_store_word(out + channel + 4 * w, kl_min_four(max[w], high));
    }
}

static inline void kl_max_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                        void *pixel)
{
    const struct kl_pool_s8 *p = params;
    const int32_t channels = p->win.in_c;
    int8_t *out = pixel;
    int32_t c = 0;
    for (; c + 4 * KL_MAX_POOL_WORDS <= channels; c += 4 * KL_MAX_POOL_WORDS) {
        kl_max_pool_words(p, patch, c, KL_MAX_POOL_WORDS, out);
    }
    for (; c + 4 <= channels; c += 4) {
        kl_max_pool_words(p, patch, c, 1, out);
    }
    for (; c < channels; c++) {
        out[c] = (int8_t)kl_clamp_s32(kl_pool_max(p, patch, c, 1), p->min, p->max);
    }
}

/* The result of a sum of `count` taps. */
static inline int8_t kl_mean_of_sum(const struct kl_pool_s8 *p, int32_t sum, int32_t count)
{
    return (int8_t)kl_clamp_s32(kl_pool_mean(p, sum + count * p->offset, count), p->min, p->max);
}

/* The means of 4 * words channels from `channel` on, to `out`. */
__attribute__((always_inline)) static inline void
kl_average_pool_words(const struct kl_pool_s8 *p, const struct kl_patch *patch, int32_t channel,
                      int32_t words, int8_t *out)
{
    const int32_t taps = patch->kx.end - patch->kx.first;
    const int32_t count = taps * (patch->ky.end - patch->ky.first);
    uint32_t even[KL_AVERAGE_POOL_WORDS] = {0}, odd[KL_AVERAGE_POOL_WORDS] = {0};
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *x = (const int8_t *)kl_pool_line(p, patch, ky, 1) + channel;
        for (int32_t i = 0; i < taps; i++, x += p->win.in_c) {
            for (int32_t w = 0; w < words; w++) {
                const uint32_t word = kl_load_word(x + 4 * w);
                even[w] = kl_add_even(even[w], word);
                odd[w] = kl_add_odd(odd[w], word);
            }
        }
    }
    out += channel;
    for (int32_t w = 0; w < words; w++, out += 4) {
        out[0] = kl_mean_of_sum(p, kl_low_half(even[w]), count);
        out[1] = kl_mean_of_sum(p, kl_low_half(odd[w]), count);
        out[2] = kl_mean_of_sum(p, kl_high_half(even[w]), count);
        out[3] = kl_mean_of_sum(p, kl_high_half(odd[w]), count);
    }
}

static inline void kl_average_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                            void *pixel)
{
    const struct kl_pool_s8 *p = params;
    const int32_t channels = p->win.in_c;
    int8_t *out = pixel;
    int32_t c = 0;
    if (p->win.k_h * p->win.k_w > KL_AVERAGE_POOL_TAPS) {
        kl_pool_pixel(p, patch, pixel, 1, kl_pool_average);
        return;
    }
    for (; c + 4 * KL_AVERAGE_POOL_WORDS <= channels; c += 4 * KL_AVERAGE_POOL_WORDS) {
        kl_average_pool_words(p, patch, c, KL_AVERAGE_POOL_WORDS, out);
    }
    for (; c + 4 <= channels; c += 4) {
        kl_average_pool_words(p, patch, c, 1, out);
    }
    for (; c < channels; c++) {
        out[c] = (int8_t)kl_clamp_s32(kl_pool_average(p, patch, c, 1), p->min, p->max);
    }
}

#endif
