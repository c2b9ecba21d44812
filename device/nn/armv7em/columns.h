/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 3x3 windows that walk down the columns of planes: the inner loops of depthwise_3x3_s8.h.
 *
 * Four channels lie in *columns* of words. A column is KL_COLUMN_STEP pixels wide; row r of it is
 * four words, one per channel: word r * 4 + channel, its byte i the pixel KL_COLUMN_STEP * column +
 * i, i < 4. So columns overlap, and a word holds all that a window, or two windows side by side,
 * see of a row. Columns follow each other without gaps.
 *
 * Both functions work on one channel, its first word at `words`, and write results over inputs that
 * they no longer need.
 *
 * kl_columns_by_1: `rows` + 2 input rows a column, two windows at a time: result row y goes to
 * bytes 0 and 1 of row y. 1 <= rows <= 510.
 * kl_columns_by_2: 2 * `rows` + 1 input rows a column, one window: result row y goes to byte 0 of
 * row 2 * y. rows >= 1.
 *
 * `record`: KL_COLUMN_RECORD bytes, little endian:
 *     0..7   weights w0 w3 w2 w5 w6 w1 w8 w4; filter line ky is w[3 * ky] .. w[3 * ky + 2]
 *     8..11  start of the sum
 *     12..15 multiplier
 *     16     shift
 *     17     weight w7
 * A result is kl_requant_linear(start + 256 * sum of products, multiplier, 0, shift) of
 * requant_forms.h: weights at bits 8 to 15 of a halfword need one AND for two of them.
 *
 * kl_columns_fill and kl_columns_store_by_1 and _by_2 move pixels of four channels, words of four
 * bytes, from image rows to columns and results back.
 */
#ifndef KINGLET_NN_ARMV7EM_COLUMNS_H
#define KINGLET_NN_ARMV7EM_COLUMNS_H

#include <stdint.h>

/* Pixels from one column to the next; words of a row of it. */
#define KL_COLUMN_STEP 2
#define KL_COLUMN_CHANNELS 4

#define KL_COLUMN_RECORD 18
#define KL_COLUMN_ROWS 510

/*
 * Image rows to columns; columns_asm.h reads and moves the fields by their offsets. Two pixels are
 * followed by two more for each column: those of the first `inside` columns are in the image, those
 * of the next `edge` are not, but for the first one if `last` is 1.
 */
struct kl_columns_fill {
    uint32_t *words;   /* the row in the first column */
    const int8_t *row; /* the row's first pixel in the image */
    int32_t in_c;      /* bytes from pixel to pixel */
    int32_t step;      /* bytes from column to column */
    int32_t inside, edge, last;
    int32_t first;    /* of the two pixels before: how many, from the right, are in the image */
    uint32_t outside; /* the pixel that those outside read as */
    int32_t rows;     /* >= 1; each of them follows in the columns and in the image */
    int32_t stride;   /* bytes from row to row of the image */
};

/* Results to image rows; read by offsets as well. */
struct kl_columns_store {
    const uint32_t *words;
    int8_t *row;
    int32_t out_c;
    int32_t step;
    int32_t out_w; /* pixels of a row */
    int32_t rows;
    int32_t stride;
};

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#include "nn/armv7em/columns_asm.h"
#else
#include "nn/armv7em/columns_c.h"
#endif

#endif
