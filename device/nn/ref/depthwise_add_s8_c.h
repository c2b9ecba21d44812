/* SPDX-License-Identifier: Apache-2.0 */
/* kl_depthwise_add_s8 in C: its definition. */
#ifndef KINGLET_NN_REF_DEPTHWISE_ADD_S8_C_H
#define KINGLET_NN_REF_DEPTHWISE_ADD_S8_C_H

#include "kinglet/nn.h"
#include "nn/ref/tap_s8.h"

/*
 * acc[i] = from[i] + x[i] * w[i] of all taps, i < count. Out of line: the loop needs all
 * registers.
 */
KL_NOINLINE __attribute__((unused)) static void
kl_depthwise_add_s8(int32_t *acc, const int32_t *from,
                    const struct kl_tap_s8 taps[KL_DEPTHWISE_TAPS], int32_t count)
{
    const int8_t *x0 = taps[0].x, *x1 = taps[1].x, *x2 = taps[2].x;
    const int8_t *w0 = taps[0].w, *w1 = taps[1].w, *w2 = taps[2].w;
    for (int32_t i = 0; i < count; i++) {
        acc[i] = from[i] + x0[i] * w0[i] + x1[i] * w1[i] + x2[i] * w2[i];
    }
}

#endif
