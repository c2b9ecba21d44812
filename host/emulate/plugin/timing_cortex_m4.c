/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cortex-M4F. Encodings: ARMv7-M Architecture Reference Manual (DDI 0403), chapters A5 to A7.
 *
 * Cycles: Cortex-M4 Technical Reference Manual r0p1 (100166), table of processor instructions,
 * section on load/store timings and the table of FPU instructions:
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
 * The baseline rule is cruder and older; figures published for other engines on emulated boards
 * were made with it, so it must not change.
 */
#include "emulate/plugin/timing.h"

enum { PC = 15, SP = 13 };

enum kind {
    KIND_PLAIN,
    KIND_LOAD,
    KIND_STORE,          /* immediate offset */
    KIND_STORE_REGISTER, /* register offset, and STREX */
    KIND_DUAL,           /* LDRD, STRD */
    KIND_MULTIPLE,       /* LDM, STM, PUSH, POP */
    KIND_TABLE_BRANCH,
    KIND_MLA, /* MLA, MLS */
    KIND_DIVIDE,
    KIND_FLOAT_LOAD,
    KIND_FLOAT_STORE,
    KIND_FLOAT_MULTIPLE,
    KIND_FLOAT_MOVE_SINGLES, /* two core registers and two single registers */
    KIND_FLOAT_MOVE_DOUBLE,  /* two core registers and a double register */
    KIND_FLOAT_ACCUMULATE,
    KIND_FLOAT_DIVIDE /* VDIV, VSQRT */
};

struct op {
    enum kind kind;
    unsigned registers;     /* of a multiple transfer, as listed: double registers count once */
    unsigned words;         /* of a float transfer */
    uint32_t loaded;        /* core register that a single load writes */
    uint32_t address;       /* core registers that a load or store takes its address from */
    uint32_t float_used;    /* single registers read, without addends of multiply-accumulates */
    uint32_t float_written; /* single registers written by arithmetic and conversions */
};

static uint32_t bit(uint32_t index)
{
    return (uint32_t)1 << (index & 31u);
}

static unsigned count_bits(uint32_t bits)
{
    return (unsigned)__builtin_popcount((unsigned)bits);
}

static struct op load(uint32_t target, uint32_t address)
{
    return (struct op){.kind = KIND_LOAD, .loaded = bit(target), .address = address};
}

/* Loads and stores with a register offset: 0101 ooo mmm nnn ttt. */
static struct op decode_16_register_offset(uint32_t half)
{
    uint32_t address = bit(half >> 3 & 7u) | bit(half >> 6 & 7u);
    if ((half >> 9 & 7u) >= 3u) {
        return load(half & 7u, address);
    }
    return (struct op){.kind = KIND_STORE_REGISTER, .address = address};
}

static struct op decode_16(uint32_t half)
{
    bool loads = half >> 11 & 1u;
    switch (half >> 12) {
    case 0x4: /* LDR literal; below it data processing and branches to registers */
        return loads ? load(half >> 8 & 7u, bit(PC)) : (struct op){.kind = KIND_PLAIN};
    case 0x5: return decode_16_register_offset(half);
    case 0x6:
    case 0x7:
    case 0x8: /* word, byte, halfword with an immediate offset */
        return loads ? load(half & 7u, bit(half >> 3 & 7u)) : (struct op){.kind = KIND_STORE};
    case 0x9: /* relative to the stack pointer */
        return loads ? load(half >> 8 & 7u, bit(SP)) : (struct op){.kind = KIND_STORE};
    case 0xb:
        if ((half & 0x0600u) == 0x0400u) { /* PUSH, POP; bit 8 adds LR or PC */
            return (struct op){.kind = KIND_MULTIPLE, .registers = count_bits(half & 0x1ffu)};
        }
        return (struct op){.kind = KIND_PLAIN};
    case 0xc: return (struct op){.kind = KIND_MULTIPLE, .registers = count_bits(half & 0xffu)};
    default: return (struct op){.kind = KIND_PLAIN};
    }
}

/* 1110 1000/1001 ·1··: dual and exclusive accesses, table branches. */
static struct op decode_dual(uint32_t word)
{
    bool loads = word >> 20 & 1u;
    uint32_t base = bit(word >> 16 & 15u);
    uint32_t target = word >> 12 & 15u;
    if ((word & 0xffe00000u) == 0xe8400000u) { /* STREX, LDREX */
        return loads ? load(target, base)
                     : (struct op){.kind = KIND_STORE_REGISTER, .address = base};
    }
    if ((word & 0xffe00000u) == 0xe8c00000u) {
        if (loads && (word & 0xe0u) == 0) {
            return (struct op){.kind = KIND_TABLE_BRANCH};
        }
        return loads ? load(target, base)
                     : (struct op){.kind = KIND_STORE_REGISTER, .address = base};
    }
    return (struct op){.kind = KIND_DUAL};
}

