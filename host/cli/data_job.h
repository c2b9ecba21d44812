/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `kinglet data` share. */
#ifndef KINGLET_CLI_DATA_JOB_H
#define KINGLET_CLI_DATA_JOB_H

#include "cli/commands.h"
#include "data/dataset.h"

kl_command_fn kl_cmd_data_import;

/* A positive number of an option; KL_EUSAGE when it is none. NULL leaves *value. */
enum kl_err kl_real_option(const char *option, const char *text, double *value,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* The data set as a detail of the result, and its counts and hashes: "items", "classes", ... */
void kl_describe_dataset(struct kl_result *result, const struct kl_dataset *dataset);

/* A line that says what the data set is. */
void kl_print_dataset(const struct kl_dataset *dataset);

/* Progress of files or items, at most some times a second. */
void kl_data_progress(void *common, int32_t done, int32_t count);

#endif
