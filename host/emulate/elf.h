/* SPDX-License-Identifier: Apache-2.0 */
/* The little of ELF32 that size reports and counting need (System V ABI, chapters 4 and 5). */
#ifndef KINGLET_EMULATE_ELF_H
#define KINGLET_EMULATE_ELF_H

#include <stdint.h>

#include "base/file.h"

/* Sizes in bytes, by what the linker placed where. */
struct kl_elf_sizes {
    uint32_t code;      /* executable, allocated */
    uint32_t constants; /* allocated, neither writable nor executable */
    uint32_t data;      /* writable with contents: takes flash and RAM */
    uint32_t bss;       /* writable without contents, but for the section ".arena" and ".stack" */
    uint32_t arena;     /* section ".arena" */
    uint32_t stack;     /* section ".stack" */
};

enum kl_err kl_elf_sizes(struct kl_bytes elf, struct kl_elf_sizes *sizes,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* Address of a symbol (without the Thumb bit); KL_EINPUT when there is none. */
enum kl_err kl_elf_symbol(struct kl_bytes elf, const char *name, uint32_t *address,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Content of `bytes` bytes at a virtual address, as a pointer into the file; KL_EINPUT when
 * no loaded section holds them. */
enum kl_err kl_elf_data(struct kl_bytes elf, uint32_t address, uint32_t bytes,
                        const unsigned char **data, struct kl_diag *diag) KL_MUST_CHECK;

#endif
