/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-random numbers for tests: the same on every machine (splitmix64). */
#ifndef KINGLET_TESTS_RANDOM_H
#define KINGLET_TESTS_RANDOM_H

#include <stdint.h>

struct kt_random {
    uint64_t state; /* any seed */
};

static inline uint64_t kt_random_next(struct kt_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* low <= result <= high. */
static inline int32_t kt_random_between(struct kt_random *random, int32_t low, int32_t high)
{
    uint64_t range = (uint64_t)((int64_t)high - low + 1);
    return (int32_t)(low + (int64_t)(kt_random_next(random) % range));
}

/* low <= result < high, a multiple of (high-low)/2^24. */
static inline float kt_random_float(struct kt_random *random, float low, float high)
{
    return low + (high - low) * ((float)(kt_random_next(random) >> 40) / 16777216.0f);
}

#endif
