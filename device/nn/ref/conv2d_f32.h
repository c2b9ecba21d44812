/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D float32 with groups, dilation and explicit padding. Source of the definition:
 * reference/conv.h of TensorFlow Lite Micro: products of the taps inside the image added
 * by line, column and channel, then the bias, then the clamp.
 */
#ifndef KINGLET_NN_REF_CONV2D_F32_H
#define KINGLET_NN_REF_CONV2D_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/dot_f32.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Add all taps of the lanes' filters; x0 is the first input channel of the group. */
static inline void kl_conv2d_taps_f32(const struct kl_conv2d_f32 *p, const struct kl_patch *patch,
                                      int32_t x0, const float *w, int32_t stride,
                                      float acc[KL_DOT_LANES])
{
    const int32_t depth = p->win.in_c / p->groups;
    const int32_t step = p->win.dil_w * p->win.in_c;
    /* A run of taps is contiguous unless they are spread or see only some channels. */
    const int32_t run = step == depth ? patch->kx.end - patch->kx.first : 1;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const float *row = kl_row_f32(patch->in, patch->row + ky * p->win.dil_h);
        for (int32_t tap = patch->kx.first; tap < patch->kx.end; tap += run) {
            kl_dot_f32(acc, row + (patch->offset + x0 + tap * step),
                       w + (ky * p->win.k_w + tap) * depth, stride, run * depth);
        }
    }
}

/* All output channels of one pixel. */
static inline void kl_conv2d_pixel_f32(const void *params, const struct kl_patch *patch,
                                       void *pixel)
{
    const struct kl_conv2d_f32 *p = params;
    float *out = pixel;
    const int32_t in_depth = p->win.in_c / p->groups;
    const int32_t out_depth = p->win.out_c / p->groups;
    const int32_t filter = p->win.k_h * p->win.k_w * in_depth;
    const struct kl_lanes lanes = kl_lanes(out_depth, filter);
    for (int32_t group = 0; group < p->groups; group++) {
        for (int32_t block = 0; block < out_depth; block += lanes.count) {
            const int32_t channel = group * out_depth + kl_min_s32(block, out_depth - lanes.count);
            float acc[KL_DOT_LANES] = {0};
            kl_conv2d_taps_f32(p, patch, group * in_depth, p->weights + channel * filter,
                               lanes.stride, acc);
            for (int32_t c = channel; c < channel + lanes.count; c++) {
                out[c] = kl_limit_f32(acc[c - channel] + p->bias[c], p->min, p->max);
            }
        }
    }
}

/* in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. No scratch. */
static inline void kl_conv2d_f32(const struct kl_conv2d_f32 *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 4, kl_conv2d_pixel_f32);
}

#endif
