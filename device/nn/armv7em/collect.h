/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of convolution windows, collected into the words of a tile (see nn/armv7em/tile.h).
 *
 * The taps of one pixel in a filter line lie side by side in the input row, and so they do in the
 * tile, filled up to a multiple of 4 with inputs whose weights are 0. Lines of four pixels that
 * can be read as they are go straight into the tile. What leaves the image, has gaps (taps spread
 * by dilation, or channels of other groups between them), or goes on in the next row is collected
 * pixel by pixel.
 */
#ifndef KINGLET_NN_ARMV7EM_COLLECT_H
#define KINGLET_NN_ARMV7EM_COLLECT_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "kinglet/nn/armv7em.h"
#include "nn/armv7em/tile.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

struct kl_collect {
    const struct kl_window *win;
    const struct kl_rows *in;
    int32_t depth;      /* input channels of a group */
    int32_t x0;         /* first channel of the group */
    int32_t line;       /* inputs of a filter line in the tile */
    int32_t quarters;   /* of a line: its inputs by four */
    int32_t gaps;       /* taps of a line do not touch in the input row */
    int32_t first, end; /* output columns whose lines can be read as they are */
    uint32_t outside;   /* input zero point, twice: two taps outside the image */
    uint32_t *words;    /* the tile */
    int8_t *bytes;      /* inputs of one pixel */
};

/* Geometry of a group that has `depth` channels. */
static inline void kl_collect_begin(struct kl_collect *c, const struct kl_window *win,
                                    int32_t depth, int32_t line, int32_t in_zero_point)
{
    const uint32_t half = (uint32_t)in_zero_point & 0xffffu;
    /* The last byte that a whole line may read is the row's last one. */
    const int32_t past = (win->pad_left + win->in_w - 1) * win->in_c + depth - line;
    const int32_t step = win->stride_w * win->in_c;
    c->win = win;
    c->depth = depth;
    c->line = line;
    c->quarters = line / 4;
    c->gaps = win->k_w > 1 && win->dil_w * win->in_c != depth;
    c->first = (win->pad_left + win->stride_w - 1) / win->stride_w;
    c->end = past < 0 || c->gaps ? 0 : kl_min_s32(past / step + 1, win->out_w);
    c->outside = half << 16 | half;
}

/* `count` words for taps outside the image, `next` words apart. */
static inline void kl_collect_outside(const struct kl_collect *c, uint32_t *words, int32_t count,
                                      int32_t next)
{
    for (; count > 0; count--, words += next) {
        *words = c->outside;
    }
}

/* The lines above and below the image: the same for all tiles of a row. */
static inline void kl_collect_above_below(const struct kl_collect *c, struct kl_span ky)
{
    /* Each input of a pixel takes two words of the tile, as four pixels lie together. */
    const int32_t line = c->line * 2;
    kl_collect_outside(c, c->words, ky.first * line, 1);
    kl_collect_outside(c, c->words + ky.end * line, (c->win->k_h - ky.end) * line, 1);
}

/* Four pixels from column x on, x .. x + 3 in first .. end - 1, but not what is above and below.
 * row: of tap line 0. */
static inline void kl_collect_four(const struct kl_collect *c, int32_t row, struct kl_span ky,
                                   int32_t x)
{
    const int32_t step = c->win->stride_w * c->win->in_c;
    const int32_t offset = x * step - c->win->pad_left * c->win->in_c + c->x0;
    for (int32_t i = ky.first; i < ky.end; i++) {
        const int8_t *from = kl_row_s8(c->in, row + i * c->win->dil_h) + offset;
        kl_expand_tile(c->words + i * c->line * 2, from, step, c->quarters);
    }
}

/* What a filter line of one pixel is made of, in inputs: `left` and `right` of it are outside the
 * image, `inside` lie in the input row from `offset` on. */
struct kl_collect_line {
    int32_t left, inside, right;
    int32_t offset;
};

