/* SPDX-License-Identifier: Apache-2.0 */
/* What the startup code of all ports shares: memory before main, and the report of a fault. */
#ifndef KINGLET_PORT_STARTUP_H
#define KINGLET_PORT_STARTUP_H

#include <stdint.h>

#include "kinglet/port.h"

/* Set by link.ld; only their addresses mean something. */
extern uint32_t kl_stack_limit[], kl_stack_top[];
extern const unsigned char kl_flash_start[], kl_flash_end[];

/* The program's; returns the exit status. */
int main(void);

/* Copy .data from flash and clear .bss. */
void kl_startup_memory(void);

/*
 * Begin the report of a fault on the UART: one line of text, which no frame of the
 * protocol can be mistaken for. The caller adds words and calls kl_fault_end.
 */
void kl_fault_begin(int stack_overflow);

/* Add " name=0x01234567". */
void kl_fault_put_word(const char *name, uint32_t value);

/* End the line and the program with KL_PORT_EXIT_FAULT; a deployed device (device/port/device)
 * resets instead. */
_Noreturn void kl_fault_end(void);

#endif
