/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program to its end and keeps what it printed. */
#ifndef KINGLET_FLOW_COMMAND_H
#define KINGLET_FLOW_COMMAND_H

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

#endif
