/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reset and traps of a 32-bit RISC-V core in machine mode, on QEMU's "virt" machine.
 * Registers: The RISC-V Instruction Set Manual, Volume II, chapter 3 (machine level).
 */
#include "port/startup.h"
#include "kinglet/port_device.h"

_Noreturn void kl_port_start(void);
_Noreturn void kl_port_trap(uint32_t cause, uint32_t pc, uint32_t value, uint32_t stack);
void kl_port_reset(void);
void kl_port_trap_entry(void);

/*
 * First instructions. The machine's memory is all plain RAM, so two locked entries of the
 * memory protection make it behave like a chip: the flash range can only be read and
 * executed, and from its end to the start of the RAM nothing answers, which catches a
 * stack overflow. pmpcfg bits: read 1, write 2, execute 4, top of range 8, locked 0x80.
 */
__attribute__((naked, section(".kl_reset"), used)) void kl_port_reset(void)
{
    __asm volatile(".option push\n\t"
                   ".option arch, +zicsr\n\t"
                   ".option norelax\n\t"
                   "la gp, __global_pointer$\n\t"
                   ".option relax\n\t"
                   "la sp, kl_stack_top\n\t"
                   "la t0, kl_port_trap_entry\n\t"
                   "csrw mtvec, t0\n\t"
                   "la t0, kl_flash_start\n\t"
                   "srli t0, t0, 2\n\t"
                   "csrw pmpaddr0, t0\n\t"
                   "la t0, kl_flash_end\n\t"
                   "srli t0, t0, 2\n\t"
                   "csrw pmpaddr1, t0\n\t"
                   "la t0, kl_ram_start\n\t"
                   "srli t0, t0, 2\n\t"
                   "csrw pmpaddr2, t0\n\t"
                   "li t0, 0x888d00\n\t"
                   "csrw pmpcfg0, t0\n\t"
                   "li t0, 0x2000\n\t" /* mstatus.FS = initial: a core without FPU ignores it */
                   "csrs mstatus, t0\n\t"
                   "j kl_port_start\n\t"
                   ".option pop");
}

void kl_port_start(void)
{
    kl_startup_memory();
    kl_port_exit(main());
}

enum { INTERRUPT_TIMER = 7 };
#define CAUSE_INTERRUPT (1u << 31)

/* Every trap is a fault, but for the timer's interrupt, which is a watchdog here. The stack may be
 * what is broken: report from its top again. */
__attribute__((naked, aligned(4))) void kl_port_trap_entry(void)
{
    __asm volatile(".option push\n\t"
                   ".option arch, +zicsr\n\t"
                   "csrr a0, mcause\n\t"
                   "csrr a1, mepc\n\t"
                   "csrr a2, mtval\n\t"
                   "mv a3, sp\n\t"
                   "la sp, kl_stack_top\n\t"
                   "j kl_port_trap\n\t"
                   ".option pop");
}

void kl_port_trap(uint32_t cause, uint32_t pc, uint32_t value, uint32_t stack)
{
    if (cause == (CAUSE_INTERRUPT | INTERRUPT_TIMER)) {
        kl_port_reboot();
    }
    kl_fault_begin(stack < (uintptr_t)kl_stack_limit);
    kl_fault_put_word("exception", cause);
    kl_fault_put_word("pc", pc);
    kl_fault_put_word("address", value);
    kl_fault_end();
}
