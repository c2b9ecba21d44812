/* SPDX-License-Identifier: Apache-2.0 */
#include "port/arm/mainline.h"

#include "port/arm/cortex_m.h"

#define SCB_CFSR (*(volatile uint32_t *)0xE000ED28)  /* configurable fault status */
#define SCB_HFSR (*(volatile uint32_t *)0xE000ED2C)  /* hard fault status */
#define SCB_BFAR (*(volatile uint32_t *)0xE000ED38)  /* faulting address of a bus fault */
#define SCB_MMFAR (*(volatile uint32_t *)0xE000ED34) /* faulting address of an MPU violation */
#define SCB_CPACR (*(volatile uint32_t *)0xE000ED88) /* coprocessor access */

enum { CFSR_MMFAR_VALID = 0x80 };
#define CFSR_STACK_LIMIT (1u << 20) /* ARMv8-M; reserved before */

void kl_mainline_enable_fpu(void)
{
    SCB_CPACR |= 0xFu << 20; /* full access to CP10 and CP11 */
}

int kl_cortex_m_stack_overflowed(void)
{
    return (SCB_CFSR & CFSR_STACK_LIMIT) != 0;
}

void kl_cortex_m_put_fault_status(void)
{
    kl_fault_put_word("cfsr", SCB_CFSR);
    kl_fault_put_word("hfsr", SCB_HFSR);
    kl_fault_put_word("address", SCB_CFSR & CFSR_MMFAR_VALID ? SCB_MMFAR : SCB_BFAR);
}
