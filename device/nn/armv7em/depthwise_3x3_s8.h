/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D int8, 3x3, stride 1 or 2: four channels at a time are taken apart into planes,
 * a band of rows after the other, and windows walk down the planes' columns. Defined by
 * nn/ref/depthwise_s8.h.
 */
#ifndef KINGLET_NN_ARMV7EM_DEPTHWISE_3X3_S8_H
#define KINGLET_NN_ARMV7EM_DEPTHWISE_3X3_S8_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "kinglet/nn/armv7em.h"
#include "nn/armv7em/columns.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* Work on four channels. Their pixels are words of four bytes in the image, and in the planes
 * columns of columns.h. */
struct kl_planes {
    const struct kl_depthwise_3x3_s8 *p;
    const struct kl_rows *in;
    const struct kl_rows *out;
    uint32_t *words;
    int32_t channel;  /* the first of the four */
    int32_t finished; /* how many of them were computed before, with the four before them */
    int32_t rows;     /* input rows of a column */
};

/* With stride 2, the last column needs a pixel of one more. */
static inline int32_t kl_held_columns(const struct kl_planes *t)
{
    return t->p->columns + t->p->win.stride_w - 1;
}

/* Four zero points. */
static inline uint32_t kl_pixel_outside(const struct kl_planes *t)
{
    return (uint32_t)(uint8_t)t->p->in_zero_point * 0x01010101u;
}

/* Rows of the columns that lie outside the image, `count` from the row at `words` on. */
static inline void kl_fill_outside(const struct kl_planes *t, int32_t row, int32_t count)
{
    const uint32_t outside = kl_pixel_outside(t);
    for (int32_t i = kl_held_columns(t) - 1; i >= 0; i--) {
        uint32_t *words = t->words + (i * t->rows + row) * KL_COLUMN_CHANNELS;
        for (int32_t k = count * KL_COLUMN_CHANNELS; k > 0; k--) {
            *words++ = outside;
        }
    }
}

/* What is the same for all rows. */
static inline struct kl_columns_fill kl_fill_of(const struct kl_planes *t)
{
    const struct kl_window *win = &t->p->win;
    struct kl_columns_fill f = {.in_c = win->in_c,
                                .step = t->rows * KL_COLUMN_CHANNELS * (int32_t)sizeof(uint32_t),
                                .columns = kl_held_columns(t),
                                .outside = kl_pixel_outside(t),
                                .stride = t->in->stride};
    f.first = 2 - win->pad_left;
    f.inside = kl_min_s32((win->in_w - f.first) / 2, win->stride_w * f.columns);
    f.last = (win->in_w - f.first) % 2;
    return f;
}

/* The rows from `first` on of the columns, row 0 of which is row y of image `image`. */
__attribute__((always_inline)) static inline void
kl_fill_columns(const struct kl_planes *t, int32_t image, int32_t y, int32_t first, int32_t stride)
{
    const int32_t in_h = t->p->win.in_h;
    const int32_t from = kl_clamp_s32(-y, first, t->rows); /* rows in the image */
    const int32_t end = kl_clamp_s32(in_h - y, from, t->rows);
    struct kl_columns_fill f = kl_fill_of(t);
    f.words = t->words + from * KL_COLUMN_CHANNELS;
    for (int32_t i = from; i < end; i += f.rows) {
        const int32_t count = t->in->offset ? 1 : end - from;
        f.row = kl_row_s8(t->in, image * in_h + y + i) + t->channel;
        f.rows = count;
        if (stride == 1) {
            kl_columns_fill_by_1(&f);
        } else {
            kl_columns_fill_by_2(&f);
        }
        f.rows = count;
    }
    kl_fill_outside(t, first, from - first);
    kl_fill_outside(t, end, t->rows - end);
}

/* A row of a column. */
struct kl_column_row {
    uint32_t words[KL_COLUMN_CHANNELS];
};

/* The last `kept` rows of columns of `before` rows become the first rows of columns of t->rows, at
 * most `before`. */
static inline void kl_keep_rows(const struct kl_planes *t, int32_t before, int32_t kept)
{
    struct kl_column_row *to = (struct kl_column_row *)t->words;
    const struct kl_column_row *from = to + before - kept;
    for (int32_t i = kl_held_columns(t); i > 0 && kept > 0; i--) {
        to[0] = from[0];
        to[kept - 1] = from[kept - 1];
        from += before;
        to += t->rows;
    }
}

/* As kl_columns_store, but one row without the first t->finished channels. */
static inline void kl_store_unfinished(const struct kl_planes *t, const struct kl_columns_store *s)
{
    for (int32_t x = 0; x < s->out_w; x++) {
        const int8_t *words = (const int8_t *)s->words + x / 2 * s->step + x % 2;
        for (int32_t c = t->finished; c < KL_COLUMN_CHANNELS; c++) {
            s->row[x * s->out_c + c] = words[4 * c];
        }
    }
}

