/* SPDX-License-Identifier: Apache-2.0 */
/* Sliding windows: which taps of an output pixel lie inside the image. */
#ifndef KINGLET_NN_REF_WINDOW_H
#define KINGLET_NN_REF_WINDOW_H

#include <stdint.h>

#include "kinglet/nn.h"

/* Taps first .. end-1 of a filter's line or column; empty when first == end. */
struct kl_span {
    int32_t first, end;
};

/* Taps t of 0 .. taps-1 with 0 <= origin + t * dilation < size. */
static inline struct kl_span kl_taps_inside(int32_t origin, int32_t size, int32_t taps,
                                            int32_t dilation)
{
    struct kl_span span = {0, taps};
    if (dilation == 1) { /* as below, without a loop */
        span.first = origin < 0 ? -origin : 0;
        span.end = taps > size - origin ? size - origin : taps;
        span.first = span.first > taps ? taps : span.first;
        span.end = span.end < span.first ? span.first : span.end;
        return span;
    }
    while (span.first < span.end && origin + span.first * dilation < 0) {
        span.first++;
    }
    while (span.first < span.end && origin + (span.end - 1) * dilation >= size) {
        span.end--;
    }
    return span;
}

/* Pixels of an input row, those outside the image included, that the windows of an output row
 * see. */
static inline int64_t kl_window_pixels(const struct kl_window *win)
{
    return ((int64_t)win->out_w - 1) * win->stride_w + ((int64_t)win->k_w - 1) * win->dil_w + 1;
}

/* What the filters see at one output pixel. */
struct kl_patch {
    const struct kl_rows *in;
    int32_t row;           /* index n*in_h + y of the input row of tap line 0 */
    int32_t offset;        /* elements from the start of a row to tap column 0 */
    struct kl_span ky, kx; /* taps inside the image; only these may be read */
};

/* True when all taps are inside the image. */
static inline int kl_patch_is_inside(const struct kl_window *win, const struct kl_patch *patch)
{
    return patch->ky.end - patch->ky.first == win->k_h &&
           patch->kx.end - patch->kx.first == win->k_w;
}

/* True when all taps lie side by side in one input row, as those of a 1x1 filter do. */
static inline int kl_patch_is_line(const struct kl_window *win, const struct kl_patch *patch)
{
    return win->k_h == 1 && win->dil_w == 1 && kl_patch_is_inside(win, patch);
}

/* Work on one output pixel, `out_c` elements at `out`. */
typedef void kl_pixel_fn(const void *params, const struct kl_patch *patch, void *out);

/* The patch of the pixels of output row `row`; kl_patch_move completes it for one of them. */
static inline struct kl_patch kl_patch_line(const struct kl_window *win, const struct kl_rows *in,
                                            int32_t row)
{
    const int32_t y = row % win->out_h * win->stride_h - win->pad_top;
    const struct kl_patch patch = {.in = in,
                                   .row = row / win->out_h * win->in_h + y,
                                   .ky = kl_taps_inside(y, win->in_h, win->k_h, win->dil_h)};
    return patch;
}

/* Move the patch to pixel `i` of its row. */
static inline void kl_patch_move(const struct kl_window *win, struct kl_patch *patch, int32_t i)
{
    const int32_t x = i * win->stride_w - win->pad_left;
    patch->kx = kl_taps_inside(x, win->in_w, win->k_w, win->dil_w);
    patch->offset = x * win->in_c;
}

/* Call `fn` with the kernel's `params` for every pixel of the output rows. */
__attribute__((always_inline)) static inline void
kl_for_each_pixel(const struct kl_window *win, const void *params, const struct kl_rows *in,
                  const struct kl_rows *out, int32_t elem_bytes, kl_pixel_fn *fn)
{
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        struct kl_patch patch = kl_patch_line(win, in, row);
        unsigned char *pixel = kl_row(out, row);
        for (int32_t i = 0; i < win->out_w; i++, pixel += win->out_c * elem_bytes) {
            kl_patch_move(win, &patch, i);
            fn(params, &patch, pixel);
        }
    }
}

#endif
