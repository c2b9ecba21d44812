/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that resize images. */
#ifndef KINGLET_NN_RESIZE_H
#define KINGLET_NN_RESIZE_H

#include <stdint.h>

/* RESIZE_NEAREST_NEIGHBOR: out pixel (y,x) = in pixel (row[y], col[x]). One row = one (n,y) line.
 */
struct kl_resize_nearest {
    int32_t in_h, out_h, out_w;
    int32_t pixel_bytes;
    const uint16_t *row; /* [out_h] */
    const uint16_t *col; /* [out_w] */
};

/* 1 in the parts of int8 images. */
#define KL_RESIZE_ONE 1024

/*
 * RESIZE_BILINEAR. Output pixel (y, x) lies between the input rows row[2*y], row[2*y+1] and the
 * columns col[2*x], col[2*x+1]. The parts say how far it is from the first to the second: of int8
 * images int16 in 1 / KL_RESIZE_ONE, of float images floats. One row = one (n,y) line.
 */
struct kl_resize_bilinear {
    int32_t in_h, out_h, out_w;
    int32_t channels;
    const uint16_t *row;  /* [out_h][2] */
    const uint16_t *col;  /* [out_w][2] */
    const void *row_part; /* [out_h] */
    const void *col_part; /* [out_w] */
};

#endif
