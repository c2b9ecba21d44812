/* SPDX-License-Identifier: Apache-2.0 */
/* kl_dot_s8, defined in nn/ref/dot_s8_c.h, in instructions of RV32IM. */
#ifndef KINGLET_NN_RV32_DOT_S8_H
#define KINGLET_NN_RV32_DOT_S8_H

#include <stdint.h>

/* a1 inputs up to a4, a2, a3, a5 and a6 filters, t3..t6 sums, t0 an input, t1 and t2 weights: 13
 * instructions for 4 products. */
__attribute__((naked, noinline, unused)) static void
kl_dot_s8(__attribute__((unused)) int32_t acc[4], __attribute__((unused)) const int8_t *x,
          __attribute__((unused)) const int8_t *w, __attribute__((unused)) int32_t stride,
          __attribute__((unused)) int32_t count)
{
    __asm__(".macro kl_dot_input j\n"
            "    lb t0, \\j(a1)\n"
            "    lb t1, \\j(a2)\n"
            "    lb t2, \\j(a3)\n"
            "    mul t1, t0, t1\n"
            "    mul t2, t0, t2\n"
            "    add t3, t3, t1\n"
            "    add t4, t4, t2\n"
            "    lb t1, \\j(a5)\n"
            "    lb t2, \\j(a6)\n"
            "    mul t1, t0, t1\n"
            "    mul t2, t0, t2\n"
            "    add t5, t5, t1\n"
            "    add t6, t6, t2\n"
            ".endm\n"
            ".macro kl_dot_advance count\n"
            "    addi a1, a1, \\count\n"
            "    addi a2, a2, \\count\n"
            "    addi a3, a3, \\count\n"
            "    addi a5, a5, \\count\n"
            "    addi a6, a6, \\count\n"
            ".endm\n"
            "    lw t3, 0(a0)\n"
            "    lw t4, 4(a0)\n"
            "    lw t5, 8(a0)\n"
            "    lw t6, 12(a0)\n"
            "    mv t0, a3\n"
            "    add a3, a2, t0\n"
            "    add a5, a3, t0\n"
            "    add a6, a5, t0\n"
            "    andi a7, a4, 3\n"
            "    add a4, a4, a1\n"
            "    beqz a7, 2f\n"
            "1:  kl_dot_input 0\n" /* one by one until a multiple of 4 is left */
            "    kl_dot_advance 1\n"
            "    addi a7, a7, -1\n"
            "    bnez a7, 1b\n"
            "2:  beq a1, a4, 4f\n"
            "3:  kl_dot_input 0\n"
            "    kl_dot_input 1\n"
            "    kl_dot_input 2\n"
            "    kl_dot_input 3\n"
            "    kl_dot_advance 4\n"
            "    bne a1, a4, 3b\n"
            "4:  sw t3, 0(a0)\n"
            "    sw t4, 4(a0)\n"
            "    sw t5, 8(a0)\n"
            "    sw t6, 12(a0)\n"
            "    ret\n"
            ".purgem kl_dot_input\n"
            ".purgem kl_dot_advance\n");
}

#endif