/* 1111 100·: single loads and stores; bit 24 extends the sign, bits 22 and 21 give the size. */
static struct op decode_single(uint32_t word)
{
    uint32_t base = word >> 16 & 15u;
    uint32_t target = word >> 12 & 15u;
    bool register_offset = base != PC && !(word >> 23 & 1u) && (word & 0xfc0u) == 0;
    uint32_t address = bit(base) | (register_offset ? bit(word & 15u) : 0);
    if (!(word >> 20 & 1u)) {
        return (struct op){.kind = register_offset ? KIND_STORE_REGISTER : KIND_STORE,
                           .address = address};
    }
    bool is_word = (word >> 21 & 3u) == 2u;
    if (target == PC && !is_word) { /* PLD, PLI */
        return (struct op){.kind = KIND_PLAIN};
    }
    return load(target, address);
}

static struct op decode_multiply(uint32_t word)
{
    uint32_t operation = word >> 20 & 15u; /* bit 3: long multiplies and divisions */
    uint32_t variant = word >> 4 & 15u;
    bool accumulates = (word >> 12 & 15u) != 15u;
    if (operation == 0 && (variant == 1u || (variant == 0 && accumulates))) {
        return (struct op){.kind = KIND_MLA};
    }
    if ((operation == 9u || operation == 11u) && variant == 15u) {
        return (struct op){.kind = KIND_DIVIDE};
    }
    return (struct op){.kind = KIND_PLAIN};
}

/* Number of a single register: four bits and, lowest, a fifth one. */
static uint32_t single(uint32_t word, unsigned shift, unsigned low_bit)
{
    return (word >> shift & 15u) << 1 | (word >> low_bit & 1u);
}

/* The `words` single registers from Sd or Dd on. */
static uint32_t float_list(uint32_t word, unsigned words)
{
    bool is_double = word >> 8 & 1u;
    uint32_t first = is_double ? (word >> 12 & 15u) << 1 : single(word, 12, 22);
    uint64_t mask = words < 32u ? ((uint64_t)1 << words) - 1u : UINT32_MAX;
    return (uint32_t)(mask << first);
}

/* 1110 110·: VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP and moves of register pairs. */
static struct op decode_float_transfer(uint32_t word)
{
    bool is_double = word >> 8 & 1u;
    bool loads = word >> 20 & 1u;
    if ((word & 0xffe00000u) == 0xec400000u) {
        return (struct op){.kind = is_double ? KIND_FLOAT_MOVE_DOUBLE : KIND_FLOAT_MOVE_SINGLES};
    }
    bool one = (word & 0x01200000u) == 0x01000000u; /* indexed, without writing back the base */
    unsigned listed = word & 0xffu;
    struct op op = {.words = one ? (is_double ? 2 : 1) : listed};
    op.registers = is_double ? op.words / 2 : op.words;
    op.kind = !one ? KIND_FLOAT_MULTIPLE : loads ? KIND_FLOAT_LOAD : KIND_FLOAT_STORE;
    if (!loads) {
        op.float_used = float_list(word, op.words);
    }
    return op;
}

/* The one-operand instructions: VMOV, VABS, VNEG, VSQRT, VCMP, VCVT. */
static struct op decode_float_unary(uint32_t word)
{
    uint32_t operation = word >> 16 & 15u;
    uint32_t variant = word >> 6 & 3u;
    struct op op = {.kind = KIND_PLAIN};
    if (!(variant & 1u)) { /* VMOV of an immediate */
        return op;
    }
    op.float_used = bit(single(word, 0, 5));
    if (operation == 4u || operation == 5u) { /* VCMP, with a register or zero */
        op.float_used = (operation == 4u ? op.float_used : 0) | bit(single(word, 12, 22));
        return op;
    }
    if (operation == 1u && variant == 3u) {
        op.kind = KIND_FLOAT_DIVIDE;
    }
    if (operation >= 2u || op.kind == KIND_FLOAT_DIVIDE) { /* not moves, VABS, VNEG */
        op.float_written = bit(single(word, 12, 22));
    }
    if ((operation & 10u) == 10u) { /* fixed point: converted in place */
        op.float_used = op.float_written;
    }
    return op;
}

