/* SPDX-License-Identifier: Apache-2.0 */
/* What halves_c.h defines, in instructions of ARMv7-M. */
#ifndef KINGLET_NN_MUL32_HALVES_ARMV7M_H
#define KINGLET_NN_MUL32_HALVES_ARMV7M_H

#include "kinglet/nn.h"

/*
 * r0 stream, r1 inputs, r2..r9 sums of a block, of the four channels by two; r10, r11 inputs, r12
 * and lr weights: 16 products in 13 instructions. The block's other inputs enter the loop where as
 * many are left; 25 instructions add its sums to those at sp. On the stack: [sp] 16 words of sums,
 * [sp, #64] the struct, [sp, #68] end of the inputs.
 */
__attribute__((naked, noinline, unused)) static const int8_t *
kl_halves_multiply(__attribute__((unused)) const int8_t *stream,
                   __attribute__((unused)) struct kl_halves *h)
{
    __asm__(".syntax unified\n"
            ".macro kl_halves_first a, b\n"
            "    ldrsb r12, [r0], #1\n"
            "    mla \\a, r10, r12, lr\n"
            "    mla \\b, r11, r12, lr\n"
            ".endm\n"
            ".macro kl_halves_two a, b, c, d\n"
            "    ldrsb.w r12, [r0], #1\n"
            "    ldrsb.w lr, [r0], #1\n"
            "    mla \\a, r10, r12, \\a\n"
            "    mla \\b, r11, r12, \\b\n"
            "    mla \\c, r10, lr, \\c\n"
            "    mla \\d, r11, lr, \\d\n"
            ".endm\n"
            ".macro kl_halves_add total, upper, acc\n"
            "    add \\total, \\total, \\acc\n"
            "    add \\upper, \\upper, \\acc, asr #16\n"
            ".endm\n"
            ".macro kl_halves_start bias, at\n"
            "    add r2, \\bias, \\bias, lsl #16\n"
            "    mov r3, \\bias\n"
            "    strd r2, r3, [sp, #\\at]\n"
            "    strd r2, r3, [sp, #\\at + 8]\n"
            ".endm\n"
            "    push {r4-r11, lr}\n"
            "    ldrd r10, r11, [r1, #64]\n" /* words, end */
            "    ldr r12, [r1, #72]\n"       /* bias */
            "    sub sp, sp, #76\n"
            "    str r1, [sp, #64]\n"
            "    str r11, [sp, #68]\n"
            "    ldr lr, [r1, #92]\n" /* channels */
            "    mov r1, r10\n"
            "    ldr r4, [r12]\n"
            "    mov r5, #0\n"
            "    mov r6, #0\n"
            "    mov r7, #0\n"
            "    cmp lr, #4\n"
            "    bne 4f\n"
            "    ldrd r5, r6, [r12, #4]\n"
            "    ldr r7, [r12, #12]\n"
            "5:  kl_halves_start r4, 0\n"
            "    kl_halves_start r5, 16\n"
            "    kl_halves_start r6, 32\n"
            "    kl_halves_start r7, 48\n"
            "1:  mov lr, #0x8000\n" /* KL_HALVES_START */
            "    ldrd r10, r11, [r1], #8\n"
            "    kl_halves_first r2, r3\n"
            "    kl_halves_first r4, r5\n"
            "    kl_halves_first r6, r7\n"
            "    kl_halves_first r8, r9\n"
            "    ldrb r12, [r0], #1\n"
            "    tbh [pc, r12, lsl #1]\n"
            "2:\n"
            ".set kl_halves_left, 0\n"
            ".rept 16\n"
            "    .short (3f - 2b - 52 * kl_halves_left) / 2\n"
            ".set kl_halves_left, kl_halves_left + 1\n"
            ".endr\n"
            ".rept 15\n"
            "    ldrd r10, r11, [r1], #8\n"
            "    kl_halves_two r2, r3, r4, r5\n"
            "    kl_halves_two r6, r7, r8, r9\n"
            ".endr\n"
            "3:  ldrd r10, r11, [sp]\n"
            "    kl_halves_add r10, r11, r2\n"
            "    strd r10, r11, [sp]\n"
            "    add lr, sp, #8\n"
            "    ldm lr, {r2, r10, r11, r12}\n"
            "    kl_halves_add r2, r10, r3\n"
            "    kl_halves_add r11, r12, r4\n"
            "    stm lr!, {r2, r10, r11, r12}\n"
            "    ldm lr, {r2-r4, r10-r12}\n"
            "    kl_halves_add r2, r3, r5\n"
            "    kl_halves_add r4, r10, r6\n"
            "    kl_halves_add r11, r12, r7\n"
            "    stm lr!, {r2-r4, r10-r12}\n"
            "    ldm lr, {r2-r5}\n"
            "    kl_halves_add r2, r3, r8\n"
            "    kl_halves_add r4, r5, r9\n"
            "    stm lr, {r2-r5}\n"
            "    ldr r12, [sp, #68]\n"
            "    cmp r1, r12\n"
            "    bne 1b\n"
            "    ldr r12, [sp, #64]\n"
            "    ldm sp!, {r2-r9}\n"
            "    stm r12!, {r2-r9}\n"
            "    ldm sp!, {r2-r9}\n"
            "    stm r12, {r2-r9}\n"
            "    add sp, sp, #12\n"
            "    pop {r4-r11, pc}\n"
            "4:  cmp lr, #2\n"
            "    blt 5b\n"
            "    ldr r5, [r12, #4]\n"
            "    beq 5b\n"
            "    ldr r6, [r12, #8]\n"
            "    b 5b\n"
            ".purgem kl_halves_first\n"
            ".purgem kl_halves_two\n"
            ".purgem kl_halves_add\n"
            ".purgem kl_halves_start\n");
}

