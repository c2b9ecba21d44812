/* SPDX-License-Identifier: Apache-2.0 */
/* What columns_c.h defines, with the DSP instructions. */
#ifndef KINGLET_NN_ARMV7EM_COLUMNS_ASM_H
#define KINGLET_NN_ARMV7EM_COLUMNS_ASM_H

#include "kinglet/nn.h"

/*
 * What both walks share. r0 words, r1 start, r6..r8 weights 0 and 2 of the three filter lines,
 * r9 weights 1 of the first and second (bottom, top), r10 weight 1 of the third (top) and the shift
 * (lowest byte), all weights times 256; lr multiplier; r11, r12 pixels 0 and 2, 1 and 3 of a row.
 */
#define KL_COLUMN_MACROS                                   \
    ".syntax unified\n"                                    \
    ".macro kl_column_begin\n"                             \
    "    ldr r6, [r1]\n"                                   \
    "    ldr r8, [r1, #4]\n"                               \
    "    ldr lr, [r1, #12]\n"                              \
    "    ldrb r12, [r1, #16]\n"                            \
    "    ldrb r10, [r1, #17]\n"                            \
    "    ldr r1, [r1, #8]\n"                               \
    "    and r7, r6, #0xff00ff00\n"                        \
    "    lsl r6, r6, #8\n"                                 \
    "    and r6, r6, #0xff00ff00\n"                        \
    "    and r9, r8, #0xff00ff00\n"                        \
    "    lsl r8, r8, #8\n"                                 \
    "    and r8, r8, #0xff00ff00\n"                        \
    "    lsl r10, r10, #24\n"                              \
    "    mov r4, #0\n"                                     \
    "8:  subs r12, r12, #32\n" /* bits 5 to 7: halvings */ \
    "    bmi 9f\n"                                         \
    "    shadd16 r6, r6, r4\n"                             \
    "    shadd16 r7, r7, r4\n"                             \
    "    shadd16 r8, r8, r4\n"                             \
    "    shadd16 r9, r9, r4\n"                             \
    "    shadd16 r10, r10, r4\n"                           \
    "    b 8b\n"                                           \
    "9:  add r12, r12, #32\n"                              \
    "    orr r10, r10, r12\n"                              \
    ".endm\n"                                              \
    ".macro kl_column_pixels word\n"                       \
    "    sxtb16 r12, \\word, ror #8\n"                     \
    "    sxtb16 r11, \\word\n"                             \
    ".endm\n"                                              \
    ".macro kl_column_result sum\n"                        \
    "    smmul \\sum, \\sum, lr\n"                         \
    ".endm\n"                                              \
    ".macro kl_column_round sum\n"                         \
    "    asr \\sum, \\sum, r10\n"                          \
    "    ssat \\sum, #8, \\sum\n"                          \
    ".endm\n"

#define KL_COLUMN_MACROS_END     \
    ".purgem kl_column_begin\n"  \
    ".purgem kl_column_pixels\n" \
    ".purgem kl_column_result\n" \
    ".purgem kl_column_round\n"

/*
 * Two windows side by side, three rows of results in flight: of an input row, the last line of a
 * result that ends, the middle of the next one, and the first line of one that begins. r2, r3 and
 * r4, r5 are the sums of the two rows before; they change roles from row to row. Bits 8 to 15 of
 * r10 count pairs of rows; an odd number of rows enters in the middle of a pair. On the stack:
 * pairs of rows in bits 8 to 15, with bit 0 set for an odd number of rows; columns.
 */
