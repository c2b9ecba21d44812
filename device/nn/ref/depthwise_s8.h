/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D int8 with any multiplier, dilation and explicit padding.
 * Source of the definition: integer_ops/depthwise_conv.h of TensorFlow Lite Micro.
 * The bias is folded and taps outside the image read as in_zero_point, as in CONV_2D.
 */
#ifndef KINGLET_NN_REF_DEPTHWISE_S8_H
#define KINGLET_NN_REF_DEPTHWISE_S8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Channels that are worked on together, their accumulators on the stack. */
#define KL_DEPTHWISE_CHANNELS 32

/* kl_depthwise_add_s8. */
#if defined(__thumb__) && !defined(__thumb2__)
#include "nn/armv6m/depthwise_add_s8.h"
#else
#include "nn/ref/depthwise_add_s8_c.h"
#endif

/* Accumulators of the channels channel .. channel+count-1; multiplier 1. */
KL_NOINLINE __attribute__((unused)) static void
kl_depthwise_taps_s8(const struct kl_depthwise_s8 *p, const struct kl_patch *patch, int32_t channel,
                     int32_t count, int32_t *acc)
{
    static const int8_t zeros[KL_DEPTHWISE_CHANNELS] = {0};
    const int32_t x_step = p->win.dil_w * p->win.in_c;
    int8_t outside[KL_DEPTHWISE_CHANNELS];
    struct kl_tap_s8 taps[KL_DEPTHWISE_TAPS];
    int32_t filled = 0;
    const int32_t *from = p->bias + channel;
    const int8_t *w = p->weights + channel;
    if (!kl_patch_is_inside(&p->win, patch)) {
        memset(outside, p->in_zero_point, (uint32_t)count);
    }
    for (int32_t ky = 0; ky < p->win.k_h; ky++) {
        struct kl_span inside = {0, 0};
        const int8_t *row = NULL;
        if (ky >= patch->ky.first && ky < patch->ky.end) {
            inside = patch->kx;
            row = kl_row_s8(patch->in, patch->row + ky * p->win.dil_h);
        }
        for (int32_t kx = 0; kx < p->win.k_w; kx++, w += p->win.out_c) {
            taps[filled].w = w;
            taps[filled].x = outside;
            if (kx >= inside.first && kx < inside.end) {
                taps[filled].x = row + (patch->offset + channel + kx * x_step);
            }
            if (++filled == KL_DEPTHWISE_TAPS) {
                kl_depthwise_add_s8(acc, from, taps, count);
                from = acc;
                filled = 0;
            }
        }
    }
    if (filled > 0) {
        for (; filled < KL_DEPTHWISE_TAPS; filled++) {
            taps[filled].x = taps[filled].w = zeros;
        }
        kl_depthwise_add_s8(acc, from, taps, count);
    }
}

/* Accumulator of one output channel, tap by tap; any multiplier. */
KL_NOINLINE __attribute__((unused)) static int32_t
kl_depthwise_channel_s8(const struct kl_depthwise_s8 *p, const struct kl_patch *patch,
                        int32_t channel)
{
    const struct kl_window *win = &p->win;
    const int32_t at = patch->offset + channel / p->multiplier;
    const int8_t *w = p->weights + channel;
    int32_t acc = p->bias[channel];
    for (int32_t ky = 0; ky < win->k_h; ky++) {
        const int32_t row_inside = ky >= patch->ky.first && ky < patch->ky.end;
        const int32_t row = patch->row + ky * win->dil_h;
        for (int32_t kx = 0; kx < win->k_w; kx++, w += win->out_c) {
            int32_t x = p->in_zero_point;
            if (row_inside && kx >= patch->kx.first && kx < patch->kx.end) {
                x = kl_row_s8(patch->in, row)[at + kx * win->dil_w * win->in_c];
            }
            acc += x * *w;
        }
    }
    return acc;
}

/* All output channels of one pixel. */
static inline void kl_depthwise_pixel_s8(const void *params, const struct kl_patch *patch,
                                         void *pixel)
{
    const struct kl_depthwise_s8 *p = params;
    int8_t *out = pixel;
    int32_t acc[KL_DEPTHWISE_CHANNELS];
    for (int32_t channel = 0; channel < p->win.out_c; channel += KL_DEPTHWISE_CHANNELS) {
        const int32_t count = kl_min_s32(KL_DEPTHWISE_CHANNELS, p->win.out_c - channel);
        if (p->multiplier == 1) {
            kl_depthwise_taps_s8(p, patch, channel, count, acc);
        } else {
            for (int32_t i = 0; i < count; i++) {
                acc[i] = kl_depthwise_channel_s8(p, patch, channel + i);
            }
        }
        kl_requantize_channels(&p->rq, channel, count, acc, out + channel);
    }
}

/* in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. No scratch. */
static inline void kl_depthwise_s8(const struct kl_depthwise_s8 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 1, kl_depthwise_pixel_s8);
}

#endif
