/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BATCH_MATMUL int8 and int16. Source of the definition: reference/batch_matmul.h of TensorFlow
 * Lite Micro; int16 has 64-bit sums, which are rounded once.
 */
#ifndef KINGLET_NN_REF_MATMUL_S8_H
#define KINGLET_NN_REF_MATMUL_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/matmul.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* One element of the product of a row at a and a column at b, of int8. */
static inline int32_t kl_matmul_element_s8(const struct kl_matmul_s8 *p, const void *a,
                                           const void *b)
{
    const int8_t *x = a;
    const int8_t *y = b;
    const int32_t x_step = p->shape.a_step[1], y_step = p->shape.b_step[0];
    int32_t sum = 0;
    for (int32_t k = 0; k < p->shape.inner; k++, x += x_step, y += y_step) {
        sum += (*x - p->zero_point[0]) * (*y - p->zero_point[1]);
    }
    return kl_requantize(sum, p->multiplier, p->shift);
}

/* The same of int16, whose zero points are 0. */
static inline int32_t kl_matmul_element_s16(const struct kl_matmul_s8 *p, const void *a,
                                            const void *b)
{
    const int16_t *x = a;
    const int16_t *y = b;
    const int32_t x_step = p->shape.a_step[1], y_step = p->shape.b_step[0];
    int64_t sum = 0;
    for (int32_t k = 0; k < p->shape.inner; k++, x += x_step, y += y_step) {
        sum += *x * *y;
    }
    return kl_requantize_s64(sum, p->multiplier, p->shift);
}

typedef int32_t kl_matmul_element_fn(const struct kl_matmul_s8 *p, const void *a, const void *b);

/* All products of one row of operands, of integers of `bytes` bytes. */
__attribute__((always_inline)) static inline void
kl_matmul_integers(const struct kl_matmul_s8 *p, const struct kl_rows *in,
                   const struct kl_rows *out, int32_t bytes, kl_matmul_element_fn *element)
{
    const struct kl_matmul *shape = &p->shape;
    const int32_t *dim = shape->batch.dim;
    const int32_t max = bytes == 1 ? INT8_MAX : INT16_MAX;
    unsigned char *to = kl_row(out, out->first);
    for (int32_t batch = 0; batch < dim[0] * dim[1] * dim[2]; batch++) {
        const unsigned char *a =
            kl_row(&in[0], out->first) + kl_matmul_offset(shape, 0, batch) * bytes;
        const unsigned char *b =
            kl_row(&in[1], out->first) + kl_matmul_offset(shape, 1, batch) * bytes;
        for (int32_t row = 0; row < shape->rows; row++) {
            for (int32_t column = 0; column < shape->columns; column++, to += bytes) {
                const int32_t value = element(p, a + row * shape->a_step[0] * bytes,
                                              b + column * shape->b_step[1] * bytes);
                kl_store_integer(to, bytes, kl_output_s32(value, p->out_zero_point, -max - 1, max));
            }
        }
    }
}

/* in, out: one row each. No scratch. */
static inline void kl_matmul_s8(const struct kl_matmul_s8 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_matmul_integers(p, in, out, 1, kl_matmul_element_s8);
}

/* As kl_matmul_s8, of int16. */
static inline void kl_matmul_s16(const struct kl_matmul_s8 *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_matmul_integers(p, in, out, 2, kl_matmul_element_s16);
}

#endif
