/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of reductions. */
#ifndef KINGLET_NN_REDUCE_H
#define KINGLET_NN_REDUCE_H

#include <stdint.h>

/*
 * Reductions: out[o] = f over r of in[o,r]. Output element index (o0,o1,o2), dense;
 * input offset in elements = sum o_d*out_step[d] + sum r_d*red_step[d]. One row.
 */
struct kl_reduce {
    int32_t out_dim[3], out_step[3];
    int32_t red_dim[3], red_step[3];
};

/* MEAN and SUM int8 and int16: clamp(requantise(sum - zero_point*n) + out_zero_point). The mean's
 * division by n is in the multiplier. */
struct kl_mean_s8 {
    struct kl_reduce rd;
    int32_t in_zero_point_sum; /* zero_point * n */
    int32_t multiplier, shift;
    int32_t out_zero_point;
};

struct kl_mean_f32 {
    struct kl_reduce rd;
};

enum kl_reduce_function { KL_REDUCE_SUM, KL_REDUCE_PROD, KL_REDUCE_MAX, KL_REDUCE_MIN };

/* SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN of plain numbers. */
struct kl_reduce_number {
    struct kl_reduce rd;
    int32_t function; /* enum kl_reduce_function */
    int32_t dtype;
};

/* ARG_MAX, ARG_MIN: index along the reduced axis. */
struct kl_arg_extreme {
    struct kl_reduce rd;
    int32_t dtype, out_dtype; /* out: KL_S32 or KL_S64 */
    int32_t sign;             /* 1: largest, -1: smallest */
    int32_t last;             /* of equal elements: 1 the last, 0 the first */
};

#endif
