/* SPDX-License-Identifier: Apache-2.0 */
/* An assessment of a playbook in a folder, and a look at what it gave. */
#ifndef KINGLET_TESTS_PLAYBOOK_ASSESS_SUPPORT_H
#define KINGLET_TESTS_PLAYBOOK_ASSESS_SUPPORT_H

#include "playbook/assess.h"
#include "playbook_folder.h"

/* Starts as {0}; ends with assess_end. */
struct assess_fixture {
    struct playbook_folder *folder;
    struct kl_result result;
    struct kl_diag diag;
};

/* Technical requirements as YAML, and a board file whose facts nobody else changes. */
extern const char assess_requirements[], assess_board[];

/* Load the texts, one behind the other; the board is there as own.yaml. */
void assess_load(struct assess_fixture *f, void **state, const char *first, const char *second);

enum kl_err assess_try(struct assess_fixture *f, const char *name);
/* It must give a result, or fail with `part` in its message. */
void assess_run(struct assess_fixture *f, const char *name);
void assess_refused(struct assess_fixture *f, const char *name, const char *part);

const json_t *assess_value(const struct assess_fixture *f, const char *name);
/* "stated" and so on. */
const char *assess_provenance(const struct assess_fixture *f, const char *name);
void assert_metric(const struct assess_fixture *f, const char *name, double expected);

/* The row of a table whose first column has that text; the test fails when there is none. */
const json_t *assess_row(const struct assess_fixture *f, const char *table, const char *first);
/* The text in a column of a row; "" when it is none. */
const char *assess_cell(const json_t *entry, const char *column);

void assess_end(struct assess_fixture *f);

#endif
