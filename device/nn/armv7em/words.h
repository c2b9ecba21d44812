/* SPDX-License-Identifier: Apache-2.0 */
/* Single DSP instructions on words of four int8 or two int16, in inline assembly and in C. */
#ifndef KINGLET_NN_ARMV7EM_WORDS_H
#define KINGLET_NN_ARMV7EM_WORDS_H

#include <stdint.h>
#include <string.h>

#include "nn/armv7em/pairs_c.h"
#include "nn/ref/requant_forms.h"

/* Four bytes from any address. */
static inline uint32_t kl_load_word(const int8_t *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline void kl_store_word(int8_t *to, uint32_t word)
{
    memcpy(to, &word, sizeof word);
}

/* Four times the same byte. */
static inline uint32_t kl_four_of(int32_t value)
{
    return (uint32_t)(uint8_t)value * 0x01010101u;
}

/* Twice the same halfword. */
static inline uint32_t kl_two_of(int32_t value)
{
    return (uint32_t)(uint16_t)value * 0x00010001u;
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* The larger bytes of a and b: SSUB8 compares, SEL takes. */
static inline uint32_t kl_max_four(uint32_t a, uint32_t b)
{
    uint32_t larger;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b));
    return larger;
}

/* The smaller bytes. */
static inline uint32_t kl_min_four(uint32_t a, uint32_t b)
{
    uint32_t smaller;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(smaller) : "r"(a), "r"(b));
    return smaller;
}

/* Bytes 0 and 2 of x added to two int16, which wrap: SXTAB16. */
static inline uint32_t kl_add_even(uint32_t sums, uint32_t x)
{
    __asm__("sxtab16 %0, %0, %1" : "+r"(sums) : "r"(x));
    return sums;
}

/* Bytes 1 and 3. */
static inline uint32_t kl_add_odd(uint32_t sums, uint32_t x)
{
    __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sums) : "r"(x));
    return sums;
}

/* kl_smmlar of requant_forms.h. */
static inline int32_t kl_round_high(int32_t a, int32_t b, int32_t addend)
{
    int32_t high;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(high) : "r"(a), "r"(b), "r"(addend));
    return high;
}

#else

static inline uint32_t kl_max_four(uint32_t a, uint32_t b)
{
    uint32_t larger = 0;
    for (int32_t bit = 0; bit < 32; bit += 8) {
        const uint32_t x = a >> bit & 0xffu, y = b >> bit & 0xffu;
        larger |= ((int8_t)x >= (int8_t)y ? x : y) << bit;
    }
    return larger;
}

static inline uint32_t kl_min_four(uint32_t a, uint32_t b)
{
    return a ^ b ^ kl_max_four(a, b);
}

/* The halves of a + b, which wrap. */
static inline uint32_t kl_add_halves(uint32_t a, uint32_t b)
{
    return ((a + b) & 0xffffu) | ((a & 0xffff0000u) + (b & 0xffff0000u));
}

static inline uint32_t kl_add_even(uint32_t sums, uint32_t x)
{
    return kl_add_halves(sums, kl_sxtb16(x));
}

static inline uint32_t kl_add_odd(uint32_t sums, uint32_t x)
{
    return kl_add_halves(sums, kl_sxtb16_odd(x));
}

static inline int32_t kl_round_high(int32_t a, int32_t b, int32_t addend)
{
    return kl_smmlar(a, b, addend);
}

#endif

#endif