static inline struct kl_collect_line kl_collect_line_of(const struct kl_collect *c,
                                                        struct kl_span kx, int32_t column)
{
    const struct kl_window *win = c->win;
    const struct kl_collect_line line = {kx.first * c->depth, (kx.end - kx.first) * c->depth,
                                         (win->k_w - kx.end) * c->depth,
                                         (column + kx.first * win->dil_w) * win->in_c + c->x0};
    return line;
}

/* Copies `count` bytes; lines are short. */
static inline void kl_collect_copy(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        memcpy(to, from, 4);
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

static inline void kl_collect_fill(const struct kl_collect *c, int8_t *to, int32_t count)
{
    for (; count > 0; count--) {
        *to++ = (int8_t)c->outside;
    }
}

/* The taps inside the image, with gaps between them in the row. */
static inline void kl_collect_apart(const struct kl_collect *c, const int8_t *from, int32_t inside,
                                    int8_t *to)
{
    const int32_t step = c->win->dil_w * c->win->in_c;
    for (const int8_t *end = to + inside; to < end; to += c->depth, from += step) {
        kl_collect_copy(to, from, c->depth);
    }
}

/* The lines of one pixel inside the image, as bytes first: for any depth and dilation. */
static inline void kl_collect_bytes(const struct kl_collect *c, const struct kl_collect_line *line,
                                    int32_t row, struct kl_span ky)
{
    int8_t *to = c->bytes;
    kl_collect_fill(c, to, ky.first * c->line);
    to += ky.first * c->line;
    for (int32_t i = ky.first; i < ky.end; i++, to += c->line) {
        const int8_t *from = kl_row_s8(c->in, row + i * c->win->dil_h) + line->offset;
        kl_collect_fill(c, to, line->left);
        if (c->gaps) {
            kl_collect_apart(c, from, line->inside, to + line->left);
        } else {
            kl_collect_copy(to + line->left, from, line->inside);
        }
        kl_collect_fill(c, to + line->left + line->inside, line->right);
    }
    kl_collect_fill(c, to, (c->win->k_h - ky.end) * c->line);
}

/* The same when all parts of a line are whole words and taps touch: straight into the tile. */
static inline void kl_collect_words(const struct kl_collect *c, const struct kl_collect_line *line,
                                    int32_t row, struct kl_span ky, uint32_t *words)
{
    const int32_t next = KL_TILE_PIXELS;
    kl_collect_outside(c, words, ky.first * c->line / 2, next);
    words += ky.first * c->line * 2;
    for (int32_t i = ky.first; i < ky.end; i++, words += c->line * 2) {
        const int8_t *from = kl_row_s8(c->in, row + i * c->win->dil_h) + line->offset;
        kl_collect_outside(c, words, line->left / 2, next);
        kl_expand_lane(words + line->left * 2, from, line->inside / 4);
        kl_collect_outside(c, words + (line->left + line->inside) * 2, line->right / 2, next);
    }
    kl_collect_outside(c, words, (c->win->k_h - ky.end) * c->line / 2, next);
}

/* Pixel x of a row as pixel `lane` of the tile. */
KL_NOINLINE __attribute__((unused)) static void
kl_collect_one(const struct kl_collect *c, int32_t row, struct kl_span ky, int32_t x, int32_t lane)
{
    const struct kl_window *win = c->win;
    const int32_t column = x * win->stride_w - win->pad_left;
    const struct kl_span kx = kl_taps_inside(column, win->in_w, win->k_w, win->dil_w);
    const struct kl_collect_line line = kl_collect_line_of(c, kx, column);
    if (c->depth % 4 == 0 && !c->gaps) {
        kl_collect_words(c, &line, row, ky, c->words + lane);
    } else {
        kl_collect_bytes(c, &line, row, ky);
        kl_expand_lane(c->words + lane, c->bytes, win->k_h * c->line / 4);
    }
}

#endif
