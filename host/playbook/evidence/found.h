/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a command read without being told in the playbook: its envelope names them. They
 * cannot be part of the fingerprint, which is known before the command runs; they are kept beside
 * it, and the step is out of date when one of them changes.
 */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_FOUND_H
#define KINGLET_PLAYBOOK_EVIDENCE_FOUND_H

#include "playbook/gates/standing.h"

enum { KL_FOUND_MAX = 10000 };

/*
 * The files below the folder that `result` names as inputs, for a record: [{"path", "sha256"}],
 * without those of `inputs`, those that the step makes, and the playbook's own files when `reads`
 * says what of them matters. What is gone is left out: the command made it for itself. *changed is
 * the first whose content is not what the command read, else NULL. A new reference; NULL: no
 * memory.
 */
json_t *kl_found_inputs(const struct kl_standing *standing, const struct kl_step *step,
                        const json_t *result, const json_t *inputs, const char **changed);

/* The first file that a record found and that changed since, or NULL. */
const char *kl_found_change(const struct kl_standing *standing, const struct kl_record *record);

#endif
