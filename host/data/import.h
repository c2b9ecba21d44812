/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a data set from files as they were recorded. */
#ifndef KINGLET_DATA_IMPORT_H
#define KINGLET_DATA_IMPORT_H

#include "data/recording.h"
#include "data/table.h"

enum { KL_IMPORT_LISTS = 16, KL_IMPORT_MESSAGES = 64 };

struct kl_import {
    const char *path;             /* a file, or the folder below which all files are read */
    const char *output;           /* the data set's folder */
    bool replace;                 /* what is there */
    struct kl_read_options read;  /* kind: KL_DATA_TABLE reads CSV and NPY row by row */
    const char *only;             /* file names to read, e.g. "*.wav"; NULL: all that can be */
    const char *pattern;          /* of kl_pattern_match; NULL: none */
    const struct kl_table *table; /* or NULL */
    const char *tags;             /* of all items: "key=value,..." or NULL */
    const char *classes; /* their names in order, "a,b,c", also of labels 0, 1, 2; or NULL */
    const char *source_rates[KL_IMPORT_LISTS]; /* "HZ", or "NAME*=HZ" for files of that name */
    int32_t source_rate_count;
    double rate;               /* to resample to, or 0 */
    bool downmix;              /* mean of all channels; of colours, their luminance */
    double segment;            /* seconds: cut series into items of this length; 0: do not */
    const char *channel_names; /* "x,y,z", instead of what the files say; or NULL */
    const char *unit;          /* or NULL */
    const char *source, *licence;
    int64_t max_skipped; /* files; with more the import stops */
    bool any_share;      /* of the files may be among them; else not more than are used */
    const char *made_by;
    void (*progress)(void *context, int32_t done, int32_t files); /* or NULL */
    void *context;
};

/* A file, and what is wrong with it or noticed about it. */
struct kl_import_message {
    const char *file, *message;
};

struct kl_import_report {
    int32_t files;     /* that were read */
    int32_t ignored;   /* of no format that is read, or not asked for */
    int64_t skipped;   /* that could not be read, or not be labelled */
    int64_t noticed;   /* warnings */
    int32_t resampled; /* items */
    struct kl_import_message skips[KL_IMPORT_MESSAGES]; /* the first of them */
    struct kl_import_message notices[KL_IMPORT_MESSAGES];
    struct kl_dataset written; /* as by kl_data_writer_finish; without samples */
    struct kl_data_writer *writer;
};

/*
 * Read the files and write the data set. A file that cannot be read or labelled is skipped as a
 * whole. What all files must share (kind, channels, rate) is taken from the first. Without a group
 * an item's is its file, or for tables its row. KL_EINPUT when nothing is left, or when too much is
 * skipped; the report then names what. Free with kl_import_free, also after a failure.
 */
enum kl_err kl_import_run(const struct kl_import *import, struct kl_arena *arena,
                          struct kl_import_report *report, struct kl_diag *diag) KL_MUST_CHECK;
void kl_import_free(struct kl_import_report *report);

#endif
