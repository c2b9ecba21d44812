/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the bootloaders: bytes of flash of the small and of the full one, with BearSSL's part in
 * them, and what an emulated Cortex-M4 executes to check an image at its start.
 *
 *     kinglet-bench-boot
 *
 * A test, too: it fails when a bootloader is larger than it may be, or nothing was counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "boot_board.h"
#include "emulate/elf.h"

enum { SMALL_BYTES_MAX = 14336, FULL_BYTES_MAX = 20480, WATCHDOG_MS = 20000, TIMEOUT_MS = 60000 };
enum { ELF_BYTES_MAX = 16 << 20, MAP_BYTES_MAX = 4 << 20, LINE_BYTES = 512 };
enum { CALL_BYTES = 4 };

static struct kl_diag diag;
static struct boot_board world;

static struct kl_bytes read_built(const char *name, size_t limit)
{
    struct kl_bytes bytes;
    assert_int_equal(kl_file_read(boot_board_path(&world, name), limit, world.arena, &bytes, &diag),
                     KL_OK);
    return bytes;
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Does a line of the linker's map that names a section name one that takes flash? */
static bool is_in_flash(const char *line)
{
    return begins_with(line, " .text") || begins_with(line, " .rodata") ||
           begins_with(line, " .data");
}

/* Bytes that a line of the map gives to a file of BearSSL: it ends with address, size and file. */
static uint32_t bearssl_bytes(const char *line)
{
    const char *numbers = strstr(line, " 0x");
    char *size;
    if (!numbers || !strstr(line, " build/bearssl/")) {
        return 0;
    }
    (void)strtoul(numbers, &size, 16);
    return (uint32_t)strtoul(size, NULL, 16);
}

/* Behind the headline; what is before it was left out. A long name of a section has a line of its
 * own. */
static uint32_t bearssl_part(void)
{
    static const char headline[] = "Linker script and memory map";
    const struct kl_bytes map = read_built("firmware/boot.map", MAP_BYTES_MAX);
    const char *at = memmem(map.data, map.size, headline, strlen(headline));
    const char *end = (const char *)map.data + map.size;
    uint32_t sum = 0;
    bool is_counted = false;
    assert_non_null(at);
    while (at < end) {
        char line[LINE_BYTES];
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        snprintf(line, sizeof line, "%.*s", (int)(stop - at), at);
        is_counted = begins_with(line, " .") ? is_in_flash(line) : is_counted;
        sum += is_counted ? bearssl_bytes(line) : 0;
        at = stop + 1;
    }
    return sum;
}

static void check_size(const char *name, uint32_t most_bytes)
{
    struct kl_elf_sizes sizes;
    const struct kl_bytes elf = read_built("firmware/boot.elf", ELF_BYTES_MAX);
    assert_int_equal(kl_elf_sizes(elf, &sizes, &diag), KL_OK);
    uint32_t bytes = sizes.code + sizes.constants + sizes.data, crypto = bearssl_part();
    printf("  %-6s bootloader: %6u bytes of flash, limit %6u; BearSSL %6u of them\n", name, bytes,
           most_bytes, crypto);
    assert_true(bytes <= most_bytes);
    assert_in_range(crypto, 1, bytes - 1);
}

/* Where a Thumb instruction at `address` calls (BL, encoding T1); 0: it is no call. */
static uint32_t called_from(uint32_t address, const unsigned char *code)
{
    uint32_t high = (uint32_t)(code[0] | code[1] << 8), low = (uint32_t)(code[2] | code[3] << 8);
    if ((high & 0xf800) != 0xf000 || (low & 0xd000) != 0xd000) {
        return 0;
    }
    uint32_t sign = high >> 10 & 1, i1 = !((low >> 13 & 1) ^ sign), i2 = !((low >> 11 & 1) ^ sign);
    uint32_t offset =
        (sign ? 0xff000000u : 0) | i1 << 23 | i2 << 22 | (high & 0x3ff) << 12 | (low & 0x7ff) << 1;
    return address + CALL_BYTES + offset;
}

/* Where a function returns to that is called at one place. */
static uint32_t return_address(struct kl_bytes elf, uint32_t function)
{
    struct kl_elf_code code;
    uint32_t found = 0, calls = 0;
    assert_int_equal(kl_elf_code(elf, world.arena, &code, &diag), KL_OK);
    for (size_t i = 0; i < code.function_count; i++) {
        const struct kl_elf_function *f = &code.functions[i];
        const unsigned char *bytes;
        if (f->bytes < CALL_BYTES ||
            kl_elf_data(elf, f->address, f->bytes, &bytes, &diag) != KL_OK) {
            continue;
        }
        for (uint32_t at = 0; at + CALL_BYTES <= f->bytes; at += 2) {
            if (called_from(f->address + at, bytes + at) == function) {
                found = f->address + at + CALL_BYTES;
                calls++;
            }
        }
    }
    assert_int_equal(calls, 1);
    return found;
}

static void add_function(struct kl_bytes elf, const char *function, const char *name,
                         struct kl_count_region regions[2])
{
    assert_int_equal(kl_elf_symbol(elf, function, &regions[0].address, &diag), KL_OK);
    regions[0].name = name;
    regions[1] = (struct kl_count_region){return_address(elf, regions[0].address), "rest"};
}

/* Start the board with the application in its flash, which ends it. */
static void run_counted(const struct kl_count_region *regions, size_t count,
                        struct kl_region_count *counts)
{
    struct kl_emulator *emulator;
    struct kl_buffer output = KL_BUFFER(4096);
    const struct kl_emulator_options options = {
        .board = world.board,
        .elf_path = boot_board_path(&world, "firmware/boot.elf"),
        .preload_path = boot_board_path(&world, "flash.img"),
        .regions = regions,
        .region_count = count,
        .timeout_ms = TIMEOUT_MS,
    };
    assert_int_equal(kl_file_write(options.preload_path, world.flash, world.flash_bytes, &diag),
                     KL_OK);
    assert_int_equal(kl_emulator_start(&options, world.arena, &emulator, &diag), KL_OK);
    assert_int_equal(kl_emulator_wait(emulator, &output, &diag), KL_OK);
    assert_int_equal(kl_emulator_stop(emulator, counts, &diag), KL_OK);
    assert_string_equal(output.data, "app 1 to stay\n");
    kl_buffer_free(&output);
}

static void print_count(const char *what, const struct kl_region_count *count)
{
    printf("  %s: %llu instructions, %llu modelled cycles\n", what,
           (unsigned long long)count->instructions, (unsigned long long)count->cycles);
    assert_true(count->entries == 1 && count->instructions > 0);
}

static void test_small(void **state)
{
    static struct test_image app;
    struct kl_count_region regions[2];
    struct kl_region_count counts[2];
    (void)state;
    boot_board_build(&world, NULL, WATCHDOG_MS);
    check_size("small", SMALL_BYTES_MAX);
    const struct kl_bytes elf = read_built("firmware/boot.elf", ELF_BYTES_MAX);
    boot_board_make_app(&world, 1, APP_CONFIRMS, &app);
    boot_board_install(&world, &app);
    add_function(elf, "br_ecdsa_i31_vrfy_asn1", "signature", regions);
    run_counted(regions, 2, counts);
    print_count("signature", &counts[0]);
}

static void test_full(void **state)
{
    struct kl_key_set set = {.version = 1, .count = 1};
    (void)state;
    set.keys[0] = (struct kl_key_entry){world.key.public_key, KL_ROLE_ALL};
    boot_board_build(&world, &set, WATCHDOG_MS);
    check_size("full", FULL_BYTES_MAX);
}

static int set_up(void **state)
{
    (void)state;
    return boot_board_init(&world, "mps2-an386") ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    boot_board_free(&world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
