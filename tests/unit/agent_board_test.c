/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The harness with agent_board_model.c on every emulated board, asked over its UART.
 * Skipped (77) without the board's cross compiler or emulator.
 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "board_firmware.h"
#include "emulate/elf.h"
#include "emulate/emulator.h"
#include "folder.h"
#include "link/model_client.h"
#include "target/board.h"

enum { SKIPPED = 77, TIMEOUT_MS = 20000, JOB_BYTES = 1 << 24, PRELOAD_BYTES = 40000 };
enum { FRAME_BYTES = 1000 }; /* of step 3 of the firmware */

/* The steps of agent_board_model.c. */
enum step {
    ADD_ONE,
    CHECK_VARIABLES,
    USE_FLOAT,
    USE_STACK,
    OVERFLOW_STACK,
    STORE_TO_FLASH,
    STORE_TO_NOWHERE,
    STEP_COUNT
};

static const char *const board_names[] = {"mps2-an386", "mps2-an385", "mps2-an500",  "mps2-an505",
                                          "mps3-an547", "microbit",   "mps2-armv6m", "rv32-virt"};

/* A board with its firmware; the state of the tests. */
struct bench {
    struct kl_arena *arena;
    const struct kl_board *board;
    char elf[300];
    char preload[300];
    struct kl_emulator *emulator; /* NULL between tests */
    struct kl_diag diag;
};

static void assert_ok(struct bench *bench, enum kl_err err)
{
    if (err != KL_OK) {
        fail_msg("%s: error %d: %s", bench->board->name, (int)err, bench->diag.message);
    }
}

/* The call failed so, with a message that holds `text`. */
static void assert_failed(struct bench *bench, enum kl_err err, enum kl_err expected,
                          const char *text)
{
    assert_int_equal(err, expected);
    if (strstr(bench->diag.message, text) == NULL) {
        fail_msg("message without \"%s\": %s", text, bench->diag.message);
    }
    kl_diag_clear(&bench->diag);
}

/* Bytes of the model's arena. */
static uint32_t arena_bytes(const struct kl_board *board)
{
    return board->ram.bytes > 65536 ? 65536 : 4096;
}

/* Compile and link the firmware with so much RAM; true when that worked. */
static bool build(struct bench *bench, uint32_t ram_bytes, const char *redirect)
{
    char flags[64];
    snprintf(flags, sizeof flags, "-DARENA_BYTES=%u", arena_bytes(bench->board));
    const struct firmware firmware = {
        .board = bench->board,
        .sources = "agent/*.c ../tests/unit/agent_board_model.c",
        .flags = flags,
        .ram_bytes = ram_bytes,
        .output = bench->elf,
        .redirect = redirect,
    };
    return firmware_build(&firmware, bench->arena);
}

static void start(struct bench *bench, const struct kl_count_region *regions, size_t count)
{
    const struct kl_emulator_options options = {
        .board = bench->board,
        .elf_path = bench->elf,
        .preload_path = bench->board->emulation.mailbox.bytes ? bench->preload : NULL,
        .regions = regions,
        .region_count = count,
        .timeout_ms = TIMEOUT_MS};
    assert_ok(bench, kl_emulator_start(&options, bench->arena, &bench->emulator, &bench->diag));
}

static enum kl_err stop(struct bench *bench, struct kl_region_count *counts)
{
    struct kl_emulator *emulator = bench->emulator;
    bench->emulator = NULL;
    return kl_emulator_stop(emulator, counts, &bench->diag);
}

static struct kl_channel *channel_of(struct bench *bench)
{
    return kl_emulator_channel(bench->emulator);
}

static int start_plain(void **state)
{
    struct bench *bench = *state;
    kl_diag_clear(&bench->diag);
    start(bench, NULL, 0);
    return 0;
}

/* Whatever a failed test left running ends here. */
static int stop_rest(void **state)
{
    struct bench *bench = *state;
    if (bench->emulator) {
        (void)stop(bench, NULL);
    }
    return 0;
}

static void test_inference(void **state)
{
    struct bench *bench = *state;
    struct kl_device_model info;
    uint8_t input[16], output[16];
    for (uint8_t i = 0; i < 16; i++) {
        input[i] = (uint8_t)(250 + i);
    }
    assert_ok(bench, kl_device_info(channel_of(bench), &info, &bench->diag));
    assert_int_equal(info.step_count, STEP_COUNT);
    assert_int_equal(info.input_bytes[0], 16);
    assert_int_equal(info.output_offset[0], 32);
    assert_ok(bench, kl_device_write(channel_of(bench), 0, input, 16, &bench->diag));
    assert_ok(bench, kl_device_run(channel_of(bench), ADD_ONE, 1, &bench->diag));
    assert_ok(bench, kl_device_read(channel_of(bench), 0, output, 16, &bench->diag));
    for (uint8_t i = 0; i < 16; i++) {
        assert_int_equal(output[i], (uint8_t)(251 + i));
    }
    assert_ok(bench, stop(bench, NULL));
}

