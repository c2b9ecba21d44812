/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED int8 with weights of 4 bits, unpacked block by block. Defined by
 * nn/ref/fully_connected_s8.h. */
#ifndef KINGLET_NN_ARMV7EM_FULLY_CONNECTED_S4_H
#define KINGLET_NN_ARMV7EM_FULLY_CONNECTED_S4_H

#include "nn/armv7em/fully_connected_s8.h"
#include "nn/armv7em/weights_s4.h"

/* As kl_fully_connected_s8_armv7em, with block_words words more of scratch memory. With several
 * blocks no output may lie over an input. */
static inline void kl_fully_connected_s4_armv7em(const struct kl_fully_connected_pairs_s4 *p,
                                                 const struct kl_rows *in,
                                                 const struct kl_rows *out, void *scratch)
{
    int32_t *stream = scratch;
    const int32_t *from = p->pairs.stream;
    for (int32_t channel = 0; channel < p->out_c; channel += p->block) {
        from = kl_unpack_pairs_s4(stream, from, p->pairs.inputs, 4);
        for (int32_t row = out->first; row < out->first + out->count; row++) {
            kl_vector_row(&p->pairs, stream, kl_row_s8(in, row), p->in_c,
                          kl_row_s8(out, row) + channel, stream + p->block_words);
        }
    }
    kl_limit_rows_s8(out, p->out_c, p->pairs.min, p->pairs.max);
}

#endif
