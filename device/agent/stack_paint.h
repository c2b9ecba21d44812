/* SPDX-License-Identifier: Apache-2.0 */
/* How much stack a piece of code needs: paint what is free before, look what is left after. */
#ifndef KINGLET_AGENT_STACK_PAINT_H
#define KINGLET_AGENT_STACK_PAINT_H

#include <stdint.h>

/* Paint the stack from its limit to the caller. */
void kl_stack_paint(void);

/*
 * Bytes from `top`, a stack pointer, down to the lowest word that lost its paint since
 * kl_stack_paint. Code that wrote the paint's own value in its last words is measured that
 * much too low.
 */
uint32_t kl_stack_used(const uint32_t *top);

#endif
