/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cycle models: every class of instruction, with the cycles of the manuals' tables, and
 * sequences whose instructions influence each other. Encodings by the GNU assemblers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "emulate/plugin/timing.h"

struct thumb_row {
    const char *text;
    uint32_t code; /* 32-bit instructions: first halfword in the upper half */
    uint32_t cycles;
    uint32_t baseline_cycles;
};

/* Alone, as the first instruction of a block. */
static const struct thumb_row thumb[] = {
    {"nop", 0xbf00, 1, 1},
    {"movs r0, #1", 0x2001, 1, 1},
    {"add.w r0, r1, r2, lsl #3", 0xeb0100c2, 1, 1},
    {"mul.w r0, r1, r2", 0xfb01f002, 1, 1},
    {"mla r0, r1, r2, r3", 0xfb013002, 1, 2},
    {"mls r0, r1, r2, r3", 0xfb013012, 1, 2},
    {"smull r0, r1, r2, r3", 0xfb820103, 1, 1},
    {"smlal r0, r1, r2, r3", 0xfbc20103, 1, 1},
    {"umaal r0, r1, r2, r3", 0xfbe20163, 1, 1},
    {"sdiv r0, r1, r2", 0xfb91f0f2, 7, 7},
    {"udiv r0, r1, r2", 0xfbb1f0f2, 7, 7},
    {"smlad r0, r1, r2, r3", 0xfb213002, 1, 1},
    {"smuad r0, r1, r2", 0xfb21f002, 1, 1},
    {"smmul r0, r1, r2", 0xfb51f002, 1, 1},
    {"ssat r0, #8, r1", 0xf3010007, 1, 1},
    {"uadd8 r0, r1, r2", 0xfa81f042, 1, 1},
    {"clz r0, r1", 0xfab1f081, 1, 1},
    {"ldr r0, [r1, #0]", 0x6808, 2, 2},
    {"ldr r0, [r1, r2]", 0x5888, 2, 2},
    {"ldrsb r0, [r1, r2]", 0x5688, 2, 2},
    {"ldrb r0, [r1, #3]", 0x78c8, 2, 2},
    {"ldrh r0, [r1, #2]", 0x8848, 2, 2},
    {"ldr r0, [sp, #4]", 0x9801, 2, 2},
    {"ldr r0, [pc, #8]", 0x4802, 2, 2},
    {"ldr.w r0, [r1, #4]", 0xf8d10004, 2, 2},
    {"ldr.w r0, [r1], #4", 0xf8510b04, 2, 2},
    {"ldr.w r0, [r1, r2, lsl #2]", 0xf8510022, 2, 2},
    {"ldrsh.w r0, [r1, #-2]", 0xf9310c02, 2, 2},
    {"ldrexb r0, [r1]", 0xe8d10f4f, 2, 2},
    {"ldrex r0, [r1]", 0xe8510f00, 2, 2},
    {"ldr.w pc, [r1]", 0xf8d1f000, 2, 2},
    {"pld [r1]", 0xf891f000, 1, 1},
    {"str r0, [r1, #0]", 0x6008, 1, 1},
    {"strb r0, [r1, r2]", 0x5488, 2, 1},
    {"str.w r0, [r1, #-4]!", 0xf8410d04, 1, 1},
    {"str.w r0, [r1, r2, lsl #2]", 0xf8410022, 2, 1},
    {"strex r0, r1, [r2]", 0xe8421000, 2, 1},
    {"ldrd r0, r1, [r2]", 0xe9d20100, 3, 3},
    {"strd r0, r1, [r2], #8", 0xe8e20102, 3, 3},
    {"push {r4, lr}", 0xb510, 3, 3},
    {"push {r4, r5, r6, r7, lr}", 0xb5f0, 6, 6},
    {"pop {r4, r5, r6, r7, pc}", 0xbdf0, 6, 6},
    {"ldmia r0!, {r1, r2, r3}", 0xc80e, 4, 4},
    {"stmia r0!, {r1}", 0xc002, 2, 2},
    {"stmdb sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}", 0xe92d4ff0, 10, 10},
    {"ldmdb r0, {r1, r2, r8}", 0xe9100106, 4, 4},
    {"tbb [r0, r1]", 0xe8d0f001, 2, 1},
    {"tbh [r0, r1, lsl #1]", 0xe8d0f011, 2, 1},
    {"b.n", 0xe7fe, 1, 1},
    {"beq.n", 0xd0fe, 1, 1},
    {"bl", 0xf7fffffe, 1, 1},
    {"bx lr", 0x4770, 1, 1},
    {"cbz", 0xb110, 1, 1},
    {"it eq", 0xbf08, 1, 1},
    {"moveq r0, r1", 0x4608, 1, 1},
    {"mrs r0, PRIMASK", 0xf3ef8010, 1, 1},
    {"dmb sy", 0xf3bf8f5f, 1, 1},
    {"bkpt 0x0000", 0xbe00, 1, 1},
    {"vldr s0, [r0]", 0xed900a00, 2, 2},
    {"vldr d0, [r0]", 0xed900b00, 3, 2},
    {"vstr s0, [r0]", 0xed800a00, 2, 1},
    {"vstr d0, [r0]", 0xed800b00, 3, 1},
    {"vldmia r0!, {s0-s3}", 0xecb00a04, 5, 5},
    {"vstmia r0, {d0-d2}", 0xec800b06, 7, 4},
    {"vpush {s16-s18}", 0xed2d8a03, 4, 4},
    {"vpop {d8-d9}", 0xecbd8b04, 5, 3},
    {"vmov r0, r1, s0, s1", 0xec510a10, 2, 2},
    {"vmov r0, r1, d0", 0xec510b10, 2, 1},
    {"vmov s0, r0", 0xee000a10, 1, 1},
    {"vmov r0, s0", 0xee100a10, 1, 1},
    {"vmov.f32 s0, s1", 0xeeb00a60, 1, 1},
    {"vmov.f32 s0, #112", 0xeeb70a00, 1, 1},
    {"vmrs APSR_nzcv, fpscr", 0xeef1fa10, 1, 1},
    {"vadd.f32 s0, s1, s2", 0xee300a81, 1, 1},
    {"vsub.f32 s0, s1, s2", 0xee300ac1, 1, 1},
    {"vmul.f32 s0, s1, s2", 0xee200a81, 1, 1},
    {"vnmul.f32 s0, s1, s2", 0xee200ac1, 1, 1},
    {"vmla.f32 s0, s1, s2", 0xee000a81, 3, 1},
    {"vmls.f32 s0, s1, s2", 0xee000ac1, 3, 1},
    {"vnmla.f32 s0, s1, s2", 0xee100ac1, 3, 1},
    {"vnmls.f32 s0, s1, s2", 0xee100a81, 3, 1},
    {"vfma.f32 s0, s1, s2", 0xeea00a81, 3, 1},
    {"vfms.f32 s0, s1, s2", 0xeea00ac1, 3, 1},
    {"vfnma.f32 s0, s1, s2", 0xee900ac1, 3, 1},
    {"vfnms.f32 s0, s1, s2", 0xee900a81, 3, 1},
    {"vdiv.f32 s0, s1, s2", 0xee800a81, 14, 1},
    {"vsqrt.f32 s0, s1", 0xeeb10ae0, 14, 1},
    {"vabs.f32 s0, s1", 0xeeb00ae0, 1, 1},
    {"vneg.f32 s0, s1", 0xeeb10a60, 1, 1},
    {"vcmp.f32 s0, s1", 0xeeb40a60, 1, 1},
    {"vcmp.f32 s0, #0.0", 0xeeb50a40, 1, 1},
    {"vcvt.s32.f32 s0, s1", 0xeebd0ae0, 1, 1},
    {"vcvt.f32.s32 s0, s1", 0xeeb80ae0, 1, 1},
    {"vcvt.f32.s32 s0, s0, #8", 0xeeba0acc, 1, 1},
};

