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

static inline void kl_softmax_row_s8(const struct kl_softmax_s8 *p, const int8_t *x, int8_t *y)
{
    int32_t max = INT8_MIN;
    uint32_t sum = 0;
    for (int32_t i = 0; i < p->width; i++) {
        max = kl_max_s32(max, x[i]);
    }
    for (int32_t i = 0; i < p->width; i++) {
        sum += (uint32_t)kl_rounding_shift(kl_softmax_exp_s8(p, x[i] - max), 12);
    }
    const struct kl_softmax_scale scale = kl_softmax_scale(sum);
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t value = kl_high_mul(scale.reciprocal, kl_softmax_exp_s8(p, x[i] - max));
        y[i] = kl_saturate_s8(kl_rounding_shift(value, scale.exponent) - 128);
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

#endif
