/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/plugin/thumb.h"

enum { PC = 15, SP = 13 };

static uint32_t bit(uint32_t index)
{
    return (uint32_t)1 << (index & 31u);
}

static unsigned count_bits(uint32_t bits)
{
    return (unsigned)__builtin_popcount((unsigned)bits);
}

static struct thumb_op load(uint32_t target, uint32_t address)
{
    return (struct thumb_op){.kind = THUMB_LOAD, .loaded = bit(target), .address = address};
}

/* Loads and stores with a register offset: 0101 ooo mmm nnn ttt. */
static struct thumb_op decode_16_register_offset(uint32_t half)
{
    uint32_t address = bit(half >> 3 & 7u) | bit(half >> 6 & 7u);
    if ((half >> 9 & 7u) >= 3u) {
        return load(half & 7u, address);
    }
    return (struct thumb_op){.kind = THUMB_STORE_REGISTER, .address = address};
}

static struct thumb_op decode_16(uint32_t half)
{
    bool loads = half >> 11 & 1u;
    switch (half >> 12) {
    case 0x4: /* LDR literal; below it data processing and branches to registers */
        return loads ? load(half >> 8 & 7u, bit(PC)) : (struct thumb_op){.kind = THUMB_PLAIN};
    case 0x5: return decode_16_register_offset(half);
    case 0x6:
    case 0x7:
    case 0x8: /* word, byte, halfword with an immediate offset */
        return loads ? load(half & 7u, bit(half >> 3 & 7u))
                     : (struct thumb_op){.kind = THUMB_STORE};
    case 0x9: /* relative to the stack pointer */
        return loads ? load(half >> 8 & 7u, bit(SP)) : (struct thumb_op){.kind = THUMB_STORE};
    case 0xb:
        if ((half & 0x0600u) == 0x0400u) { /* PUSH, POP; bit 8 adds LR or PC */
            return (struct thumb_op){.kind = THUMB_MULTIPLE,
                                     .registers = count_bits(half & 0x1ffu)};
        }
        return (struct thumb_op){.kind = THUMB_PLAIN};
    case 0xc:
        return (struct thumb_op){.kind = THUMB_MULTIPLE, .registers = count_bits(half & 0xffu)};
    default: return (struct thumb_op){.kind = THUMB_PLAIN};
    }
}

/* 1110 1000/1001 ·1··: dual and exclusive accesses, table branches. */
static struct thumb_op decode_dual(uint32_t word)
{
    bool loads = word >> 20 & 1u;
    uint32_t base = bit(word >> 16 & 15u);
    uint32_t target = word >> 12 & 15u;
    if ((word & 0xffe00000u) == 0xe8400000u) { /* STREX, LDREX */
        return loads ? load(target, base)
                     : (struct thumb_op){.kind = THUMB_STORE_REGISTER, .address = base};
    }
    if ((word & 0xffe00000u) == 0xe8c00000u) {
        if (loads && (word & 0xe0u) == 0) {
            return (struct thumb_op){.kind = THUMB_TABLE_BRANCH};
        }
        return loads ? load(target, base)
                     : (struct thumb_op){.kind = THUMB_STORE_REGISTER, .address = base};
    }
    return (struct thumb_op){.kind = THUMB_DUAL};
}

/* 1111 100·: single loads and stores; bit 24 extends the sign, bits 22 and 21 give the size. */
static struct thumb_op decode_single(uint32_t word)
{
    uint32_t base = word >> 16 & 15u;
    uint32_t target = word >> 12 & 15u;
    bool register_offset = base != PC && !(word >> 23 & 1u) && (word & 0xfc0u) == 0;
    uint32_t address = bit(base) | (register_offset ? bit(word & 15u) : 0);
    if (!(word >> 20 & 1u)) {
        return (struct thumb_op){.kind = register_offset ? THUMB_STORE_REGISTER : THUMB_STORE,
                                 .address = address};
    }
    bool is_word = (word >> 21 & 3u) == 2u;
    if (target == PC && !is_word) { /* PLD, PLI */
        return (struct thumb_op){.kind = THUMB_PLAIN};
    }
    return load(target, address);
}