struct riscv_row {
    const char *text;
    uint32_t code;
    uint32_t cycles;
    uint32_t taken_cycles;
};

static const struct riscv_row riscv[] = {
    {"addi", 0x00150513, 1, 0},  {"add", 0x00c58533, 1, 0},    {"lui", 0x00005537, 1, 0},
    {"lw", 0x0005a503, 2, 0},    {"sb", 0x00a58023, 2, 0},     {"jal", 0x000000ef, 2, 0},
    {"jalr", 0x000500e7, 2, 0},  {"beq", 0x00b50063, 1, 2},    {"mul", 0x02c58533, 3, 0},
    {"mulh", 0x02c59533, 4, 0},  {"mulhsu", 0x02c5a533, 4, 0}, {"mulhu", 0x02c5b533, 4, 0},
    {"div", 0x02c5c533, 38, 0},  {"remu", 0x02c5f533, 38, 0},  {"amoadd.w", 0x00b6252f, 4, 0},
    {"lr.w", 0x1005a52f, 4, 0},  {"fence", 0x0ff0000f, 1, 0},  {"fence.i", 0x0000100f, 2, 0},
    {"csrrw", 0x30001573, 1, 0}, {"ecall", 0x00000073, 1, 0},  {"c.addi4spn", 0x0028, 1, 0},
    {"c.lw", 0x4188, 2, 0},      {"c.sw", 0xc188, 2, 0},       {"c.addi", 0x0505, 1, 0},
    {"c.jal", 0x2001, 2, 0},     {"c.li", 0x4505, 1, 0},       {"c.lui", 0x6505, 1, 0},
    {"c.srli", 0x8105, 1, 0},    {"c.sub", 0x8d0d, 1, 0},      {"c.j", 0xa001, 2, 0},
    {"c.beqz", 0xc101, 1, 2},    {"c.bnez", 0xe101, 1, 2},     {"c.slli", 0x0506, 1, 0},
    {"c.lwsp", 0x4502, 2, 0},    {"c.jr", 0x8502, 2, 0},       {"c.mv", 0x852e, 1, 0},
    {"c.ebreak", 0x9002, 1, 0},  {"c.jalr", 0x9502, 2, 0},     {"c.add", 0x952e, 1, 0},
    {"c.swsp", 0xc02a, 2, 0},
};

