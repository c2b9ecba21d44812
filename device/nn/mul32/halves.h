/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of four output pixels, in words of two, times four channels of a stream (see struct
 * kl_conv2d_mul32_s8). */
#ifndef KINGLET_NN_MUL32_HALVES_H
#define KINGLET_NN_MUL32_HALVES_H

#include <stdint.h>

#include "nn/ref/tiles.h"

#define KL_HALVES_CHANNELS 4
#define KL_HALVES_PAIRS (KL_TILE_PIXELS / 2)

/* What a block's sum begins with, so that its lower half is never negative. */
#define KL_HALVES_START 0x8000

/*
 * Sums of two pixels, which begin with 65537 * bias and bias. Of a block's 65536 * S1 + S0 +
 * KL_HALVES_START, S1 is added to `upper`, and all of it to `total`, modulo 2^32: total - 65536 *
 * upper is bias, S0 of all blocks, and what these began with.
 */
struct kl_halves_sum {
    uint32_t total, upper;
};

/* Work on four channels of a tile; halves_armv7m.h reads the fields by their offsets. */
struct kl_halves {
    /* Sums of each channel, first of pixels 0 and 1, then of 2 and 3. */
    struct kl_halves_sum sums[KL_HALVES_CHANNELS * KL_HALVES_PAIRS];
    const uint32_t *words, *end; /* inputs, KL_HALVES_PAIRS words each */
    const int32_t *bias;         /* of the four channels, as the next two */
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t rounding;            /* 2 * output zero point + 1 */
    int32_t started;             /* what the blocks began with, in all */
    int32_t channels;            /* 1 .. 4 of them are there */
    int8_t *out[KL_TILE_PIXELS]; /* results, one byte per channel */
};

#if defined(__thumb2__)
#include "nn/mul32/halves_armv7m.h"
#else
#include "nn/mul32/halves_c.h"
#endif

#endif
