/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/code.h"

enum { X0 = 0, RA = 1, SP = 2, T0 = 5, REGISTERS = 32 };

/* What is known of registers, in the order of the code: addresses of tables, and frames that are
 * too large for an immediate. */
struct constants {
    bool known[REGISTERS];
    uint32_t value[REGISTERS];
    uint32_t auipc_at;  /* the last AUIPC; calls are such a pair */
    uint32_t auipc_reg; /* X0: none yet */
};

static void set(struct constants *constants, uint32_t reg, uint32_t value)
{
    constants->known[reg] = reg != X0;
    constants->value[reg] = value;
}

/* `to` = `from` + immediate. */
static void add_immediate(struct code_scan *scan, struct constants *constants, uint32_t at,
                          uint32_t to, uint32_t from, int32_t immediate)
{
    if (to == SP && from == SP) {
        code_move_stack(scan, immediate);
        return;
    }
    if (to == SP) {
        code_note_flaw(scan, at, "sets the stack pointer from a register");
    }
    bool known = from == X0 || constants->known[from];
    uint32_t value = (from == X0 ? 0 : constants->value[from]) + (uint32_t)immediate;
    constants->known[to] = false;
    if (known) {
        set(constants, to, value);
        code_note_address(scan, value);
    }
}

/* `to` = `to` + `from`, with the stack pointer: a frame of more than 2 KiB. */
static void add_register(struct code_scan *scan, const struct constants *constants, uint32_t at,
                         uint32_t from)
{
    if (constants->known[from]) {
        code_move_stack(scan, (int32_t)constants->value[from]);
    } else {
        code_note_flaw(scan, at, "adds a register to the stack pointer");
    }
}

/* JAL: `link` takes the address to come back to. */
static void jump_and_link(struct code_scan *scan, uint32_t at, uint32_t link, uint32_t target)
{
    if (link == X0) {
        scan->runs_on = false;
        code_note_jump(scan, target);
    } else {
        code_note_call(scan, target);
    }
    if (link == T0) {
        code_note_flaw(scan, at, "lets a routine of the library take its frame (-msave-restore)");
    }
}

/* JALR. `is_pair`: the instruction before it set the register to `target`. */
static void jump_to(struct code_scan *scan, uint32_t at, uint32_t link, uint32_t reg, bool is_pair,
                    uint32_t target)
{
    if (is_pair) {
        jump_and_link(scan, at, link, target);
    } else if (link != X0) {
        scan->calls_pointer = true;
    } else {
        scan->runs_on = false;
        scan->jumps_to_register = scan->jumps_to_register || reg != RA;
    }
}

static void upper_immediate(struct constants *constants, uint32_t at, uint32_t word, bool is_auipc)
{
    uint32_t to = word >> 7 & 31;
    set(constants, to, (word & 0xfffff000) + (is_auipc ? at : 0));
    if (is_auipc) {
        constants->auipc_at = at;
        constants->auipc_reg = to;
    }
}

static int32_t jal_offset(uint32_t word)
{
    return code_signed((word >> 11 & 0x100000) | (word & 0xff000) | (word >> 9 & 0x800) |
                           (word >> 20 & 0x7fe),
                       21);
}

static int32_t branch_offset(uint32_t word)
{
    return code_signed((word >> 19 & 0x1000) | (word << 4 & 0x800) | (word >> 20 & 0x7e0) |
                           (word >> 7 & 0x1e),
                       13);
}

/* Does the instruction write an integer register? Stores, branches, fences and floats do not. */
static bool writes_integer(uint32_t opcode)
{
    static const unsigned char opcodes[] = {0x03, 0x13, 0x17, 0x2f, 0x33, 0x37, 0x67, 0x6f, 0x73};
    for (size_t i = 0; i < sizeof opcodes; i++) {
        if (opcode == opcodes[i]) {
            return true;
        }
    }
    return false;
}

static void scan32(struct code_scan *scan, uint32_t at, uint32_t word, struct constants *constants)
{
    uint32_t opcode = word & 0x7f;
    uint32_t to = word >> 7 & 31, from = word >> 15 & 31, second = word >> 20 & 31;
    int32_t immediate = (int32_t)word >> 20;
    switch (opcode) {
    case 0x6f: jump_and_link(scan, at, to, at + (uint32_t)jal_offset(word)); break;
    case 0x67:
        jump_to(scan, at, to, from,
                constants->auipc_reg == from && from != X0 && constants->auipc_at + 4 == at,
                constants->value[from] + (uint32_t)immediate);
        break;
    case 0x63: code_note_jump(scan, at + (uint32_t)branch_offset(word)); return;
    case 0x37:
    case 0x17: upper_immediate(constants, at, word, opcode == 0x17); break;
    case 0x13:
        if ((word >> 12 & 7) == 0) {
            add_immediate(scan, constants, at, to, from, immediate);
            return;
        }
        break;
    case 0x33:
        if (to == SP && (word & 0xfe007000) == 0 && (from == SP || second == SP)) {
            add_register(scan, constants, at, from == SP ? second : from);
            return;
        }
        break;
    default: break;
    }
    if (writes_integer(opcode) && to == SP) {
        code_note_flaw(scan, at, "computes the stack pointer");
    }
    if (writes_integer(opcode) && opcode != 0x37 && opcode != 0x17) {
        constants->known[to] = false;
    }
}

