/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels of nn/mve are made of; vector_c.h defines what each does. */
#ifndef KINGLET_NN_MVE_VECTOR_H
#define KINGLET_NN_MVE_VECTOR_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mve.h"

/* Inputs that one instruction multiplies. */
#define KL_MVE_INPUTS 16
/* Output pixels that a convolution works on together. */
#define KL_MVE_PIXELS 3

/*
 * The work of kl_mve_tile; vector_mve.h reads the fields by their offsets.
 *
 * x0, x1, x2: inputs of three pixels, KL_MVE_INPUTS * blocks each. weights: see struct
 * kl_conv2d_mve_s8. acc: for every two channels two sums of each pixel, see kl_mve_sum_at.
 */
struct kl_mve_tile {
    const int8_t *x0;
    const int8_t *weights;
    int32_t *acc;
    const int8_t *x1, *x2;
    int32_t blocks;
    const int32_t *bias, *bias_end; /* of an even number of channels, at least two */
};

/* Where kl_mve_tile puts the sum of a channel and a pixel. */
static inline int32_t kl_mve_sum_at(int32_t channel, int32_t pixel)
{
    return channel / 2 * (2 * KL_MVE_PIXELS) + 2 * pixel + channel % 2;
}

/* What several pixels see, copied side by side. */
struct kl_mve_gather {
    int32_t rows, bytes;          /* of one pixel: runs that lie side by side, at least 1 of each */
    int32_t from_step, to_step;   /* bytes from run to run */
    int32_t from_apart, to_apart; /* bytes from pixel to pixel */
};

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
#include "nn/mve/vector_mve.h"
#else
#include "nn/mve/vector_c.h"
#endif

#endif
