/* SPDX-License-Identifier: Apache-2.0 */
/* Time series and tables in text with separated columns. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "data/read/csv_lines.h"
#include "data/read/times.h"
#include "data/recording.h"

enum role { IGNORED, NUMBER, TIME, LABEL, GROUP, TARGET, ROLES };

struct csv {
    struct csv_lines lines;
    const struct kl_read_options *options;
    struct kl_arena *arena;
    struct kl_diag *diag;
    int32_t columns;
    const char **names; /* or NULL */
    enum role *roles;
    int32_t place[ROLES]; /* column of a role, or -1 */
    int32_t channels;
    int64_t rows, capacity;
    float *values; /* [rows][channels] */
    double *times, *targets;
    const char **labels, **groups;
};

static void *csv_new(struct csv *csv, int64_t count, size_t size)
{
    return kl_arena_alloc(csv->arena, (size_t)count, size);
}

/* The first line: the header, when there is a word in it. */
static enum kl_err read_header(struct csv *csv, bool *is_header)
{
    double value;
    bool more;
    KL_TRY(csv_next(&csv->lines, &more));
    if (!more) {
        return kl_fail(csv->diag, KL_EINPUT, "it has no lines");
    }
    *is_header = false;
    csv->columns = csv->lines.count;
    csv->roles = csv_new(csv, csv->columns, sizeof *csv->roles);
    const char **names = csv_new(csv, csv->columns, sizeof *names);
    if (!csv->roles || !names) {
        return KL_FAIL_MEMORY(csv->diag);
    }
    for (int32_t c = 0; c < csv->columns; c++) {
        const char *field = csv->lines.fields[c];
        bool word = *field && !csv_number(&csv->lines, field, &value);
        *is_header = *is_header || word;
        names[c] = field;
        if (!kl_data_is_text(field)) {
            return csv_fail(&csv->lines, c, "the name is not UTF-8 text shorter than 1 KiB");
        }
    }
    csv->names = *is_header ? names : NULL;
    return KL_OK;
}

/* Column "last", of a name, or of a number from 1. */
static enum kl_err find_column(struct csv *csv, const char *name, const char *option,
                               int32_t *place)
{
    char *end;
    for (int32_t c = 0; csv->names && c < csv->columns; c++) {
        if (strcasecmp(csv->names[c], name) == 0) {
            *place = c;
            return KL_OK;
        }
    }
    long number = strcmp(name, "last") == 0 ? csv->columns : strtol(name, &end, 10);
    if (number < 1 || number > csv->columns || (strcmp(name, "last") != 0 && *end)) {
        return kl_fail(csv->diag, KL_EINPUT, "%s: there is no column '%.60s' among its %d", option,
                       name, csv->columns);
    }
    *place = (int32_t)number - 1;
    return KL_OK;
}

static enum kl_err set_role(struct csv *csv, const char *name, const char *option, enum role role)
{
    if (name) {
        KL_TRY(find_column(csv, name, option, &csv->place[role]));
        if (csv->roles[csv->place[role]] != NUMBER) {
            return kl_fail(csv->diag, KL_EUSAGE, "%s: column '%.60s' has another use already",
                           option, name);
        }
        csv->roles[csv->place[role]] = role;
    }
    return KL_OK;
}

