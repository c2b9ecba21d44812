/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated boards with small firmwares in assembly (emulate_arm.S, emulate_rv32.S), whose
 * counts follow from reading them. Skipped (77) without QEMU or a cross compiler.
 */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "emulate/elf.h"
#include "emulate/emulator.h"
#include "folder.h"
#include "target/board.h"

enum { SKIPPED = 77, REGIONS = 5, ARENA_BYTES = 1 << 22, TIMEOUT_MS = 20000 };

static const char *const region_names[REGIONS] = {"r_loop", "r_mixed", "r_page", "r_fall",
                                                  "r_idle"};

struct machine {
    const char *board;
    const char *source;
    const char *compile; /* command up to the output's name */
    struct kl_region_count expected[REGIONS - 1];
    char elf[256];
    char preload[256];
};

/*
 * entries, instructions, taken branches, cycles, baseline cycles. Each region but r_page also
 * holds the call of the next one (one instruction, one taken branch).
 * r_loop: 1 + 1000 * 2 + return + call; 999 times back.
 * r_page: 1 + 100 * loop + 1; 99 times back. r_fall: two NOPs, return, call.
 */
#define ARM_GCC(core, text) \
    "arm-none-eabi-gcc -mcpu=" core " -mthumb -nostdlib -Wl,-Ttext=" text ",-e," text
#define MPS2(core, mailbox) \
    ARM_GCC(core, "0") " -DUART=0x40004000 -DRAM=0x20000000 -DMAILBOX=" mailbox

static struct machine machines[] = {
    {.board = "mps2-an386",
     .source = "emulate_arm.S",
     .compile = MPS2("cortex-m4", "0x21000000"),
     .expected = {{1, 2003, 1001, 2003 + 2 * 1001, 2003 + 2 * 1001},
                  /* PUSH 4, MOV 1, LDR 2, LDR 1, STR 1, STRD 3, MULS 1, MLA 1 (baseline 2),
                   * SDIV 7, IT 1, ADD 1, POP 4, and BL 1 */
                  {1, 13, 2, 28 + 2 * 2, 29 + 2 * 2},
                  {1, 502, 99, 502 + 2 * 99, 502 + 2 * 99},
                  {1, 4, 2, 4 + 2 * 2, 4 + 2 * 2}}},
    {.board = "mps2-an385",
     .source = "emulate_arm.S",
     .compile = MPS2("cortex-m3", "0x21000000"),
     /* MLA takes 2; the baseline rule is the M4's alone. */
     .expected = {{1, 2003, 1001, 2003 + 2 * 1001, 0},
                  {1, 13, 2, 29 + 2 * 2, 0},
                  {1, 502, 99, 502 + 2 * 99, 0},
                  {1, 4, 2, 4 + 2 * 2, 0}}},
    /* Counted, not priced. */
    {.board = "mps2-an500",
     .source = "emulate_arm.S",
     .compile = MPS2("cortex-m7", "0x60000000"),
     .expected = {{1, 2003, 1001, 0, 0}, {1, 13, 2, 0, 0}, {1, 502, 99, 0, 0}, {1, 4, 2, 0, 0}}},
    {.board = "mps2-an505",
     .source = "emulate_arm.S",
     .compile = ARM_GCC("cortex-m33", "0x10000000") " -DUART=0x50200000 -DRAM=0x38000000 "
                                                    "-DMAILBOX=0x80000000",
     .expected = {{1, 2003, 1001, 0, 0}, {1, 13, 2, 0, 0}, {1, 502, 99, 0, 0}, {1, 4, 2, 0, 0}}},
    /* MOVS, DLSTP, and three rounds of a load, a dot product and LETP, which branches twice */
    {.board = "mps3-an547",
     .source = "emulate_arm.S",
     .compile = ARM_GCC("cortex-m55", "0") " -DUART=0x59303000 -DRAM=0x20000000 "
                                           "-DMAILBOX=0x60000000 -DVECTORS",
     .expected = {{1, 2003, 1001, 0, 0},
                  {1, 13 + 2 + 3 * 3, 2 + 2, 0, 0},
                  {1, 502, 99, 0, 0},
                  {1, 4, 2, 0, 0}}},
    {.board = "rv32-virt",
     .source = "emulate_rv32.S",
     .compile = "riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32 -nostdlib "
                "-Wl,-Ttext=0x80000000",
     /* JAL, RET: one cycle more, part of the instruction; taken branch: two more */
     .expected = {{1, 2003, 1001, 2003 + 2 * 999 + 2, 0},
                  /* ADDI 1, SW 2, LW 2, MUL 3, MULHU 4, DIVU 38, AMO 4, LW 2, ADDI 1, RET 2,
                   * and JAL 2 */
                  {1, 11, 2, 61, 0},
                  {1, 302, 99, 302 + 2 * 99, 0},
                  {1, 4, 2, 4 + 2, 0}}},
};

