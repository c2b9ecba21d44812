/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program to its end: its output, its status, and programs that cannot run. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/command.h"

/* What a shell script prints and how it ends. */
static int run_script(const char *script, struct kl_buffer *output)
{
    struct kl_diag diag = {0};
    int status = -1;
    const char *const argv[] = {"sh", "-c", script, NULL};
    if (kl_command_run(argv, output, &status, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return status;
}

static void test_output_and_status(void **state)
{
    struct kl_buffer output = KL_BUFFER(4096);
    (void)state;
    assert_int_equal(run_script("echo out; echo err >&2; exit 7", &output), 7);
    assert_string_equal(output.data, "out\nerr\n");
    kl_buffer_free(&output);
    assert_int_equal(run_script("exit 0", &output), 0);
    assert_int_equal(output.size, 0);
    kl_buffer_free(&output);
}

static void test_standard_input_is_empty(void **state)
{
    struct kl_buffer output = KL_BUFFER(4096);
    (void)state;
    assert_int_equal(run_script("cat; echo end", &output), 0);
    assert_string_equal(output.data, "end\n");
    kl_buffer_free(&output);
}

static void test_signals(void **state)
{
    struct kl_buffer output = KL_BUFFER(4096);
    (void)state;
    assert_int_equal(run_script("kill -9 $$", &output), 128 + SIGKILL);
    assert_int_equal(run_script("kill -TERM $$", &output), 128 + SIGTERM);
    kl_buffer_free(&output);
}

/* Far more than a pipe holds: all of it arrives. */
static void test_large_output(void **state)
{
    enum { LINES = 200000 };
    struct kl_buffer output = KL_BUFFER(1 << 24);
    (void)state;
    assert_int_equal(run_script("yes kinglet | head -n 200000; exit 3", &output), 3);
    assert_false(output.failed);
    assert_int_equal(output.size, LINES * strlen("kinglet\n"));
    assert_string_equal(output.data + output.size - 8, "kinglet\n");
    kl_buffer_free(&output);
}

/* Past the buffer's maximum the oldest text stays, and the program still ends by itself. */
static void test_output_past_the_maximum(void **state)
{
    struct kl_buffer output = KL_BUFFER(10000);
    (void)state;
    assert_int_equal(run_script("echo first; yes kinglet | head -n 200000; exit 3", &output), 3);
    assert_true(output.failed);
    assert_in_range(output.size, 4096, 10000);
    assert_memory_equal(output.data, "first\nkinglet\n", 14);
    kl_buffer_free(&output);
}

static void test_arguments_reach_no_shell(void **state)
{
    struct kl_buffer output = KL_BUFFER(4096);
    struct kl_diag diag = {0};
    int status;
    (void)state;
    const char *const argv[] = {"printf", "%s|", "a b", "$(id); `id`", "*", "", NULL};
    assert_int_equal(kl_command_run(argv, &output, &status, &diag), KL_OK);
    assert_string_equal(output.data, "a b|$(id); `id`|*||");
    kl_buffer_free(&output);
}

static void test_program_that_is_not_there(void **state)
{
    struct kl_buffer output = KL_BUFFER(4096);
    struct kl_diag diag = {0};
    int status = 99;
    (void)state;
    const char *const argv[] = {"kinglet-no-such-program", NULL};
    assert_int_equal(kl_command_run(argv, &output, &status, &diag), KL_ETOOL);
    assert_string_equal(diag.message,
                        "cannot run kinglet-no-such-program: No such file or directory");
    assert_int_equal(status, 99);
    kl_diag_clear(&diag);
    const char *const folder[] = {"/", NULL};
    assert_int_equal(kl_command_run(folder, &output, &status, &diag), KL_ETOOL);
}

/* More arguments than are passed on are refused, not dropped. */
static void test_too_many_arguments(void **state)
{
    struct kl_buffer output = KL_BUFFER(4096);
    struct kl_diag diag = {0};
    const char *argv[80] = {"echo"};
    int status;
    (void)state;
    for (size_t i = 1; i < 63; i++) {
        argv[i] = "x";
    }
    assert_int_equal(kl_command_run(argv, &output, &status, &diag), KL_OK);
    assert_int_equal(output.size, 62 * 2);
    for (size_t i = 63; i < 79; i++) {
        argv[i] = "x";
    }
    assert_int_equal(kl_command_run(argv, &output, &status, &diag), KL_ELIMIT);
    kl_buffer_free(&output);
}

/* A child sees the signals as usual, although this program ignores SIGPIPE. */
static void test_children_die_of_broken_pipes(void **state)
{
    struct kl_buffer output = KL_BUFFER(4096);
    (void)state;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    int status = run_script("kill -PIPE $$; echo ignored", &output);
    signal(SIGPIPE, before);
    assert_int_equal(status, 128 + SIGPIPE);
    kl_buffer_free(&output);
}

static void test_exists(void **state)
{
    (void)state;
    assert_true(kl_command_exists("sh"));
    assert_true(kl_command_exists("/bin/sh"));
    assert_false(kl_command_exists("kinglet-no-such-program"));
    assert_false(kl_command_exists("/bin/kinglet-no-such-program"));
    char *path = strdup(getenv("PATH"));
    assert_non_null(path);
    setenv("PATH", "/nowhere:/bin:/usr/bin", 1);
    assert_true(kl_command_exists("sh"));
    setenv("PATH", "/nowhere", 1);
    assert_false(kl_command_exists("sh"));
    unsetenv("PATH");
    assert_false(kl_command_exists("sh"));
    setenv("PATH", path, 1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_status),
        cmocka_unit_test(test_standard_input_is_empty),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_large_output),
        cmocka_unit_test(test_output_past_the_maximum),
        cmocka_unit_test(test_arguments_reach_no_shell),
        cmocka_unit_test(test_program_that_is_not_there),
        cmocka_unit_test(test_too_many_arguments),
        cmocka_unit_test(test_children_die_of_broken_pipes),
        cmocka_unit_test(test_exists),
    };
    return cmocka_run_group_tests_name("base command", tests, NULL, NULL);
}
