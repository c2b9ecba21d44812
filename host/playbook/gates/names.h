/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the names of an expression stand for. In this order: STEP.METRIC, with the longest name of
 * a step that fits ("profile.m4.ram.total" is metric ram.total of step profile.m4); STEP.ok, the
 * step's own check; a field of the playbook ("requirements.latency").
 */
#ifndef KINGLET_PLAYBOOK_GATES_NAMES_H
#define KINGLET_PLAYBOOK_GATES_NAMES_H

#include "playbook/expression.h"
#include "playbook/judge.h"

struct kl_names {
    const struct kl_playbook *playbook;
    const struct kl_evidence *evidence;
    const struct kl_step_status
        *steps; /* as in playbook->steps, or NULL: take the newest records */
    struct kl_arena *arena;
};

/* The scope that finds them; `names` must outlive it. */
struct kl_scope kl_names_scope(struct kl_names *names);

/* The step that a name is about, and the rest of the name behind it; NULL for none. The name of
 * a step alone has the metric "". */
const struct kl_step *kl_names_step(const struct kl_playbook *playbook, const char *name,
                                    const char **metric);

/* Why the newest evidence of a step cannot be trusted: one of its records was changed, or records
 * are missing, whose they may be. NULL: it can. */
const char *kl_names_fault(const struct kl_evidence *evidence, const char *step);

/* A metric of a record's result as an operand. Kind NONE when it is not there or null. KL_EINPUT
 * when it is neither number, text nor truth, or has an unknown unit. */
enum kl_err kl_record_metric(const struct kl_record *record, const char *metric,
                             struct kl_operand *value, struct kl_diag *diag) KL_MUST_CHECK;

#endif
