/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolutions of any number type: the walk over windows, channels and taps. A type brings its
 * arithmetic: how a run of products is added to a sum, and what becomes of the sum.
 */
#ifndef KINGLET_NN_REF_RUNS_H
#define KINGLET_NN_REF_RUNS_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/window.h"

/* Inputs that lie side by side and meet weights that lie side by side. */
struct kl_run {
    const void *x;
    int32_t w;     /* index of the first weight */
    int32_t count; /* products */
};

/* The sum of one output channel: a member that the type chooses. */
union kl_sum {
    int32_t s32;
    int64_t s64;
    float f32;
};

/* Add the products of a run; `params` is the kernel's parameter struct. */
typedef void kl_run_fn(const void *params, const struct kl_run *run, union kl_sum *sum);

/* Finish the sum of an output channel and write it to its place in `pixel`. */
typedef void kl_sum_fn(const void *params, int32_t channel, const union kl_sum *sum, void *pixel);

struct kl_arithmetic {
    int32_t in_bytes, out_bytes;
    kl_run_fn *add;
    kl_sum_fn *finish;
};

/* A convolution of `params` (whose members these are) over the inputs at `in`. */
struct kl_convolution {
    const struct kl_window *win;
    int32_t groups;
    const void *params;
    const struct kl_rows *in;
};

/* Add all taps inside the image of one output channel, line by line. A run of taps is contiguous
 * unless they are spread (dilation) or see only a part of the channels (groups). */
__attribute__((always_inline)) static inline void
kl_convolve_channel(const struct kl_convolution *c, const struct kl_arithmetic *arithmetic,
                    const struct kl_patch *patch, int32_t channel, union kl_sum *sum)
{
    const struct kl_window *win = c->win;
    const int32_t depth = win->in_c / c->groups;
    const int32_t step = win->dil_w * win->in_c;
    const int32_t taps = step == depth ? patch->kx.end - patch->kx.first : 1;
    const int32_t x0 = patch->offset + channel / (win->out_c / c->groups) * depth;
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const unsigned char *row = kl_row(patch->in, patch->row + ky * win->dil_h);
        const int32_t w0 = (channel * win->k_h + ky) * win->k_w;
        for (int32_t kx = patch->kx.first; kx < patch->kx.end; kx += taps) {
            const struct kl_run run = {row + (x0 + kx * step) * arithmetic->in_bytes,
                                       (w0 + kx) * depth, taps * depth};
            arithmetic->add(c->params, &run, sum);
        }
    }
}

/* CONV_2D of the output rows. */
__attribute__((always_inline)) static inline void
kl_convolve(const struct kl_convolution *c, const struct kl_arithmetic *arithmetic,
            const struct kl_rows *out)
{
    const struct kl_window *win = c->win;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        struct kl_patch patch = kl_patch_line(win, c->in, row);
        unsigned char *pixel = kl_row(out, row);
        for (int32_t i = 0; i < win->out_w; i++, pixel += win->out_c * arithmetic->out_bytes) {
            kl_patch_move(win, &patch, i);
            for (int32_t channel = 0; channel < win->out_c; channel++) {
                union kl_sum sum = {.s64 = 0};
                kl_convolve_channel(c, arithmetic, &patch, channel, &sum);
                arithmetic->finish(c->params, channel, &sum, pixel);
            }
        }
    }
}

/* Input positions first .. end-1 that reach output position `at` of a transposed convolution. */
static inline struct kl_span kl_reaching(int32_t at, int32_t size, int32_t taps, int32_t stride)
{
    const int32_t below = at - taps + stride;
    const struct kl_span span = {kl_max_s32(below > 0 ? below / stride : 0, 0),
                                 kl_min_s32(at / stride + 1, size)};
    return span;
}

/* Add all inputs that reach the output at (y, x), which count from the first tap of the first
 * input, row n * in_h. */
__attribute__((always_inline)) static inline void
kl_transpose_channel(const struct kl_convolution *c, const struct kl_arithmetic *arithmetic,
                     const int32_t at[3], int32_t channel, union kl_sum *sum)
{
    const struct kl_window *win = c->win;
    const struct kl_span rows = kl_reaching(at[1], win->in_h, win->k_h, win->stride_h);
    const struct kl_span columns = kl_reaching(at[2], win->in_w, win->k_w, win->stride_w);
    for (int32_t y = rows.first; y < rows.end; y++) {
        const unsigned char *row = kl_row(c->in, at[0] * win->in_h + y);
        const int32_t line = channel * win->k_h + (at[1] - y * win->stride_h);
        for (int32_t x = columns.first; x < columns.end; x++) {
            const int32_t tap = line * win->k_w + (at[2] - x * win->stride_w);
            const struct kl_run run = {row + x * win->in_c * arithmetic->in_bytes, tap * win->in_c,
                                       win->in_c};
            arithmetic->add(c->params, &run, sum);
        }
    }
}

/* TRANSPOSE_CONV of the output rows: each input pixel spreads over the window at stride * its
 * place - padding. */
__attribute__((always_inline)) static inline void
kl_convolve_transposed(const struct kl_convolution *c, const struct kl_arithmetic *arithmetic,
                       const struct kl_rows *out)
{
    const struct kl_window *win = c->win;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        unsigned char *pixel = kl_row(out, row);
        for (int32_t i = 0; i < win->out_w; i++, pixel += win->out_c * arithmetic->out_bytes) {
            const int32_t at[3] = {row / win->out_h, row % win->out_h + win->pad_top,
                                   i + win->pad_left};
            for (int32_t channel = 0; channel < win->out_c; channel++) {
                union kl_sum sum = {.s64 = 0};
                kl_transpose_channel(c, arithmetic, at, channel, &sum);
                arithmetic->finish(c->params, channel, &sum, pixel);
            }
        }
    }
}

#endif
