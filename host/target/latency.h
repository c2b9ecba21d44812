/* SPDX-License-Identifier: Apache-2.0 */
/* How long an inference takes on a board: from counts on an emulated core and the board's facts. */
#ifndef KINGLET_TARGET_LATENCY_H
#define KINGLET_TARGET_LATENCY_H

#include "target/board.h"

/* One inference, counted in emulation with zero wait states. */
struct kl_core_count {
    uint64_t instructions, cycles, taken_branches;
    /* Bytes of constants that are loaded: one weight for each multiply-accumulate, as if none
     * stayed in a register. 0: none, or included elsewhere. */
    uint64_t constant_bytes;
    const char *core; /* whose timing table gave the cycles */
    bool is_own;      /* of the board's own core, which is unscaled (core.h) */
    /* Board's core: its instructions, each with the mean cycles of one on `core`. NULL: `core` ran
     * them. */
    const char *paced;
};

struct kl_latency {
    bool known;
    double seconds;   /* best estimate */
    double low, high; /* bounds from what is not known: caches, wait states */
    double cycles;
    const char *provenance; /* "measured", "modelled", "estimated" */
    const char *how;        /* one sentence: which figures and assumptions went into it */
};

/*
 * Model the latency of what was counted, on another board:
 *
 *     cycles  = counted cycles * r + stalls
 *     r       = CoreMark/MHz of the counted core / CoreMark/MHz of the board's core; 1 for the
 *               same core, and for a count of an unscaled core's own instructions. A benchmark's
 * ratio is no measurement of a network, so that a figure with r is "estimated". CoreMark: EEMBC,
 * https://www.eembc.org/coremark/ seconds = cycles / clock
 *
 * Stalls, for a flash with W wait states (as the reference manuals of
 * microcontrollers define them, e.g. RM0090 for the STM32F405: an access takes W cycles more) and A
 * bytes per access (4, a word, when unknown):
 *
 *     fetching = W * 3 * instructions / A   (Thumb-2 and RV32C instructions have 2 or 4 bytes: 3)
 *     jumping  = W * taken branches         (each begins a new access)
 *     loading  = W * constant bytes / A     (weights are read one behind the other)
 *
 * An instruction cache hides fetching, and jumping too when the loop of a kernel fits into it
 * (256 bytes), which one of unknown size is taken to do; a data cache hides loading. Best estimate:
 * what no known cache hides. Lower bound: none of them, upper bound: all. Unknown wait states are
 * counted as none, and `how` says so. Unknown clock or ratio: known = false, `how` says what is
 * missing. Strings live in the arena.
 */
enum kl_err kl_latency_model(const struct kl_board *board, const struct kl_core_count *count,
                             struct kl_arena *arena, struct kl_latency *latency,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
