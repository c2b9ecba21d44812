/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weights of 4 bits, which kernels unpack to int8 a block at a time. A word holds eight of them,
 * each plus 8: weight i of the first four in bits 8i .. 8i+3, weight 4 + i in the four bits above.
 * So a mask finds four of them in the bytes of a word, and two operations make them signed.
 */
#ifndef KINGLET_NN_REF_WEIGHTS_S4_H
#define KINGLET_NN_REF_WEIGHTS_S4_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"

/* Words that hold `count` weights. */
static inline int32_t kl_words_s4(int32_t count)
{
    return (count + 7) / 8;
}

/* Bytes 0 .. 15 become -8 .. 7: 0x78 more gives 0x70 + (value + 8), without a carry; the top bit
 * is then the inverse of the sign. */
static inline uint32_t kl_signed_s4(uint32_t nibbles)
{
    return (nibbles + 0x78787878u) ^ 0x80808080u;
}

/* Eight int8 at `to`, aligned to 4, from each word: kl_words_s4(count) * 8 bytes. */
KL_NOINLINE __attribute__((unused)) static void kl_unpack_s4(int8_t *to, const int32_t *from,
                                                             int32_t words)
{
    for (const int32_t *end = from + words; from < end; to += 8) {
        const uint32_t packed = (uint32_t)*from++;
        const uint32_t four[2] = {kl_signed_s4(packed & 0x0f0f0f0fu),
                                  kl_signed_s4(packed >> 4 & 0x0f0f0f0fu)};
        memcpy(__builtin_assume_aligned(to, 4), four, sizeof four);
    }
}

#endif
