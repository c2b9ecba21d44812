/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that normalise the vector of a row. */
#ifndef KINGLET_NN_NORMALISE_H
#define KINGLET_NN_NORMALISE_H

#include <stdint.h>

/* SOFTMAX int8 to int8 (scale 1/256, zero point -128) along a dense row of `width`. */
struct kl_softmax_s8 {
    int32_t width;
    int32_t multiplier; /* beta * in_scale * 2^(31-5), Q0.31 with left_shift */
    int32_t left_shift;
    int32_t diff_min; /* differences below this contribute 0 */
};

struct kl_softmax_f32 {
    int32_t width;
    float beta;
};

/* SOFTMAX int16 to int16 (scale 2^-15) along a dense row of `width`, by two tables. */
struct kl_softmax_s16 {
    int32_t width;
    int32_t multiplier, shift; /* a difference to 10 / 65535 */
    const int16_t *exp;        /* [513] exp(x) for x in -10 .. 0, Q0.15 */
    const int16_t *reciprocal; /* [513] 1 / (1 + x) for x in 0 .. 1, Q0.15 */
};

/* L2_NORMALIZATION int8 to int8 (scale 1/128, zero point 0) and float32, along a row. */
struct kl_l2_normalise {
    int32_t width;         /* of int8: at most 33,025, so that the sum of squares fits */
    int32_t in_zero_point; /* of float32: 0 */
};

/* LOG_SOFTMAX int8 to int8 (scale 1/16, zero point 127) along a row. */
struct kl_log_softmax_s8 {
    struct kl_softmax_s8 softmax;              /* diff_min above INT32_MIN */
    int32_t reverse_multiplier, reverse_shift; /* from Q5.26 to differences; shift <= 0 */
};

#endif
