/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reductions of plain numbers: sum and product in input order, largest and smallest element, and
 * the place of the largest or smallest along one axis.
 */
#ifndef KINGLET_NN_REF_REDUCE_H
#define KINGLET_NN_REF_REDUCE_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/element.h"
#include "nn/ref/strided.h"

/* Number `index` of the elements that are reduced to one output, x being the first of them. */
static inline const unsigned char *
kl_reduce_element(const struct kl_reduce *rd, const unsigned char *x, int32_t index, int32_t bytes)
{
    const int32_t line = index / rd->red_dim[2];
    const int32_t step =
        kl_line_offset(rd->red_dim, rd->red_step, line) + index % rd->red_dim[2] * rd->red_step[2];
    return x + step * bytes;
}

static inline int32_t kl_reduce_count(const struct kl_reduce *rd)
{
    return rd->red_dim[0] * rd->red_dim[1] * rd->red_dim[2];
}

/* The first input element of output `index`. */
static inline const unsigned char *
kl_reduce_first(const struct kl_reduce *rd, const unsigned char *x, int32_t index, int32_t bytes)
{
    const int32_t line = index / rd->out_dim[2];
    const int32_t step =
        kl_line_offset(rd->out_dim, rd->out_step, line) + index % rd->out_dim[2] * rd->out_step[2];
    return x + step * bytes;
}

static inline int32_t kl_reduce_outputs(const struct kl_reduce *rd)
{
    return rd->out_dim[0] * rd->out_dim[1] * rd->out_dim[2];
}

/* Sum or product of floats. */
static inline void kl_accumulate_f32(const struct kl_reduce_number *p, const unsigned char *x,
                                     unsigned char *out)
{
    float value = p->function == KL_REDUCE_SUM ? 0.0f : 1.0f;
    for (int32_t i = 0; i < kl_reduce_count(&p->rd); i++) {
        const float element = kl_load_f32(kl_reduce_element(&p->rd, x, i, 4));
        value = p->function == KL_REDUCE_SUM ? value + element : value * element;
    }
    memcpy(out, &value, sizeof value);
}

/* Sum or product of integers; wraps. */
static inline void kl_accumulate_int(const struct kl_reduce_number *p, const unsigned char *x,
                                     unsigned char *out)
{
    const int32_t bytes = kl_element_bytes(p->dtype);
    uint64_t value = p->function == KL_REDUCE_SUM ? 0 : 1;
    for (int32_t i = 0; i < kl_reduce_count(&p->rd); i++) {
        const uint64_t element =
            (uint64_t)kl_load_int(p->dtype, kl_reduce_element(&p->rd, x, i, bytes));
        value = p->function == KL_REDUCE_SUM ? value + element : value * element;
    }
    kl_store_int(p->dtype, out, (int64_t)value);
}

/* Index of the largest (sign 1) or smallest (sign -1) element, of equals the first or the last. */
static inline int32_t kl_reduce_extreme(const struct kl_reduce *rd, const unsigned char *x,
                                        int32_t dtype, int32_t sign, int32_t last)
{
    const int32_t bytes = kl_element_bytes(dtype);
    int64_t best = kl_signed_order(dtype, x, sign);
    int32_t place = 0;
    for (int32_t i = 1; i < kl_reduce_count(rd); i++) {
        const int64_t order = kl_signed_order(dtype, kl_reduce_element(rd, x, i, bytes), sign);
        if (order > best || (order == best && last)) {
            best = order;
            place = i;
        }
    }
    return place;
}

/* in, out: one row each of elements of p->dtype. No scratch. */
static inline void kl_reduce_number(const struct kl_reduce_number *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    const int32_t bytes = kl_element_bytes(p->dtype);
    const int32_t sign = p->function == KL_REDUCE_MAX ? 1 : -1;
    const unsigned char *x = kl_row(in, out->first);
    unsigned char *to = kl_row(out, out->first);
    (void)scratch;
    for (int32_t i = 0; i < kl_reduce_outputs(&p->rd); i++, to += bytes) {
        const unsigned char *first = kl_reduce_first(&p->rd, x, i, bytes);
        if (p->function == KL_REDUCE_MAX || p->function == KL_REDUCE_MIN) {
            const int32_t place = kl_reduce_extreme(&p->rd, first, p->dtype, sign, 0);
            memcpy(to, kl_reduce_element(&p->rd, first, place, bytes), (uint32_t)bytes);
        } else if (p->dtype == KL_F32) {
            kl_accumulate_f32(p, first, to);
        } else {
            kl_accumulate_int(p, first, to);
        }
    }
}

/* ARG_MAX, ARG_MIN. in: one row of elements of p->dtype; out: one row of int32 or int64. No
 * scratch. */
static inline void kl_arg_extreme(const struct kl_arg_extreme *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    const int32_t bytes = kl_element_bytes(p->dtype), out_bytes = kl_element_bytes(p->out_dtype);
    const unsigned char *x = kl_row(in, out->first);
    unsigned char *to = kl_row(out, out->first);
    (void)scratch;
    for (int32_t i = 0; i < kl_reduce_outputs(&p->rd); i++, to += out_bytes) {
        const unsigned char *first = kl_reduce_first(&p->rd, x, i, bytes);
        kl_store_int(p->out_dtype, to,
                     kl_reduce_extreme(&p->rd, first, p->dtype, p->sign, p->last));
    }
}

#endif
