/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <math.h>

/* 0 <= result < 1. */
static double next_unit(struct kl_random *random)
{
    return (double)(kl_random_next(random) >> 11) * 0x1p-53;
}

double kl_random_between(struct kl_random *random, double low, double high)
{
    return low + (high - low) * next_unit(random);
}

double kl_random_normal(struct kl_random *random)
{
    const double pi = 3.14159265358979323846;
    double radius = sqrt(-2 * log(1 - next_unit(random)));
    return radius * cos(2 * pi * next_unit(random));
}