/* `count` output rows from row `row` on, which the columns hold. */
static inline void kl_store_columns(const struct kl_planes *t, int32_t row, int32_t count)
{
    const int32_t row_bytes = KL_COLUMN_CHANNELS * (int32_t)sizeof(uint32_t);
    struct kl_columns_store s = {.out_c = t->p->win.out_c,
                                 .step = t->rows * row_bytes,
                                 .out_w = t->p->win.out_w,
                                 .stride = t->out->stride,
                                 .below = t->p->win.stride_h * row_bytes};
    const int32_t together = t->finished > 0 || t->out->offset ? 1 : count;
    for (int32_t i = 0; i < count; i += together) {
        s.words = t->words + i * t->p->win.stride_h * KL_COLUMN_CHANNELS;
        s.row = kl_row_s8(t->out, row + i) + t->channel;
        s.rows = together;
        if (t->finished > 0) {
            kl_store_unfinished(t, &s);
        } else {
            kl_columns_store(&s);
        }
    }
}

/* The channels that are not finished, from planes to results in them. */
__attribute__((always_inline)) static inline void kl_walk_columns(const struct kl_planes *t,
                                                                  int32_t count, int32_t stride)
{
    for (int32_t i = t->finished; i < KL_COLUMN_CHANNELS; i++) {
        const int8_t *record = t->p->records + (t->channel + i) * KL_COLUMN_RECORD;
        if (stride == 1) {
            kl_columns_by_1(t->words + i, record, count, t->p->columns);
        } else {
            kl_columns_by_2(t->words + i, record, count, t->p->columns);
        }
    }
}

/* The four channels from `channel` on, or the last four. */
static inline struct kl_planes kl_four_planes(const struct kl_planes *all, int32_t channel)
{
    struct kl_planes t = *all;
    t.channel = kl_min_s32(channel, t.p->win.out_c - KL_COLUMN_CHANNELS);
    t.finished = channel - t.channel;
    return t;
}

/* Output rows of a band that begins at `row`: of one image, and asked for. */
static inline int32_t kl_rows_of_band(const struct kl_planes *t, int32_t row)
{
    const int32_t out_h = t->p->win.out_h, end = t->out->first + t->out->count;
    return kl_min_s32(kl_min_s32(out_h - row % out_h, end - row), t->p->band);
}

/* `count` output rows of four channels from row `row` on, where the columns hold the first `kept`
 * of their rows. */
__attribute__((always_inline)) static inline void kl_depthwise_band(const struct kl_planes *t,
                                                                    int32_t row, int32_t count,
                                                                    int32_t kept, int32_t stride)
{
    const struct kl_window *win = &t->p->win;
    const int32_t image = row / win->out_h, y = row - image * win->out_h;
    kl_fill_columns(t, image, y * stride - win->pad_top, kept, stride);
    kl_walk_columns(t, count, stride);
    kl_store_columns(t, row, count);
}

/* Stride 1: all output rows of four channels before the next four, so that they may be the input's
 * rows. */
static inline void kl_depthwise_by_channels(struct kl_planes *t)
{
    const int32_t first = t->out->first, end = first + t->out->count;
    int32_t count;
    for (int32_t row = first; row < end; row += count) {
        const int32_t before = t->rows;
        const int32_t kept = row > first && row % t->p->win.out_h > 0 ? 2 : 0;
        count = kl_rows_of_band(t, row);
        t->rows = count + 2;
        kl_keep_rows(t, before, kept);
        kl_depthwise_band(t, row, count, kept, 1);
    }
}

/* Stride 2: all channels of a band of rows before the next band, so that results may lie over rows
 * that no later band reads. The row that two bands share is read again. */
static inline void kl_depthwise_by_bands(struct kl_planes *all)
{
    const int32_t first = all->out->first, end = first + all->out->count;
    int32_t count;
    for (int32_t row = first; row < end; row += count) {
        count = kl_rows_of_band(all, row);
        all->rows = 2 * count + 1;
        for (int32_t channel = 0; channel < all->p->win.out_c; channel += KL_COLUMN_CHANNELS) {
            const struct kl_planes four = kl_four_planes(all, channel);
            kl_depthwise_band(&four, row, count, 0, 2);
        }
    }
}

/*
 * Stride 1. in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch: columns *
 * (band + 2) * 16 bytes, aligned to 4. With pad_top <= 2 the output may be the input, if it has its
 * shape.
 */
static inline void kl_depthwise_3x3_s8_armv7em(const struct kl_depthwise_3x3_s8 *p,
                                               const struct kl_rows *in, const struct kl_rows *out,
                                               void *scratch)
{
    const struct kl_planes all = {.p = p, .in = in, .out = out, .words = scratch};
    for (int32_t channel = 0; channel < p->win.out_c; channel += KL_COLUMN_CHANNELS) {
        struct kl_planes four = kl_four_planes(&all, channel);
        kl_depthwise_by_channels(&four);
    }
    kl_limit_rows_s8(out, p->win.out_w * p->win.out_c, p->min, p->max);
}

/* Stride 2. scratch: (columns + 1) * (2 * band + 1) * 16 bytes, aligned to 4. The output may lie
 * over the input as kl_overlap_window_bands of host/plan/overlap.h says. */
static inline void kl_depthwise_3x3_by_2_s8_armv7em(const struct kl_depthwise_3x3_s8 *p,
                                                    const struct kl_rows *in,
                                                    const struct kl_rows *out, void *scratch)
{
    struct kl_planes all = {.p = p, .in = in, .out = out, .words = scratch};
    kl_depthwise_by_bands(&all);
    kl_limit_rows_s8(out, p->win.out_w * p->win.out_c, p->min, p->max);
}

#endif
