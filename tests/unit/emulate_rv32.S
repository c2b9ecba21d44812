/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware of emulate_run_test.c for rv32-virt; see emulate_arm.S. */
    .text
    .global _start, r_loop, r_mixed, r_page, r_fall, r_idle
_start:
    la sp, _start + 0x10000
    li s0, 0x10000000
    call receive
    jal ra, r_loop
    jal ra, r_mixed
    jal ra, r_page
    jal ra, r_idle

    .option push
    .option norvc
r_loop:
    li a2, 1000
1:  addi a2, a2, -1
    bnez a2, 1b
    ret
    .option pop

r_mixed: /* one block and its return; compressed where the assembler can */
    .option push
    .option norelax
    addi sp, sp, -16
    sw ra, 12(sp)
    lw a3, 12(sp)
    mul a4, a3, a3
    mulhu a5, a3, a3
    divu a4, a5, a3
    amoadd.w a4, a5, (sp)
    lw ra, 12(sp)
    addi sp, sp, 16
    ret
    .option pop

    .balign 4096
    .space 4096 - 8
r_page: /* the loop's 32-bit addi lies across the end of a page */
    .option push
    .option norelax
    addi a2, zero, 100
1:  c.addi a2, -1
    addi a3, a3, 0x123
    bnez a2, 1b
    .option pop
    c.nop
r_fall:
    c.nop
    c.nop
    ret

r_idle:
    li s1, 0x84000000
    li s2, 4
1:  lbu a1, 0(s1)
    addi s1, s1, 1
    call send
    addi s2, s2, -1
    bnez s2, 1b
    li a1, 'd'
    call send
    call receive
    li a2, 'x'
    beq a1, a2, fault
1:  j 1b

fault:
    li a1, '!'
    call send
    li a1, 0x00100000
    li a2, (125 << 16) | 0x3333
    sw a2, 0(a1)
1:  j 1b

receive: /* byte in a1 */
    lbu a1, 5(s0)
    andi a1, a1, 1
    beqz a1, receive
    lbu a1, 0(s0)
    ret

send: /* byte in a1 */
    lbu a2, 5(s0)
    andi a2, a2, 0x20
    beqz a2, send
    sb a1, 0(s0)
    ret
