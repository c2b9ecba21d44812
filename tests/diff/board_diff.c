/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels on an emulated board against the host engine:
 *
 *     kinglet-board-diff BOARD COUNT SEED
 *
 * Generates COUNT small random models around one operator each, plans them with the board's set
 * of kernels, and packs them. One firmware with an engine of all kernels loads pack after pack
 * from its mailbox. Every bit of every output must be what the host engine computes. Prints
 * each difference and exits 1 when there was one, 2 when something does not work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/file.h"
#include "batch.h"
#include "emulate/emulator.h"
#include "flow/export_pack.h"
#include "folder.h"

enum { ARENA_BYTES = 256 << 10, BATCH_CASES = 2000, TIMEOUT_MS = 120000, EXIT_BROKEN = 2 };

struct bench {
    const struct kl_board *board;
    struct kl_arena *arena;
    struct diff_batch batch;
    char folder[KT_FOLDER_BYTES];
    uint64_t seed;
    struct kt_random choice;
    uint64_t one_of; /* cases of a round is chosen */
    int64_t wanted, added, compared, different, not_packed;
};

static void give_up(const struct bench *bench, const struct kl_diag *diag)
{
    fprintf(stderr, "board-diff: %s: %s\n", bench->board ? bench->board->name : "", diag->message);
    exit(EXIT_BROKEN);
}

static void must(const struct bench *bench, enum kl_err err, const struct kl_diag *diag)
{
    if (err != KL_OK) {
        give_up(bench, diag);
    }
}

/* One firmware for all cases. */
static void build_firmware(struct bench *bench)
{
    struct kl_pack_firmware firmware = {
        .board = bench->board, .folder = bench->folder, .arena_bytes = ARENA_BYTES};
    struct kl_diag diag = {0};
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        firmware.kernels[k] = true;
    }
    must(bench, kl_export_pack_firmware(&firmware, &diag), &diag);
}

static enum kl_err run_cases(struct bench *bench, struct kl_emulator *emulator,
                             struct kl_diag *diag)
{
    for (int32_t i = 0; i < bench->batch.count; i++) {
        bool same;
        enum kl_err err =
            diff_case_run(&bench->batch, i, kl_emulator_channel(emulator), &same, diag);
        if (err != KL_OK || !same) {
            bench->different++;
            printf("%s: %s: %s\n", bench->board->name, bench->batch.cases[i].label,
                   err == KL_OK ? "other bits than the host engine" : diag->message);
        }
        if (err != KL_OK) {
            return err;
        }
        bench->compared++;
    }
    return KL_OK;
}

/* Start the board with the batch in its mailbox, and run all of it. */
static void run_batch(struct bench *bench)
{
    char elf_path[128];
    char mailbox_path[128];
    struct kl_emulator *emulator = NULL;
    struct kl_diag diag = {0}, stopped = {0};
    struct kl_arena *arena = kl_arena_create((size_t)16 << 20);
    snprintf(elf_path, sizeof elf_path, "%s/firmware/firmware.elf", bench->folder);
    snprintf(mailbox_path, sizeof mailbox_path, "%s/mailbox.bin", bench->folder);
    must(bench,
         kl_file_write(mailbox_path, bench->batch.mailbox.data, bench->batch.mailbox.size, &diag),
         &diag);
    struct kl_emulator_options options = {.board = bench->board,
                                          .elf_path = elf_path,
                                          .preload_path = mailbox_path,
                                          .timeout_ms = TIMEOUT_MS};
    enum kl_err err = kl_emulator_start(&options, arena, &emulator, &diag);
    if (err == KL_OK) {
        err = run_cases(bench, emulator, &diag);
        /* A channel that broke is only the symptom when the emulator knows the reason. */
        if (kl_emulator_stop(emulator, NULL, &stopped) != KL_OK) {
            diag = stopped;
            err = diag.err;
        }
    }
    kl_arena_free(arena);
    must(bench, err, &diag);
    diff_batch_clear(&bench->batch);
}

