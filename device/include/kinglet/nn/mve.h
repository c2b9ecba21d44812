/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of the kernels for cores with the M-profile vector extension (MVE, "Helium":
 * Cortex-M52, M55, M85). The form of a kernel is that of kinglet/nn.h.
 */
#ifndef KINGLET_NN_MVE_H
#define KINGLET_NN_MVE_H

#include <stdint.h>

#include "kinglet/nn/window.h"

/*
 * Biases and requantisation of output channels: tables of one word per channel, filled up with
 * zeros to a multiple of 4 channels (of 8 for depthwise kernels). Shift is that of struct
 * kl_requant and 0 or less.
 */
struct kl_channels_mve {
    const int32_t *bias;
    const int32_t *multiplier;
    const int32_t *shift;
    int32_t out_zero_point;
    int32_t min, max;
};

/*
 * Weights of 4 bits, of the kernels for them: for every 16 inputs and each two channels one after
 * the other 16 bytes, whose lower halves are the weights of the first channel and whose upper
 * halves those of the second one.
 */

/*
 * CONV_2D int8, one group. Inputs of a pixel in the order (y, x, channel), padded to a multiple of
 * 16 with weights of 0. weights: two channels after the other; for every 16 inputs those of
 * channel c, then those of c + 1. The last of an odd number of channels has a partner of zeros.
 */
struct kl_conv2d_mve_s8 {
    struct kl_window win;
    int32_t in_zero_point;
    int32_t inputs; /* of one pixel, padded */
    int32_t direct; /* 1: one tap, no padding; else 0 */
    const int8_t *weights;
    struct kl_channels_mve channels;
};

/* FULLY_CONNECTED int8. Inputs padded to a multiple of 16. weights: blocks of four channels; for
 * every 16 inputs those of the four channels one after the other. Zeros fill the last block. */
struct kl_fully_connected_mve_s8 {
    int32_t in_c, out_c;
    int32_t inputs; /* padded */
    const int8_t *weights;
    struct kl_channels_mve channels;
};

/*
 * DEPTHWISE_CONV_2D int8 with a multiplier of 1. Blocks of eight channels, the last one filled with
 * zeros. weights [block][k_h][k_w][8]; the tables hold of each block the four even channels, then
 * the four odd ones.
 */
struct kl_depthwise_mve_s8 {
    struct kl_window win;
    int32_t in_zero_point;
    const int8_t *weights;
    struct kl_channels_mve channels;
};

#endif
