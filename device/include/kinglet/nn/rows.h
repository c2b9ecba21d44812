/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of tensors that kernels work on. */
#ifndef KINGLET_NN_ROWS_H
#define KINGLET_NN_ROWS_H

#include <stdint.h>

/* Keeps one instance of a kernel for several steps of a generated model. */
#define KL_NOINLINE __attribute__((noinline))

/*
 * Rows of one tensor. Row r starts at base + (offset ? offset[r] : r * stride).
 * A stride of 0 reads the same row again and again (broadcast).
 */
struct kl_rows {
    unsigned char *base;    /* of an input: only read */
    const uint32_t *offset; /* byte offset of each row, or NULL when the rows are evenly spaced */
    int32_t stride;         /* bytes from one row to the next; unused with an offset table */
    int32_t first;          /* out: first row to compute. in: first row present */
    int32_t count;          /* out: how many rows to compute. in: how many are present */
};

static inline unsigned char *kl_row(const struct kl_rows *rows, int32_t row)
{
    return rows->base + (rows->offset ? (int32_t)rows->offset[row] : row * rows->stride);
}

#endif
