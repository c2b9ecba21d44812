/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A playbook's standing as data: `kinglet playbook status --json` prints it, `kinglet playbook
 * diff` compares two.
 */
#ifndef KINGLET_PLAYBOOK_SNAPSHOT_H
#define KINGLET_PLAYBOOK_SNAPSHOT_H

#include "base/buffer.h"
#include "playbook/judge.h"

/* {"product": ..., "requirements": {...}, "steps": [...], "gates": [...], "metrics":
 * {"profile.m4.ram.total": {"value", "unit", "provenance"}}, "totals": {...}}: a new reference. */
json_t *kl_snapshot(const struct kl_judgement *judgement);

/* What changed from `a` to `b`, as data: requirements, gates and metrics that appeared, went,
 * changed (with both values and the relative change, and whether that is for the better when
 * the metric's name tells: accuracy up; ram, flash, cycles, latency, energy down). */
enum kl_err kl_snapshot_diff(const json_t *a, const json_t *b, json_t **diff,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* The difference as text for a terminal, or as Markdown for a merge request's comment. */
void kl_snapshot_diff_text(const json_t *diff, bool markdown, struct kl_buffer *text);

#endif
