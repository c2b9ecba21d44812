/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware that computes something else than the host is found out, with the layer that
 * went wrong first; firmware of another model is refused. broken_firmware_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <string.h>

#include "flow/board_run.h"
#include "flow/model_inputs.h"
#include "flow/model_job.h"
#include "flow/verify.h"

/* The model's plan, a board, and inputs. */
struct subject {
    struct kl_model_job job;
    const struct kl_board *board;
    unsigned char *inputs;
};

static struct subject open_subject(const char *model, const char *board)
{
    struct subject s;
    struct kl_diag diag = {0};
    assert_int_equal(kl_model_job_open(&s.job, model, &diag), KL_OK);
    assert_int_equal(kl_model_job_plan(&s.job, KL_KERNELS_PORTABLE, NULL, &diag), KL_OK);
    assert_int_equal(kl_board_find(board, s.job.arena, &s.board, &diag), KL_OK);
    s.inputs = kl_arena_alloc(s.job.arena, kl_plan_input_bytes(s.job.plan), 1);
    assert_non_null(s.inputs);
    kl_random_inputs(s.job.plan, 1, s.inputs);
    return s;
}

static enum kl_err verify(const struct subject *s, const char *folder,
                          struct kl_verify_result *result, struct kl_diag *diag)
{
    struct kl_verify_case c = {.inputs = s->inputs};
    return kl_verify_model(&s->job, s->board, folder, &c, KL_FLOAT_TOLERANCE, result, diag);
}

/* Change the sign of all numbers of the array of that name in FOLDER/model.c. */
static void spoil(const char *folder, const char *array)
{
    char path[256];
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    assert_non_null(arena);
    snprintf(path, sizeof path, "%s/model.c", folder);
    struct kl_bytes file = read_bytes(path, arena);
    char *copy = kl_arena_alloc(arena, file.size + 1, 1);
    assert_non_null(copy);
    memcpy(copy, file.data, file.size);
    char *at = strstr(copy, array);
    if (!at) {
        fail_msg("no %s in %s", array, path);
    }
    for (at = strchr(at, '{'); *at != '}'; at++) {
        if (*at == '-') {
            *at = ' ';
        } else if (*at == ' ' && at[1] >= '1' && at[1] <= '9') {
            *at = '-';
        }
    }
    write_bytes(path, (struct kl_bytes){(const unsigned char *)copy, file.size});
    kl_arena_free(arena);
}

/* The step at which the operator of that name comes for the first time. */
static int32_t first_step(const struct kl_plan *plan, const char *op)
{
    int32_t step = 0;
    while (step < plan->step_count && strcmp(kl_op_name(plan->steps[step].op), op) != 0) {
        step++;
    }
    assert_true(step < plan->step_count);
    return step;
}

/* Spoil the weights of the first `op` and see it found. */
static void check_broken(const char *board, const char *op)
{
    struct subject s = open_subject("k.tflite", board);
    struct kl_verify_result result;
    struct kl_diag diag = {0};
    char array[64];
    int32_t step = first_step(s.job.plan, op);
    assert_int_equal(kinglet("compile k.tflite --board %s -o broken", board), DONE);
    assert_int_equal(verify(&s, "broken", &result, &diag), KL_OK);
    assert_true(result.exact && !result.first.found);
    snprintf(array, sizeof array, " step_%02d_weights[", step);
    spoil("broken", array);
    assert_int_equal(shell("make -s -C broken/firmware"), 0);
    assert_int_equal(verify(&s, "broken", &result, &diag), KL_OK);
    assert_false(result.exact);
    assert_int_equal(result.compared, 12);
    assert_true(result.first.found);
    assert_int_equal(result.first.step, step);
    assert_string_equal(result.first.op, op);
    assert_string_equal(result.first.tensor, s.job.plan->steps[step].op->outputs[0]->name);
    assert_true(result.first.host != result.first.board);
    assert_true(result.first.index >= 0);
    kl_model_job_free(&s.job);
    assert_int_equal(shell("rm -rf broken"), 0);
}

static void test_broken_layers(void **state)
{
    (void)state;
    /* Boards whose kernels take weights as they are, so that no other field is changed. */
    check_broken("mps2-armv6m", "DEPTHWISE_CONV_2D");
    check_broken("rv32-virt", "FULLY_CONNECTED");
}

/* verify itself rebuilds what was changed: a spoilt model.c does not survive. */
static void test_verify_writes_its_files_again(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --board mps2-armv6m -o again"), DONE);
    spoil("again", " step_00_weights[");
    assert_int_equal(kinglet("verify k.tflite --board mps2-armv6m -o again --cases 1"), DONE);
    expect_text("exact");
}

static void test_firmware_of_another_model(void **state)
{
    (void)state;
    struct subject s = open_subject("k.tflite", "mps2-an386");
    struct kl_verify_result result;
    struct kl_diag diag = {0};
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o other"), DONE);
    s.job.plan->arena_bytes += 16; /* as another plan of the same model would have it */
    assert_int_equal(verify(&s, "other", &result, &diag), KL_ECHECK);
    assert_string_equal(diag.message, "the firmware on the board serves another model or plan");
    kl_model_job_free(&s.job);
}

static void test_no_firmware(void **state)
{
    (void)state;
    struct subject s = open_subject("k.tflite", "mps2-an386");
    struct kl_verify_result result;
    struct kl_diag diag = {0};
    assert_int_not_equal(verify(&s, "nowhere", &result, &diag), KL_OK);
    assert_true(strlen(diag.message) > 0);
    kl_model_job_free(&s.job);
}

/* The same sources in the same place give the same firmware, to the last byte. */
static void test_firmware_is_reproducible(void **state)
{
    (void)state;
    for (size_t b = 0; boards[b]; b++) {
        assert_int_equal(kinglet("compile k.tflite --board %s -o twice", boards[b]), DONE);
        assert_int_equal(shell("mv twice once"), 0);
        assert_int_equal(kinglet("compile k.tflite --board %s -o twice", boards[b]), DONE);
        if (shell("diff -r once twice") != 0) {
            fail_msg("%s: %.500s", boards[b], text());
        }
        assert_int_equal(shell("rm -rf once twice"), 0);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_layers),
        cmocka_unit_test(test_verify_writes_its_files_again),
        cmocka_unit_test(test_firmware_of_another_model),
        cmocka_unit_test(test_no_firmware),
        cmocka_unit_test(test_firmware_is_reproducible),
    };
    return CLI_MAIN("broken firmware", tests);
}
