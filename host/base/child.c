/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that run beside this one: starting, reading, time limits, ending. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/command.h"
#include "base/command_internal.h"

struct kl_child_state {
    pid_t guard; /* leads the group */
    int out, err, life;
    int64_t started_ms;
    int64_t stop_ms; /* the time limit; INT64_MAX: none, or passed */
    int64_t kill_ms; /* when the guard should have ended it; INT64_MAX: it was not asked to */
    bool stopping;   /* the guard was asked to end it */
};

/* After a program's end somebody outside its group may hold its output open and go on writing. */
enum { LAST_READS = 64 };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* Descriptors of one start: of each pipe the end to read and the end to write. */
struct pipes {
    int null;
    int out[2], err[2], failure[2], life[2];
};

static void close_all(struct pipes *pipes)
{
    close_fd(&pipes->null);
    for (int i = 0; i < 2; i++) {
        close_fd(&pipes->out[i]);
        close_fd(&pipes->err[i]);
        close_fd(&pipes->failure[i]);
        close_fd(&pipes->life[i]);
    }
}

/* The same file at a number that the guard does not use for something else. */
static bool move_up(int *fd)
{
    enum { LEAST = 10 };
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, LEAST);
    int error = errno;
    close(*fd);
    *fd = moved;
    errno = error;
    return moved >= 0;
}

static bool open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        ends[0] = ends[1] = -1;
        return false;
    }
    bool first = move_up(&ends[0]);
    return move_up(&ends[1]) && first;
}

