/* SPDX-License-Identifier: Apache-2.0 */
/* kl_requantize_channels, defined in nn/ref/requantize_channels_c.h, in instructions of ARMv6-M. */
#ifndef KINGLET_NN_ARMV6M_REQUANTIZE_CHANNELS_H
#define KINGLET_NN_ARMV6M_REQUANTIZE_CHANNELS_H

#include <stdint.h>

#include "kinglet/nn.h"

/*
 * r6 counts from -count to 0 and is the index; r8 accumulators, r9 multipliers, r10 shifts, [sp]
 * results, all at their ends; r11 and r12 the limits without zero point, lr the zero point, r7 0.
 * The product of 32 bits is that of nn/armv6m/high_mul.h; the carry of a shift is its rounding bit.
 */
__attribute__((naked, noinline, unused)) static void kl_requantize_channels(
    __attribute__((unused)) const struct kl_requant *rq, __attribute__((unused)) int32_t channel,
    __attribute__((unused)) int32_t count, __attribute__((unused)) const int32_t *acc,
    __attribute__((unused)) int8_t *out)
{
    __asm__(".syntax unified\n"
            "    push {r4-r7, lr}\n"
            "    mov r4, r8\n"
            "    mov r5, r9\n"
            "    mov r6, r10\n"
            "    mov r7, r11\n"
            "    push {r4-r7}\n"
            "    ldr r4, [sp, #36]\n" /* out */
            "    adds r4, r2\n"
            "    push {r4}\n"
            "    lsls r5, r2, #2\n"
            "    adds r3, r5\n"
            "    mov r8, r3\n"
            "    ldm r0!, {r3, r4, r5, r6, r7}\n" /* multiplier, shift, zero point, min, max */
            "    mov lr, r5\n"
            "    subs r6, r5\n"
            "    mov r12, r6\n"
            "    subs r7, r5\n"
            "    mov r11, r7\n"
            "    adds r1, r2\n"
            "    adds r4, r1\n"
            "    mov r10, r4\n"
            "    lsls r1, #2\n"
            "    adds r3, r1\n"
            "    mov r9, r3\n"
            "    movs r7, #0\n"
            "    rsbs r6, r2, #0\n"
            "1:  lsls r0, r6, #2\n"
            "    mov r1, r8\n"
            "    ldr r1, [r1, r0]\n"
            "    mov r2, r9\n"
            "    ldr r2, [r2, r0]\n"
            "    mov r3, r10\n"
            "    ldrsb r3, [r3, r6]\n"
            "    cmp r3, #0\n"
            "    bgt 5f\n"
            "2:  uxth r4, r1\n"
            "    asrs r1, r1, #16\n"
            "    uxth r5, r2\n"
            "    asrs r2, r2, #16\n"
            "    mov r0, r4\n"
            "    muls r0, r5\n"
            "    lsrs r0, r0, #16\n"
            "    muls r5, r1\n"
            "    adds r0, r5\n" /* middle */
            "    muls r4, r2\n"
            "    uxth r5, r0\n"
            "    adds r4, r5\n" /* lower */
            "    muls r1, r2\n"
            "    asrs r0, r0, #16\n"
            "    adds r1, r0\n"
            "    asrs r0, r4, #16\n"
            "    adds r1, r0\n" /* high word */
            "    lsls r4, r4, #17\n"
            "    adcs r1, r1\n"
            "    lsls r4, r4, #1\n"
            "    adcs r1, r7\n"
            "    rsbs r3, r3, #0\n"
            "    beq 3f\n"
            "    asrs r0, r1, #31\n" /* ties away from zero */
            "    adds r1, r0\n"
            "    subs r3, #1\n"
            "    asrs r1, r3\n"
            "    adds r1, #1\n"
            "    asrs r1, r1, #1\n"
            "3:  cmp r1, r11\n"
            "    bgt 6f\n"
            "    cmp r1, r12\n"
            "    blt 7f\n"
            "4:  add r1, lr\n"
            "    ldr r0, [sp]\n"
            "    strb r1, [r0, r6]\n"
            "    adds r6, #1\n"
            "    bne 1b\n"
            "    add sp, #4\n"
            "    pop {r4-r7}\n"
            "    mov r8, r4\n"
            "    mov r9, r5\n"
            "    mov r10, r6\n"
            "    mov r11, r7\n"
            "    pop {r4-r7, pc}\n"
            "5:  lsls r1, r3\n" /* shift to the left: before the product */
            "    movs r3, #0\n"
            "    b 2b\n"
            "6:  mov r1, r11\n"
            "    b 4b\n"
            "7:  mov r1, r12\n"
            "    b 4b\n");
}

#endif
