/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHECK_INTERVAL_MS = 5, MIN_OUTPUT_BYTES = 16, MAX_OUTPUT_BYTES = 64 * 1024 };

/* The child's and our ends of its connections, and how it reports that exec failed. */
struct connections {
    int io[2];    /* socket pair: ours, the child's */
    int error[2]; /* pipe: ours, the child's */
    int exec[2];  /* pipe: ours, the child's; closed by a successful exec */
};

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static void close_connections(const struct connections *all)
{
    close_all(all->io, 2);
    close_all(all->error, 2);
    close_all(all->exec, 2);
}

/* Standard error does not block: a child whose messages nobody reads must go on. */
static enum kl_err open_connections(struct connections *all, struct kl_diag *diag)
{
    *all = (struct connections){{-1, -1}, {-1, -1}, {-1, -1}};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, all->io) == 0 &&
        pipe2(all->error, O_CLOEXEC | O_NONBLOCK) == 0 && pipe2(all->exec, O_CLOEXEC) == 0 &&
        fcntl(all->io[0], F_SETFL, O_NONBLOCK) == 0) {
        return KL_OK;
    }
    int error = errno;
    close_connections(all);
    return kl_fail(diag, KL_EIO, "cannot open pipes to a child process: %s", strerror(error));
}

/* In the child, where only async-signal-safe calls are allowed. */
static _Noreturn void become_program(const char *const *argv, int kept_fd, pid_t parent,
                                     const struct connections *all)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    if (sigprocmask(SIG_SETMASK, &none, NULL) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
        getppid() == parent && dup2(all->io[1], STDIN_FILENO) >= 0 &&
        dup2(all->io[1], STDOUT_FILENO) >= 0 && dup2(all->error[1], STDERR_FILENO) >= 0 &&
        (kept_fd < 0 || fcntl(kept_fd, F_SETFD, 0) == 0)) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    }
    int error = errno;
    ssize_t written = write(all->exec[1], &error, sizeof error);
    (void)written;
    _exit(127);
}

/* Wait until the child runs the program; the number of the error when it cannot, otherwise 0. */
static int wait_for_exec(int fd)
{
    int error = 0;
    ssize_t got;
    do {
        got = read(fd, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

static enum kl_err exec_failed(const char *program, int error, struct kl_diag *diag)
{
    if (error == ENOENT) {
        return kl_fail(diag, KL_ETOOL, "%s: no such program is installed", program);
    }
    return kl_fail(diag, KL_ETOOL, "%s: cannot start: %s", program, strerror(error));
}

enum kl_err kl_process_start(const char *const *argv, int kept_fd, struct kl_process *process,
                             struct kl_diag *diag)
{
    struct connections all;
    KL_TRY(open_connections(&all, diag));
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        int error = errno;
        close_connections(&all);
        return kl_fail(diag, KL_EIO, "cannot start a process: %s", strerror(error));
    }
    if (pid == 0) {
        become_program(argv, kept_fd, parent, &all);
    }
    close(all.io[1]);
    close(all.error[1]);
    close(all.exec[1]);
    int error = wait_for_exec(all.exec[0]);
    close(all.exec[0]);
    *process = (struct kl_process){.pid = pid, .io_fd = all.io[0], .error_fd = all.error[0]};
    if (error) {
        kl_process_end(process, 0);
        kl_process_close(process, NULL, 0);
        return exec_failed(argv[0], error, diag);
    }
    return KL_OK;
}

/* True once the process has ended and was waited for. */
static bool has_ended(struct kl_process *process, int flags)
{
    while (process->pid > 0) {
        pid_t pid = waitpid(process->pid, &process->status, flags);
        if (pid == 0) {
            return false;
        }
        if (pid < 0 && errno == EINTR) {
            continue;
        }
        process->pid = 0;
    }
    return true;
}

void kl_process_end(struct kl_process *process, int grace_ms)
{
    if (has_ended(process, WNOHANG)) {
        return;
    }
    process->was_told = true;
    kill(process->pid, SIGTERM);
    const struct timespec interval = {.tv_nsec = CHECK_INTERVAL_MS * 1000000L};
    for (int waited = 0; waited < grace_ms; waited += CHECK_INTERVAL_MS) {
        nanosleep(&interval, NULL);
        if (has_ended(process, WNOHANG)) {
            return;
        }
    }
    kill(process->pid, SIGKILL);
    has_ended(process, 0);
}

/* Everything that can still be read, up to the buffer's size. */
static size_t drain(int fd, char *text, size_t bytes)
{
    size_t used = 0;
    while (used < bytes) {
        ssize_t got = read(fd, text + used, bytes - used);
        if (got <= 0) {
            break;
        }
        used += (size_t)got;
    }
    return used;
}

/* Turn each run of blanks, line ends and unprintable bytes into one space; return the length. */
static size_t squeeze(char *text, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        bool printable = text[i] > 0x20 && text[i] < 0x7f;
        if (printable) {
            text[used++] = text[i];
        } else if (used > 0 && text[used - 1] != ' ') {
            text[used++] = ' ';
        }
    }
    return used;
}

/* The text, or its beginning and end: the reason of a crash comes first, the last words last. */
static void shorten(const char *text, size_t length, char *output, size_t bytes)
{
    static const char gap[] = " ... ";
    size_t part = (bytes - sizeof gap) / 2;
    if (length < bytes) {
        memcpy(output, text, length);
        output[length] = '\0';
        return;
    }
    memcpy(output, text, part);
    memcpy(output + part, gap, sizeof gap - 1);
    memcpy(output + part + sizeof gap - 1, text + length - part, part);
    output[2 * part + sizeof gap - 1] = '\0';
}

void kl_process_close(struct kl_process *process, char *output, size_t bytes)
{
    if (bytes >= MIN_OUTPUT_BYTES) {
        char text[MAX_OUTPUT_BYTES];
        size_t length = drain(process->io_fd, text, sizeof text / 2);
        length += drain(process->error_fd, text + length, sizeof text - length);
        shorten(text, squeeze(text, length), output, bytes);
    }
    close(process->io_fd);
    close(process->error_fd);
}
