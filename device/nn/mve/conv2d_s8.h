/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D int8: the inputs of three output pixels are gathered, whatever the window, and multiplied
 * with all channels. Defined by nn/ref/conv2d_s8.h.
 */
#ifndef KINGLET_NN_MVE_CONV2D_S8_H
#define KINGLET_NN_MVE_CONV2D_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mve.h"
#include "nn/mve/stage.h"
#include "nn/mve/vector.h"
#include "nn/ref/row.h"

/* The output pixels, one after the other without an end to a row. */
struct kl_mve_walk {
    const struct kl_rows *out;
    int32_t row, x;    /* next pixel */
    const int8_t *in;  /* what its filters see: first tap */
    const int8_t *end; /* of the input row, for filters of one tap */
    int8_t *pixel;
};

/* What all pixels have in common. */
struct kl_mve_conv {
    const struct kl_conv2d_mve_s8 *p;
    struct kl_mve_stage stage;
    struct kl_mve_gather gather;
    int8_t *lines; /* inputs of KL_MVE_PIXELS pixels */
};

static inline int kl_mve_walk_ends(const struct kl_mve_walk *at)
{
    return at->row == at->out->first + at->out->count;
}

static inline void kl_mve_walk_to_row(const struct kl_mve_conv *c, struct kl_mve_walk *at,
                                      int32_t row)
{
    const struct kl_window *win = &c->p->win;
    at->row = row;
    at->x = 0;
    if (kl_mve_walk_ends(at)) {
        return;
    }
    at->pixel = kl_row_s8(at->out, row);
    if (c->p->direct) {
        const int32_t y = row % win->out_h * win->stride_h;
        at->in = kl_row_s8(c->stage.in, row / win->out_h * win->in_h + y);
        at->end = at->in + win->in_w * win->in_c;
    } else {
        kl_mve_stage_row(&c->stage, row);
        at->in = c->stage.rows;
    }
}

/* Inputs of a pixel for kl_mve_gather. */
static inline struct kl_mve_gather kl_mve_conv_gather(const struct kl_conv2d_mve_s8 *p)
{
    const struct kl_window *win = &p->win;
    const int32_t run = win->dil_w == 1 ? win->k_w : 1;
    return (struct kl_mve_gather){.rows = win->k_h,
                                  .bytes = run * win->in_c,
                                  .from_step = kl_mve_stage_pitch(win),
                                  .to_step = win->k_w * win->in_c,
                                  .from_apart = win->stride_w * win->in_c,
                                  .to_apart = p->inputs};
}

/* Filters of one tap read inputs where they are, and those behind them, which their weights of 0
 * ignore; at the end of the row there may be none, and they are copied. */
static inline void kl_mve_direct_inputs(const struct kl_mve_conv *c, const struct kl_mve_walk *at,
                                        int32_t pixels, int8_t *line, const int8_t **x)
{
    const int32_t inputs = c->p->inputs;
    const int8_t *from = at->in;
    for (; pixels > 0; pixels--, from += c->gather.from_apart, line += inputs, x++) {
        *x = from;
        if (at->end - from < inputs) {
            kl_mve_copy(line, from, c->p->win.in_c);
            *x = line;
        }
    }
}

/* The inputs of `pixels` pixels of the row; `line`: where they may be copied to. */
static inline void kl_mve_inputs(const struct kl_mve_conv *c, const struct kl_mve_walk *at,
                                 int32_t pixels, int8_t *line, const int8_t **x)
{
    const struct kl_window *win = &c->p->win;
    const int8_t *from = at->in;
    if (c->p->direct) {
        kl_mve_direct_inputs(c, at, pixels, line, x);
        return;
    }
    for (int32_t i = 0; i < pixels; i++) {
        x[i] = line + i * c->p->inputs;
    }
    /* Taps that are spread are copied one column at a time. */
    const int32_t columns = win->dil_w == 1 ? 1 : win->k_w;
    for (int32_t kx = 0; kx < columns; kx++, line += win->in_c, from += win->dil_w * win->in_c) {
        kl_mve_gather(&c->gather, line, from, pixels);
    }
}

/* The inputs of KL_MVE_PIXELS pixels from *at on, and where their outputs go; behind the last
 * pixel the last one again. */
static inline void kl_mve_fill_tile(const struct kl_mve_conv *c, struct kl_mve_walk *at,
                                    const int8_t *x[KL_MVE_PIXELS], int8_t *out[KL_MVE_PIXELS])
{
    const struct kl_window *win = &c->p->win;
    int32_t filled = 0;
    while (filled < KL_MVE_PIXELS && !kl_mve_walk_ends(at)) {
        const int32_t left = win->out_w - at->x, room = KL_MVE_PIXELS - filled;
        const int32_t pixels = left < room ? left : room;
        kl_mve_inputs(c, at, pixels, c->lines + filled * c->p->inputs, x + filled);
        for (int32_t i = 0; i < pixels; i++, at->pixel += win->out_c) {
            out[filled++] = at->pixel;
        }
        at->in += pixels * c->gather.from_apart;
        at->x += pixels;
        if (at->x == win->out_w) {
            kl_mve_walk_to_row(c, at, at->row + 1);
        }
    }
    for (; filled < KL_MVE_PIXELS; filled++) {
        x[filled] = x[filled - 1];
        out[filled] = out[filled - 1];
    }
}

/* The sums of a tile. */
typedef void kl_mve_tile_fn(const struct kl_mve_tile *tile);

/* All tiles; what the arguments are is said at kl_conv2d_s8_mve. */
__attribute__((always_inline)) static inline void
kl_mve_convolve(const struct kl_conv2d_mve_s8 *p, const struct kl_rows *in,
                const struct kl_rows *out, void *scratch, kl_mve_tile_fn *sum)
{
    int32_t *acc = scratch;
    int8_t *lines = (int8_t *)(acc + KL_MVE_PIXELS * ((p->win.out_c + 3) / 4 * 4));
    struct kl_mve_conv c = {.p = p, .gather = kl_mve_conv_gather(p), .lines = lines};
    struct kl_mve_walk at = {.out = out};
    struct kl_mve_tile tile = {.weights = p->weights,
                               .acc = acc,
                               .blocks = p->inputs / KL_MVE_INPUTS,
                               .bias = p->channels.bias,
                               .bias_end = p->channels.bias + (p->win.out_c + 1) / 2 * 2};
    c.stage.in = in;
    if (!p->direct) {
        c.stage = kl_mve_stage(&p->win, in, p->in_zero_point, lines + KL_MVE_PIXELS * p->inputs);
    }
    kl_mve_walk_to_row(&c, &at, out->first);
    while (!kl_mve_walk_ends(&at)) {
        const int8_t *x[KL_MVE_PIXELS];
        int8_t *results[KL_MVE_PIXELS];
        kl_mve_fill_tile(&c, &at, x, results);
        tile.x0 = x[0], tile.x1 = x[1], tile.x2 = x[2];
        sum(&tile);
        kl_mve_requantize_tile(&p->channels, acc, p->win.out_c, results);
    }
}

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch, aligned to 4: 12
 * bytes for each of the channels, rounded up to 4; 3 * inputs bytes; and unless `direct`, k_h *
 * kl_mve_stage_pitch bytes. No input of an output row is read again once outputs of the next but
 * two pixels behind it are written.
 */
static inline void kl_conv2d_s8_mve(const struct kl_conv2d_mve_s8 *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    kl_mve_convolve(p, in, out, scratch, kl_mve_tile);
}

#endif
