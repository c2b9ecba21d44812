/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D int8 with weights of 4 bits, unpacked block by block. Defined by nn/ref/conv2d_s8.h. */
#ifndef KINGLET_NN_ARMV7EM_CONV2D_S4_H
#define KINGLET_NN_ARMV7EM_CONV2D_S4_H

#include "nn/armv7em/conv2d_s8.h"
#include "nn/armv7em/weights_s4.h"

/*
 * As kl_conv2d_s8_armv7em, with block_words words more of scratch memory. With several blocks no
 * output may lie over an input.
 */
static inline void kl_conv2d_s4_armv7em(const struct kl_conv2d_pairs_s4 *p,
                                        const struct kl_rows *in, const struct kl_rows *out,
                                        void *scratch)
{
    int32_t *stream = scratch;
    const int32_t *from = p->pairs.stream;
    struct kl_conv2d_pairs_s8 part = {p->win, 1, p->in_zero_point, p->pairs};
    struct kl_rows rows = *out;
    part.pairs.stream = stream;
    for (int32_t channel = 0; channel < p->win.out_c; channel += p->block, rows.base += p->block) {
        from = kl_unpack_pairs_s4(stream, from, p->pairs.inputs, 1);
        kl_conv2d_tiles(&part, in, &rows, stream + p->block_words);
    }
    kl_conv2d_limit(&part, out);
}

#endif
