/* SPDX-License-Identifier: Apache-2.0 */
/* What the instructions do, in C: the definition of the kernels on pairs of channels. */
#ifndef KINGLET_NN_ARMV7EM_PAIRS_C_H
#define KINGLET_NN_ARMV7EM_PAIRS_C_H

#include <stdint.h>

#include "nn/ref/requantize.h"

/* Third word behind the weights of a pair. */
#define KL_PAIR_LAST (1u << 30)
#define KL_PAIR_SINGLE (1u << 31)

static inline int32_t kl_low_half(uint32_t word)
{
    return (int16_t)(word & 0xffffu);
}

static inline int32_t kl_high_half(uint32_t word)
{
    return (int16_t)(word >> 16);
}

/* SMLAD: acc + both products of halves, modulo 2^32. */
static inline uint32_t kl_smlad(uint32_t x, uint32_t w, uint32_t acc)
{
    return acc + (uint32_t)(kl_low_half(x) * kl_low_half(w)) +
           (uint32_t)(kl_high_half(x) * kl_high_half(w));
}

/* SXTB16: bytes 0 and 2 as int16. */
static inline uint32_t kl_sxtb16(uint32_t word)
{
    const uint32_t low = (uint32_t)(int8_t)(word & 0xffu) & 0xffffu;
    const uint32_t high = (uint32_t)(int8_t)(word >> 16 & 0xffu);
    return low | high << 16;
}

/* Bytes 1 and 3 as int16: SXTB16 of the word rotated by 8. */
static inline uint32_t kl_sxtb16_odd(uint32_t word)
{
    return kl_sxtb16(word >> 8);
}

/*
 * The accumulators of a pair to their results. a: S0, b: 256 * S1 + S0, requant: the three words
 * behind the weights, rounding: 2 * zero point + 1. Returns how many channels it has written.
 *
 * SMMLAR with 2m - 2^32 and its own operand added is (s * m + 2^30) >> 31, the saturating
 * rounding doubling high multiply; with its sign added, shifting and rounding once more is the
 * rounding divide of the definition.
 */
static inline int32_t kl_pair_results(uint32_t a, uint32_t b, const int32_t *requant,
                                      int32_t rounding, int8_t *out)
{
    const int32_t sum[2] = {(int32_t)a, (int32_t)(b - a) >> 8};
    const uint32_t shifts = (uint32_t)requant[2];
    const int32_t count = shifts & KL_PAIR_SINGLE ? 1 : 2;
    for (int32_t i = 0; i < count; i++) {
        const int64_t product =
            (int64_t)sum[i] * requant[i] + ((int64_t)sum[i] * ((int64_t)1 << 32));
        const int32_t high = (int32_t)((product + ((int64_t)1 << 31)) >> 32);
        const int32_t signed_high = high + (high >> 31);
        const uint32_t shifted = (uint32_t)(signed_high >> (shifts >> (8 * i) & 0xffu));
        out[i] = kl_saturate_s8((int32_t)(shifted + (uint32_t)rounding) >> 1);
    }
    return count;
}

#endif
