/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that normalise vectors. See kinglet/nn.h for rows and layouts. */
#ifndef KINGLET_NN_NORMALISE_H
#define KINGLET_NN_NORMALISE_H

#include <stdint.h>

/* L2_NORMALIZATION int8 to int8 (scale 1/128, zero point 0) and float32, along a row. */
struct kl_l2_normalise {
    int32_t width;         /* of int8: at most 33,025, so that the sum of squares fits */
    int32_t in_zero_point; /* of float32: 0 */
};

/* LOG_SOFTMAX int8 to int8 (scale 1/16, zero point 127) along a row. */
struct kl_log_softmax_s8 {
    int32_t width;                             /* 1 .. 4095 */
    int32_t multiplier, left_shift;            /* as in kl_softmax_s8; left_shift 1 .. 30 */
    int32_t diff_min;                          /* differences below this contribute 0 */
    int32_t reverse_multiplier, reverse_shift; /* from Q5.26 to differences; shift <= 0 */
};

#endif
