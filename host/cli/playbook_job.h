/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `kinglet playbook` share: finding, loading and judging a playbook. */
#ifndef KINGLET_CLI_PLAYBOOK_JOB_H
#define KINGLET_CLI_PLAYBOOK_JOB_H

#include "cli/commands.h"
#include "playbook/judge.h"

/* Options of every command that reads a playbook. */
struct kl_playbook_options {
    struct kl_common common;
    const char *today;
};

#define KL_PLAYBOOK_OPTIONS(o)                                                             \
    {                                                                                      \
        .name = "--today", .argument = "DATE",                                             \
        .help = "judge as of this day, e.g. 2027-01-31 (default: now)", .text = &(o).today \
    }

struct kl_playbook_job {
    struct kl_arena *arena;
    struct kl_date today;
    struct kl_playbook *playbook;
    struct kl_findings findings;
    struct kl_evidence evidence;
    struct kl_judgement judgement;
    struct kl_result result;
};

/* A job without a playbook yet; its result names the command. Close in any case. */
enum kl_err kl_playbook_job_open(struct kl_playbook_job *job,
                                 const struct kl_playbook_options *options, const char *command,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Load the playbook at `path`: a file, a folder, or NULL: playbook.yaml here or in the nearest
 * folder above. Its files become inputs of the result; findings are kept, not judged. */
enum kl_err kl_playbook_job_load(struct kl_playbook_job *job, const char *path,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Refuse a playbook with errors, naming the first one. */
enum kl_err kl_playbook_job_require_sound(const struct kl_playbook_job *job,
                                          struct kl_diag *diag) KL_MUST_CHECK;

/* Read the evidence and judge. */
enum kl_err kl_playbook_job_judge(struct kl_playbook_job *job, struct kl_diag *diag) KL_MUST_CHECK;

/* Free the job without an end for a user. */
void kl_playbook_job_free(struct kl_playbook_job *job);

/* As kl_finish; frees the job. */
int kl_playbook_job_close(struct kl_playbook_job *job, const struct kl_common *common,
                          enum kl_err err, bool failed, const struct kl_diag *diag);

/* Sub-commands of `kinglet playbook`, one cmd_playbook_*.c each. */
kl_command_fn kl_cmd_playbook_init, kl_cmd_playbook_check, kl_cmd_playbook_run,
    kl_cmd_playbook_status, kl_cmd_playbook_report, kl_cmd_playbook_diff, kl_cmd_playbook_assess,
    kl_cmd_playbook_log, kl_cmd_playbook_schema;

#endif
