/* SPDX-License-Identifier: Apache-2.0 */
/* The little of ELF32 that size reports and counting need (System V ABI, chapters 4 and 5). */
#ifndef KINGLET_EMULATE_ELF_H
#define KINGLET_EMULATE_ELF_H

#include <stdbool.h>
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

/*
 * What is loaded into flash: all sections with contents, from the lowest load address on, gaps
 * filled with 0xff as erased flash has it. Else as `objcopy -O binary` has it. In the
 * arena. KL_ELIMIT beyond `limit` bytes.
 */
enum kl_err kl_elf_load(struct kl_bytes elf, size_t limit, struct kl_arena *arena,
                        uint32_t *address, struct kl_bytes *bytes,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* What the compiler left as a comment, e.g. "GCC: (Debian) 12.2.1": the first text of the section
 * .comment, or NULL. Points into the file. */
const char *kl_elf_comment(struct kl_bytes elf);

/* A function of the file's table of symbols. */
struct kl_elf_function {
    const char *name;
    uint32_t address, bytes; /* without a stated size, up to the next function; 0: unknown */
};

/* From this address on there is data between instructions, or instructions again. */
struct kl_elf_mark {
    uint32_t address;
    bool is_data;
};

/* All functions, and the marks of the Arm ABI (AAELF32, mapping symbols), each by address and one
 * for an address. */
struct kl_elf_code {
    bool is_arm; /* else RISC-V */
    struct kl_elf_function *functions;
    size_t function_count;
    struct kl_elf_mark *marks;
    size_t mark_count;
};

/* In the arena; names are printable, and most point into the file. */
enum kl_err kl_elf_code(struct kl_bytes elf, struct kl_arena *arena, struct kl_elf_code *code,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* The model with that prefix of its symbols: its steps' addresses (without the Thumb bit), those of
 * a run and then those of a reset, in the arena. KL_EINPUT when it is not there. */
struct kl_elf_model {
    uint32_t *steps;
    uint32_t step_count, reset_count;
};
enum kl_err kl_elf_model(struct kl_bytes elf, const char *name, struct kl_arena *arena,
                         struct kl_elf_model *model, struct kl_diag *diag) KL_MUST_CHECK;

#endif