static void test_startup(void **state)
{
    struct bench *bench = *state;
    uint8_t output[2];
    assert_ok(bench, kl_device_run(channel_of(bench), CHECK_VARIABLES, 2, &bench->diag));
    assert_ok(bench, kl_device_read(channel_of(bench), 32, output, 2, &bench->diag));
    assert_int_equal(output[0], 1);
    assert_int_equal(output[1], 10);
}

/* The mark moves down and up again with what each run needs. */
static void test_stack(void **state)
{
    struct bench *bench = *state;
    struct kl_device_stats small, large, again;
    assert_ok(bench, kl_device_run(channel_of(bench), ADD_ONE, 1, &bench->diag));
    assert_ok(bench, kl_device_stats(channel_of(bench), &small, &bench->diag));
    assert_ok(bench, kl_device_run(channel_of(bench), USE_STACK, 1, &bench->diag));
    assert_ok(bench, kl_device_stats(channel_of(bench), &large, &bench->diag));
    assert_ok(bench, kl_device_run(channel_of(bench), ADD_ONE, 1, &bench->diag));
    assert_ok(bench, kl_device_stats(channel_of(bench), &again, &bench->diag));
    assert_in_range(small.run_stack_bytes, 4, 100);
    assert_in_range(large.run_stack_bytes, FRAME_BYTES, FRAME_BYTES + 100);
    assert_int_equal(again.run_stack_bytes, small.run_stack_bytes);
}

static uint8_t preload_byte(uint32_t at)
{
    return (uint8_t)(at * 31 + (at >> 8));
}

static void test_mailbox(void **state)
{
    struct bench *bench = *state;
    enum { PART = PRELOAD_BYTES - 3 };
    static uint8_t data[PART];
    if (bench->board->emulation.mailbox.bytes == 0) {
        assert_failed(bench, kl_device_copy(channel_of(bench), 0, 0, 1, &bench->diag), KL_EINPUT,
                      "out of range");
        return;
    }
    assert_ok(bench, kl_device_copy(channel_of(bench), 7, 3, PART, &bench->diag));
    assert_ok(bench, kl_device_read(channel_of(bench), 7, data, PART, &bench->diag));
    for (uint32_t i = 0; i < PART; i++) {
        assert_int_equal(data[i], preload_byte(3 + i));
    }
    uint32_t end = bench->board->emulation.mailbox.bytes;
    assert_ok(bench, kl_device_copy(channel_of(bench), 0, end - 4, 4, &bench->diag));
    assert_failed(bench, kl_device_copy(channel_of(bench), 0, end - 3, 4, &bench->diag), KL_EINPUT,
                  "out of range");
}

/* Large data both ways; nothing is lost on a UART without flow control. */
static void test_large_transfer(void **state)
{
    struct bench *bench = *state;
    static uint8_t sent[10000], got[10000];
    uint32_t bytes = arena_bytes(bench->board) < 10100 ? arena_bytes(bench->board) - 100 : 10000;
    for (uint32_t i = 0; i < bytes; i++) {
        sent[i] = (uint8_t)(i * i >> 5);
    }
    assert_ok(bench, kl_device_write(channel_of(bench), 100, sent, bytes, &bench->diag));
    assert_ok(bench, kl_device_read(channel_of(bench), 100, got, bytes, &bench->diag));
    assert_memory_equal(got, sent, bytes);
}

/* Nothing more comes but the end of the stream. */
static void expect_end(struct bench *bench)
{
    uint8_t byte;
    size_t got;
    assert_ok(bench, kl_channel_read(channel_of(bench), &byte, 1, &got, &bench->diag));
    assert_int_equal(got, 0);
}

static void test_exit(void **state)
{
    struct bench *bench = *state;
    assert_ok(bench, kl_device_exit(channel_of(bench), 42, &bench->diag));
    expect_end(bench);
    assert_failed(bench, stop(bench, NULL), KL_ETOOL, "status 42");
}

static void test_exit_in_order(void **state)
{
    struct bench *bench = *state;
    assert_ok(bench, kl_device_exit(channel_of(bench), 0, &bench->diag));
    expect_end(bench);
    assert_ok(bench, stop(bench, NULL));
}

/* A fault tells what it is over the UART, and ends the emulator with the status of a fault. */
static void check_fault(struct bench *bench, enum step step, const char *report)
{
    assert_failed(bench, kl_device_run(channel_of(bench), step, 1, &bench->diag), KL_EIO, report);
    expect_end(bench); /* the report leaves the UART just before the end */
    assert_failed(bench, stop(bench, NULL), KL_ECHECK, "fault");
}

static void test_stack_overflow(void **state)
{
    check_fault(*state, OVERFLOW_STACK, "kinglet fault: stack overflow exception=");
}