static void put_half(uint8_t *at, uint32_t half)
{
    at[0] = (uint8_t)half;
    at[1] = (uint8_t)(half >> 8);
}

/* Cost of a Thumb instruction; its length must be the one that its encoding has here. */
static struct timing_cost thumb_cost(const struct timing *core, uint32_t code,
                                     struct timing_state *state)
{
    uint8_t bytes[4];
    unsigned length = code > 0xffff ? 4 : 2;
    put_half(bytes, length == 4 ? code >> 16 : code);
    put_half(bytes + 2, code);
    assert_int_equal(core->length(bytes), length);
    return core->cost(bytes, state);
}

/* As the first instruction of a block. */
static void check_alone(const struct timing *core, const struct thumb_row *row, uint32_t taken)
{
    struct timing_state fresh = {0};
    struct timing_cost cost = thumb_cost(core, row->code, &fresh);
    if (cost.cycles != row->cycles || cost.baseline_cycles != row->baseline_cycles ||
        cost.taken_cycles != taken) {
        fail_msg("%s on %s: %u cycles, %u when taken, %u baseline", row->text, core->core,
                 cost.cycles, cost.taken_cycles, cost.baseline_cycles);
    }
}

static void cortex_m4_instructions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof thumb / sizeof thumb[0]; i++) {
        struct timing_state fresh = {0};
        check_alone(&timing_cortex_m4, &thumb[i], 2);
        assert_int_equal(thumb_cost(&timing_cortex_m4, thumb[i].code, &fresh).baseline_taken_cycles,
                         2);
    }
}

static void check_sequence(const struct thumb_row *rows, size_t count)
{
    struct timing_state state = {0};
    for (size_t i = 0; i < count; i++) {
        struct timing_cost cost = thumb_cost(&timing_cortex_m4, rows[i].code, &state);
        if (cost.cycles != rows[i].cycles || cost.baseline_cycles != rows[i].baseline_cycles) {
            fail_msg("%zu: %s: %u cycles, %u baseline", i, rows[i].text, cost.cycles,
                     cost.baseline_cycles);
        }
    }
}

