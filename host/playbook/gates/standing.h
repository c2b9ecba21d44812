/* SPDX-License-Identifier: Apache-2.0 */
/* What judging and running share: the playbook, its evidence, and how its steps hang together. */
#ifndef KINGLET_PLAYBOOK_GATES_STANDING_H
#define KINGLET_PLAYBOOK_GATES_STANDING_H

#include "playbook/evidence/content.h"
#include "playbook/evidence/depends.h"
#include "playbook/judge.h"

struct kl_standing {
    const struct kl_playbook *playbook;
    const struct kl_evidence *evidence;
    struct kl_date today;
    struct kl_depends depends;
    struct kl_content *content;
};

/* Begin; memory of the playbook's arena. Close in any case. */
enum kl_err kl_standing_open(struct kl_standing *standing, const struct kl_playbook *playbook,
                             const struct kl_evidence *evidence, struct kl_date today,
                             struct kl_diag *diag) KL_MUST_CHECK;
void kl_standing_close(struct kl_standing *standing);

/* The state of step number `step`. `steps` are as in playbook->steps; those that it needs are
 * judged already. Fills steps[step]. */
enum kl_err kl_standing_judge(const struct kl_standing *standing, size_t step,
                              struct kl_step_status *steps, struct kl_diag *diag) KL_MUST_CHECK;

/* The states of all steps. */
enum kl_err kl_standing_judge_all(const struct kl_standing *standing, struct kl_step_status *steps,
                                  struct kl_diag *diag) KL_MUST_CHECK;

#endif
