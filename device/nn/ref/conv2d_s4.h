/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D and FULLY_CONNECTED int8 with weights of 4 bits: block by block of output channels the
 * weights are unpacked, then used for all pixels. The arithmetic is that of nn/ref/conv2d_s8.h.
 * Source: micro/kernels/conv.cc of TensorFlow Lite Micro, which unpacks all weights, too.
 */
#ifndef KINGLET_NN_REF_CONV2D_S4_H
#define KINGLET_NN_REF_CONV2D_S4_H

#include "nn/ref/conv2d_s8.h"
#include "nn/ref/weights_s4.h"

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch, aligned to 4: the
 * weights of a block, rounded up to a multiple of 8. With several blocks no output may lie over an
 * input.
 */
static inline void kl_conv2d_s4(const struct kl_conv2d_s4 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    const int32_t filter = p->win.k_h * p->win.k_w * p->win.in_c;
    const int32_t *from = p->weights;
    struct kl_conv2d_s8 part = {p->win, 1, p->in_zero_point, scratch, p->bias, p->rq};
    struct kl_rows rows = *out;
    for (int32_t channel = 0; channel < p->win.out_c; channel += p->block) {
        part.win.out_c = kl_min_s32(p->block, p->win.out_c - channel);
        const int32_t words = kl_words_s4(part.win.out_c * filter);
        kl_unpack_s4(scratch, from, words);
        kl_for_each_pixel(&p->win, &part, in, &rows, 1, kl_conv2d_pixel_s8);
        from += words;
        part.bias += p->block;
        part.rq.multiplier += p->block;
        part.rq.shift += p->block;
        rows.base += p->block;
    }
}

#endif
