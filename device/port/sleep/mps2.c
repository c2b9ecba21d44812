/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time and sleep on the MPS2 board, for applications: compiled into those that sleep, and into no
 * other firmware. Time is the counter of the board's FPGA I/O block (Arm Application Note AN386,
 * chapter 4.5), which counts microseconds here; SysTick (ARMv7-M Architecture Reference Manual, DDI
 * 0403, chapter B3.3) wakes the core.
 */
#include "kinglet/port_device.h"

struct fpga_io {
    volatile uint32_t leds, reserved, buttons, reserved_too, hz, hz_100, counter, prescale;
};

struct sys_tick {
    volatile uint32_t control, reload, value;
};

static struct fpga_io *const fpga_io = (struct fpga_io *)0x40028000;
static struct sys_tick *const sys_tick = (struct sys_tick *)0xE000E010;

enum { TICKS_PER_MICROSECOND = 25, LONGEST = 500000, ON = 1, INTERRUPT = 2, CORE_CLOCK = 4 };

void kl_port_tick(void);

/* To wake the core is all that it is for. */
void kl_port_tick(void)
{
}

uint32_t kl_port_microseconds(void)
{
    if (fpga_io->prescale != TICKS_PER_MICROSECOND - 1) {
        fpga_io->prescale = TICKS_PER_MICROSECOND - 1;
    }
    return fpga_io->counter;
}

void kl_port_sleep(uint32_t microseconds)
{
    uint32_t duration = microseconds < LONGEST ? microseconds : LONGEST;
    uint32_t start = kl_port_microseconds();
    if (duration == 0) {
        return;
    }
    sys_tick->reload = duration * TICKS_PER_MICROSECOND - 1;
    sys_tick->value = 0;
    sys_tick->control = ON | INTERRUPT | CORE_CLOCK;
    /* A tick right before the core sleeps does not wake it; the next one does. */
    while (kl_port_microseconds() - start < duration) {
        __asm volatile("wfi" ::: "memory");
    }
    sys_tick->control = 0;
}
