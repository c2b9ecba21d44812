/* SPDX-License-Identifier: Apache-2.0 */
/* As what a model is judged. Training knows the same tasks by their losses (learn/train.h). */
#ifndef KINGLET_FLOW_TASK_H
#define KINGLET_FLOW_TASK_H

#include "base/diag.h"

enum kl_judged_task {
    KL_JUDGE_BY_DATA,   /* as the data set says: classes if it has two or more, else values */
    KL_JUDGE_CLASSES,   /* an output for each class */
    KL_JUDGE_VALUES,    /* outputs like the targets */
    KL_JUDGE_ANOMALIES, /* how unusual an input is */
    KL_JUDGED_TASKS
};

extern const char *const kl_task_names[KL_JUDGED_TASKS]; /* "", "classes", "values", "anomalies" */

/* The task of that name, as it was typed behind --task; NULL: KL_JUDGE_BY_DATA. */
enum kl_err kl_task_parse(const char *name, enum kl_judged_task *task,
                          struct kl_diag *diag) KL_MUST_CHECK;

#endif
