/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SOFTMAX int8 to int8 in fixed point: exponentials in Q0.31, their sum in Q12.19.
 * Source of the definition: reference/softmax.h and GetReciprocal in
 * kernels/internal/common.h of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_SOFTMAX_S8_H
#define KINGLET_NN_REF_SOFTMAX_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/fixed_point.h"
#include "nn/ref/row.h"

/* exp(beta * scale * diff) in Q0.31 for diff <= 0; 0 below diff_min. */
static inline int32_t kl_softmax_exp_s8(const struct kl_softmax_s8 *p, int32_t diff)
{
    if (diff < p->diff_min) {
        return 0;
    }
    return kl_exp_negative(kl_requantize(diff, p->multiplier, p->left_shift), 5);
}

/* A factor: multiply in Q0.31, then divide by 2^exponent. */
struct kl_softmax_scale {
    int32_t reciprocal, exponent;
};

/*
 * 2^8 / sum for a sum of at least 1.0 in Q12.19. From 2^10 on every result is below a quarter,
 * which rounds to 0: no shift is wider than 32.
 */
static inline struct kl_softmax_scale kl_softmax_scale(uint32_t sum)
{
    struct kl_softmax_scale scale = {0, 31 - 8 + 12};
    if (sum >= 1u << 29) {
        return (struct kl_softmax_scale){0, 0};
    }
    for (; sum < 1u << 31; sum <<= 1) {
        scale.exponent--;
    }
    scale.reciprocal = kl_one_over_one_plus((int32_t)(sum - (1u << 31)));
    return scale;
}

/* 2^16 / sum: sums reach 2^12, so no shift is wider than 27. */
static inline struct kl_softmax_scale kl_softmax_scale_wide(uint32_t sum)
{
    struct kl_softmax_scale scale = {0, 31 - 16 + 12};
    for (; sum < 1u << 31; sum <<= 1) {
        scale.exponent--;
    }
    scale.reciprocal = kl_one_over_one_plus((int32_t)(sum - (1u << 31)));
    return scale;
}

/* Sum of the exponentials; *largest is the largest element. */
static inline uint32_t kl_softmax_sum_s8(const struct kl_softmax_s8 *p, const int8_t *x,
                                         int32_t *largest)
{
    int32_t max = INT8_MIN;
    uint32_t sum = 0;
    for (int32_t i = 0; i < p->width; i++) {
        max = kl_max_s32(max, x[i]);
    }
    for (int32_t i = 0; i < p->width; i++) {
        sum += (uint32_t)kl_rounding_shift(kl_softmax_exp_s8(p, x[i] - max), 12);
    }
    *largest = max;
    return sum;
}

static inline void kl_softmax_row_s8(const struct kl_softmax_s8 *p, const int8_t *x, int8_t *y)
{
    int32_t max;
    const struct kl_softmax_scale scale = kl_softmax_scale(kl_softmax_sum_s8(p, x, &max));
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t value = kl_high_mul(scale.reciprocal, kl_softmax_exp_s8(p, x[i] - max));
        y[i] = kl_saturate_s8(kl_rounding_shift(value, scale.exponent) - 128);
    }
}

/* The same with 16 bits of the result. */
static inline void kl_softmax_row_s8_s16(const struct kl_softmax_s8 *p, const int8_t *x, int16_t *y)
{
    int32_t max;
    const uint32_t sum = kl_softmax_sum_s8(p, x, &max);
    const struct kl_softmax_scale scale = kl_softmax_scale_wide(sum);
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t value = kl_high_mul(scale.reciprocal, kl_softmax_exp_s8(p, x[i] - max));
        const int32_t scaled = kl_rounding_shift(value, scale.exponent) + INT16_MIN;
        y[i] = (int16_t)kl_clamp_s32(scaled, INT16_MIN, INT16_MAX);
    }
}

/*
 * Each row is one vector of `width`, 1 .. 4095 elements, so that the sum fits. Output
 * scale 1/256, zero point -128. In place allowed. No scratch.
 */
static inline void kl_softmax_s8(const struct kl_softmax_s8 *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_softmax_row_s8(p, kl_row_s8(in, row), kl_row_s8(out, row));
    }
}

/* The same to int16: output scale 1/65536, zero point -32768. Not in place. */
static inline void kl_softmax_s8_s16(const struct kl_softmax_s8 *p, const struct kl_rows *in,
                                     const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_softmax_row_s8_s16(p, kl_row_s8(in, row), kl_row_s16(out, row));
    }
}

#endif
