/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the firmware of kernel_core_test.c share: random numbers, and checks of one
 * random case each, which return whether all results are equal. */
#ifndef KINGLET_TESTS_KERNEL_CORE_H
#define KINGLET_TESTS_KERNEL_CORE_H

#include <stdint.h>

uint32_t random_bits(void);

/* A number of low .. high. */
int32_t between(int32_t low, int32_t high);

/* All values, and the ends of the range more often. */
void fill(int8_t *bytes, int32_t count);

/* Small and large numbers, and the ends of the range. */
int32_t any_value(void);

/* A multiplier of a requantisation. */
int32_t any_multiplier(void);

/* Elements of one row: kernel_core_rows.c. */
int check_add_linear(void);
int check_mul(void);
int check_mean(void);
int check_max_pool(void);
int check_average_pool(void);

#endif
