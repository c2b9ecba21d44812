/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tests share: random numbers, scattered rows, and plain arithmetic. */
#ifndef KINGLET_TESTS_KERNEL_SUPPORT_H
#define KINGLET_TESTS_KERNEL_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

#include "kinglet/kernels.h"

/* A fixed sequence per test: the same cases in every run. */
void seed_random(uint32_t seed);
uint32_t random_u32(void);
int32_t random_between(int32_t low, int32_t high); /* both included */
bool random_chance(int32_t percent);
float random_float(float low, float high);

/* `count` random int8, among them runs of the extreme values. */
void random_s8(int8_t *to, size_t count);

/* Zeroed memory, valid until pool_release; never NULL. */
void *pool_alloc(size_t count, size_t size);

/* Free all memory of pool_alloc. */
void pool_release(void);

/*
 * `count` rows of `bytes` bytes each, scattered over memory in random order and with guard
 * bytes between them when `scattered`, else one after the other.
 */
struct kl_rows make_rows(int32_t count, size_t bytes, bool scattered);

/* Copy of the rows, one after the other. */
unsigned char *dense_rows(const struct kl_rows *rows, size_t bytes);

/* Fail when a guard byte of any scattered rows was changed. */
void check_guards(void);

/*
 * Run a kernel over all `rows` output rows at once and once more row by row into other
 * rows; both must agree and write nothing else. Returns the dense output.
 */
unsigned char *run_kernel(enum kl_kernel_id id, const void *params, const struct kl_rows *in,
                          int32_t rows, size_t row_bytes);

/* Round-half-up of a * b / 2^31, saturated, from the exact product. */
int32_t plain_srdhm(int32_t a, int32_t b);

/* value / 2^exponent on magnitudes, half away from zero. */
int32_t plain_rounding_shift(int32_t value, int32_t exponent);

/* value * multiplier * 2^(shift - 31) with both roundings; a left shift wraps. */
int32_t plain_requantize(int32_t value, int32_t multiplier, int32_t shift);

int32_t plain_clamp(int64_t value, int32_t min, int32_t max);

/* Tables for `channels` channels: mostly useful shifts, some extreme ones. `spread` is the
 * typical number of bits of an accumulator. */
struct kl_requant random_requant(int32_t channels, int32_t spread);

/* One accumulator through the tables. */
int8_t plain_requant(const struct kl_requant *rq, int32_t channel, int64_t acc);

#endif
