/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is interrupted or killed leaves no emulator running and no temporary folder,
 * at whatever moment it happens. cli_interrupt_test KINGLET
 */
#include "cli_driver.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, STEP_MS = 10 };

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* The program, which would verify for ages, with its temporary folders below "temporary". */
static pid_t start_program(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        if (!freopen("log", "w", stdout) || !freopen("log", "w", stderr)) {
            _exit(99);
        }
        setenv("TMPDIR", "temporary", 1);
        execl(program, program, "verify", "k.tflite", "--board", "mps2-an386", "--cases", "1000000",
              (char *)NULL);
        _exit(99);
    }
    assert_true(pid > 0);
    return pid;
}

/* Is there an entry in the folder besides the usual two? */
static bool is_empty(const char *folder)
{
    DIR *entries = opendir(folder);
    int count = 0;
    assert_non_null(entries);
    while (readdir(entries)) {
        count++;
    }
    closedir(entries);
    return count == 2;
}

/* State of a process (as /proc/PID/stat says): its parent and name; 0 when there is none. */
static pid_t parent_of(long pid, char name[32])
{
    char path[64];
    int parent = 0;
    char line[512] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file && fgets(line, sizeof line, file)) {
        const char *open = strchr(line, '(');
        const char *close = strrchr(line, ')');
        if (open && close && close - open < 32) {
            snprintf(name, 32, "%.*s", (int)(close - open - 1), open + 1);
            parent = (int)strtol(close + 4, NULL, 10);
        }
    }
    if (file) {
        fclose(file);
    }
    return parent;
}

/* A child of `parent` whose name begins so; 0 when there is none. */
static pid_t find_child(pid_t parent, const char *prefix)
{
    DIR *processes = opendir("/proc");
    pid_t found = 0;
    const struct dirent *entry;
    assert_non_null(processes);
    while (!found && (entry = readdir(processes)) != NULL) {
        char name[32] = "";
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && parent_of(pid, name) == parent &&
            strncmp(name, prefix, strlen(prefix)) == 0) {
            found = (pid_t)pid;
        }
    }
    closedir(processes);
    return found;
}

static pid_t wait_for_child(pid_t parent, const char *prefix)
{
    pid_t child = 0;
    for (int waited = 0; !child && waited < PATIENCE_MS; waited += STEP_MS) {
        sleep_ms(STEP_MS);
        child = find_child(parent, prefix);
    }
    if (!child) {
        fail_msg("no child '%s' came up", prefix);
    }
    return child;
}

/* End the program by the signal; within a while its child and its folders are gone for good. */
static void interrupt(pid_t pid, pid_t child, int number)
{
    enum { CALM_MS = 300 };
    int status = 0;
    char name[32];
    assert_int_equal(kill(pid, number), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == number);
    int waited = 0;
    while ((!is_empty("temporary") || parent_of(child, name)) && waited < PATIENCE_MS) {
        sleep_ms(STEP_MS);
        waited += STEP_MS;
    }
    assert_int_equal(parent_of(child, name), 0);
    assert_true(is_empty("temporary"));
    sleep_ms(CALM_MS); /* nobody makes it again */
    assert_true(is_empty("temporary"));
}

static const int signals[] = {SIGINT, SIGTERM, SIGKILL};

static void test_while_the_emulator_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        pid_t pid = start_program();
        pid_t emulator = wait_for_child(pid, "qemu-system");
        assert_false(is_empty("temporary"));
        interrupt(pid, emulator, signals[i]);
    }
}

static void test_while_the_compiler_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        pid_t pid = start_program();
        interrupt(pid, wait_for_child(pid, "make"), signals[i]);
    }
}

/* Commands that end by themselves leave nothing either, whether they succeed or not. */
static void test_ordinary_ends(void **state)
{
    static const char *const commands[] = {
        "verify k.tflite --board mps2-an386 --cases 1",
        "profile k.tflite --board rv32-virt",
        "verify k.tflite --board mps2-an386 --input in --expect wrong",
        "verify k.tflite --board mps2-an386 --input short",
        "profile k.tflite --board tiny.yaml",
    };
    static const int statuses[] = {DONE, DONE, FAILED, BAD, FAILED};
    (void)state;
    write_tiny_board(12 * 1024, 12 * 1024);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "TMPDIR=temporary $K %s", commands[i]);
        assert_int_equal(shell(line), statuses[i]);
        assert_true(is_empty("temporary"));
    }
}

static void test_temporary_folder_that_cannot_be(void **state)
{
    (void)state;
    assert_int_equal(shell("TMPDIR=/nowhere $K verify k.tflite --board mps2-an386"), BAD);
    expect_text("cannot create a temporary folder: No such file or directory");
}

static int make_folder(void **state)
{
    (void)state;
    return mkdir("temporary", 0700) == 0 || is_empty("temporary") ? 0 : -1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ordinary_ends, make_folder),
        cmocka_unit_test_setup(test_while_the_emulator_runs, make_folder),
        cmocka_unit_test_setup(test_while_the_compiler_runs, make_folder),
        cmocka_unit_test(test_temporary_folder_that_cannot_be),
    };
    return CLI_MAIN("cli interrupt", tests);
}
