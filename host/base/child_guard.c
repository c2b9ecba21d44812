/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process between this program and one that it runs. Linux tells only a direct child that its
 * parent died; the guard passes that on, so that nothing keeps writing files after a crash. Orphans
 * of the program's tree become children of the guard, so that it finds those, too, that have left
 * the group: prctl(2), PR_SET_CHILD_SUBREAPER; proc(5), /proc/PID/task/TID/children.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/command_internal.h"

/* Where the guard keeps its descriptors; all others but 0 to 2 are closed. */
enum { FAILURE_FD = 3, LIFE_FD = 4, HOLD_FD = 5, FIRST_UNUSED_FD = 6 };

_Noreturn static void give_up(enum kl_child_stage stage)
{
    const struct kl_child_failure failure = {stage, errno};
    ssize_t written = write(FAILURE_FD, &failure, sizeof failure);
    _exit(written == (ssize_t)sizeof failure ? 126 : 127);
}

/* Signals as a program expects them at its start. */
static void reset_signals(void)
{
    static const int signals[] = {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, KL_CHILD_END};
    sigset_t none;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        signal(signals[i], SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void run_program(const struct kl_child_launch *launch)
{
    if (launch->folder && chdir(launch->folder) != 0) {
        give_up(KL_CHILD_FOLDER);
    }
    reset_signals();
    execvpe(launch->argv[0], launch->argv, launch->environment);
    give_up(KL_CHILD_EXEC);
}

/* Leave nothing of the parent open: its locks and pipes are not ours to hold. */
static void take_descriptors(const struct kl_child_launch *launch)
{
    /* First: it may have any number, the others have none of these. */
    if (launch->hold < 0) {
        close(HOLD_FD);
    } else if (launch->hold != HOLD_FD) {
        dup3(launch->hold, HOLD_FD, O_CLOEXEC);
    } else {
        fcntl(HOLD_FD, F_SETFD, FD_CLOEXEC);
    }
    dup2(launch->null, 0);
    dup2(launch->out, 1);
    dup2(launch->err, 2);
    dup3(launch->failure, FAILURE_FD, O_CLOEXEC);
    dup3(launch->life, LIFE_FD, O_CLOEXEC);
    if (close_range(FIRST_UNUSED_FD, ~0U, 0) != 0) {
        for (int fd = FIRST_UNUSED_FD; fd < 1024; fd++) {
            close(fd);
        }
    }
}

/* The program, as its guard sees it. */
struct watch {
    pid_t program, parent;
    bool ended;
    int status; /* once ended */
};

/* Take in what has ended: the program, or orphans of its tree. */
static void reap(struct watch *watch)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == watch->program) {
            watch->ended = true;
            watch->status = status;
        }
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_orphan(const struct watch *watch)
{
    return getppid() != watch->parent;
}

/* Wait until the program has ended, or the parent wants it to end, or has died. Others may send the
 * same signal to the whole group; it counts only from the parent. */
static void await_orders(struct watch *watch)
{
    sigset_t wake;
    siginfo_t info;
    sigemptyset(&wake);
    sigaddset(&wake, SIGCHLD);
    sigaddset(&wake, KL_CHILD_END);
    for (;;) {
        reap(watch);
        if (watch->ended || is_orphan(watch)) {
            return;
        }
        if (sigwaitinfo(&wake, &info) == KL_CHILD_END && info.si_pid == watch->parent) {
            return;
        }
    }
}

/* Give the program time to end by itself. */
static void await_program(struct watch *watch, int64_t end_ms)
{
    sigset_t wake;
    sigemptyset(&wake);
    sigaddset(&wake, SIGCHLD);
    for (;;) {
        reap(watch);
        int64_t left = end_ms - now_ms();
        if (watch->ended || left <= 0) {
            return;
        }
        const struct timespec limit = {left / 1000, left % 1000 * 1000000L};
        sigtimedwait(&wake, NULL, &limit);
    }
}

/* Send SIGKILL to each of our children; false when there are none, or nobody can say. */
static bool kill_children(void)
{
    char list[4096];
    int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, list, sizeof list);
    pid_t pid = 0;
    bool any = false;
    for (ssize_t i = 0; i < length; i++) {
        if (list[i] >= '0' && list[i] <= '9') {
            pid = pid * 10 + (list[i] - '0');
        } else if (pid > 0) { /* numbers end with a blank; one that was cut off comes again */
            any |= kill(pid, SIGKILL) == 0;
            pid = 0;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return any;
}

/* Kill all that the program started, also what has left its group. Children of what is killed
 * become ours, and come next. */
static void kill_tree(struct watch *watch)
{
    const struct timespec pause = {0, 1000000L};
    int64_t end_ms = now_ms() + KL_CHILD_TREE_MS;
    while (kill_children() && now_ms() < end_ms) {
        reap(watch);
        nanosleep(&pause, NULL);
    }
    reap(watch);
}

/* End the whole tree: first by asking its group. */
static void end_tree(struct watch *watch)
{
    kill(0, SIGTERM); /* blocked in this process */
    kill(0, SIGCONT); /* who is halted cannot end */
    await_program(watch, now_ms() + KL_CHILD_GRACE_MS);
    kill_tree(watch);
    if (is_orphan(watch)) {
        kill(0, SIGKILL);
    }
}

static int exit_status(const struct watch *watch)
{
    if (!watch->ended) {
        return 128 + SIGKILL; /* it was sent, but the end of the program was not seen */
    }
    return WIFSIGNALED(watch->status) ? 128 + WTERMSIG(watch->status) : WEXITSTATUS(watch->status);
}

_Noreturn void kl_child_guard(const struct kl_child_launch *launch)
{
    struct watch watch = {.parent = launch->parent};
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    signal(KL_CHILD_END, SIG_DFL);
    setsid(); /* a group of its own; and without a terminal no step waits for a password */
    prctl(PR_SET_PDEATHSIG, KL_CHILD_END);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    take_descriptors(launch);
    watch.program = fork();
    if (watch.program < 0) {
        give_up(KL_CHILD_FORK);
    }
    if (watch.program == 0) {
        run_program(launch);
    }
    close(FAILURE_FD);
    await_orders(&watch);
    if (!watch.ended || is_orphan(&watch)) {
        end_tree(&watch);
    }
    _exit(exit_status(&watch));
}
