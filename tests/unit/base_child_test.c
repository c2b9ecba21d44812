/* SPDX-License-Identifier: Apache-2.0 */
/* Programs beside this one: output, limits, ends, and what is left behind: nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/command.h"
#include "folder.h"

enum { LIMIT = 1 << 20 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void pause_ms(int ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static void start_with(struct kl_child *child, const char *script,
                       const struct kl_child_options *options)
{
    struct kl_diag diag = {0};
    struct kl_child_options own = *options;
    const char *const argv[] = {"sh", "-c", script, NULL};
    own.argv = argv;
    own.output_limit = own.output_limit ? own.output_limit : LIMIT;
    if (kl_child_start(child, &own, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
}

static void start(struct kl_child *child, const char *script)
{
    start_with(child, script, &(struct kl_child_options){0});
}

static void finish(struct kl_child *child)
{
    while (!child->ended) {
        kl_child_wait(&child, 1, -1);
    }
}

static size_t open_files(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

/* Is there a process of this number that is more than a zombie? */
static bool is_alive(pid_t pid)
{
    char path[64];
    char line[512] = {0};
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    const char *state = strrchr(line, ')');
    return read && state && state[2] != 'Z' && state[2] != 'X';
}

static bool dies_within(pid_t pid, double seconds)
{
    double end = now() + seconds;
    while (is_alive(pid) && now() < end) {
        pause_ms(10);
    }
    return !is_alive(pid);
}

/* Wait until the child has printed a number on a line, and return it. */
static pid_t read_number(struct kl_child *child)
{
    while (!child->ended && !strchr(child->out.data, '\n')) {
        kl_child_wait(&child, 1, 20);
    }
    pid_t number = (pid_t)strtol(child->out.data, NULL, 10);
    assert_true(number > 1);
    return number;
}

/* Each test leaves no child, zombies included, and no open file. */
static size_t files_before;

