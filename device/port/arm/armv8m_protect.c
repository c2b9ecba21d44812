/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory in the place of a chip's flash is RAM here; the MPU makes it read-only. The stack
 * limit register catches an overflow before a store leaves the RAM.
 * Registers: ARMv8-M Architecture Reference Manual (DDI 0553), chapter on the PMSAv8 MPU.
 */
#include "port/arm/armv8m_protect.h"

#include "port/startup.h"

#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94)
#define MPU_RNR (*(volatile uint32_t *)0xE000ED98)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9C)
#define MPU_RLAR (*(volatile uint32_t *)0xE000EDA0)
#define MPU_MAIR0 (*(volatile uint32_t *)0xE000EDC0)

enum { MAIR_NORMAL_WRITE_THROUGH = 0xAA, MPU_ON_WITH_DEFAULT_MAP = 5 };
enum { RBAR_READ_ONLY = 3 << 1, RLAR_ENABLE = 1 };

void kl_armv8m_protect(void)
{
    MPU_MAIR0 = MAIR_NORMAL_WRITE_THROUGH;
    MPU_RNR = 0;
    MPU_RBAR = (uint32_t)(uintptr_t)kl_flash_start | (uint32_t)RBAR_READ_ONLY;
    MPU_RLAR = (((uint32_t)(uintptr_t)kl_flash_end - 1u) & ~31u) | (uint32_t)RLAR_ENABLE;
    MPU_CTRL = MPU_ON_WITH_DEFAULT_MAP;
    __asm volatile("msr msplim, %0" ::"r"(kl_stack_limit));
}
