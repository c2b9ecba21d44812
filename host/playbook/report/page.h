/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as its parts are written: headings, tables, notes. Two writers turn them into HTML
 * and into Markdown, so that both reports say the same.
 */
#ifndef KINGLET_PLAYBOOK_REPORT_PAGE_H
#define KINGLET_PLAYBOOK_REPORT_PAGE_H

#include <jansson.h>

#include "base/buffer.h"
#include "playbook/judge.h"

enum page_cell_kind {
    PAGE_TEXT,
    PAGE_NUMBER,
    PAGE_STATE,
    PAGE_PROSE,
    PAGE_CODE,
    PAGE_STRIP,
    PAGE_LINES /* lines that end with a newline, each "label\ttext" or only text */
};

/* States of several gates as a row of small signs. */
struct page_strip {
    const char *const *states; /* names of states */
    const char *const *names;  /* of the gates */
    size_t count;
};

struct page_cell {
    enum page_cell_kind kind;
    const char *text;  /* STATE: the state's name */
    const char *below; /* NULL, or a remark under it */
    const char *code;  /* NULL, or a command under it */
    const char *link;  /* NULL, or the id in the page that it leads to */
    const char *id;    /* NULL, or what links to it lead to */
    struct page_strip strip;
    const double *trend; /* NULL, or values from old to new, drawn as a small line */
    size_t trend_count;
};

struct page_table {
    const char *caption; /* or NULL */
    const char *const *heads;
    size_t columns;
    const struct page_cell *cells; /* rows * columns */
    size_t rows;
};

struct page_tile {
    const char *figure, *label, *state; /* state: NULL or the name of one */
};

struct page;

/* What a writer can write. Text is plain unless it says Markdown. */
struct page_ops {
    void (*begin)(struct page *page, const char *title, const char *subtitle);
    void (*end)(struct page *page);
    /* A brief one needs no sheet of its own. */
    void (*chapter)(struct page *page, const char *id, const char *title, bool brief);
    void (*chapter_end)(struct page *page);
    void (*heading)(struct page *page, int level, const char *id, const char *text); /* 3 to 6 */
    void (*paragraph)(struct page *page, const char *kind, const char *text); /* "", "muted"... */
    void (*prose)(struct page *page, const char *markdown);
    void (*note)(struct page *page, const char *state, const char *heading,
                 const char *const *lines, size_t count);
    void (*table)(struct page *page, const struct page_table *table);
    void (*definitions)(struct page *page, const char *const *labels, const struct page_cell *cells,
                        size_t count);
    void (*tiles)(struct page *page, const struct page_tile *tiles, size_t count);
    void (*document)(struct page *page, const char *markdown);
    bool has_charts;
};

struct page {
    const struct page_ops *ops;
    struct kl_buffer *out;
    struct kl_arena *arena; /* of this report */
    const struct kl_judgement *judgement;
    bool failed; /* memory ran out */
};

extern const struct page_ops page_html, page_markdown;

/* The whole report through one writer. */
enum kl_err page_write_report(const struct kl_judgement *judgement, const struct page_ops *ops,
                              struct kl_buffer *out, struct kl_diag *diag) KL_MUST_CHECK;

/* Memory and text of this report. Never NULL: when memory runs out the report fails at its end,
 * and until then one spare block or "" is given. Blocks are zeroed and at most 1 MiB. */
