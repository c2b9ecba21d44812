/* SPDX-License-Identifier: Apache-2.0 */
/* An emulated board with the bootloader as firmware, and applications for it (boot_app.c). */
#ifndef KINGLET_TESTS_BOOT_BOARD_H
#define KINGLET_TESTS_BOOT_BOARD_H

#include "base/arena.h"
#include "boot_app.h"
#include "emulate/emulator.h"
#include "flow/boot_firmware.h"
#include "image_make.h"
#include "target/board.h"

struct boot_board {
    struct kl_arena *arena;
    const struct kl_board *board;
    struct kl_device_class device;
    struct test_key key;
    char folder[32];
    uint8_t *flash; /* what it holds, from run to run */
    uint32_t flash_bytes;
};

/* Set it up, with an erased flash, for the board of this name; false when that fails. Ends with
 * boot_board_free. */
bool boot_board_init(struct boot_board *world, const char *board);
void boot_board_free(struct boot_board *world);

/* Build a bootloader, whose board, product and watchdog are filled in: a small one for the key, or
 * a full one for the key set. Ends the program with 77, which means skipped, when the tools are
 * missing. */
void boot_board_build(const struct boot_board *world, const struct kl_key_set *set,
                      uint32_t watchdog_ms);

/* A path in the folder. */
const char *boot_board_path(const struct boot_board *world, const char *name);

/* An application for the primary slot, as a signed image. */
void boot_board_make_app(const struct boot_board *world, int version, enum boot_app_trial trial,
                         struct test_image *image);

/* Firmware for the primary slot that lets itself be managed (managed_app.c), as firmware/app.elf.
 */
void boot_board_make_managed(const struct boot_board *world);

/* Any other firmware for the primary slot, as firmware/app.elf: these sources and options. */
void boot_board_make_firmware(const struct boot_board *world, const char *sources);

/* What `kinglet release` makes of firmware/app.elf and of packs: a file of that name in it. With a
 * reader all images are encrypted for it. */
struct boot_board_release {
    const char *version;
    const char *const *packs;
    int pack_count;
    const struct kl_public_key *reader;
};
struct kl_bytes boot_board_release(const struct boot_board *world,
                                   const struct boot_board_release *release, const char *file);

/* Bring an image into the primary slot, as a programmer does. */
void boot_board_install(struct boot_board *world, const struct test_image *image);

/* Bring it into the secondary slot and ask for it, on trial. */
void boot_board_ask_for(struct boot_board *world, const struct test_image *image);

/* The flash, as a driver sees it. */
struct kl_flash boot_board_flash(struct boot_board *world);

/* Start the board with its flash, its UART on the emulator's channel; end it with
 * kl_emulator_stop. */
struct kl_emulator *boot_board_start(struct boot_board *world, uint64_t cut_at,
                                     struct kl_arena *arena);

/*
 * Run the board with its flash until the application ends, or power is cut right after this store
 * to flash, and they are counted (0: neither). What it printed; valid until the next run.
 */
const char *boot_board_run(struct boot_board *world, uint64_t cut_at, struct kl_flash_run *run);

/* The same until the firmware reports a fault. */
const char *boot_board_run_to_fault(struct boot_board *world);

#endif
