/* SPDX-License-Identifier: Apache-2.0 */
/* Boards and cores: facts from boards/NAME.yaml, embedded in the program or given as a file. */
#ifndef KINGLET_TARGET_BOARD_H
#define KINGLET_TARGET_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "target/core.h"
#include "target/fact.h"

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
    struct kl_memory_range pflash;  /* parallel flash, unit 1 of the machine; or 0 bytes */
};

/* The flash of a deployed device, divided from its start in the order of these members; driver is
 * NULL when the board has none that the boot supports. See kinglet/flash.h. */
struct kl_board_device {
    const char *driver; /* file below device/port/flash, without its ".c" */
    struct kl_memory_range flash;
    uint32_t sector_bytes, write_bytes;
    uint32_t header_bytes; /* of a firmware image, so that its vectors are aligned */
    uint32_t image_bytes;  /* twice */
    uint32_t model_bytes;  /* twice */
    uint32_t security_bytes, settings_bytes, log_bytes;
};

/* A figure measured on the real board, kept in its file: replaces what would be modelled. */
struct kl_measurement {
    const char *model_sha256; /* first 12 or more hexadecimal digits of the model's hash */
    bool has_latency, has_energy;
    double latency_seconds, energy_joules; /* of one inference */
    const char *date, *by, *tool;          /* tool: e.g. "kinglet 0.2" or an instrument; or NULL */
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
    struct kl_board_device device;
    const char *const *sources; /* where the facts come from, as texts, NULL-terminated */

    const struct kl_core *core_facts;
    struct kl_fact facts[KL_FACT_COUNT]; /* by enum kl_fact_id */
    const struct kl_source *source_list; /* a NULL key ends */
    const struct kl_measurement *history;
    size_t history_count;
    const char *origin; /* file name, for messages */
};

/* One that can be bought, as opposed to a machine of an emulator or an FPGA (whose fact `mcu` is
 * "none"). */
bool kl_board_is_real(const struct kl_board *board);

/* The memory of the emulated machine that has the device's flash: its parallel flash, or the
 * mailbox. */
const struct kl_memory_range *kl_board_flash_memory(const struct kl_board *board);

/* Can a test firmware be built for it? */
bool kl_board_has_port(const struct kl_board *board);

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
