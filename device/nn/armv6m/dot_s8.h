/* SPDX-License-Identifier: Apache-2.0 */
/* kl_dot_s8, defined in nn/ref/dot_s8_c.h, in instructions of ARMv6-M. */
#ifndef KINGLET_NN_ARMV6M_DOT_S8_H
#define KINGLET_NN_ARMV6M_DOT_S8_H

#include <stdint.h>

/*
 * r1 inputs and r2..r5 filters, all moved to their ends; r6 counts from -count to 0 and is the
 * index of all five; r7 an input, r0 a weight, r8..r11 the sums: 14 instructions for 4 products.
 * A compiler keeps sums in the low registers, the only ones that multiply and load, and what
 * those need on the stack.
 */
__attribute__((naked, noinline, unused)) static void
kl_dot_s8(__attribute__((unused)) int32_t acc[4], __attribute__((unused)) const int8_t *x,
          __attribute__((unused)) const int8_t *w, __attribute__((unused)) int32_t stride,
          __attribute__((unused)) int32_t count)
{
    __asm__(".syntax unified\n"
            ".macro kl_dot_lane filter, sum\n"
            "    ldrsb r0, [\\filter, r6]\n"
            "    muls r0, r7\n"
            "    add \\sum, r0\n"
            ".endm\n"
            ".macro kl_dot_input\n"
            "    ldrsb r7, [r1, r6]\n"
            "    kl_dot_lane r2, r8\n"
            "    kl_dot_lane r3, r9\n"
            "    kl_dot_lane r4, r10\n"
            "    kl_dot_lane r5, r11\n"
            "    adds r6, #1\n"
            ".endm\n"
            "    push {r0, r4-r7, lr}\n"
            "    mov r4, r8\n"
            "    mov r5, r9\n"
            "    mov r6, r10\n"
            "    mov r7, r11\n"
            "    push {r4-r7}\n"
            "    ldm r0!, {r4-r7}\n"
            "    mov r8, r4\n"
            "    mov r9, r5\n"
            "    mov r10, r6\n"
            "    mov r11, r7\n"
            "    ldr r6, [sp, #40]\n" /* count */
            "    adds r1, r6\n"
            "    adds r2, r6\n"
            "    mov r7, r3\n"
            "    adds r3, r2, r7\n"
            "    adds r4, r3, r7\n"
            "    adds r5, r4, r7\n"
            "    rsbs r6, r6, #0\n"
            "1:  lsls r0, r6, #30\n" /* one by one until a multiple of 4 is left */
            "    beq 2f\n"
            "    kl_dot_input\n"
            "    b 1b\n"
            "2:  cmp r6, #0\n"
            "    beq 4f\n"
            "3:  kl_dot_input\n"
            "    kl_dot_input\n"
            "    kl_dot_input\n"
            "    kl_dot_input\n"
            "    bne 3b\n"
            "4:  ldr r0, [sp, #16]\n" /* acc */
            "    mov r4, r8\n"
            "    mov r5, r9\n"
            "    mov r6, r10\n"
            "    mov r7, r11\n"
            "    stm r0!, {r4-r7}\n"
            "    pop {r4-r7}\n"
            "    mov r8, r4\n"
            "    mov r9, r5\n"
            "    mov r10, r6\n"
            "    mov r11, r7\n"
            "    pop {r0, r4-r7, pc}\n"
            ".purgem kl_dot_input\n"
            ".purgem kl_dot_lane\n");
}

#endif
