/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MPS3 board with the image AN547: Cortex-M55 with vectors (MVE), everything in the Secure
 * state, as on the AN505. The firmware lies in the QSPI memory; the core begins at address 0, in
 * its tightly coupled memory, where link.ld places a second table with the first two vectors.
 * UART0: Arm Application Note AN547, memory map.
 * Registers: ARMv8-M Architecture Reference Manual (DDI 0553), CCR.
 */
#include "port/arm/armv8m_protect.h"
#include "port/arm/cmsdk_uart.h"
#include "port/arm/cortex_m.h"
#include "port/arm/mainline.h"

#define SCB_VTOR (*(volatile uint32_t *)0xE000ED08)
#define SCB_CCR (*(volatile uint32_t *)0xE000ED14)
#define CCR_LOOPS_AND_BRANCHES (1u << 19) /* low-overhead loops may keep their state */

_Noreturn void kl_port_reset(void);

struct kl_cmsdk_uart *const kl_cmsdk_uart = (struct kl_cmsdk_uart *)0x59303000;

struct boot_vectors {
    uint32_t *stack_top;
    void (*reset)(void);
};

extern const struct boot_vectors kl_boot_vectors;

__attribute__((section(".kl_boot"), used))
const struct boot_vectors kl_boot_vectors = {kl_stack_top, kl_port_reset};

void kl_cortex_m_prepare(void)
{
    SCB_VTOR = (uint32_t)(uintptr_t)kl_flash_start;
    SCB_CCR |= CCR_LOOPS_AND_BRANCHES;
    kl_mainline_enable_fpu();
    kl_armv8m_protect();
}
