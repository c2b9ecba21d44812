/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader as firmware, on emulated boards: it fits, installs an update, and returns from a
 * bad one. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/command.h"
#include "base/file.h"
#include "board_firmware.h"
#include "emulate/elf.h"
#include "flow/boot_firmware.h"
#include "image_make.h"
#include "kinglet/boot.h"
#include "kinglet/identity.h"
#include "kinglet/port.h"
#include "link/image_client.h"
#include "link/port.h"
#include "release/release.h"

enum {
    MEMORY_BYTES = 16 << 20,
    ARENA_BYTES = 256 << 20,
    SMALL_BYTES_MAX = 14336,
    FULL_BYTES_MAX = 20480,
    WATCHDOG_MS = 1000
};

static struct kl_arena *arena;
static struct kl_diag diag;
static const struct kl_board *board;
static struct kl_device_class device;
static struct test_key key;
static char folder[] = "/tmp/kinglet-boot-XXXXXX";
static uint8_t *memory; /* of the board's flash; what lies behind it is unused */

static int read_memory(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    (void)context;
    memcpy(data, memory + offset, bytes);
    return 0;
}

static int write_memory(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    (void)context;
    memcpy(memory + offset, data, bytes);
    return 0;
}

static int erase_memory(void *context, uint32_t offset, uint32_t bytes)
{
    (void)context;
    memset(memory + offset, 0xff, bytes);
    return 0;
}

static struct kl_flash flash = {.read = read_memory, .write = write_memory, .erase = erase_memory};

static const char *in_folder(const char *name)
{
    return kl_arena_printf(arena, "%s/%s", folder, name);
}

/* An application for the primary slot, as a signed image. */
static void make_image(int version, bool is_good, struct test_image *image)
{
    const struct kl_board_device *d = &board->device;
    struct kl_bytes body;
    char *command = kl_arena_printf(
        arena,
        "cd '%s/firmware' && %sgcc -std=c11 -Os -ffunction-sections -fdata-sections %s "
        "-DVERSION='\"%d\"' -DIS_GOOD=%d -I.. -I. -Ibearssl/inc -nostartfiles --specs=nano.specs "
        "-Wl,--gc-sections -Wl,--defsym=KL_FLASH_ORIGIN=%u,--defsym=KL_FLASH_BYTES=%u "
        "-Wl,--defsym=KL_RAM_ORIGIN=%u,--defsym=KL_RAM_BYTES=%u,--defsym=KL_STACK_BYTES=4096 "
        "-Tport/link.ld '%s/tests/unit/boot_app.c' '%s/device/port/device/fault.c' port/*.c "
        "port/*/*.c update/*.c -o app.elf && "
        "%sobjcopy -O binary app.elf app.bin",
        folder, board->toolchain, "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16",
        version, is_good, d->flash.origin + d->header_bytes, d->image_bytes - d->header_bytes,
        board->ram.origin, board->ram.bytes, KINGLET_SOURCE_DIR, KINGLET_SOURCE_DIR,
        board->toolchain);
    assert_int_equal(system(command), 0);
    assert_int_equal(kl_file_read(in_folder("firmware/app.bin"), 1 << 20, arena, &body, &diag), 0);
    const struct test_image_wish wish = {.kind = KL_IMAGE_FIRMWARE,
                                         .version = {(uint8_t)version, 0, 0, 0},
                                         .body = body.data,
                                         .body_bytes = (uint32_t)body.size,
                                         .counter = 1,
                                         .device = &device,
                                         .key = &key,
                                         .header_bytes = (uint16_t)d->header_bytes};
    test_image_make(&wish, image);
}

/* Run the board from its flash until it ends with `status`; what it printed. */
static const char *run_until(int wanted)
{
    struct kl_buffer output = KL_BUFFER(1 << 16);
    const char *flash_file = in_folder("flash.img");
    const char *backend = kl_arena_printf(
        arena, "memory-backend-file,id=mem,share=on,mem-path=%s,size=16M", flash_file);
    const char *const argv[] = {
        "timeout",
        "60",
        board->emulation.program,
        "-M",
        kl_arena_printf(arena, "%s,memory-backend=mem", board->emulation.machine),
        "-object",
        backend,
        "-nographic",
        "-monitor",
        "none",
        "-serial",
        "stdio",
        "-semihosting-config",
        "enable=on,target=native",
        "-kernel",
        in_folder("firmware/boot.elf"),
        NULL};
    struct kl_bytes after;
    int status = -1;
    assert_int_equal(kl_file_write(flash_file, memory, MEMORY_BYTES, &diag), KL_OK);
    assert_int_equal(kl_command_run(argv, &output, &status, &diag), KL_OK);
    if (status != wanted) {
        fail_msg("status %d, not %d: %s", status, wanted, output.data);
    }
    assert_int_equal(kl_file_read(flash_file, MEMORY_BYTES, arena, &after, &diag), KL_OK);
    memcpy(memory, after.data, after.size);
    const char *text = kl_arena_printf(arena, "%s", output.data);
    kl_buffer_free(&output);
    return text;
}

