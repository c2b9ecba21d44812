/* SPDX-License-Identifier: Apache-2.0 */
#include "boot_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "kinglet/trailer.h"
#include "release/release.h"

enum { ARENA_BYTES = 64 << 20, RUN_ARENA_BYTES = 1 << 20, OUTPUT_BYTES = 1 << 16 };
enum { SILENCE_MS = 60000, APP_STACK_BYTES = 4096, MANAGED_STACK_BYTES = 16384 };

static struct kl_diag diag;

static int read_memory(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    memcpy(data, (const uint8_t *)context + offset, bytes);
    return 0;
}

static int write_memory(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    memcpy((uint8_t *)context + offset, data, bytes);
    return 0;
}

static int erase_memory(void *context, uint32_t offset, uint32_t bytes)
{
    memset((uint8_t *)context + offset, 0xff, bytes);
    return 0;
}

const char *boot_board_path(const struct boot_board *world, const char *name)
{
    return kl_arena_printf(world->arena, "%s/%s", world->folder, name);
}

bool boot_board_init(struct boot_board *world, const char *board)
{
    static const char template[] = "/tmp/kinglet-boot-XXXXXX";
    *world = (struct boot_board){.arena = kl_arena_create(ARENA_BYTES)};
    memcpy(world->folder, template, sizeof template);
    if (!world->arena || !mkdtemp(world->folder) ||
        kl_board_find(board, world->arena, &world->board, &diag) != KL_OK) {
        return false;
    }
    world->flash_bytes = world->board->device.flash.bytes;
    world->flash = malloc(world->flash_bytes);
    if (!world->flash) {
        return false;
    }
    memset(world->flash, 0xff, world->flash_bytes);
    world->device = (struct kl_device_class){{1}, {2}, ""};
    snprintf(world->device.board, sizeof world->device.board, "%s", board);
    test_key_make(9, &world->key);
    return true;
}

void boot_board_free(struct boot_board *world)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", world->folder);
    assert_int_equal(system(command), 0);
    free(world->flash);
    kl_arena_free(world->arena);
}

void boot_board_build(const struct boot_board *world, const struct kl_key_set *set,
                      uint32_t watchdog_ms)
{
    const struct kl_boot_firmware firmware = {.board = world->board,
                                              .keys = set ? NULL : &world->key.public_key,
                                              .key_count = set ? 0 : 1,
                                              .key_set = set,
                                              .device = &world->device,
                                              .watchdog_ms = watchdog_ms};
    diag = (struct kl_diag){0};
    enum kl_err err = kl_boot_firmware_build(world->folder, &firmware, &diag);
    if (err == KL_EUNSUPPORTED || err == KL_ETOOL) {
        printf("skipped: %s\n", diag.message);
        exit(77);
    }
    assert_string_equal(diag.message, "");
}

/* The flags for the board's core, each after a space. */
static const char *core_flags(const struct boot_board *world)
{
    bool is_riscv = strncmp(world->board->toolchain, "riscv", 5) == 0;
    const char *text = is_riscv ? "--specs=picolibc.specs" : "--specs=nano.specs";
    for (const char *const *flag = world->board->cflags; *flag; flag++) {
        text = kl_arena_printf(world->arena, "%s %s", text, *flag);
    }
    return text;
}

/* Build firmware for the primary slot, behind the header of its image, as app.elf and app.bin. The
 * sources are those of the bootloader that an application needs, and `sources`. */
