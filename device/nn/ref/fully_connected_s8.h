/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED int8. Source: integer_ops/fully_connected.h of TensorFlow Lite Micro. */
#ifndef KINGLET_NN_REF_FULLY_CONNECTED_S8_H
#define KINGLET_NN_REF_FULLY_CONNECTED_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/dot_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* One vector: in_c inputs to out_c outputs. */
KL_NOINLINE __attribute__((unused)) static void
kl_fully_connected_row_s8(const struct kl_fully_connected_s8 *p, const int8_t *x, int8_t *y)
{
    const struct kl_lanes lanes = kl_lanes(p->out_c, p->in_c);
    for (int32_t block = 0; block < p->out_c; block += lanes.count) {
        const int32_t channel = kl_min_s32(block, p->out_c - lanes.count);
        int32_t acc[KL_DOT_LANES];
        kl_load_bias(acc, p->bias + channel, &lanes);
        kl_dot_s8(acc, x, p->weights + channel * p->in_c, lanes.stride, p->in_c);
        kl_requantize_channels(&p->rq, channel, lanes.count, acc, y + channel);
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
