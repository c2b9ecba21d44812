/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MPS2 board with the images AN385 (Cortex-M3), AN386 (Cortex-M4F) and AN500 (Cortex-M7): one
 * memory map and one UART for the three. Compiled for ARMv6-M it also runs code of a Cortex-M0 on
 * one of these cores, which then refuses unaligned accesses as that would.
 * Registers: ARMv7-M Architecture Reference Manual (DDI 0403), chapter B3.5 (PMSAv7).
 */
#include "port/arm/cmsdk_uart.h"
#include "port/arm/cmsdk_watchdog.h"
#include "port/arm/cortex_m.h"
#include "port/arm/mainline.h"
#include "port/arm/start_image.h"

#define SCB_CCR (*(volatile uint32_t *)0xE000ED14) /* configuration and control */
#define CCR_UNALIGNED_TRAP (1u << 3)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9C)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0)

/* MPU_RBAR: take the region's number from the low bits. MPU_RASR: permissions, size as a
 * power of two, on. MPU_CTRL: on, with the default map for the rest. */
#define RBAR(number, base) ((base) | 1u << 4 | (number))
#define RASR(permissions, log2_bytes) ((permissions) << 24 | ((log2_bytes)-1u) << 1 | 1u)
enum { IS_ARMV6M = __ARM_ARCH == 6 };
enum { NO_ACCESS = 0, READ_ONLY = 6, MPU_ON_WITH_DEFAULT_MAP = 5 };

struct kl_cmsdk_uart *const kl_cmsdk_uart = (struct kl_cmsdk_uart *)0x40004000;
struct kl_cmsdk_watchdog *const kl_cmsdk_watchdog = (struct kl_cmsdk_watchdog *)0x40008000;
const uint32_t kl_cmsdk_watchdog_khz = 25000;

/*
 * The memory at 0 is RAM here and what lies below the RAM ignores writes; the MPU makes
 * them behave like a chip's flash, which cannot be stored to, and like nothing, which
 * catches a stack overflow. Memory map: QEMU's hw/arm/mps2.c, where both stand as facts.
 */
void kl_cortex_m_prepare(void)
{
    kl_mainline_enable_fpu();
    if (IS_ARMV6M) {
        SCB_CCR |= CCR_UNALIGNED_TRAP;
    }
    MPU_RBAR = RBAR(0u, 0x00000000u);
    MPU_RASR = RASR((uint32_t)READ_ONLY, 22u);
    MPU_RBAR = RBAR(1u, 0x10000000u);
    MPU_RASR = RASR((uint32_t)NO_ACCESS, 28u);
    MPU_CTRL = MPU_ON_WITH_DEFAULT_MAP;
}
