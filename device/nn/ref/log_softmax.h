/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOG_SOFTMAX int8 and float32. Source of the definition: reference/log_softmax.h of TensorFlow
 * Lite Micro, and log_x_for_x_greater_than_or_equal_to_1 in its kernels/internal/common.h.
 */
#ifndef KINGLET_NN_REF_LOG_SOFTMAX_H
#define KINGLET_NN_REF_LOG_SOFTMAX_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/fixed_point.h"
#include "nn/ref/math_f32.h"
#include "nn/ref/math_log_f32.h"
#include "nn/ref/row.h"
#include "nn/ref/softmax_f32.h"
#include "nn/ref/softmax_s8.h"

/* value * 2^exponent, exponent 0 .. 30. */
static inline int32_t kl_shifted_up(int32_t value, int32_t exponent)
{
    return exponent > 0 ? kl_saturating_shift_left(value, exponent) : value;
}

/*
 * log(r) - log(sqrt(sqrt(1/2))) for r in sqrt(1/2) .. 1 in Q0.31, as a rational function; Q6.25.
 */
static inline int32_t kl_log_near_one(int32_t r)
{
    const int32_t fourth_root_half = 1805811301; /* sqrt(sqrt(1/2)) */
    const int32_t alpha_n = 117049297;           /* 11/240 * sqrt(sqrt(2)) */
    const int32_t alpha_d = 127690142;           /* 1/20 * sqrt(sqrt(2)) */
    const int32_t alpha_i = 1057819769;          /* 2 / sqrt(sqrt(2)) - sqrt(sqrt(2)) */
    const int32_t alpha_f = 638450708;           /* 1/4 * sqrt(sqrt(2)) */
    const int64_t sum = (int64_t)r + fourth_root_half;
    const int32_t p = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    const int32_t q = 2 * (r - fourth_root_half);
    const int32_t square = kl_srdhm(q, q);
    const int32_t over = kl_srdhm(q, r) + kl_srdhm(kl_srdhm(q, square), alpha_n);
    const int32_t under =
        kl_srdhm(p, alpha_i + q + kl_srdhm(alpha_d, square)) + kl_srdhm(alpha_f, q);
    return kl_srdhm(kl_rounding_shift(over, 6), kl_one_over_one_plus(under));
}

/*
 * log(x) in Q5.26 for x >= 1 in Q12.19. x is 2^n * r in two ways, of which the one with the
 * smaller r is taken: with whole n, and with n that is half more.
 */
static inline int32_t kl_log_q12(int32_t x)
{
    const int32_t log_2 = 1488522236, sqrt_half = 1518500250;
    const int32_t quarter = 1 << 23; /* Q6.25 */
    const int32_t zeros = __builtin_clz((uint32_t)x);
    const int32_t r_whole =
        kl_saturating_shift_left(kl_srdhm(kl_shifted_up(x, zeros - 1), sqrt_half), 1);
    const int32_t n_whole = (12 - zeros) * (1 << 25) + quarter;
    const int32_t headroom = __builtin_clz((uint32_t)kl_srdhm(x, sqrt_half)) - 1;
    const int32_t r_half = kl_shifted_up(x, headroom);
    const int32_t n_half = (12 - headroom) * (1 << 25) - quarter;
    const int32_t log_r = kl_log_near_one(kl_min_s32(r_whole, r_half));
    const int32_t log_power = kl_srdhm(kl_max_s32(n_whole, n_half), log_2);
    return kl_saturating_shift_left(log_power + log_r, 1);
}

static inline void kl_log_softmax_row_s8(const struct kl_log_softmax_s8 *p, const int8_t *x,
                                         int8_t *y)
{
    const struct kl_softmax_s8 *softmax = &p->softmax;
    int32_t max;
    const int32_t log_sum = kl_log_q12((int32_t)kl_softmax_sum_s8(softmax, x, &max)); /* Q5.26 */
    /* The smallest difference that leaves room for log_sum in Q5.26. */
    const int32_t least =
        kl_max_s32(softmax->diff_min - 1, kl_requantize((int32_t)((uint32_t)log_sum + (1u << 31)),
                                                        p->reverse_multiplier, p->reverse_shift));
    for (int32_t i = 0; i < softmax->width; i++) {
        const int32_t diff = x[i] - max;
        int64_t value = -(int64_t)INT32_MAX;
        if (diff > least) {
            const int32_t scaled = kl_requantize(diff, softmax->multiplier, softmax->left_shift);
            value = (int64_t)kl_max_s32(-INT32_MAX, scaled) - log_sum;
        }
        const int32_t limited = value < -INT32_MAX ? -INT32_MAX : (int32_t)value;
        y[i] = kl_saturate_s8(kl_rounding_shift(limited, 22) + 127);
    }
}

/* Each row is one vector. In place allowed. No scratch. */
static inline void kl_log_softmax_s8(const struct kl_log_softmax_s8 *p, const struct kl_rows *in,
                                     const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_log_softmax_row_s8(p, kl_row_s8(in, row), kl_row_s8(out, row));
    }
}

static inline void kl_log_softmax_row_f32(const struct kl_softmax_f32 *p, const float *x, float *y)
{
    const float max = kl_softmax_largest_f32(p, x);
    float sum = 0.0f;
    for (int32_t i = 0; i < p->width; i++) {
        sum += kl_expf((x[i] - max) * p->beta);
    }
    const float log_sum = kl_logf(sum);
    for (int32_t i = 0; i < p->width; i++) {
        y[i] = (x[i] - max) * p->beta - log_sum;
    }
}

/* As kl_log_softmax_s8, of floats; `beta` is 1. */
static inline void kl_log_softmax_f32(const struct kl_softmax_f32 *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_log_softmax_row_f32(p, kl_row_f32(in, row), kl_row_f32(out, row));
    }
}

#endif
