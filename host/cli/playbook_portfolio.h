/* SPDX-License-Identifier: Apache-2.0 */
/* All playbooks of a folder side by side. */
#ifndef KINGLET_CLI_PLAYBOOK_PORTFOLIO_H
#define KINGLET_CLI_PLAYBOOK_PORTFOLIO_H

#include "cli/playbook_job.h"

/* Metrics gates.passed, gates.failed... of the judged playbook. */
void kl_playbook_note_totals(struct kl_playbook_job *job);

/*
 * Judge every playbook.yaml at most six folders below `folder` (hidden folders, build and evidence
 * left out), print or note a row for each, the share of products whose gates all hold, and the
 * lessons that their chapters "learning" state. *failed: a gate of one of them does not hold, or
 * one cannot be read.
 */
enum kl_err kl_playbook_portfolio(const char *folder, const struct kl_playbook_options *options,
                                  struct kl_playbook_job *job, bool *failed,
                                  struct kl_diag *diag) KL_MUST_CHECK;

#endif