static struct thumb_op decode_multiply(uint32_t word)
{
    uint32_t operation = word >> 20 & 15u; /* bit 3: long multiplies and divisions */
    uint32_t variant = word >> 4 & 15u;
    bool accumulates = (word >> 12 & 15u) != 15u;
    bool divides = (operation == 9u || operation == 11u) && variant == 15u;
    if (operation == 0 && (variant == 1u || (variant == 0 && accumulates))) {
        return (struct thumb_op){.kind = THUMB_MLA};
    }
    if (operation >= 8u && !divides) {
        return (struct thumb_op){.kind = operation >= 12u ? THUMB_LONG_MLA : THUMB_LONG_MULTIPLY};
    }
    if (divides) {
        return (struct thumb_op){.kind = THUMB_DIVIDE};
    }
    return (struct thumb_op){.kind = THUMB_PLAIN};
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
static struct thumb_op decode_float_transfer(uint32_t word)
{
    bool is_double = word >> 8 & 1u;
    bool loads = word >> 20 & 1u;
    if ((word & 0xffe00000u) == 0xec400000u) {
        return (struct thumb_op){.kind = is_double ? THUMB_FLOAT_MOVE_DOUBLE
                                                   : THUMB_FLOAT_MOVE_SINGLES};
    }
    bool one = (word & 0x01200000u) == 0x01000000u; /* indexed, without writing back the base */
    unsigned listed = word & 0xffu;
    struct thumb_op op = {.words = one ? (is_double ? 2 : 1) : listed};
    op.registers = is_double ? op.words / 2 : op.words;
    op.kind = !one ? THUMB_FLOAT_MULTIPLE : loads ? THUMB_FLOAT_LOAD : THUMB_FLOAT_STORE;
    if (!loads) {
        op.float_used = float_list(word, op.words);
    }
    return op;
}

/* The one-operand instructions: VMOV, VABS, VNEG, VSQRT, VCMP, VCVT. */
static struct thumb_op decode_float_unary(uint32_t word)
{
    uint32_t operation = word >> 16 & 15u;
    uint32_t variant = word >> 6 & 3u;
    struct thumb_op op = {.kind = THUMB_PLAIN};
    if (!(variant & 1u)) { /* VMOV of an immediate */
        return op;
    }
    op.float_used = bit(single(word, 0, 5));
    if (operation == 4u || operation == 5u) { /* VCMP, with a register or zero */
        op.float_used = (operation == 4u ? op.float_used : 0) | bit(single(word, 12, 22));
        return op;
    }
    if (operation == 1u && variant == 3u) {
        op.kind = THUMB_FLOAT_DIVIDE;
    }
    if (operation >= 2u || op.kind == THUMB_FLOAT_DIVIDE) { /* not moves, VABS, VNEG */
        op.float_written = bit(single(word, 12, 22));
    }
    if ((operation & 10u) == 10u) { /* fixed point: converted in place */
        op.float_used = op.float_written;
    }
    return op;
}

/* 1110 1110, coprocessors 10 and 11: arithmetic, and moves between core and one float register. */
static struct thumb_op decode_float(uint32_t word)
{
    struct thumb_op op = {.kind = THUMB_PLAIN};
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
        op.kind = THUMB_FLOAT_DIVIDE;
    } else if (operation != 2u && operation != 3u) { /* VMUL, VNMUL; VADD, VSUB */
        op.kind = THUMB_FLOAT_ACCUMULATE;
    }
    return op;
}

static bool is_float(uint32_t word)
{
    return (word >> 9 & 7u) == 5u;
}

static struct thumb_op decode_32(uint32_t word)
{
    switch (word >> 25 & 0x7fu) {
    case 0x74: /* 1110 100 */
        if (word >> 22 & 1u) {
            return decode_dual(word);
        }
        return (struct thumb_op){.kind = THUMB_MULTIPLE, .registers = count_bits(word & 0xffffu)};
    case 0x76: /* 1110 110 */
        return is_float(word) ? decode_float_transfer(word)
                              : (struct thumb_op){.kind = THUMB_PLAIN};
    case 0x77: /* 1110 111 */
        return is_float(word) ? decode_float(word) : (struct thumb_op){.kind = THUMB_PLAIN};
    case 0x7c: /* 1111 100 */ return decode_single(word);
    case 0x7d: /* 1111 101: data processing, then multiplies */
        return word >> 24 & 1u ? decode_multiply(word) : (struct thumb_op){.kind = THUMB_PLAIN};
    default: return (struct thumb_op){.kind = THUMB_PLAIN};
    }
}

unsigned thumb_length(const uint8_t *code)
{
    return code[1] >> 3 >= 0x1du ? 4 : 2; /* 11101, 11110 and 11111 begin 32-bit instructions */
}

struct thumb_op thumb_decode(const uint8_t *code)
{
    uint32_t half = (uint32_t)code[0] | (uint32_t)code[1] << 8;
    return thumb_length(code) == 2
               ? decode_16(half)
               : decode_32(half << 16 | (uint32_t)code[2] | (uint32_t)code[3] << 8);
}
