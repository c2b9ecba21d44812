/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 3x3 windows that walk down the columns of planes: the inner loops of depthwise_3x3_s8.h.
 *
 * Four channels lie in *columns* of words. Row r of a column is four words, one per channel: word
 * r * 4 + channel, its bytes four pixels side by side. Columns follow each other without gaps.
 *
 * kl_columns_by_1: a column begins every 2 pixels, so that each word holds what two windows side by
 * side see of a row; `rows` + 2 input rows a column.
 * kl_columns_by_2: stride 2, a column begins every 4 pixels; the second window's last pixel is the
 * first one of the next column, and one more column follows the last. 2 * `rows` + 1 input rows a
 * column.
 *
 * Both work on one channel, its first word at `words`, on `columns` columns with 1 to
 * KL_COLUMN_ROWS `rows` of results. They write results over inputs that they no longer need: those
 * of row y go to bytes 0 and 1 of input row y * stride.
 *
 * `record`: KL_COLUMN_RECORD bytes, little endian:
 *     0..7   weights w0 w3 w2 w5 w6 w1 w8 w4; filter line ky is w[3 * ky] .. w[3 * ky + 2]
 *     8..11  start of the sum
 *     12..15 multiplier
 *     16     shift in bits 0 to 4, halvings of the weights in bits 5 to 7
 *     17     weight w7
 * A result is kl_requant_linear(start + 2^(8 - halvings) * sum of products, multiplier, 0, shift)
 * of requant_forms.h: weights at bits 8 to 15 of a halfword need one AND for two of them, and one
 * SHADD16 for each halving.
 *
 * kl_columns_fill_by_1 and _by_2 and kl_columns_store move pixels of four channels, words of four
 * bytes, from image rows to columns and results back.
 */
#ifndef KINGLET_NN_ARMV7EM_COLUMNS_H
#define KINGLET_NN_ARMV7EM_COLUMNS_H

#include <stdint.h>

#define KL_COLUMN_CHANNELS 4

#define KL_COLUMN_RECORD 18
#define KL_COLUMN_ROWS 255

/*
 * Image rows to columns; columns_asm.h reads and moves the fields by their offsets. A row is taken
 * in pairs of pixels: the first, then `inside` pairs that are in the image, then others that are
 * not, but for one pixel if `last` is 1. The columns take up all pairs
 * inside, or with kl_columns_fill_by_2 more than they take up may be inside.
 */
struct kl_columns_fill {
    uint32_t *words;   /* the row in the first column */
    const int8_t *row; /* the row's first pixel in the image */
    int32_t in_c;      /* bytes from pixel to pixel */
    int32_t step;      /* bytes from column to column */
    int32_t inside, last;
    int32_t columns;  /* to fill */
    int32_t first;    /* of the first pair: how many, from the right, are in the image */
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
    int32_t out_w; /* pixels of a row, two a column */
    int32_t rows;
    int32_t stride;
    int32_t below; /* bytes from row to row of results in a column */
};

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#include "nn/armv7em/columns_asm.h"
#else
#include "nn/armv7em/columns_c.h"
#endif

#endif
