/* SPDX-License-Identifier: Apache-2.0 */
/* kl_vector_pairs (defined in vector_c.h) with the DSP instructions. */
#ifndef KINGLET_NN_ARMV7EM_VECTOR_ASM_H
#define KINGLET_NN_ARMV7EM_VECTOR_ASM_H

/*
 * r0 stream, r1 inputs, r2..r9 accumulators (S0 and 256 * S1 + S0 of four pairs), r10 and r11 four
 * inputs, r12 and lr weights. On the stack: [sp] inputs, [sp, #4] their end, [sp, #8] rounding,
 * [sp, #12] outputs, [sp, #16] where the first round enters the loop, so that any number of
 * inputs is a whole number of rounds.
 */
__attribute__((naked, noinline, unused)) static void kl_vector_pairs(__attribute__((unused))
                                                                     const int32_t *stream,
                                                                     __attribute__((unused))
                                                                     const struct kl_vector *v)
{
    __asm__(".syntax unified\n"
            ".macro kl_vector_pair s0, s1\n" /* add four inputs to one pair */
            "    smlad \\s1, r10, r12, \\s1\n"
            "    sxtb16 r12, r12\n"
            "    smlad \\s0, r10, r12, \\s0\n"
            "    smlad \\s1, r11, lr, \\s1\n"
            "    sxtb16 lr, lr\n"
            "    smlad \\s0, r11, lr, \\s0\n"
            ".endm\n"
            ".macro kl_vector_result s0, s1\n"
            "    ldm r0!, {r10-r12}\n"
            "    sub \\s1, \\s1, \\s0\n"
            "    asr \\s1, \\s1, #8\n"
            "    smmlar \\s0, \\s0, r10, \\s0\n"
            "    smmlar \\s1, \\s1, r11, \\s1\n"
            "    ubfx r11, r12, #8, #5\n"
            "    add \\s0, \\s0, \\s0, asr #31\n"
            "    add \\s1, \\s1, \\s1, asr #31\n"
            "    asr \\s0, \\s0, r12\n"
            "    asr \\s1, \\s1, r11\n"
            "    add \\s0, \\s0, lr\n"
            "    add \\s1, \\s1, lr\n"
            "    ssat \\s0, #8, \\s0, asr #1\n"
            "    ssat \\s1, #8, \\s1, asr #1\n"
            "    lsls r12, r12, #17\n" /* carry: a single channel; negative: the last pair */
            "    strb \\s0, [r1], #1\n"
            "    it cc\n"
            "    strbcc \\s1, [r1], #1\n"
            "    bmi 9f\n"
            ".endm\n"
            "    push {r4-r11, lr}\n"
            "    ldm r1, {r2-r5}\n" /* the fields of struct kl_vector */
            "    sub sp, sp, #20\n"
            "    sub r6, r3, r2\n"
            "    rsb r6, r6, #0\n"
            "    and r6, r6, #12\n" /* inputs that the first round leaves out */
            "    adr.w r7, 2f\n"
            "    add r7, r7, r6, lsl #5\n" /* 128 bytes of code for four inputs */
            "    add r6, r7, #1\n"         /* Thumb */
            "    stm sp, {r2-r6}\n"
            "1:  ldr r1, [sp]\n"
            "    ldm r0!, {r2-r9}\n"
            "    ldr lr, [sp, #16]\n"
            "    bx lr\n"
            ".balign 4\n"
            "2:\n"
            ".rept 4\n"
            "    ldr.w r10, [r1], #4\n"
            "    ldr.w r12, [r0], #4\n"
            "    ldr.w lr, [r0], #4\n"
            "    sxtb16 r11, r10, ror #8\n"
            "    sxtb16 r10, r10\n"
            "    kl_vector_pair r2, r3\n"
            "    ldrd r12, lr, [r0], #8\n"
            "    kl_vector_pair r4, r5\n"
            "    ldrd r12, lr, [r0], #8\n"
            "    kl_vector_pair r6, r7\n"
            "    ldrd r12, lr, [r0], #8\n"
            "    kl_vector_pair r8, r9\n"
            ".endr\n"
            "    ldr r10, [sp, #4]\n"
            "    cmp r1, r10\n"
            "    bne.w 2b\n"
            "    ldr r1, [sp, #12]\n"
            "    ldr lr, [sp, #8]\n"
            "    kl_vector_result r2, r3\n"
            "    kl_vector_result r4, r5\n"
            "    kl_vector_result r6, r7\n"
            "    kl_vector_result r8, r9\n"
            "    str r1, [sp, #12]\n"
            "    b.w 1b\n"
            "9:  add sp, sp, #20\n"
            "    pop {r4-r11, pc}\n"
            ".purgem kl_vector_pair\n"
            ".purgem kl_vector_result\n");
}

#endif