/* ARMv6-M has no registers that say where a fault came from. */
static bool is_armv6m(const struct bench *bench)
{
    return strcmp(bench->board->core, "cortex-m0") == 0;
}

static void test_store_to_flash(void **state)
{
    check_fault(*state, STORE_TO_FLASH, "kinglet fault: exception=");
}

static void test_store_to_nowhere(void **state)
{
    check_fault(*state, STORE_TO_NOWHERE,
                is_armv6m(*state) ? "exception=0x00000003" : "address=0xe8000000");
}

/* The markers and the address of a step border what is counted, the same in every run. */
static void test_counts(void **state)
{
    struct bench *bench = *state;
    struct kl_count_region regions[3] = {
        {0, "kl_harness_begin"}, {0, "add_one"}, {0, "kl_harness_end"}};
    struct kl_region_count counts[2][3];
    struct kl_bytes elf;
    kl_diag_clear(&bench->diag);
    assert_ok(bench, kl_file_read(bench->elf, 1 << 22, bench->arena, &elf, &bench->diag));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(bench, kl_elf_symbol(elf, regions[i].name, &regions[i].address, &bench->diag));
    }
    for (size_t run = 0; run < 2; run++) {
        start(bench, regions, 3);
        assert_ok(bench, kl_device_run(channel_of(bench), ADD_ONE, 1, &bench->diag));
        assert_ok(bench, kl_device_run(channel_of(bench), ADD_ONE, 1, &bench->diag));
        assert_ok(bench, stop(bench, counts[run]));
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(counts[0][i].entries, 2);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(counts[0][i].instructions, counts[1][i].instructions);
        assert_int_equal(counts[0][i].cycles, counts[1][i].cycles);
    }
    /* 16 bytes, all at once with vectors; and twice that loop cannot take 1000. */
    assert_in_range(counts[0][1].instructions, 2 * 4, 1000);
    assert_in_range(counts[0][0].instructions, 2, 100);
}

static void test_overflow_of_ram(void **state)
{
    struct bench *bench = *state;
    char log[320];
    struct kl_bytes text;
    char *redirect;
    snprintf(log, sizeof log, "%s.log", bench->elf);
    redirect = kl_arena_printf(bench->arena, "2>'%s'", log);
    assert_non_null(redirect);
    kl_diag_clear(&bench->diag);
    assert_false(build(bench, arena_bytes(bench->board), redirect)); /* the arena fills it */
    assert_ok(bench, kl_file_read(log, 1 << 20, bench->arena, &text, &bench->diag));
    assert_non_null(memmem(text.data, text.size, "region `RAM' overflowed by", 26));
    unlink(log);
}

static int make_bench(struct bench *bench, const char *name)
{
    struct kl_diag diag = {.err = KL_OK};
    uint8_t preload[PRELOAD_BYTES];
    *bench = (struct bench){.arena = kl_arena_create(JOB_BYTES)};
    if (!bench->arena || kl_board_find(name, bench->arena, &bench->board, &diag) != KL_OK) {
        printf("%s: %s\n", name, diag.message);
        return 1;
    }
    if (!firmware_can_run(bench->board)) {
        return SKIPPED;
    }
    for (uint32_t i = 0; i < sizeof preload; i++) {
        preload[i] = preload_byte(i);
    }
    snprintf(bench->elf, sizeof bench->elf, "%s/%s.elf", kt_folder, name);
    snprintf(bench->preload, sizeof bench->preload, "%s/%s.bin", kt_folder, name);
    return kl_file_write(bench->preload, preload, sizeof preload, &diag) == KL_OK &&
                   build(bench, bench->board->ram.bytes, "")
               ? 0
               : 1;
}

static int test_board(struct bench *bench)
{
    const struct CMUnitTest tests[] = {
#define TEST(function) {#function, function, start_plain, stop_rest, bench}
        TEST(test_inference),
        TEST(test_startup),
        TEST(test_stack),
        TEST(test_mailbox),
        TEST(test_large_transfer),
        TEST(test_exit),
        TEST(test_exit_in_order),
        TEST(test_stack_overflow),
        TEST(test_store_to_flash),
        TEST(test_store_to_nowhere),
#undef TEST
        {"test_counts", test_counts, NULL, stop_rest, bench},
        {"test_overflow_of_ram", test_overflow_of_ram, NULL, NULL, bench},
    };
    return cmocka_run_group_tests_name(bench->board->name, tests, NULL, NULL);
}

int main(void)
{
    int result = 0;
    if (kt_folder_open(NULL) != 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof board_names / sizeof board_names[0]; i++) {
        struct bench bench;
        int made = make_bench(&bench, board_names[i]);
        int failed = made == 0 ? test_board(&bench) : made;
        result = failed != 0 && result != 1 ? (failed == SKIPPED ? SKIPPED : 1) : result;
        unlink(bench.elf);
        unlink(bench.preload);
        kl_arena_free(bench.arena);
    }
    kt_folder_close(NULL);
    return result;
}