static int setup(void **state)
{
    (void)state;
    files_before = open_files();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(open_files(), files_before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

static void test_output_and_status(void **state)
{
    struct kl_child child = {.user = &child};
    (void)state;
    start(&child, "echo out; echo err >&2; cat; exit 7");
    finish(&child);
    assert_string_equal(child.out.data, "out\n");
    assert_string_equal(child.err.data, "err\n");
    assert_int_equal(child.status, 7);
    assert_false(child.timed_out);
    assert_false(child.out_cut);
    assert_ptr_equal(child.user, &child);
    assert_true(child.seconds >= 0 && child.seconds < 60);
    kl_child_free(&child);
    start(&child, ":");
    finish(&child);
    assert_string_equal(child.out.data, "");
    assert_string_equal(child.err.data, "");
    assert_int_equal(child.status, 0);
    kl_child_free(&child);
}

static void test_signals(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start(&child, "kill -9 $$");
    finish(&child);
    assert_int_equal(child.status, 128 + SIGKILL);
    kl_child_free(&child);
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    start(&child, "kill -PIPE $$; echo ignored");
    signal(SIGPIPE, before);
    finish(&child);
    assert_int_equal(child.status, 128 + SIGPIPE);
    kl_child_free(&child);
}

/* What this program ignores or blocks, a program does not, and no file but 0 to 2 is open in it. */
static void test_clean_start(void **state)
{
    static const int signals[] = {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};
    struct kl_child child = {0};
    void (*before[5])(int);
    sigset_t all;
    sigset_t mask;
    (void)state;
    int extra = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    for (size_t i = 0; i < 5; i++) {
        before[i] = signal(signals[i], SIG_IGN);
    }
    start(&child, "grep SigBlk /proc/self/status; ls /proc/self/fd;"
                  "for s in PIPE INT QUIT TERM USR1; do sh -c \"kill -$s \\$\\$; echo $s\"; done");
    for (size_t i = 0; i < 5; i++) {
        signal(signals[i], before[i]);
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
    finish(&child);
    close(extra);
    assert_string_equal(child.out.data, "SigBlk:\t0000000000000000\n"
                                        "0\n1\n2\n3\n"); /* 3 is the folder that ls reads */
    kl_child_free(&child);
}

static void test_large_output(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start_with(&child, "yes kinglet | head -n 300000; yes error | head -n 300000 >&2; exit 3",
               &(struct kl_child_options){.output_limit = 1 << 24});
    finish(&child);
    assert_int_equal(child.status, 3);
    assert_false(child.out_cut);
    assert_int_equal(child.out.size, 300000 * 8);
    assert_int_equal(child.err.size, 300000 * 6);
    assert_string_equal(child.out.data + child.out.size - 8, "kinglet\n");
    kl_child_free(&child);
}

static void test_output_limit(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start_with(&child, "yes kinglet | head -n 300000; exit 3",
               &(struct kl_child_options){.output_limit = 1001});
    finish(&child);
    assert_int_equal(child.status, 3);
    assert_true(child.out_cut);
    assert_int_equal(child.out.size, 1001);
    assert_memory_equal(child.out.data, "kinglet\nkinglet\n", 16);
    kl_child_free(&child);
    start_with(&child, "printf 12345678; printf 123456789 >&2",
               &(struct kl_child_options){.output_limit = 8});
    finish(&child);
    assert_false(child.out_cut); /* it fits exactly; standard error does not count */
    assert_string_equal(child.out.data, "12345678");
    assert_string_equal(child.err.data, "12345678");
    kl_child_free(&child);
}

static void test_folder_and_environment(void **state)
{
    static const char *const environment[] = {"KL_NEW=one two", "KL_OLD=new", "LC_ALL=C", NULL};
    struct kl_child child = {0};
    (void)state;
    setenv("KL_OLD", "old", 1);
    setenv("KL_OLDER", "kept", 1);
    setenv("MAKEFLAGS", "-j9", 1);
    start_with(&child, "pwd; echo $KL_NEW,$KL_OLD,$KL_OLDER,$LC_ALL,$MAKEFLAGS.",
               &(struct kl_child_options){.folder = "/usr", .environment = environment});
    finish(&child);
    assert_string_equal(child.out.data, "/usr\none two,new,kept,C,.\n");
    kl_child_free(&child);
    start(&child, "echo $LC_ALL,$KL_OLD");
    finish(&child);
    assert_string_equal(child.out.data, "C.UTF-8,old\n");
    kl_child_free(&child);
    unsetenv("MAKEFLAGS");
}

static void assert_no_start(const char *program, const char *folder, const char *message)
{
    struct kl_child child = {0};
    struct kl_diag diag = {0};
    const char *const argv[] = {program, NULL};
    const struct kl_child_options options = {.argv = argv, .folder = folder, .output_limit = 10};
    assert_int_equal(kl_child_start(&child, &options, &diag), KL_ETOOL);
    assert_string_equal(diag.message, message);
    struct kl_child *children[] = {&child};
    kl_child_wait(children, 1, -1); /* not running: returns */
    kl_child_kill(&child);
    kl_child_free(&child);
}

static void test_cannot_start(void **state)
{
    (void)state;
    assert_no_start("kinglet-no-such-program", NULL,
                    "cannot run kinglet-no-such-program: No such file or directory");
    assert_no_start("/", NULL, "cannot run /: Permission denied");
    assert_no_start("true", "/no/such/folder",
                    "cannot run true in /no/such/folder: No such file or directory");
    struct kl_child zeroed = {0};
    kl_child_free(&zeroed);
    kl_child_wait(NULL, 0, -1);
}

static void test_more_arguments_than_a_few(void **state)
{
    const char *argv[2001] = {"echo"};
    struct kl_child child = {0};
    struct kl_diag diag = {0};
    (void)state;
    for (size_t i = 1; i < 2000; i++) {
        argv[i] = "*";
    }
    const struct kl_child_options options = {.argv = argv, .output_limit = LIMIT};
    assert_int_equal(kl_child_start(&child, &options, &diag), KL_OK);
    finish(&child);
    assert_int_equal(child.out.size, 1999 * 2);
    kl_child_free(&child);
}

/* The wait returns with the first that ends, and leaves the others running. */
static void test_side_by_side(void **state)
{
    struct kl_child slow = {0};
    struct kl_child quick = {0};
    struct kl_child *const children[] = {&slow, &quick};
    (void)state;
    start(&slow, "read line < /dev/zero & sleep 30");
    start(&quick, "echo quick");
    double begin = now();
    kl_child_wait(children, 2, -1);
    assert_true(quick.ended);
    assert_false(slow.ended);
    kl_child_wait(children, 2, 150);
    assert_false(slow.ended);
    assert_true(now() - begin >= 0.15);
    kl_child_wait(children, 2, 0); /* only looks */
    assert_false(slow.ended);
    kl_child_kill(&slow);
    assert_true(slow.ended);
    assert_false(slow.timed_out);
    assert_int_equal(slow.status, 128 + SIGTERM);
    assert_true(now() - begin < 20);
    kl_child_free(&slow);
    kl_child_free(&quick);
}

static void test_time_limit(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start_with(&child, "echo before; sleep 30; echo after",
               &(struct kl_child_options){.timeout_ms = 200});
    finish(&child);
    assert_true(child.timed_out);
    assert_int_equal(child.status, 128 + SIGTERM);
    assert_string_equal(child.out.data, "before\n");
    assert_true(child.seconds >= 0.2 && child.seconds < 15);
    kl_child_free(&child);
    start_with(&child, "exit 4", &(struct kl_child_options){.timeout_ms = 60000});
    finish(&child);
    assert_false(child.timed_out);
    assert_int_equal(child.status, 4);
    kl_child_free(&child);
}

/* A program may use the time after SIGTERM to tidy up. */
static void test_tidy_end(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start_with(&child, "trap 'echo tidy; exit 9' TERM; while :; do sleep 0.05; done",
               &(struct kl_child_options){.timeout_ms = 300});
    finish(&child);
    assert_true(child.timed_out);
    assert_int_equal(child.status, 9);
    assert_string_equal(child.out.data, "tidy\n");
    kl_child_free(&child);
}

/* One that ignores SIGTERM gets SIGKILL, and one that is halted is not forgotten. */
static void test_stubborn_programs(void **state)
{
    struct kl_child deaf = {0};
    struct kl_child halted = {0};
    (void)state;
    start_with(&deaf, "trap '' TERM; sleep 30 & echo $!; while :; do sleep 1; done",
               &(struct kl_child_options){.timeout_ms = 300});
    start_with(&halted, "trap 'exit 8' TERM; kill -STOP $$; exit 1",
               &(struct kl_child_options){.timeout_ms = 300});
    pid_t sleeper = read_number(&deaf);
    struct kl_child *const children[] = {&deaf, &halted};
    while (!deaf.ended || !halted.ended) {
        kl_child_wait(children, 2, -1);
    }
    assert_int_equal(deaf.status, 128 + SIGKILL);
    assert_true(deaf.seconds >= 2.2 && deaf.seconds < 20);
    assert_int_equal(halted.status, 8);
    assert_true(halted.seconds < 2);
    assert_true(dies_within(sleeper, 5));
    kl_child_free(&deaf);
    kl_child_free(&halted);
}

/* What a program leaves in its group is killed at its end, although it holds the output open. */
static void test_nothing_is_left(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start(&child, "sleep 30 & echo $!; trap '' TERM; exit 5");
    pid_t left = read_number(&child);
    finish(&child);
    assert_int_equal(child.status, 5);
    assert_true(child.seconds < 15);
    assert_true(dies_within(left, 5));
    kl_child_free(&child);
}

/* Who leaves the group and holds the output open does not keep us waiting. */
static void test_escaped_writer(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start(&child, "setsid yes >&1 & echo $!; exit 6");
    pid_t left = read_number(&child);
    finish(&child);
    assert_int_equal(child.status, 6);
    assert_true(child.out.size <= LIMIT);
    kl_child_free(&child);
    assert_true(dies_within(left, 5)); /* of its broken pipe */
}

/* At the time limit nobody stays, also who left the group, is deaf, and has children. */
static void test_escapes_end_at_the_limit(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start_with(&child,
               "setsid sh -c \"trap '' TERM; sleep 50 & echo \\$!; wait; sleep 50\" & sleep 50",
               &(struct kl_child_options){.output_limit = LIMIT, .timeout_ms = 300});
    pid_t escaped = read_number(&child);
    finish(&child);
    assert_true(child.timed_out);
    assert_int_equal(child.status, 128 + SIGTERM);
    assert_false(is_alive(escaped));
    kl_child_free(&child);
}

/* A signal of the program to its own group is no order from us. */
static void test_only_the_parent_gives_orders(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start(&child, "trap '' USR1; kill -USR1 0; sleep 0.2; exit 9");
    finish(&child);
    assert_int_equal(child.status, 9);
    kl_child_free(&child);
}

/* Asking for a password would wait for ever. */
static void test_no_terminal(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start(&child, "ps -o sid= -p $$ | tr -d ' '; echo $PPID; exec 2> /dev/null; : < /dev/tty");
    finish(&child);
    char *rest;
    long session = strtol(child.out.data, &rest, 10);
    assert_true(session > 0);
    assert_int_equal(session, strtol(rest, NULL, 10)); /* the guard's */
    assert_int_not_equal(child.status, 0);
    kl_child_free(&child);
}

static void test_stopping_several(void **state)
{
    struct kl_child children[3];
    struct timespec before;
    struct timespec after;
    (void)state;
    memset(children, 0, sizeof children);
    for (size_t i = 0; i < 3; i++) {
        start(&children[i], "trap '' TERM; echo $$; while :; do sleep 30; done");
        read_number(&children[i]);
    }
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (size_t i = 0; i < 3; i++) {
        kl_child_stop(&children[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        kl_child_free(&children[i]);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 5); /* one after the other: six */
}

static void test_free_kills(void **state)
{
    struct kl_child child = {0};
    (void)state;
    start(&child, "echo $$; sleep 30; :");
    pid_t pid = read_number(&child);
    kl_child_free(&child);
    assert_false(is_alive(pid));
}

/* In a process of its own: start a program that writes its number, then die without a word. */
static void crash(const char *path)
{
    struct kl_child child = {0};
    char script[400];
    snprintf(script, sizeof script, "(sleep 60 & echo $! > %s.new; mv %s.new %s; wait); :", path,
             path, path);
    start(&child, script);
    while (access(path, F_OK) != 0) {
        pause_ms(10);
    }
    raise(SIGKILL);
}

/* When this program is killed, all of the group dies, the grandchildren, too. */
static void test_death_of_parent(void **state)
{
    char folder[KT_FOLDER_BYTES], path[64];
    int number = 0;
    int status = 0;
    (void)state;
    assert_true(kt_make_folder(folder));
    snprintf(path, sizeof path, "%s/pid", folder);
    pid_t victim = fork();
    assert_true(victim >= 0);
    if (victim == 0) {
        crash(path);
        _exit(1);
    }
    assert_int_equal(waitpid(victim, &status, 0), victim);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &number), 1);
    fclose(file);
    assert_true(dies_within(number, 10));
    kt_remove_folder(folder);
}

/* Works also for those who closed their standard files. */
static void test_closed_standard_files(void **state)
{
    int status = 0;
    (void)state;
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        close(0);
        close(1);
        close(2);
        struct kl_child child = {0};
        start(&child, "cat; echo out; echo err >&2; exit 7");
        finish(&child);
        bool good = strcmp(child.out.data, "out\n") == 0 && strcmp(child.err.data, "err\n") == 0;
        kl_child_free(&child);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_int_equal(status, 0);
}

#define KL_CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KL_CASE(test_output_and_status),
        KL_CASE(test_signals),
        KL_CASE(test_clean_start),
        KL_CASE(test_large_output),
        KL_CASE(test_output_limit),
        KL_CASE(test_folder_and_environment),
        KL_CASE(test_cannot_start),
        KL_CASE(test_more_arguments_than_a_few),
        KL_CASE(test_side_by_side),
        KL_CASE(test_time_limit),
        KL_CASE(test_tidy_end),
        KL_CASE(test_stubborn_programs),
        KL_CASE(test_nothing_is_left),
        KL_CASE(test_escaped_writer),
        KL_CASE(test_escapes_end_at_the_limit),
        KL_CASE(test_only_the_parent_gives_orders),
        KL_CASE(test_no_terminal),
        KL_CASE(test_stopping_several),
        KL_CASE(test_free_kills),
        KL_CASE(test_death_of_parent),
        KL_CASE(test_closed_standard_files),
    };
    return cmocka_run_group_tests_name("base child", tests, NULL, NULL);
}
