/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/task.h"

#include <string.h>

const char *const kl_task_names[KL_JUDGED_TASKS] = {"", "classes", "values", "anomalies"};

enum kl_err kl_task_parse(const char *name, enum kl_judged_task *task, struct kl_diag *diag)
{
    *task = KL_JUDGE_BY_DATA;
    for (int i = KL_JUDGE_CLASSES; name && i < KL_JUDGED_TASKS; i++) {
        if (strcmp(name, kl_task_names[i]) == 0) {
            *task = (enum kl_judged_task)i;
            return KL_OK;
        }
    }
    return name ? kl_fail(diag, KL_EUSAGE, "--task is classes, values or anomalies, not '%.40s'",
                          name)
                : KL_OK;
}
