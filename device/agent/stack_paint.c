/* SPDX-License-Identifier: Apache-2.0 */
/* Stack high-water mark; see stack_paint.h. */
#include "agent/stack_paint.h"

#include "kinglet/port.h"

enum { PAINT = 0x5AC3A53C };

/* Volatile, so that this stays a loop in this frame: a call of memset would paint its own
 * return address. */
__attribute__((noinline)) void kl_stack_paint(void)
{
    volatile uint32_t *end = kl_port_stack_pointer();
    for (volatile uint32_t *word = kl_port_stack_limit(); word < end; word++) {
        *word = PAINT;
    }
}

__attribute__((noinline)) uint32_t kl_stack_used(const uint32_t *top)
{
    const volatile uint32_t *word = kl_port_stack_limit();
    while (word < top && *word == PAINT) {
        word++;
    }
    return (uint32_t)(top - (const uint32_t *)word) * (uint32_t)sizeof *top;
}
