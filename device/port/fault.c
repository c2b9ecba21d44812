/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a fault, for every port: plain text on the UART, then the end. */
#include "port/startup.h"

static void put_text(const char *text)
{
    while (*text) {
        kl_port_uart_putc((uint8_t)*text++);
    }
}

void kl_fault_begin(int stack_overflow)
{
    kl_port_init();
    put_text("\nkinglet fault:");
    if (stack_overflow) {
        put_text(" stack overflow");
    }
}

void kl_fault_put_word(const char *name, uint32_t value)
{
    put_text(" ");
    put_text(name);
    put_text("=0x");
    for (int shift = 28; shift >= 0; shift -= 4) {
        uint32_t digit = (value >> shift) & 15;
        kl_port_uart_putc((uint8_t)(digit < 10 ? '0' + digit : 'a' + digit - 10));
    }
}

/* Weak: a deployed device has its own end, which is a new beginning. */
__attribute__((weak)) void kl_fault_end(void)
{
    put_text("\n");
    kl_port_exit(KL_PORT_EXIT_FAULT);
}
