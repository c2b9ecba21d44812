/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that work along one axis of a tensor of [outer][count][inner] elements: running sums,
 * the places of the largest elements, interpolation.
 */
#ifndef KINGLET_NN_REF_ALONG_AXIS_H
#define KINGLET_NN_REF_ALONG_AXIS_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/element.h"
#include "nn/ref/row.h"

/* CUMSUM of one line of `count` elements that lie `step` bytes apart. */
static inline void kl_cumsum_line(const struct kl_cumsum *p, const unsigned char *x,
                                  unsigned char *y, int32_t step)
{
    float real = 0.0f;
    uint64_t whole = 0;
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t at = (p->reverse ? p->count - 1 - i : i) * step;
        const float real_before = real;
        const uint64_t whole_before = whole;
        if (p->dtype == KL_F32) {
            real += kl_load_f32(x + at);
            memcpy(y + at, p->exclusive ? &real_before : &real, sizeof real);
        } else {
            whole += (uint64_t)kl_load_int(p->dtype, x + at);
            kl_store_int(p->dtype, y + at, (int64_t)(p->exclusive ? whole_before : whole));
        }
    }
}

/* in, out: one row each. In place allowed. No scratch. */
static inline void kl_cumsum(const struct kl_cumsum *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    const int32_t bytes = kl_element_bytes(p->dtype);
    const unsigned char *x = kl_row(in, out->first);
    unsigned char *y = kl_row(out, out->first);
    (void)scratch;
    for (int32_t i = 0; i < p->outer * p->inner; i++) {
        const int32_t at = (i / p->inner * p->count * p->inner + i % p->inner) * bytes;
        kl_cumsum_line(p, x + at, y + at, p->inner * bytes);
    }
}

/* The order of element `i` of a line, the other way round with sign -1. */
static inline int64_t kl_topk_order(const struct kl_topk *p, const unsigned char *x, int32_t step,
                                    int32_t i)
{
    return kl_signed_order(p->dtype, x + i * step, p->sign);
}

/* Does element (order, index) come after (last_order, last), the one taken before it? */
static inline int kl_topk_follows(int64_t order, int32_t index, int64_t last_order, int32_t last)
{
    return last < 0 || order < last_order || (order == last_order && index > last);
}

/* The place of the next element in descending order, of equals the first, after place `last`. */
static inline int32_t kl_topk_next(const struct kl_topk *p, const unsigned char *x, int32_t step,
                                   int32_t last)
{
    const int64_t last_order = last < 0 ? 0 : kl_topk_order(p, x, step, last);
    int64_t best = 0;
    int32_t place = -1;
    for (int32_t i = 0; i < p->count; i++) {
        const int64_t order = kl_topk_order(p, x, step, i);
        if (kl_topk_follows(order, i, last_order, last) && (place < 0 || order > best)) {
            best = order;
            place = i;
        }
    }
    return place;
}

/* in: elements; out: the places of the p->taken largest (sign 1) or smallest (sign -1) of each
 * line, in order. One row each. No scratch. */
static inline void kl_topk(const struct kl_topk *p, const struct kl_rows *in,
                           const struct kl_rows *out, void *scratch)
{
    const int32_t bytes = kl_element_bytes(p->dtype), out_bytes = kl_element_bytes(p->out_dtype);
    const unsigned char *x = kl_row(in, out->first);
    unsigned char *y = kl_row(out, out->first);
    (void)scratch;
    for (int32_t i = 0; i < p->outer * p->inner; i++) {
        const int32_t outer = i / p->inner, inner = i % p->inner;
        int32_t last = -1;
        for (int32_t k = 0; k < p->taken; k++) {
            last = kl_topk_next(p, x + (outer * p->count * p->inner + inner) * bytes,
                                p->inner * bytes, last);
            kl_store_int(p->out_dtype, y + ((outer * p->taken + k) * p->inner + inner) * out_bytes,
                         last);
        }
    }
}

/* One output element: its taps' weighted sum, in order. */
static inline float kl_resample_sum(const struct kl_resample_f32 *p, const float *x,
                                    const float *weight)
{
    float sum = 0.0f;
    for (int32_t t = 0; t < p->taps; t++) {
        sum += x[t * p->inner] * weight[t];
    }
    return sum;
}

/* out[o][i][n] = sum over taps t of in[o][first[i] + t][n] * weight[i][t]. One row each. */
static inline void kl_resample_f32(const struct kl_resample_f32 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    const float *x = kl_row_f32(in, out->first);
    float *y = kl_row_f32(out, out->first);
    (void)scratch;
    for (int32_t o = 0; o < p->outer; o++) {
        for (int32_t i = 0; i < p->out_count; i++) {
            const float *from = x + (o * p->count + p->first[i]) * p->inner;
            for (int32_t n = 0; n < p->inner; n++) {
                *y++ = kl_resample_sum(p, from + n, p->weight + i * p->taps);
            }
        }
    }
}

#endif
