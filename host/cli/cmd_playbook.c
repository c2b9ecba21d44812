/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet playbook ...`: the table of its sub-commands. */
#include <stdio.h>

#include "cli/playbook_job.h"

static const struct kl_command subcommands[] = {
    {"playbook init", "[FOLDER] --template NAME [options]", "Write a new playbook from a template.",
     kl_cmd_playbook_init},
    {"playbook check", "[PLAYBOOK] [options]",
     "Does the file make sense, and what is missing in it?", kl_cmd_playbook_check},
    {"playbook run", "[CHAPTER...] [options]",
     "Execute what is out of date, keep evidence, stop at a failed gate.", kl_cmd_playbook_run},
    {"playbook status", "[PLAYBOOK] [options]", "Show where every gate stands.",
     kl_cmd_playbook_status},
    {"playbook report", "[PLAYBOOK] [options]", "Write the report for people: HTML, Markdown, PDF.",
     kl_cmd_playbook_report},
    {"playbook diff", "A B [options]", "What changed between two playbooks, or two states of one?",
     kl_cmd_playbook_diff},
    {"playbook assess", "[NAME] [PLAYBOOK] [options]",
     "Compute figures that follow from the playbook itself.", kl_cmd_playbook_assess},
    {"playbook log", "[PLAYBOOK] [options]", "List the evidence, and verify its chain.",
     kl_cmd_playbook_log},
    {"playbook schema", "[options]", "Print the JSON Schema of playbook files, for editors.",
     kl_cmd_playbook_schema},
};

int kl_cmd_playbook(int argc, char **argv, const struct kl_command *self)
{
    return kl_run_subcommand(argc, argv, self, subcommands,
                             sizeof subcommands / sizeof subcommands[0]);
}
