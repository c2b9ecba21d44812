/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bound of the stack that a build states, against what runs of the firmware use, on every
 * emulated board: never less, and little more. And that a firmware which breaks its bound is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli_driver.h"
#include "flow/export.h"
#include "flow/model_inputs.h"
#include "flow/verify.h"
#include "small_models.h"
#include "tflite_writer.h"

/* Bytes of a bound that no run of these models uses: alignment, and frames that are not filled. */
enum { MOST_SLACK = 64 };

static json_int_t metric_of(const json_t *result, const char *name)
{
    const json_t *value = metric(result, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* The stack of the model as the board used it, and the bound; the header must say the latter. */
static void try_model(const char *model, const char *board)
{
    char line[64];
    assert_int_equal(kinglet("verify small.tflite --board %s --cases 1 --json -o built", board),
                     DONE);
    json_t *result = result_of("verify");
    json_int_t used = metric_of(result, "ram.stack");
    json_int_t bound = metric_of(result, "ram.stack_bound");
    print_message("%s on %s: %d of %d bytes\n", model, board, (int)used, (int)bound);
    assert_true(used > 0 && used <= bound && bound - used <= MOST_SLACK);
    snprintf(line, sizeof line, "grep -q '_STACK_BYTES %d$' built/model.h", (int)bound);
    assert_int_equal(shell(line), 0);
    json_decref(result);
}

static void write_model(void *context, const struct kt_case *c)
{
    (void)context;
    write_bytes("small.tflite", kt_write(c->model));
}

static void test_boards(void **state)
{
    static const struct {
        const char *model, *board;
    } trials[] = {
        {"keyword", "microbit"},
        {"keyword", "mps2-an386"},
        {"keyword", "mps3-an547"},
        {"conv_2d", "mps2-an385"},
        {"softmax.f32", "rv32-virt"}, /* soft floats of the library */
        {"while", "mps2-an500"},      /* branches between steps */
        {"unidirectional_sequence_lstm", "mps2-an505"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        assert_true(kt_small_model(trials[i].model, write_model, NULL));
        try_model(trials[i].model, trials[i].board);
    }
}

static void open_job(struct kl_model_job *job, const struct kl_board **board)
{
    struct kl_diag diag = {0};
    assert_int_equal(kl_model_job_open(job, "k.tflite", &diag), KL_OK);
    assert_int_equal(kl_board_find("mps2-an386", job->arena, board, &diag), KL_OK);
    assert_int_equal(kl_model_job_plan(job, (*board)->core_facts->kernels, NULL, &diag), KL_OK);
}

/* Put words behind the first bracket of the first step in broken/model.c. */
static void change_step(const char *words)
{
    static const char start[] = "static void step_00(unsigned char *arena)\n{\n";
    struct kl_buffer changed = KL_BUFFER((size_t)16 << 20);
    struct kl_arena *arena = kl_arena_create((size_t)32 << 20);
    struct kl_bytes source = read_bytes("broken/model.c", arena);
    const unsigned char *at = memmem(source.data, source.size, start, sizeof start - 1);
    assert_non_null(at);
    size_t before = (size_t)(at - source.data) + sizeof start - 1;
    kl_buffer_append(&changed, source.data, before);
    kl_buffer_printf(&changed, "%s", words);
    kl_buffer_append(&changed, source.data + before, source.size - before);
    write_bytes("broken/model.c",
                (struct kl_bytes){(const unsigned char *)changed.data, changed.size});
    kl_buffer_free(&changed);
    kl_arena_free(arena);
}

/* Build and run with a changed first step. */
static void run_changed(const char *words, struct kl_firmware_stack *stack, uint32_t *used)
{
    struct kl_model_job job;
    const struct kl_board *board;
    struct kl_diag diag = {0};
    struct kl_verify_result result = {0};
    open_job(&job, &board);
    const struct kl_export export = {.job = &job,
                                     .board = board,
                                     .folder = "broken",
                                     .stack_bytes = KL_FIRMWARE_STACK_BYTES,
                                     .stack = stack};
    unsigned char *inputs = kl_arena_alloc(job.arena, kl_plan_input_bytes(job.plan), 1);
    const struct kl_verify_case c = {.inputs = inputs};
    assert_int_equal(kl_export_model(&export, &diag), KL_OK);
    change_step(words);
    enum kl_err err = kl_export_firmware(&export, &diag);
    err = err ? err : kl_verify_model(&job, board, "broken", &c, 0, &result, &diag);
    if (err != KL_OK) {
        fail_msg("%s", diag.message);
    }
    assert_true(result.exact);
    *used = result.stack_bytes;
    stack->how = NULL; /* it lies in the arena */
    kl_model_job_free(&job);
}

static void test_planted_faults(void **state)
{
    struct kl_firmware_stack stack;
    uint32_t used;
    (void)state;
    /* SUB SP twice, PUSH, POP, ADD SP twice, as data: a reader of code cannot see it. */
    run_changed("__asm__ volatile(\".short 0xb0ff, 0xb0ff, 0xb401, 0xbc01, 0xb07f, 0xb07f\");\n",
                &stack, &used);
    assert_true(stack.is_known && used > 1000 && used > stack.bound.bytes);
    /* The same as code is in the bound. */
    run_changed("__asm__ volatile(\"sub sp, #508\\nsub sp, #508\\npush {r0}\\n\"\n"
                "\"pop {r0}\\nadd sp, #508\\nadd sp, #508\");\n",
                &stack, &used);
    assert_true(stack.is_known && used > 1000 && used <= stack.bound.bytes);
    /* A frame that depends on data has no bound. */
    run_changed("volatile unsigned char frame[1 + *arena];\nframe[0] = 1;\n", &stack, &used);
    assert_false(stack.is_known);
    assert_int_equal(shell("grep -q 'not known: .*known at run time only' broken/model.h"), 0);
    assert_int_equal(shell("grep -q _STACK_BYTES broken/model.h"), 1);
}

/* The bound of a whole firmware by its ELF file, as `kinglet stack` gives it to those who build
 * with their own flags. */
static void test_command(void **state)
{
    (void)state;
    assert_int_equal(kinglet("verify k.tflite --board microbit --cases 1 --json -o built"), DONE);
    json_t *verified = result_of("verify");
    assert_int_equal(
        kinglet("stack built/firmware/firmware.elf --name k --root kl_harness_run --json"), DONE);
    json_t *result = result_of("stack");
    assert_int_equal(metric_of(result, "ram.stack_bound"), metric_of(verified, "ram.stack_bound"));
    assert_true(json_array_size(json_object_get(result, "stack_chain")) > 2);
    json_decref(result);
    json_decref(verified);
    assert_int_equal(kinglet("stack built/firmware/firmware.elf --name k"), DONE);
    expect_text("in a step");
    assert_int_equal(kinglet("stack built/firmware/firmware.elf --name other"), BAD);
    expect_text("no symbol 'other_model'");
    assert_int_equal(kinglet("stack built/firmware/firmware.elf --name k --root main"), BAD);
    expect_text("so that there is no bound");
    assert_int_equal(kinglet("stack built/firmware/firmware.elf"), BAD);
    expect_text("--name is missing");
    assert_int_equal(kinglet("stack k.tflite --name k"), BAD);
    expect_text("ELF");
    /* Without a build there is no bound, and the header does not make one up. */
    assert_int_equal(kinglet("compile k.tflite --board microbit --no-build -o built"), DONE);
    assert_int_equal(shell("grep -q 'is not known: no firmware was built' built/model.h"), 0);
    assert_int_equal(shell("grep -q _STACK_BYTES built/model.h"), 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boards),
        cmocka_unit_test(test_planted_faults),
        cmocka_unit_test(test_command),
    };
    return CLI_MAIN("stack on boards", tests);
}
