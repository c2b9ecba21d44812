/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED int8, eight channels at a time. Defined by nn/ref/fully_connected_s8.h. */
#ifndef KINGLET_NN_ARMV7EM_FULLY_CONNECTED_S8_H
#define KINGLET_NN_ARMV7EM_FULLY_CONNECTED_S8_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "kinglet/nn/armv7em.h"
#include "nn/armv7em/vector.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/row.h"

/* All channels of the stream for the vector x of in_c inputs; line: pairs->inputs bytes when that
 * is more than in_c. */
static inline void kl_vector_row(const struct kl_pairs_s8 *pairs, const int32_t *stream,
                                 const int8_t *x, int32_t in_c, int8_t *y, void *line)
{
    if (in_c != pairs->inputs) {
        memcpy(line, x, (uint32_t)in_c);
        memset((int8_t *)line + in_c, 0, (uint32_t)(pairs->inputs - in_c));
        x = line;
    }
    const struct kl_vector vector = {x, x + pairs->inputs, 2 * pairs->out_zero_point + 1, y};
    kl_vector_pairs(stream, &vector);
}

/*
 * in: one vector of in_c per row, aligned to 4. out: one vector of out_c per row. scratch:
 * pairs.inputs bytes when in_c is no multiple of 4, else none.
 */
static inline void kl_fully_connected_s8_armv7em(const struct kl_fully_connected_pairs_s8 *p,
                                                 const struct kl_rows *in,
                                                 const struct kl_rows *out, void *scratch)
{
    const struct kl_pairs_s8 *pairs = &p->pairs;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        int8_t *y = kl_row_s8(out, row);
        kl_vector_row(pairs, pairs->stream, kl_row_s8(in, row), p->in_c, y, scratch);
        kl_limit_s8(y, p->out_c, pairs->min, pairs->max);
    }
}

#endif
