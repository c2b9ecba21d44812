/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of loading a playbook. Only for load*.c, and what they share. */
#ifndef KINGLET_PLAYBOOK_FILE_LOAD_H
#define KINGLET_PLAYBOOK_FILE_LOAD_H

#include "playbook/expression.h"
#include "playbook/playbook.h"

enum {
    KL_MAX_FINDINGS = 200,
    KL_MAX_CHAPTERS = 64,
    KL_MAX_STEPS = 1000,
    KL_MAX_GATES = 1000,
    KL_MAX_DOCUMENTS = 200,
    KL_MAX_LIST = 2000 /* entries of any other list */
};

/* One loading. Functions return errors only for what ends it (memory, limits, the main file);
 * everything else becomes a finding. */
struct kl_loader {
    struct kl_playbook *playbook;
    struct kl_findings *findings;
    struct kl_arena *arena;
    struct kl_date today;
    struct kl_diag *diag;
};

/* So many errors that nobody reads another one: checks may stop. */
bool kl_findings_full(const struct kl_findings *findings);

/* By file (in the order of the playbook's files) and line. */
void kl_findings_sort(struct kl_findings *findings, const struct kl_playbook *playbook);

#define kl_loader_error(loader, node, ...) \
    kl_findings_add((loader)->findings, (loader)->arena, KL_FINDING_ERROR, (node), __VA_ARGS__)
#define kl_loader_warn(loader, node, ...) \
    kl_findings_add((loader)->findings, (loader)->arena, KL_FINDING_WARNING, (node), __VA_ARGS__)
#define kl_loader_missing(loader, node, ...) \
    kl_findings_add((loader)->findings, (loader)->arena, KL_FINDING_MISSING, (node), __VA_ARGS__)

/* include.c: read the main file and all that it includes; sets root, files and file_count. */
enum kl_err kl_load_files(struct kl_loader *loader, const char *path) KL_MUST_CHECK;

/* merge.c: `main` with what only `other` has. Lists are joined; in what both state, `main` wins.
 * `path` is where they stand, "" for the whole file. NULL: memory ran out. */
const struct kl_yaml *kl_merge(struct kl_loader *loader, const struct kl_yaml *main,
                               const struct kl_yaml *other);

/* load_chapters.c: the chapters in their order. */
enum kl_err kl_load_chapters(struct kl_loader *loader) KL_MUST_CHECK;

/* load_steps.c, load_gates.c, load_documents.c: fill the lists of the playbook and chapters. */
enum kl_err kl_load_steps(struct kl_loader *loader) KL_MUST_CHECK;
enum kl_err kl_load_step(struct kl_loader *loader, const struct kl_chapter *chapter,
                         const struct kl_yaml *node, struct kl_step *step) KL_MUST_CHECK;
enum kl_err kl_load_gates(struct kl_loader *loader) KL_MUST_CHECK;
enum kl_err kl_load_documents(struct kl_loader *loader) KL_MUST_CHECK;

/* Parse an expression, and check its names and dimensions as far as they are known without
 * evidence. KL_EINPUT with a message for a finding; `diag` is not the loader's. */
enum kl_err kl_load_expression(struct kl_loader *loader, const char *text,
                               const struct kl_expression **expression,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* load_order.c: needs and outputs of the steps and documents fit together; there is no cycle. */
enum kl_err kl_load_order(struct kl_loader *loader) KL_MUST_CHECK;

/* contradictions.c: what cannot hold together. */
void kl_load_contradictions(struct kl_loader *loader);

/* The list of that name in a chapter, or NULL. */
const struct kl_yaml *kl_load_list(const struct kl_chapter *chapter, const char *name);

/* A list of texts as a NULL-terminated array; anything but a list gives an empty one. NULL when
 * memory ran out. */
const char *const *kl_load_texts(struct kl_loader *loader, const struct kl_yaml *list);

/* The name of the person that a text names by the id in "people", else the text itself. */
const char *kl_load_person(struct kl_loader *loader, const struct kl_yaml *node);

/* Check a path that something is written to: below the folder, and none of kinglet's own. NULL
 * when memory ran out or the path is refused; else the path without "." and doubled slashes. */
const char *kl_load_output(struct kl_loader *loader, const struct kl_yaml *node, const char *path);

/* "key:" with nothing behind it, which counts as not stated. */
bool kl_load_is_empty(const struct kl_yaml *node);

/* Is it there now? `path` is seen from the playbook's folder. */
bool kl_load_exists(const struct kl_loader *loader, const char *path);

#endif
