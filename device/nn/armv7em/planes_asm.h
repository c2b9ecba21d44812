/* SPDX-License-Identifier: Apache-2.0 */
/* kl_plane_tiles (defined in planes_c.h) with the DSP instructions. */
#ifndef KINGLET_NN_ARMV7EM_PLANES_ASM_H
#define KINGLET_NN_ARMV7EM_PLANES_ASM_H

/*
 * r0..r3 sums of four outputs, r4..r6 weights, r7..r10 eight pixels: (x0, x2), (x1, x3), (x4, x6),
 * (x5, x7); r7 and r8 become (x4, x2) and (x5, x3), which the instructions with exchanged halves
 * take. r11 offsets, r12 weights, lr the tile's first pixel. On the stack: the parameter.
 */
__attribute__((naked, noinline, unused)) static void
kl_plane_tiles(__attribute__((unused)) struct kl_plane_row *r)
{
    __asm__(".syntax unified\n"
            ".macro kl_plane_scale sum\n"
            "    smmlar \\sum, \\sum, r4, \\sum\n"
            ".endm\n"
            ".macro kl_plane_round sum\n"
            "    add \\sum, \\sum, \\sum, asr #31\n"
            "    asr \\sum, \\sum, r5\n"
            "    add \\sum, \\sum, r6\n"
            "    ssat \\sum, #8, \\sum, asr #1\n"
            ".endm\n"
            "    push {r0, r4-r11, lr}\n"
            "    ldr lr, [r0, #32]\n"
            "1:  ldr r7, [sp]\n"
            "    ldm r7, {r0, r11, r12}\n"
            "    mov r1, r0\n"
            "    mov r2, r0\n"
            "    mov r3, r0\n"
            "2:  ldr r10, [r11], #4\n"
            "    ldm r12!, {r4-r6}\n"
            "    add r10, r10, lr\n"
            "    ldr r8, [r10]\n"
            "    ldr r10, [r10, #4]\n"
            "    sxtb16 r7, r8\n"
            "    sxtb16 r8, r8, ror #8\n"
            "    sxtb16 r9, r10\n"
            "    sxtb16 r10, r10, ror #8\n"
            "    smlad r0, r7, r4, r0\n"
            "    smlad r1, r8, r4, r1\n"
            "    smlad r0, r8, r5, r0\n"
            "    smlad r3, r9, r5, r3\n"
            "    smlabb r0, r9, r6, r0\n"
            "    smlabb r1, r10, r6, r1\n"
            "    smlatb r2, r9, r6, r2\n"
            "    smlatb r3, r10, r6, r3\n"
            "    pkhbt r7, r9, r7\n"
            "    pkhbt r8, r10, r8\n"
            "    smladx r1, r7, r5, r1\n"
            "    smladx r2, r7, r4, r2\n"
            "    smladx r2, r8, r5, r2\n"
            "    smladx r3, r8, r4, r3\n"
            "    cmp r6, #0\n"
            "    bpl 2b\n"
            "    ldr r12, [sp]\n"
            "    ldrd r4, r5, [r12, #12]\n"
            "    ldrd r6, r7, [r12, #20]\n"
            "    ldr r8, [r12, #28]\n"
            "    kl_plane_scale r0\n"
            "    kl_plane_scale r1\n"
            "    kl_plane_scale r2\n"
            "    kl_plane_scale r3\n"
            "    kl_plane_round r0\n"
            "    kl_plane_round r1\n"
            "    kl_plane_round r2\n"
            "    kl_plane_round r3\n"
            "    strb r0, [r7]\n"
            "    strb r1, [r7, r8]\n"
            "    strb r2, [r7, r8, lsl #1]\n"
            "    add r9, r7, r8\n"
            "    strb r3, [r9, r8, lsl #1]\n"
            "    ldrd r9, r10, [r12, #36]\n"
            "    add lr, lr, r9\n"
            "    mla r7, r9, r8, r7\n"
            "    subs r10, r10, #1\n"
            "    mov r9, #4\n"
            "    str r7, [r12, #24]\n"
            "    strd r9, r10, [r12, #36]\n"
            "    bne 1b\n"
            "    pop {r0, r4-r11, pc}\n"
            ".purgem kl_plane_scale\n"
            ".purgem kl_plane_round\n");
}

#endif
