/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/code.h"

enum { SP = 13, LR = 14, PC = 15, LOW_REGISTERS = 8 };

/* Constants in low registers: Armv6-M takes large frames with one. */
struct constants {
    bool known[LOW_REGISTERS];
    int32_t value[LOW_REGISTERS];
};

static void forget_all(struct constants *constants)
{
    *constants = (struct constants){{false}, {0}};
}

static uint32_t count_bits(uint32_t word)
{
    uint32_t count = 0;
    for (; word; word &= word - 1) {
        count++;
    }
    return count;
}

/* ThumbExpandImm of i:imm3:imm8 (DDI 0403, A5.3.2). */
static uint32_t expand_immediate(uint32_t imm12)
{
    uint32_t byte = imm12 & 0xff;
    switch (imm12 >> 8) {
    case 0: return byte;
    case 1: return byte << 16 | byte;
    case 2: return byte << 24 | byte << 8;
    case 3: return byte << 24 | byte << 16 | byte << 8 | byte;
    default: break;
    }
    uint32_t turn = imm12 >> 7;
    uint32_t value = 0x80 | (byte & 0x7f);
    return value >> turn | value << (32 - turn);
}

/* To an address in a register: back to the caller, or who knows where. */
static void jump_to_register(struct code_scan *scan, uint32_t reg)
{
    scan->runs_on = false;
    scan->jumps_to_register = scan->jumps_to_register || reg != LR;
}

/* ADD and MOV with high registers, BX, BLX: 0100 01oo DMMM MDDD. */
static void high_registers(struct code_scan *scan, uint32_t at, uint32_t op,
                           const struct constants *constants)
{
    uint32_t to = (op & 7) | (op >> 4 & 8);
    uint32_t from = op >> 3 & 15;
    uint32_t kind = op >> 8 & 3;
    if (kind == 3 && (op & 0x80)) {
        scan->calls_pointer = true;
    } else if (kind == 3 || (kind == 2 && to == PC)) {
        jump_to_register(scan, from);
    } else if (kind == 0 && to == PC) {
        scan->runs_on = false; /* a table of jumps behind it */
    } else if (kind == 0 && to == SP && from < LOW_REGISTERS && constants->known[from]) {
        code_move_stack(scan, constants->value[from]);
    } else if (kind != 1 && to == SP) {
        code_note_flaw(scan, at, "adds a register to the stack pointer, or sets it from one");
    }
}

/* What the register may hold that a 16-bit instruction writes: its number is in one of two places.
 */
static void forget_written(struct constants *constants, uint32_t op)
{
    if ((op & 0xfe00) == 0xb400) {
        return; /* PUSH */
    }
    constants->known[op & 7] = false;
    constants->known[op >> 8 & 7] = false;
}

static void load_literal(struct code_scan *scan, uint32_t at, uint32_t op,
                         struct constants *constants)
{
    uint32_t word;
    uint32_t to = op >> 8 & 7;
    constants->known[to] = code_word_at(scan, ((at + 4) & ~3u) + (op & 0xff) * 4, &word);
    if (constants->known[to]) {
        constants->value[to] = (int32_t)word;
        code_note_address(scan, word & ~1u);
    }
}

/* B, with a condition or without; undefined instructions. */
static void branch16(struct code_scan *scan, uint32_t at, uint32_t op)
{
    uint32_t condition = op >> 8 & 15;
    if ((op & 0xf800) == 0xe000) {
        scan->runs_on = false;
        code_note_jump(scan, at + 4 + (uint32_t)code_signed(op, 11) * 2);
    } else if (condition < 14) {
        code_note_jump(scan, at + 4 + (uint32_t)code_signed(op, 8) * 2);
    } else if (condition == 14) {
        scan->runs_on = false;
    }
}

