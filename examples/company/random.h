/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of the simulators: the same on every machine, begun by `state`. */
#ifndef COMPANY_RANDOM_H
#define COMPANY_RANDOM_H

#include <stdint.h>

static uint64_t state;

/* S. Vigna, splitmix64. */
static uint64_t next(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double between(double low, double high)
{
    return low + (high - low) * (double)(next() >> 11) * 0x1p-53;
}

/* Standard normal, as the sum of twelve. */
static double normal(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += between(0, 1);
    }
    return sum;
}

#endif
