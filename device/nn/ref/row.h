/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as typed pointers. */
#ifndef KINGLET_NN_REF_ROW_H
#define KINGLET_NN_REF_ROW_H

#include <stdint.h>

#include "kinglet/nn.h"

/* Row `row` of int8 elements. Inputs are only read through it. */
static inline int8_t *kl_row_s8(const struct kl_rows *rows, int32_t row)
{
    return (int8_t *)kl_row(rows, row);
}

/* Row `row` of int16 elements; the planner aligns it to 2 bytes. */
static inline int16_t *kl_row_s16(const struct kl_rows *rows, int32_t row)
{
    return (int16_t *)(void *)kl_row(rows, row);
}

/* Row `row` of float elements; the planner aligns it to 4 bytes. */
static inline float *kl_row_f32(const struct kl_rows *rows, int32_t row)
{
    return (float *)(void *)kl_row(rows, row);
}

/*
 * The int8, int16 or int32 at `at`. Kernels of several types call these with constant `bytes`, so
 * that the C compiler makes one load or store of them.
 */
__attribute__((always_inline)) static inline int32_t kl_load_integer(const void *at, int32_t bytes)
{
    return bytes == 1   ? *(const int8_t *)at
           : bytes == 2 ? *(const int16_t *)at
                        : *(const int32_t *)at;
}

__attribute__((always_inline)) static inline void kl_store_integer(void *at, int32_t bytes,
                                                                   int32_t value)
{
    if (bytes == 1) {
        *(int8_t *)at = (int8_t)value;
    } else if (bytes == 2) {
        *(int16_t *)at = (int16_t)value;
    } else {
        *(int32_t *)at = value;
    }
}

#endif
