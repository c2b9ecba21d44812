/* SPDX-License-Identifier: Apache-2.0 */
/* Products of two matrices that are both computed at run time, in batches. */
#ifndef KINGLET_NN_REF_MATMUL_H
#define KINGLET_NN_REF_MATMUL_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/element.h"
#include "nn/ref/strided.h"

/* One element: products of floats added in order. */
static inline float kl_matmul_sum_f32(const struct kl_matmul *p, const float *a, const float *b)
{
    float sum = 0.0f;
    for (int32_t k = 0; k < p->inner; k++, a += p->a_step[1], b += p->b_step[0]) {
        sum += *a * *b;
    }
    return sum;
}

/* One element of int32 matrices; wraps. */
static inline int32_t kl_matmul_sum_s32(const struct kl_matmul *p, const int32_t *a,
                                        const int32_t *b)
{
    uint32_t sum = 0;
    for (int32_t k = 0; k < p->inner; k++, a += p->a_step[1], b += p->b_step[0]) {
        sum += (uint32_t)*a * (uint32_t)*b;
    }
    return (int32_t)sum;
}

/* Where matrix `batch` of input `input` begins, in elements. */
static inline int32_t kl_matmul_offset(const struct kl_matmul *p, int32_t input, int32_t batch)
{
    return kl_line_offset(p->batch.dim, p->batch.step[input], batch / p->batch.dim[2]) +
           batch % p->batch.dim[2] * p->batch.step[input][2];
}

/* in, out: one row of float32 elements each. No scratch. */
static inline void kl_matmul_f32(const struct kl_matmul *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    const int32_t *dim = p->batch.dim;
    float *to = (float *)(void *)kl_row(out, out->first);
    (void)scratch;
    for (int32_t batch = 0; batch < dim[0] * dim[1] * dim[2]; batch++) {
        const float *a = (const float *)(void *)kl_row(&in[0], out->first);
        const float *b = (const float *)(void *)kl_row(&in[1], out->first);
        a += kl_matmul_offset(p, 0, batch);
        b += kl_matmul_offset(p, 1, batch);
        for (int32_t i = 0; i < p->rows * p->columns; i++) {
            *to++ = kl_matmul_sum_f32(p, a + i / p->columns * p->a_step[0],
                                      b + i % p->columns * p->b_step[1]);
        }
    }
}

/* The same of int32 elements. */
static inline void kl_matmul_s32(const struct kl_matmul *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    const int32_t *dim = p->batch.dim;
    int32_t *to = (int32_t *)(void *)kl_row(out, out->first);
    (void)scratch;
    for (int32_t batch = 0; batch < dim[0] * dim[1] * dim[2]; batch++) {
        const int32_t *a = (const int32_t *)(void *)kl_row(&in[0], out->first);
        const int32_t *b = (const int32_t *)(void *)kl_row(&in[1], out->first);
        a += kl_matmul_offset(p, 0, batch);
        b += kl_matmul_offset(p, 1, batch);
        for (int32_t i = 0; i < p->rows * p->columns; i++) {
            *to++ = kl_matmul_sum_s32(p, a + i / p->columns * p->a_step[0],
                                      b + i % p->columns * p->b_step[1]);
        }
    }
}

#endif
