/* SPDX-License-Identifier: Apache-2.0 */
/* What the files with charts of a report share. Only for report_*.c. */
#ifndef KINGLET_PLAYBOOK_REPORT_CHARTS_H
#define KINGLET_PLAYBOOK_REPORT_CHARTS_H

#include "playbook/report/page.h"

/* Rows beyond these are in the table only. */
enum { CHART_ROWS = 60 };

size_t chart_rows(const json_t *rows);                      /* at most CHART_ROWS */
double chart_number(const json_t *row, const char *key);    /* NaN when it is none */
const char *chart_text(const json_t *row, const char *key); /* "" when it is none */

/* Has the first row all of these columns (NULL-terminated)? */
bool chart_has_columns(const json_t *rows, const char *const *columns);

/* report_select.c: the boards of a choice of hardware as matrix and charts; false when the rows are
 * something else. */
bool page_select(struct page *page, const json_t *boards);

/* Does the list of boards among these details say all that this detail says? */
bool page_select_has(const json_t *details, const char *name);

#endif