static bool open_all(struct pipes *pipes)
{
    *pipes = (struct pipes){-1, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    pipes->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return pipes->null >= 0 && move_up(&pipes->null) && open_pipe(pipes->out) &&
           open_pipe(pipes->err) && open_pipe(pipes->failure) && open_pipe(pipes->life) &&
           fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(pipes->err[0], F_SETFL, O_NONBLOCK) == 0;
}

static void close_written(struct pipes *pipes)
{
    close_fd(&pipes->null);
    close_fd(&pipes->out[1]);
    close_fd(&pipes->err[1]);
    close_fd(&pipes->failure[1]);
    close_fd(&pipes->life[1]);
}

/* Fork the guard with all signals blocked: no handler of this program runs in it. */
static pid_t fork_guard(const struct kl_child_launch *launch)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t guard = fork();
    if (guard == 0) {
        kl_child_guard(launch);
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return guard;
}

/* Did the program start? Waits until it did or could not. */
static bool read_failure(int fd, struct kl_child_failure *failure)
{
    ssize_t n;
    do {
        n = read(fd, failure, sizeof *failure);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *failure;
}

static enum kl_err report_failure(const struct kl_child_options *options,
                                  const struct kl_child_failure *failure, struct kl_diag *diag)
{
    const char *why = strerror(failure->error);
    switch (failure->stage) {
    case KL_CHILD_FOLDER:
        return kl_fail(diag, KL_ETOOL, "cannot run %s in %s: %s", options->argv[0], options->folder,
                       why);
    case KL_CHILD_FORK: return kl_fail(diag, KL_EIO, "cannot start a process: %s", why);
    case KL_CHILD_EXEC: break;
    }
    return kl_fail(diag, KL_ETOOL, "cannot run %s: %s", options->argv[0], why);
}

/* The arguments as execvp wants them; it does not write through them. */
static char **copy_arguments(const char *const *argv)
{
    size_t count = 0;
    while (argv[count]) {
        count++;
    }
    char **copy = calloc(count + 1, sizeof *copy);
    if (copy) {
        memcpy(copy, argv, count * sizeof *copy);
    }
    return copy;
}

/* Start the guard and wait until it has, or has not, started the program. */
static enum kl_err start_guard(const struct kl_child_options *options, struct pipes *pipes,
                               pid_t *guard, struct kl_diag *diag)
{
    struct kl_child_failure failure;
    char **argv = copy_arguments(options->argv);
    char **environment = kl_command_environment("LC_ALL=C.UTF-8", options->environment);
    const struct kl_child_launch launch = {
        .argv = argv,
        .environment = environment,
        .folder = options->folder,
        .parent = getpid(),
        .null = pipes->null,
        .out = pipes->out[1],
        .err = pipes->err[1],
        .failure = pipes->failure[1],
        .life = pipes->life[1],
        .hold = options->hold ? *options->hold : -1,
    };
    *guard = argv && environment ? fork_guard(&launch) : -1;
    int error = argv && environment ? errno : ENOMEM;
    free(argv);
    free(environment);
    if (*guard < 0) {
        return kl_fail(diag, KL_EIO, "cannot start a process: %s", strerror(error));
    }
    close_written(pipes);
    if (read_failure(pipes->failure[0], &failure)) {
        waitpid(*guard, NULL, 0);
        return report_failure(options, &failure, diag);
    }
    return KL_OK;
}

enum kl_err kl_child_start(struct kl_child *child, const struct kl_child_options *options,
                           struct kl_diag *diag)
{
    struct pipes pipes;
    pid_t guard = -1;
    *child = (struct kl_child){.user = child->user};
    struct kl_child_state *state = calloc(1, sizeof *state);
    enum kl_err err = KL_OK;
    if (!open_all(&pipes) || !state) {
        err = kl_fail(diag, KL_EIO, "cannot make a pipe: %s", strerror(errno));
    }
    int64_t started_ms = now_ms();
    if (err == KL_OK) {
        err = start_guard(options, &pipes, &guard, diag);
    }
    if (err != KL_OK) {
        close_all(&pipes);
        free(state);
        return err;
    }
    *state = (struct kl_child_state){.guard = guard,
                                     .out = pipes.out[0],
                                     .err = pipes.err[0],
                                     .life = pipes.life[0],
                                     .started_ms = started_ms,
                                     .stop_ms = INT64_MAX,
                                     .kill_ms = INT64_MAX};
    if (options->timeout_ms > 0 && options->timeout_ms < INT64_MAX - started_ms) {
        state->stop_ms = started_ms + options->timeout_ms;
    }
    pipes.out[0] = pipes.err[0] = pipes.life[0] = -1;
    close_all(&pipes);
    child->out = KL_BUFFER(options->output_limit);
    child->err = KL_BUFFER(options->output_limit);
    kl_buffer_append(&child->out, "", 0); /* a text from the start */
    kl_buffer_append(&child->err, "", 0);
    child->state = state;
    return KL_OK;
}

/* Read what is there, keep what fits. False when the pipe has ended. */
static bool read_some(int fd, struct kl_buffer *kept, bool *cut, int most_reads)
{
    char chunk[8192];
    for (int i = 0; i < most_reads; i++) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 && errno == EAGAIN;
        }
        size_t room = kept->max - kept->size;
        size_t take = (size_t)n < room ? (size_t)n : room;
        kl_buffer_append(kept, chunk, take);
        *cut = *cut || take < (size_t)n || kept->failed;
    }
    return true;
}

static void read_output(struct kl_child *child, int most_reads)
{
    struct kl_child_state *state = child->state;
    bool err_cut = false;
    if (state->out >= 0 && !read_some(state->out, &child->out, &child->out_cut, most_reads)) {
        close_fd(&state->out);
    }
    if (state->err >= 0 && !read_some(state->err, &child->err, &err_cut, most_reads)) {
        close_fd(&state->err);
    }
}

static void signal_group(const struct kl_child_state *state, int number)
{
    kill(-state->guard, number);
}

/* Let the guard end all, and be ready to do it ourselves when it cannot. */
static void stop(struct kl_child_state *state, int64_t now)
{
    if (!state->stopping) {
        state->stopping = true;
        state->stop_ms = INT64_MAX;
        state->kill_ms = now + KL_CHILD_GRACE_MS + 2 * KL_CHILD_TREE_MS;
        kill(state->guard, KL_CHILD_END);
        kill(state->guard, SIGCONT); /* the program may have halted its group */
    }
}

static void enforce_limits(struct kl_child *child, int64_t now)
{
    struct kl_child_state *state = child->state;
    if (now >= state->stop_ms) {
        child->timed_out = true;
        stop(state, now);
    }
    if (now >= state->kill_ms) {
        state->kill_ms = INT64_MAX;
        signal_group(state, SIGKILL);
    }
}

