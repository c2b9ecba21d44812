/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QUANTIZE float32 to int8 and int16 and DEQUANTIZE of them to float32.
 * Source of the definitions: reference/quantize.h and reference/dequantize.h of
 * TensorFlow Lite Micro; QuantizeLinear of ONNX for halves to even.
 */
#ifndef KINGLET_NN_REF_QUANTIZE_H
#define KINGLET_NN_REF_QUANTIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* `value` rounded, halves to the even integer or away from zero, limited to -2^17 .. 2^17;
 * not-a-number gives -2^17. */
static inline int32_t kl_round_halves_f32(float value, bool to_even)
{
    if (!(value > -131072.0f)) {
        return -131072;
    }
    if (value > 131072.0f) {
        return 131072;
    }
    const int32_t whole = (int32_t)value;
    const float part = value - (float)whole; /* exact */
    if (to_even && (part == 0.5f || part == -0.5f) && whole % 2 == 0) {
        return whole;
    }
    return whole + (part >= 0.5f) - (part <= -0.5f);
}

/* The same, halves away from zero. */
static inline int32_t kl_round_f32(float value)
{
    return kl_round_halves_f32(value, false);
}

/* To integers of `bytes` bytes. */
__attribute__((always_inline)) static inline void
kl_quantize_rows(const struct kl_quantize_f32_s8 *p, const struct kl_rows *in,
                 const struct kl_rows *out, int32_t bytes)
{
    const int32_t max = bytes == 1 ? INT8_MAX : INT16_MAX;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = kl_row_f32(in, row);
        unsigned char *y = kl_row(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            const int32_t value =
                kl_round_halves_f32(x[i] / p->scale, p->halves_to_even != 0) + p->zero_point;
            kl_store_integer(y + i * bytes, bytes, kl_clamp_s32(value, -max - 1, max));
        }
    }
}

/* From integers of `bytes` bytes. */
__attribute__((always_inline)) static inline void
kl_dequantize_rows(const struct kl_dequantize_s8_f32 *p, const struct kl_rows *in,
                   const struct kl_rows *out, int32_t bytes)
{
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const unsigned char *x = kl_row(in, row);
        float *y = kl_row_f32(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            const int32_t value = kl_load_integer(x + i * bytes, bytes);
            y[i] = p->scale * (float)(value - p->zero_point);
        }
    }
}

/* in: rows of `width` floats. out: rows of `width` int8; in place allowed. No scratch. */
static inline void kl_quantize_f32_s8(const struct kl_quantize_f32_s8 *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_quantize_rows(p, in, out, 1);
}

/* As kl_quantize_f32_s8, to int16. */
static inline void kl_quantize_f32_s16(const struct kl_quantize_f32_s8 *p, const struct kl_rows *in,
                                       const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_quantize_rows(p, in, out, 2);
}

/* in: rows of `width` int8. out: rows of `width` floats. No scratch. */
static inline void kl_dequantize_s8_f32(const struct kl_dequantize_s8_f32 *p,
                                        const struct kl_rows *in, const struct kl_rows *out,
                                        void *scratch)
{
    (void)scratch;
    kl_dequantize_rows(p, in, out, 1);
}

/* As kl_dequantize_s8_f32, of int16. */
static inline void kl_dequantize_s16_f32(const struct kl_dequantize_s8_f32 *p,
                                         const struct kl_rows *in, const struct kl_rows *out,
                                         void *scratch)
{
    (void)scratch;
    kl_dequantize_rows(p, in, out, 2);
}

#endif
