/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D int8: the inputs of four output pixels are collected, whatever the window, and multiplied
 * with all channels, two pixels in each multiplication. Defined by nn/ref/conv2d_s8.h.
 */
#ifndef KINGLET_NN_MUL32_CONV2D_S8_H
#define KINGLET_NN_MUL32_CONV2D_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mul32.h"
#include "nn/mul32/collect.h"
#include "nn/mul32/halves.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/tiles.h"

/* A convolution at work on one group. */
struct kl_conv2d_halves {
    const struct kl_conv2d_mul32_s8 *p;
    struct kl_halves_collect collect;
    struct kl_halves halves;
    int32_t channel, channels;   /* of the group */
    const int8_t *stream, *next; /* of the group, and of the one behind it */
};

static inline void kl_conv2d_halves_begin_row(void *work, const struct kl_walk *at)
{
    const struct kl_conv2d_halves *w = work;
    kl_halves_above_below(&w->collect, at->ky);
}

static inline void kl_conv2d_halves_four(void *work, const struct kl_walk *at, int32_t x)
{
    const struct kl_conv2d_halves *w = work;
    kl_halves_collect_four(&w->collect, at->in_row, at->ky, x);
}

static inline void kl_conv2d_halves_one(void *work, const struct kl_walk *at, int32_t lane)
{
    const struct kl_conv2d_halves *w = work;
    kl_halves_collect_one(&w->collect, at->in_row, at->ky, at->x, lane);
}

/* All channels of the group, four at a time. */
KL_NOINLINE __attribute__((unused)) static void
kl_conv2d_halves_multiply(void *work, int8_t *const out[KL_TILE_PIXELS])
{
    struct kl_conv2d_halves *w = work;
    struct kl_halves *h = &w->halves;
    const int32_t weights = w->p->win.k_h * w->collect.line * KL_HALVES_CHANNELS;
    w->next = w->stream;
    for (int32_t c = 0; c < w->channels; c += KL_HALVES_CHANNELS) {
        const int8_t *stream = w->next;
        h->channels = kl_min_s32(w->channels - c, KL_HALVES_CHANNELS);
        h->bias = w->p->bias + w->channel + c;
        h->multiplier = w->p->rq.multiplier + w->channel + c;
        h->shift = w->p->rq.shift + w->channel + c;
        for (int32_t lane = 0; lane < KL_TILE_PIXELS; lane++) {
            h->out[lane] = out[lane] + c;
        }
        w->next = kl_halves_multiply(stream, h);
        /* A block has one byte besides its weights. */
        h->started = (int32_t)((uint32_t)((int32_t)(w->next - stream) - weights) * KL_HALVES_START);
        kl_halves_finish(h);
    }
}

/* Work on a window that kl_tiles_as_one_row has seen, before its first channels. */
static inline struct kl_conv2d_halves kl_conv2d_halves_begin(const struct kl_conv2d_mul32_s8 *p,
                                                             const struct kl_window *win,
                                                             const struct kl_rows *in,
                                                             void *scratch)
{
    struct kl_conv2d_halves work = {
        .p = p,
        .collect = {.in = in, .outside = p->in_zero_point, .words = scratch},
        .halves = {.words = scratch, .rounding = 2 * p->rq.out_zero_point + 1},
        .next = p->stream};
    kl_halves_collect_begin(&work.collect, win, win->in_c / p->groups);
    work.halves.end = work.halves.words + win->k_h * work.collect.line * KL_HALVES_PAIRS;
    return work;
}

/* Channels channel .. channel + channels - 1 of all pixels, with the weights at work->next. */
static inline void kl_conv2d_halves_channels(struct kl_conv2d_halves *work,
                                             const struct kl_window *win, const struct kl_rows *out,
                                             int32_t channel, int32_t channels)
{
    const struct kl_tiles tiles = {win, work->collect.first, work->collect.end, channel};
    work->channel = channel;
    work->channels = channels;
    work->stream = work->next;
    kl_for_each_tile(&tiles, out, work, kl_conv2d_halves_begin_row, kl_conv2d_halves_four,
                     kl_conv2d_halves_one, kl_conv2d_halves_multiply);
}

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch, aligned to 4: 8 bytes
 * for each input of a filter. The inputs of a pixel are read before its outputs are written, pixel
 * by pixel: with one group these may lie over inputs that no later pixel needs.
 */
static inline void kl_conv2d_s8_mul32(const struct kl_conv2d_mul32_s8 *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    struct kl_window win = p->win;
    struct kl_rows inputs = *in, outputs = *out;
    kl_tiles_as_one_row(&win, &inputs, &outputs);
    struct kl_conv2d_halves work = kl_conv2d_halves_begin(p, &win, &inputs, scratch);
    const int32_t channels = win.out_c / p->groups;
    for (int32_t group = 0; group < p->groups; group++) {
        work.collect.x0 = work.collect.depth * group;
        kl_conv2d_halves_channels(&work, &win, &outputs, channels * group, channels);
    }
    kl_limit_rows_s8(out, p->win.out_w * p->win.out_c, p->rq.min, p->rq.max);
}

#endif
