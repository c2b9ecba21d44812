/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RV32IMAC with the timings of Ibex, an open two-stage core, in its configuration "small": fast
 * (three-cycle) multiplier, no branch target ALU, no writeback stage.
 *
 * Source: Ibex Reference Guide, "Pipeline Details", table of stall cycles, and ibex_configs.yaml.
 * An instruction costs one cycle and its stalls: none for integer and CSR instructions, one for
 * loads, stores and jumps, two for taken branches, two for MUL and three for MULH*, 37 for
 * divisions and remainders (one when dividing by zero, which is not modelled), one for FENCE.I.
 * Ibex has no atomic instructions: they are charged as a load and a store. Not modelled: the
 * extra fetch cycle when a jump leads to a 32-bit instruction that is not word-aligned.
 */
#include "emulate/plugin/timing.h"

enum {
    CYCLES_PLAIN = 1,
    CYCLES_MEMORY = 2,
    CYCLES_JUMP = 2,
    CYCLES_BRANCH_TAKEN = 2, /* on top of the branch's own cycle */
    CYCLES_MUL = 3,
    CYCLES_MULH = 4,
    CYCLES_DIVIDE = 38,
    CYCLES_ATOMIC = 4,
    CYCLES_FENCE_I = 2
};

/* Major opcodes of 32-bit instructions, bits 6 to 0 (RISC-V ISA manual, volume I). */
enum {
    OPCODE_LOAD = 0x03,
    OPCODE_MISC_MEM = 0x0f,
    OPCODE_STORE = 0x23,
    OPCODE_AMO = 0x2f,
    OPCODE_OP = 0x33,
    OPCODE_BRANCH = 0x63,
    OPCODE_JALR = 0x67,
    OPCODE_JAL = 0x6f
};

static unsigned length(const uint8_t *code)
{
    return (code[0] & 3u) == 3u ? 4 : 2;
}

static struct timing_cost plain(uint32_t cycles)
{
    return (struct timing_cost){.cycles = cycles};
}

static struct timing_cost branch(void)
{
    return (struct timing_cost){.cycles = CYCLES_PLAIN, .taken_cycles = CYCLES_BRANCH_TAKEN};
}

/* Integer register-register instructions; funct7 = 1 is the M extension. */
static struct timing_cost cost_op(uint32_t word)
{
    uint32_t function = word >> 12 & 7u;
    if (word >> 25 != 1u) {
        return plain(CYCLES_PLAIN);
    }
    if (function >= 4u) {
        return plain(CYCLES_DIVIDE);
    }
    return plain(function == 0 ? CYCLES_MUL : CYCLES_MULH);
}

static struct timing_cost cost_32(uint32_t word)
{
    switch (word & 0x7fu) {
    case OPCODE_LOAD:
    case OPCODE_STORE: return plain(CYCLES_MEMORY);
    case OPCODE_JAL:
    case OPCODE_JALR: return plain(CYCLES_JUMP);
    case OPCODE_BRANCH: return branch();
    case OPCODE_OP: return cost_op(word);
    case OPCODE_AMO: return plain(CYCLES_ATOMIC);
    case OPCODE_MISC_MEM: return plain((word >> 12 & 7u) == 1u ? CYCLES_FENCE_I : CYCLES_PLAIN);
    default: return plain(CYCLES_PLAIN);
    }
}

/* C.JR and C.JALR: no second register, but a first one; without both it is C.EBREAK. */
static bool is_compressed_jump_register(uint32_t half)
{
    return (half >> 2 & 31u) == 0 && (half >> 7 & 31u) != 0;
}

/* Compressed instructions, by quadrant (bits 1, 0) and function (bits 15 to 13). */
static struct timing_cost cost_16(uint32_t half)
{
    uint32_t function = half >> 13;
    switch (half & 3u) {
    case 0: /* C.LW, C.SW and their float forms; otherwise C.ADDI4SPN */
        return plain(function == 0 ? CYCLES_PLAIN : CYCLES_MEMORY);
    case 1:
        if (function == 1u || function == 5u) { /* C.JAL, C.J */
            return plain(CYCLES_JUMP);
        }
        return function >= 6u ? branch() : plain(CYCLES_PLAIN); /* C.BEQZ, C.BNEZ */
    default:
        if (function == 0) { /* C.SLLI */
            return plain(CYCLES_PLAIN);
        }
        if (function == 4u) {
            return plain(is_compressed_jump_register(half) ? CYCLES_JUMP : CYCLES_PLAIN);
        }
        return plain(CYCLES_MEMORY); /* C.LWSP, C.SWSP and their float forms */
    }
}

static struct timing_cost cost(const uint8_t *code, struct timing_state *state)
{
    (void)state; /* every instruction completes before the next one executes */
    uint32_t half = (uint32_t)code[0] | (uint32_t)code[1] << 8;
    if (length(code) == 2) {
        return cost_16(half);
    }
    return cost_32(half | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24);
}

const struct timing timing_rv32 = {
    .core = "rv32imac", .target = "riscv32", .length = length, .cost = cost};