static bool have_program(const char *command)
{
    char line[512];
    snprintf(line, sizeof line, "command -v %.*s >/dev/null 2>&1", (int)strcspn(command, " "),
             command);
    return system(line) == 0;
}

static void build(struct machine *machine)
{
    char line[1024];
    snprintf(machine->elf, sizeof machine->elf, "%s/%s,1.elf", kt_folder, machine->board);
    snprintf(machine->preload, sizeof machine->preload, "%s/%s,2.bin", kt_folder, machine->board);
    snprintf(line, sizeof line, "%s -o '%s' '%s/tests/unit/%s'", machine->compile, machine->elf,
             KINGLET_SOURCE_DIR, machine->source);
    assert_int_equal(system(line), 0);
    struct kl_diag diag = {0};
    assert_int_equal(kl_file_write(machine->preload, "\x12\xfe\x00\x34", 4, &diag), KL_OK);
}

struct run {
    struct kl_arena *arena;
    struct kl_diag diag;
    struct kl_emulator *emulator;
};

static const struct kl_board *find_board(struct run *run, const struct machine *machine)
{
    const struct kl_board *board = NULL;
    assert_int_equal(kl_board_find(machine->board, run->arena, &board, &run->diag), KL_OK);
    return board;
}

static void fill_regions(struct run *run, const struct machine *machine,
                         struct kl_count_region regions[REGIONS])
{
    struct kl_bytes elf;
    assert_int_equal(kl_file_read(machine->elf, 1 << 20, run->arena, &elf, &run->diag), KL_OK);
    for (size_t i = 0; i < REGIONS; i++) {
        regions[i].name = region_names[i];
        assert_int_equal(kl_elf_symbol(elf, region_names[i], &regions[i].address, &run->diag),
                         KL_OK);
    }
}

static void start(struct run *run, const struct machine *machine,
                  const struct kl_count_region *regions)
{
    struct kl_emulator_options options = {
        .board = find_board(run, machine),
        .elf_path = machine->elf,
        .preload_path = machine->preload,
        .regions = regions,
        .region_count = regions ? REGIONS : 0,
        .timeout_ms = TIMEOUT_MS,
    };
    enum kl_err err = kl_emulator_start(&options, run->arena, &run->emulator, &run->diag);
    if (err != KL_OK) {
        fail_msg("%s", run->diag.message);
    }
}

static void send_byte(struct run *run, char byte)
{
    assert_int_equal(kl_channel_write(kl_emulator_channel(run->emulator), &byte, 1, &run->diag),
                     KL_OK);
}

static void expect_bytes(struct run *run, const char *bytes, size_t count)
{
    char got[16];
    size_t done = 0;
    while (done < count) {
        size_t part = 0;
        enum kl_err err = kl_channel_read(kl_emulator_channel(run->emulator), got + done,
                                          count - done, &part, &run->diag);
        if (err != KL_OK || part == 0) {
            struct kl_diag stop = {0};
            err = kl_emulator_stop(run->emulator, NULL, &stop);
            fail_msg("read: %s; stop (%d): %s", run->diag.message, (int)err, stop.message);
        }
        done += part;
    }
    assert_memory_equal(got, bytes, count);
}

static void open_run(struct run *run)
{
    *run = (struct run){.arena = kl_arena_create(ARENA_BYTES)};
    assert_non_null(run->arena);
}

/* No child is left, running or dead. */
static void close_run(struct run *run)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    kl_arena_free(run->arena);
}

static void run_to_idle(struct run *run, const struct machine *machine,
                        const struct kl_count_region *regions)
{
    start(run, machine, regions);
    send_byte(run, 'g');
    expect_bytes(run,
                 "\x12\xfe\x00\x34"
                 "d",
                 5);
}

