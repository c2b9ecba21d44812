/* SPDX-License-Identifier: Apache-2.0 */
/* kl_depthwise_add_s8, defined in nn/ref/depthwise_add_s8_c.h, in instructions of ARMv6-M. */
#ifndef KINGLET_NN_ARMV6M_DEPTHWISE_ADD_S8_H
#define KINGLET_NN_ARMV6M_DEPTHWISE_ADD_S8_H

#include <stdint.h>

#include "nn/ref/tap_s8.h"

/* r0 acc, r1 from, r7 the channel, up to r12; inputs and weights of the taps: r2 and r3, r8 and r9,
 * r10 and r11. r6 the sum. */
__attribute__((naked, noinline, unused)) static void
kl_depthwise_add_s8(__attribute__((unused)) int32_t *acc,
                    __attribute__((unused)) const int32_t *from,
                    __attribute__((unused)) const struct kl_tap_s8 taps[KL_DEPTHWISE_TAPS],
                    __attribute__((unused)) int32_t count)
{
    __asm__(".syntax unified\n"
            ".macro kl_depthwise_tap x, w\n"
            "    ldrsb r4, [\\x, r7]\n"
            "    ldrsb r5, [\\w, r7]\n"
            "    muls r4, r5\n"
            "    adds r6, r4\n"
            ".endm\n"
            "    push {r4-r7, lr}\n"
            "    mov r4, r8\n"
            "    mov r5, r9\n"
            "    mov r6, r10\n"
            "    mov r7, r11\n"
            "    push {r4-r7}\n"
            "    mov r12, r3\n"
            "    ldr r4, [r2, #8]\n"
            "    mov r8, r4\n"
            "    ldr r4, [r2, #12]\n"
            "    mov r9, r4\n"
            "    ldr r4, [r2, #16]\n"
            "    mov r10, r4\n"
            "    ldr r4, [r2, #20]\n"
            "    mov r11, r4\n"
            "    ldr r3, [r2, #4]\n"
            "    ldr r2, [r2]\n"
            "    movs r7, #0\n"
            "1:  ldm r1!, {r6}\n"
            "    kl_depthwise_tap r2, r3\n"
            "    mov r4, r8\n"
            "    mov r5, r9\n"
            "    kl_depthwise_tap r4, r5\n"
            "    mov r4, r10\n"
            "    mov r5, r11\n"
            "    kl_depthwise_tap r4, r5\n"
            "    stm r0!, {r6}\n"
            "    adds r7, #1\n"
            "    cmp r7, r12\n"
            "    bne 1b\n"
            "    pop {r4-r7}\n"
            "    mov r8, r4\n"
            "    mov r9, r5\n"
            "    mov r10, r6\n"
            "    mov r11, r7\n"
            "    pop {r4-r7, pc}\n"
            ".purgem kl_depthwise_tap\n");
}

#endif
