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

/* Row `row` of float elements; the planner aligns it to 4 bytes. */
static inline float *kl_row_f32(const struct kl_rows *rows, int32_t row)
{
    return (float *)(void *)kl_row(rows, row);
}

#endif
