/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog of Arm's Cortex-M System Design Kit (DDI 0479, chapter 3.5). A port that includes
 * this header has cmsdk_watchdog.c compiled into its firmware, and says where the watchdog is and
 * how fast it counts. */
#ifndef KINGLET_PORT_ARM_CMSDK_WATCHDOG_H
#define KINGLET_PORT_ARM_CMSDK_WATCHDOG_H

#include "kinglet/port_device.h"

struct kl_cmsdk_watchdog {
    volatile uint32_t load, value, control, interrupt_clear;
    volatile uint32_t reserved[0x2fc];
    volatile uint32_t lock;
};

extern struct kl_cmsdk_watchdog *const kl_cmsdk_watchdog;
extern const uint32_t kl_cmsdk_watchdog_khz;

#endif
