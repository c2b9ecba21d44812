/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D int8 with groups, dilation and explicit padding.
 * Source of the definition: integer_ops/conv.h of TensorFlow Lite Micro.
 *
 * The bias holds -in_zero_point * sum(weights) over all taps, so that inputs multiply
 * without subtraction; taps outside the image therefore read as in_zero_point.
 */
#ifndef KINGLET_NN_REF_CONV2D_S8_H
#define KINGLET_NN_REF_CONV2D_S8_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/copy_s8.h"
#include "nn/ref/dot_s8.h"
#include "nn/ref/fully_connected_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/*
 * Add the taps inside the image to the lanes' accumulators. x0: first input channel of the
 * group. A run of taps is contiguous in input and weights unless the taps are spread
 * (dilation) or see only a part of the channels (groups).
 */
static inline void kl_conv2d_inside_s8(const struct kl_conv2d_s8 *p, const struct kl_patch *patch,
                                       int32_t x0, const int8_t *w, int32_t stride,
                                       int32_t acc[KL_DOT_LANES])
{
    const int32_t depth = p->win.in_c / p->groups;
    const int32_t step = p->win.dil_w * p->win.in_c;
    const int32_t run = step == depth ? patch->kx.end - patch->kx.first : 1;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *row = kl_row_s8(patch->in, patch->row + ky * p->win.dil_h);
        for (int32_t kx = patch->kx.first; kx < patch->kx.end; kx += run) {
            kl_dot_s8(acc, row + (patch->offset + x0 + kx * step),
                      w + (ky * p->win.k_w + kx) * depth, stride, run * depth);
        }
    }
}

/* Add the taps outside the image, in_zero_point each. */
static inline void kl_conv2d_outside_s8(const struct kl_conv2d_s8 *p, const struct kl_patch *patch,
                                        const int8_t *w, int32_t stride, int32_t acc[KL_DOT_LANES])
{
    const int32_t depth = p->win.in_c / p->groups;
    for (int32_t ky = 0; ky < p->win.k_h; ky++, w += p->win.k_w * depth) {
        const int32_t inside = ky >= patch->ky.first && ky < patch->ky.end;
        const int32_t first = inside ? patch->kx.first : 0;
        const int32_t end = inside ? patch->kx.end : 0;
        kl_dot_constant_s8(acc, p->in_zero_point, w, stride, first * depth);
        kl_dot_constant_s8(acc, p->in_zero_point, w + end * depth, stride,
                           (p->win.k_w - end) * depth);
    }
}

/* All output channels of one pixel, filter line by filter line. */
static inline void kl_conv2d_by_lines_s8(const struct kl_conv2d_s8 *p, const struct kl_patch *patch,
                                         int8_t *out)
{
    const int32_t in_depth = p->win.in_c / p->groups;
    const int32_t out_depth = p->win.out_c / p->groups;
    const int32_t filter = p->win.k_h * p->win.k_w * in_depth;
    const struct kl_lanes lanes = kl_lanes(out_depth, filter);
    for (int32_t group = 0; group < p->groups; group++) {
        for (int32_t block = 0; block < out_depth; block += lanes.count) {
            const int32_t channel = group * out_depth + kl_min_s32(block, out_depth - lanes.count);
            int32_t acc[KL_DOT_LANES];
            kl_load_bias(acc, p->bias + channel, &lanes);
            const int8_t *w = p->weights + channel * filter;
            kl_conv2d_inside_s8(p, patch, group * in_depth, w, lanes.stride, acc);
            if (p->in_zero_point != 0 && !kl_patch_is_inside(&p->win, patch)) {
                kl_conv2d_outside_s8(p, patch, w, lanes.stride, acc);
            }
            kl_requantize_channels(&p->rq, channel, lanes.count, acc, out + channel);
        }
    }
}

/* Largest filter, in weights of one channel, whose inputs are gathered on the stack. */
#define KL_GATHER_BYTES 160

/* The inputs of all taps in the order of the weights; in_zero_point outside the image. */
static inline void kl_conv2d_gather_s8(const struct kl_conv2d_s8 *p, const struct kl_patch *patch,
                                       int8_t *to)
{
    const int32_t depth = p->win.in_c;
    const int32_t step = p->win.dil_w * depth;
    const int32_t run = p->win.dil_w == 1 ? patch->kx.end - patch->kx.first : 1;
    if (!kl_patch_is_inside(&p->win, patch)) {
        memset(to, p->in_zero_point, (uint32_t)(p->win.k_h * p->win.k_w * depth));
    }
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *row = kl_row_s8(patch->in, patch->row + ky * p->win.dil_h);
        int8_t *line = to + ky * p->win.k_w * depth;
        for (int32_t kx = patch->kx.first; kx < patch->kx.end; kx += run) {
            kl_copy_s8(line + kx * depth, row + (patch->offset + kx * step), run * depth);
        }
    }
}

static inline void kl_conv2d_pixel_s8(const void *params, const struct kl_patch *patch, void *pixel)
{
    const struct kl_conv2d_s8 *p = params;
    const int32_t filter = p->win.k_h * p->win.k_w * p->win.in_c;
    const struct kl_fully_connected_s8 flat = {filter, p->win.out_c, p->weights, p->bias, p->rq};
    _Alignas(4) int8_t gathered[KL_GATHER_BYTES];
    if (p->groups == 1 && kl_patch_is_line(&p->win, patch)) {
        kl_fully_connected_row_s8(&flat, kl_row_s8(patch->in, patch->row) + patch->offset, pixel);
    } else if (p->groups == 1 && filter <= KL_GATHER_BYTES) {
        kl_conv2d_gather_s8(p, patch, gathered);
        kl_fully_connected_row_s8(&flat, gathered, pixel);
    } else {
        kl_conv2d_by_lines_s8(p, patch, pixel);
    }
}

/* in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. No scratch. */
static inline void kl_conv2d_s8(const struct kl_conv2d_s8 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_pixel(&p->win, p, in, out, 1, kl_conv2d_pixel_s8);
}

#endif
