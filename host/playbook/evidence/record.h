/* SPDX-License-Identifier: Apache-2.0 */
/* One record of evidence: its name, and whether it is whole. */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_RECORD_H
#define KINGLET_PLAYBOOK_EVIDENCE_RECORD_H

#include "playbook/evidence.h"

/*
 * Is this JSON a record with that number, of that step? NULL when it is; otherwise what is wrong
 * with it, as the end of a sentence that begins with its name. Afterwards all keys of
 * docs/spec/evidence.md have the types given there.
 */
const char *kl_record_check(const json_t *json, uint32_t number, const char *step);

/* The fields of a record that was checked, but path and sha256: they point into the JSON. */
void kl_record_fill(json_t *json, struct kl_record *record);

/* "000017-profile.m4.json": its number and step; false for any other name. The step lives in the
 * arena, and is NULL when memory ran out. */
bool kl_record_parse_name(const char *name, struct kl_arena *arena, uint32_t *number,
                          const char **step);

/* A name that a record's file may carry: 1 to 100 letters, digits, ".", "_", "-", and no "." first.
 */
bool kl_record_step_is_plain(const char *step);

#endif