void *page_alloc(struct page *page, size_t count, size_t size);
const char *page_text(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Where charts go; NULL for a writer without charts. */
struct kl_buffer *page_svg(struct page *page);

/* Is it a state that has a sign and a colour? Else it is shown as text. */
bool page_is_state(const char *name);

/* A list of cells that grows, for tables whose size is not known beforehand. */
struct page_cells {
    struct page_cell *items;
    size_t count, capacity;
};
void page_add(struct page *page, struct page_cells *cells, struct page_cell cell);
void page_add_text(struct page *page, struct page_cells *cells, const char *text);

/* A long name without blanks with its middle left out; any other text as it is. */
const char *page_short_name(struct page *page, const char *text);

/* Take the last of the columns away. */
void page_drop_last(struct page_cells *cells, size_t columns);

/* Write the cells as a table, if there are any. */
void page_put_table(struct page *page, const char *caption, const char *const *heads,
                    size_t columns, const struct page_cells *cells);

/* "use_case" as "Use case". */
const char *page_label(struct page *page, const char *key);

/* report_fields.c: a map of the playbook by its table of fields (NULL: none). Keys in `skip`
 * (separated by blanks) are left out. */
struct kl_field;
void page_fields(struct page *page, const struct kl_yaml *map, const struct kl_field *fields,
                 const char *skip, int level);

/* A map or a list of maps with its label as a heading of this level, or as the table's caption. */
void page_value(struct page *page, const char *label, const struct kl_yaml *node,
                const struct kl_field *field, int level);

/* report_figures.c: the metrics of a chapter's steps that its readers look for (those that gates
 * use, that steps are compared by, that people stated, or that changed), with their history. */
void page_figures(struct page *page, const struct kl_chapter *chapter);
/* The metrics that page_figures leaves out, of all chapters. */
void page_other_figures(struct page *page);
/* The metrics by which steps are compared, the most telling first: names, separated by blanks, of
 * which a step has one; NULL behind the last. */
const char *page_compared_names(size_t which);
const char *page_compared_label(size_t which);
/* The first metric with a number that a step has of those names; NULL when it has none. */
const json_t *page_first_metric(const struct page *page, const char *step, const char *names);
/* report_compare.c: the steps of a chapter beside each other. */
void page_comparison(struct page *page, const struct kl_chapter *chapter);
/* A metric's value as people write it; "" for null. */
const char *page_metric(struct page *page, const json_t *metric);
/* report_value.c: a number with a unit of metrics as people write it: "16.7 KiB", "1 234 567
 * cycles". NULL when memory ran out. `currency` may be NULL. */
const char *page_quantity(struct kl_arena *arena, const char *currency, double value,
                          const char *unit);
/* The same without a unit; "" when memory ran out. */
const char *page_number(struct page *page, double value);
/* The newest metric whose step has run; NULL when there is none. */
const json_t *page_find_metric(const struct page *page, const char *step, const char *metric);

/* report_details.c: tables and texts of a step's result beside its metrics. */
void page_details(struct page *page, const struct kl_step_status *step);
/* report_rows.c: a list of objects as a table; what is left out is in the record of this number.
 * A value below a key as a cell. */
void page_rows(struct page *page, const char *caption, const json_t *rows, unsigned record);
struct page_cell page_json_cell(struct page *page, const char *key, const json_t *value);
/* Is it a figure with its unit, as metrics are written? */
bool page_is_metric(const json_t *value);
/* A JSON value in one line. */
const char *page_json_text(struct page *page, const json_t *value);

/* report_charts.c: the chart that belongs to a table with such columns, when there is one. How
 * much of the table does it say? */
enum page_chart_says { PAGE_CHART_NONE, PAGE_CHART_MOST, PAGE_CHART_ALL };
enum page_chart_says page_detail_chart(struct page *page, const char *title, const json_t *detail);

/* report_plans.c: charts of what a chapter plans, after its fields. */
void page_plan_charts(struct page *page, const struct kl_chapter *chapter);

/* report_chapter.c: one chapter. */
void page_chapter(struct page *page, const struct kl_chapter *chapter);
/* States of the gates of a chapter (NULL: of all) as a strip, and in words. */
struct page_strip page_chapter_strip(struct page *page, const struct kl_chapter *chapter);
const char *page_strip_words(struct page *page, const struct page_strip *strip);

/* report_appendix.c: waivers, evidence, files, words. */
void page_appendix(struct page *page);

/* documents.c: the text of a document without its first line of bookkeeping; NULL when it was
 * not written yet or cannot be read. */
const char *page_document_text(struct page *page, const struct kl_document *document);

#endif
