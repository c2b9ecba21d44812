/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that go along one axis. */
#ifndef KINGLET_NN_ALONG_AXIS_H
#define KINGLET_NN_ALONG_AXIS_H

#include <stdint.h>

/* CUMSUM along `count` of [outer][count][inner]. */
struct kl_cumsum {
    int32_t outer, count, inner;
    int32_t exclusive; /* without the element itself */
    int32_t reverse;   /* from the end */
    int32_t dtype;
};

/* TOPK_V2: places of the `taken` first elements of each line of `count`, in order. */
struct kl_topk {
    int32_t outer, count, inner, taken;
    int32_t sign; /* 1: largest first, -1: smallest first */
    int32_t dtype, out_dtype;
};

/* RESAMPLE: interpolation along one axis, by a table of weights for each output index. */
struct kl_resample_f32 {
    int32_t outer, count, out_count, inner;
    int32_t taps;
    const int32_t *first; /* [out_count] 0 .. count - taps */
    const float *weight;  /* [out_count][taps] */
};

#endif
