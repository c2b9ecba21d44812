/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a device takes to check a pack: instructions that the emulated board executes, of the
 * check and of one inference. A second argument is a model file to measure, else a small model is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cases.h"
#include "emulate/elf.h"
#include "flow/board_run.h"
#include "flow/export_pack.h"
#include "flow/model_inputs.h"
#include "folder.h"
#include "small_models.h"
#include "tflite_writer.h"

static const char *model_path;

enum { CHECK, CHECKED, RUN, RUN_END, REGIONS };

/* The check ends where the harness looks at the pack's tensors. */
static void find_regions(struct kl_arena *arena, struct kl_count_region regions[REGIONS])
{
    static const char *const symbols[REGIONS] = {"kl_pack_validate", "kl_pack_tensor",
                                                 "kl_harness_begin", "kl_harness_end"};
    char path[128];
    struct kl_bytes elf;
    struct kl_diag diag = {0};
    snprintf(path, sizeof path, "%s/firmware/firmware.elf", kt_folder);
    assert_int_equal(kl_file_read(path, (size_t)64 << 20, arena, &elf, &diag), KL_OK);
    for (int i = 0; i < REGIONS; i++) {
        uint32_t address;
        assert_int_equal(kl_elf_symbol(elf, symbols[i], &address, &diag), KL_OK);
        regions[i] = (struct kl_count_region){address & ~1u, symbols[i]};
    }
}

static void must(enum kl_err err, const struct kl_diag *diag)
{
    if (err != KL_OK) {
        fail_msg("%s", diag->message);
    }
}

static enum kl_err run_once(struct kl_board_run *run, struct kl_diag *diag)
{
    KL_TRY(kl_board_run_reset(run, diag));
    KL_TRY(kl_board_run_load(run, 0, diag));
    return kl_board_run_steps(run, 0, run->job->plan->step_count, diag);
}

/* Instructions of each region; returns the pack's length. */
static uint32_t count(struct kl_model_job *job, uint64_t instructions[REGIONS])
{
    const struct kl_board *board;
    struct kl_diag diag = {0};
    struct kl_board_run run;
    struct kl_count_region regions[REGIONS];
    struct kl_region_count counts[REGIONS];
    uint32_t bytes, records;
    must(kl_board_find("mps2-an386", job->arena, &board, &diag), &diag);
    must(kl_model_job_plan(job, board->core_facts->kernels, NULL, &diag), &diag);
    const struct kl_export export = {.job = job,
                                     .board = board,
                                     .folder = kt_folder,
                                     .name = "model",
                                     .stack_bytes = KL_FIRMWARE_STACK_BYTES};
    must(kl_export_pack(&export, NULL, &bytes, &records, &diag), &diag);
    must(kl_export_own_pack_firmware(&export, &diag), &diag);
    find_regions(job->arena, regions);
    const size_t input_bytes = kl_plan_input_bytes(job->plan);
    const struct kl_bytes inputs = {kl_arena_alloc(job->arena, input_bytes, 1), input_bytes};
    must(kl_board_run_start(&run, job, board, kt_folder, inputs, regions, REGIONS, &diag), &diag);
    enum kl_err err = run_once(&run, &diag);
    must(kl_board_run_stop(&run, counts, err, &diag), &diag);
    assert_int_equal(counts[RUN].entries, 1);
    for (int i = 0; i < REGIONS; i++) {
        instructions[i] = counts[i].instructions / (counts[i].entries ? counts[i].entries : 1);
    }
    return bytes;
}

/* Of a real model the check is a small part of one inference. */
static void measure(struct kl_model_job *job)
{
    enum { MOST_PER_BYTE = 8, MOST_PER_STEP = 1500 };
    uint64_t instructions[REGIONS];
    const uint32_t bytes = count(job, instructions);
    const uint64_t check = instructions[CHECK], run = instructions[RUN];
    print_message("%d steps, %u bytes: %llu instructions to check, %llu of a run (%.2f %%)\n",
                  (int)job->plan->step_count, (unsigned)bytes, (unsigned long long)check,
                  (unsigned long long)run, 100.0 * (double)check / (double)run);
    assert_true(check > 0 && run > 0);
    assert_true(check <= (uint64_t)MOST_PER_BYTE * bytes +
                             (uint64_t)MOST_PER_STEP * (uint64_t)job->plan->step_count);
    kl_model_job_free(job);
}

static void measure_case(void *context, const struct kt_case *c)
{
    struct kl_model_job job;
    struct kl_diag diag = {0};
    (void)context;
    must(kl_model_job_open_bytes(&job, "model.tflite", kt_write(c->model), &diag), &diag);
    measure(&job);
}

static void test_check_takes_a_part_of_a_run(void **state)
{
    struct kl_model_job job;
    struct kl_diag diag = {0};
    (void)state;
    if (!model_path) {
        assert_true(kt_small_model("keyword", measure_case, NULL));
        return;
    }
    must(kl_model_job_open(&job, model_path, &diag), &diag);
    measure(&job);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_check_takes_a_part_of_a_run)};
    model_path = argc > 2 ? argv[2] : NULL;
    return cmocka_run_group_tests(tests, kt_folder_open, kt_folder_close);
}
