/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assessments: figures that follow from the playbook itself. Each fills the envelope of
 * `kinglet playbook assess NAME`, and so becomes evidence like any command's result.
 */
#ifndef KINGLET_PLAYBOOK_ASSESS_H
#define KINGLET_PLAYBOOK_ASSESS_H

#include "base/envelope.h"
#include "playbook/evidence.h"

struct kl_assessment {
    const char *name;    /* "feasibility" */
    const char *summary; /* one line */
    const char *reads; /* paths in the playbook that it depends on, separated by blanks; "evidence"
                        * for results of other steps, see kl_step_reads_evidence */
    enum kl_err (*assess)(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                          struct kl_result *result, struct kl_diag *diag);
};

/* All, sorted by name. */
extern const struct kl_assessment kl_assessments[];
extern const size_t kl_assessment_count;

const struct kl_assessment *kl_assessment_find(const char *name);

#endif
