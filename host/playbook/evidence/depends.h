/* SPDX-License-Identifier: Apache-2.0 */
/* Which step needs which: by name, and because it reads what another one makes. */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_DEPENDS_H
#define KINGLET_PLAYBOOK_EVIDENCE_DEPENDS_H

#include "playbook/playbook.h"

/* Edges of all steps together. */
enum { KL_DEPENDS_MAX_EDGES = 1000000 };

struct kl_needs {
    const size_t *steps; /* numbers in playbook->steps, rising */
    size_t count;
};

struct kl_depends {
    const struct kl_needs *needs; /* as in playbook->steps */
    const bool *late;    /* as in playbook->steps: reads the evidence, or needs a step that does */
    const size_t *order; /* all steps, each behind those that it needs; cycles are left out */
    size_t ordered;      /* less than step_count when there is a cycle */
};

/*
 * Does the step read "evidence": the results of the steps of its chapter and of those before it,
 * but for those that are late? It runs when no other step of its chapter is left.
 */
bool kl_step_reads_evidence(const struct kl_step *step);

/*
 * Find the needs of all steps: those listed, those whose outputs are (or lie in, or hold) one of
 * its inputs, or a path in the words of its kinglet command. Names that are no step are left out;
 * the check of the file names them. Memory of the arena. KL_ELIMIT for too many edges.
 */
enum kl_err kl_depends_make(const struct kl_playbook *playbook, struct kl_arena *arena,
                            struct kl_depends *depends, struct kl_diag *diag) KL_MUST_CHECK;

#endif
