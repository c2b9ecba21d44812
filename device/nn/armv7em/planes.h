/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Depthwise convolutions of any filter on rows of planes: the inner loop of depthwise_s8.h.
 *
 * Four channels of the input rows that an output row sees lie in scratch memory, each channel's
 * pixels side by side, with their borders. With stride s a row is taken apart into *phases*: phase
 * r holds the pixels r, r + s, r + 2 * s ..., so that the windows of neighbouring outputs begin in
 * neighbouring bytes. A filter line is taken apart in the same way, into *segments* of up to
 * KL_PLANE_TAPS taps side by side in one phase. Taps between dilated ones have weights of 0.
 *
 * The weights of a segment are three words: (w0, w2), (w1, w3), and w4 with 0 in its upper half, or
 * -1 in that of a channel's last segment.
 */
#ifndef KINGLET_NN_ARMV7EM_PLANES_H
#define KINGLET_NN_ARMV7EM_PLANES_H

#include <stdint.h>

#include "nn/armv7em/planes_shape.h"

/* One channel of one output row; planes_asm.h reads and moves the fields by their offsets. */
struct kl_plane_row {
    int32_t bias;
    const int32_t *offsets; /* bytes from x to each segment's first tap */
    const int32_t *weights;
    int32_t multiplier, shift, rounding; /* as kl_requant_exact_late takes them */
    int8_t *out;
    int32_t out_step; /* bytes from output to output */
    const int8_t *x;
    int32_t step;  /* outputs from the first tile to the second; from then on KL_PLANE_TILE */
    int32_t tiles; /* >= 1 */
};

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#include "nn/armv7em/planes_asm.h"
#else
#include "nn/armv7em/planes_c.h"
#endif

#endif