static void check_counts(const struct machine *machine)
{
    struct run run;
    struct kl_count_region regions[REGIONS];
    struct kl_region_count counts[REGIONS];
    open_run(&run);
    fill_regions(&run, machine, regions);
    run_to_idle(&run, machine, regions);
    memset(counts, 0xff, sizeof counts);
    if (kl_emulator_stop(run.emulator, counts, &run.diag) != KL_OK) {
        fail_msg("%s", run.diag.message);
    }
    for (size_t i = 0; i < REGIONS - 1; i++) {
        const struct kl_region_count *expected = &machine->expected[i];
        assert_int_equal(counts[i].entries, expected->entries);
        assert_int_equal(counts[i].instructions, expected->instructions);
        assert_int_equal(counts[i].taken_branches, expected->taken_branches);
        assert_int_equal(counts[i].cycles, expected->cycles);
        assert_int_equal(counts[i].baseline_cycles, expected->baseline_cycles);
    }
    assert_int_equal(counts[REGIONS - 1].entries, 1);
    close_run(&run);
}

static void counts_are_exact_every_time(void **state)
{
    for (int i = 0; i < 3; i++) {
        check_counts(*state);
    }
}

/* The order of the regions is the caller's. */
static void counts_follow_the_order_given(void **state)
{
    const struct machine *machine = *state;
    struct run run;
    struct kl_count_region regions[REGIONS];
    struct kl_region_count counts[REGIONS];
    open_run(&run);
    fill_regions(&run, machine, regions);
    struct kl_count_region first = regions[0];
    regions[0] = regions[2];
    regions[2] = first;
    run_to_idle(&run, machine, regions);
    assert_int_equal(kl_emulator_stop(run.emulator, counts, &run.diag), KL_OK);
    assert_int_equal(counts[0].instructions, machine->expected[2].instructions);
    assert_int_equal(counts[2].instructions, machine->expected[0].instructions);
    close_run(&run);
}

static void runs_without_counting(void **state)
{
    struct run run;
    open_run(&run);
    run_to_idle(&run, *state, NULL);
    assert_int_equal(kl_emulator_stop(run.emulator, NULL, &run.diag), KL_OK);
    close_run(&run);
}

static void fault_of_the_firmware_is_an_error(void **state)
{
    struct run run;
    char byte;
    size_t got;
    open_run(&run);
    run_to_idle(&run, *state, NULL);
    send_byte(&run, 'x');
    expect_bytes(&run, "!", 1);
    assert_int_equal(kl_channel_read(kl_emulator_channel(run.emulator), &byte, 1, &got, &run.diag),
                     KL_OK);
    assert_int_equal(got, 0);
    assert_int_equal(kl_emulator_stop(run.emulator, NULL, &run.diag), KL_ECHECK);
    assert_non_null(strstr(run.diag.message, "fault"));
    close_run(&run);
}

static void crash_is_an_error_with_its_message(void **state)
{
    const struct machine *machine = *state;
    struct run run;
    char byte;
    size_t got;
    if (strcmp(machine->board, "rv32-virt") == 0) {
        skip(); /* a fault inside a fault locks up a Cortex-M; a RISC-V core goes on */
    }
    open_run(&run);
    run_to_idle(&run, machine, NULL);
    send_byte(&run, 'c');
    assert_int_equal(kl_channel_read(kl_emulator_channel(run.emulator), &byte, 1, &got, &run.diag),
                     KL_OK);
    assert_int_equal(got, 0);
    assert_int_equal(kl_emulator_stop(run.emulator, NULL, &run.diag), KL_ETOOL);
    assert_non_null(strstr(run.diag.message, "crashed"));
    assert_non_null(strstr(run.diag.message, "Lockup"));
    close_run(&run);
}

static void early_death_is_an_error_with_its_message(void **state)
{
    struct machine machine = *(const struct machine *)*state;
    struct run run;
    char byte;
    size_t got = 1;
    open_run(&run);
    snprintf(machine.elf, sizeof machine.elf, "%s/absent.elf", kt_folder);
    start(&run, &machine, NULL);
    assert_int_equal(kl_channel_read(kl_emulator_channel(run.emulator), &byte, 1, &got, &run.diag),
                     KL_OK);
    assert_int_equal(got, 0);
    assert_int_equal(kl_emulator_stop(run.emulator, NULL, &run.diag), KL_ETOOL);
    assert_non_null(strstr(run.diag.message, "absent.elf"));
    close_run(&run);
}

static enum kl_err try_start(struct run *run, const struct kl_board *board,
                             const struct machine *machine, const struct kl_count_region *regions)
{
    struct kl_emulator_options options = {
        .board = board,
        .elf_path = machine->elf,
        .preload_path = machine->preload,
        .regions = regions,
        .region_count = regions ? 2 : 0,
        .timeout_ms = TIMEOUT_MS,
    };
    kl_diag_clear(&run->diag);
    return kl_emulator_start(&options, run->arena, &run->emulator, &run->diag);
}