__attribute__((naked, noinline, unused)) static void
kl_columns_by_1(__attribute__((unused)) uint32_t *words,
                __attribute__((unused)) const int8_t *record, __attribute__((unused)) int32_t rows,
                __attribute__((unused)) int32_t columns)
{
    __asm__(KL_COLUMN_MACROS
            ".macro kl_column_load\n"
            "    ldr r11, [r0], #16\n"
            "    kl_column_pixels r11\n"
            ".endm\n"
            ".macro kl_column_first s0, s1\n" /* begins two sums */
            "    smlad \\s0, r11, r6, r1\n"
            "    smlad \\s1, r12, r6, r1\n"
            "    smlabb \\s0, r12, r9, \\s0\n"
            "    smlatb \\s1, r11, r9, \\s1\n"
            ".endm\n"
            ".macro kl_column_second s0, s1\n"
            "    smlad \\s0, r11, r7, \\s0\n"
            "    smlad \\s1, r12, r7, \\s1\n"
            "    smlabt \\s0, r12, r9, \\s0\n"
            "    smlatt \\s1, r11, r9, \\s1\n"
            ".endm\n"
            ".macro kl_column_row s0, s1, t0, t1\n" /* the row that ends s0 and s1 */
            "    kl_column_load\n"
            "    smlad \\s0, r11, r8, \\s0\n"
            "    smlad \\s1, r12, r8, \\s1\n"
            "    smlabt \\s0, r12, r10, \\s0\n"
            "    smlatt \\s1, r11, r10, \\s1\n"
            "    kl_column_second \\t0, \\t1\n"
            "    kl_column_result \\s0\n"
            "    kl_column_result \\s1\n"
            "    kl_column_round \\s0\n"
            "    kl_column_round \\s1\n"
            "    strb \\s0, [r0, #-48]\n"
            "    strb \\s1, [r0, #-47]\n"
            "    kl_column_first \\s0, \\s1\n"
            ".endm\n"
            "    and r12, r2, #1\n"
            "    adds r2, r2, #1\n"
            "    lsr r2, r2, #1\n"
            "    orr r2, r12, r2, lsl #8\n"
            "    push {r2-r11, lr}\n"
            "    kl_column_begin\n"
            "1:\n"
            "    kl_column_load\n"
            "    kl_column_first r2, r3\n"
            "    kl_column_load\n"
            "    kl_column_second r2, r3\n"
            "    kl_column_first r4, r5\n"
            "    ldr r11, [sp]\n"
            "    lsrs r12, r11, #1\n" /* carry: odd */
            "    bic r11, r11, #1\n"
            "    orr r10, r10, r11\n"
            "    bcc 2f\n"
            "    mov r11, r2\n"
            "    mov r12, r3\n"
            "    mov r2, r4\n"
            "    mov r3, r5\n"
            "    mov r4, r11\n"
            "    mov r5, r12\n"
            "    b 3f\n"
            "2:\n"
            "    kl_column_row r2, r3, r4, r5\n"
            "3:\n"
            "    kl_column_row r4, r5, r2, r3\n"
            "    sub r10, r10, #0x100\n"
            "    tst r10, #0xff00\n"
            "    bne 2b\n"
            "    ldr r11, [sp, #4]\n"
            "    subs r11, r11, #1\n"
            "    str r11, [sp, #4]\n"
            "    bne 1b\n"
            "    pop {r2-r11, pc}\n"
            ".purgem kl_column_load\n"
            ".purgem kl_column_first\n"
            ".purgem kl_column_second\n"
            ".purgem kl_column_row\n" KL_COLUMN_MACROS_END);
}

/* Two windows, the row that ends two results begins the next ones. r2, r3 sums, r4 the pixel of the
 * next column, r5 its distance from the next row; rows left as above. On the stack: rows, columns.
 */
__attribute__((naked, noinline, unused)) static void
kl_columns_by_2(__attribute__((unused)) uint32_t *words,
                __attribute__((unused)) const int8_t *record, __attribute__((unused)) int32_t rows,
                __attribute__((unused)) int32_t columns)
{
    __asm__(KL_COLUMN_MACROS ".macro kl_column_load\n"
                             "    ldr r11, [r0], #16\n"
                             "    ldrsb r4, [r0, r5]\n"
                             "    kl_column_pixels r11\n"
                             ".endm\n"
                             ".macro kl_column_first\n"
                             "    smlad r2, r11, r6, r1\n"
                             "    smlatb r3, r11, r6, r1\n"
                             "    smlabb r2, r12, r9, r2\n"
                             "    smlatb r3, r12, r9, r3\n"
                             "    smlabt r3, r4, r6, r3\n"
                             ".endm\n"
                             ".macro kl_column_line outer, middle\n" /* middle: in the upper half */
                             "    smlad r2, r11, \\outer, r2\n"
                             "    smlatb r3, r11, \\outer, r3\n"
                             "    smlabt r2, r12, \\middle, r2\n"
                             "    smlatt r3, r12, \\middle, r3\n"
                             "    smlabt r3, r4, \\outer, r3\n"
                             ".endm\n"
                             "    push {r2-r11, lr}\n"
                             "    lsl r5, r2, #5\n"
                             "    kl_column_begin\n"
                             "1:\n"
                             "    ldr r3, [sp]\n"
                             "    orr r10, r10, r3, lsl #8\n"
                             "    kl_column_load\n"
                             "    kl_column_first\n"
                             "2:\n"
                             "    kl_column_load\n"
                             "    kl_column_line r7, r9\n"
                             "    kl_column_load\n"
                             "    kl_column_line r8, r10\n"
                             "    kl_column_result r2\n"
                             "    kl_column_result r3\n"
                             "    kl_column_round r2\n"
                             "    kl_column_round r3\n"
                             "    strb r2, [r0, #-48]\n"
                             "    strb r3, [r0, #-47]\n"
                             "    kl_column_first\n"
                             "    sub r10, r10, #0x100\n"
                             "    tst r10, #0xff00\n"
                             "    bne 2b\n"
                             "    ldr r11, [sp, #4]\n"
                             "    subs r11, r11, #1\n"
                             "    str r11, [sp, #4]\n"
                             "    bne 1b\n"
                             "    pop {r2-r11, pc}\n"
                             ".purgem kl_column_load\n"
                             ".purgem kl_column_first\n"
                             ".purgem kl_column_line\n" KL_COLUMN_MACROS_END);
}

