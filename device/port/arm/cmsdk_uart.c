/* SPDX-License-Identifier: Apache-2.0 */
#include "port/arm/cmsdk_uart.h"

#include "kinglet/port.h"
#include "kinglet/port_device.h"

enum { UART_TX_FULL = 1, UART_RX_FULL = 2, UART_TX_ENABLE = 1, UART_RX_ENABLE = 2 };

void kl_port_init(void)
{
    kl_cmsdk_uart->baud_divider = 16;
    kl_cmsdk_uart->control = UART_TX_ENABLE | UART_RX_ENABLE;
}

uint8_t kl_port_uart_getc(void)
{
    while (!(kl_cmsdk_uart->state & UART_RX_FULL)) {
    }
    return (uint8_t)kl_cmsdk_uart->data;
}

int kl_port_uart_poll(void)
{
    return kl_cmsdk_uart->state & UART_RX_FULL ? (int)(uint8_t)kl_cmsdk_uart->data : -1;
}

void kl_port_uart_putc(uint8_t byte)
{
    while (kl_cmsdk_uart->state & UART_TX_FULL) {
    }
    kl_cmsdk_uart->data = byte;
}
