/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes always end, leave nothing behind, and their last words are kept. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "emulate/process.h"

enum { OUTPUT_BYTES = 200 };

static void start_shell(const char *script, struct kl_process *process)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct kl_diag diag = {0};
    if (kl_process_start(argv, -1, process, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
}

/* Wait until the process wrote something, or closed its output (an empty text). */
static void read_some(const struct kl_process *process, char *data, size_t bytes)
{
    struct pollfd wait = {.fd = process->io_fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 10000), 1);
    ssize_t got = read(process->io_fd, data, bytes - 1);
    assert_true(got >= 0);
    data[got] = '\0';
}

static void expect_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void talks_over_one_socket(void **state)
{
    struct kl_process process;
    char data[16];
    char output[OUTPUT_BYTES];
    (void)state;
    start_shell("read line; echo \"<$line>\"; read line", &process);
    assert_int_equal(write(process.io_fd, "hello\n", 6), 6);
    read_some(&process, data, sizeof data);
    assert_string_equal(data, "<hello>\n");
    assert_int_equal(write(process.io_fd, "\n", 1), 1);
    read_some(&process, data, sizeof data);
    kl_process_end(&process, 5000);
    kl_process_close(&process, output, sizeof output);
    assert_string_equal(output, "");
    expect_no_child();
}

static void obeys_when_told(void **state)
{
    struct kl_process process;
    char data[16];
    (void)state;
    start_shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done", &process);
    read_some(&process, data, sizeof data);
    kl_process_end(&process, 10000);
    assert_true(process.was_told);
    assert_true(WIFEXITED(process.status));
    assert_int_equal(WEXITSTATUS(process.status), 7);
    kl_process_close(&process, NULL, 0);
    expect_no_child();
}

static void is_killed_when_deaf(void **state)
{
    struct kl_process process;
    char data[16];
    (void)state;
    start_shell("trap '' TERM; echo ready; while :; do sleep 0.01; done", &process);
    read_some(&process, data, sizeof data);
    kl_process_end(&process, 50);
    assert_true(process.was_told);
    assert_true(WIFSIGNALED(process.status));
    assert_int_equal(WTERMSIG(process.status), SIGKILL);
    kl_process_close(&process, NULL, 0);
    expect_no_child();
}

static void last_words_are_kept(void **state)
{
    struct kl_process process;
    siginfo_t info;
    char output[OUTPUT_BYTES];
    (void)state;
    start_shell("printf 'one\\001\\ntwo' >&2; exit 3", &process);
    assert_int_equal(waitid(P_PID, (id_t)process.pid, &info, WEXITED | WNOWAIT), 0);
    kl_process_end(&process, 10000);
    assert_false(process.was_told);
    assert_true(WIFEXITED(process.status));
    assert_int_equal(WEXITSTATUS(process.status), 3);
    kl_process_close(&process, output, sizeof output);
    assert_string_equal(output, "one two");
    expect_no_child();
}

/* More than the pipe holds: the child does not block, beginning and end are shown. */
static void endless_messages_are_bounded(void **state)
{
    struct kl_process process;
    char data[16];
    char output[OUTPUT_BYTES];
    (void)state;
    start_shell("echo begin >&2; i=0; while [ $i -lt 9000 ]; do echo 0123456789012345 >&2; "
                "i=$((i+1)); done; echo done; read line",
                &process);
    read_some(&process, data, sizeof data);
    assert_string_equal(data, "done\n");
    kl_process_end(&process, 10000);
    kl_process_close(&process, output, sizeof output);
    assert_memory_equal(output, "begin 0123456789012345 ", 23);
    assert_non_null(strstr(output, " ... "));
    assert_true(strlen(output) < OUTPUT_BYTES);
    expect_no_child();
}

static void missing_programs_are_named(void **state)
{
    const char *const argv[] = {"kinglet-no-such-program", NULL};
    const char *const folder[] = {"/", NULL};
    struct kl_process process;
    struct kl_diag diag = {0};
    (void)state;
    assert_int_equal(kl_process_start(argv, -1, &process, &diag), KL_ETOOL);
    assert_string_equal(diag.message, "kinglet-no-such-program: no such program is installed");
    kl_diag_clear(&diag);
    assert_int_equal(kl_process_start(folder, -1, &process, &diag), KL_ETOOL);
    assert_non_null(strstr(diag.message, "/: cannot start"));
    expect_no_child();
}

/* How many files a process started with `kept_fd` has open. */
static long count_files(int kept_fd)
{
    const char *const argv[] = {"sh", "-c", "ls /proc/self/fd | wc -l", NULL};
    struct kl_process process;
    struct kl_diag diag = {0};
    char data[16];
    assert_int_equal(kl_process_start(argv, kept_fd, &process, &diag), KL_OK);
    read_some(&process, data, sizeof data);
    kl_process_end(&process, 10000);
    kl_process_close(&process, NULL, 0);
    expect_no_child();
    return strtol(data, NULL, 10);
}

static void only_the_kept_file_is_inherited(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(count_files(fds[1]), count_files(-1) + 1);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talks_over_one_socket),
        cmocka_unit_test(obeys_when_told),
        cmocka_unit_test(is_killed_when_deaf),
        cmocka_unit_test(last_words_are_kept),
        cmocka_unit_test(endless_messages_are_bounded),
        cmocka_unit_test(missing_programs_are_named),
        cmocka_unit_test(only_the_kept_file_is_inherited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
