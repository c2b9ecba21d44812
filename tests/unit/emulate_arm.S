/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware of emulate_run_test.c for Cortex-M boards with a CMSDK UART. Waits for a byte, runs
 * regions with known counts, sends the first four bytes of the mailbox and "d", and idles. Then 'x'
 * ends it with the status of a fault, and 'c' locks the processor up.
 *
 * -DUART=, -DRAM=, -DMAILBOX=: addresses. -DVECTORS: with vector instructions (MVE).
 */
    .syntax unified
    .thumb
    .text
    .global r_start, r_loop, r_mixed, r_page, r_fall, r_idle

    .word RAM + 0x10000
    .word reset
    .space 56 /* all other vectors are 0: any fault locks up */

    .type reset, %function
reset:
#ifdef VECTORS
    ldr r0, =0xe000ed88 /* CPACR: the vector unit is coprocessors 10 and 11 */
    movs r1, #0xf
    lsls r1, #20
    str r1, [r0]
    dsb
    isb
#endif
    ldr r0, =UART
    movs r1, #16
    str r1, [r0, #16]
    movs r1, #3
    str r1, [r0, #8]
    bl receive
    bl r_loop
    bl r_mixed
    bl r_page
    bl r_idle

    .type r_loop, %function
r_loop:
    movw r2, #1000
1:  subs r2, #1
    bne 1b
    bx lr

    .type r_mixed, %function
r_mixed: /* one block and its return; with vectors three rounds of a loop more */
    push {r4, r5, lr}
    ldr r2, =RAM
    ldr r3, [r2]
    ldr r4, [r2, #4]
    str r4, [r2, #8]
    strd r3, r4, [r2]
    muls r3, r4
    mla r3, r4, r5, r3
    sdiv r3, r4, r3
    it eq
    addeq r3, #1
#ifdef VECTORS
    movs r3, #40 /* bytes: two vectors and a half */
    dlstp.8 lr, r3
1:  vldrb.u8 q0, [r2], #16
    vmladava.s8 r4, q0, q0
    letp lr, 1b
#endif
    pop {r4, r5, pc}

    .ltorg
    .balign 4096
    .space 4096 - 10
    .type r_page, %function
r_page: /* the loop's second instruction lies across the end of a page */
    movw r2, #100
1:  subs r2, #1
    nop
    add.w r3, r3, #0x12000
    cmp r2, #0
    bne 1b
    /* Reached without a branch, in the middle of a block. */
    nop
r_fall:
    nop
    nop
    bx lr

    .type r_idle, %function
r_idle:
    ldr r2, =MAILBOX
    movs r3, #4
1:  ldrb r1, [r2], #1
    bl send
    subs r3, #1
    bne 1b
    movs r1, #'d'
    bl send
    bl receive
    cmp r1, #'x'
    beq fault
    ldr r1, =0xf0000000
    ldr r1, [r1]
1:  b 1b

fault:
    movs r1, #'!'
    bl send
    ldr r1, =exit_block
    movs r0, #0x20
    bkpt 0xab

receive: /* byte in r1 */
    ldr r1, [r0, #4]
    tst r1, #2
    beq receive
    ldr r1, [r0]
    bx lr

send: /* byte in r1 */
    ldr r4, [r0, #4]
    tst r4, #1
    bne send
    str r1, [r0]
    bx lr

    .balign 4
exit_block:
    .word 0x20026, 125