static void cortex_m4_pipelines_loads(void **state)
{
    static const struct thumb_row rows[] = {
        {"ldr r1, [r0]", 0x6801, 2, 2},
        {"ldr r3, [r2]", 0x6813, 1, 1},
        {"ldr r1, [r3]: its address was loaded just before", 0x6819, 2, 1},
        {"strb r3, [r0, r2]", 0x5483, 1, 1},
        {"strb r3, [r0, r2]: nothing overlaps a store", 0x5483, 2, 1},
        {"ldr r1, [r0]", 0x6801, 2, 2},
        {"vldr s0, [r0]", 0xed900a00, 2, 1},
        {"ldr r1, [r0]: only documented for core loads", 0x6801, 2, 1},
        {"nop", 0xbf00, 1, 1},
        {"ldr r1, [r0]", 0x6801, 2, 2},
    };
    (void)state;
    check_sequence(rows, sizeof rows / sizeof rows[0]);
}

static void cortex_m4_waits_for_float_results(void **state)
{
    static const struct thumb_row rows[] = {
        {"vadd.f32 s3, s0, s4", 0xee701a02, 1, 1},
        {"vmul.f32 s5, s3, s6", 0xee612a83, 2, 1},
        {"vmla.f32 s5, s1, s2: as an addend it is not needed at once", 0xee402a81, 3, 1},
        {"vstr s5, [r0]", 0xedc02a00, 3, 1},
        {"vstr s3, [r0]", 0xedc01a00, 2, 1},
        {"vadd.f32 s3, s0, s4", 0xee701a02, 1, 1},
        {"vstr s5, [r0]: of another register", 0xedc02a00, 2, 1},
        {"vadd.f32 s0, s1, s2", 0xee300a81, 1, 1},
        {"vmov r0, s0", 0xee100a10, 2, 1},
        {"vabs.f32 s0, s1", 0xeeb00ae0, 1, 1},
        {"vmov r0, s0: no arithmetic before", 0xee100a10, 1, 1},
        {"vsub.f32 s0, s1, s2", 0xee300ac1, 1, 1},
        {"vcvt.s32.f32 s0, s0", 0xeebd0ac0, 2, 1},
        {"vcvt.f32.s32 s0, s0, #8: in place", 0xeeba0acc, 2, 1},
        {"vcmp.f32 s0, #0.0", 0xeeb50a40, 2, 1},
    };
    (void)state;
    check_sequence(rows, sizeof rows / sizeof rows[0]);
}

static void rv32_instructions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof riscv / sizeof riscv[0]; i++) {
        struct timing_state fresh = {0};
        uint8_t bytes[4];
        put_half(bytes, riscv[i].code);
        put_half(bytes + 2, riscv[i].code >> 16);
        assert_int_equal(timing_rv32.length(bytes), (riscv[i].code & 3) == 3 ? 4 : 2);
        struct timing_cost cost = timing_rv32.cost(bytes, &fresh);
        if (cost.cycles != riscv[i].cycles || cost.taken_cycles != riscv[i].taken_cycles) {
            fail_msg("%s: %u cycles, %u when taken", riscv[i].text, cost.cycles, cost.taken_cycles);
        }
        assert_int_equal(cost.baseline_cycles + cost.baseline_taken_cycles, 0);
    }
}

/* What the multipliers of the Cortex-M3 and the Cortex-M4F do differently, and one that is alike.
 */
