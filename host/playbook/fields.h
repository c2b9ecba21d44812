/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a playbook may say: one table of fields. The check, the published JSON Schema, the page
 * docs/spec/playbook-fields.md and the report are all made from it.
 */
#ifndef KINGLET_PLAYBOOK_FIELDS_H
#define KINGLET_PLAYBOOK_FIELDS_H

#include <jansson.h>

#include "base/buffer.h"
#include "playbook/playbook.h"

enum kl_field_kind {
    KL_FIELD_NAME,     /* letters, digits, "_", "-", "." */
    KL_FIELD_TEXT,     /* one line */
    KL_FIELD_PROSE,    /* Markdown */
    KL_FIELD_NUMBER,   /* plain number */
    KL_FIELD_SHARE,    /* 0 to 1, or "95 %" */
    KL_FIELD_QUANTITY, /* number with a unit of `dimension` */
    KL_FIELD_DATE,
    KL_FIELD_FLAG,
    KL_FIELD_CHOICE, /* one of `choices` */
    KL_FIELD_PATH,   /* below the playbook's folder */
    KL_FIELD_EXPRESSION,
    KL_FIELD_COMMAND, /* text (by the shell) or list of texts */
    KL_FIELD_RECORD,  /* map with `fields` */
    KL_FIELD_LIST,    /* of `item` */
    KL_FIELD_MAP,     /* from any name to `item` */
    KL_FIELD_RANGE,   /* list of two quantities of `dimension`, from low to high */
    KL_FIELD_ANY      /* free: shown as it is */
};

struct kl_field {
    const char *name;
    enum kl_field_kind kind;
    const char *label;                    /* for the report, e.g. "False alarms per hour" */
    const char *help;                     /* one sentence: what to write, and why */
    const struct kl_dimension *dimension; /* QUANTITY, RANGE */
    const char *choices;                  /* CHOICE: words separated by blanks */
    const struct kl_field *fields;        /* RECORD: ends with a NULL name */
    const struct kl_field *item;          /* LIST, MAP: kind and the rest of each value */
    bool required;                        /* an error when missing */
    bool expected;       /* "missing" in the check when not there (a chapter that was begun) */
    const char *example; /* QUANTITY, RANGE: "a time such as 5 a", where that of the dimension
                            would be odd; or NULL */
};

/* Fields of the whole file; its "chapters" is a record of the twelve. Ends with a NULL name. */
extern const struct kl_field kl_playbook_fields[];

/* Fields that every chapter has, too: steps, gates, documents, notes, status. */
extern const struct kl_field kl_chapter_common_fields[];

/* The twelve chapters in order: id, title, fields, and the question that each answers. */
struct kl_chapter_fields {
    const char *id, *title, *question;
    const struct kl_field *fields;
};
extern const struct kl_chapter_fields kl_chapters[];
extern const size_t kl_chapter_count;

/* Check a tree against fields: kinds, units, unknown keys (with the nearest known one), missing
 * ones. Findings name file and line. */
void kl_fields_check(const struct kl_yaml *node, const struct kl_field *fields, const char *what,
                     struct kl_arena *arena, struct kl_findings *findings);

/* The field at a path such as "requirements.latency", or NULL. */
const struct kl_field *kl_fields_find(const char *path);

/* The JSON Schema (draft 2020-12) of the file; a new reference. */
json_t *kl_fields_json_schema(void);

/* The page of all fields, as Markdown. */
void kl_fields_markdown(struct kl_buffer *page);

#endif
