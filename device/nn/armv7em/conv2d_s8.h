/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D int8: the inputs of four output pixels are collected, whatever the window, and multiplied
 * with all channels. Defined by nn/ref/conv2d_s8.h.
 */
#ifndef KINGLET_NN_ARMV7EM_CONV2D_S8_H
#define KINGLET_NN_ARMV7EM_CONV2D_S8_H

#include <stdint.h>

#include "kinglet/nn_armv7em.h"
#include "nn/armv7em/collect.h"
#include "nn/armv7em/limit.h"
#include "nn/armv7em/tile.h"
#include "nn/ref/row.h"

/* The output pixels of a row range one after the other: a tile may go on in the next row. */
struct kl_walk {
    const struct kl_rows *out;
    int32_t row, x;    /* next pixel */
    int32_t in_row;    /* input row of tap line 0 */
    struct kl_span ky; /* tap lines inside the image */
    int8_t *pixel;
};

static inline int kl_walk_ends(const struct kl_walk *at)
{
    return at->row == at->out->first + at->out->count;
}

/* To the first pixel of row at->row. */
static inline void kl_walk_row(const struct kl_window *win, struct kl_walk *at)
{
    if (!kl_walk_ends(at)) {
        const int32_t y = at->row % win->out_h * win->stride_h - win->pad_top;
        at->x = 0;
        at->pixel = kl_row_s8(at->out, at->row);
        at->in_row = at->row / win->out_h * win->in_h + y;
        at->ky = kl_taps_inside(y, win->in_h, win->k_h, win->dil_h);
    }
}

/* `count` pixels on, at most to the end of the row. */
static inline void kl_walk_on(const struct kl_window *win, struct kl_walk *at, int32_t count)
{
    at->x += count;
    at->pixel += count * win->out_c;
    if (at->x == win->out_w) {
        at->row++;
        kl_walk_row(win, at);
    }
}

/* A convolution at work on one group. */
struct kl_conv2d_work {
    struct kl_collect collect;
    struct kl_walk at;
    struct kl_tile tile;
    const int32_t *stream;
    int32_t channel; /* first output channel of the group */
};

/* All tiles from here to where lines can no longer be read as they are. Returns where the stream
 * ends. */
static inline const int32_t *kl_conv2d_run(struct kl_conv2d_work *w)
{
    const struct kl_window *win = w->collect.win;
    const int32_t *next = w->stream;
    int32_t x = w->at.x;
    int8_t *pixel = w->at.pixel + w->channel;
    kl_collect_above_below(&w->collect, w->at.ky);
    for (; x + KL_TILE_PIXELS <= w->collect.end; x += KL_TILE_PIXELS) {
        kl_collect_four(&w->collect, w->at.in_row, w->at.ky, x);
        for (int32_t lane = 0; lane < KL_TILE_PIXELS; lane++, pixel += win->out_c) {
            w->tile.out[lane] = pixel;
        }
        next = kl_tile_pairs(w->stream, &w->tile);
    }
    kl_walk_on(win, &w->at, x - w->at.x);
    return next;
}

/* One tile, pixel by pixel: up to KL_TILE_PIXELS, perhaps of two rows. */
static inline const int32_t *kl_conv2d_tile(struct kl_conv2d_work *w)
{
    struct kl_walk *at = &w->at;
    for (int32_t lane = 0; lane < KL_TILE_PIXELS; lane++) {
        if (kl_walk_ends(at)) {
            w->tile.out[lane] = w->tile.out[lane - 1];
        } else {
            kl_collect_one(&w->collect, at->in_row, at->ky, at->x, lane);
            w->tile.out[lane] = at->pixel + w->channel;
            kl_walk_on(w->collect.win, at, 1);
        }
    }
    return kl_tile_pairs(w->stream, &w->tile);
}

/* Do the rows asked for lie one behind the other, with nothing between them? */
static inline int kl_rows_are_dense(const struct kl_rows *rows, int32_t bytes)
{
    return rows->offset == 0 && rows->stride == bytes;
}

/* Rows first .. first + count - 1 of pixels as one row. */
static inline struct kl_rows kl_rows_as_one(const struct kl_rows *rows, int32_t first)
{
    const struct kl_rows one = {.base = rows->base + first * rows->stride, .count = 1};
    return one;
}

/* Group by group, tile by tile. */
static inline void kl_conv2d_rows(const struct kl_conv2d_pairs_s8 *p, const struct kl_window *win,
                                  const struct kl_rows *in, const struct kl_rows *out,
                                  void *scratch)
{
    const int32_t tile_bytes = p->pairs.inputs * KL_TILE_PIXELS * (int32_t)sizeof(int16_t);
    const int32_t *next = p->pairs.stream;
    struct kl_conv2d_work work = {
        .collect = {.in = in, .words = scratch, .bytes = (int8_t *)scratch + tile_bytes},
        .tile = {scratch, p->pairs.inputs, 2 * p->pairs.out_zero_point + 1, {0}}};
    kl_collect_begin(&work.collect, win, win->in_c / p->groups, p->pairs.inputs / win->k_h,
                     p->in_zero_point);
    for (int32_t group = 0; group < p->groups; group++) {
        work.stream = next;
        work.channel = win->out_c / p->groups * group;
        work.collect.x0 = work.collect.depth * group;
        work.at = (struct kl_walk){.out = out, .row = out->first};
        kl_walk_row(win, &work.at);
        while (!kl_walk_ends(&work.at)) {
            const int32_t x = work.at.x;
            const int32_t whole = x >= work.collect.first && x + KL_TILE_PIXELS <= work.collect.end;
            next = whole ? kl_conv2d_run(&work) : kl_conv2d_tile(&work);
        }
    }
}

/* All channels of the stream. Rows of a 1x1 filter are one. */
static inline void kl_conv2d_tiles(const struct kl_conv2d_pairs_s8 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    struct kl_window win = p->win;
    const int32_t bytes = win.out_w * win.out_c;
    if (win.k_h * win.k_w == 1 && win.stride_h * win.stride_w == 1 && win.out_h == win.in_h &&
        win.out_w == win.in_w && kl_rows_are_dense(in, win.in_w * win.in_c) &&
        kl_rows_are_dense(out, bytes)) {
        const struct kl_rows pixels = kl_rows_as_one(in, out->first);
        const struct kl_rows results = kl_rows_as_one(out, out->first);
        win.in_w = win.out_w = win.out_w * out->count;
        win.in_h = win.out_h = 1;
        kl_conv2d_rows(p, &win, &pixels, &results, scratch);
    } else {
        kl_conv2d_rows(p, &win, in, out, scratch);
    }
}

/* Limit all results. */
static inline void kl_conv2d_limit(const struct kl_conv2d_pairs_s8 *p, const struct kl_rows *out)
{
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_limit_s8(kl_row_s8(out, row), p->win.out_w * p->win.out_c, p->pairs.min, p->pairs.max);
    }
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
