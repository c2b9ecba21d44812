/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_fixed.h"

#include <math.h>

#include "model.h"

static const int64_t one_q31 = 0x7fffffff; /* 1.0 in Q0.31, saturated */

/* floor(a / b), b > 0. */
static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

struct slow_scale slow_scale_of(double real)
{
    struct slow_scale scale = {0, 0};
    int exponent = 0;
    if (real == 0.0) {
        return scale;
    }
    scale.multiplier = llround(frexp(real, &exponent) * 2147483648.0);
    scale.shift = exponent;
    if (scale.multiplier == (int64_t)1 << 31) {
        scale.multiplier /= 2;
        scale.shift++;
    }
    return scale.shift < -31 ? (struct slow_scale){0, 0} : scale;
}

int64_t slow_high_mul(int64_t a, int64_t b, int32_t bits)
{
    int64_t unit = (int64_t)1 << (bits - 1);
    if (a < -unit || a >= unit || b < -unit || b >= unit) {
        kt_die("fixed-point operand outside %d bits", (int)bits);
    }
    int64_t product = floor_divide(a * b + unit / 2, unit);
    return product == unit ? unit - 1 : product;
}

int64_t slow_divide_pot(int64_t x, int32_t n)
{
    int64_t unit = (int64_t)1 << n;
    int64_t magnitude = x < 0 ? -x : x;
    int64_t quotient = (magnitude + unit / 2) / unit;
    return x < 0 ? -quotient : quotient;
}

int64_t slow_rescale(int64_t x, struct slow_scale scale)
{
    int32_t left = scale.shift > 0 ? scale.shift : 0;
    int32_t right = scale.shift < 0 ? -scale.shift : 0;
    int64_t shifted = x * ((int64_t)1 << left);
    return slow_divide_pot(slow_high_mul(shifted, scale.multiplier, 32), right);
}

int64_t slow_rescale_wide(int64_t x, struct slow_scale scale)
{
    int64_t multiplier = (scale.multiplier + 32768) / 65536;
    int64_t unit = (int64_t)1 << (15 - scale.shift);
    return floor_divide(x * (multiplier > 32767 ? 32767 : multiplier) + unit / 2, unit);
}

int64_t slow_clamp(int64_t x, int64_t low, int64_t high)
{
    if (x < low) {
        return low;
    }
    return x > high ? high : x;
}

/* x * 2^n saturated to 32 bits. */
static int64_t shift_left(int64_t x, int32_t n)
{
    return slow_clamp(x * ((int64_t)1 << n), INT32_MIN, INT32_MAX);
}

/*
 * exp on [-1/4, 0), Q0.31: a Taylor polynomial of degree 4 around -1/8, with the roundings
 * in the order of gemmlowp's fixedpoint.h, which is what the results are defined by.
 */
static int64_t exp_quarter(int64_t a)
{
    const int64_t exp_minus_eighth = 1895147668, third = 715827883;
    int64_t x = a + ((int64_t)1 << 28);
    int64_t x2 = slow_high_mul(x, x, 32);
    int64_t x3 = slow_high_mul(x2, x, 32);
    int64_t x4 = slow_high_mul(x2, x2, 32);
    int64_t cubic = slow_high_mul(slow_divide_pot(x4, 2) + x3, third, 32);
    int64_t tail = slow_divide_pot(cubic + x2, 1);
    return exp_minus_eighth + slow_high_mul(exp_minus_eighth, x + tail, 32);
}

int64_t slow_exp(int64_t x, int32_t integer_bits)
{
    /* exp(-2^k) in Q0.31 for k = -2 .. 4. */
    static const int64_t power[] = {1672461947, 1302514674, 790015084, 290630308,
                                    39332535,   720401,     242};
    int32_t fraction_bits = 31 - integer_bits;
    int64_t quarter = (int64_t)1 << (fraction_bits - 2);
    if (x == 0) {
        return one_q31;
    }
    /* x = part - rest, with part in [-1/4, 0) and rest a multiple of 1/4. */
    int64_t part = (x - quarter * floor_divide(x, quarter)) - quarter;
    int64_t rest = part - x;
    int64_t result = exp_quarter(shift_left(part, integer_bits));
    for (int32_t k = -2; k < integer_bits && k <= 4; k++) {
        if (rest & ((int64_t)1 << (fraction_bits + k))) {
            result = slow_high_mul(result, power[k + 2], 32);
        }
    }
    return result;
}

/* 2/(1+x) in Q2.29 by three Newton steps from 48/17 - 32/17 * (1+x)/2. */
static int64_t two_over_one_plus(int64_t x)
{
    int64_t half_denominator = (x + one_q31 + 1) / 2;
    int64_t y = 1515870810 + slow_high_mul(half_denominator, -1010580540, 32);
    for (int32_t step = 0; step < 3; step++) {
        int64_t error = ((int64_t)1 << 29) - slow_high_mul(half_denominator, y, 32);
        y += shift_left(slow_high_mul(y, error, 32), 2);
    }
    return y;
}

int64_t slow_one_over_one_plus(int64_t x)
{
    return shift_left(two_over_one_plus(x), 1);
}

int64_t slow_one_minus_over_one_plus(int64_t x)
{
    return shift_left(two_over_one_plus(x) - ((int64_t)1 << 29), 2);
}
