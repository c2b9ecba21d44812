/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pseudo-random numbers by counter: value `index` of a stream is a function of the two alone, so
 * that nothing depends on how often or in which order numbers were drawn before. The function is
 * the finaliser of SplitMix64 (G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number
 * generators, OOPSLA 2014).
 */
#ifndef KINGLET_LEARN_RANDOM_H
#define KINGLET_LEARN_RANDOM_H

#include <stdint.h>

static inline uint64_t kl_random_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A stream of its own for each use of a seed, e.g. the epoch's order. */
static inline uint64_t kl_random_stream(uint64_t seed, uint64_t use)
{
    return kl_random_mix(kl_random_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ use);
}

static inline uint64_t kl_random_at(uint64_t stream, uint64_t index)
{
    return kl_random_mix(stream + (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

/* 0 <= result < 1, a multiple of 2^-24: exact as a float. */
static inline float kl_random_unit(uint64_t stream, uint64_t index)
{
    return (float)(kl_random_at(stream, index) >> 40) / 16777216.0f;
}

/* 0 <= result < limit; the bias of at most limit / 2^32 does not matter here. */
static inline uint32_t kl_random_below(uint64_t stream, uint64_t index, uint32_t limit)
{
    return (uint32_t)(((kl_random_at(stream, index) >> 32) * limit) >> 32);
}

#endif
