/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board in QEMU: start a firmware, talk to its first UART, count what it executes.
 */
#ifndef KINGLET_EMULATE_EMULATOR_H
#define KINGLET_EMULATE_EMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
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
    /* A file that keeps the board's flash from run to run, as large as the memory that has it
     * (kl_board_flash_memory); or NULL. Two runs at a time must not share one. */
    const char *flash_path;
    /* With flash_path: count the stores to the flash, and end right after this one, as when power
     * fails; 0: run at plain speed, without counting. */
    uint64_t cut_at;
    /* A unix socket to be made for the first UART, for whoever connects, one after another; the
     * channel then carries nothing, and is at its end when the emulator has ended. NULL: the UART
     * is on the channel. */
    const char *socket_path;
    /* With socket_path: a file to be written with all that the UART sends; or NULL. */
    const char *log_path;
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
 * mailbox or the flash file has another size; KL_EUSAGE for both regions and flash_path. A QEMU
 * that refuses the firmware ends: the channel is at its end, and kl_emulator_stop says why.
 */
enum kl_err kl_emulator_start(const struct kl_emulator_options *options, struct kl_arena *arena,
                              struct kl_emulator **emulator, struct kl_diag *diag) KL_MUST_CHECK;

enum { KL_CUT_NEVER = INT32_MAX }; /* for cut_at: only count */

/* How a run with cut_at ended; complete after kl_emulator_stop. */
struct kl_flash_run {
    uint64_t stores; /* to the flash, each of 1 to 4 bytes */
    bool was_cut;    /* at store `cut_at` */
};

struct kl_flash_run kl_emulator_flash_run(const struct kl_emulator *emulator);

/* Wait until the emulator ends by itself, keeping what it prints: up to timeout_ms between two
 * pieces of output. Then it is still to be stopped. */
enum kl_err kl_emulator_wait(struct kl_emulator *emulator, struct kl_buffer *output,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Valid until kl_emulator_stop. */
struct kl_channel *kl_emulator_channel(struct kl_emulator *emulator);

/* End the emulator (it always ends, by force if need be) and free its resources. When the run
 * counted and counts is not NULL, counts[i] is region i's. An emulator that crashed or whose
 * firmware faulted is an error that says so, with the last lines it printed. */
enum kl_err kl_emulator_stop(struct kl_emulator *emulator, struct kl_region_count *counts,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
