/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet data ...`: the table of its sub-commands. */
#include "cli/data_job.h"

static const struct kl_command subcommands[] = {
    {"data import", "PATH -o DATASET [options]",
     "Make a data set from recordings, tables or images.", kl_cmd_data_import},
};

int kl_cmd_data(int argc, char **argv, const struct kl_command *self)
{
    return kl_run_subcommand(argc, argv, self, subcommands,
                             sizeof subcommands / sizeof subcommands[0]);
}
