/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reset and faults of a Cortex-M4F on the MPS2 board.
 * Registers: ARMv7-M Architecture Reference Manual (DDI 0403), chapters B1.5 and B3.2.
 */
#include "port/startup.h"

#define SCB_CFSR (*(volatile uint32_t *)0xE000ED28)  /* configurable fault status */
#define SCB_HFSR (*(volatile uint32_t *)0xE000ED2C)  /* hard fault status */
#define SCB_BFAR (*(volatile uint32_t *)0xE000ED38)  /* faulting address of a bus fault */
#define SCB_MMFAR (*(volatile uint32_t *)0xE000ED34) /* faulting address of an MPU violation */
#define SCB_CPACR (*(volatile uint32_t *)0xE000ED88) /* coprocessor access */
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9C)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0)

/* MPU_RBAR: take the region's number from the low bits. MPU_RASR: permissions, size as a
 * power of two, on. MPU_CTRL: on, with the default map for the rest. */
#define RBAR(number, base) ((base) | 1u << 4 | (number))
#define RASR(permissions, log2_bytes) ((permissions) << 24 | ((log2_bytes)-1u) << 1 | 1u)
enum { NO_ACCESS = 0, READ_ONLY = 6, MPU_ON_WITH_DEFAULT_MAP = 5 };
enum { CFSR_MMFAR_VALID = 0x80 };

_Noreturn void kl_port_reset(void);
_Noreturn void kl_port_fault(uint32_t exception, const uint32_t *frame);
void kl_port_fault_entry(void);

/*
 * The memory at 0 is RAM here and what lies below the RAM ignores writes; the MPU makes
 * them behave like a chip's flash, which cannot be stored to, and like nothing, which
 * catches a stack overflow. Memory map: QEMU's hw/arm/mps2.c, where both stand as facts.
 */
static void protect_memory(void)
{
    MPU_RBAR = RBAR(0u, 0x00000000u);
    MPU_RASR = RASR((uint32_t)READ_ONLY, 22u);
    MPU_RBAR = RBAR(1u, 0x10000000u);
    MPU_RASR = RASR((uint32_t)NO_ACCESS, 28u);
    MPU_CTRL = MPU_ON_WITH_DEFAULT_MAP;
}

void kl_port_reset(void)
{
    SCB_CPACR |= 0xFu << 20; /* full access to CP10 and CP11, the FPU */
    protect_memory();
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
                   "b kl_port_fault\n\t"
                   ".ltorg");
}

/* frame: r0 r1 r2 r3 r12 lr pc xpsr as the core stacked them. */
void kl_port_fault(uint32_t exception, const uint32_t *frame)
{
    int frame_is_in_stack = frame >= kl_stack_limit && frame + 8 <= kl_stack_top;
    uint32_t pc = frame_is_in_stack ? frame[6] : 0;
    kl_fault_begin(!frame_is_in_stack);
    kl_fault_put_word("exception", exception);
    kl_fault_put_word("pc", pc);
    kl_fault_put_word("cfsr", SCB_CFSR);
    kl_fault_put_word("hfsr", SCB_HFSR);
    kl_fault_put_word("address", SCB_CFSR & CFSR_MMFAR_VALID ? SCB_MMFAR : SCB_BFAR);
    kl_fault_end();
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
     kl_port_fault_entry, kl_port_fault_entry, 0, 0, 0, 0, kl_port_fault_entry, kl_port_fault_entry,
     0, kl_port_fault_entry, kl_port_fault_entry},
};
