/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet data ...`: the table of its sub-commands. */
#include "cli/data_job.h"

static const struct kl_command subcommands[] = {
    {"data import", "PATH -o DATASET [options]",
     "Make a data set from recordings, tables or images.", kl_cmd_data_import},
    {"data stats", "DATASET [options]",
     "Balance, coverage, duplicates, outliers, and faults of sensors.", kl_cmd_data_stats},
    {"data split", "DATASET [options]",
     "Split by group into train, validation and test, or into folds.", kl_cmd_data_split},
    {"data augment", "DATASET -o DATASET [options]",
     "Make further training items from those that were recorded.", kl_cmd_data_augment},
    {"data relabel", "DATASET --table F -o DATASET [options]",
     "Take over labels that a person has corrected.", kl_cmd_data_relabel},
    {"data card", "DATASET -o DIR [options]",
     "Write what the data set is, for people: Markdown and a page with charts.", kl_cmd_data_card},
};

int kl_cmd_data(int argc, char **argv, const struct kl_command *self)
{
    return kl_run_subcommand(argc, argv, self, subcommands,
                             sizeof subcommands / sizeof subcommands[0]);
}
