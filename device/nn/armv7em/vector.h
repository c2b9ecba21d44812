/* SPDX-License-Identifier: Apache-2.0 */
/* One input vector times a stream of channel pairs (see struct kl_pairs_s8). */
#ifndef KINGLET_NN_ARMV7EM_VECTOR_H
#define KINGLET_NN_ARMV7EM_VECTOR_H

#include <stdint.h>

/* The work of kl_vector_pairs; vector_asm.h reads the fields by their offsets. */
struct kl_vector {
    const int8_t *x;   /* inputs, aligned to 4 */
    const int8_t *end; /* of x: a multiple of 4 behind it */
    int32_t rounding;  /* 2 * output zero point + 1 */
    int8_t *out;       /* one byte per channel */
};

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#include "nn/armv7em/vector_asm.h"
#else
#include "nn/armv7em/vector_c.h"
#endif

#endif
