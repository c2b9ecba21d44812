/* SPDX-License-Identifier: Apache-2.0 */
/* kl_tile_pairs, kl_expand_lane and kl_expand_tile (defined in tile_c.h) with the DSP instructions.
 */
#ifndef KINGLET_NN_ARMV7EM_TILE_ASM_H
#define KINGLET_NN_ARMV7EM_TILE_ASM_H

#include <string.h>

#include "kinglet/nn.h"

/*
 * r0 stream, r1 inputs, r2..r5 S0 and r6..r9 256 * S1 + S0 of four pixels, r10 weights of both
 * channels, r11 of the lower one, r12 and lr inputs of two pixels: 16 products in 13 instructions.
 * On the stack: [sp] inputs, [sp, #4] their end, [sp, #8] rounding, [sp, #12] the tile's out,
 * [sp, #16] where the first round enters the loop, so that any number of inputs is a whole number
 * of rounds.
 */
__attribute__((naked, noinline, unused)) static const int32_t *
kl_tile_pairs(__attribute__((unused)) const int32_t *stream,
              __attribute__((unused)) struct kl_tile *t)
{
    __asm__(
        ".syntax unified\n"
        ".macro kl_tile_exact acc, multiplier, shift\n" /* lr: rounding */
        "    smmlar \\acc, \\acc, \\multiplier, \\acc\n"
        "    add \\acc, \\acc, \\acc, asr #31\n"
        "    asr \\acc, \\acc, \\shift\n"
        "    add \\acc, \\acc, lr\n"
        "    ssat \\acc, #8, \\acc, asr #1\n"
        ".endm\n"
        ".macro kl_tile_linear acc, multiplier, shift\n" /* r1: rounding, shifted */
        "    smmla \\acc, \\acc, \\multiplier, r1\n"
        "    asr \\acc, \\acc, \\shift\n"
        "    ssat \\acc, #8, \\acc, asr #1\n"
        ".endm\n"
        "    push {r4-r11, lr}\n"
        "    ldm r1!, {r2-r4}\n" /* words, inputs, rounding; r1: out */
        "    sub sp, sp, #20\n"
        "    add r3, r2, r3, lsl #3\n" /* 8 bytes for an input of four pixels */
        "    mov r5, r1\n"
        "    sub r6, r2, r3\n"
        "    add r6, r6, #16\n"  /* the first word is not in the loop */
        "    and r6, r6, #240\n" /* what the first round of 16 words leaves out: 16 bytes each */
        "    adr.w r7, 2f\n"
        "    add r7, r7, r6, lsl #1\n" /* 52 = 32 + 16 + 4 bytes of code for 16 */
        "    add r7, r7, r6\n"
        "    add r7, r7, r6, lsr #2\n"
        "    add r6, r7, #1\n" /* Thumb */
        "    stm sp, {r2-r6}\n"
        "1:  ldr r1, [sp]\n"
        "    ldr r2, [r0], #4\n"
        "    ldr r6, [r0], #4\n"
        "    ldr r10, [r0], #4\n"
        "    ldm r1!, {r3-r5, r12}\n" /* the first word: all sums come from two starts */
        "    sxtb16 r11, r10\n"
        "    smlad r7, r4, r10, r6\n"
        "    smlad r8, r5, r10, r6\n"
        "    smlad r9, r12, r10, r6\n"
        "    smlad r6, r3, r10, r6\n"
        "    smlad lr, r3, r11, r2\n"
        "    smlad r3, r4, r11, r2\n"
        "    smlad r4, r5, r11, r2\n"
        "    smlad r5, r12, r11, r2\n"
        "    ldr r12, [sp, #16]\n"
        "    mov r2, lr\n"
        "    bx r12\n"
        ".balign 4\n"
        "2:\n"
        ".rept 16\n"
        "    ldr.w r10, [r0], #4\n"
        "    ldr.w r12, [r1], #4\n"
        "    ldr.w lr, [r1], #4\n"
        "    sxtb16 r11, r10\n"
        "    smlad r2, r12, r11, r2\n"
        "    smlad r6, r12, r10, r6\n"
        "    smlad r3, lr, r11, r3\n"
        "    smlad r7, lr, r10, r7\n"
        "    ldrd r12, lr, [r1], #8\n"
        "    smlad r4, r12, r11, r4\n"
        "    smlad r8, r12, r10, r8\n"
        "    smlad r5, lr, r11, r5\n"
        "    smlad r9, lr, r10, r9\n"
        ".endr\n"
        "    ldr r10, [sp, #4]\n"
        "    cmp r1, r10\n"
        "    bne.w 2b\n"
        "    ldr lr, [sp, #8]\n"
        "    ldr r10, [r0], #4\n"
        "    ldr r11, [r0], #4\n"
        "    ldr r12, [r0], #4\n"
        "    sub r6, r6, r2\n"
        "    sub r7, r7, r3\n"
        "    sub r8, r8, r4\n"
        "    sub r9, r9, r5\n"
        "    tst r12, #0x2000\n"
        "    beq 5f\n"
        "    lsl r1, lr, r12\n"
        "    add r1, r1, r12, asr #16\n"
        "    kl_tile_linear r2, r10, r12\n"
        "    kl_tile_linear r3, r10, r12\n"
        "    kl_tile_linear r4, r10, r12\n"
        "    kl_tile_linear r5, r10, r12\n"
        "    ubfx r10, r12, #8, #5\n"
        "    lsl r1, lr, r10\n"
        "    kl_tile_linear r6, r11, r10\n"
        "    kl_tile_linear r7, r11, r10\n"
        "    kl_tile_linear r8, r11, r10\n"
        "    kl_tile_linear r9, r11, r10\n"
        "3:  lsls r12, r12, #17\n" /* carry: a single channel; negative: the last pair */
        "    ldr lr, [sp, #12]\n"
        "    ldm lr, {r1, r10-r12}\n"
        "    strb r5, [r12], #1\n" /* the last pixel first: others may write over it */
        "    strb r4, [r11], #1\n"
        "    strb r3, [r10], #1\n"
        "    strb r2, [r1], #1\n"
        "    bcs 4f\n"
        "    strb r9, [r12], #1\n"
        "    strb r8, [r11], #1\n"
        "    strb r7, [r10], #1\n"
        "    strb r6, [r1], #1\n"
        "4:  stm lr, {r1, r10-r12}\n"
        "    bpl 1b\n"
        "    add sp, sp, #20\n"
        "    pop {r4-r11, pc}\n"
        "5:  kl_tile_exact r2, r10, r12\n"
        "    kl_tile_exact r3, r10, r12\n"
        "    kl_tile_exact r4, r10, r12\n"
        "    kl_tile_exact r5, r10, r12\n"
        "    ubfx r10, r12, #8, #5\n"
        "    asr r6, r6, #8\n"
        "    asr r7, r7, #8\n"
        "    asr r8, r8, #8\n"
        "    asr r9, r9, #8\n"
        "    kl_tile_exact r6, r11, r10\n"
        "    kl_tile_exact r7, r11, r10\n"
        "    kl_tile_exact r8, r11, r10\n"
        "    kl_tile_exact r9, r11, r10\n"
        "    b 3b\n"
        ".purgem kl_tile_exact\n"
        ".purgem kl_tile_linear\n");
}

