/* SPDX-License-Identifier: Apache-2.0 */
/* Text with separated columns, line by line. */
#ifndef KINGLET_DATA_CSV_LINES_H
#define KINGLET_DATA_CSV_LINES_H

#include "data/dataset.h"

struct csv_lines {
    char *at; /* the rest of the text, which is cut in place */
    char separator;
    long line;     /* number of the line that was read last */
    char **fields; /* of that line: KL_DATA_CHANNELS places */
    int32_t count; /* how many it has */
    struct kl_diag *diag;
};

/* Begin with the first line behind `skip` ones. The text is copied. `separator` 0: the one of tab,
 * semicolon and comma that the first line has. */
enum kl_err csv_open(struct csv_lines *lines, struct kl_bytes text, int32_t skip, char separator,
                     struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

/* Read the next line that is not blank; *more is false when there is none. Fields are trimmed and
 * unquoted. */
enum kl_err csv_next(struct csv_lines *lines, bool *more) KL_MUST_CHECK;

/* The number that a field holds; false when it is none. NaN and infinity are numbers here. */
bool csv_number(const struct csv_lines *lines, const char *field, double *value);

/* Record "line N, column M: what" with KL_EINPUT. Columns count from 0. */
enum kl_err csv_fail(const struct csv_lines *lines, int32_t column, const char *what);

#endif
