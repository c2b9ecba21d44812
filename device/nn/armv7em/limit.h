/* SPDX-License-Identifier: Apache-2.0 */
/* Activations that limit results further than int8 does. */
#ifndef KINGLET_NN_ARMV7EM_LIMIT_H
#define KINGLET_NN_ARMV7EM_LIMIT_H

#include <stdint.h>

#include "nn/ref/requantize.h"

/* `count` results at `y`, saturated to int8 already, to min .. max. */
static inline void kl_limit_s8(int8_t *y, int32_t count, int32_t min, int32_t max)
{
    if (min == INT8_MIN && max == INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        y[i] = (int8_t)kl_clamp_s32(y[i], min, max);
    }
}

#endif
