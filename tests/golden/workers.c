/* SPDX-License-Identifier: Apache-2.0 */
#include "workers.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PARALLEL = 8, POLL_MS = 200 };

struct worker {
    pid_t pid; /* 0: free */
    int fd;    /* the verdict comes from here */
    int32_t task;
    time_t deadline;
};

static void child(int fd, int32_t task, int32_t slot, task_fn *run, void *context)
{
    struct verdict verdict = {.result = RESULT_PASSED, .exact = true};
    struct timespec start, end;
    setpgid(0, 0); /* so that the whole group can be ended */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    clock_gettime(CLOCK_MONOTONIC, &start);
    run(context, task, slot, &verdict);
    clock_gettime(CLOCK_MONOTONIC, &end);
    verdict.seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
    ssize_t written = write(fd, &verdict, sizeof(verdict));
    fflush(NULL);
    _exit(written == (ssize_t)sizeof(verdict) ? 0 : 1);
}

static bool start(struct worker *workers, int32_t slot, int32_t task, unsigned timeout_s,
                  task_fn *run, void *context)
{
    int fds[2];
    fflush(NULL);
    if (pipe(fds) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        child(fds[1], task, slot, run, context);
    }
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return false;
    }
    workers[slot] = (struct worker){pid, fds[0], task, time(NULL) + (time_t)timeout_s};
    return true;
}

/* Take the verdict of a worker that has written one, died, or runs too long. */
static void finish(struct worker *worker, bool late, done_fn *done, void *context)
{
    struct verdict verdict = {0};
    int status = 0;
    if (late) {
        kill(-worker->pid, SIGKILL);
    }
    bool whole = !late && read(worker->fd, &verdict, sizeof(verdict)) == (ssize_t)sizeof(verdict);
    waitpid(worker->pid, &status, 0);
    close(worker->fd);
    if (late) {
        fail_trial(&verdict, "took too long");
    } else if (!whole) {
        fail_trial(&verdict, "crashed with signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    worker->pid = 0;
    done(context, worker->task, &verdict);
}

/* Wait a moment, then finish every worker that is ready. Returns how many are still at work. */
static int32_t collect(struct worker *workers, int32_t count, done_fn *done, void *context)
{
    struct pollfd fds[MAX_PARALLEL];
    int32_t busy = 0;
    for (int32_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = workers[i].pid ? workers[i].fd : -1, .events = POLLIN};
    }
    poll(fds, (nfds_t)count, POLL_MS);
    for (int32_t i = 0; i < count; i++) {
        bool late = workers[i].pid && time(NULL) > workers[i].deadline;
        if (workers[i].pid && (fds[i].revents || late)) {
            finish(&workers[i], late && !fds[i].revents, done, context);
        }
        busy += workers[i].pid ? 1 : 0;
    }
    return busy;
}

void run_tasks(int32_t count, int32_t parallel, unsigned timeout_s, task_fn *run, done_fn *done,
               void *context)
{
    struct worker workers[MAX_PARALLEL] = {0};
    struct verdict no_process = {0};
    int32_t next = 0, busy = 0;

    parallel = parallel > MAX_PARALLEL ? MAX_PARALLEL : parallel;
    fail_trial(&no_process, "cannot start a process");
    while (next < count || busy > 0) {
        for (int32_t i = 0; i < parallel && next < count; i++) {
            if (workers[i].pid) {
                continue;
            }
            if (!start(workers, i, next, timeout_s, run, context)) {
                done(context, next, &no_process);
            }
            next++;
        }
        busy = collect(workers, parallel, done, context);
    }
}
