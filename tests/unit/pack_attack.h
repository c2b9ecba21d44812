/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on the validator: valid packs with edits, executed when they are still accepted. */
#ifndef KINGLET_TESTS_PACK_ATTACK_H
#define KINGLET_TESTS_PACK_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make the valid packs; small ones that together use every kernel, each a few times. Once, before
 * the rest. */
void pack_attack_begin(void);
void pack_attack_end(void);

/* Does a valid pack use this kernel (enum kl_kernel_id)? */
bool pack_attack_covers(int32_t kernel);

/* How many valid packs there are. */
int32_t pack_attack_count(void);

/*
 * One attack. The first two bytes choose the pack; each 5 bytes behind them are an edit: where (2),
 * how (1), value (2). From PACK_ATTACK_RAW on the two bytes say that the rest is a pack of its own.
 * What the validator accepts runs in memory of exactly its size, from an arena full of
 * pseudo-random bytes. Returns whether it was accepted.
 */
enum { PACK_ATTACK_RAW = 0xf000 };
bool pack_attack(const uint8_t *data, size_t size);

/* What came of many attacks. */
struct pack_attack_outcome {
    int32_t accepted, refused;
};

/* Attacks on pack `number`: each field of each step's record, one at a time, gets values that no
 * field expects and those beside its own. */
void pack_attack_fields(int32_t number, struct pack_attack_outcome *outcome);

#endif
