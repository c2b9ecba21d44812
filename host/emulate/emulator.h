/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board in QEMU: start a firmware, talk to its first UART, count what it executes.
 */
#ifndef KINGLET_EMULATE_EMULATOR_H
#define KINGLET_EMULATE_EMULATOR_H

#include <stdint.h>

#include "base/arena.h"
#include "link/channel.h"
#include "target/board.h"

/*
 * What executes from `address` on belongs to region `name` until another region's address
 * executes, wherever calls lead. Addresses must differ. What executes before any region's address
 * is not reported; a taken branch belongs to the region that it leaves.
 */
struct kl_count_region {
    uint32_t address;
    const char *name;
};

struct kl_emulator_options {
    const struct kl_board *board;
    const char *elf_path;
    const char *preload_path; /* raw file placed at the start of the mailbox, or NULL */
    const struct kl_count_region *regions; /* NULL: run at plain speed, without counting */
    size_t region_count;
    int timeout_ms; /* of each read and write on the channel */
};

/* Counts of one region, exact for instructions; cycles are modelled from documented timings. */
struct kl_region_count {
    uint64_t entries; /* how often its address was executed */
    uint64_t instructions;
    uint64_t taken_branches;
    uint64_t cycles;          /* modelled by the core's timing table, zero wait states */
    uint64_t baseline_cycles; /* Cortex-M only: the plain rule used for published comparisons */
};

struct kl_emulator;

/*
 * Start the board's QEMU with the firmware, its first UART on the channel. The options need to
 * live no longer than the call. KL_ETOOL when QEMU or the counting plugin is not installed,
 * KL_EUNSUPPORTED when the board is not emulated, KL_ELIMIT when the preloaded file exceeds the
 * mailbox. A QEMU that refuses the firmware ends: the channel is at its end, and
 * kl_emulator_stop says why.
 */
enum kl_err kl_emulator_start(const struct kl_emulator_options *options, struct kl_arena *arena,
                              struct kl_emulator **emulator, struct kl_diag *diag) KL_MUST_CHECK;

/* Valid until kl_emulator_stop. */
struct kl_channel *kl_emulator_channel(struct kl_emulator *emulator);

/* End the emulator (it always ends, by force if need be) and free its resources. When the run
 * counted and counts is not NULL, counts[i] is region i's. An emulator that crashed or whose
 * firmware faulted is an error that says so, with the last lines it printed. */
enum kl_err kl_emulator_stop(struct kl_emulator *emulator, struct kl_region_count *counts,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