/* Is the next case wanted? A part of each round is, so that few cases come from all families. */
static bool chooses(struct bench *bench, uint64_t one_of)
{
    return bench->added < bench->wanted && kt_random_next(&bench->choice) % one_of == 0;
}

static void count(struct bench *bench, enum diff_added added)
{
    bench->added += added == DIFF_ADDED;
    bench->not_packed += added == DIFF_NOT_PACKED;
}

static void receive(void *context, const struct kt_case *c)
{
    struct bench *bench = context;
    enum kl_kernel_set kernels = bench->board->core_facts->kernels;
    uint64_t seed = bench->seed + (uint64_t)bench->added;
    if (!chooses(bench, bench->one_of)) {
        return;
    }
    enum diff_added added = diff_batch_add(&bench->batch, c, kernels, ARENA_BYTES, seed);
    if (added == DIFF_FULL) {
        run_batch(bench);
        added = diff_batch_add(&bench->batch, c, kernels, ARENA_BYTES, seed);
    }
    count(bench, added);
}

static void receive_graph(void *context, const char *label, const struct pack_case *made)
{
    struct bench *bench = context;
    struct kl_bytes inputs[KT_MAX_IO];
    if (!chooses(bench, 1)) {
        return;
    }
    pack_case_inputs(made, bench->seed + (uint64_t)bench->added, inputs);
    enum diff_added added = diff_batch_add_pack(&bench->batch, label, made, inputs, ARENA_BYTES);
    if (added == DIFF_FULL) {
        run_batch(bench);
        added = diff_batch_add_pack(&bench->batch, label, made, inputs, ARENA_BYTES);
    }
    count(bench, added);
}

static void count_case(void *context, const struct kt_case *c)
{
    (void)c;
    ++*(uint64_t *)context;
}

/* One of how many cases is chosen, so that as many as are wanted come from all families. */
static uint64_t share_of_round(const struct bench *bench)
{
    uint64_t cases = 0;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, count_case, &cases);
    }
    return 1 + cases / (uint64_t)bench->wanted;
}

/* Rounds over all families, each with other random numbers, until there are enough. */
static void run_all(struct bench *bench)
{
    for (uint64_t round = 0; bench->added < bench->wanted; round++) {
        pack_case_each_graph(receive_graph, bench);
        for (const struct kt_family *family = kt_families; family->name; family++) {
            kt_family_each_seeded(family, bench->seed * 1000003 + round, receive, bench);
        }
    }
    if (bench->batch.count > 0) {
        run_batch(bench);
    }
}

int main(int argc, char **argv)
{
    struct bench bench = {.arena = kl_arena_create((size_t)64 << 20)};
    struct kl_diag diag = {0};
    if (argc != 4 || !bench.arena || !kt_make_folder(bench.folder)) {
        fputs("usage: kinglet-board-diff BOARD COUNT SEED\n", stderr);
        return EXIT_BROKEN;
    }
    bench.wanted = strtol(argv[2], NULL, 10);
    bench.seed = strtoull(argv[3], NULL, 10);
    bench.choice.state = bench.seed;
    bench.one_of = bench.wanted > 0 ? share_of_round(&bench) : 1;
    must(&bench, kl_board_find(argv[1], bench.arena, &bench.board, &diag), &diag);
    diff_batch_open(&bench.batch, BATCH_CASES, bench.board->emulation.mailbox.bytes);
    build_firmware(&bench);
    run_all(&bench);
    diff_batch_close(&bench.batch);
    kt_remove_folder(bench.folder);
    printf("%s: %lld models compared, %lld differ; %lld more cannot be packed\n", bench.board->name,
           (long long)bench.compared, (long long)bench.different, (long long)bench.not_packed);
    kl_arena_free(bench.arena);
    return bench.different > 0 || bench.compared != bench.wanted ? 1 : 0;
}
