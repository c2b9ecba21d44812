/* SPDX-License-Identifier: Apache-2.0 */
/* Dot products of one float vector with several filters at once. */
#ifndef KINGLET_NN_REF_DOT_F32_H
#define KINGLET_NN_REF_DOT_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/dot_s8.h"

/*
 * acc[i] += x[j] * w[i*stride + j], j = 0 .. count-1, one after the other: the order of
 * the additions is part of the result.
 */
KL_NOINLINE __attribute__((unused)) static void
kl_dot_f32(float acc[KL_DOT_LANES], const float *x, const float *w, int32_t stride, int32_t count)
{
    const float *w1 = w + stride;
    const float *w2 = w1 + stride;
    const float *w3 = w2 + stride;
    float a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    for (const float *end = x + count; x < end; x++) {
        const float value = *x;
        a0 += value * *w++;
        a1 += value * *w1++;
        a2 += value * *w2++;
        a3 += value * *w3++;
    }
    acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
}

#endif
