/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that a step's command names in its words. */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_WORDS_H
#define KINGLET_PLAYBOOK_EVIDENCE_WORDS_H

#include "playbook/playbook.h"

/*
 * The words of a `kinglet` command that may be paths below the folder, normal, each once, in their
 * order, NULL-terminated: what is no option, and what follows the "=" of one. Whether there is such
 * a file is not looked at. A command of another program, and one that computes an assessment, has
 * none: what it reads must be listed. Memory of the arena; NULL when it ran out.
 */
const char *const *kl_step_words(const struct kl_step *step, struct kl_arena *arena);

#endif
