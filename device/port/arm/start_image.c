/* SPDX-License-Identifier: Apache-2.0 */
/* Registers: ARMv7-M Architecture Reference Manual (DDI 0403), chapter B3.2. */
#include "port/arm/start_image.h"

#define SCB_VTOR (*(volatile uint32_t *)0xE000ED08)
#define SCB_AIRCR (*(volatile uint32_t *)0xE000ED0C)

enum { AIRCR_SYSRESETREQ = 4 };
#define AIRCR_KEY (0x05FAu << 16)

void kl_port_start_image(const void *image)
{
    const uint32_t *vectors = image;
    SCB_VTOR = (uint32_t)(uintptr_t)vectors;
    __asm volatile("dsb\n\t"
                   "isb\n\t"
                   "msr msp, %0\n\t"
                   "bx %1" ::"r"(vectors[0]),
                   "r"(vectors[1])
                   : "memory");
    __builtin_unreachable();
}

void kl_port_reboot(void)
{
    __asm volatile("dsb" ::: "memory");
    SCB_AIRCR = AIRCR_KEY | AIRCR_SYSRESETREQ;
    for (;;) {
    }
}
