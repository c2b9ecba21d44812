/* SPDX-License-Identifier: Apache-2.0 */
#include "data/random.h"

#include <math.h>

uint64_t kl_random_next(struct kl_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double kl_random_unit(struct kl_random *random)
{
    return (double)(kl_random_next(random) >> 11) * 0x1p-53;
}

double kl_random_between(struct kl_random *random, double low, double high)
{
    return low + (high - low) * kl_random_unit(random);
}

double kl_random_normal(struct kl_random *random)
{
    const double pi = 3.14159265358979323846;
    double radius = sqrt(-2 * log(1 - kl_random_unit(random)));
    return radius * cos(2 * pi * kl_random_unit(random));
}
