/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the chain of records and judges whether it is whole. */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_CHAIN_H
#define KINGLET_PLAYBOOK_EVIDENCE_CHAIN_H

#include "playbook/evidence.h"

/* Faults that are named; the rest is counted. */
enum { KL_EVIDENCE_MAX_FAULTS = 100 };
/* Of all records together. */
#define KL_EVIDENCE_BYTES ((size_t)256 << 20)

/* How many records fit where `count` of them are kept: a power of two, at least 16. */
size_t kl_evidence_capacity(size_t count);

/* Fill records and faults of the store from its folder; the folder may be missing. */
enum kl_err kl_evidence_read(struct kl_evidence *evidence, struct kl_diag *diag) KL_MUST_CHECK;

#endif