/* 1110 1110, coprocessors 10 and 11: arithmetic, and moves between core and one float register. */
static struct op decode_float(uint32_t word)
{
    struct op op = {.kind = KIND_PLAIN};
    uint32_t operation = word >> 20 & 0xbu; /* without the register bit */
    uint32_t n = bit(single(word, 16, 7));
    if (word >> 4 & 1u) {
        op.float_used = operation == 1u ? n : 0; /* to the core */
        return op;
    }
    if (operation == 11u) {
        return decode_float_unary(word);
    }
    op.float_used = n | bit(single(word, 0, 5));
    op.float_written = bit(single(word, 12, 22));
    if (operation == 8u) {
        op.kind = KIND_FLOAT_DIVIDE;
    } else if (operation != 2u && operation != 3u) { /* VMUL, VNMUL; VADD, VSUB */
        op.kind = KIND_FLOAT_ACCUMULATE;
    }
    return op;
}

static bool is_float(uint32_t word)
{
    return (word >> 9 & 7u) == 5u;
}

static struct op decode_32(uint32_t word)
{
    switch (word >> 25 & 0x7fu) {
    case 0x74: /* 1110 100 */
        if (word >> 22 & 1u) {
            return decode_dual(word);
        }
        return (struct op){.kind = KIND_MULTIPLE, .registers = count_bits(word & 0xffffu)};
    case 0x76: /* 1110 110 */
        return is_float(word) ? decode_float_transfer(word) : (struct op){.kind = KIND_PLAIN};
    case 0x77: /* 1110 111 */
        return is_float(word) ? decode_float(word) : (struct op){.kind = KIND_PLAIN};
    case 0x7c: /* 1111 100 */ return decode_single(word);
    case 0x7d: /* 1111 101: data processing, then multiplies */
        return word >> 24 & 1u ? decode_multiply(word) : (struct op){.kind = KIND_PLAIN};
    default: return (struct op){.kind = KIND_PLAIN};
    }
}

static uint32_t documented_cycles(const struct op *op, const struct timing_state *state)
{
    bool pipelined = state->behind_load && !(op->address & state->load_result);
    switch (op->kind) {
    case KIND_LOAD:
    case KIND_STORE_REGISTER: return pipelined ? 1 : 2;
    case KIND_DUAL: return 3;
    case KIND_MULTIPLE: return 1 + op->registers;
    case KIND_TABLE_BRANCH: return 2;
    case KIND_DIVIDE: return 7;
    case KIND_FLOAT_LOAD:
    case KIND_FLOAT_STORE:
    case KIND_FLOAT_MULTIPLE: return 1 + op->words;
    case KIND_FLOAT_MOVE_SINGLES:
    case KIND_FLOAT_MOVE_DOUBLE: return 2;
    case KIND_FLOAT_ACCUMULATE: return 3;
    case KIND_FLOAT_DIVIDE: return 14;
    case KIND_PLAIN:
    case KIND_STORE:
    case KIND_MLA: return 1;
    }
    return 1;
}

static uint32_t baseline_cycles(const struct op *op, const struct timing_state *state)
{
    switch (op->kind) {
    case KIND_LOAD:
    case KIND_FLOAT_LOAD: return state->baseline_behind_load ? 1 : 2;
    case KIND_DUAL: return 3;
    case KIND_MULTIPLE:
    case KIND_FLOAT_MULTIPLE: return 1 + op->registers;
    case KIND_MLA:
    case KIND_FLOAT_MOVE_SINGLES: return 2;
    case KIND_DIVIDE: return 7;
    case KIND_PLAIN:
    case KIND_STORE:
    case KIND_STORE_REGISTER:
    case KIND_TABLE_BRANCH:
    case KIND_FLOAT_STORE:
    case KIND_FLOAT_MOVE_DOUBLE:
    case KIND_FLOAT_ACCUMULATE:
    case KIND_FLOAT_DIVIDE: return 1;
    }
    return 1;
}

static unsigned length(const uint8_t *code)
{
    return code[1] >> 3 >= 0x1du ? 4 : 2; /* 11101, 11110 and 11111 begin 32-bit instructions */
}

static struct timing_cost cost(const uint8_t *code, struct timing_state *state)
{
    uint32_t half = (uint32_t)code[0] | (uint32_t)code[1] << 8;
    struct op op = length(code) == 2
                       ? decode_16(half)
                       : decode_32(half << 16 | (uint32_t)code[2] | (uint32_t)code[3] << 8);
    struct timing_cost result = {
        .cycles = documented_cycles(&op, state),
        .taken_cycles = 2,
        .baseline_cycles = baseline_cycles(&op, state),
        .baseline_taken_cycles = 2,
    };
    if (op.float_used & state->float_result) {
        result.cycles++;
    }
    state->load_result = op.loaded;
    state->float_result = op.float_written;
    state->behind_load = op.kind == KIND_LOAD;
    state->baseline_behind_load = op.kind == KIND_LOAD || op.kind == KIND_FLOAT_LOAD;
    return result;
}

const struct timing timing_cortex_m4 = {
    .core = "cortex-m4f", .target = "arm", .length = length, .cost = cost};
