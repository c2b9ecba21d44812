/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input rows that one output row sees, copied side by side with their borders: behind it no
 * pixel needs to know where the image ends.
 */
#ifndef KINGLET_NN_MVE_STAGE_H
#define KINGLET_NN_MVE_STAGE_H

#include <stdint.h>

#include "nn/mve/vector.h"
#include "nn/ref/row.h"
#include "nn/ref/window.h"

struct kl_mve_stage {
    const struct kl_window *win;
    const struct kl_rows *in;
    int32_t outside; /* value of what is not in the image */
    int32_t pitch;   /* bytes of a row with its borders */
    int32_t left;    /* bytes of its left border */
    int32_t middle;  /* bytes of the image in it */
    int8_t *rows;    /* [k_h][pitch] */
};

/* Bytes of a row with its borders. */
static inline int32_t kl_mve_stage_pitch(const struct kl_window *win)
{
    return (int32_t)kl_window_pixels(win) * win->in_c;
}

/* A stage whose borders are filled; `rows` has room for k_h * pitch bytes. */
static inline struct kl_mve_stage
kl_mve_stage(const struct kl_window *win, const struct kl_rows *in, int32_t outside, int8_t *rows)
{
    const int32_t pitch = kl_mve_stage_pitch(win), left = win->pad_left * win->in_c;
    const int32_t image = win->in_w * win->in_c;
    const int32_t room = pitch > left ? pitch - left : 0;
    kl_mve_fill(rows, outside, win->k_h * pitch);
    return (struct kl_mve_stage){win, in, outside, pitch, left, image < room ? image : room, rows};
}

/* Bring in the rows that output row `row` sees. */
static inline void kl_mve_stage_row(const struct kl_mve_stage *s, int32_t row)
{
    const struct kl_window *win = s->win;
    const int32_t image = row / win->out_h * win->in_h;
    int32_t y = row % win->out_h * win->stride_h - win->pad_top;
    int8_t *to = s->rows + s->left;
    for (int32_t ky = 0; ky < win->k_h; ky++, y += win->dil_h, to += s->pitch) {
        if (y >= 0 && y < win->in_h) {
            kl_mve_copy(to, kl_row_s8(s->in, image + y), s->middle);
        } else {
            kl_mve_fill(to, s->outside, s->middle);
        }
    }
}

#endif
