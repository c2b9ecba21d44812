/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of convolution windows, collected into the words of a tile: those of four pixels are
 * 65536 * x1 + x0 and 65536 * x3 + x2 (see nn/mul32/halves.h), in the order of the filter. Taps
 * outside the image read as the input zero point.
 */
#ifndef KINGLET_NN_MUL32_COLLECT_H
#define KINGLET_NN_MUL32_COLLECT_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/mul32/halves.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

struct kl_halves_collect {
    const struct kl_window *win;
    const struct kl_rows *in;
    int32_t depth;      /* input channels of a group */
    int32_t x0;         /* first channel of the group */
    int32_t line;       /* inputs of a filter line */
    int32_t run;        /* taps of a line that lie side by side in the input row: 1 or all */
    int32_t first, end; /* output columns whose lines are inside the image */
    int32_t outside;    /* input zero point */
    uint32_t *words;    /* the tile */
};

/* Geometry of groups that have `depth` channels. */
static inline void kl_halves_collect_begin(struct kl_halves_collect *c, const struct kl_window *win,
                                           int32_t depth)
{
    /* Where the first tap may be at most, counted from the left of the border. */
    const int32_t last = win->pad_left + win->in_w - 1 - (win->k_w - 1) * win->dil_w;
    c->win = win;
    c->depth = depth;
    c->line = win->k_w * depth;
    c->run = win->dil_w * win->in_c == depth ? win->k_w : 1;
    c->first = (win->pad_left + win->stride_w - 1) / win->stride_w;
    c->end = last < 0 ? 0 : kl_min_s32(last / win->stride_w + 1, win->out_w);
}

/* The lines above and below the image, for four pixels: the same for all tiles of a row. */
static inline void kl_halves_above_below(const struct kl_halves_collect *c, struct kl_span ky)
{
    const uint32_t outside = ((uint32_t)c->outside << 16) + (uint32_t)c->outside;
    const int32_t line = c->line * KL_HALVES_PAIRS;
    for (int32_t i = 0; i < ky.first * line; i++) {
        c->words[i] = outside;
    }
    for (int32_t i = ky.end * line; i < c->win->k_h * line; i++) {
        c->words[i] = outside;
    }
}

/* Four pixels from column x on, x .. x + 3 in first .. end - 1, but not what is above and below.
 * row: of tap line 0. */
static inline void kl_halves_collect_four(const struct kl_halves_collect *c, int32_t row,
                                          struct kl_span ky, int32_t x)
{
    const struct kl_window *win = c->win;
    const int32_t step = win->stride_w * win->in_c;
    const int32_t offset = x * step - win->pad_left * win->in_c + c->x0;
    uint32_t *words = c->words + ky.first * c->line * KL_HALVES_PAIRS;
    for (int32_t i = ky.first; i < ky.end; i++) {
        const int8_t *from = kl_row_s8(c->in, row + i * win->dil_h) + offset;
        for (int32_t kx = 0; kx < win->k_w; kx += c->run, from += win->dil_w * win->in_c) {
            kl_halves_spread_four(words, from, step, c->run * c->depth);
            words += c->run * c->depth * KL_HALVES_PAIRS;
        }
    }
}

/* `count` inputs of one pixel to a half of their words: those at x, or if `next` is 0 the one there
 * again and again. The lower half is written first, with all of the word. */
static inline uint32_t *kl_halves_spread_one(uint32_t *words, const int8_t *x, int32_t next,
                                             int32_t count, int32_t upper)
{
    for (; count > 0; count--, words += KL_HALVES_PAIRS, x += next) {
        *words = upper ? *words + ((uint32_t)*x << 16) : (uint32_t)*x;
    }
    return words;
}

/* Pixel x of a row as pixel `lane` of the tile, after the pixels before it. */
KL_NOINLINE __attribute__((unused)) static void
kl_halves_collect_one(const struct kl_halves_collect *c, int32_t row, struct kl_span ky, int32_t x,
                      int32_t lane)
{
    const struct kl_window *win = c->win;
    const int32_t column = x * win->stride_w - win->pad_left, upper = lane % 2;
    const struct kl_span kx = kl_taps_inside(column, win->in_w, win->k_w, win->dil_w);
    const int32_t run = c->run == 1 ? 1 : kx.end - kx.first;
    const int8_t outside = (int8_t)c->outside;
    uint32_t *words = c->words + lane / 2;
    words = kl_halves_spread_one(words, &outside, 0, ky.first * c->line, upper);
    for (int32_t i = ky.first; i < ky.end; i++) {
        const int8_t *from = kl_row_s8(c->in, row + i * win->dil_h) + c->x0 + column * win->in_c;
        words = kl_halves_spread_one(words, &outside, 0, kx.first * c->depth, upper);
        for (int32_t k = kx.first; k < kx.end; k += run) {
            words = kl_halves_spread_one(words, from + k * win->dil_w * win->in_c, 1,
                                         run * c->depth, upper);
        }
        words = kl_halves_spread_one(words, &outside, 0, (win->k_w - kx.end) * c->depth, upper);
    }
    kl_halves_spread_one(words, &outside, 0, (win->k_h - ky.end) * c->line, upper);
}

#endif
