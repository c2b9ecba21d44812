/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `kinglet data` share. */
#ifndef KINGLET_CLI_DATA_JOB_H
#define KINGLET_CLI_DATA_JOB_H

#include "cli/commands.h"
#include "data/near.h"
#include "data/stats.h"

kl_command_fn kl_cmd_data_import, kl_cmd_data_stats, kl_cmd_data_split, kl_cmd_data_augment,
    kl_cmd_data_relabel, kl_cmd_data_card;

/* The work of a command on a data set, which it opens. */
typedef enum kl_err kl_data_work(void *options, struct kl_arena *arena, struct kl_dataset *dataset,
                                 struct kl_result *result, struct kl_diag *diag);

/* Run it with an arena and a result, print what came of it, and return the exit status. */
int kl_data_run(const struct kl_command *self, const struct kl_common *common, kl_data_work *work,
                void *options);

/* A positive number of an option; KL_EUSAGE when it is none. NULL leaves *value. */
enum kl_err kl_real_option(const char *option, const char *text, double *value,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* The data set as a detail of the result, and its counts and hashes: "items", "classes", ... */
void kl_describe_dataset(struct kl_result *result, const struct kl_dataset *dataset);

/* All of `kinglet data stats`: that, the data set as an input, and what was found in it. */
void kl_describe_stats(struct kl_result *result, const struct kl_dataset *dataset,
                       const struct kl_stats *stats);

/* A line that says what the data set is. */
void kl_print_dataset(const struct kl_dataset *dataset);

/* Pairs of items that are the same, or nearly, by their names. */
json_t *kl_pairs_json(const struct kl_dataset *dataset, const struct kl_near_pair *pairs,
                      int32_t count);

/* Progress of files or items, at most some times a second. */
void kl_data_progress(void *common, int32_t done, int32_t count);

#endif
