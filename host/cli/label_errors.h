/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet train --cross-validate N --label-errors F`. */
#ifndef KINGLET_CLI_LABEL_ERRORS_H
#define KINGLET_CLI_LABEL_ERRORS_H

#include "base/envelope.h"
#include "cli/options.h"
#include "flow/train_run.h"

struct kl_label_errors_job {
    const char *path;         /* of the table that is written */
    struct kl_result *result; /* gets metrics and the list */
    struct kl_buffer text;    /* what is printed behind the report; the caller frees it */
};

/* A kl_train_judge with the job as context: find doubted labels and write the table. */
enum kl_err kl_label_errors_write(void *context, const struct kl_train_answers *answers,
                                  struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

#endif
