/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON envelope of every command's result: what --json prints, and what the playbook
 * keeps as evidence. docs/guide/json.md describes it for users.
 *
 *     {"schema": "kinglet.result/1", "tool": {...}, "command": "profile", "ok": true,
 *      "inputs": [{"path": ..., "sha256": ...}],
 *      "metrics": {"ram.arena": {"value": 16000, "unit": "bytes", "provenance": "counted"}},
 *      ... tables of the command ...}
 */
#ifndef KINGLET_BASE_ENVELOPE_H
#define KINGLET_BASE_ENVELOPE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"

/* Where a figure comes from. */
enum kl_provenance {
    KL_MEASURED, /* on hardware, or of this program's own process */
    KL_COUNTED,  /* exact, in emulation or from files */
    KL_MODELLED, /* computed from documented timings */
    KL_DATASHEET,
    KL_ESTIMATED, /* computed from published ratios or typical values */
    KL_STATED     /* what a person says */
};

/* The provenance that a word names, e.g. "modelled"; an unknown word is an estimate. */
enum kl_provenance kl_provenance_named(const char *word);

/* A result under construction. Calls after a failed allocation do nothing; the final text
 * is then incomplete, which kl_result_text reports. */
struct kl_result {
    json_t *root; /* borrowed by nobody; freed by kl_result_free */
};

void kl_result_init(struct kl_result *result, const char *command);
void kl_result_free(struct kl_result *result);

/* An input file and its hash, in the order given. */
void kl_result_input(struct kl_result *result, const char *path, const char *sha256);

/* A data set, which is a folder, and the hash of its version or content: not that of its bytes. */
void kl_result_data(struct kl_result *result, const char *path, const char *sha256);

/* A metric. Names are lower case, parts separated by dots; units: "bytes", "instructions",
 * "cycles", "ms", "1". kl_result_metric takes ownership of `value`. */
void kl_result_metric(struct kl_result *result, const char *name, json_t *value, const char *unit,
                      enum kl_provenance provenance);
void kl_result_count(struct kl_result *result, const char *name, long long value, const char *unit,
                     enum kl_provenance provenance);

/* A number for the envelope: null for infinity and NaN, which JSON does not have. */
json_t *kl_json_number(double value);

/* A table or other detail beside the metrics; takes ownership of `value`. */
void kl_result_detail(struct kl_result *result, const char *name, json_t *value);

/* Did the command's check hold? True unless set. */
void kl_result_ok(struct kl_result *result, bool ok);

/* The finished JSON text with a newline; false when memory ran out. */
bool kl_result_text(const struct kl_result *result, struct kl_buffer *text);

#endif
