/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event detector on emulated boards says what it says on the host, and costs what the guide
 * says. Skipped (77) without a compiler or an emulator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "board_firmware.h"
#include "emulate/elf.h"
#include "emulate/emulator.h"
#include "events_stream.h"
#include "folder.h"

enum { SKIPPED = 77, ARENA_BYTES = 1 << 22, TIMEOUT_MS = 60000, INFERENCES = 2000, REGIONS = 2 };

/* Most instructions of an inference with 12 classes, which takes 442: 37 for each class. */
enum { MOST_INSTRUCTIONS = 500 };

struct machine {
    const char *board;
    bool counted; /* and limited: a core with a floating-point unit */
};

static const struct machine machines[] = {
    {"mps2-an386", true}, {"microbit", false}, {"rv32-virt", false}};

static enum kl_err find_regions(const char *elf, struct kl_count_region regions[REGIONS],
                                struct kl_arena *arena, struct kl_diag *diag)
{
    static const char *const names[REGIONS] = {"events_push_counted", "events_push_over"};
    struct kl_bytes file;
    KL_TRY(kl_file_read(elf, 1 << 22, arena, &file, diag));
    for (int i = 0; i < REGIONS; i++) {
        regions[i].name = names[i];
        KL_TRY(kl_elf_symbol(file, names[i], &regions[i].address, diag));
    }
    return KL_OK;
}

/* Run the firmware to its end. */
static enum kl_err run(const struct kl_board *board, const char *elf, bool counted,
                       struct kl_region_count counts[REGIONS], struct kl_arena *arena,
                       struct kl_diag *diag)
{
    struct kl_count_region regions[REGIONS];
    struct kl_emulator *emulator;
    char byte;
    size_t got;
    KL_TRY(find_regions(elf, regions, arena, diag));
    const struct kl_emulator_options options = {.board = board,
                                                .elf_path = elf,
                                                .regions = counted ? regions : NULL,
                                                .region_count = counted ? REGIONS : 0,
                                                .timeout_ms = TIMEOUT_MS};
    KL_TRY(kl_emulator_start(&options, arena, &emulator, diag));
    enum kl_err ended = kl_channel_read(kl_emulator_channel(emulator), &byte, 1, &got, diag);
    enum kl_err err = kl_emulator_stop(emulator, counted ? counts : NULL, diag);
    return err != KL_OK ? err : ended;
}

static bool build(const struct kl_board *board, const char *elf, struct kl_arena *arena)
{
    char flags[200];
    snprintf(flags, sizeof flags, "-DINFERENCES=%d -DHASH_0=%uu -DHASH_1=%uu -DHASH_2=%uu",
             (int)INFERENCES, events_stream_hash(0, INFERENCES), events_stream_hash(1, INFERENCES),
             events_stream_hash(2, INFERENCES));
    const struct firmware firmware = {
        .board = board,
        .sources = "../tests/unit/events_program.c ../tests/unit/events_stream.c",
        .flags = flags,
        .ram_bytes = board->ram.bytes,
        .output = elf,
        .redirect = ""};
    return firmware_build(&firmware, arena);
}

static int test_board(const struct machine *machine, struct kl_arena *arena)
{
    struct kl_region_count counts[REGIONS] = {{0}};
    const struct kl_board *board;
    struct kl_diag diag = {0};
    char elf[300];
    snprintf(elf, sizeof elf, "%s/%s.elf", kt_folder, machine->board);
    if (kl_board_find(machine->board, arena, &board, &diag) != KL_OK) {
        printf("%s: %s\n", machine->board, diag.message);
        return 1;
    }
    if (!firmware_can_run(board)) {
        return SKIPPED;
    }
    bool good = build(board, elf, arena) &&
                run(board, elf, machine->counted, counts, arena, &diag) == KL_OK;
    printf("%s: %s\n", machine->board, good ? "the same events" : diag.message);
    unlink(elf);
    if (good && machine->counted) {
        double each = (double)counts[0].instructions / (double)counts[0].entries;
        double cycles = (double)counts[0].cycles / (double)counts[0].entries;
        printf("12 classes, mean of all kinds: %.1f instructions, %.1f modelled cycles\n", each,
               cycles);
        good = counts[0].entries == EVENTS_KINDS * INFERENCES && each < MOST_INSTRUCTIONS;
    }
    return good ? 0 : 1;
}

/* The host itself: each kind has events at all. */
static bool host_has_events(void)
{
    for (int32_t kind = 0; kind < EVENTS_KINDS; kind++) {
        uint32_t hash = events_stream_hash(kind, INFERENCES);
        printf("host, kind %d: %d events, hash %08x\n", (int)kind, (int)events_stream_begun, hash);
        if (events_stream_begun < INFERENCES / 100) {
            return false;
        }
    }
    return true;
}

int main(void)
{
    int result = 0;
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    if (!arena || kt_folder_open(NULL) != 0 || !host_has_events()) {
        return 1;
    }
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        int status = test_board(&machines[i], arena);
        result = result == 1 || status == 1 ? 1 : result + status > 0 ? SKIPPED : 0;
    }
    kt_folder_close(NULL);
    kl_arena_free(arena);
    return result;
}
