/* SPDX-License-Identifier: Apache-2.0 */
/* Requantisation of accumulators to output values. */
#ifndef KINGLET_NN_REQUANT_H
#define KINGLET_NN_REQUANT_H

#include <stdint.h>

/*
 * Requantisation of int32 accumulators to int8, one entry per output channel:
 * out = clamp(out_zero_point + rounding_shift(SRDHM(acc << max(shift,0), multiplier), -shift)).
 * See kinglet "double rounding" in nn/ref/requantize.h.
 */
struct kl_requant {
    const int32_t *multiplier; /* [out_c] Q0.31, 0 or 2^30 .. 2^31-1 */
    const int8_t *shift;       /* [out_c] -31 .. 30; > 0 is a left shift before the multiply */
    int32_t out_zero_point;    /* -128 .. 127 */
    int32_t min, max;          /* fused activation, -128 <= min <= max <= 127 */
};

/*
 * Requantisation of the accumulators of int16 activations and int8 weights. They are 64 bits wide,
 * the multiplier has 16 bits, and there is one rounding: clamp((acc * multiplier + half) >> (15 -
 * shift)). With `narrow` they are 32 bits wide and requantised as in kl_requant: CONV_2D with an
 * int32 bias or none is defined that way.
 */
struct kl_requant_s16 {
    const int32_t *multiplier; /* [out_c] Q0.15, 0 .. 2^15-1; with `narrow` Q0.31 */
    const int8_t *shift;       /* [out_c] -31 .. 7 */
    int32_t narrow;
    int32_t min, max; /* fused activation, inside int16 */
};

#endif