static void scan16(struct code_scan *scan, uint32_t at, uint32_t op, struct constants *constants)
{
    if ((op & 0xf800) == 0x4800) {
        load_literal(scan, at, op, constants);
        return;
    }
    if ((op & 0xfc00) == 0x4400) {
        high_registers(scan, at, op, constants);
    } else if ((op & 0xfe00) == 0xb400) { /* PUSH */
        code_move_stack(scan, -4 * (int32_t)count_bits(op & 0x1ff));
    } else if ((op & 0xff80) == 0xb080) { /* SUB SP */
        code_move_stack(scan, -4 * (int32_t)(op & 0x7f));
    } else if ((op & 0xff00) == 0xbd00) { /* POP with PC */
        scan->runs_on = false;
    } else if ((op & 0xf000) == 0xd000 || (op & 0xf800) == 0xe000) {
        branch16(scan, at, op);
    } else if ((op & 0xf500) == 0xb100) { /* CBZ, CBNZ */
        code_note_jump(scan, at + 4 + ((op >> 3 & 31) | (op >> 4 & 32)) * 2);
    } else if ((op & 0xf800) == 0xa000) { /* ADR */
        code_note_address(scan, ((at + 4) & ~3u) + (op & 0xff) * 4);
    }
    forget_written(constants, op);
}

/* BL, B.W, conditional B.W, MSR, and the permanently undefined instruction. */
static void branch32(struct code_scan *scan, uint32_t at, uint32_t op, uint32_t second)
{
    uint32_t sign = op >> 10 & 1;
    uint32_t j1 = second >> 13 & 1, j2 = second >> 11 & 1;
    uint32_t far = sign << 24 | (1 ^ j1 ^ sign) << 23 | (1 ^ j2 ^ sign) << 22 | (op & 0x3ff) << 12 |
                   (second & 0x7ff) << 1;
    uint32_t near = sign << 20 | j2 << 19 | j1 << 18 | (op & 0x3f) << 12 | (second & 0x7ff) << 1;
    switch (second & 0xd000) {
    case 0xd000: code_note_call(scan, at + 4 + (uint32_t)code_signed(far, 25)); return;
    case 0x9000:
        scan->runs_on = false;
        code_note_jump(scan, at + 4 + (uint32_t)code_signed(far, 25));
        return;
    case 0x8000: break;
    default: return;
    }
    if ((op & 0x380) != 0x380) {
        code_note_jump(scan, at + 4 + (uint32_t)code_signed(near, 21));
    } else if ((op & 0xfff0) == 0xf7f0 && (second & 0xf000) == 0xa000) {
        scan->runs_on = false;
    } else if ((op & 0xffe0) == 0xf380 && ((second & 0xff) == 8 || (second & 0xff) == 9)) {
        code_note_flaw(scan, at, "sets the stack pointer as a special register");
    }
}

/* Data processing with an immediate: SUB, SUBW, ADD and ADDW of the stack pointer; ADR. */
static void immediate32(struct code_scan *scan, uint32_t at, uint32_t op, uint32_t second)
{
    uint32_t imm12 = (op & 0x400) << 1 | (second >> 4 & 0x700) | (second & 0xff);
    uint32_t to = second >> 8 & 15;
    if ((op & 0xfbff) == 0xf20f) {
        code_note_address(scan, ((at + 4) & ~3u) + imm12);
    } else if ((op & 0xfbff) == 0xf2af) {
        code_note_address(scan, ((at + 4) & ~3u) - imm12);
    }
    if (to != SP) {
        return;
    }
    if ((op & 0xfbef) == 0xf1ad) {
        code_move_stack(scan, -(int32_t)(expand_immediate(imm12) & INT32_MAX));
    } else if ((op & 0xfbff) == 0xf2ad) {
        code_move_stack(scan, -(int32_t)imm12);
    } else if ((op & 0xfbef) != 0xf10d && (op & 0xfbff) != 0xf20d) {
        code_note_flaw(scan, at, "computes the stack pointer");
    }
}

/* Loads and stores of one register. */
static void single32(struct code_scan *scan, uint32_t at, uint32_t op, uint32_t second)
{
    uint32_t base = op & 15;
    uint32_t reg = second >> 12;
    bool is_load = op & 0x10;
    bool writes_back = !(op & 0x80) && (second & 0x900) == 0x900;
    if (base == SP && writes_back && !(second & 0x200)) {
        code_move_stack(scan, -(int32_t)(second & 0xff));
    }
    if (!is_load || (op & 0x60) != 0x40) {
        return; /* no word is loaded */
    }
    if (reg == SP) {
        code_note_flaw(scan, at, "loads the stack pointer");
    } else if (reg == PC && base == PC) { /* a linker's bridge to what is far away */
        uint32_t target;
        uint32_t offset = second & 0xfff;
        uint32_t from = (at + 4) & ~3u;
        scan->runs_on = false;
        if (code_word_at(scan, op & 0x80 ? from + offset : from - offset, &target)) {
            code_note_jump(scan, target & ~1u);
        }
    } else if (reg == PC) {
        jump_to_register(scan, base == SP ? LR : reg);
    }
}

