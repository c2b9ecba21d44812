/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machine code of a function does with the stack. Private to stack/.
 *
 * The code is read from its first to its last instruction, not along its branches: all that it
 * takes from the stack is added up, and nothing that it gives back is taken off. That is exact for
 * compiled functions, which take their frame in one prologue, and at least the truth for all
 * others. An instruction that sets the stack pointer to what is not known here is a flaw, which
 * only the compiler's own figure can mend.
 */
#ifndef KINGLET_STACK_CODE_H
#define KINGLET_STACK_CODE_H

#include "base/buffer.h"
#include "emulate/elf.h"

struct code_scan {
    struct kl_bytes elf;
    const struct kl_elf_code *code;
    uint32_t start, end;        /* the function; end is behind it */
    const unsigned char *bytes; /* its code */

    uint64_t frame;     /* bytes that it takes from the stack */
    const char *flaw;   /* what it does to the stack pointer that is not understood, or NULL */
    uint32_t flaw_at;   /* its address */
    bool calls_pointer; /* calls a function whose address is in a register */
    bool
        jumps_to_register; /* leaves for an address in a register: a switch, or a call at its end */
    bool knows_own_addresses;  /* it takes the address of its code, or of a table of such */
    bool runs_on;              /* its last instruction goes on to the one behind it */
    struct kl_buffer *callees; /* addresses (uint32_t) of functions that it calls or jumps to */
};

/* Armv6-M to Armv8.1-M (DDI 0419, DDI 0403, DDI 0553), and RV32 with C (unprivileged ISA). */
void code_scan_thumb(struct code_scan *scan);
void code_scan_rv32(struct code_scan *scan);

static inline uint32_t code_u16(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static inline uint32_t code_u32(const unsigned char *at)
{
    return code_u16(at) | code_u16(at + 2) << 16;
}

/* The lowest `bits` bits of `value`, a two's complement. */
static inline int32_t code_signed(uint32_t value, unsigned bits)
{
    uint32_t sign = 1u << (bits - 1);
    uint32_t low = value & ((sign << 1) - 1);
    return (int32_t)((low ^ sign) - sign);
}

/* The word in the file at an address of the firmware; false where there is none. */
bool code_word_at(const struct code_scan *scan, uint32_t address, uint32_t *word);

static inline bool code_is_inside(const struct code_scan *scan, uint32_t address)
{
    return address >= scan->start && address < scan->end;
}

/* The function has this address in a register: is it one of its own, or that of a table of them?
 * Tables hold addresses, or distances from the table. */
void code_note_address(struct code_scan *scan, uint32_t address);

/* A call; into the function's own middle it is a part of the function. */
void code_note_call(struct code_scan *scan, uint32_t target);

/* A jump, which is a call where it leaves the function. */
void code_note_jump(struct code_scan *scan, uint32_t target);

void code_note_flaw(struct code_scan *scan, uint32_t at, const char *flaw);

/* The stack pointer changes by that many bytes: down when it is negative. */
static inline void code_move_stack(struct code_scan *scan, int32_t bytes)
{
    scan->frame += bytes < 0 ? (uint64_t) - (int64_t)bytes : 0;
}

#endif
