/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CIRCULAR_BUFFER of any element type. Source of the definition: micro/kernels/circular_buffer.cc
 * of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_CIRCULAR_BUFFER_H
#define KINGLET_NN_REF_CIRCULAR_BUFFER_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"

/* in: one row, the newest slot. out: one row, all slots, with those of the last run in it. No
 * scratch. */
static inline void kl_circular_buffer(const struct kl_circular_buffer *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    const uint32_t bytes = (uint32_t)p->slot_bytes;
    unsigned char *slot = kl_row(out, out->first);
    (void)scratch;
    for (int32_t i = 0; i < p->slots - 1; i++, slot += bytes) {
        memcpy(slot, slot + bytes, bytes);
    }
    memcpy(slot, kl_row(in, out->first), bytes);
}

#endif
