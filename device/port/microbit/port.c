/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BBC micro:bit V1: nRF51822 with a Cortex-M0. Nothing needs protection: a store to the flash, and
 * one below the RAM, where nothing answers, end in a fault.
 * UART: nRF51 Series Reference Manual v3.0, chapter 29. Pins: micro:bit 1.5 hardware, schematic.
 */
#include <stddef.h>

#include "port/arm/cortex_m.h"

struct nrf51_uart {
    volatile uint32_t start_rx, stop_rx, start_tx, stop_tx;
    volatile uint32_t reserved_1[60];
    volatile uint32_t cts, ncts, rx_ready;
    volatile uint32_t reserved_2[4];
    volatile uint32_t tx_ready;
    volatile uint32_t reserved_3[248];
    volatile uint32_t enable, reserved_4;
    volatile uint32_t select_rts, select_txd, select_cts, select_rxd;
    volatile uint32_t rxd, txd, reserved_5, baud_rate;
};

_Static_assert(offsetof(struct nrf51_uart, rx_ready) == 0x108 &&
                   offsetof(struct nrf51_uart, tx_ready) == 0x11C &&
                   offsetof(struct nrf51_uart, enable) == 0x500 &&
                   offsetof(struct nrf51_uart, baud_rate) == 0x524,
               "registers as in the manual");

#define UART ((struct nrf51_uart *)0x40002000)

enum { ENABLE_UART = 4, BAUD_115200 = 0x01D7E000, PIN_TXD = 24, PIN_RXD = 25 };

void kl_cortex_m_prepare(void)
{
}

int kl_cortex_m_stack_overflowed(void)
{
    return 0;
}

/* ARMv6-M has no fault status registers. */
void kl_cortex_m_put_fault_status(void)
{
}

void kl_port_init(void)
{
    UART->select_txd = PIN_TXD;
    UART->select_rxd = PIN_RXD;
    UART->baud_rate = BAUD_115200;
    UART->enable = ENABLE_UART;
    UART->start_tx = 1;
    UART->start_rx = 1;
}

uint8_t kl_port_uart_getc(void)
{
    while (!UART->rx_ready) {
    }
    UART->rx_ready = 0;
    return (uint8_t)UART->rxd;
}

void kl_port_uart_putc(uint8_t byte)
{
    UART->tx_ready = 0;
    UART->txd = byte;
    while (!UART->tx_ready) {
    }
}
