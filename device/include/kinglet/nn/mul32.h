/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of the kernels for cores whose only multiplication is one of 32 bits (Cortex-M3). The
 * form of a kernel is that of kinglet/nn.h.
 */
#ifndef KINGLET_NN_MUL32_H
#define KINGLET_NN_MUL32_H

#include <stdint.h>

#include "kinglet/nn/requant.h"
#include "kinglet/nn/window.h"

/*
 * CONV_2D int8, two products in one multiplication: a word holds the inputs of two output pixels,
 * 65536 * x1 + x0, so that a weight times the word adds to the sums of both, 65536 * S1 + S0. The
 * halves can be told apart as long as S0 and S1 fit int16. Therefore inputs are taken in *blocks*
 * whose weights have magnitudes of at most KL_HALVES_WEIGHTS together, for each channel: 128 times
 * that is below 2^15.
 *
 * `stream` holds the output channels by four, those of each group by themselves, the last four
 * filled up with weights of 0:
 *
 *     4 weights     of the block's first input, one per channel
 *     1 byte        how many inputs follow in the block, 0 .. KL_HALVES_INPUTS - 1
 *     4 weights     of each of them
 *
 * and so on until all inputs of a filter, in the order (y, x, channel of the group), are there.
 *
 * All shifts are -31 .. -1 and all multipliers at least 2^30, and sums stay within 2^30.
 */
#define KL_HALVES_WEIGHTS 255
#define KL_HALVES_INPUTS 16

struct kl_conv2d_mul32_s8 {
    struct kl_window win;
    int32_t groups;
    int32_t in_zero_point;
    const int8_t *stream;
    const int32_t *bias; /* [out_c], the input zero point is folded in */
    struct kl_requant rq;
};

#endif
