/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D int8: the inputs of four output pixels are collected, whatever the window, and multiplied
 * with all channels. Defined by nn/ref/conv2d_s8.h.
 */
#ifndef KINGLET_NN_ARMV7EM_CONV2D_S8_H
#define KINGLET_NN_ARMV7EM_CONV2D_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/armv7em.h"
#include "nn/armv7em/collect.h"
#include "nn/armv7em/tile.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/tiles.h"

/* A convolution at work on one group. */
struct kl_conv2d_work {
    struct kl_collect collect;
    struct kl_tile tile;
    const int32_t *stream, *next; /* of the group, and of the one behind it */
};

static inline void kl_conv2d_begin_row(void *work, const struct kl_walk *at)
{
    const struct kl_conv2d_work *w = work;
    kl_collect_above_below(&w->collect, at->ky);
}

static inline void kl_conv2d_collect_four(void *work, const struct kl_walk *at, int32_t x)
{
    const struct kl_conv2d_work *w = work;
    kl_collect_four(&w->collect, at->in_row, at->ky, x);
}

static inline void kl_conv2d_collect_one(void *work, const struct kl_walk *at, int32_t lane)
{
    const struct kl_conv2d_work *w = work;
    kl_collect_one(&w->collect, at->in_row, at->ky, at->x, lane);
}

static inline void kl_conv2d_multiply(void *work, int8_t *const out[KL_TILE_PIXELS])
{
    struct kl_conv2d_work *w = work;
    for (int32_t lane = 0; lane < KL_TILE_PIXELS; lane++) {
        w->tile.out[lane] = out[lane];
    }
    w->next = kl_tile_pairs(w->stream, &w->tile);
}

/* Group by group, tile by tile. */
static inline void kl_conv2d_rows(const struct kl_conv2d_pairs_s8 *p, const struct kl_window *win,
                                  const struct kl_rows *in, const struct kl_rows *out,
                                  void *scratch)
{
    const int32_t tile_bytes = p->pairs.inputs * KL_TILE_PIXELS * (int32_t)sizeof(int16_t);
    struct kl_conv2d_work work = {
        .collect = {.in = in, .words = scratch, .bytes = (int8_t *)scratch + tile_bytes},
        .tile = {scratch, p->pairs.inputs, 2 * p->pairs.out_zero_point + 1, {0}},
        .next = p->pairs.stream};
    kl_collect_begin(&work.collect, win, win->in_c / p->groups, p->pairs.inputs / win->k_h,
                     p->in_zero_point);
    for (int32_t group = 0; group < p->groups; group++) {
        const struct kl_tiles tiles = {win, work.collect.first, work.collect.end,
                                       win->out_c / p->groups * group};
        work.stream = work.next;
        work.collect.x0 = work.collect.depth * group;
        kl_for_each_tile(&tiles, out, &work, kl_conv2d_begin_row, kl_conv2d_collect_four,
                         kl_conv2d_collect_one, kl_conv2d_multiply);
    }
}

/* All channels of the stream. Rows of a 1x1 filter are one. */
static inline void kl_conv2d_tiles(const struct kl_conv2d_pairs_s8 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    struct kl_window win = p->win;
    struct kl_rows inputs = *in, outputs = *out;
    kl_tiles_as_one_row(&win, &inputs, &outputs);
    kl_conv2d_rows(p, &win, &inputs, &outputs, scratch);
}

/* Limit all results. */
static inline void kl_conv2d_limit(const struct kl_conv2d_pairs_s8 *p, const struct kl_rows *out)
{
    kl_limit_rows_s8(out, p->win.out_w * p->win.out_c, p->pairs.min, p->pairs.max);
}

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch, aligned to 4:
 * 9 * pairs.inputs bytes. The inputs of a pixel are read before its
 * outputs are written, pixel by pixel: with one group these may lie over inputs that no later
 * pixel needs.
 */
static inline void kl_conv2d_s8_armv7em(const struct kl_conv2d_pairs_s8 *p,
                                        const struct kl_rows *in, const struct kl_rows *out,
                                        void *scratch)
{
    kl_conv2d_tiles(p, in, out, scratch);
    kl_conv2d_limit(p, out);
}

#endif
