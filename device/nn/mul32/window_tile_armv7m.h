/* SPDX-License-Identifier: Apache-2.0 */
/* What window_tile_c.h defines, in instructions of ARMv7-M. */
#ifndef KINGLET_NN_MUL32_WINDOW_TILE_ARMV7M_H
#define KINGLET_NN_MUL32_WINDOW_TILE_ARMV7M_H

#include "kinglet/nn.h"

/*
 * r0 an input row, r1 weights, r2..r6 the sums of up to five pixels, r7..r9 weights of a filter
 * line, r10 an input, r11 the distance of pixels, r12 three times that, lr the channel. The struct
 * is copied to sp. Each input is loaded once for all sums that it is a part of.
 */
#define KL_WINDOWS_0 "    ldrsb r10, [r0]\n"
#define KL_WINDOWS_1 "    ldrsb r10, [r0, r11]\n"
#define KL_WINDOWS_2 "    ldrsb r10, [r0, r11, lsl #1]\n"
#define KL_WINDOWS_3 "    ldrsb r10, [r0, r12]\n"
#define KL_WINDOWS_4 "    ldrsb r10, [r0, r11, lsl #2]\n"
#define KL_WINDOWS_6 "    ldrsb r10, [r0, r12, lsl #1]\n"
#define KL_WINDOWS_8 "    ldrsb r10, [r0, r11, lsl #3]\n"
#define KL_WINDOWS_NEXT "    add r0, r0, r11\n" /* 4 is the fifth input now, and so on */
#define KL_WINDOWS_MLA(sum, weight) "    mla r" #sum ", r10, r" #weight ", r" #sum "\n"

#define KL_WINDOWS_LINE(row, body)      \
    "    ldr r0, [sp, #" #row "]\n"     \
    "    ldrsb r7, [r1]\n"              \
    "    ldrsb r8, [r1, r11]\n"         \
    "    ldrsb r9, [r1, r11, lsl #1]\n" \
    "    add r0, r0, lr\n"              \
    "    add r1, r1, r12\n" body

/* The high word of acc * 2^32 + acc * (2 * multiplier - 2^32) + 2^31 is the definition's first
 * rounding. */
#define KL_WINDOWS_RESULT(sum, place)                    \
    "    mov r7, #0x80000000\n"                          \
    "    smlal r7, r" #sum ", r" #sum ", r8\n"           \
    "    add r" #sum ", r" #sum ", r" #sum ", asr #31\n" \
    "    asr r" #sum ", r" #sum ", r9\n"                 \
    "    add r" #sum ", r" #sum ", r10\n"                \
    "    ssat r" #sum ", #8, r" #sum ", asr #1\n"        \
    "    strb r" #sum ", [r0" place "]\n"

/* start: the other sums from r2. */
#define KL_WINDOWS(name, start, body, results)                                                 \
    __attribute__((naked, noinline, unused)) static void name(__attribute__((unused))          \
                                                              const struct kl_window_tile *t)  \
    {                                                                                          \
        __asm__(".syntax unified\n"                                                            \
                "    push {r4-r11, lr}\n"                                                      \
                "    ldm r0, {r1-r10}\n"                                                       \
                "    push {r1-r10}\n"                                                          \
                "    mov r11, r10\n"                                                           \
                "    add r12, r11, r11, lsl #1\n"                                              \
                "    mov lr, #0\n"                                                             \
                "1:  ldr r2, [sp, #16]\n"                                                      \
                "    ldr r1, [sp, #12]\n"                                                      \
                "    ldr r2, [r2, lr, lsl #2]\n"                                               \
                "    add r1, r1, lr\n" start KL_WINDOWS_LINE(0, body) KL_WINDOWS_LINE(4, body) \
                    KL_WINDOWS_LINE(8, body) "    ldr r8, [sp, #20]\n"                         \
                                             "    ldr r9, [sp, #24]\n"                         \
                                             "    ldr r10, [sp, #28]\n"                        \
                                             "    ldr r0, [sp, #32]\n"                         \
                                             "    ldr r8, [r8, lr, lsl #2]\n"                  \
                                             "    ldrsb r9, [r9, lr]\n"                        \
                                             "    add r0, r0, lr\n"                            \
                                             "    lsl r8, r8, #1\n"                            \
                                             "    mvn r9, r9\n" results "    add lr, lr, #1\n" \
                                             "    cmp lr, r11\n"                               \
                                             "    bne.w 1b\n"                                  \
                                             "    add sp, sp, #40\n"                           \
                                             "    pop {r4-r11, pc}\n");                        \
    }

#define KL_WINDOWS_RESULTS_1 KL_WINDOWS_RESULT(2, "")
#define KL_WINDOWS_RESULTS_3 \
    KL_WINDOWS_RESULTS_1 KL_WINDOWS_RESULT(3, ", r11") KL_WINDOWS_RESULT(4, ", r11, lsl #1")
#define KL_WINDOWS_RESULTS_5 \
    KL_WINDOWS_RESULTS_3 KL_WINDOWS_RESULT(5, ", r12") KL_WINDOWS_RESULT(6, ", r11, lsl #2")
#define KL_WINDOWS_START_3 \
    "    mov r3, r2\n"     \
    "    mov r4, r2\n"
#define KL_WINDOWS_START_5 \
    KL_WINDOWS_START_3     \
    "    mov r5, r2\n"     \
    "    mov r6, r2\n"

