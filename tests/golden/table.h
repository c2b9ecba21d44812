/* SPDX-License-Identifier: Apache-2.0 */
/* The table of trained models: a row for each model, a column for each place and check. */
#ifndef KINGLET_TESTS_TABLE_H
#define KINGLET_TESTS_TABLE_H

#include <stdio.h>

#include "place.h"

enum {
    MAX_MODELS = 64,
    PATH_BYTES = 1024,
    PLACE_COUNT = 10, /* the first columns: where a model runs */
    PUBLISHED_COLUMN = PLACE_COUNT,
    ARENA_COLUMN,
    COLUMN_COUNT
};

struct column {
    const char *title;
    place_fn *run;
    const char *board;
};

extern const struct column columns[COLUMN_COUNT];

struct table {
    const char *program;
    bool thorough;           /* all models on all boards */
    char folder[PATH_BYTES]; /* of the models */
    char work[PATH_BYTES];   /* for temporary files */
    int32_t model_count, skipped;
    const struct listed_model *models[MAX_MODELS]; /* present ones */
    int32_t refused_count;
    const struct refused_model *refused[MAX_MODELS];    /* present ones */
    struct verdict verdicts[MAX_MODELS * COLUMN_COUNT]; /* column by column */
    struct verdict refusals[MAX_MODELS];
    int32_t done;
};

/* Print the table with notes and counts; returns the number of failures. */
int32_t print_table(const struct table *table, FILE *out);

#endif
