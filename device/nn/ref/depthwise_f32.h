/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D float32 with any multiplier, dilation and explicit padding. Source of
 * the definition: reference/depthwiseconv_float.h of TensorFlow Lite Micro: products of
 * the taps inside the image added by line and column, then the bias, then the clamp.
 */
#ifndef KINGLET_NN_REF_DEPTHWISE_F32_H
#define KINGLET_NN_REF_DEPTHWISE_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Sum over the taps of one output channel. */
static inline float kl_depthwise_channel_f32(const struct kl_depthwise_f32 *p,
                                             const struct kl_patch *patch, int32_t channel)
{
    const struct kl_window *win = &p->win;
    const int32_t step = win->dil_w * win->in_c;
    const int32_t at = patch->offset + channel / p->multiplier;
    float sum = 0.0f;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const float *x = kl_row_f32(patch->in, patch->row + ky * win->dil_h);
        const float *w = p->weights + ky * win->k_w * win->out_c;
        for (int32_t kx = patch->kx.first; kx < patch->kx.end; kx++) {
            sum += x[at + kx * step] * w[kx * win->out_c + channel];
        }
    }
    return sum;
}

static inline void kl_depthwise_pixel_f32(const void *params, const struct kl_patch *patch,
                                          void *pixel)
{
    const struct kl_depthwise_f32 *p = params;
    float *out = pixel;
    for (int32_t c = 0; c < p->win.out_c; c++) {
        const float sum = kl_depthwise_channel_f32(p, patch, c);
        out[c] = kl_limit_f32(sum + p->bias[c], p->min, p->max);
    }
}

/* in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. No scratch. */
static inline void kl_depthwise_f32(const struct kl_depthwise_f32 *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 4, kl_depthwise_pixel_f32);
}

#endif