static int32_t c_jump_offset(uint32_t op)
{
    return code_signed((op >> 1 & 0x800) | (op << 2 & 0x400) | (op >> 1 & 0x300) |
                           (op << 1 & 0x80) | (op >> 1 & 0x40) | (op << 3 & 0x20) |
                           (op >> 7 & 0x10) | (op >> 2 & 0xe),
                       12);
}

static int32_t c_branch_offset(uint32_t op)
{
    return code_signed((op >> 4 & 0x100) | (op << 1 & 0xc0) | (op << 3 & 0x20) | (op >> 7 & 0x18) |
                           (op >> 2 & 6),
                       9);
}

static int32_t c_immediate(uint32_t op)
{
    return code_signed((op >> 7 & 0x20) | (op >> 2 & 0x1f), 6);
}

/* C.ADDI16SP: a multiple of 16. */
static int32_t c_stack_immediate(uint32_t op)
{
    return code_signed((op >> 3 & 0x200) | (op >> 2 & 0x10) | (op << 1 & 0x40) | (op << 4 & 0x180) |
                           (op << 3 & 0x20),
                       10);
}

/* Quadrant 1: immediates, jumps and branches. */
static void scan_quadrant1(struct code_scan *scan, uint32_t at, uint32_t op,
                           struct constants *constants)
{
    uint32_t to = op >> 7 & 31;
    switch (op >> 13) {
    case 0: add_immediate(scan, constants, at, to, to, c_immediate(op)); return;
    case 1: jump_and_link(scan, at, RA, at + (uint32_t)c_jump_offset(op)); return;
    case 2: add_immediate(scan, constants, at, to, X0, c_immediate(op)); return;
    case 3:
        if (to == SP) {
            code_move_stack(scan, c_stack_immediate(op));
        } else {
            set(constants, to, (uint32_t)c_immediate(op) << 12);
        }
        return;
    case 5: jump_and_link(scan, at, X0, at + (uint32_t)c_jump_offset(op)); return;
    case 6:
    case 7: code_note_jump(scan, at + (uint32_t)c_branch_offset(op)); return;
    default: constants->known[8 + (op >> 7 & 7)] = false;
    }
}

/* Quadrant 2: C.JR, C.JALR, C.MV, C.ADD, C.EBREAK. */
static void scan_registers(struct code_scan *scan, uint32_t at, uint32_t op,
                           struct constants *constants)
{
    uint32_t to = op >> 7 & 31, from = op >> 2 & 31;
    bool adds = op & 0x1000;
    if (from == X0 && to != X0) {
        bool is_pair = constants->auipc_reg == to && constants->auipc_at + 4 == at;
        jump_to(scan, at, adds ? RA : X0, to, is_pair, constants->value[to]);
    } else if (from == X0) {
        scan->runs_on = false; /* C.EBREAK */
    } else if (to == SP && adds) {
        add_register(scan, constants, at, from);
    } else if (to == SP) {
        code_note_flaw(scan, at, "sets the stack pointer from a register");
    }
    constants->known[to] = false;
}

static void scan16(struct code_scan *scan, uint32_t at, uint32_t op, struct constants *constants)
{
    uint32_t to = op >> 7 & 31;
    if (op == 0) {
        scan->runs_on = false; /* the undefined instruction */
    } else if ((op & 3) == 1) {
        scan_quadrant1(scan, at, op, constants);
    } else if ((op & 3) == 0) {
        constants->known[8 + (op >> 2 & 7)] = false;
    } else if (op >> 13 == 4) {
        scan_registers(scan, at, op, constants);
    } else if (op >> 13 == 0 || op >> 13 == 2) { /* C.SLLI, C.LWSP */
        constants->known[to] = false;
        if (to == SP) {
            code_note_flaw(scan, at, "loads the stack pointer");
        }
    }
}

/* NOP, of 16 and 32 bits. Behind a jump they only fill up. */
static bool is_filling(uint32_t word, bool is_wide)
{
    return is_wide ? word == 0x13 : (word & 0xffff) == 1;
}

void code_scan_rv32(struct code_scan *scan)
{
    struct constants constants = {.auipc_reg = X0};
    uint32_t bytes = scan->end - scan->start;
    for (uint32_t i = 0; i + 2 <= bytes;) {
        uint32_t op = code_u16(scan->bytes + i);
        bool is_wide = (op & 3) == 3;
        uint32_t word = is_wide && i + 4 <= bytes ? code_u32(scan->bytes + i) : op;
        scan->runs_on = scan->runs_on || !is_filling(word, is_wide);
        if (is_wide) {
            scan32(scan, scan->start + i, word, &constants);
        } else {
            scan16(scan, scan->start + i, op, &constants);
        }
        i += is_wide ? 4 : 2;
    }
}
