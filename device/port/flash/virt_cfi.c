/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bank of parallel flash as QEMU's RISC-V "virt" machine has it: two chips of 16 bits side by
 * side, with Intel's command set. While a command is under way the whole bank reads as its status;
 * so what gives commands lies in RAM, takes its data from there, and masks interrupts, whose
 * handlers may lie in the flash.
 * Commands: Common Flash Interface, Intel/Sharp extended command set (JEDEC JEP137, id 0001).
 */
#include <string.h>

#include "port/flash/driver.h"
#include "port/riscv_csr.h"

#define BANK ((volatile uint32_t *)KL_MAP_FLASH_ORIGIN)
#define BOTH(command) ((uint32_t)(command) << 16 | (uint32_t)(command))
#define IN_RAM __attribute__((section(".kl_ram_code"), noinline))

enum { READ_ARRAY = 0xff, CLEAR_STATUS = 0x50, ERASE = 0x20, BUFFER = 0xe8, CONFIRM = 0xd0 };
enum { STATUS_READY = 0x80, STATUS_FAULTS = 0x3a }; /* erase, program, voltage, locked */
enum { CHUNK_BYTES = 256, CHUNK_WORDS = CHUNK_BYTES / 4, MSTATUS_MIE = 1 << 3 };

static IN_RAM uint32_t mask_interrupts(void)
{
    uint32_t before;
    __asm volatile(KL_CSR("csrrc %0, mstatus, %1") : "=r"(before) : "r"(MSTATUS_MIE) : "memory");
    return before & MSTATUS_MIE;
}

static IN_RAM void restore_interrupts(uint32_t before)
{
    __asm volatile(KL_CSR("csrs mstatus, %0")::"r"(before) : "memory");
}

/* Wait for both chips, and let the bank be read again. */
static IN_RAM int finish(volatile uint32_t *at)
{
    uint32_t status;
    do {
        status = *at;
    } while ((status & BOTH(STATUS_READY)) != BOTH(STATUS_READY));
    *at = BOTH(CLEAR_STATUS);
    *at = BOTH(READ_ARRAY);
    return status & BOTH(STATUS_FAULTS) ? KL_FLASH_FAILED : KL_FLASH_OK;
}

static IN_RAM int erase_sector(volatile uint32_t *at)
{
    uint32_t before = mask_interrupts();
    *at = BOTH(ERASE);
    *at = BOTH(CONFIRM);
    int error = finish(at);
    restore_interrupts(before);
    return error;
}

/* The words lie in RAM, and their place in the flash within one buffer of the chips. */
static IN_RAM int program(volatile uint32_t *at, const uint32_t *words, uint32_t count)
{
    uint32_t before = mask_interrupts();
    *at = BOTH(BUFFER);
    *at = BOTH(count - 1);
    for (uint32_t i = 0; i < count; i++) {
        at[i] = words[i];
    }
    *at = BOTH(CONFIRM);
    int error = finish(at);
    restore_interrupts(before);
    return error;
}

static bool is_erased(const volatile uint32_t *at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (at[i] != UINT32_MAX) {
            return false;
        }
    }
    return true;
}

int kl_flash_driver_write(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    uint32_t words[CHUNK_WORDS];
    const uint8_t *from = data;
    (void)context;
    while (bytes > 0) {
        uint32_t in_chunk = CHUNK_BYTES - offset % CHUNK_BYTES;
        uint32_t part = bytes < in_chunk ? bytes : in_chunk;
        volatile uint32_t *at = BANK + offset / sizeof(uint32_t);
        if (!is_erased(at, part / (uint32_t)sizeof(uint32_t))) {
            return KL_FLASH_FAILED;
        }
        memcpy(words, from, part);
        int error = program(at, words, part / (uint32_t)sizeof(uint32_t));
        if (error) {
            return error;
        }
        offset += part;
        from += part;
        bytes -= part;
    }
    return KL_FLASH_OK;
}

int kl_flash_driver_erase(void *context, uint32_t offset, uint32_t bytes)
{
    (void)context;
    for (uint32_t i = 0; i < bytes; i += KL_MAP_SECTOR_BYTES) {
        int error = erase_sector(BANK + (offset + i) / sizeof(uint32_t));
        if (error) {
            return error;
        }
    }
    return KL_FLASH_OK;
}
