/* SPDX-License-Identifier: Apache-2.0 */
/* A child process whose standard input and output are one socket to us. Linux. */
#ifndef KINGLET_EMULATE_PROCESS_H
#define KINGLET_EMULATE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/diag.h"

struct kl_process {
    pid_t pid;     /* 0 once it was waited for */
    int io_fd;     /* its standard input and output; non-blocking */
    int error_fd;  /* its standard error; what exceeds the pipe is dropped */
    int status;    /* of waitpid, once pid is 0 */
    bool was_told; /* kl_process_end found it running */
};

/*
 * Start argv[0] (found by PATH) with the NULL-terminated arguments. It inherits kept_fd unless
 * that is -1, and dies with this process. KL_ETOOL when there is no such program.
 */
enum kl_err kl_process_start(const char *const *argv, int kept_fd, struct kl_process *process,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Tell the process to end (SIGTERM), kill it when it does not within grace_ms, wait for it. */
void kl_process_end(struct kl_process *process, int grace_ms);

/* What an ended process still had to say, on the socket and on standard error, as one printable
 * line in `output`; the middle of a long text is left out. Nothing when bytes is 0, otherwise it
 * is at least 16. Then closes both. */
void kl_process_close(struct kl_process *process, char *output, size_t bytes);

#endif
