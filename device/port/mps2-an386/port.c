/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UART and exit of the MPS2 board with the AN386 image.
 * UART: Arm Cortex-M System Design Kit Technical Reference Manual (DDI 0479), APB UART.
 * Exit: Arm semihosting, SYS_EXIT_EXTENDED.
 */
#include "kinglet/port.h"

struct cmsdk_uart {
    volatile uint32_t data;
    volatile uint32_t state;   /* bit 0: transmit buffer full, bit 1: receive buffer full */
    volatile uint32_t control; /* bit 0: transmit, bit 1: receive */
    volatile uint32_t interrupt;
    volatile uint32_t baud_divider; /* at least 16 */
};

#define UART0 ((struct cmsdk_uart *)0x40004000)

enum { UART_TX_FULL = 1, UART_RX_FULL = 2, UART_TX_ENABLE = 1, UART_RX_ENABLE = 2 };
enum { SEMIHOSTING_EXIT_EXTENDED = 0x20, STOPPED_APPLICATION_EXIT = 0x20026 };

void kl_port_init(void)
{
    UART0->baud_divider = 16;
    UART0->control = UART_TX_ENABLE | UART_RX_ENABLE;
}

uint8_t kl_port_uart_getc(void)
{
    while (!(UART0->state & UART_RX_FULL)) {
    }
    return (uint8_t)UART0->data;
}

void kl_port_uart_putc(uint8_t byte)
{
    while (UART0->state & UART_TX_FULL) {
    }
    UART0->data = byte;
}

void kl_port_exit(int status)
{
    uint32_t block[2] = {STOPPED_APPLICATION_EXIT, (uint32_t)status};
    register uint32_t operation __asm("r0") = SEMIHOSTING_EXIT_EXTENDED;
    register uint32_t *argument __asm("r1") = block;
    __asm volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
    for (;;) {
    }
}

/* Naked: no frame of its own stands between the caller's stack pointer and the answer. */
__attribute__((naked)) uint32_t *kl_port_stack_pointer(void)
{
    __asm volatile("mov r0, sp\n\tbx lr");
}
