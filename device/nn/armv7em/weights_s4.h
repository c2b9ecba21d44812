/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of pairs of channels with weights of 4 bits (struct kl_conv2d_pairs_s4). */
#ifndef KINGLET_NN_ARMV7EM_WEIGHTS_S4_H
#define KINGLET_NN_ARMV7EM_WEIGHTS_S4_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/armv7em.h"
#include "nn/armv7em/pairs_c.h"

/* Two halves of 256 * (w1 + 8) + w0 + 8 become 256 * w1 + w0: 0x77f8 more is 0x8000 too much,
 * without a carry. */
static inline uint32_t kl_signed_halves_s4(uint32_t halves)
{
    return (halves + 0x77f877f8u) ^ 0x80008000u;
}

/*
 * The stream at `from`, up to its last pair, in blocks of `group` pairs with `inputs` inputs, as
 * struct kl_pairs_s8 has it. Returns where it ends.
 */
KL_NOINLINE __attribute__((unused)) static const int32_t *
kl_unpack_pairs_s4(int32_t *to, const int32_t *from, int32_t inputs, int32_t group)
{
    uint32_t last = 0;
    while (!last) {
        for (int32_t i = 0; i < 2 * group; i++) {
            *to++ = *from++;
        }
        for (const int32_t *end = from + inputs / 4 * group; from < end; to += 2) {
            const uint32_t packed = (uint32_t)*from++;
            to[0] = (int32_t)kl_signed_halves_s4(packed & 0x0f0f0f0fu);
            to[1] = (int32_t)kl_signed_halves_s4(packed >> 4 & 0x0f0f0f0fu);
        }
        for (int32_t pair = 0; pair < group; pair++, to += 3, from += 3) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
            last |= (uint32_t)from[2] & KL_PAIR_LAST;
        }
    }
    return from;
}

#endif
