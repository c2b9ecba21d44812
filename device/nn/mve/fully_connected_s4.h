/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED int8 with weights of 4 bits. Defined by nn/ref/fully_connected_s8.h. */
#ifndef KINGLET_NN_MVE_FULLY_CONNECTED_S4_H
#define KINGLET_NN_MVE_FULLY_CONNECTED_S4_H

#include "nn/mve/fully_connected_s8.h"

/* As kl_fully_connected_s8_mve. */
static inline void kl_fully_connected_s4_mve(const struct kl_fully_connected_mve_s8 *p,
                                             const struct kl_rows *in, const struct kl_rows *out,
                                             void *scratch)
{
    kl_mve_fully_connected(p, in, out, scratch, 2, kl_mve_dot4_s4);
}

#endif
