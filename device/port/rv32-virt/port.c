/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UART and exit of QEMU's RISC-V "virt" machine.
 * Addresses: QEMU's hw/riscv/virt.c. UART: 16550 data sheet. Exit: SiFive test finisher.
 */
#include "kinglet/port.h"

#define UART0 ((volatile uint8_t *)0x10000000)
#define TEST_FINISHER (*(volatile uint32_t *)0x00100000)

enum { UART_DATA = 0, UART_LINE_CONTROL = 3, UART_LINE_STATUS = 5 };
enum { UART_RX_READY = 0x01, UART_TX_EMPTY = 0x20, UART_8N1 = 0x03 };
enum { FINISHER_FAIL = 0x3333, FINISHER_PASS = 0x5555 };

/* The FIFOs stay off: switching them on would drop a byte that came before. */
void kl_port_init(void)
{
    UART0[UART_LINE_CONTROL] = UART_8N1;
}

uint8_t kl_port_uart_getc(void)
{
    while (!(UART0[UART_LINE_STATUS] & UART_RX_READY)) {
    }
    return UART0[UART_DATA];
}

void kl_port_uart_putc(uint8_t byte)
{
    while (!(UART0[UART_LINE_STATUS] & UART_TX_EMPTY)) {
    }
    UART0[UART_DATA] = byte;
}

void kl_port_exit(int status)
{
    TEST_FINISHER = status == 0 ? FINISHER_PASS : ((uint32_t)status << 16) | FINISHER_FAIL;
    for (;;) {
    }
}

/* Naked: no frame of its own stands between the caller's stack pointer and the answer. */
__attribute__((naked)) uint32_t *kl_port_stack_pointer(void)
{
    __asm volatile("mv a0, sp\n\tret");
}
