/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and diagnosis of one test. */
#ifndef KINGLET_TESTS_TEST_JOB_H
#define KINGLET_TESTS_TEST_JOB_H

#include "base/arena.h"
#include "base/diag.h"

/* Set-up and tear-down of a test: an arena of its own, and no message yet. */
extern struct kl_arena *arena;
extern struct kl_diag diag;
int open_job(void **state);
int close_job(void **state);

/* Fail with the message of `diag` unless it is KL_OK. */
void must_work(enum kl_err err);

#endif
