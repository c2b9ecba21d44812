/* SPDX-License-Identifier: Apache-2.0 */
/* The geometry of sliding windows: convolutions and pools. */
#ifndef KINGLET_NN_WINDOW_H
#define KINGLET_NN_WINDOW_H

#include <stdint.h>

/* Sliding-window geometry of one image: convolution and pooling. */
struct kl_window {
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t k_h, k_w;           /* filter size in taps */
    int32_t stride_h, stride_w; /* output step in input pixels, >= 1 */
    int32_t dil_h, dil_w;       /* distance of taps in input pixels, >= 1 */
    int32_t pad_top, pad_left;  /* input row of (out row 0, tap 0) is -pad_top */
};

#endif
