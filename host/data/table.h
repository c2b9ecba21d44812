/* SPDX-License-Identifier: Apache-2.0 */
/* A table that says what files are: file, label, group, ... or time ranges in files. */
#ifndef KINGLET_DATA_TABLE_H
#define KINGLET_DATA_TABLE_H

#include "data/dataset.h"

/* What is said of a recording or of a range of it; texts may be NULL. */
struct kl_said {
    const char *label, *group;
    const char *tags;  /* "key=value,..." */
    double target;     /* or NaN */
    double rate;       /* of the file as it is, or 0 */
    double start, end; /* of a range in seconds; whole files: 0 and infinity */
    enum kl_data_split split;
};

struct kl_table_row {
    const char *file;
    struct kl_said said;
    long line;
    bool used;
};

struct kl_table {
    struct kl_table_row *rows; /* sorted by file, then by start */
    int32_t count;
    bool ranges; /* it has start_s and end_s */
};

/*
 * Read a table with a header, separated as kl_read_csv does. Columns: file (needed), label, group,
 * target, rate, split, start_s, end_s; every other is a tag of its name, where it is not empty. At
 * most KL_DATA_ITEMS rows. KL_EINPUT names line and column.
 */
enum kl_err kl_table_read(const char *path, struct kl_arena *arena, struct kl_table *table,
                          struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_table_parse(struct kl_bytes text, struct kl_arena *arena, struct kl_table *table,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* The rows of a file, by its path below the import's folder, else by its name alone: *first and how
 * many. */
int32_t kl_table_find(const struct kl_table *table, const char *file, int32_t *first);

/* Set one fact by the name that patterns and tables use for it. Other names become tags. KL_EINPUT
 * for a value that cannot be. */
enum kl_err kl_said_set(struct kl_said *said, const char *name, const char *value,
                        struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

#endif
