/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a port offers: the few things that differ between systems on chip. Each folder of
 * device/port implements this interface for one of them.
 *
 * Reset order: the port's entry sets the stack pointer, switches the FPU on, copies .data,
 * clears .bss and calls main. main calls kl_port_init first. When main returns, the port
 * ends the program with main's value.
 */
#ifndef KINGLET_PORT_H
#define KINGLET_PORT_H

#include <stdint.h>

/* Exit status of a firmware that took a fault; the report went to the UART. */
enum { KL_PORT_EXIT_FAULT = 125 };

/* Clocks and the first UART. Call once, before any other function of this header. */
void kl_port_init(void);

/* Next byte from the first UART; waits for it. */
uint8_t kl_port_uart_getc(void);

/* Send one byte; waits until the UART takes it. */
void kl_port_uart_putc(uint8_t byte);

/*
 * End the program: an emulator ends with `status` (0 to 255), a board without one stops
 * here.
 */
_Noreturn void kl_port_exit(int status);

/*
 * Memory outside the firmware's that an emulator fills with large inputs before the start.
 * bytes = 0 when the board has none.
 */
struct kl_port_mailbox {
    const unsigned char *base;
    uint32_t bytes;
};

struct kl_port_mailbox kl_port_mailbox(void);

/* Lowest address of the stack, 16-aligned; the stack grows down to it. */
uint32_t *kl_port_stack_limit(void);

/* The stack pointer of the calling function. */
uint32_t *kl_port_stack_pointer(void);

#endif
