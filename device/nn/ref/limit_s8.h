/* SPDX-License-Identifier: Apache-2.0 */
/* Activations that limit results further than int8 does. */
#ifndef KINGLET_NN_REF_LIMIT_S8_H
#define KINGLET_NN_REF_LIMIT_S8_H

#include <stdint.h>

#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

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

/* The same of all rows asked for. */
static inline void kl_limit_rows_s8(const struct kl_rows *rows, int32_t count, int32_t min,
                                    int32_t max)
{
    for (int32_t row = rows->first; row < rows->first + rows->count; row++) {
        kl_limit_s8(kl_row_s8(rows, row), count, min, max);
    }
}

#endif
