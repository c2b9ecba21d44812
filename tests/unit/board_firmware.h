/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware of tests for emulated boards: the board's port and a few sources. */
#ifndef KINGLET_TESTS_BOARD_FIRMWARE_H
#define KINGLET_TESTS_BOARD_FIRMWARE_H

#include "target/board.h"

/* Stack of such a firmware, bytes. */
enum { FIRMWARE_STACK_BYTES = 8192 };

/* What to build. Paths of sources are relative to device/. */
struct firmware {
    const struct kl_board *board;
    const char *sources; /* beside those of the port, with blanks between */
    const char *flags;   /* further ones, as -DNAME=1 */
    uint32_t ram_bytes;
    const char *output;
    const char *redirect; /* of the compiler's messages, as 2>FILE; or "" */
};

/* Compile and link; true when that worked. The arena gives room for the command. */
bool firmware_build(const struct firmware *firmware, struct kl_arena *arena);

/* Are the board's compiler and emulator installed? Else says what is missing. */
bool firmware_can_run(const struct kl_board *board);

#endif
