/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bootloader as firmware, on emulated boards: it fits, installs an update, and returns from a
 * bad one. With a BOARD only what depends on its port.
 *
 *   boot_board_test [BOARD]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "boot_board.h"
#include "emulate/elf.h"
#include "kinglet/boot.h"
#include "kinglet/identity.h"
#include "link/image_client.h"

enum { WATCHDOG_MS = 1000 };

/* How much flash the two bootloaders may take. */
static const struct limits {
    const char *board;
    uint32_t small_bytes, full_bytes;
} all_limits[] = {
    {"mps2-an386", 14336, 20480},
    {"mps2-an505", 14336, 20480},
    {"rv32-virt", 18432, 25600},
};

static const struct limits *limits = &all_limits[0];
static struct kl_diag diag;
static struct boot_board world;

static const char *run_board(void)
{
    struct kl_flash_run run;
    const char *output = boot_board_run(&world, 0, &run);
    assert_false(run.was_cut);
    return output;
}

static int set_up(void **state)
{
    (void)state;
    return boot_board_init(&world, limits->board) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    boot_board_free(&world);
    return 0;
}

static void build_boot(const struct kl_key_set *set, uint32_t most_bytes)
{
    struct kl_elf_sizes sizes;
    struct kl_bytes elf;
    boot_board_build(&world, set, WATCHDOG_MS);
    assert_int_equal(kl_file_read(boot_board_path(&world, "firmware/boot.elf"), 16 << 20,
                                  world.arena, &elf, &diag),
                     0);
    assert_int_equal(kl_elf_sizes(elf, &sizes, &diag), KL_OK);
    uint32_t bytes = sizes.code + sizes.constants + sizes.data;
    printf("bootloader: %u bytes of flash, of at most %u\n", bytes, most_bytes);
    assert_true(bytes <= most_bytes);
}

static void test_build(void **state)
{
    (void)state;
    build_boot(NULL, limits->small_bytes);
}

static void test_updates(void **state)
{
    static struct test_image one, two, three;
    (void)state;
    boot_board_make_app(&world, 1, APP_CONFIRMS, &one);
    boot_board_make_app(&world, 2, APP_CONFIRMS, &two);
    boot_board_make_app(&world, 3, APP_HANGS, &three);
    boot_board_install(&world, &one);
    assert_string_equal(run_board(), "app 1 to stay\n");
    boot_board_ask_for(&world, &two);
    assert_string_equal(run_board(), "app 2 on trial\napp 2 to stay\n");
    assert_string_equal(run_board(), "app 2 to stay\n");
    boot_board_ask_for(&world, &three); /* hangs: three tries, each ended by the watchdog */
    const char *output = run_board();
    int tries = 0;
    for (const char *at = output; (at = strstr(at, "app 3 on trial\n")) != NULL; at++) {
        tries++;
    }
    assert_int_equal(tries, KL_BOOT_TRIES);
    assert_non_null(strstr(output, "app 2 to stay\n"));
    assert_string_equal(run_board(), "app 2 to stay\n");
}

/* An application as `kinglet release` packs it, perhaps for one reader alone. */
static struct kl_bytes release_image(const char *version, const struct kl_public_key *reader)
{
    return boot_board_release(
        &world, &(struct boot_board_release){.version = version, .reader = reader}, "firmware.img");
}

/* What `kinglet release` makes of the application's ELF file starts as it is. */
static void test_release(void **state)
{
    static struct test_image unused;
    (void)state;
    boot_board_make_app(&world, 4, APP_CONFIRMS, &unused);
    struct kl_bytes image = release_image("4.0.0", NULL);
    memset(world.flash, 0xff, world.flash_bytes);
    memcpy(world.flash, image.data, image.size);
    assert_string_equal(run_board(), "app 4 to stay\n");
    world.flash[world.board->device.header_bytes + 100] ^= 1; /* in its code */
    const char *output = boot_board_run_to_fault(&world);
    assert_non_null(strstr(output, "kinglet fault: boot="));
    assert_null(strstr(output, "app"));
}

static void expect_version(struct kl_channel *channel, const char *version, bool is_confirmed)
{
    struct kl_device_images images;
    enum kl_err err = kl_device_images(channel, &images, &diag);
    assert_string_equal(diag.message, "");
    assert_int_equal(err, KL_OK);
    assert_string_equal(images.images[0].version, version);
    assert_true(images.images[0].active);
    assert_int_equal(images.images[0].confirmed, is_confirmed);
}

