/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thumb instructions as far as timing tables distinguish them.
 * Encodings: ARMv7-M Architecture Reference Manual (DDI 0403), chapters A5 to A7.
 */
#ifndef KINGLET_EMULATE_PLUGIN_THUMB_H
#define KINGLET_EMULATE_PLUGIN_THUMB_H

#include <stdbool.h>
#include <stdint.h>

enum thumb_kind {
    THUMB_PLAIN, /* what timing tables give the default cost */
    THUMB_LOAD,
    THUMB_STORE,          /* immediate offset */
    THUMB_STORE_REGISTER, /* register offset, and STREX */
    THUMB_DUAL,           /* LDRD, STRD */
    THUMB_MULTIPLE,       /* LDM, STM, PUSH, POP */
    THUMB_TABLE_BRANCH,
    THUMB_MLA,           /* MLA, MLS */
    THUMB_LONG_MULTIPLY, /* SMULL, UMULL */
    THUMB_LONG_MLA,      /* SMLAL, UMLAL, UMAAL and their DSP forms */
    THUMB_DIVIDE,
    THUMB_FLOAT_LOAD,
    THUMB_FLOAT_STORE,
    THUMB_FLOAT_MULTIPLE,
    THUMB_FLOAT_MOVE_SINGLES, /* two core registers and two single registers */
    THUMB_FLOAT_MOVE_DOUBLE,  /* two core registers and a double register */
    THUMB_FLOAT_ACCUMULATE,
    THUMB_FLOAT_DIVIDE /* VDIV, VSQRT */
};

struct thumb_op {
    enum thumb_kind kind;
    unsigned registers;     /* of a multiple transfer, as listed: double registers count once */
    unsigned words;         /* of a float transfer */
    uint32_t loaded;        /* core register that a single load writes */
    uint32_t address;       /* core registers that a load or store takes its address from */
    uint32_t float_used;    /* single registers read, without addends of multiply-accumulates */
    uint32_t float_written; /* single registers written by arithmetic and conversions */
};

/* Length in bytes, 2 or 4, from the first two bytes. Holds for vector instructions (MVE), too. */
unsigned thumb_length(const uint8_t *code);

/* The instruction at `code`, which has thumb_length(code) bytes. */
struct thumb_op thumb_decode(const uint8_t *code);

#endif
