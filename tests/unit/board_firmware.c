/* SPDX-License-Identifier: Apache-2.0 */
#include "board_firmware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *c_library(const struct kl_board *board)
{
    return strcmp(board->toolchain, "riscv64-unknown-elf-") == 0 ? "--specs=picolibc.specs" : "";
}

bool firmware_build(const struct firmware *firmware, struct kl_arena *arena)
{
    const struct kl_board *board = firmware->board;
    char *flags = kl_arena_printf(arena, "%s %s", c_library(board), firmware->flags);
    for (const char *const *flag = board->cflags; *flag && flags; flag++) {
        flags = kl_arena_printf(arena, "%s %s", flags, *flag);
    }
    char *command = kl_arena_printf(
        arena,
        "cd '%s/device' && %sgcc %s -std=c11 -O2 -Wall -Wextra -Wconversion -Wshadow "
        "-Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror -ffunction-sections "
        "-fdata-sections -ffp-contract=off -Iinclude -I. -nostartfiles -Wl,--gc-sections "
        "-Wl,--defsym=KL_FLASH_ORIGIN=%u,--defsym=KL_FLASH_BYTES=%u "
        "-Wl,--defsym=KL_RAM_ORIGIN=%u,--defsym=KL_RAM_BYTES=%u,--defsym=KL_STACK_BYTES=%d "
        "-Wl,--defsym=KL_MAILBOX_ORIGIN=%u,--defsym=KL_MAILBOX_BYTES=%u -T port/link.ld "
        "port/*.c port/%s/*.c "
        /* The parts that the port takes, by their headers. */
        "$(sed -n 's|^#include \"\\(port/arm/.*\\)[.]h\"|\\1.c|p' port/%s/*.c) "
        "%s -o '%s' %s",
        KINGLET_SOURCE_DIR, board->toolchain, flags ? flags : "", board->flash.origin,
        board->flash.bytes, board->ram.origin, firmware->ram_bytes, FIRMWARE_STACK_BYTES,
        board->emulation.mailbox.origin, board->emulation.mailbox.bytes, board->port, board->port,
        firmware->sources, firmware->output, firmware->redirect);
    return flags && command && system(command) == 0;
}

static bool have_program(const char *prefix, const char *name)
{
    char command[256];
    snprintf(command, sizeof command, "command -v %s%s >/dev/null 2>&1", prefix, name);
    return system(command) == 0;
}

bool firmware_can_run(const struct kl_board *board)
{
    bool can = have_program(board->toolchain, "gcc") && have_program("", board->emulation.program);
    if (!can) {
        printf("skipped: %s needs %sgcc and %s\n", board->name, board->toolchain,
               board->emulation.program);
    }
    return can;
}
