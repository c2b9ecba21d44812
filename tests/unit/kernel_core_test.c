/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_core_test [CASES]: innermost loops in a core's own instructions equal their definitions,
 * on a board with each of the cores that have some. Skipped (77) without a compiler or an emulator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "board_firmware.h"
#include "emulate/emulator.h"
#include "folder.h"

enum { SKIPPED = 77, ARENA_BYTES = 1 << 22, TIMEOUT_MS = 600000 };

/* ARMv6-M on its own core and where unaligned accesses are refused; Thumb-2; its DSP instructions;
 * its vectors; RV32IM. */
static const char *const boards[] = {"microbit",   "mps2-armv6m", "mps2-an385",
                                     "mps2-an386", "mps3-an547",  "rv32-virt"};

/* Run the firmware to its end. */
static enum kl_err run(const struct kl_board *board, const char *elf, struct kl_arena *arena,
                       struct kl_diag *diag)
{
    struct kl_emulator *emulator;
    char byte;
    size_t got;
    const struct kl_emulator_options options = {
        .board = board, .elf_path = elf, .timeout_ms = TIMEOUT_MS};
    KL_TRY(kl_emulator_start(&options, arena, &emulator, diag));
    enum kl_err ended = kl_channel_read(kl_emulator_channel(emulator), &byte, 1, &got, diag);
    enum kl_err err = kl_emulator_stop(emulator, NULL, diag);
    return err != KL_OK ? err : ended;
}

static int test_board(const char *name, const char *cases, struct kl_arena *arena)
{
    const struct kl_board *board;
    struct kl_diag diag = {0};
    char elf[300];
    char flags[64];
    if (kl_board_find(name, arena, &board, &diag) != KL_OK) {
        printf("%s: %s\n", name, diag.message);
        return 1;
    }
    if (!firmware_can_run(board)) {
        return SKIPPED;
    }
    snprintf(elf, sizeof elf, "%s/%s.elf", kt_folder, name);
    snprintf(flags, sizeof flags, "-DCASES=%s", cases);
    const struct firmware firmware = {.board = board,
                                      .sources = "../tests/unit/kernel_core_program.c "
                                                 "../tests/unit/kernel_core_rows.c",
                                      .flags = flags,
                                      .ram_bytes = board->ram.bytes,
                                      .output = elf,
                                      .redirect = ""};
    if (!firmware_build(&firmware, arena)) {
        printf("%s: the firmware does not build\n", name);
        return 1;
    }
    enum kl_err err = run(board, elf, arena, &diag);
    printf("%s: %s cases of each check: %s\n", name, cases,
           err == KL_OK ? "all equal" : diag.message);
    unlink(elf);
    return err == KL_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    int result = 0;
    const char *cases = argc > 1 ? argv[1] : "500";
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    if (!arena || kt_folder_open(NULL) != 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
        int status = test_board(boards[i], cases, arena);
        result = result == 1 || status == 1 ? 1 : result + status > 0 ? SKIPPED : 0;
    }
    kt_folder_close(NULL);
    kl_arena_free(arena);
    return result;
}