/* Has the guard ended? Its end of the pipe is the only one. */
static bool has_ended(const struct kl_child_state *state)
{
    struct pollfd life = {.fd = state->life, .events = POLLIN};
    return poll(&life, 1, 0) > 0;
}

/* Take leave of a program whose guard has ended. */
static void finish(struct kl_child *child)
{
    struct kl_child_state *state = child->state;
    siginfo_t info;
    int raw = 0;
    /* Not yet reaped, the guard keeps the number of its group from being given to another. */
    while (waitid(P_PID, (id_t)state->guard, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    signal_group(state, SIGKILL);
    while (waitpid(state->guard, &raw, 0) < 0 && errno == EINTR) {
    }
    read_output(child, LAST_READS);
    close_fd(&state->out);
    close_fd(&state->err);
    close_fd(&state->life);
    child->status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    child->seconds = (double)(now_ms() - state->started_ms) / 1000;
    child->ended = true;
}

static bool is_running(const struct kl_child *child)
{
    return child->state && !child->ended;
}

/* Milliseconds from `now` until something is due, at most `end`; -1 for never. */
static int time_to_wait(struct kl_child *const *children, size_t count, int64_t now, int64_t end)
{
    for (size_t i = 0; i < count; i++) {
        if (is_running(children[i])) {
            const struct kl_child_state *state = children[i]->state;
            end = state->stop_ms < end ? state->stop_ms : end;
            end = state->kill_ms < end ? state->kill_ms : end;
        }
    }
    if (end == INT64_MAX) {
        return -1;
    }
    int64_t wait = end > now ? end - now : 0;
    return wait < 1000000 ? (int)wait : 1000000;
}

/* Sleep until one of the running children prints or ends, or the time has passed. */
static void sleep_until_event(struct kl_child *const *children, size_t count, int wait_ms)
{
    struct pollfd *fds = calloc(count * 3, sizeof *fds);
    nfds_t used = 0;
    for (size_t i = 0; fds && i < count; i++) {
        if (is_running(children[i])) {
            const struct kl_child_state *state = children[i]->state;
            fds[used++] = (struct pollfd){.fd = state->out, .events = POLLIN};
            fds[used++] = (struct pollfd){.fd = state->err, .events = POLLIN};
            fds[used++] = (struct pollfd){.fd = state->life, .events = POLLIN};
        }
    }
    if (fds) {
        poll(fds, used, wait_ms);
    } else {
        poll(NULL, 0, 10); /* without memory, look again and again */
    }
    free(fds);
}

/* Serve each running child once. How many of them ended, and *running: are there others? */
static size_t serve(struct kl_child *const *children, size_t count, int64_t now, bool *running)
{
    size_t ended = 0;
    *running = false;
    for (size_t i = 0; i < count; i++) {
        if (!is_running(children[i])) {
            continue;
        }
        read_output(children[i], LAST_READS);
        if (has_ended(children[i]->state)) {
            finish(children[i]);
            ended++;
        } else {
            enforce_limits(children[i], now);
            *running = true;
        }
    }
    return ended;
}

void kl_child_wait(struct kl_child *const *children, size_t count, int timeout_ms)
{
    int64_t now = now_ms();
    int64_t end = timeout_ms < 0 ? INT64_MAX : now + timeout_ms;
    for (;;) {
        bool running;
        size_t ended = serve(children, count, now, &running);
        if (ended > 0 || !running || now >= end) {
            return;
        }
        sleep_until_event(children, count, time_to_wait(children, count, now, end));
        now = now_ms();
    }
}

void kl_child_stop(struct kl_child *child)
{
    if (is_running(child)) {
        stop(child->state, now_ms());
    }
}

void kl_child_kill(struct kl_child *child)
{
    kl_child_stop(child);
    while (is_running(child)) {
        kl_child_wait(&child, 1, -1);
    }
}

void kl_child_free(struct kl_child *child)
{
    kl_child_kill(child);
    kl_buffer_free(&child->out);
    kl_buffer_free(&child->err);
    free(child->state);
    child->state = NULL;
}
