/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-point arithmetic of the slow reference, written from the definitions: every
 * rounding is stated as an exact rational rounded by one rule.
 */
#ifndef KINGLET_TESTS_SLOW_FIXED_H
#define KINGLET_TESTS_SLOW_FIXED_H

#include <stdint.h>

/* A positive real as multiplier * 2^(shift-31). */
struct slow_scale {
    int64_t multiplier; /* 0 or 2^30 .. 2^31-1 */
    int32_t shift;
};

/* The nearest such number; reals below about 2^-32 become 0. */
struct slow_scale slow_scale_of(double real);

/* a*b / 2^(bits-1) to the nearest integer, ties up, saturated to `bits` (16 or 32) signed bits. */
int64_t slow_high_mul(int64_t a, int64_t b, int32_t bits);

/* x / 2^n to the nearest integer, ties away from zero. */
int64_t slow_divide_pot(int64_t x, int32_t n);

/* x * scale in two roundings: the high multiplication, then the division. */
int64_t slow_rescale(int64_t x, struct slow_scale scale);

/* x * scale in one rounding, half up, with the multiplier rounded to 15 bits: 64-bit sums. */
int64_t slow_rescale_wide(int64_t x, struct slow_scale scale);

int64_t slow_clamp(int64_t x, int64_t low, int64_t high);

/* exp(x) for x <= 0 in Q(integer_bits).(31-integer_bits); the result is Q0.31. */
int64_t slow_exp(int64_t x, int32_t integer_bits);

/* 1/(1+x) and (1-x)/(1+x) for x in [0,1), all Q0.31. */
int64_t slow_one_over_one_plus(int64_t x);
int64_t slow_one_minus_over_one_plus(int64_t x);

#endif
