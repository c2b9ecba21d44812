/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED int8. Source: integer_ops/fully_connected.h of TensorFlow Lite Micro. */
#ifndef KINGLET_NN_REF_FULLY_CONNECTED_S8_H
#define KINGLET_NN_REF_FULLY_CONNECTED_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/dot_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* Output channels that are requantised together, their accumulators on the stack. */
#define KL_FULLY_CONNECTED_CHANNELS 32

/* Accumulators of the channels channel .. channel+count-1. */
static inline void kl_fully_connected_sums_s8(const struct kl_fully_connected_s8 *p,
                                              const int8_t *x, int32_t channel, int32_t count,
                                              int32_t *acc)
{
    const struct kl_lanes lanes = kl_lanes(count, p->in_c);
    for (int32_t block = 0; block < count; block += lanes.count) {
        const int32_t i = kl_min_s32(block, count - lanes.count);
        kl_load_bias(acc + i, p->bias + channel + i, &lanes);
        kl_dot_s8(acc + i, x, p->weights + (channel + i) * p->in_c, lanes.stride, p->in_c);
    }
}

/* One vector: in_c inputs to out_c outputs. */
KL_NOINLINE __attribute__((unused)) static void
kl_fully_connected_row_s8(const struct kl_fully_connected_s8 *p, const int8_t *x, int8_t *y)
{
    /* A single channel writes all lanes: room for those after the last. */
    int32_t acc[KL_FULLY_CONNECTED_CHANNELS + KL_DOT_LANES - 1];
    for (int32_t channel = 0; channel < p->out_c; channel += KL_FULLY_CONNECTED_CHANNELS) {
        const int32_t count = kl_min_s32(p->out_c - channel, KL_FULLY_CONNECTED_CHANNELS);
        kl_fully_connected_sums_s8(p, x, channel, count, acc);
        kl_requantize_channels(&p->rq, channel, count, acc, y + channel);
    }
}

/* in: one vector of in_c per row. out: one vector of out_c per row. No scratch. */
static inline void kl_fully_connected_s8(const struct kl_fully_connected_s8 *p,
                                         const struct kl_rows *in, const struct kl_rows *out,
                                         void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_fully_connected_row_s8(p, kl_row_s8(in, row), kl_row_s8(out, row));
    }
}

#endif
