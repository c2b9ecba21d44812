/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a port offers to a deployed device, beside kinglet/port.h: flash that is divided into areas,
 * a watchdog, and the way from the boot into firmware.
 */
#ifndef KINGLET_PORT_DEVICE_H
#define KINGLET_PORT_DEVICE_H

#include <stdint.h>

#include "kinglet/flash.h"

/* The areas of the board's file (docs/spec/board-file.md). */
extern const struct kl_flash_map kl_port_flash_map;

/* Reset the device unless kl_port_watchdog_feed is called at least that often. */
void kl_port_watchdog_start(uint32_t timeout_ms);
void kl_port_watchdog_feed(void);

/* The next byte from the first UART, or -1 when none has come. */
int kl_port_uart_poll(void);

/* Start the firmware whose vectors, or first instructions, lie at that address. Nothing of the
 * caller is left: it has its stack, its memory and the peripherals as they are. */
_Noreturn void kl_port_start_image(const void *image);

/* Time since some moment, in microseconds; begins anew with 0 after 2^32 of them. */
uint32_t kl_port_microseconds(void);

/* Let the core sleep for so long, at most 500 ms. Both for ports with a file in device/port/sleep.
 */
void kl_port_sleep(uint32_t microseconds);

/* Reset the device. */
_Noreturn void kl_port_reboot(void);

#endif
