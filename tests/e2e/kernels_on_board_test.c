/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of a board's own set, in the instructions of its core, against their C definitions on
 * the host: one firmware for each generated model whose plan has such a kernel, or for every
 * EVERYth one of them and those that once failed.
 *
 *     kernels_on_board_test KINGLET [BOARD [EVERY]]    (mps2-an386, 3)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "emit/fields.h"
#include "flow/export.h"
#include "flow/verify.h"
#include "folder.h"
#include "tflite_writer.h"

static const char *board_name = "mps2-an386";
static int32_t every = 3;

/* Models that a compiler once made wrong firmware of: tried whatever `every` says. */
static const char *const once_wrong[] = {"sparse network 23"};

struct tally {
    int32_t found, cases, wrong;
};

static bool has_own_kernel(const struct kl_plan *plan)
{
    for (int32_t i = 0; i < plan->step_count; i++) {
        if (strncmp(kl_kernel_header(plan->steps[i].kernel), "nn/ref/", 7) != 0) {
            return true;
        }
    }
    return false;
}

/* Inputs one after the other. */
static unsigned char *joined_inputs(const struct kt_case *c, struct kl_arena *arena)
{
    struct kl_bytes inputs[KT_MAX_IO];
    struct kl_buffer all = KL_BUFFER((size_t)1 << 20);
    kt_case_inputs(c, 5, inputs);
    for (int32_t i = 0; i < c->model->subgraphs[0]->input_count; i++) {
        kl_buffer_append(&all, inputs[i].data, inputs[i].size);
    }
    unsigned char *copy = kl_arena_copy(arena, all.data, all.size);
    kl_buffer_free(&all);
    assert_non_null(copy);
    return copy;
}

static enum kl_err verify_on_board(struct kl_model_job *job, const struct kl_board *board,
                                   const unsigned char *inputs, struct kl_firmware_stack *stack,
                                   struct kl_verify_result *result, struct kl_diag *diag)
{
    const struct kl_verify_case c = {.inputs = inputs};
    const struct kl_export export = {.job = job,
                                     .board = board,
                                     .folder = kt_folder,
                                     .name = "sample",
                                     .stack_bytes = KL_FIRMWARE_STACK_BYTES,
                                     .stack = stack};
    KL_TRY(kl_export_model(&export, diag));
    KL_TRY(kl_export_firmware(&export, diag));
    return kl_verify_model(job, board, kt_folder, &c, 0, result, diag);
}

static bool is_taken(struct tally *tally, const struct kt_case *c)
{
    for (size_t i = 0; i < sizeof once_wrong / sizeof once_wrong[0]; i++) {
        if (strcmp(c->label, once_wrong[i]) == 0) {
            return true;
        }
    }
    return tally->found++ % every == 0;
}

static void try_case(void *context, const struct kt_case *c)
{
    struct tally *tally = context;
    struct kl_model_job job;
    struct kl_verify_result result = {0};
    struct kl_diag diag = {0};
    const struct kl_board *board;
    assert_int_equal(kl_model_job_open_bytes(&job, "sample", kt_write(c->model), &diag), KL_OK);
    assert_int_equal(kl_board_find(board_name, job.arena, &board, &diag), KL_OK);
    assert_int_equal(kl_model_job_plan(&job, board->core_facts->kernels, NULL, &diag), KL_OK);
    if (has_own_kernel(job.plan) && is_taken(tally, c)) {
        struct kl_firmware_stack stack;
        enum kl_err err =
            verify_on_board(&job, board, joined_inputs(c, job.arena), &stack, &result, &diag);
        bool is_bounded = err == KL_OK && stack.is_known && result.stack_bytes <= stack.bound.bytes;
        tally->cases++;
        if (!is_bounded || !result.exact) {
            print_error("%s: %s\n", c->label,
                        err != KL_OK ? diag.message
                        : is_bounded ? "other values"
                                     : "more stack than its bound, or none");
            tally->wrong++;
        }
    }
    kl_model_job_free(&job);
}

static void test_kernels(void **state)
{
    struct tally tally = {0};
    (void)state;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, try_case, &tally);
    }
    print_message("%d models on %s\n", (int)tally.cases, board_name);
    assert_true(tally.found >= 50);
    assert_int_equal(tally.wrong, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kernels)};
    board_name = argc > 2 ? argv[2] : board_name;
    every = argc > 3 ? (int32_t)strtol(argv[3], NULL, 10) : every;
    return cmocka_run_group_tests(tests, kt_folder_open, kt_folder_close);
}