/*
 * r0 words, r1 pixel, r2 in_c, r3 step, r4, r5 even and odd channels of one pair of pixels, r8, r6
 * of the next (r6, r7 the pixels themselves), r9..r12 words, lr pairs left in the image. On the
 * stack: the parameter, end of the columns.
 */
#define KL_COLUMN_FILL_MACROS                                                      \
    ".syntax unified\n"                                                            \
    ".macro kl_column_pair even, odd\n" /* of the pixels r6, r7 */                 \
    "    uxtb16 \\even, r6\n"                                                      \
    "    uxtb16 r12, r7\n"                                                         \
    "    orr \\even, \\even, r12, lsl #8\n"                                        \
    "    uxtb16 r6, r6, ror #8\n"                                                  \
    "    and r7, r7, #0xff00ff00\n"                                                \
    "    orr \\odd, r6, r7\n"                                                      \
    ".endm\n"                                                                      \
    ".macro kl_column_next even, odd, edge, back\n"                                \
    "    subs lr, lr, #1\n"                                                        \
    "    bmi \\edge\n"                                                             \
    "    ldr r6, [r1]\n"                                                           \
    "    ldr r7, [r1, r2]\n"                                                       \
    "    add r1, r1, r2, lsl #1\n"                                                 \
    "\\back:\n"                                                                    \
    "    kl_column_pair \\even, \\odd\n"                                           \
    ".endm\n"                                                                      \
    ".macro kl_column_edge back\n" /* pixels of a pair that is not in the image */ \
    "    ldr r12, [sp]\n"                                                          \
    "    ldr r6, [r12, #32]\n"                                                     \
    "    mov r7, r6\n"                                                             \
    "    cmn lr, #1\n"                                                             \
    "    bne \\back\n"                                                             \
    "    ldr r8, [r12, #20]\n"                                                     \
    "    cmp r8, #0\n"                                                             \
    "    beq \\back\n"                                                             \
    "    ldr r6, [r1]\n"                                                           \
    "    b \\back\n"                                                               \
    ".endm\n"                                                                      \
    ".macro kl_column_begin_row\n"                                                 \
    "    ldr r12, [sp]\n"                                                          \
    "    ldm r12, {r0-r3}\n"                                                       \
    "    ldr lr, [r12, #16]\n"                                                     \
    "    ldrd r6, r5, [r12, #24]\n" /* columns, first */                           \
    "    mla r7, r6, r3, r0\n"                                                     \
    "    str r7, [sp, #4]\n"                                                       \
    "    ldr r6, [r12, #32]\n"                                                     \
    "    mov r7, r6\n"                                                             \
    "    cmp r5, #1\n"                                                             \
    "    blt 2f\n"                                                                 \
    "    ldr r7, [r1]\n"                                                           \
    "    add r1, r1, r2\n"                                                         \
    "    beq 2f\n"                                                                 \
    "    mov r6, r7\n"                                                             \
    "    ldr r7, [r1]\n"                                                           \
    "    add r1, r1, r2\n"                                                         \
    "2:  kl_column_pair r4, r5\n"                                                  \
    ".endm\n"                                                                      \
    ".macro kl_column_put\n"                                                       \
    "    pkhbt r9, r4, r8, lsl #16\n"                                              \
    "    pkhbt r10, r5, r6, lsl #16\n"                                             \
    "    pkhtb r11, r8, r4, asr #16\n"                                             \
    "    pkhtb r12, r6, r5, asr #16\n"                                             \
    "    stm r0, {r9-r12}\n"                                                       \
    "    add r0, r0, r3\n"                                                         \
    ".endm\n"                                                                      \
    ".macro kl_column_end_row\n"                                                   \
    "    ldr r12, [sp]\n"                                                          \
    "    ldm r12, {r0, r1}\n"                                                      \
    "    ldrd r2, r3, [r12, #36]\n" /* rows, stride */                             \
    "    add r0, r0, #16\n"                                                        \
    "    add r1, r1, r3\n"                                                         \
    "    stm r12, {r0, r1}\n"                                                      \
    "    subs r2, r2, #1\n"                                                        \
    "    str r2, [r12, #36]\n"                                                     \
    ".endm\n"

