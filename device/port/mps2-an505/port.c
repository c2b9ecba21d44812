/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MPS2 board with the image AN505: Cortex-M33 with TrustZone, everything in the Secure state.
 * After reset the core is Secure, its security attribution unit is off, and all memory and all
 * peripherals belong to the Secure state, so that no controller needs to be set up: code and data
 * use the Secure addresses (0x1..., 0x3..., 0x5...).
 * UART0 and the Secure watchdog: Arm Application Note AN505, memory map.
 */
#include "port/arm/armv8m_protect.h"
#include "port/arm/cmsdk_uart.h"
#include "port/arm/cmsdk_watchdog.h"
#include "port/arm/cortex_m.h"
#include "port/arm/mainline.h"
#include "port/arm/start_image.h"

struct kl_cmsdk_uart *const kl_cmsdk_uart = (struct kl_cmsdk_uart *)0x50200000;
struct kl_cmsdk_watchdog *const kl_cmsdk_watchdog = (struct kl_cmsdk_watchdog *)0x50081000;
const uint32_t kl_cmsdk_watchdog_khz = 20000;

void kl_cortex_m_prepare(void)
{
    kl_mainline_enable_fpu();
    kl_armv8m_protect();
}