/*
 * r0 the struct, r1 sums, r2..r5 sums of four pixels, r8 multiplier, r9 shift, r10 rounding, r11
 * what the blocks began with, r12 the channel, lr multipliers; r6, r7 the rest. The high word of
 * acc * 2^32 + acc * (2 * multiplier - 2^32) + 2^31 is the definition's first rounding.
 */
__attribute__((naked, noinline, unused)) static void kl_halves_finish(__attribute__((unused))
                                                                      const struct kl_halves *h)
{
    __asm__(".syntax unified\n"
            ".macro kl_halves_result acc\n"
            "    mov r7, #0x80000000\n"
            "    smlal r7, \\acc, \\acc, r8\n"
            "    add \\acc, \\acc, \\acc, asr #31\n"
            "    asr \\acc, \\acc, r9\n"
            "    add \\acc, \\acc, r10\n"
            "    ssat \\acc, #8, \\acc, asr #1\n"
            ".endm\n"
            "    push {r4-r11, lr}\n"
            "    mov r1, r0\n"
            "    ldr lr, [r0, #76]\n"
            "    ldrd r10, r11, [r0, #84]\n"
            "    mov r12, #0\n"
            "1:  ldm r1!, {r2-r5}\n"
            "    ldr r8, [lr], #4\n"
            "    ldr r9, [r0, #80]\n"
            "    sub r2, r2, r3, lsl #16\n"
            "    sub r4, r4, r5, lsl #16\n"
            "    ldrsb r9, [r9, r12]\n"
            "    sub r2, r2, r11\n"
            "    sub r4, r4, r11\n"
            "    lsl r8, r8, #1\n"
            "    mvn r9, r9\n"
            "    kl_halves_result r2\n"
            "    kl_halves_result r3\n"
            "    kl_halves_result r4\n"
            "    kl_halves_result r5\n"
            "    ldrd r6, r7, [r0, #104]\n"
            "    strb r5, [r7, r12]\n" /* the last pixel first: others may write over it */
            "    strb r4, [r6, r12]\n"
            "    ldrd r6, r7, [r0, #96]\n"
            "    strb r3, [r7, r12]\n"
            "    strb r2, [r6, r12]\n"
            "    ldr r6, [r0, #92]\n"
            "    add r12, r12, #1\n"
            "    cmp r12, r6\n"
            "    bne 1b\n"
            "    pop {r4-r11, pc}\n"
            ".purgem kl_halves_result\n");
}

/* `count` inputs of each of four pixels, those of pixel i one after the other at x + i * step: r1,
 * r3, r12 and lr, up to r4. */
__attribute__((naked, noinline, unused)) static void
kl_halves_spread_four(__attribute__((unused)) uint32_t *words,
                      __attribute__((unused)) const int8_t *x, __attribute__((unused)) int32_t step,
                      __attribute__((unused)) int32_t count)
{
    __asm__(".syntax unified\n"
            ".macro kl_halves_spread\n"
            "    ldrsb r5, [r1], #1\n"
            "    ldrsb r6, [r3], #1\n"
            "    ldrsb r7, [r12], #1\n"
            "    ldrsb r8, [lr], #1\n"
            "    add r5, r5, r6, lsl #16\n"
            "    add r6, r7, r8, lsl #16\n"
            "    strd r5, r6, [r0], #8\n"
            ".endm\n"
            "    push {r4-r8, lr}\n"
            "    and r5, r3, #3\n"
            "    add r4, r1, r3\n"
            "    add r3, r1, r2\n"
            "    add r12, r3, r2\n"
            "    add lr, r12, r2\n"
            "    add r2, r1, r5\n"
            "    cmp r1, r2\n"
            "    beq 2f\n"
            "1:  kl_halves_spread\n" /* one by one until a multiple of 4 is left */
            "    cmp r1, r2\n"
            "    bne 1b\n"
            "2:  cmp r1, r4\n"
            "    beq 4f\n"
            "3:  kl_halves_spread\n"
            "    kl_halves_spread\n"
            "    kl_halves_spread\n"
            "    kl_halves_spread\n"
            "    cmp r1, r4\n"
            "    bne 3b\n"
            "4:  pop {r4-r8, pc}\n"
            ".purgem kl_halves_spread\n");
}

#endif