/* LDM, STM, LDRD, STRD, and the table branches. */
static void multiple32(struct code_scan *scan, uint32_t op, uint32_t second)
{
    uint32_t base = op & 15;
    bool writes_back = op & 0x20;
    if (!(op & 0x40)) {
        bool is_down = op & 0x100;
        if (base == SP && writes_back && is_down) {
            code_move_stack(scan, -4 * (int32_t)count_bits(second));
        }
        if ((op & 0x10) && (second & 0x8000)) {
            scan->runs_on = false;
        }
    } else if (base == SP && writes_back && !(op & 0x80)) {
        code_move_stack(scan, -4 * (int32_t)(second & 0xff));
    } else if ((op & 0xfff0) == 0xe8d0 && (second & 0xffe0) == 0xf000) {
        scan->runs_on = false; /* TBB, TBH */
    }
}

/* VPUSH; all other transfers that move the stack pointer down are none that compilers make. */
static void float32(struct code_scan *scan, uint32_t at, uint32_t op, uint32_t second)
{
    bool moves_down = (op & 15) == SP && (op & 0x20) && !(op & 0x80);
    if (!moves_down) {
        return;
    }
    if ((op & 0xffbf) == 0xed2d && (second & 0xe00) == 0xa00) {
        code_move_stack(scan, -4 * (int32_t)(second & 0xff));
    } else {
        code_note_flaw(scan, at, "stores vectors below the stack pointer");
    }
}

static void scan32(struct code_scan *scan, uint32_t at, uint32_t op, uint32_t second)
{
    if ((op & 0xf800) == 0xf000 && (second & 0x8000)) {
        branch32(scan, at, op, second);
    } else if ((op & 0xf800) == 0xf000) {
        immediate32(scan, at, op, second);
    } else if ((op & 0xfe00) == 0xf800) {
        single32(scan, at, op, second);
    } else if ((op & 0xfe00) == 0xe800) {
        multiple32(scan, op, second);
    } else if ((op & 0xfe00) == 0xec00) {
        float32(scan, at, op, second);
    } else if ((op & 0xfe00) == 0xea00 && (second >> 8 & 15) == SP) {
        code_note_flaw(scan, at, "computes the stack pointer from registers");
    }
}

/* NOP, of 16 and 32 bits, and the one of Armv6-M. Behind a jump they only fill up. */
static bool is_filling(uint32_t op, uint32_t second)
{
    return op == 0xbf00 || op == 0x46c0 || (op == 0xf3af && second == 0x8000);
}

/* Index of the first mark behind `address`. */
static size_t next_mark(const struct kl_elf_code *code, uint32_t address)
{
    size_t low = 0, high = code->mark_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code->marks[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void code_scan_thumb(struct code_scan *scan)
{
    const struct kl_elf_code *code = scan->code;
    struct constants constants;
    uint32_t bytes = scan->end - scan->start;
    size_t mark = next_mark(code, scan->start);
    bool is_data = mark > 0 && code->marks[mark - 1].is_data;
    forget_all(&constants);
    for (uint32_t i = 0; i + 2 <= bytes;) {
        uint32_t at = scan->start + i;
        for (; mark < code->mark_count && code->marks[mark].address <= at; mark++) {
            is_data = code->marks[mark].is_data;
        }
        if (is_data) {
            i += 2;
            continue;
        }
        uint32_t op = code_u16(scan->bytes + i);
        bool is_wide = op >= 0xe800;
        uint32_t second = is_wide && i + 4 <= bytes ? code_u16(scan->bytes + i + 2) : 0;
        scan->runs_on = scan->runs_on || !is_filling(op, second);
        if (is_wide) {
            scan32(scan, at, op, second);
            forget_all(&constants);
        } else {
            scan16(scan, at, op, &constants);
        }
        i += is_wide ? 4 : 2;
    }
}
