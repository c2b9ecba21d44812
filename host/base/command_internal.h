/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of command.h share. */
#ifndef KINGLET_BASE_COMMAND_INTERNAL_H
#define KINGLET_BASE_COMMAND_INTERNAL_H

#include <signal.h>
#include <sys/types.h>

enum {
    KL_CHILD_GRACE_MS = 2000, /* a group has to end by itself after SIGTERM */
    KL_CHILD_TREE_MS = 1000,  /* a guard has to kill what did not */
    KL_CHILD_END = SIGUSR1    /* tells a guard to end the program; the kernel sends it, too, when
                                 the parent dies. Nothing else uses it. */
};

/*
 * The environment for a program: ours without the variables of an outer make, with `locale`
 * ("LC_ALL=..."), and with `extra` (NAME=VALUE, NULL-terminated, or NULL) added or put in the place
 * of what has the same name. The array is the caller's to free, the texts are not. NULL when memory
 * ran out.
 */
char **kl_command_environment(const char *locale, const char *const *extra);

/* Where the start of a program failed. */
enum kl_child_stage { KL_CHILD_FOLDER = 1, KL_CHILD_FORK, KL_CHILD_EXEC };

struct kl_child_failure {
    enum kl_child_stage stage;
    int error;
};

/* What a guard needs; made before the fork, since little may be called after it. */
struct kl_child_launch {
    char *const *argv;
    char *const *environment;
    const char *folder;
    pid_t parent;
    int null, out, err; /* to become the program's standard input, output and error */
    int failure;        /* gets a struct kl_child_failure; closed once the program runs */
    int life;           /* stays open as long as the guard lives */
    int hold;           /* so does this; -1: none */
};

/*
 * The rest of the life of a forked process, with all signals blocked: leads a new process group
 * without a terminal, runs the program in it, and ends with the program's status. When the parent
 * dies or sends KL_CHILD_END, it ends the program and all that it started. Calls only what is safe
 * after a fork.
 */
_Noreturn void kl_child_guard(const struct kl_child_launch *launch);

#endif