static void build_app(const struct boot_board *world, const char *sources, int stack_bytes)
{
    const struct kl_board *board = world->board;
    const struct kl_board_device *d = &board->device;
    const struct kl_flash flash = {.bytes = d->flash.bytes, .sector_bytes = d->sector_bytes};
    const struct kl_flash_area slot = {&flash, 0, d->image_bytes};
    const char *device = KINGLET_SOURCE_DIR "/device";
    char *command = kl_arena_printf(
        world->arena,
        "cd '%s/firmware' && %sgcc -std=c11 -Os -ffunction-sections -fdata-sections %s "
        "-I. -I'%s' -I'%s/include' -Ibearssl/inc -Ibearssl/src -nostartfiles -Wl,--gc-sections "
        "-Wl,--defsym=KL_FLASH_ORIGIN=%u,--defsym=KL_FLASH_BYTES=%u "
        "-Wl,--defsym=KL_RAM_ORIGIN=%u,--defsym=KL_RAM_BYTES=%u,--defsym=KL_STACK_BYTES=%d "
        "-Tport/link.ld '%s/port/device/fault.c' port/*.c port/*/*.c update/*.c %s -o app.elf && "
        "%sobjcopy -O binary app.elf app.bin",
        world->folder, board->toolchain, core_flags(world), device, device,
        d->flash.origin + d->header_bytes, kl_image_room(&slot) - d->header_bytes,
        board->ram.origin, board->ram.bytes, stack_bytes, device, sources, board->toolchain);
    assert_int_equal(system(command), 0);
}

void boot_board_make_app(const struct boot_board *world, int version, enum boot_app_trial trial,
                         struct test_image *image)
{
    struct kl_bytes body;
    build_app(world,
              kl_arena_printf(world->arena,
                              "-DVERSION='\"%d\"' -DON_TRIAL=%d '%s/tests/unit/boot_app.c'",
                              version, (int)trial, KINGLET_SOURCE_DIR),
              APP_STACK_BYTES);
    assert_int_equal(kl_file_read(boot_board_path(world, "firmware/app.bin"), 1 << 20, world->arena,
                                  &body, &diag),
                     KL_OK);
    const struct test_image_wish wish = {.kind = KL_IMAGE_FIRMWARE,
                                         .version = {(uint8_t)version, 0, 0, 0},
                                         .body = body.data,
                                         .body_bytes = (uint32_t)body.size,
                                         .counter = 1,
                                         .device = &world->device,
                                         .key = &world->key,
                                         .header_bytes =
                                             (uint16_t)world->board->device.header_bytes};
    test_image_make(&wish, image);
}

void boot_board_make_firmware(const struct boot_board *world, const char *sources)
{
    const char *agent = KINGLET_SOURCE_DIR "/device/agent";
    build_app(world,
              kl_arena_printf(world->arena,
                              "%s '%s/'cbor.c '%s/'smp*.c '%s/manage/'*.c boot_config.c $(find "
                              "bearssl -name '*.c')",
                              sources, agent, agent, agent),
              MANAGED_STACK_BYTES);
}

void boot_board_make_managed(const struct boot_board *world)
{
    boot_board_make_firmware(world, "'" KINGLET_SOURCE_DIR "/tests/unit/managed_app.c'");
}

struct kl_bytes boot_board_release(const struct boot_board *world,
                                   const struct boot_board_release *release, const char *file)
{
    const struct kl_release_wish wish = {.version = release->version,
                                         .vendor = "01000000-0000-0000-0000-000000000000",
                                         .product = "02000000-0000-0000-0000-000000000000",
                                         .name = "app",
                                         .board = world->board->name,
                                         .security_counter = 1,
                                         .firmware = boot_board_path(world, "firmware/app.elf"),
                                         .packs = release->packs,
                                         .pack_count = release->pack_count,
                                         .is_encrypted = release->reader != NULL,
                                         .has_made = true};
    struct kl_release *made = KL_NEW(world->arena, struct kl_release, 1);
    struct kl_tar *files = KL_NEW(world->arena, struct kl_tar, 1);
    struct kl_key signer = {.public_key = world->key.public_key, .has_secret = true};
    memcpy(signer.secret, world->key.secret, sizeof signer.secret);
    diag = (struct kl_diag){0};
    enum kl_err err = kl_release_collect(&wish, world->arena, made, &diag);
    assert_string_equal(diag.message, "");
    assert_int_equal(err, KL_OK);
    assert_int_equal(made->parts[0].linked_at, kl_release_slot_address(made));
    assert_int_equal(kl_release_bundle(made, &signer, release->reader, world->arena, files, &diag),
                     KL_OK);
    return kl_tar_find(files, file)->content;
}

