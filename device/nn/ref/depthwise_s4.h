/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D int8 with weights of 4 bits, which are unpacked all at once. The arithmetic is
 * that of nn/ref/depthwise_s8.h.
 */
#ifndef KINGLET_NN_REF_DEPTHWISE_S4_H
#define KINGLET_NN_REF_DEPTHWISE_S4_H

#include "nn/ref/depthwise_s8.h"
#include "nn/ref/weights_s4.h"

/* in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch, aligned to 4: all
 * weights, rounded up to a multiple of 8. */
static inline void kl_depthwise_s4(const struct kl_depthwise_s4 *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    const struct kl_depthwise_s8 whole = {p->win,  p->multiplier, p->in_zero_point,
                                          scratch, p->bias,       p->rq};
    kl_unpack_s4(scratch, p->weights, kl_words_s4(p->win.k_h * p->win.k_w * p->win.out_c));
    kl_depthwise_s8(&whole, in, out, NULL);
}

#endif
