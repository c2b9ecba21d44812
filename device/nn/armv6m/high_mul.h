/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kl_high_mul and kl_high_mul_short from products of halves, for cores without a multiplication
 * that gives 64 bits. nn/ref/requantize.h has their definition.
 */
#ifndef KINGLET_NN_ARMV6M_HIGH_MUL_H
#define KINGLET_NN_ARMV6M_HIGH_MUL_H

#include <stdint.h>

/*
 * (a * b + 2^30) >> 31 for a and b that are not both INT32_MIN.
 *
 * With a = ah * 2^16 + al, al unsigned, and b likewise, a * b is ah*bh * 2^32 +
 * (ah*bl + al*bh) * 2^16 + al*bl. Each product of halves fits its type, also with the upper half of
 * another one added: 32767 * 65535 + 65535 < 2^31. Of the lower word only bits 31 and 30 count.
 */
static inline int32_t kl_high_mul_halves(int32_t a, int32_t b)
{
    const int32_t ah = a >> 16, bh = b >> 16;
    const uint32_t al = (uint32_t)a & 0xffffu, bl = (uint32_t)b & 0xffffu;
    const int32_t middle = ah * (int32_t)bl + (int32_t)(al * bl >> 16);
    const int32_t lower = (int32_t)al * bh + (middle & 0xffff);
    const uint32_t high = (uint32_t)(ah * bh) + (uint32_t)(middle >> 16) + (uint32_t)(lower >> 16);
    const uint32_t bits = (uint32_t)lower >> 14 & 3u;
    return (int32_t)(high * 2u + (bits >> 1) + (bits & 1u));
}

/*
 * kl_high_mul(value << left, b) for |value| < 2^15, left 15 .. 30 and b >= 0.
 *
 * (value * b * 2^left + 2^30) >> 31 is (value * b + 2^(30 - left)) >> (31 - left), and the part of
 * the product above 2^16 is not rounded by this shift.
 */
static inline int32_t kl_high_mul_short_halves(int32_t value, int32_t left, int32_t b)
{
    const int32_t right = 31 - left;
    const int32_t upper = value * (b >> 16);
    const int32_t lower = value * (int32_t)((uint32_t)b & 0xffffu);
    return upper * (1 << (16 - right)) + ((lower + (1 << right >> 1)) >> right);
}

#endif
