/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cycle models of processor cores: what an instruction costs by its encoding, in straight-line
 * order, with memory that answers without wait states. Modelled figures, not measurements.
 */
#ifndef KINGLET_EMULATE_PLUGIN_TIMING_H
#define KINGLET_EMULATE_PLUGIN_TIMING_H

#include <stdbool.h>
#include <stdint.h>

/* What earlier instructions of the same block leave behind. All zero at the start of a block. */
struct timing_state {
    uint32_t load_result;      /* bit r: core register r was loaded by the instruction before */
    uint32_t float_result;     /* bit s: register Ss was computed by the instruction before */
    bool behind_load;          /* the instruction before was a single load that overlaps others */
    bool baseline_behind_load; /* the same, by the baseline rule */
};

struct timing_cost {
    uint32_t cycles;
    uint32_t taken_cycles; /* to add when the next instruction executed is not the following one */
    /* The same by the baseline rule; 0 where that rule does not exist. */
    uint32_t baseline_cycles;
    uint32_t baseline_taken_cycles;
};

struct timing {
    const char *core;   /* as in a board file */
    const char *target; /* QEMU's name of the architecture */
    /* Length in bytes, 2 or 4, from the first two bytes of an instruction. */
    unsigned (*length)(const uint8_t *code);
    /* Cost of the instruction at `code`, which has as many bytes as its length says; all 0 for a
     * core whose timings are not modelled. */
    struct timing_cost (*cost)(const uint8_t *code, struct timing_state *state);
};

/* The model of a core; NULL when there is none. */
const struct timing *timing_find(const char *core);

extern const struct timing timing_cortex_m0;
extern const struct timing timing_cortex_m0plus;
extern const struct timing timing_cortex_m3;
extern const struct timing timing_cortex_m33;
extern const struct timing timing_cortex_m4;
extern const struct timing timing_cortex_m55;
extern const struct timing timing_cortex_m7;
extern const struct timing timing_rv32;

#endif
