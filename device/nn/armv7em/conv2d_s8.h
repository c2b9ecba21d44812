/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D int8: the inputs of four output pixels are gathered, whatever the window, and multiplied
 * with all channels. Defined by nn/ref/conv2d_s8.h.
 */
#ifndef KINGLET_NN_ARMV7EM_CONV2D_S8_H
#define KINGLET_NN_ARMV7EM_CONV2D_S8_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn_armv7em.h"
#include "nn/armv7em/limit.h"
#include "nn/armv7em/tile.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* A tile that is being filled. */
struct kl_gather {
    const struct kl_conv2d_pairs_s8 *p;
    uint32_t *words; /* inputs of KL_TILE_PIXELS pixels */
    int8_t *line;    /* behind it: the inputs of one pixel as bytes, when no run of them is whole
                      * words */
    int32_t depth;   /* input channels of a group */
};

/* Inputs of one pixel that are in the image, in runs that lie side by side in input and filter:
 * a filter line, or one tap when taps are spread or see only a part of the channels. */
static inline int32_t kl_gather_run(const struct kl_gather *g, const struct kl_patch *patch)
{
    return g->p->win.dil_w * g->p->win.in_c == g->depth ? patch->kx.end - patch->kx.first : 1;
}

/* Every input of lane `lane` that the filter sees outside the image. */
static inline void kl_gather_outside(const struct kl_gather *g, int32_t lane)
{
    const uint32_t half = (uint32_t)g->p->in_zero_point & 0xffffu;
    uint32_t *words = g->words + lane;
    for (int32_t k = 0; k < g->p->pairs.inputs; k += 2, words += KL_TILE_PIXELS) {
        *words = half << 16 | half;
    }
}

/* Whole words: straight from the rows into the tile. x0: first channel of the group. */
static inline void kl_gather_words(const struct kl_gather *g, const struct kl_patch *patch,
                                   int32_t x0, int32_t lane)
{
    const struct kl_window *win = &g->p->win;
    const int32_t run = kl_gather_run(g, patch);
    if (!kl_patch_is_inside(win, patch)) {
        kl_gather_outside(g, lane);
    }
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *row = kl_row_s8(patch->in, patch->row + ky * win->dil_h) + patch->offset + x0;
        for (int32_t kx = patch->kx.first; kx < patch->kx.end; kx += run) {
            /* One input of a pixel takes two words of the tile, as four pixels lie together. */
            uint32_t *words = g->words + (ky * win->k_w + kx) * g->depth * 2 + lane;
            kl_expand_lane(words, row + kx * win->dil_w * win->in_c, run * g->depth / 4);
        }
    }
}

static inline void kl_copy_bytes(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        memcpy(to, from, 4);
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

/* Any number of channels: side by side as bytes first. */
static inline void kl_gather_bytes(const struct kl_gather *g, const struct kl_patch *patch,
                                   int32_t x0, int32_t lane)
{
    const struct kl_window *win = &g->p->win;
    const int32_t run = kl_gather_run(g, patch);
    if (!kl_patch_is_inside(win, patch)) {
        memset(g->line, g->p->in_zero_point, (uint32_t)g->p->pairs.inputs);
    }
    for (int32_t ky = patch->ky.first; ky < patch->ky.end; ky++) {
        const int8_t *row = kl_row_s8(patch->in, patch->row + ky * win->dil_h) + patch->offset + x0;
        for (int32_t kx = patch->kx.first; kx < patch->kx.end; kx += run) {
            kl_copy_bytes(g->line + (ky * win->k_w + kx) * g->depth,
                          row + kx * win->dil_w * win->in_c, run * g->depth);
        }
    }
    kl_expand_lane(g->words + lane, g->line, g->p->pairs.inputs / 4);
}

static inline void kl_gather_pixel(const struct kl_gather *g, const struct kl_patch *patch,
                                   int32_t group, int32_t lane)
{
    if (g->depth % 4 == 0) {
        kl_gather_words(g, patch, group * g->depth, lane);
    } else {
        kl_gather_bytes(g, patch, group * g->depth, lane);
    }
}

/* The output pixels of a row range one after the other, without an end to a row. */
struct kl_walk {
    const struct kl_rows *out;
    struct kl_patch patch; /* all but kx and offset: of the row */
    int32_t row, x;        /* next pixel */
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
        at->patch.row = at->row / win->out_h * win->in_h + y;
        at->patch.ky = kl_taps_inside(y, win->in_h, win->k_h, win->dil_h);
    }
}

/* The inputs of up to KL_TILE_PIXELS pixels from *at on, and where their outputs go. */
static inline void kl_gather_tile(const struct kl_gather *g, struct kl_walk *at, int32_t group,
                                  int8_t *out[KL_TILE_PIXELS])
{
    const struct kl_window *win = &g->p->win;
    const int32_t channel = win->out_c / g->p->groups * group;
    for (int32_t lane = 0; lane < KL_TILE_PIXELS; lane++) {
        if (kl_walk_ends(at)) {
            out[lane] = out[lane - 1];
            continue;
        }
        const int32_t x = at->x * win->stride_w - win->pad_left;
        at->patch.kx = kl_taps_inside(x, win->in_w, win->k_w, win->dil_w);
        at->patch.offset = x * win->in_c;
        kl_gather_pixel(g, &at->patch, group, lane);
        out[lane] = at->pixel + channel;
        at->pixel += win->out_c;
        if (++at->x == win->out_w) {
            at->row++;
            kl_walk_row(win, at);
        }
    }
}

/* All channels of a tile; *at goes on to the next one. */
static inline void kl_conv2d_tile(const struct kl_gather *g, struct kl_walk *at)
{
    const struct kl_conv2d_pairs_s8 *p = g->p;
    const int32_t *stream = p->pairs.stream;
    const struct kl_walk start = *at;
    for (int32_t group = 0; group < p->groups; group++) {
        struct kl_tile tile = {g->words, p->pairs.inputs, 2 * p->pairs.out_zero_point + 1, {0}};
        *at = start;
        kl_gather_tile(g, at, group, tile.out);
        stream = kl_tile_pairs(stream, &tile);
    }
}

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch: 8 * pairs.inputs
 * bytes, and pairs.inputs more when the channels of a group are no multiple of 4; aligned to 4.
 * The inputs of a pixel are read before its outputs are written, pixel by pixel; with one group
 * these may lie over inputs that no later pixel needs.
 */
static inline void kl_conv2d_s8_armv7em(const struct kl_conv2d_pairs_s8 *p,
                                        const struct kl_rows *in, const struct kl_rows *out,
                                        void *scratch)
{
    const struct kl_gather gather = {
        p, scratch, (int8_t *)scratch + p->pairs.inputs * (int32_t)sizeof(uint32_t) * 2,
        p->win.in_c / p->groups};
    struct kl_walk at = {.out = out, .patch = {.in = in}, .row = out->first};
    kl_walk_row(&p->win, &at);
    while (!kl_walk_ends(&at)) {
        kl_conv2d_tile(&gather, &at);
    }
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_limit_s8(kl_row_s8(out, row), p->win.out_w * p->win.out_c, p->pairs.min, p->pairs.max);
    }
}

#endif
