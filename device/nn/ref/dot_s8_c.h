/* SPDX-License-Identifier: Apache-2.0 */
/* kl_dot_s8 in C: its definition. */
#ifndef KINGLET_NN_REF_DOT_S8_C_H
#define KINGLET_NN_REF_DOT_S8_C_H

#include <stdint.h>

#include "kinglet/nn.h"

/*
 * acc[i] += sum of x[j] * w[i*stride + j], j = 0 .. count-1. Out of line, so that the loop has
 * all registers for itself. i = 0 .. 3.
 */
KL_NOINLINE __attribute__((unused)) static void
kl_dot_s8(int32_t acc[4], const int8_t *x, const int8_t *w, int32_t stride, int32_t count)
{
    const int8_t *w1 = w + stride;
    const int8_t *w2 = w1 + stride;
    const int8_t *w3 = w2 + stride;
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    for (const int8_t *end = x + count; x < end; x++) {
        const int32_t value = *x;
        a0 += value * *w++;
        a1 += value * *w1++;
        a2 += value * *w2++;
        a3 += value * *w3++;
    }
    acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
}

#endif
