/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D int8 with 3x3 filters, up to five pixels of a row at a time. The three input
 * rows that an output row sees lie in scratch memory with their borders, so that no window needs to
 * know where the image ends. Defined by nn/ref/depthwise_s8.h.
 */
#ifndef KINGLET_NN_MUL32_DEPTHWISE_3X3_S8_H
#define KINGLET_NN_MUL32_DEPTHWISE_3X3_S8_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/mul32/window_tile.h"
#include "nn/ref/copy_s8.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

/* Input rows with their borders; row r, counted from the top of the border, in place r % 3. */
struct kl_window_ring {
    const struct kl_depthwise_s8 *p;
    const struct kl_rows *in;
    int32_t pitch;  /* bytes of a row with its borders */
    int32_t left;   /* bytes of its left border */
    int32_t middle; /* bytes of the image in it */
    int32_t next;   /* first row that is not there yet */
    int8_t *rows;   /* [3][pitch] */
};

/* An empty ring, the borders of its places filled; `rows` has room for 3 * pitch bytes. */
static inline struct kl_window_ring kl_window_ring(const struct kl_depthwise_s8 *p,
                                                   const struct kl_rows *in, int8_t *rows)
{
    const struct kl_window *win = &p->win;
    const int32_t pitch = (int32_t)kl_window_pixels(win) * win->in_c;
    const int32_t left = kl_min_s32(win->pad_left * win->in_c, pitch);
    const int32_t middle = kl_min_s32(win->in_w * win->in_c, pitch - left);
    memset(rows, p->in_zero_point, 3 * (uint32_t)pitch);
    return (struct kl_window_ring){p, in, pitch, left, middle, 0, rows};
}

static inline int8_t *kl_window_ring_row(const struct kl_window_ring *ring, int32_t row)
{
    return ring->rows + row % 3 * ring->pitch;
}

/* Bring in the rows `row` .. `row` + 2 of an image. */
static inline void kl_window_ring_bring(struct kl_window_ring *ring, int32_t image, int32_t row)
{
    const struct kl_window *win = &ring->p->win;
    for (int32_t r = kl_max_s32(ring->next, row); r < row + 3; r++) {
        const int32_t y = r - win->pad_top;
        int8_t *to = kl_window_ring_row(ring, r) + ring->left;
        if (y >= 0 && y < win->in_h) {
            kl_copy_s8(to, kl_row_s8(ring->in, image * win->in_h + y), ring->middle);
        } else {
            memset(to, ring->p->in_zero_point, (uint32_t)ring->middle);
        }
    }
    ring->next = row + 3;
}

/* Pixels of a row that are computed together, `count` from x on: tiles of 5, 3 and 1, of which the
 * last may compute some pixels again. */
struct kl_window_part {
    int32_t x, count;
};

static inline struct kl_window_part kl_window_part(int32_t x, int32_t out_w)
{
    const int32_t left = out_w - x;
    struct kl_window_part part = {x, 1};
    if (left >= 4 && out_w >= 5) {
        part.count = 5;
    } else if (left >= 2 && out_w >= 3) {
        part.count = 3;
    }
    part.x = kl_min_s32(x, out_w - part.count);
    return part;
}

/* All pixels of a row; `tile` for the first one. */
__attribute__((always_inline)) static inline void
kl_windows_of_row(const struct kl_window_tile *tile, int32_t out_w, int32_t stride)
{
    struct kl_window_part part = {0, 0};
    for (int32_t x = 0; x < out_w; x = part.x + part.count) {
        struct kl_window_tile t = *tile;
        part = kl_window_part(x, out_w);
        for (int32_t i = 0; i < 3; i++) {
            t.row[i] += part.x * stride * t.channels;
        }
        t.out += part.x * t.channels;
        if (part.count == 1) {
            kl_windows_1(&t);
        } else if (part.count == 3) {
            (stride == 1 ? kl_windows_3_by_1 : kl_windows_3_by_2)(&t);
        } else {
            (stride == 1 ? kl_windows_5_by_1 : kl_windows_5_by_2)(&t);
        }
    }
}

__attribute__((always_inline)) static inline void
kl_depthwise_windows(const struct kl_depthwise_s8 *p, const struct kl_rows *in,
                     const struct kl_rows *out, void *scratch, int32_t stride)
{
    const struct kl_window *win = &p->win;
    struct kl_window_ring ring = kl_window_ring(p, in, scratch);
    struct kl_window_tile tile = {.weights = p->weights,
                                  .bias = p->bias,
                                  .multiplier = p->rq.multiplier,
                                  .shift = p->rq.shift,
                                  .rounding = 2 * p->rq.out_zero_point + 1,
                                  .channels = win->in_c};
    for (int32_t i = 0; i < out->count; i++) {
        const int32_t image = (out->first + i) / win->out_h;
        const int32_t y = out->first + i - image * win->out_h;
        ring.next = y == 0 ? 0 : ring.next;
        kl_window_ring_bring(&ring, image, y * stride);
        for (int32_t k = 0; k < 3; k++) {
            tile.row[k] = kl_window_ring_row(&ring, y * stride + k);
        }
        tile.out = kl_row_s8(out, out->first + i);
        kl_windows_of_row(&tile, win->out_w, stride);
    }
    kl_limit_rows_s8(out, win->out_w * win->out_c, p->rq.min, p->rq.max);
}

/*
 * Multiplier 1, 3x3, dilation 1 and stride 1 both ways; shifts -31 .. -1, multipliers at least
 * 2^30, and sums that stay within 2^30. in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w *
 * in_c. scratch: 3 * kl_window_pixels * in_c bytes, aligned to 4. With pad_top <= 2 the output may
 * be the input, if it has its shape.
 */
static inline void kl_depthwise_3x3_s8_mul32(const struct kl_depthwise_s8 *p,
                                             const struct kl_rows *in, const struct kl_rows *out,
                                             void *scratch)
{
    kl_depthwise_windows(p, in, out, scratch, 1);
}

/* The same with stride 2. */
static inline void kl_depthwise_3x3_by_2_s8_mul32(const struct kl_depthwise_s8 *p,
                                                  const struct kl_rows *in,
                                                  const struct kl_rows *out, void *scratch)
{
    kl_depthwise_windows(p, in, out, scratch, 2);
}

#endif