#define KL_COLUMN_FILL_MACROS_END   \
    ".purgem kl_column_pair\n"      \
    ".purgem kl_column_next\n"      \
    ".purgem kl_column_edge\n"      \
    ".purgem kl_column_begin_row\n" \
    ".purgem kl_column_put\n"       \
    ".purgem kl_column_end_row\n"

/* The second pair of a column is the first of the next. */
__attribute__((naked, noinline, unused)) static void
kl_columns_fill_by_1(__attribute__((unused)) struct kl_columns_fill *f)
{
    __asm__(KL_COLUMN_FILL_MACROS "    push {r0, r1, r4-r11, lr}\n"
                                  "1:  kl_column_begin_row\n"
                                  "    subs lr, lr, #1\n"
                                  "    bmi 5f\n"
                                  "3:  ldr r6, [r1]\n"
                                  "    ldr r7, [r1, r2]\n"
                                  "    add r1, r1, r2, lsl #1\n"
                                  "4:  kl_column_pair r8, r6\n"
                                  "    kl_column_put\n"
                                  "    mov r4, r8\n"
                                  "    mov r5, r6\n"
                                  "    subs lr, lr, #1\n"
                                  "    bpl 3b\n"
                                  "5:  ldr r12, [sp, #4]\n"
                                  "    cmp r0, r12\n"
                                  "    bne 6f\n"
                                  "    kl_column_end_row\n"
                                  "    bne 1b\n"
                                  "    pop {r0, r1, r4-r11, pc}\n"
                                  "6:  kl_column_edge 4b\n" KL_COLUMN_FILL_MACROS_END);
}

__attribute__((naked, noinline, unused)) static void
kl_columns_fill_by_2(__attribute__((unused)) struct kl_columns_fill *f)
{
    __asm__(KL_COLUMN_FILL_MACROS "    push {r0, r1, r4-r11, lr}\n"
                                  "1:  kl_column_begin_row\n"
                                  "3:  kl_column_next r8, r6, 6f, 4\n"
                                  "    kl_column_put\n"
                                  "    kl_column_next r4, r5, 7f, 5\n"
                                  "    ldr r12, [sp, #4]\n"
                                  "    cmp r0, r12\n"
                                  "    bne 3b\n"
                                  "    kl_column_end_row\n"
                                  "    bne 1b\n"
                                  "    pop {r0, r1, r4-r11, pc}\n"
                                  "6:  kl_column_edge 4b\n"
                                  "7:  kl_column_edge 5b\n" KL_COLUMN_FILL_MACROS_END);
}

/* r1 pixel, r2 out_c, r3 step, r8, r9 even and odd channels, r10 the parameter, r11 pixels left;
 * pixels to r4 and r8. */
__attribute__((naked, noinline, unused)) static void
kl_columns_store(__attribute__((unused)) struct kl_columns_store *s)
{
    __asm__(".syntax unified\n"
            ".macro kl_column_get\n"
            "    ldm r0, {r4-r7}\n"
            "    add r0, r0, r3\n"
            "    pkhbt r8, r4, r6, lsl #16\n"
            "    pkhbt r9, r5, r7, lsl #16\n"
            "    uxtb16 r4, r8\n"
            "    uxtb16 r5, r9\n"
            "    orr r4, r4, r5, lsl #8\n"
            ".endm\n"
            "    push {r4-r11, lr}\n"
            "    mov r10, r0\n"
            "1:  ldm r10, {r0-r3, r11}\n"
            "    subs r11, r11, #2\n"
            "    bmi 3f\n"
            "2:  kl_column_get\n"
            "    uxtb16 r8, r8, ror #8\n"
            "    and r9, r9, #0xff00ff00\n"
            "    orr r8, r8, r9\n"
            "    str r4, [r1]\n"
            "    str r8, [r1, r2]\n"
            "    add r1, r1, r2, lsl #1\n"
            "    subs r11, r11, #2\n"
            "    bpl 2b\n"
            "3:  cmn r11, #1\n"
            "    bne 4f\n"
            "    kl_column_get\n"
            "    str r4, [r1]\n"
            "4:  ldm r10, {r0, r1}\n"
            "    ldrd r4, r5, [r10, #20]\n" /* rows, stride */
            "    ldr r6, [r10, #28]\n"
            "    add r1, r1, r5\n"
            "    add r0, r0, r6\n"
            "    stm r10, {r0, r1}\n"
            "    subs r4, r4, #1\n"
            "    str r4, [r10, #20]\n"
            "    bne 1b\n"
            "    pop {r4-r11, pc}\n"
            ".purgem kl_column_get\n");
}

#endif
