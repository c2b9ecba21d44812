/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions of the validator that plant_faults.py made it possible to leave out. */
#ifndef KINGLET_TESTS_PLANTED_H
#define KINGLET_TESTS_PLANTED_H

#include <stdbool.h>

/* The condition of place `number`, or true when that fault is planted. */
bool kl_planted(int number, bool holds);

/* Is a fault planted? An operand that a check then misses is not to be refused for another reason.
 */
bool kl_planted_any(void);

#endif
