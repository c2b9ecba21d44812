/* SPDX-License-Identifier: Apache-2.0 */
#include "port/arm/cmsdk_watchdog.h"

#include <stddef.h>

enum { INTERRUPT_ENABLE = 1, RESET_ENABLE = 2 };
#define UNLOCK 0x1ACCE551u

_Static_assert(offsetof(struct kl_cmsdk_watchdog, lock) == 0xc00, "where the manual has it");

/* It counts down twice: the first end is an interrupt, the second a reset. So it is given half the
 * time. */
void kl_port_watchdog_start(uint32_t timeout_ms)
{
    kl_cmsdk_watchdog->lock = UNLOCK;
    kl_cmsdk_watchdog->load = timeout_ms / 2 * kl_cmsdk_watchdog_khz;
    kl_cmsdk_watchdog->control = INTERRUPT_ENABLE | RESET_ENABLE;
}

void kl_port_watchdog_feed(void)
{
    kl_cmsdk_watchdog->interrupt_clear = 1;
}
