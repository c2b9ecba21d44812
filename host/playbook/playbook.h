/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A playbook: one YAML file, with the files that it includes, as a tree that was checked against
 * the fields of fields.h. docs/spec/playbook.md describes the format.
 *
 *     playbook: 1
 *     product: {name: pump-guard, title: Bearing guard, version: 0.1.0, ...}
 *     include: [company/security.yaml]
 *     requirements: {latency: 20 ms, ram: 32 KiB, ...}
 *     chapters:
 *       optimisation:
 *         (fields of the chapter)
 *         steps:
 *           - {name: profile.m4, run: kinglet profile model.tflite --board mps2-an386 --json}
 *         gates:
 *           - {name: fits-ram, that: profile.m4.ram.total <= requirements.ram}
 *     waivers:
 *       - {gate: fits-ram, reason: ..., by: Jane Doe, until: 2027-01-31}
 */
#ifndef KINGLET_PLAYBOOK_PLAYBOOK_H
#define KINGLET_PLAYBOOK_PLAYBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/units.h"
#include "base/yaml.h"

enum { KL_PLAYBOOK_FILE_BYTES = 1024 * 1024, KL_PLAYBOOK_MAX_INCLUDES = 64 };

/* A calendar day. */
struct kl_date {
    int year, month, day;
};
/* "2026-11-23"; false for anything that is not a day of 1970 to 2199. */
bool kl_date_parse(const char *text, struct kl_date *date);
/* Letters, digits, "_", "-" and "."; names of products, steps, gates, chapters. */
bool kl_playbook_is_name(const char *text);
/* Days since 1970-01-01. */
int32_t kl_date_days(struct kl_date date);
/* Today in UTC. */
struct kl_date kl_date_today(void);

enum kl_step_kind {
    KL_STEP_RUN,      /* a command: of kinglet, or of the user's own */
    KL_STEP_ASSESS,   /* `kinglet playbook assess NAME`: computed from the playbook itself */
    KL_STEP_STATEMENT /* by a named person, with a date */
};

/* How to read a metric from what a command of the user's own printed. */
struct kl_step_metric {
    const char *name;    /* e.g. "accuracy.test" */
    const char *pattern; /* POSIX extended expression with one group, the number */
    const char *unit;    /* NULL: "1" */
    const char *provenance;
    const struct kl_yaml *node;
};

struct kl_step {
    const char *name; /* unique in the playbook; parts joined by dots */
    const char *chapter;
    const char *title; /* for people; the name when none is given */
    enum kl_step_kind kind;
    const struct kl_yaml *node;
    const char *const *argv;    /* run, assess: NULL-terminated. A text runs by /bin/sh -c */
    const char *command;        /* run, assess: as one line, for people and for the hash */
    const char *assess;         /* assess: the name of the assessment */
    const char *const *inputs;  /* paths below the folder, as written; folders hash all below */
    const char *const *outputs; /* paths that it makes */
    const char *const *reads;   /* paths in the playbook whose text is an input: "requirements" */
    const char *const *needs;   /* names of steps */
    const char *metrics_file;   /* envelope written by the command; NULL: standard output */
    const struct kl_step_metric *metrics;
    size_t metric_count;
    int64_t timeout_ms; /* always set; one hour unless the file says otherwise */
    /* Statement; `by` is "" while nobody has signed it with name and date. */
    const char *text, *by;
    struct kl_date date;
    int32_t valid_days;           /* 0: for ever */
    const struct kl_yaml *stated; /* its metrics: a map from name to value with unit, or NULL */
};

struct kl_waiver {
    const char *reason, *by;
    struct kl_date until; /* the last day on which it holds */
    const struct kl_yaml *node;
};

struct kl_gate {
    const char *name; /* unique in the playbook */
    const char *chapter;
    const char *that;   /* expression over evidence and fields, see expression.h */
    const char *why;    /* NULL or one sentence */
    const char *demand; /* least provenance of every metric in it, e.g. "measured"; NULL: any */
    const struct kl_yaml *node, *that_node;
    const struct kl_waiver *waiver; /* or NULL */
};

/* A page made from a template, e.g. an installation guide. */
struct kl_document {
    const char *name, *chapter, *title;
    const char *template_name; /* built-in name, or a path below the folder */
    const char *output;        /* path below the folder, documents/NAME.md by default */
    const struct kl_yaml *node;
};

struct kl_chapter {
    const char *id;             /* "use_case" */
    const char *title;          /* "Use case" */
    int32_t number;             /* from 1, in the order of the report */
    const struct kl_yaml *node; /* merged from all files; NULL when the playbook says nothing */
    const struct kl_step *const *steps;
    size_t step_count;
    const struct kl_gate *const *gates;
    size_t gate_count;
    const struct kl_document *const *documents;
    size_t document_count;
};

struct kl_playbook {
    const char *path;                              /* of the main file */
    const char *folder;                            /* that steps run in, "." for the current one */
    const struct kl_yaml *root;                    /* merged */
    const char *name, *title, *version, *currency; /* of the product */
    const char *const *files; /* all files that it consists of, the main one first */
    size_t file_count;
    struct kl_chapter *chapters; /* the twelve, and the user's own at their places */
    size_t chapter_count;
    const struct kl_step *steps; /* all, in order of the chapters */
    size_t step_count;
    const struct kl_gate *gates;
    size_t gate_count;
    struct kl_arena *arena;
};

/* One finding of a check. Errors forbid a run; the rest is advice. */
struct kl_finding {
    enum { KL_FINDING_ERROR, KL_FINDING_WARNING, KL_FINDING_MISSING } kind;
    const char *origin;
    uint32_t line;
    const char *text; /* what is wrong, and what to do */
};

struct kl_findings {
    struct kl_finding *items;
    size_t count;
    size_t errors;
};

/*
 * Load a playbook: `path` is the file, or a folder with playbook.yaml. Everything that is wrong
 * with it, as far as it can be told at once, goes to `findings` (at most 200), sorted by file and
 * line; what is missing in it, too. KL_OK with findings->errors > 0 when it can be shown but must
 * not be run. KL_EINPUT, KL_EIO, KL_ELIMIT when it cannot be read at all.
 * Strings and nodes live in the arena. `today` judges dates.
 */
enum kl_err kl_playbook_load(const char *path, struct kl_date today, struct kl_arena *arena,
                             struct kl_playbook **playbook, struct kl_findings *findings,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Add a finding; errors are counted. */
void kl_findings_add(struct kl_findings *findings, struct kl_arena *arena, int kind,
                     const struct kl_yaml *node, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

const struct kl_step *kl_playbook_step(const struct kl_playbook *playbook, const char *name);
const struct kl_chapter *kl_playbook_chapter(const struct kl_playbook *playbook, const char *id);
const struct kl_gate *kl_playbook_gate(const struct kl_playbook *playbook, const char *name);

/* The value of a field such as "requirements.latency", or "use_case.cost.unit_cost" (a chapter's
 * fields by its id; "chapters." may be left out). NULL when it is not there. */
const struct kl_yaml *kl_playbook_field(const struct kl_playbook *playbook, const char *path);

/* The same as a number; false when it is not there or not a number with a known unit. */
bool kl_playbook_value(const struct kl_playbook *playbook, const char *path,
                       struct kl_value *value);

/* `path` of the playbook's text, seen from the current folder. NULL when memory ran out. */
const char *kl_playbook_file(const struct kl_playbook *playbook, const char *path);

#endif