static void cortex_m3_instructions(void **state)
{
    static const struct thumb_row rows[] = {
        {"mul.w r0, r1, r2", 0xfb01f002, 1, 0},     {"mla r0, r1, r2, r3", 0xfb013002, 2, 0},
        {"mls r0, r1, r2, r3", 0xfb013012, 2, 0},   {"smull r0, r1, r2, r3", 0xfb820103, 4, 0},
        {"umull r0, r1, r2, r3", 0xfba20103, 4, 0}, {"smlal r0, r1, r2, r3", 0xfbc20103, 6, 0},
        {"umlal r0, r1, r2, r3", 0xfbe20103, 6, 0}, {"sdiv r0, r1, r2", 0xfb91f0f2, 7, 0},
        {"ldr r0, [r1, #0]", 0x6808, 2, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_alone(&timing_cortex_m3, &rows[i], 2);
    }
}

/* Cycles of the M0 and, in the last column, of the M0+. */
static void armv6m_instructions(void **state)
{
    static const struct thumb_row rows[] = {
        {"movs r0, #1", 0x2001, 1, 1},
        {"muls r0, r1", 0x4348, 1, 1},
        {"sxtb r0, r1", 0xb248, 1, 1},
        {"add r0, pc, #8", 0xa002, 1, 1},
        {"ldr r0, [r1, #0]", 0x6808, 2, 2},
        {"ldrsb r0, [r1, r2]", 0x5688, 2, 2},
        {"ldr r0, [pc, #8]", 0x4802, 2, 2},
        {"str r0, [r1, #0]", 0x6008, 2, 2},
        {"strb r0, [r1, r2]", 0x5488, 2, 2},
        {"ldmia r0!, {r1, r2, r3}", 0xc80e, 4, 4},
        {"push {r4, lr}", 0xb510, 3, 3},
        {"pop {r4, r5}", 0xbc30, 3, 3},
        {"pop {r4, pc}: 4+N and 3+N when the branch is charged", 0xbd10, 4, 4},
        {"beq.n", 0xd0fe, 1, 1},
        {"b.n", 0xe7fe, 1, 1},
        {"bx lr", 0x4770, 1, 1},
        {"bl", 0xf7fffffe, 2, 2},
        {"mrs r0, PRIMASK", 0xf3ef8010, 4, 3},
        {"dmb sy", 0xf3bf8f5f, 4, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct thumb_row m0 = {rows[i].text, rows[i].code, rows[i].cycles, 0};
        struct thumb_row m0plus = {rows[i].text, rows[i].code, rows[i].baseline_cycles, 0};
        check_alone(&timing_cortex_m0, &m0, 2);
        check_alone(&timing_cortex_m0plus, &m0plus, 1);
    }
}

/* Vector instructions have their length; nothing has a price. */
static void cores_without_timings_cost_nothing(void **state)
{
    static const uint32_t rows[] = {
        0xecb21e10, /* vldrb.u8 q0, [r2], #16 */
        0xeef04f20, /* vmladava.s8 r4, q0, q0 */
        0xf003e001, /* dlstp.8 lr, r3 */
        0xf01fc003, /* letp lr */
    };
    static const struct timing *const cores[] = {&timing_cortex_m7, &timing_cortex_m33,
                                                 &timing_cortex_m55};
    (void)state;
    for (size_t core = 0; core < sizeof cores / sizeof cores[0]; core++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            check_alone(cores[core], &(struct thumb_row){"vector", rows[i], 0, 0}, 0);
        }
    }
}

/* No encoding may be free, cost more than the longest transfer, or break the decoder. */
static void any_encoding_has_a_cost(void **state)
{
    uint32_t word = 1;
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        uint8_t bytes[4];
        struct timing_state fresh = {0};
        word = word * 1664525u + 1013904223u;
        put_half(bytes, word >> 16);
        put_half(bytes + 2, word ^ word >> 13);
        struct timing_cost arm = timing_cortex_m4.cost(bytes, &fresh);
        assert_in_range(arm.cycles, 1, 256);
        assert_in_range(arm.baseline_cycles, 1, 256);
        assert_in_range(timing_cortex_m0.cost(bytes, &fresh).cycles, 1, 11);
        assert_in_range(timing_rv32.cost(bytes, &fresh).cycles, 1, 38);
    }
}

static void cores_are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(timing_find("cortex-m4f"), &timing_cortex_m4);
    assert_ptr_equal(timing_find("cortex-m0plus"), &timing_cortex_m0plus);
    assert_ptr_equal(timing_find("cortex-m55"), &timing_cortex_m55);
    assert_ptr_equal(timing_find("rv32imac"), &timing_rv32);
    assert_null(timing_find("cortex-m4"));
    assert_null(timing_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cortex_m4_instructions),
        cmocka_unit_test(cortex_m4_pipelines_loads),
        cmocka_unit_test(cortex_m4_waits_for_float_results),
        cmocka_unit_test(rv32_instructions),
        cmocka_unit_test(cortex_m3_instructions),
        cmocka_unit_test(armv6m_instructions),
        cmocka_unit_test(cores_without_timings_cost_nothing),
        cmocka_unit_test(any_encoding_has_a_cost),
        cmocka_unit_test(cores_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
