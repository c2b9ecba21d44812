/* SPDX-License-Identifier: Apache-2.0 */
/* Taps of a depthwise filter for several channels. */
#ifndef KINGLET_NN_REF_TAP_S8_H
#define KINGLET_NN_REF_TAP_S8_H

#include <stdint.h>

/* Taps that are added at once, to load and store accumulators less often. */
#define KL_DEPTHWISE_TAPS 3

/* Inputs and weights of one tap, one per channel. */
struct kl_tap_s8 {
    const int8_t *x, *w;
};

#endif
