/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/HEAD: number and hash of the last record, on one line. */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_HEAD_H
#define KINGLET_PLAYBOOK_EVIDENCE_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "playbook/evidence.h"

struct kl_head {
    enum { KL_HEAD_NONE, KL_HEAD_SOUND, KL_HEAD_BROKEN } state; /* NONE: there is no such file */
    uint32_t number;
    char sha256[KL_SHA256_HEX_BYTES];
};

/* PLAYBOOK-FOLDER/evidence; NULL when memory ran out. */
const char *kl_evidence_folder(const struct kl_playbook *playbook, struct kl_arena *arena);

/* Read HEAD in an evidence folder. What is not such a line is BROKEN, no error. */
enum kl_err kl_head_read(const char *folder, struct kl_head *head,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* Write it, and wait until it is on the disk. */
enum kl_err kl_head_write(const char *folder, uint32_t number, const char *sha256,
                          struct kl_diag *diag) KL_MUST_CHECK;

bool kl_head_equal(const struct kl_head *a, const struct kl_head *b);

/* Write a file so that it is on the disk, whole, when this returns. */
enum kl_err kl_evidence_write(const char *path, const void *data, size_t bytes,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Has nobody added a record since the chain was read? */
enum kl_err kl_evidence_is_current(const struct kl_evidence *evidence, bool *current,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* 64 lower-case hexadecimal digits? */
bool kl_is_sha256(const char *text);

#endif
