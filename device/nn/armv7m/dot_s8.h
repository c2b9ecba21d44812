/* SPDX-License-Identifier: Apache-2.0 */
/* kl_dot_s8, defined in nn/ref/dot_s8_c.h, in instructions of Thumb-2. */
#ifndef KINGLET_NN_ARMV7M_DOT_S8_H
#define KINGLET_NN_ARMV7M_DOT_S8_H

#include <stdint.h>

/* r1 inputs up to r11, r2 and r8..r10 filters, r4..r7 sums, r12 an input, lr a weight: 9
 * instructions for 4 products. */
__attribute__((naked, noinline, unused)) static void
kl_dot_s8(__attribute__((unused)) int32_t acc[4], __attribute__((unused)) const int8_t *x,
          __attribute__((unused)) const int8_t *w, __attribute__((unused)) int32_t stride,
          __attribute__((unused)) int32_t count)
{
    __asm__(".syntax unified\n"
            ".macro kl_dot_input\n"
            "    ldrsb r12, [r1], #1\n"
            "    ldrsb lr, [r2], #1\n"
            "    mla r4, r12, lr, r4\n"
            "    ldrsb lr, [r8], #1\n"
            "    mla r5, r12, lr, r5\n"
            "    ldrsb lr, [r9], #1\n"
            "    mla r6, r12, lr, r6\n"
            "    ldrsb lr, [r10], #1\n"
            "    mla r7, r12, lr, r7\n"
            ".endm\n"
            "    push {r4-r11, lr}\n"
            "    ldr r11, [sp, #36]\n" /* count */
            "    ldm r0, {r4-r7}\n"
            "    add r8, r2, r3\n"
            "    add r9, r8, r3\n"
            "    add r10, r9, r3\n"
            "    and r3, r11, #3\n"
            "    add r11, r11, r1\n"
            "    cbz r3, 2f\n"
            "1:  kl_dot_input\n" /* one by one until a multiple of 4 is left */
            "    subs r3, #1\n"
            "    bne 1b\n"
            "2:  cmp r1, r11\n"
            "    beq 4f\n"
            "3:  kl_dot_input\n"
            "    kl_dot_input\n"
            "    kl_dot_input\n"
            "    kl_dot_input\n"
            "    cmp r1, r11\n"
            "    bne 3b\n"
            "4:  stm r0, {r4-r7}\n"
            "    pop {r4-r11, pc}\n"
            ".purgem kl_dot_input\n");
}

#endif
