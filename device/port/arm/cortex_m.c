/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all Cortex-M do alike, in instructions of ARMv6-M that every one of them runs.
 * Exceptions: ARMv6-M (DDI 0419) and ARMv7-M (DDI 0403) Architecture Reference Manuals, chapter
 * B1.5. Exit: Arm semihosting, SYS_EXIT_EXTENDED.
 */
#include "port/arm/cortex_m.h"

enum { SEMIHOSTING_EXIT_EXTENDED = 0x20, STOPPED_APPLICATION_EXIT = 0x20026 };

_Noreturn void kl_port_reset(void);
_Noreturn void kl_port_fault(uint32_t exception, const uint32_t *frame);
void kl_port_fault_entry(void);

/* SysTick's; a fault unless the firmware has the sleep of device/port/sleep. */
void kl_port_tick(void) __attribute__((weak, alias("kl_port_fault_entry")));

void kl_port_reset(void)
{
    kl_cortex_m_prepare();
    __asm volatile("dsb\n\tisb" ::: "memory");
    kl_startup_memory();
    kl_port_exit(main());
}

/*
 * Every unexpected exception. The stack may be what is broken, so the report runs from its
 * top again; the frame that the core stacked is passed on as it may hold the place.
 */
__attribute__((naked)) void kl_port_fault_entry(void)
{
    __asm volatile("mrs r0, ipsr\n\t"
                   "mrs r1, msp\n\t"
                   "ldr r2, =kl_stack_top\n\t"
                   "msr msp, r2\n\t"
                   "ldr r2, =kl_port_fault\n\t"
                   "bx r2\n\t"
                   ".ltorg");
}

/* frame: r0 r1 r2 r3 r12 lr pc xpsr as the core stacked them. */
void kl_port_fault(uint32_t exception, const uint32_t *frame)
{
    int frame_is_in_stack = frame >= kl_stack_limit && frame + 8 <= kl_stack_top;
    uint32_t pc = frame_is_in_stack ? frame[6] : 0;
    kl_fault_begin(kl_cortex_m_stack_overflowed() || !frame_is_in_stack);
    kl_fault_put_word("exception", exception);
    kl_fault_put_word("pc", pc);
    kl_cortex_m_put_fault_status();
    kl_fault_end();
}

void kl_port_exit(int status)
{
    uint32_t block[2] = {STOPPED_APPLICATION_EXIT, (uint32_t)status};
    register uint32_t operation __asm("r0") = SEMIHOSTING_EXIT_EXTENDED;
    register uint32_t *argument __asm("r1") = block;
    __asm volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
    for (;;) {
    }
}

/* Naked: no frame of its own stands between the caller's stack pointer and the answer. */
__attribute__((naked)) uint32_t *kl_port_stack_pointer(void)
{
    __asm volatile("mov r0, sp\n\tbx lr");
}

/* Initial stack pointer and the exceptions of the core; no device interrupt is enabled. */
struct vector_table {
    uint32_t *stack_top;
    void (*entry[15])(void);
};

extern const struct vector_table kl_port_vectors;

__attribute__((section(".kl_reset"), used)) const struct vector_table kl_port_vectors = {
    kl_stack_top,
    {kl_port_reset, kl_port_fault_entry, kl_port_fault_entry, kl_port_fault_entry,
     kl_port_fault_entry, kl_port_fault_entry, kl_port_fault_entry, 0, 0, 0, kl_port_fault_entry,
     kl_port_fault_entry, 0, kl_port_fault_entry, kl_port_tick},
};
