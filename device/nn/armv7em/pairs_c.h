/* SPDX-License-Identifier: Apache-2.0 */
/* What the instructions do, in C: the definition of the kernels on pairs of channels. */
#ifndef KINGLET_NN_ARMV7EM_PAIRS_C_H
#define KINGLET_NN_ARMV7EM_PAIRS_C_H

#include <stdint.h>

#include "nn/ref/requant_forms.h"

/* Third word behind the weights of a pair. */
#define KL_PAIR_LINEAR (1u << 13)
#define KL_PAIR_LAST (1u << 14)
#define KL_PAIR_SINGLE (1u << 15)

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

/* One sum to its result; addend: what the linear form adds besides rounding and zero point. */
static inline int8_t kl_pair_result(int32_t sum, int32_t multiplier, int32_t shift,
                                    int32_t rounding, int32_t addend, uint32_t form)
{
    if (form) {
        const uint32_t start = ((uint32_t)rounding << shift) + (uint32_t)addend;
        return (int8_t)kl_ssat8(kl_smmla(sum, multiplier, (int32_t)start) >> shift, 1);
    }
    return (int8_t)kl_requant_exact_late(sum, multiplier, rounding, shift);
}

/*
 * The sums of a pair to their results. a: S0, b: 256 * S1 + S0, requant: the three words behind
 * the weights, rounding: 2 * zero point + 1. Returns how many channels it has written.
 */
static inline int32_t kl_pair_results(uint32_t a, uint32_t b, const int32_t *requant,
                                      int32_t rounding, int8_t *out)
{
    const uint32_t last = (uint32_t)requant[2];
    const uint32_t form = last & KL_PAIR_LINEAR;
    const int32_t upper = (int32_t)(b - a) >> (form ? 0 : 8);
    out[0] = kl_pair_result((int32_t)a, requant[0], (int32_t)(last & 0xffu), rounding,
                            requant[2] >> 16, form);
    if (last & KL_PAIR_SINGLE) {
        return 1;
    }
    out[1] = kl_pair_result(upper, requant[1], (int32_t)(last >> 8 & 0x1fu), rounding, 0, form);
    return 2;
}

#endif
