/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED int8, four channels at a time. Defined by nn/ref/fully_connected_s8.h. */
#ifndef KINGLET_NN_MVE_FULLY_CONNECTED_S8_H
#define KINGLET_NN_MVE_FULLY_CONNECTED_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mve.h"
#include "nn/mve/vector.h"
#include "nn/ref/row.h"

/* Four channels of a vector. */
typedef void kl_mve_dot4_fn(const int8_t *x, const int8_t *w, int32_t inputs, const int32_t *bias,
                            int32_t acc[4]);

/* All vectors, four channels in `bytes` bytes of weights for each input; what the arguments are is
 * said at kl_fully_connected_s8_mve. */
__attribute__((always_inline)) static inline void
kl_mve_fully_connected(const struct kl_fully_connected_mve_s8 *p, const struct kl_rows *in,
                       const struct kl_rows *out, void *scratch, int32_t bytes,
                       kl_mve_dot4_fn *dot4)
{
    const int32_t channels = (p->out_c + 3) / 4 * 4;
    int32_t *acc = scratch;
    int8_t *line = (int8_t *)(acc + channels);
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int8_t *x = kl_row_s8(in, row);
        const int8_t *w = p->weights;
        if (p->in_c != p->inputs) {
            kl_mve_fill(line, 0, p->inputs);
            kl_mve_copy(line, x, p->in_c);
            x = line;
        }
        for (int32_t c = 0; c < channels; c += 4, w += bytes * p->inputs) {
            dot4(x, w, p->inputs, p->channels.bias + c, acc + c);
        }
        kl_mve_requantize_row(&p->channels, acc, p->out_c, kl_row_s8(out, row));
    }
}

/*
 * in: one vector of in_c per row. out: one vector of out_c per row. scratch: 4 bytes for each of
 * the channels, rounded up to 4, and `inputs` bytes when in_c is less; aligned to 4.
 */
static inline void kl_fully_connected_s8_mve(const struct kl_fully_connected_mve_s8 *p,
                                             const struct kl_rows *in, const struct kl_rows *out,
                                             void *scratch)
{
    kl_mve_fully_connected(p, in, out, scratch, 4, kl_mve_dot4);
}

#endif
