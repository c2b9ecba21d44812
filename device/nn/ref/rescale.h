/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QUANTIZE between integer types, and RELU and LEAKY_RELU of int16. Source of the definitions:
 * reference/requantize.h, reference/leaky_relu.h and micro/kernels/activations_common.cc of
 * TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_RESCALE_H
#define KINGLET_NN_REF_RESCALE_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

static inline int32_t kl_rescale_element(const struct kl_rescale *p, int32_t value)
{
    /* Of int32 values the difference wraps. */
    const int32_t x = (int32_t)((uint32_t)value - (uint32_t)p->in_zero_point);
    const int32_t y = x >= 0 ? kl_requantize(x, p->multiplier, p->shift)
                             : kl_requantize(x, p->below_multiplier, p->below_shift);
    const int64_t shifted = (int64_t)y + p->out_zero_point;
    return (int32_t)(shifted < p->min ? p->min : shifted > p->max ? p->max : shifted);
}

/* Rows of `width` integers; in place allowed when out_bytes is not larger than in_bytes; no
 * scratch. */
static inline void kl_rescale(const struct kl_rescale *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const unsigned char *x = kl_row(in, row);
        unsigned char *y = kl_row(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            const int32_t value = kl_load_integer(x + i * p->in_bytes, p->in_bytes);
            kl_store_integer(y + i * p->out_bytes, p->out_bytes, kl_rescale_element(p, value));
        }
    }
}

#endif
