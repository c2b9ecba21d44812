/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of four output pixels times a stream of channel pairs (see struct kl_pairs_s8). */
#ifndef KINGLET_NN_ARMV7EM_TILE_H
#define KINGLET_NN_ARMV7EM_TILE_H

#include <stdint.h>

#include "nn/ref/tiles.h"

/*
 * The work of kl_tile_pairs; tile_asm.h reads the fields by their offsets.
 *
 * Inputs lie in words of two int16, in the order of the stream's words; word t of the four pixels
 * is words[4 * t] .. words[4 * t + 3]. Results of pixel i go to out[i], one byte per channel;
 * out[i] is moved on behind them. Pixels that are not there write where the last one does; it
 * writes after them.
 */
struct kl_tile {
    const uint32_t *words;
    int32_t inputs;   /* of one pixel: a multiple of 4 */
    int32_t rounding; /* 2 * output zero point + 1 */
    int8_t *out[KL_TILE_PIXELS];
};

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#include "nn/armv7em/tile_asm.h"
#else
#include "nn/armv7em/tile_c.h"
#endif

#endif
