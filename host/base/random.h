/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pseudo-random numbers from a seed, the same on every machine: SplitMix64 (G. Steele, D. Lea,
 * C. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014).
 *
 * By counter, value `index` of a stream is a function of the two alone, so that nothing depends on
 * how often or in which order numbers were drawn before. One after the other, a generator gives
 * values 0, 1, 2, ... of the stream that it began with.
 */
#ifndef KINGLET_BASE_RANDOM_H
#define KINGLET_BASE_RANDOM_H

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

/* A generator; begins with any seed. */
struct kl_random {
    uint64_t state;
};

static inline uint64_t kl_random_next(struct kl_random *random)
{
    return kl_random_mix(random->state += UINT64_C(0x9e3779b97f4a7c15));
}

/* low <= result < high. */
double kl_random_between(struct kl_random *random, double low, double high);

/* Standard normal: the Box-Muller transform. */
double kl_random_normal(struct kl_random *random);

#endif