/* Columns that are time stamps by their name. */
static bool is_time(const char *name)
{
    static const char *const names[] = {"time",         "timestamp",    "t",      "time_s",
                                        "time_ms",      "time_us",      "t_s",    "t_ms",
                                        "timestamp_ms", "timestamp_us", "seconds"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum kl_err set_time(struct csv *csv)
{
    const char *name = csv->options->time_column;
    for (int32_t c = 0; !name && csv->names && c < csv->columns; c++) {
        name = csv->roles[c] == NUMBER && is_time(csv->names[c]) ? csv->names[c] : NULL;
    }
    return csv->options->kind == KL_DATA_TABLE && !csv->options->time_column
               ? KL_OK
               : set_role(csv, name, "--time-column", TIME);
}

/* Keep only the columns that the user wants as channels. */
static enum kl_err choose(struct csv *csv)
{
    int32_t *chosen;
    int32_t count;
    if (!csv->options->channels) {
        return KL_OK;
    }
    KL_TRY(kl_choose_channels(csv->options->channels, csv->names, csv->columns, csv->arena, &chosen,
                              &count, csv->diag));
    for (int32_t c = 0; c < csv->columns; c++) {
        csv->roles[c] = csv->roles[c] == NUMBER ? IGNORED : csv->roles[c];
    }
    for (int32_t i = 0; i < count; i++) {
        if (csv->roles[chosen[i]] != IGNORED) {
            return kl_fail(csv->diag, KL_EUSAGE,
                           "--channels: column %d has another use already, or comes twice",
                           (int)chosen[i] + 1);
        }
        csv->roles[chosen[i]] = NUMBER;
    }
    return KL_OK;
}

static enum kl_err set_roles(struct csv *csv)
{
    const struct kl_read_options *o = csv->options;
    for (int32_t c = 0; c < csv->columns; c++) {
        csv->roles[c] = NUMBER;
    }
    for (int r = 0; r < ROLES; r++) {
        csv->place[r] = -1;
    }
    KL_TRY(set_role(csv, o->label_column, "--label-column", LABEL));
    KL_TRY(set_role(csv, o->group_column, "--group-column", GROUP));
    KL_TRY(set_role(csv, o->target_column, "--target-column", TARGET));
    KL_TRY(set_time(csv));
    KL_TRY(choose(csv));
    for (int32_t c = 0; c < csv->columns; c++) {
        csv->channels += csv->roles[c] == NUMBER;
    }
    return csv->channels ? KL_OK
                         : kl_fail(csv->diag, KL_EINPUT, "no column is left for the channels");
}

/* The most rows that the text can have: each takes a line, and a byte for every column. So memory
 * follows from the size of the file, not from what its first line promises. */
static int64_t count_rows(const char *text, int32_t columns)
{
    int64_t lines = 1, bytes = 0;
    for (; text[bytes]; bytes++) {
        lines += text[bytes] == '\n';
    }
    int64_t fitting = (bytes + 1) / columns + 1;
    return lines < fitting ? lines : fitting;
}

static enum kl_err reserve(struct csv *csv, int64_t rows)
{
    csv->capacity = rows;
    if (rows > KL_DATA_ITEM_VALUES / csv->channels) {
        return kl_fail(csv->diag, KL_ELIMIT, "more than 2^28 values");
    }
    csv->values = csv_new(csv, rows * csv->channels, sizeof *csv->values);
    csv->times = csv_new(csv, rows, sizeof *csv->times);
    csv->targets = csv_new(csv, rows, sizeof *csv->targets);
    csv->labels = csv_new(csv, rows, sizeof *csv->labels);
    csv->groups = csv_new(csv, rows, sizeof *csv->groups);
    return csv->values && csv->times && csv->targets && csv->labels && csv->groups
               ? KL_OK
               : KL_FAIL_MEMORY(csv->diag);
}

static enum kl_err read_number(struct csv *csv, int32_t column, double *value)
{
    const char *field = csv->lines.fields[column];
    if (!csv_number(&csv->lines, field, value)) {
        return csv_fail(&csv->lines, column,
                        *field ? "not a number; --channels chooses columns" : "the field is empty");
    }
    /* What is too large for float32 would become infinite. */
    return fabs(*value) <= 3e38 ? KL_OK
                                : csv_fail(&csv->lines, column, "not a finite number (NaN?)");
}

static enum kl_err read_text(struct csv *csv, int32_t column, const char **text)
{
    *text = csv->lines.fields[column];
    return **text && kl_data_is_text(*text)
               ? KL_OK
               : csv_fail(&csv->lines, column, "the name is empty, or is not UTF-8 text");
}

static enum kl_err read_row(struct csv *csv)
{
    int64_t row = csv->rows;
    float *to = csv->values + row * csv->channels;
    double value;
    if (csv->lines.count != csv->columns) {
        return kl_fail(csv->diag, KL_EINPUT, "line %ld: %d columns, not %d as before",
                       csv->lines.line, csv->lines.count, csv->columns);
    }
    assert(row < csv->capacity);
    csv->targets[row] = (double)NAN;
    for (int32_t c = 0; c < csv->columns; c++) {
        switch (csv->roles[c]) {
        case NUMBER:
            KL_TRY(read_number(csv, c, &value));
            *to++ = (float)value;
            break;
        case TIME: KL_TRY(read_number(csv, c, &csv->times[row])); break;
        case TARGET: KL_TRY(read_number(csv, c, &csv->targets[row])); break;
        case LABEL: KL_TRY(read_text(csv, c, &csv->labels[row])); break;
        case GROUP: KL_TRY(read_text(csv, c, &csv->groups[row])); break;
        default: break;
        }
    }
    csv->rows++;
    return KL_OK;
}

static enum kl_err read_rows(struct csv *csv, bool is_header)
{
    bool more = true;
    KL_TRY(reserve(csv, count_rows(csv->lines.at, csv->columns) + !is_header));
    if (!is_header) {
        KL_TRY(read_row(csv));
    }
    for (;;) {
        KL_TRY(csv_next(&csv->lines, &more));
        if (!more) {
            break;
        }
        KL_TRY(read_row(csv));
    }
    return csv->rows ? KL_OK : kl_fail(csv->diag, KL_EINPUT, "it has a header and no rows");
}

/* Names of the columns that are channels. */
static enum kl_err name_channels(struct csv *csv, struct kl_recordings *r)
{
    const char **names = csv_new(csv, csv->channels, sizeof *names);
    int32_t count = 0;
    if (!names) {
        return KL_FAIL_MEMORY(csv->diag);
    }
    for (int32_t c = 0; csv->names && c < csv->columns; c++) {
        if (csv->roles[c] == NUMBER) {
            names[count++] = csv->names[c];
        }
    }
    r->names = csv->names ? names : NULL;
    r->channels = csv->channels;
    return KL_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The row behind the run of rows that belongs to one recording. */
static int64_t end_of_run(const struct csv *csv, int64_t row)
{
    int64_t end = row + 1;
    if (csv->options->kind == KL_DATA_TABLE) {
        return end;
    }
    while (end < csv->rows && same_text(csv->labels[row], csv->labels[end]) &&
           same_text(csv->groups[row], csv->groups[end])) {
        end++;
    }
    return end;
}

static enum kl_err add_runs(struct csv *csv, struct kl_recordings *r)
{
    bool many = csv->options->kind == KL_DATA_TABLE || csv->place[LABEL] >= 0;
    r->items =
        csv_new(csv, many ? csv->rows : 1 + csv->rows * (csv->place[GROUP] >= 0), sizeof *r->items);
    for (int64_t row = 0; r->items && row < csv->rows;) {
        int64_t end = end_of_run(csv, row);
        struct kl_recording *one = &r->items[r->count++];
        *one = (struct kl_recording){.suffix = "",
                                     .label = csv->labels[row],
                                     .group = csv->groups[row],
                                     .target = csv->targets[row],
                                     .frames = (int32_t)(end - row),
                                     .width = 1,
                                     .values = csv->values + row * csv->channels};
        if (many || end < csv->rows || row > 0) {
            one->suffix = kl_arena_printf(csv->arena, "#%d", r->count);
        }
        if (!one->suffix) {
            return KL_FAIL_MEMORY(csv->diag);
        }
        row = end;
    }
    return r->items ? KL_OK : KL_FAIL_MEMORY(csv->diag);
}

/* Seconds of a step of the time column. */
static double time_unit(const struct csv *csv)
{
    const char *unit = csv->options->time_unit;
    const char *name = csv->names ? csv->names[csv->place[TIME]] : "";
    size_t length = strlen(name);
    if (!unit) {
        bool ms = strcasecmp(name, "timestamp") == 0 ||
                  (length > 3 && strcasecmp(name + length - 3, "_ms") == 0);
        unit = ms ? "ms" : length > 3 && strcasecmp(name + length - 3, "_us") == 0 ? "us" : "s";
    }
    return strcmp(unit, "ms") == 0 ? 1e-3 : strcmp(unit, "us") == 0 ? 1e-6 : 1;
}

static enum kl_err read_times(struct csv *csv, struct kl_recordings *r)
{
    struct times times;
    if (csv->place[TIME] < 0 || csv->options->kind == KL_DATA_TABLE) {
        return KL_OK;
    }
    for (int32_t i = 0; i < r->count; i++) {
        int64_t first = (r->items[i].values - csv->values) / csv->channels;
        KL_TRY(times_read(csv->times + first, r->items[i].frames, time_unit(csv), csv->arena,
                          &times, csv->diag));
        r->items[i].jitter = times.jitter;
        r->items[i].lost = times.lost;
        r->rate = i == 0 ? times.rate : r->rate;
    }
    return KL_OK;
}

enum kl_err kl_read_csv(struct kl_bytes file, const struct kl_read_options *options,
                        struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    struct csv csv = {.options = options, .arena = arena, .diag = diag};
    bool is_header = false;
    KL_TRY(csv_open(&csv.lines, file, options->skip_lines, options->separator, arena, diag));
    KL_TRY(read_header(&csv, &is_header));
    KL_TRY(set_roles(&csv));
    KL_TRY(read_rows(&csv, is_header));
    KL_TRY(name_channels(&csv, r));
    r->kind = options->kind == KL_DATA_TABLE ? KL_DATA_TABLE : KL_DATA_SERIES;
    if (r->kind == KL_DATA_TABLE && csv.rows > KL_DATA_ITEMS) {
        return kl_fail(diag, KL_ELIMIT, "more than %d rows", KL_DATA_ITEMS);
    }
    KL_TRY(add_runs(&csv, r));
    return read_times(&csv, r);
}
