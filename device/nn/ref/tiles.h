/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output pixels of a convolution four at a time: kernels that collect the inputs of some pixels
 * first, and multiply them with all channels then, share this walk.
 */
#ifndef KINGLET_NN_REF_TILES_H
#define KINGLET_NN_REF_TILES_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Output pixels that are worked on together. */
#define KL_TILE_PIXELS 4

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

/* The tiles of one group of channels. */
struct kl_tiles {
    const struct kl_window *win;
    int32_t first, end; /* output columns whose inputs can be collected for four at once */
    int32_t channel;    /* first output channel of the group */
};

/*
 * What a kernel does, `work` being its own: before the tiles of a row that are collected for four
 * pixels at once; with such a tile, from column x on; with one pixel as number `lane` of a tile;
 * and with a tile that is collected, whose outputs go to `out`. Pixels that are not there have the
 * place of the last one, which must be written after them.
 */
typedef void kl_tile_row_fn(void *work, const struct kl_walk *at);
typedef void kl_tile_four_fn(void *work, const struct kl_walk *at, int32_t x);
typedef void kl_tile_one_fn(void *work, const struct kl_walk *at, int32_t lane);
typedef void kl_tile_multiply_fn(void *work, int8_t *const out[KL_TILE_PIXELS]);

/* All tiles from here to where four pixels can no longer be collected at once. */
__attribute__((always_inline)) static inline void
kl_tiles_in_row(const struct kl_tiles *t, struct kl_walk *at, void *work, kl_tile_row_fn *begin_row,
                kl_tile_four_fn *collect_four, kl_tile_multiply_fn *multiply)
{
    const int32_t out_c = t->win->out_c;
    int8_t *pixel = at->pixel + t->channel;
    int32_t x = at->x;
    begin_row(work, at);
    for (; x + KL_TILE_PIXELS <= t->end; x += KL_TILE_PIXELS, pixel += KL_TILE_PIXELS * out_c) {
        int8_t *const out[KL_TILE_PIXELS] = {pixel, pixel + out_c, pixel + 2 * out_c,
                                             pixel + 3 * out_c};
        collect_four(work, at, x);
        multiply(work, out);
    }
    kl_walk_on(t->win, at, x - at->x);
}

/* One tile, pixel by pixel: up to KL_TILE_PIXELS, perhaps of two rows. */
__attribute__((always_inline)) static inline void kl_tile_of_pixels(const struct kl_tiles *t,
                                                                    struct kl_walk *at, void *work,
                                                                    kl_tile_one_fn *collect_one,
                                                                    kl_tile_multiply_fn *multiply)
{
    int8_t *out[KL_TILE_PIXELS];
    for (int32_t lane = 0; lane < KL_TILE_PIXELS; lane++) {
        if (kl_walk_ends(at)) {
            out[lane] = out[lane - 1];
        } else {
            collect_one(work, at, lane);
            out[lane] = at->pixel + t->channel;
            kl_walk_on(t->win, at, 1);
        }
    }
    multiply(work, out);
}

/* All tiles of the output rows. */
__attribute__((always_inline)) static inline void
kl_for_each_tile(const struct kl_tiles *t, const struct kl_rows *rows, void *work,
                 kl_tile_row_fn *begin_row, kl_tile_four_fn *collect_four,
                 kl_tile_one_fn *collect_one, kl_tile_multiply_fn *multiply)
{
    struct kl_walk at = {.out = rows, .row = rows->first};
    kl_walk_row(t->win, &at);
    while (!kl_walk_ends(&at)) {
        if (at.x >= t->first && at.x + KL_TILE_PIXELS <= t->end) {
            kl_tiles_in_row(t, &at, work, begin_row, collect_four, multiply);
        } else {
            kl_tile_of_pixels(t, &at, work, collect_one, multiply);
        }
    }
}

/* Do the rows lie one behind the other, with nothing between them? */
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

/*
 * A window of one tap over dense rows needs no rows: all pixels are one. Changes the three and
 * returns true, or leaves them as they are.
 */
static inline int kl_tiles_as_one_row(struct kl_window *win, struct kl_rows *in,
                                      struct kl_rows *out)
{
    if (win->k_h != 1 || win->k_w != 1 || win->stride_h != 1 || win->stride_w != 1 ||
        win->out_h != win->in_h || win->out_w != win->in_w ||
        !kl_rows_are_dense(in, win->in_w * win->in_c) ||
        !kl_rows_are_dense(out, win->out_w * win->out_c)) {
        return 0;
    }
    win->in_w = win->out_w = win->out_w * out->count;
    win->in_h = win->out_h = 1;
    *in = kl_rows_as_one(in, out->first);
    *out = kl_rows_as_one(out, out->first);
    return 1;
}

#endif