/* ... until the application ends. */
static const char *run_board(void)
{
    return run_until(0);
}

static int set_up(void **state)
{
    (void)state;
    arena = kl_arena_create(ARENA_BYTES);
    memory = malloc(MEMORY_BYTES);
    if (!arena || !memory || !mkdtemp(folder) ||
        kl_board_find("mps2-an386", arena, &board, &diag) != KL_OK) {
        return -1;
    }
    flash.bytes = board->device.flash.bytes;
    flash.sector_bytes = board->device.sector_bytes;
    flash.write_bytes = board->device.write_bytes;
    device = (struct kl_device_class){{1}, {2}, "mps2-an386"};
    test_key_make(9, &key);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    free(memory);
    kl_arena_free(arena);
    return system(command);
}

static void build_boot(const struct kl_boot_firmware *firmware, uint32_t most_bytes)
{
    struct kl_elf_sizes sizes;
    struct kl_bytes elf;
    enum kl_err err = kl_boot_firmware_build(folder, firmware, &diag);
    if (err == KL_EUNSUPPORTED) {
        printf("skipped: %s\n", diag.message);
        exit(77);
    }
    assert_string_equal(diag.message, "");
    assert_int_equal(kl_file_read(in_folder("firmware/boot.elf"), 16 << 20, arena, &elf, &diag), 0);
    assert_int_equal(kl_elf_sizes(elf, &sizes, &diag), KL_OK);
    uint32_t bytes = sizes.code + sizes.constants + sizes.data;
    printf("bootloader: %u bytes of flash, of at most %u\n", bytes, most_bytes);
    assert_true(bytes <= most_bytes);
}

static void test_build(void **state)
{
    const struct kl_boot_firmware firmware = {.board = board,
                                              .keys = &key.public_key,
                                              .key_count = 1,
                                              .device = &device,
                                              .watchdog_ms = WATCHDOG_MS};
    (void)state;
    build_boot(&firmware, SMALL_BYTES_MAX);
}

static void install(uint32_t offset, const struct test_image *image)
{
    memcpy(memory + offset, image->bytes, image->size);
}

static void ask_for(const struct test_image *image)
{
    const struct kl_board_device *d = &board->device;
    const struct kl_flash_area secondary = {&flash, d->image_bytes, d->image_bytes};
    install(d->image_bytes + d->sector_bytes, image);
    assert_int_equal(kl_trailer_ask(&secondary, KL_SWAP_TEST), KL_TRAILER_OK);
}

static void test_updates(void **state)
{
    static struct test_image one, two, three;
    (void)state;
    make_image(1, true, &one);
    make_image(2, true, &two);
    make_image(3, false, &three);
    memset(memory, 0xff, MEMORY_BYTES);
    install(0, &one);
    assert_string_equal(run_board(), "app 1 to stay\n");
    ask_for(&two);
    assert_string_equal(run_board(), "app 2 on trial\napp 2 to stay\n");
    assert_string_equal(run_board(), "app 2 to stay\n");
    ask_for(&three); /* hangs: three tries, each ended by the watchdog */
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
    const struct kl_release_wish wish = {.version = version,
                                         .vendor = "01000000-0000-0000-0000-000000000000",
                                         .product = "02000000-0000-0000-0000-000000000000",
                                         .name = "app",
                                         .board = board->name,
                                         .security_counter = 1,
                                         .firmware = in_folder("firmware/app.elf"),
                                         .is_encrypted = reader != NULL,
                                         .has_made = true};
    struct kl_release *release = KL_NEW(arena, struct kl_release, 1);
    struct kl_tar *files = KL_NEW(arena, struct kl_tar, 1);
    struct kl_key signer = {.public_key = key.public_key, .has_secret = true};
    memcpy(signer.secret, key.secret, sizeof signer.secret);
    assert_int_equal(kl_release_collect(&wish, arena, release, &diag), KL_OK);
    assert_int_equal(release->parts[0].linked_at, kl_release_slot_address(release));
    assert_int_equal(kl_release_bundle(release, &signer, reader, arena, files, &diag), KL_OK);
    return kl_tar_find(files, "firmware.img")->content;
}

/* What `kinglet release` makes of the application's ELF file starts as it is. */
static void test_release(void **state)
{
    static struct test_image unused;
    (void)state;
    make_image(4, true, &unused);
    struct kl_bytes image = release_image("4.0.0", NULL);
    memset(memory, 0xff, MEMORY_BYTES);
    memcpy(memory, image.data, image.size);
    assert_string_equal(run_board(), "app 4 to stay\n");
    memory[board->device.header_bytes + 100] ^= 1; /* in its code */
    const char *output = run_until(KL_PORT_EXIT_FAULT);
    assert_non_null(strstr(output, "kinglet fault: boot="));
    assert_null(strstr(output, "app"));
}