void boot_board_install(struct boot_board *world, const struct test_image *image)
{
    memcpy(world->flash, image->bytes, image->size);
}

struct kl_flash boot_board_flash(struct boot_board *world)
{
    const struct kl_board_device *d = &world->board->device;
    return (struct kl_flash){.bytes = d->flash.bytes,
                             .sector_bytes = d->sector_bytes,
                             .write_bytes = d->write_bytes,
                             .context = world->flash,
                             .read = read_memory,
                             .write = write_memory,
                             .erase = erase_memory};
}

void boot_board_ask_for(struct boot_board *world, const struct test_image *image)
{
    const struct kl_board_device *d = &world->board->device;
    const struct kl_flash flash = boot_board_flash(world);
    const struct kl_flash_area secondary = {&flash, d->image_bytes, d->image_bytes};
    memcpy(world->flash + d->image_bytes + d->sector_bytes, image->bytes, image->size);
    assert_int_equal(kl_trailer_ask(&secondary, KL_SWAP_TEST), KL_TRAILER_OK);
}

/* The flash is at the start of the memory that the emulator keeps; what follows is a hole. */
static void write_flash_file(const struct boot_board *world, const char *path)
{
    const struct kl_memory_range *memory = kl_board_flash_memory(world->board);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(memory->origin, world->board->device.flash.origin);
    assert_int_equal(fwrite(world->flash, 1, world->flash_bytes, file), world->flash_bytes);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(truncate(path, (off_t)memory->bytes), 0);
}

static void read_flash_file(struct boot_board *world, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(world->flash, 1, world->flash_bytes, file), world->flash_bytes);
    assert_int_equal(fclose(file), 0);
}

static const char *flash_path(const struct boot_board *world, struct kl_arena *arena)
{
    return kl_arena_printf(arena, "%s/flash.img", world->folder);
}

struct kl_emulator *boot_board_start(struct boot_board *world, uint64_t cut_at,
                                     struct kl_arena *arena)
{
    struct kl_emulator *emulator;
    const struct kl_emulator_options options = {
        .board = world->board,
        .elf_path = kl_arena_printf(arena, "%s/firmware/boot.elf", world->folder),
        .flash_path = flash_path(world, arena),
        .cut_at = cut_at,
        .timeout_ms = SILENCE_MS,
    };
    diag = (struct kl_diag){0};
    write_flash_file(world, options.flash_path);
    enum kl_err err = kl_emulator_start(&options, arena, &emulator, &diag);
    assert_string_equal(diag.message, "");
    assert_int_equal(err, KL_OK);
    return emulator;
}

/* Run until the emulator ends; `diag` says why, when it did not end well. */
static const char *run_board(struct boot_board *world, uint64_t cut_at, struct kl_flash_run *run)
{
    static char text[OUTPUT_BYTES];
    struct kl_buffer output = KL_BUFFER(sizeof text - 1);
    struct kl_arena *arena = kl_arena_create(RUN_ARENA_BYTES);
    assert_non_null(arena);
    struct kl_emulator *emulator = boot_board_start(world, cut_at, arena);
    enum kl_err waited = kl_emulator_wait(emulator, &output, &diag);
    enum kl_err stopped = kl_emulator_stop(emulator, NULL, &diag);
    assert_int_equal(waited, KL_OK);
    assert_true(stopped == KL_OK || diag.message[0] != '\0');
    *run = kl_emulator_flash_run(emulator);
    snprintf(text, sizeof text, "%s", output.data ? output.data : "");
    kl_buffer_free(&output);
    read_flash_file(world, flash_path(world, arena));
    kl_arena_free(arena);
    return text;
}

const char *boot_board_run(struct boot_board *world, uint64_t cut_at, struct kl_flash_run *run)
{
    const char *output = run_board(world, cut_at, run);
    assert_string_equal(diag.message, "");
    return output;
}

const char *boot_board_run_to_fault(struct boot_board *world)
{
    struct kl_flash_run run;
    const char *output = run_board(world, 0, &run);
    if (!strstr(diag.message, "fault")) {
        fail_msg("no fault: %s", diag.message);
    }
    return output;
}
