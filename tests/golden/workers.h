/* SPDX-License-Identifier: Apache-2.0 */
/* Runs tasks in child processes, a few at a time: a crash of one is a failure of one. */
#ifndef KINGLET_TESTS_WORKERS_H
#define KINGLET_TESTS_WORKERS_H

#include "place.h"

/* Do task number `task` and fill in the verdict; called in a child process. No other task has the
 * same `slot`, 0 .. parallel-1, at the same time. */
typedef void task_fn(void *context, int32_t task, int32_t slot, struct verdict *verdict);

/* Called in this process as each task ends, in any order. */
typedef void done_fn(void *context, int32_t task, const struct verdict *verdict);

/* Run tasks 0 .. count-1, `parallel` at a time (at most 8), each within `timeout_s` seconds. */
void run_tasks(int32_t count, int32_t parallel, unsigned timeout_s, task_fn *run, done_fn *done,
               void *context);

#endif
