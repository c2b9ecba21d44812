/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a deployed device needs, on QEMU's RISC-V "virt" machine. It has no watchdog: the machine
 * timer's interrupt, which startup.c answers by a reset, takes its place. Firmware that masks
 * interrupts for good escapes it.
 * Timer: RISC-V ACLINT Specification, MTIMER. Its frequency, 10 MHz: QEMU's hw/riscv/virt.c.
 */
#include "kinglet/port_device.h"
#include "port/riscv_csr.h"

#define UART0 ((volatile uint8_t *)0x10000000)
#define TEST_FINISHER (*(volatile uint32_t *)0x00100000)
#define MTIMECMP ((volatile uint32_t *)0x02004000)
#define MTIME ((volatile uint32_t *)0x0200bff8)

enum { UART_DATA = 0, UART_LINE_STATUS = 5, UART_RX_READY = 0x01 };
enum { FINISHER_RESET = 0x7777, TICKS_PER_MS = 10000 };
enum { MIE_TIMER = 1 << 7, MSTATUS_MIE = 1 << 3 };

int kl_port_uart_poll(void)
{
    return UART0[UART_LINE_STATUS] & UART_RX_READY ? UART0[UART_DATA] : -1;
}

static uint64_t now(void)
{
    uint32_t high, low;
    do {
        high = MTIME[1];
        low = MTIME[0];
    } while (high != MTIME[1]);
    return (uint64_t)high << 32 | low;
}

/* The high half is the largest meanwhile, so that no moment in between is taken for the end. */
static void end_after(uint32_t ticks)
{
    uint64_t end = now() + ticks;
    MTIMECMP[1] = UINT32_MAX;
    MTIMECMP[0] = (uint32_t)end;
    MTIMECMP[1] = (uint32_t)(end >> 32);
}

/* The time is kept in mscratch, where firmware that another one has started finds it. */
void kl_port_watchdog_start(uint32_t timeout_ms)
{
    uint32_t most_ms = UINT32_MAX / TICKS_PER_MS;
    uint32_t ticks = (timeout_ms < most_ms ? timeout_ms : most_ms) * TICKS_PER_MS;
    end_after(ticks);
    __asm volatile(KL_CSR("csrw mscratch, %0")::"r"(ticks));
    __asm volatile(KL_CSR("csrs mie, %0")::"r"(MIE_TIMER));
    __asm volatile(KL_CSR("csrs mstatus, %0")::"r"(MSTATUS_MIE) : "memory");
}

void kl_port_watchdog_feed(void)
{
    uint32_t ticks;
    __asm volatile(KL_CSR("csrr %0, mscratch") : "=r"(ticks));
    if (ticks) {
        end_after(ticks);
    }
}

void kl_port_start_image(const void *image)
{
    void (*first)(void) = (void (*)(void))(uintptr_t)image;
    __asm volatile(".option push\n\t"
                   ".option arch, +zifencei\n\t"
                   "fence.i\n\t"
                   ".option pop" ::
                       : "memory");
    first();
    __builtin_unreachable();
}

void kl_port_reboot(void)
{
    TEST_FINISHER = FINISHER_RESET;
    for (;;) {
    }
}
