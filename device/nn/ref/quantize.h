/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QUANTIZE float32 to int8 and DEQUANTIZE int8 to float32.
 * Source of the definitions: reference/quantize.h and reference/dequantize.h of
 * TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_QUANTIZE_H
#define KINGLET_NN_REF_QUANTIZE_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* `value` rounded half away from zero, limited to -512 .. 512; not-a-number gives -512. */
static inline int32_t kl_round_f32(float value)
{
    if (!(value > -512.0f)) {
        return -512;
    }
    if (value > 512.0f) {
        return 512;
    }
    const int32_t whole = (int32_t)value;
    const float part = value - (float)whole; /* exact */
    return whole + (part >= 0.5f) - (part <= -0.5f);
}

/* in: rows of `width` floats. out: rows of `width` int8. No scratch. */
static inline void kl_quantize_f32_s8(const struct kl_quantize_f32_s8 *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = kl_row_f32(in, row);
        int8_t *y = kl_row_s8(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            y[i] = kl_saturate_s8(kl_round_f32(x[i] / p->scale) + p->zero_point);
        }
    }
}

/* in: rows of `width` int8. out: rows of `width` floats. No scratch. */
static inline void kl_dequantize_s8_f32(const struct kl_dequantize_s8_f32 *p,
                                        const struct kl_rows *in, const struct kl_rows *out,
                                        void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int8_t *x = kl_row_s8(in, row);
        float *y = kl_row_f32(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            y[i] = p->scale * (float)(x[i] - p->zero_point);
        }
    }
}

#endif
