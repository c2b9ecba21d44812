/* SPDX-License-Identifier: Apache-2.0 */
/* Runs programs: to their end, or several side by side with a time limit. */
#ifndef KINGLET_BASE_COMMAND_H
#define KINGLET_BASE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/diag.h"

/*
 * Run argv[0] from PATH (without the variables of an outer make, messages in English) with the
 * NULL-terminated arguments, no shell, standard input empty; standard output and error together go
 * to `output` (the oldest text is kept when the maximum is reached). *status is the exit status,
 * 128+N for a signal. KL_ETOOL when the program cannot be started, KL_ELIMIT for more than 63
 * arguments.
 */
enum kl_err kl_command_run(const char *const *argv, struct kl_buffer *output, int *status,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Is the program in PATH? */
bool kl_command_exists(const char *program);

/* The word as one would type it in a shell: quoted when a shell would see more in it. In `arena`,
 * or the word itself. NULL: no memory. */
const char *kl_shell_word(struct kl_arena *arena, const char *word);

/*
 * A program that runs beside this one. It gets our environment without the variables of an outer
 * make and with LC_ALL=C.UTF-8, and no terminal. A guard process leads its group and ends it, when
 * its time is over, on demand, or when this program dies, however that happens: the group gets
 * SIGTERM, and two seconds later SIGKILL goes to all that the program started, also to what has
 * left the group.
 */
struct kl_child_options {
    const char *const *argv;        /* NULL-terminated; argv[0] by PATH, or relative to `folder` */
    const char *folder;             /* to run in; NULL: here */
    const char *const *environment; /* NAME=VALUE added or replaced, NULL-terminated; or NULL */
    int64_t timeout_ms;             /* 0: none */
    size_t output_limit;            /* kept of each stream; what follows is read and dropped */
    const int
        *hold; /* a descriptor, such as a lock, that the guard keeps open to its end; or NULL */
};

struct kl_child {
    struct kl_buffer out, err; /* what it printed; complete once ended */
    bool ended;
    bool timed_out;               /* it was killed at its time limit */
    bool out_cut;                 /* standard output exceeded the limit */
    int status;                   /* exit status, 128+N for a signal */
    double seconds;               /* wall clock */
    void *user;                   /* the caller's */
    struct kl_child_state *state; /* private */
};

/*
 * Start it in a session of its own, standard input empty, all our other files closed. Fills
 * the whole struct but `user`. KL_ETOOL when the program or the folder is not there or cannot be
 * used; the child then counts as not running. Free with kl_child_free.
 */
enum kl_err kl_child_start(struct kl_child *child, const struct kl_child_options *options,
                           struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Wait until at least one of the children that had not ended has ended, or `timeout_ms` (-1:
 * forever) has passed. Reads what they print and enforces their time limits. A child has ended when
 * its process has, and then whatever is left of its group is killed. Returns at once when none of
 * them is running.
 */
void kl_child_wait(struct kl_child *const *children, size_t count, int timeout_ms);

/* Begin to end it, as at its time limit; kl_child_wait sees the end. */
void kl_child_stop(struct kl_child *child);

/* The same, and wait for the end. */
void kl_child_kill(struct kl_child *child);

/* Free what it printed; kills it when it still runs. A zeroed child is fine. */
void kl_child_free(struct kl_child *child);

#endif
