/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fingerprint of a step: one hash over all that its result depends on. docs/spec/evidence.md
 * says what goes into it.
 */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_FINGERPRINT_H
#define KINGLET_PLAYBOOK_EVIDENCE_FINGERPRINT_H

#include <jansson.h>

#include "playbook/gates/standing.h"

/* What a step depends on, as it is now. */
struct kl_basis {
    /* Keys of a record: "tool", "kind", "definition", "inputs", "needs", "reads"; "command" or
     * "text", "by", "date" and "stated". Owned. */
    json_t *json;
    char sha256[KL_SHA256_HEX_BYTES]; /* the fingerprint; "" when it cannot be known */
    const char *problem; /* why not: "model.tflite is missing"; NULL when it is known */
};

/* Look at everything that a step depends on. What is missing or unreadable is a problem, no error.
 * Memory of the playbook's arena; kl_basis_free in any case. */
enum kl_err kl_basis_make(const struct kl_standing *standing, size_t step, struct kl_basis *basis,
                          struct kl_diag *diag) KL_MUST_CHECK;
void kl_basis_free(struct kl_basis *basis);

/* The hash of JSON: of its text without blanks, keys sorted. NULL is null. */
void kl_json_hash(const json_t *json, char hex[KL_SHA256_HEX_BYTES]);

/*
 * The outputs of a step as they are now, for a record: [{"path", "sha256"}], sorted by path: those
 * listed, and `more` (NULL-terminated or NULL). A new reference, or NULL with one message:
 * KL_EINPUT "output x is missing".
 */
json_t *kl_outputs_json(const struct kl_standing *standing, const struct kl_step *step,
                        const char *const *more, struct kl_diag *diag);

/*
 * Paths that the words of a step's kinglet command name and that are regular files now, but for
 * those that the step itself makes (listed outputs, and outputs of its newest record). Normal,
 * NULL-terminated; NULL when memory ran out.
 */
const char *const *kl_word_inputs(const struct kl_standing *standing, const struct kl_step *step);

/* Is the (normal) path one that the step lists as its output, or its metrics file? */
bool kl_step_makes(const struct kl_step *step, struct kl_arena *arena, const char *path);

/* Is `file`, as seen from the current folder, one of the playbook's own, of which the step's
 * `reads` say what matters? */
bool kl_step_reads_in_parts(const struct kl_playbook *playbook, const struct kl_step *step,
                            const char *file);

/* Does the record (or NULL) name this output? `path` is normal. */
bool kl_record_has_output(const struct kl_record *record, const char *path);

/* Why the newest record of a step does not belong to this basis: "model.tflite changed; the command
 * changed". Only for records of another fingerprint. NULL: memory ran out. */
const char *kl_basis_difference(const struct kl_standing *standing, const struct kl_basis *basis,
                                const struct kl_record *record);

#endif
