/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence: what each step gave, one immutable file per execution, chained by hashes.
 * docs/spec/evidence.md describes the bytes.
 *
 *     evidence/000017-profile.m4.json
 *     {"schema": "kinglet.evidence/1", "number": 17, "previous": "<sha256 of record 16>",
 *      "step": "profile.m4", "chapter": "optimisation", "kind": "run",
 *      "command": "kinglet profile ...", "fingerprint": "<sha256>",
 *      "started": "2026-11-23T10:00:00Z", "seconds": 1.9, "status": 0, "ok": true,
 *      "inputs": [{"path": ..., "sha256": ...}], "outputs": [...], "found": [...],
 *      "needs": [{"step": ..., "sha256": <of that step's result>}],
 *      "result": {<envelope>}, "log": "<last lines of what it printed>"}
 *
 * evidence/HEAD holds number and hash of the last record. A record that is not what its
 * successor (or HEAD) says, or a gap in the numbers, is named; nothing repairs it silently.
 */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_H
#define KINGLET_PLAYBOOK_EVIDENCE_H

#include <jansson.h>

#include "base/hash.h"
#include "playbook/playbook.h"

enum { KL_EVIDENCE_RECORD_BYTES = 8 * 1024 * 1024, KL_EVIDENCE_MAX_RECORDS = 100000 };

struct kl_record {
    uint32_t number;
    const char *path;                 /* of its file */
    char sha256[KL_SHA256_HEX_BYTES]; /* of its bytes */
    const char *step, *chapter, *fingerprint, *started;
    bool ok;        /* the step did its work, and its own check held */
    bool finished;  /* false: it failed to start, was killed, or gave no result */
    json_t *json;   /* the whole record; owned by the store */
    json_t *result; /* its envelope, borrowed; NULL when the step gave none */
    /* Why it cannot be trusted: the fault of this record, or of a later one, since each record is
     * vouched for by all behind it up to HEAD. NULL: it is sound. */
    const char *fault;
};

struct kl_evidence {
    const char *folder;        /* PLAYBOOK-FOLDER/evidence */
    struct kl_record *records; /* by number */
    size_t count;
    /* What is wrong with the chain: one sentence each, naming the record's file. */
    const char *const *faults;
    size_t fault_count;
    /* The fault that says that records are missing, or may be: then no step's newest record can be
     * told. NULL: all are there. */
    const char *gap;
    size_t bytes; /* of all records */
    struct kl_arena *arena;
};

/* Read and verify all records of a playbook. A missing folder is an empty chain. Faults are no
 * error of this function. Call kl_evidence_close in any case. */
enum kl_err kl_evidence_open(const struct kl_playbook *playbook, struct kl_arena *arena,
                             struct kl_evidence *evidence, struct kl_diag *diag) KL_MUST_CHECK;
void kl_evidence_close(struct kl_evidence *evidence);

/* The newest record of a step, or NULL. */
const struct kl_record *kl_evidence_latest(const struct kl_evidence *evidence, const char *step);

/* Records of one step from old to new: the next one after `after` (NULL: the first). */
const struct kl_record *kl_evidence_next(const struct kl_evidence *evidence, const char *step,
                                         const struct kl_record *after);

/* SHA-256 of a record's result and outputs: what steps that need it depend on. */
void kl_record_result_hash(const struct kl_record *record, char hex[KL_SHA256_HEX_BYTES]);

/*
 * Append a record: the given keys with "schema", "number" and "previous" before them. Writes the
 * file, then HEAD. KL_EINPUT when a key is missing. Takes no reference. The caller holds the lock
 * of kl_evidence_lock. Refused when the chain has faults.
 */
enum kl_err kl_evidence_append(struct kl_evidence *evidence, json_t *record,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* One writer at a time: lock evidence/.lock (created); *fd is closed to unlock. KL_EIO with a
 * remedy when another run, or a step that such a run left behind, holds it for four seconds. */
enum kl_err kl_evidence_lock(const struct kl_playbook *playbook, int *fd,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
