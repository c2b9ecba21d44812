/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons of plain numbers and bools with broadcast, and the choice between two tensors. */
#ifndef KINGLET_NN_REF_COMPARE_H
#define KINGLET_NN_REF_COMPARE_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/element.h"
#include "nn/ref/strided.h"

/* `order` is below, at or above 0 as a is below, equal to or above b. */
static inline int32_t kl_compare_order(int32_t function, int64_t order)
{
    switch (function) {
    case KL_COMPARE_EQUAL: return order == 0;
    case KL_COMPARE_NOT_EQUAL: return order != 0;
    case KL_COMPARE_LESS: return order < 0;
    case KL_COMPARE_LESS_EQUAL: return order <= 0;
    case KL_COMPARE_GREATER: return order > 0;
    default: return order >= 0; /* KL_COMPARE_GREATER_EQUAL */
    }
}

/* Not-a-number is unequal to everything, and neither below nor above it. */
static inline int32_t kl_compare_elements(const struct kl_compare *p, const void *a, const void *b)
{
    if (p->dtype == KL_F32) {
        const float x = kl_load_f32(a), y = kl_load_f32(b);
        if (x != x || y != y) {
            return p->function == KL_COMPARE_NOT_EQUAL;
        }
    }
    const int64_t x = kl_element_order(p->dtype, a), y = kl_element_order(p->dtype, b);
    return kl_compare_order(p->function, (x > y) - (x < y));
}

/* in: two operands of type p->dtype. out: dense bools. No scratch. */
static inline void kl_compare(const struct kl_compare *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    const int32_t *dim = p->ew.dim;
    const int32_t bytes = kl_element_bytes(p->dtype);
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        unsigned char *to = kl_row(out, row);
        for (int32_t line = 0; line < dim[0] * dim[1]; line++) {
            const unsigned char *a =
                kl_row(&in[0], row) + kl_line_offset(dim, p->ew.step[0], line) * bytes;
            const unsigned char *b =
                kl_row(&in[1], row) + kl_line_offset(dim, p->ew.step[1], line) * bytes;
            for (int32_t i = 0; i < dim[2]; i++) {
                *to++ = (unsigned char)kl_compare_elements(p, a, b);
                a += p->ew.step[0][2] * bytes;
                b += p->ew.step[1][2] * bytes;
            }
        }
    }
}

/* in[0]: bools, in[1]: taken where they are true, in[2]: taken elsewhere. One row. No scratch. */
static inline void kl_select(const struct kl_select *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    const int32_t *dim = p->dim;
    unsigned char *to = kl_row(out, out->first);
    (void)scratch;
    for (int32_t line = 0; line < dim[0] * dim[1] * dim[2]; line++) {
        const int32_t outer = line / (dim[1] * dim[2]), inner = line % (dim[1] * dim[2]);
        const unsigned char *from[3];
        for (int32_t k = 0; k < 3; k++) {
            from[k] = kl_row(&in[k], out->first) + outer * p->step[k][0] +
                      kl_line_offset(dim + 1, p->step[k] + 1, inner);
        }
        for (int32_t i = 0; i < dim[3]; i++, to += p->elem_bytes) {
            memcpy(to, *from[0] ? from[1] : from[2], (uint32_t)p->elem_bytes);
            for (int32_t k = 0; k < 3; k++) {
                from[k] += p->step[k][3];
            }
        }
    }
}

#endif
