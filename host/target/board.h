/* SPDX-License-Identifier: Apache-2.0 */
/* Boards and cores: facts from boards/NAME.yaml, embedded in the program or given as a file. */
#ifndef KINGLET_TARGET_BOARD_H
#define KINGLET_TARGET_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

/* Largest board file. Nested brackets cost the YAML reader time with their square. */
enum { KL_BOARD_FILE_BYTES = 16 * 1024 };

struct kl_memory_range {
    uint32_t origin;
    uint32_t bytes;
};

/* How to run the board in QEMU; machine is NULL when the board is not emulated. */
struct kl_board_emulation {
    const char *program;            /* e.g. "qemu-system-arm" */
    const char *machine;            /* -M argument */
    const char *const *arguments;   /* further arguments, NULL-terminated */
    struct kl_memory_range mailbox; /* RAM outside the firmware's, preloaded with large inputs */
};

struct kl_board {
    const char *name;          /* as given to --board */
    const char *title;         /* one line for people */
    const char *core;          /* names the timing table: "cortex-m4f", "rv32imac" */
    const char *port;          /* folder below device/port */
    const char *toolchain;     /* prefix of the cross compiler, e.g. "arm-none-eabi-" */
    const char *const *cflags; /* architecture flags for compiling and linking, NULL-terminated */
    uint32_t clock_hz;
    bool has_fpu;
    struct kl_memory_range flash; /* what a firmware may fill */
    struct kl_memory_range ram;
    struct kl_board_emulation emulation;
    const char *const *sources; /* where the facts come from, NULL-terminated */
};

/* Read a board description of the format of docs/spec/board-file.md. `text` need not be
 * NUL-terminated; `origin` names it in messages. All strings live in the arena. */
enum kl_err kl_board_parse(const char *text, size_t bytes, const char *origin,
                           struct kl_arena *arena, const struct kl_board **board,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* The board called `name`, or the board file when `name` ends in ".yaml". An unknown name
 * is refused with the nearest known one. */
enum kl_err kl_board_find(const char *name, struct kl_arena *arena, const struct kl_board **board,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* All built-in boards, sorted by name. */
enum kl_err kl_board_list(struct kl_arena *arena, const struct kl_board *const **boards,
                          size_t *count, struct kl_diag *diag) KL_MUST_CHECK;

#endif
