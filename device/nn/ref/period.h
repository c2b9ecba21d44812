/* SPDX-License-Identifier: Apache-2.0 */
/* The period of CIRCULAR_BUFFER. Source of the definition: micro/kernels/circular_buffer.cc of
 * TensorFlow Lite Micro. */
#ifndef KINGLET_NN_REF_PERIOD_H
#define KINGLET_NN_REF_PERIOD_H

#include <stdint.h>

#include "kinglet/nn.h"

/* No input. out[0]: one row of one bool. out[1]: state, one row of one uint32, the runs of this
 * period so far; a reset makes it 0. No scratch. */
static inline void kl_period(const struct kl_period *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    uint32_t *runs = (uint32_t *)(void *)kl_row(out + 1, 0);
    const uint32_t now = *runs + 1;
    const int is_full = now >= (uint32_t)p->period;
    (void)in;
    (void)scratch;
    *kl_row(out, 0) = (unsigned char)is_full;
    *runs = is_full ? 0 : now;
}

#endif
