/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cortex-M0 and Cortex-M0+, with the multiplier of one cycle that nearly all of their chips have;
 * with the small one of 32 cycles each MULS takes 31 more.
 *
 * Cycles: Cortex-M0 Technical Reference Manual r0p0 (DDI 0432), table of instructions, and
 * Cortex-M0+ Technical Reference Manual r0p1 (DDI 0484), the same:
 *                                      M0     M0+
 *   by default                          1      1
 *   loads and stores                    2      2   (M0+: 1 to its single-cycle I/O port, not here)
 *   LDM, STM, PUSH, POP                1+N    1+N
 *   POP with PC                        4+N    3+N
 *   a branch that is taken, BX, BLX     3      2
 *   BL                                  4      3
 *   MRS, MSR, DMB, DSB, ISB             4      3
 * What a taken branch costs more is charged where it happens: 2 and 1.
 */
#include "emulate/plugin/thumb.h"
#include "emulate/plugin/timing.h"

struct core {
    uint32_t taken;  /* more for a taken branch */
    uint32_t system; /* MRS, MSR and barriers */
};

/* POP with bit 8, which is the PC. */
static bool is_return(uint32_t half)
{
    return (half & 0xff00u) == 0xbd00u;
}

static uint32_t cycles_16(const struct thumb_op *op, uint32_t half)
{
    switch (op->kind) {
    case THUMB_LOAD:
    case THUMB_STORE:
    case THUMB_STORE_REGISTER: return 2;
    case THUMB_MULTIPLE: return op->registers + (is_return(half) ? 2 : 1);
    default: return 1;
    }
}

/* BL, and the few of the system. */
static uint32_t cycles_32(uint32_t second_half, const struct core *core)
{
    bool is_call = (second_half & 0xd000u) == 0xd000u;
    return is_call ? 2 : core->system;
}

static struct timing_cost cost(const uint8_t *code, const struct core *core)
{
    struct thumb_op op = thumb_decode(code);
    struct timing_cost result = {.taken_cycles = core->taken};
    if (thumb_length(code) == 4) {
        result.cycles = cycles_32((uint32_t)code[2] | (uint32_t)code[3] << 8, core);
    } else {
        result.cycles = cycles_16(&op, (uint32_t)code[0] | (uint32_t)code[1] << 8);
    }
    return result;
}

static struct timing_cost cost_m0(const uint8_t *code, struct timing_state *state)
{
    static const struct core core = {.taken = 2, .system = 4};
    (void)state; /* every instruction completes before the next one executes */
    return cost(code, &core);
}

static struct timing_cost cost_m0plus(const uint8_t *code, struct timing_state *state)
{
    static const struct core core = {.taken = 1, .system = 3};
    (void)state;
    return cost(code, &core);
}

const struct timing timing_cortex_m0 = {
    .core = "cortex-m0", .target = "arm", .length = thumb_length, .cost = cost_m0};

const struct timing timing_cortex_m0plus = {
    .core = "cortex-m0plus", .target = "arm", .length = thumb_length, .cost = cost_m0plus};