/* Four inputs of one pixel to two words. */
static inline void kl_expand_word(uint32_t *words, uint32_t inputs)
{
    uint32_t even, odd;
    __asm__("sxtb16 %0, %1" : "=r"(even) : "r"(inputs));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(inputs));
    words[0] = even;
    words[KL_TILE_PIXELS] = odd;
}

static inline uint32_t kl_load_inputs(const int8_t *x)
{
    uint32_t word;
    memcpy(&word, x, sizeof word);
    return word;
}

/* 4 * count inputs of one pixel, one after the other at x, to its words of a tile. */
KL_NOINLINE __attribute__((unused)) static void kl_expand_lane(uint32_t *words, const int8_t *x,
                                                               int32_t count)
{
    for (; count >= 4; count -= 4, x += 16, words += 8 * KL_TILE_PIXELS) {
        const uint32_t first = kl_load_inputs(x), second = kl_load_inputs(x + 4);
        const uint32_t third = kl_load_inputs(x + 8), fourth = kl_load_inputs(x + 12);
        kl_expand_word(words, first);
        kl_expand_word(words + 2 * KL_TILE_PIXELS, second);
        kl_expand_word(words + 4 * KL_TILE_PIXELS, third);
        kl_expand_word(words + 6 * KL_TILE_PIXELS, fourth);
    }
    for (; count > 0; count--, x += 4, words += 2 * KL_TILE_PIXELS) {
        kl_expand_word(words, kl_load_inputs(x));
    }
}

/* The same for all pixels of a tile: 4 * count inputs of pixel i at x + i * step. */
static inline void kl_expand_tile(uint32_t *words, const int8_t *x, int32_t step, int32_t count)
{
    const int8_t *x1 = x + step, *x2 = x1 + step, *x3 = x2 + step;
    for (const int8_t *end = x + 4 * count; x < end; words += 2 * KL_TILE_PIXELS) {
        const uint32_t first = kl_load_inputs(x), second = kl_load_inputs(x1);
        const uint32_t third = kl_load_inputs(x2), fourth = kl_load_inputs(x3);
        x += 4, x1 += 4, x2 += 4, x3 += 4;
        kl_expand_word(words, first);
        kl_expand_word(words + 1, second);
        kl_expand_word(words + 2, third);
        kl_expand_word(words + 3, fourth);
    }
}

#endif
