/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RESIZE_NEAREST_NEIGHBOR of any element type: pixels are copied as bytes. The planner
 * works out which input row and column each output row and column shows.
 */
#ifndef KINGLET_NN_REF_RESIZE_NEAREST_H
#define KINGLET_NN_REF_RESIZE_NEAREST_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"

/* in: rows (n, y) of the input's width. out: rows (n, y) of out_w pixels. No scratch. */
static inline void kl_resize_nearest(const struct kl_resize_nearest *p, const struct kl_rows *in,
                                     const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int32_t in_row = row / p->out_h * p->in_h + p->row[row % p->out_h];
        const unsigned char *from = kl_row(in, in_row);
        unsigned char *to = kl_row(out, row);
        for (int32_t x = 0; x < p->out_w; x++, to += p->pixel_bytes) {
            memcpy(to, from + p->col[x] * p->pixel_bytes, (uint32_t)p->pixel_bytes);
        }
    }
}

#endif
