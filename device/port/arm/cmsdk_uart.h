/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UART of the Cortex-M System Design Kit, as Arm's FPGA images have it. cmsdk_uart.c defines
 * kl_port_init and the UART functions of kinglet/port.h; the port says where the UART lies.
 * Source: Arm Cortex-M System Design Kit Technical Reference Manual (DDI 0479), APB UART.
 */
#ifndef KINGLET_PORT_ARM_CMSDK_UART_H
#define KINGLET_PORT_ARM_CMSDK_UART_H

#include <stdint.h>

struct kl_cmsdk_uart {
    volatile uint32_t data;
    volatile uint32_t state;   /* bit 0: transmit buffer full, bit 1: receive buffer full */
    volatile uint32_t control; /* bit 0: transmit, bit 1: receive */
    volatile uint32_t interrupt;
    volatile uint32_t baud_divider; /* at least 16 */
};

/* The port's. */
extern struct kl_cmsdk_uart *const kl_cmsdk_uart;

#endif
