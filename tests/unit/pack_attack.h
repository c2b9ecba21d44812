/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on the validator: valid packs with edits, executed when they are still accepted. */
#ifndef KINGLET_TESTS_PACK_ATTACK_H
#define KINGLET_TESTS_PACK_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make the valid packs; small ones that together use every kernel. Once, before the rest. */
void pack_attack_begin(void);
void pack_attack_end(void);

/* Does a valid pack use this kernel (enum kl_kernel_id)? */
bool pack_attack_covers(int32_t kernel);

/*
 * One attack. The first byte chooses the pack; each 5 bytes behind it are an edit: where (2),
 * how (1), value (2). From 250 on the first byte says that the rest is a pack of its own.
 * What the validator accepts runs in memory of exactly its size, from an arena full of
 * pseudo-random bytes. Returns whether it was accepted.
 */
bool pack_attack(const uint8_t *data, size_t size);

#endif
