/* SPDX-License-Identifier: Apache-2.0 */
/* kl_requantize and kl_output_s32 (nn/ref/requantize.h) of four numbers with one scale. */
#ifndef KINGLET_NN_MVE_RESULT_S8_H
#define KINGLET_NN_MVE_RESULT_S8_H

#include <arm_mve.h>
#include <stdint.h>

#include "nn/ref/requantize.h"

struct kl_mve_scale {
    int32_t multiplier;
    int32_t left, right; /* shifts: 0 or more; 0 or less */
    int32_t lowers; /* 1: there is a shift to the right, and ties of negative numbers go down */
    int32x4_t low, high; /* before the zero point is added */
    int32_t zero_point;
};

__attribute__((always_inline)) static inline struct kl_mve_scale
kl_mve_scale(int32_t multiplier, int32_t shift, int32_t zero_point, int32_t min, int32_t max)
{
    return (struct kl_mve_scale){
        multiplier, kl_max_s32(shift, 0),          kl_min_s32(shift, 0),
        shift < 0,  vdupq_n_s32(min - zero_point), vdupq_n_s32(max - zero_point),
        zero_point};
}

/* Results of numbers that are shifted to the left already. */
__attribute__((always_inline)) static inline int32x4_t
kl_mve_scaled_4(const struct kl_mve_scale *scale, int32x4_t shifted)
{
    int32x4_t x = vqrdmulhq_n_s32(shifted, scale->multiplier);
    x = vmlaq_n_s32(x, vshrq_n_s32(x, 31), scale->lowers);
    x = vrshlq_n_s32(x, scale->right);
    x = vminq_s32(vmaxq_s32(x, scale->low), scale->high);
    return vaddq_n_s32(x, scale->zero_point);
}

__attribute__((always_inline)) static inline int32x4_t
kl_mve_scale_4(const struct kl_mve_scale *scale, int32x4_t value)
{
    return kl_mve_scaled_4(scale, vshlq_r_s32(value, scale->left));
}

#endif