static void bad_requests_are_refused(void **state)
{
    const struct machine *machine = *state;
    struct run run;
    open_run(&run);
    struct kl_board board = *find_board(&run, machine);
    board.emulation.program = "qemu-system-none";
    assert_int_equal(try_start(&run, &board, machine, NULL), KL_ETOOL);
    assert_non_null(strstr(run.diag.message, "apt-get install"));

    board = *find_board(&run, machine);
    board.emulation.mailbox.bytes = 3;
    assert_int_equal(try_start(&run, &board, machine, NULL), KL_ELIMIT);

    board.emulation.machine = NULL;
    assert_int_equal(try_start(&run, &board, machine, NULL), KL_EUNSUPPORTED);

    board = *find_board(&run, machine);
    const struct kl_count_region twice[] = {{64, "one"}, {64, "two"}};
    assert_int_equal(try_start(&run, &board, machine, twice), KL_EUSAGE);
    assert_non_null(strstr(run.diag.message, "'one' and 'two'"));

    const struct kl_count_region different[] = {{64, "one"}, {66, "two"}};
    setenv("KINGLET_PLUGIN_DIR", kt_folder, 1);
    assert_int_equal(try_start(&run, &board, machine, different), KL_ETOOL);
    unsetenv("KINGLET_PLUGIN_DIR");
    assert_non_null(strstr(run.diag.message, "KINGLET_PLUGIN_DIR"));
    close_run(&run);
}

/* A core without a cycle model ends QEMU; the plugin's reason reaches the user. */
static void unknown_core_is_named(void **state)
{
    const struct machine *machine = *state;
    const struct kl_count_region regions[] = {{64, "one"}, {66, "two"}};
    struct run run;
    char byte;
    size_t got = 1;
    open_run(&run);
    struct kl_board board = *find_board(&run, machine);
    board.core = "cortex-m99";
    assert_int_equal(try_start(&run, &board, machine, regions), KL_OK);
    assert_int_equal(kl_channel_read(kl_emulator_channel(run.emulator), &byte, 1, &got, &run.diag),
                     KL_OK);
    struct kl_region_count counts[2];
    assert_int_equal(kl_emulator_stop(run.emulator, counts, &run.diag), KL_ETOOL);
    if (!strstr(run.diag.message, "no timings for core 'cortex-m99'")) {
        fail_msg("%s", run.diag.message);
    }
    close_run(&run);
}

static size_t open_files(void)
{
    size_t count = 0;
    DIR *fds = opendir("/proc/self/fd");
    assert_non_null(fds);
    while (readdir(fds)) {
        count++;
    }
    closedir(fds);
    return count;
}

static void nothing_stays_open(void **state)
{
    size_t before = open_files();
    check_counts(*state);
    runs_without_counting(state);
    bad_requests_are_refused(state);
    assert_int_equal(open_files(), before);
}

static void run_machine(struct machine *machine, int *failed)
{
    build(machine);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(counts_are_exact_every_time, machine),
        cmocka_unit_test_prestate(counts_follow_the_order_given, machine),
        cmocka_unit_test_prestate(runs_without_counting, machine),
        cmocka_unit_test_prestate(fault_of_the_firmware_is_an_error, machine),
        cmocka_unit_test_prestate(crash_is_an_error_with_its_message, machine),
        cmocka_unit_test_prestate(early_death_is_an_error_with_its_message, machine),
        cmocka_unit_test_prestate(bad_requests_are_refused, machine),
        cmocka_unit_test_prestate(unknown_core_is_named, machine),
        cmocka_unit_test_prestate(nothing_stays_open, machine),
    };
    *failed += cmocka_run_group_tests_name(machine->board, tests, NULL, NULL);
    unlink(machine->elf);
    unlink(machine->preload);
}

int main(void)
{
    static const char *const programs[] = {"qemu-system-arm", "qemu-system-riscv32",
                                           "arm-none-eabi-gcc", "riscv64-unknown-elf-gcc"};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (!have_program(programs[i])) {
            printf("skipped: %s is not installed\n", programs[i]);
            return SKIPPED;
        }
    }
    int failed = 0;
    if (kt_folder_open(NULL) != 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        run_machine(&machines[i], &failed);
    }
    kt_folder_close(NULL);
    return failed != 0;
}
