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

/* Ask before each judgement, of edited packs or given ones, whether it is wanted; those that are
 * not count as refused. NULL: all are. */
typedef bool pack_attack_filter_fn(void *context);
void pack_attack_filter(pack_attack_filter_fn *wanted, void *context);

/* What came of many attacks. */
struct pack_attack_outcome {
    int32_t accepted, refused;
};

/* Attacks on pack `number`: the fields of its header and of each step's record, one at a time, get
 * values that no field expects and those beside its own; so do constants. `every`: one of so many
 * fields, others for the next pack. */
void pack_attack_fields(int32_t number, uint32_t every, struct pack_attack_outcome *outcome);

/* Is the pack a variant of the one before (pack_victims.h)? */
bool pack_attack_is_variant(int32_t number);

/* `count` attacks of 1 to 4 random edits each. */
void pack_attack_randomly(int32_t count, uint64_t seed, struct pack_attack_outcome *outcome);

#endif