/* clang-format off */
#define KL_WINDOWS_BODY_1                                                          \
    KL_WINDOWS_0 KL_WINDOWS_MLA(2, 7)                                              \
    KL_WINDOWS_1 KL_WINDOWS_MLA(2, 8)                                              \
    KL_WINDOWS_2 KL_WINDOWS_MLA(2, 9)
#define KL_WINDOWS_BODY_3_BY_1                                                     \
    KL_WINDOWS_0 KL_WINDOWS_MLA(2, 7)                                              \
    KL_WINDOWS_1 KL_WINDOWS_MLA(2, 8) KL_WINDOWS_MLA(3, 7)                         \
    KL_WINDOWS_2 KL_WINDOWS_MLA(2, 9) KL_WINDOWS_MLA(3, 8) KL_WINDOWS_MLA(4, 7)    \
    KL_WINDOWS_3 KL_WINDOWS_MLA(3, 9) KL_WINDOWS_MLA(4, 8)                         \
    KL_WINDOWS_4 KL_WINDOWS_MLA(4, 9)
#define KL_WINDOWS_BODY_5_BY_1                                                     \
    KL_WINDOWS_0 KL_WINDOWS_MLA(2, 7)                                              \
    KL_WINDOWS_1 KL_WINDOWS_MLA(2, 8) KL_WINDOWS_MLA(3, 7)                         \
    KL_WINDOWS_2 KL_WINDOWS_MLA(2, 9) KL_WINDOWS_MLA(3, 8) KL_WINDOWS_MLA(4, 7)    \
    KL_WINDOWS_3 KL_WINDOWS_MLA(3, 9) KL_WINDOWS_MLA(4, 8) KL_WINDOWS_MLA(5, 7)    \
    KL_WINDOWS_4 KL_WINDOWS_MLA(4, 9) KL_WINDOWS_MLA(5, 8) KL_WINDOWS_MLA(6, 7)    \
    KL_WINDOWS_6 KL_WINDOWS_MLA(6, 9)                                              \
    KL_WINDOWS_NEXT                                                                \
    KL_WINDOWS_4 KL_WINDOWS_MLA(5, 9) KL_WINDOWS_MLA(6, 8)
#define KL_WINDOWS_BODY_3_BY_2                                                     \
    KL_WINDOWS_0 KL_WINDOWS_MLA(2, 7)                                              \
    KL_WINDOWS_1 KL_WINDOWS_MLA(2, 8)                                              \
    KL_WINDOWS_2 KL_WINDOWS_MLA(2, 9) KL_WINDOWS_MLA(3, 7)                         \
    KL_WINDOWS_3 KL_WINDOWS_MLA(3, 8)                                              \
    KL_WINDOWS_4 KL_WINDOWS_MLA(3, 9) KL_WINDOWS_MLA(4, 7)                         \
    KL_WINDOWS_6 KL_WINDOWS_MLA(4, 9)                                              \
    KL_WINDOWS_NEXT                                                                \
    KL_WINDOWS_4 KL_WINDOWS_MLA(4, 8)
#define KL_WINDOWS_BODY_5_BY_2                                                     \
    KL_WINDOWS_0 KL_WINDOWS_MLA(2, 7)                                              \
    KL_WINDOWS_1 KL_WINDOWS_MLA(2, 8)                                              \
    KL_WINDOWS_2 KL_WINDOWS_MLA(2, 9) KL_WINDOWS_MLA(3, 7)                         \
    KL_WINDOWS_3 KL_WINDOWS_MLA(3, 8)                                              \
    KL_WINDOWS_4 KL_WINDOWS_MLA(3, 9) KL_WINDOWS_MLA(4, 7)                         \
    KL_WINDOWS_6 KL_WINDOWS_MLA(4, 9) KL_WINDOWS_MLA(5, 7)                         \
    KL_WINDOWS_8 KL_WINDOWS_MLA(5, 9) KL_WINDOWS_MLA(6, 7)                         \
    KL_WINDOWS_NEXT                                                                \
    KL_WINDOWS_4 KL_WINDOWS_MLA(4, 8)                                              \
    KL_WINDOWS_6 KL_WINDOWS_MLA(5, 8)                                              \
    KL_WINDOWS_8 KL_WINDOWS_MLA(6, 8)                                              \
    KL_WINDOWS_NEXT                                                                \
    KL_WINDOWS_8 KL_WINDOWS_MLA(6, 9)
/* clang-format on */

KL_WINDOWS(kl_windows_1, "", KL_WINDOWS_BODY_1, KL_WINDOWS_RESULTS_1)
KL_WINDOWS(kl_windows_3_by_1, KL_WINDOWS_START_3, KL_WINDOWS_BODY_3_BY_1, KL_WINDOWS_RESULTS_3)
KL_WINDOWS(kl_windows_5_by_1, KL_WINDOWS_START_5, KL_WINDOWS_BODY_5_BY_1, KL_WINDOWS_RESULTS_5)
KL_WINDOWS(kl_windows_3_by_2, KL_WINDOWS_START_3, KL_WINDOWS_BODY_3_BY_2, KL_WINDOWS_RESULTS_3)
KL_WINDOWS(kl_windows_5_by_2, KL_WINDOWS_START_5, KL_WINDOWS_BODY_5_BY_2, KL_WINDOWS_RESULTS_5)

#endif
