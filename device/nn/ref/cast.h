/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between number types. */
#ifndef KINGLET_NN_REF_CAST_H
#define KINGLET_NN_REF_CAST_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/element.h"

/* Towards zero; what int64 cannot hold becomes its nearest value, and not-a-number 0. */
static inline int64_t kl_int_of_f32(float value)
{
    if (value >= 9223372036854775808.0f) {
        return INT64_MAX;
    }
    if (value <= -9223372036854775808.0f) {
        return INT64_MIN;
    }
    return value != value ? 0 : (int64_t)value;
}

/*
 * Floats to integers truncate and wrap; to bool everything but zero is true; integers to
 * integers wrap; integers to floats round to the nearest.
 */
static inline void kl_cast_element(const struct kl_cast *p, const unsigned char *from,
                                   unsigned char *to)
{
    const int from_float = p->from == KL_F32;
    const float real = from_float ? kl_load_f32(from) : 0.0f;
    const int64_t whole = from_float ? kl_int_of_f32(real) : kl_load_int(p->from, from);
    const float converted = from_float ? real : (float)whole;
    switch (p->to) {
    case KL_F32: memcpy(to, &converted, sizeof converted); break;
    case KL_BOOL: *to = (unsigned char)(from_float ? real != 0.0f : whole != 0); break;
    default: kl_store_int(p->to, to, whole); break;
    }
}

/* Rows of `width` elements. Not in place. No scratch. */
static inline void kl_cast(const struct kl_cast *p, const struct kl_rows *in,
                           const struct kl_rows *out, void *scratch)
{
    const int32_t from_bytes = kl_element_bytes(p->from), to_bytes = kl_element_bytes(p->to);
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const unsigned char *from = kl_row(in, row);
        unsigned char *to = kl_row(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            kl_cast_element(p, from + i * from_bytes, to + i * to_bytes);
        }
    }
}

#endif
