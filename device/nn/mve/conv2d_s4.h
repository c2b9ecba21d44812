/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D int8 with weights of 4 bits. Defined by nn/ref/conv2d_s8.h. */
#ifndef KINGLET_NN_MVE_CONV2D_S4_H
#define KINGLET_NN_MVE_CONV2D_S4_H

#include "nn/mve/conv2d_s8.h"

/* As kl_conv2d_s8_mve. */
static inline void kl_conv2d_s4_mve(const struct kl_conv2d_mve_s8 *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    kl_mve_convolve(p, in, out, scratch, kl_mve_tile_s4);
}

#endif