/* Firmware that lets itself be managed, as app.elf. */
static void make_managed(void)
{
    const struct kl_board_device *d = &board->device;
    char *command = kl_arena_printf(
        arena,
        "cd '%s/firmware' && %sgcc -std=c11 -Os -ffunction-sections -fdata-sections "
        "-mcpu=cortex-m4 "
        "-mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -I. -I'%s/device' -I'%s/device/include' "
        "-Ibearssl/inc -Ibearssl/src -nostartfiles --specs=nano.specs -Wl,--gc-sections "
        "-Wl,--defsym=KL_FLASH_ORIGIN=%u,--defsym=KL_FLASH_BYTES=%u "
        "-Wl,--defsym=KL_RAM_ORIGIN=%u,--defsym=KL_RAM_BYTES=%u,--defsym=KL_STACK_BYTES=16384 "
        "-Tport/link.ld '%s/tests/unit/managed_app.c' '%s/device/port/device/fault.c' "
        "'%s/device/agent/'cbor.c '%s/device/agent/'smp*.c '%s/device/agent/manage/'*.c "
        "boot_config.c port/*.c port/*/*.c update/*.c $(find bearssl -name '*.c') -o app.elf",
        folder, board->toolchain, KINGLET_SOURCE_DIR, KINGLET_SOURCE_DIR,
        d->flash.origin + d->header_bytes, d->image_bytes - d->header_bytes, board->ram.origin,
        board->ram.bytes, KINGLET_SOURCE_DIR, KINGLET_SOURCE_DIR, KINGLET_SOURCE_DIR,
        KINGLET_SOURCE_DIR, KINGLET_SOURCE_DIR);
    assert_int_equal(system(command), 0);
}

/* The board with its UART behind a socket, until it is ended. */
static pid_t start_board(const char *socket)
{
    const char *flash_file = in_folder("flash.img");
    const char *machine = kl_arena_printf(arena, "%s,memory-backend=mem", board->emulation.machine);
    const char *backend = kl_arena_printf(
        arena, "memory-backend-file,id=mem,share=on,mem-path=%s,size=16M", flash_file);
    const char *serial = kl_arena_printf(arena, "unix:%s,server=on,wait=off", socket);
    const char *boot = in_folder("firmware/boot.elf");
    assert_int_equal(kl_file_write(flash_file, memory, MEMORY_BYTES, &diag), KL_OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execlp("timeout", "timeout", "60", board->emulation.program, "-M", machine, "-object",
               backend, "-display", "none", "-monitor", "none", "-serial", serial, "-kernel", boot,
               (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && access(socket, F_OK); i++) {
        (void)usleep(10000);
    }
    return child;
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
    const char *socket = in_folder("uart");
    struct kl_channel channel;
    struct kl_device_images images;
    (void)state;
    make_managed();
    struct kl_bytes five = release_image("5.0.0", NULL), six = release_image("6.0.0", NULL);
    memset(memory, 0xff, MEMORY_BYTES);
    memcpy(memory, five.data, five.size);
    pid_t child = start_board(socket);
    assert_int_equal(kl_port_open(socket, 20000, &channel, &diag), KL_OK);
    expect_version(&channel, "5.0.0", true);
    assert_int_equal(kl_device_upload(&channel, six, NULL, &diag), KL_OK);
    assert_int_equal(kl_device_images(&channel, &images, &diag), KL_OK);
    assert_int_equal(images.count, 2);
    assert_int_equal(kl_device_set_image(&channel, images.images[1].hash, false, &images, &diag),
                     KL_OK);
    assert_int_equal(kl_device_restart(&channel, &diag), KL_OK);
    expect_version(&channel, "6.0.0", false);
    assert_int_equal(kl_device_set_image(&channel, NULL, true, &images, &diag), KL_OK);
    assert_int_equal(kl_device_restart(&channel, &diag), KL_OK);
    expect_version(&channel, "6.0.0", true);
    kl_port_close(&channel);
    (void)kill(child, SIGTERM);
    (void)waitpid(child, NULL, 0);
}

/* A device of its own, and its public key. */
static void make_device(struct kl_public_key *reader)
{
    const struct kl_board_device *d = &board->device;
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
    const struct kl_boot_firmware firmware = {
        .board = board, .key_set = &set, .device = &device, .watchdog_ms = WATCHDOG_MS};
    (void)state;
    set.keys[0] = (struct kl_key_entry){key.public_key, KL_ROLE_ALL};
    build_boot(&firmware, FULL_BYTES_MAX);
    make_image(1, true, &one);
    make_image(2, true, &two); /* leaves its ELF file behind */
    memset(memory, 0xff, MEMORY_BYTES);
    make_device(&reader);
    install(0, &one);
    assert_string_equal(run_board(), "app 1 to stay\n");
    struct kl_bytes image = release_image("2.0.0", &reader);
    struct test_image encrypted = {.size = (uint32_t)image.size};
    memcpy(encrypted.bytes, image.data, image.size);
    ask_for(&encrypted);
    assert_string_equal(run_board(), "app 2 on trial\napp 2 to stay\n");
    uint32_t header = board->device.header_bytes;
    assert_memory_equal(memory + header, two.bytes + header, 256);
    assert_memory_not_equal(memory + header, encrypted.bytes + header, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build),   cmocka_unit_test(test_updates),
        cmocka_unit_test(test_release), cmocka_unit_test(test_managed),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
