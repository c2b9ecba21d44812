/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cortex-M4F and Cortex-M3.
 *
 * Cycles of the M4F: Cortex-M4 Technical Reference Manual r0p1 (100166), table of processor
 * instructions, section on load/store timings and the table of FPU instructions:
 *   - one cycle by default, also for MUL, MLA, MLS, the long multiplies and the DSP instructions;
 *   - a single load 2; 1 directly behind another single load whose result is not its address;
 *   - STR with an immediate offset 1 (write buffer); with a register offset 2, 1 behind a load;
 *   - LDRD, STRD 1+2; LDM, STM, PUSH, POP 1+N; TBB, TBH 2;
 *   - VLDR, VSTR 2 (double 3); VLDM, VSTM, VPUSH, VPOP 1+words; VMOV of a register pair 2;
 *   - VDIV, VSQRT 14; the multiply-accumulates 3; a float result used by the next instruction 1
 *     more, unless as an addend.
 * Ranges in the manual, and what is taken here: pipeline refill P 1 to 3 -> 2 for each taken
 * branch; SDIV, UDIV 2 to 12 -> 7; MRS, MSR, CPS 1 to 2 -> 1; IT 0 to 1 -> 1. An instruction
 * that its condition skips is charged in full. Not modelled: address interlocks, fetch contention
 * of literal loads, unaligned accesses, overlap of VDIV and VSQRT with integer code.
 *
 * The M3 differs in its multiplier (Cortex-M3 Technical Reference Manual r2p1, DDI 0337I, table of
 * processor instructions): MLA, MLS 2; SMULL, UMULL 3 to 5 by the operands -> 4; SMLAL, UMLAL 4 to
 * 7 -> 6. It has neither DSP instructions nor FPU.
 *
 * The baseline rule is cruder and older; figures published for other engines on emulated boards
 * were made with it, so it must not change.
 */
#include "emulate/plugin/thumb.h"
#include "emulate/plugin/timing.h"

/* Cycles of what the two cores' multipliers do differently. */
struct multiplier {
    uint32_t accumulate, long_multiply, long_accumulate;
};

static uint32_t documented_cycles(const struct thumb_op *op, const struct timing_state *state,
                                  const struct multiplier *multiplier)
{
    bool pipelined = state->behind_load && !(op->address & state->load_result);
    switch (op->kind) {
    case THUMB_LOAD:
    case THUMB_STORE_REGISTER: return pipelined ? 1 : 2;
    case THUMB_DUAL: return 3;
    case THUMB_MULTIPLE: return 1 + op->registers;
    case THUMB_TABLE_BRANCH: return 2;
    case THUMB_DIVIDE: return 7;
    case THUMB_FLOAT_LOAD:
    case THUMB_FLOAT_STORE:
    case THUMB_FLOAT_MULTIPLE: return 1 + op->words;
    case THUMB_FLOAT_MOVE_SINGLES:
    case THUMB_FLOAT_MOVE_DOUBLE: return 2;
    case THUMB_FLOAT_ACCUMULATE: return 3;
    case THUMB_FLOAT_DIVIDE: return 14;
    case THUMB_MLA: return multiplier->accumulate;
    case THUMB_LONG_MULTIPLY: return multiplier->long_multiply;
    case THUMB_LONG_MLA: return multiplier->long_accumulate;
    case THUMB_PLAIN:
    case THUMB_STORE: return 1;
    }
    return 1;
}

static uint32_t baseline_cycles(const struct thumb_op *op, const struct timing_state *state)
{
    switch (op->kind) {
    case THUMB_LOAD:
    case THUMB_FLOAT_LOAD: return state->baseline_behind_load ? 1 : 2;
    case THUMB_DUAL: return 3;
    case THUMB_MULTIPLE:
    case THUMB_FLOAT_MULTIPLE: return 1 + op->registers;
    case THUMB_MLA:
    case THUMB_FLOAT_MOVE_SINGLES: return 2;
    case THUMB_DIVIDE: return 7;
    case THUMB_PLAIN:
    case THUMB_STORE:
    case THUMB_STORE_REGISTER:
    case THUMB_TABLE_BRANCH:
    case THUMB_LONG_MULTIPLY:
    case THUMB_LONG_MLA:
    case THUMB_FLOAT_STORE:
    case THUMB_FLOAT_MOVE_DOUBLE:
    case THUMB_FLOAT_ACCUMULATE:
    case THUMB_FLOAT_DIVIDE: return 1;
    }
    return 1;
}

static struct timing_cost price(const struct thumb_op *op, struct timing_state *state,
                                const struct multiplier *multiplier)
{
    struct timing_cost result = {.cycles = documented_cycles(op, state, multiplier),
                                 .taken_cycles = 2};
    if (op->float_used & state->float_result) {
        result.cycles++;
    }
    state->load_result = op->loaded;
    state->float_result = op->float_written;
    state->behind_load = op->kind == THUMB_LOAD;
    return result;
}

static struct timing_cost cost_m4(const uint8_t *code, struct timing_state *state)
{
    static const struct multiplier multiplier = {1, 1, 1};
    struct thumb_op op = thumb_decode(code);
    struct timing_cost result = price(&op, state, &multiplier);
    result.baseline_cycles = baseline_cycles(&op, state);
    result.baseline_taken_cycles = 2;
    state->baseline_behind_load = op.kind == THUMB_LOAD || op.kind == THUMB_FLOAT_LOAD;
    return result;
}

static struct timing_cost cost_m3(const uint8_t *code, struct timing_state *state)
{
    static const struct multiplier multiplier = {2, 4, 6};
    struct thumb_op op = thumb_decode(code);
    return price(&op, state, &multiplier);
}

const struct timing timing_cortex_m4 = {
    .core = "cortex-m4f", .target = "arm", .length = thumb_length, .cost = cost_m4};

const struct timing timing_cortex_m3 = {
    .core = "cortex-m3", .target = "arm", .length = thumb_length, .cost = cost_m3};
