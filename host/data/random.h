/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-random numbers from a seed: the same on every machine. */
#ifndef KINGLET_DATA_RANDOM_H
#define KINGLET_DATA_RANDOM_H

#include <stdint.h>

struct kl_random {
    uint64_t state; /* any seed */
};

/* 64 random bits: splitmix64 (G. L. Steele et al., Fast splittable pseudorandom number generators,
 * OOPSLA 2014). */
uint64_t kl_random_next(struct kl_random *random);

/* From 0 to below 1. */
double kl_random_unit(struct kl_random *random);

/* From low to below high. */
double kl_random_between(struct kl_random *random, double low, double high);

/* Standard normal: the Box-Muller transform. */
double kl_random_normal(struct kl_random *random);

#endif
