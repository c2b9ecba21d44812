/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C in commands that keep what is done. */
#ifndef KINGLET_CLI_INTERRUPT_H
#define KINGLET_CLI_INTERRUPT_H

#include <stdbool.h>

/* Becomes true with the first SIGINT, SIGTERM or SIGHUP after kl_catch_interrupts; a second one
 * ends the program. */
extern volatile bool kl_interrupted;

void kl_catch_interrupts(void);

#endif