/* The way that a user goes: over the serial line, from one version to the next. */
static void test_managed(void **state)
{
    struct kl_device_images images;
    (void)state;
    boot_board_make_managed(&world);
    struct kl_bytes five = release_image("5.0.0", NULL), six = release_image("6.0.0", NULL);
    memset(world.flash, 0xff, world.flash_bytes);
    memcpy(world.flash, five.data, five.size);
    struct kl_emulator *emulator = boot_board_start(&world, 0, world.arena);
    struct kl_channel *channel = kl_emulator_channel(emulator);
    expect_version(channel, "5.0.0", true);
    assert_int_equal(kl_device_upload(channel, six, NULL, &diag), KL_OK);
    assert_int_equal(kl_device_images(channel, &images, &diag), KL_OK);
    assert_int_equal(images.count, 2);
    assert_int_equal(kl_device_set_image(channel, images.images[1].hash, false, &images, &diag),
                     KL_OK);
    assert_int_equal(kl_device_restart(channel, &diag), KL_OK);
    expect_version(channel, "6.0.0", false);
    assert_int_equal(kl_device_set_image(channel, NULL, true, &images, &diag), KL_OK);
    assert_int_equal(kl_device_restart(channel, &diag), KL_OK);
    expect_version(channel, "6.0.0", true);
    assert_int_equal(kl_emulator_stop(emulator, NULL, &diag), KL_OK);
}

/* The same by a second implementation of the protocol, which has the board's serial line. */
static void test_interop(void **state)
{
    (void)state;
    boot_board_make_managed(&world);
    struct kl_bytes one = release_image("1.0.0", NULL), two = release_image("2.0.0", NULL);
    const char *update = boot_board_path(&world, "two.img");
    assert_int_equal(kl_file_write(update, two.data, two.size, &diag), KL_OK);
    memset(world.flash, 0xff, world.flash_bytes);
    memcpy(world.flash, one.data, one.size);
    struct kl_emulator *emulator = boot_board_start(&world, 0, world.arena);
    int line = dup(kl_emulator_channel(emulator)->read_fd); /* the child inherits this one */
    char *command = kl_arena_printf(
        world.arena,
        "PYTHONDONTWRITEBYTECODE=1 python3 '%s/tests/e2e/smp_interop.py' board fd:%d '%s'",
        KINGLET_SOURCE_DIR, line, update);
    assert_int_equal(system(command), 0);
    (void)close(line);
    assert_int_equal(kl_emulator_stop(emulator, NULL, &diag), KL_OK);
}

/* A device of its own, and its public key. */
static void make_device(struct kl_public_key *reader)
{
    const struct kl_board_device *d = &world.board->device;
    const struct kl_flash flash = boot_board_flash(&world);
    const struct kl_flash_area security = {&flash, 2 * (d->image_bytes + d->model_bytes),
                                           d->security_bytes};
    const struct kl_identity identity = {{7}, {0x11, 1, 2, 3}};
    assert_int_equal(kl_identity_write(&security, &identity), KL_IDENTITY_OK);
    assert_int_equal(kl_identity_point(&identity, reader->point), KL_IDENTITY_OK);
}

/* With a key set, and an update that is encrypted for this device: it lies in plain text in its
 * slot. */
static void test_full(void **state)
{
    static struct test_image one, two;
    struct kl_key_set set = {.version = 1, .count = 1};
    struct kl_public_key reader = {.is_revoked = 0};
    (void)state;
    set.keys[0] = (struct kl_key_entry){world.key.public_key, KL_ROLE_ALL};
    build_boot(&set, limits->full_bytes);
    boot_board_make_app(&world, 1, APP_CONFIRMS, &one);
    boot_board_make_app(&world, 2, APP_CONFIRMS, &two); /* leaves its ELF file behind */
    memset(world.flash, 0xff, world.flash_bytes);
    make_device(&reader);
    boot_board_install(&world, &one);
    assert_string_equal(run_board(), "app 1 to stay\n");
    struct kl_bytes image = release_image("2.0.0", &reader);
    struct test_image encrypted = {.size = (uint32_t)image.size};
    memcpy(encrypted.bytes, image.data, image.size);
    boot_board_ask_for(&world, &encrypted);
    assert_string_equal(run_board(), "app 2 on trial\napp 2 to stay\n");
    uint32_t header = world.board->device.header_bytes;
    assert_memory_equal(world.flash + header, two.bytes + header, 256);
    assert_memory_not_equal(world.flash + header, encrypted.bytes + header, 256);
}

static bool choose_board(const char *board)
{
    for (size_t i = 0; i < sizeof all_limits / sizeof all_limits[0]; i++) {
        if (strcmp(board, all_limits[i].board) == 0) {
            limits = &all_limits[i];
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build),   cmocka_unit_test(test_updates),
        cmocka_unit_test(test_release), cmocka_unit_test(test_managed),
        cmocka_unit_test(test_interop), cmocka_unit_test(test_full),
    };
    const struct CMUnitTest tests_of_port[] = {
        cmocka_unit_test(test_build),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_managed),
        cmocka_unit_test(test_full),
    };
    if (argc < 2) {
        return cmocka_run_group_tests(tests, set_up, tear_down);
    }
    if (!choose_board(argv[1])) {
        fprintf(stderr, "boot_board_test: no such board: %s\n", argv[1]);
        return 1;
    }
    return cmocka_run_group_tests(tests_of_port, set_up, tear_down);
}
