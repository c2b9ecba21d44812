/* SPDX-License-Identifier: Apache-2.0 */
/* 3x3 windows of some pixels of one output row, channel by channel: the inner loops of
 * depthwise_3x3_s8.h. */
#ifndef KINGLET_NN_MUL32_WINDOW_TILE_H
#define KINGLET_NN_MUL32_WINDOW_TILE_H

#include <stdint.h>

/*
 * The work of kl_windows_1, of one pixel, and of kl_windows_N_by_S, N pixels with stride S;
 * window_tile_armv7m.h reads the fields by their offsets. Pixels lie `channels` bytes apart, in
 * input rows, filters and outputs.
 */
struct kl_window_tile {
    const int8_t *row[3]; /* the three input rows, from the first pixel that is seen */
    const int8_t *weights;
    const int32_t *bias, *multiplier; /* of all channels, as the shifts */
    const int8_t *shift;
    int32_t rounding; /* 2 * output zero point + 1 */
    int8_t *out;
    int32_t channels;
};

#if defined(__thumb2__)
#include "nn/mul32/window_tile_armv7m.h"
#else
#include "nn/mul32/window_tile_c.h"
#endif

#endif
