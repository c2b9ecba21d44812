/* SPDX-License-Identifier: Apache-2.0 */
#include "data/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/read/csv_lines.h"

static enum kl_err set_number(double *to, const char *name, const char *value, double least,
                              struct kl_diag *diag)
{
    char *end;
    *to = strtod(value, &end);
    return end != value && !*end && *to >= least && isfinite(*to)
               ? KL_OK
               : kl_fail(diag, KL_EINPUT, "%s '%.60s' is not a number that can be", name, value);
}

static enum kl_err set_split(struct kl_said *said, const char *value, struct kl_diag *diag)
{
    static const char *const names[] = {"train", "training", "validation", "valid",
                                        "val",   "test",     "testing"};
    static const enum kl_data_split splits[] = {
        KL_SPLIT_TRAIN,      KL_SPLIT_TRAIN, KL_SPLIT_VALIDATION, KL_SPLIT_VALIDATION,
        KL_SPLIT_VALIDATION, KL_SPLIT_TEST,  KL_SPLIT_TEST};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(value, names[i]) == 0) {
            said->split = splits[i];
            return KL_OK;
        }
    }
    return kl_fail(diag, KL_EINPUT, "split '%.60s' is not train, validation or test", value);
}

static enum kl_err add_tag(struct kl_said *said, const char *name, const char *value,
                           struct kl_arena *arena, struct kl_diag *diag)
{
    const char *before = said->tags ? said->tags : "";
    if (strpbrk(name, ",=") || strpbrk(value, ",=")) {
        return kl_fail(diag, KL_EINPUT, "tag %.60s: '%.60s' has a comma or an equals sign", name,
                       value);
    }
    said->tags = kl_arena_printf(arena, "%s%s%s=%s", before, *before ? "," : "", name, value);
    if (!said->tags) {
        return KL_FAIL_MEMORY(diag);
    }
    return strlen(said->tags) < KL_DATA_TEXT
               ? KL_OK
               : kl_fail(diag, KL_ELIMIT, "the tags of an item are longer than 1 KiB");
}

enum kl_err kl_said_set(struct kl_said *said, const char *name, const char *value,
                        struct kl_arena *arena, struct kl_diag *diag)
{
    if (!kl_data_is_text(value) || !kl_data_is_text(name)) {
        return kl_fail(diag, KL_EINPUT, "not UTF-8 text shorter than 1 KiB");
    }
    if (strcmp(name, "target") == 0) {
        return set_number(&said->target, name, value, -HUGE_VAL, diag);
    }
    if (strcmp(name, "rate") == 0) {
        return set_number(&said->rate, name, value, 1e-6, diag);
    }
    if (strcmp(name, "start_s") == 0) {
        return set_number(&said->start, name, value, 0, diag);
    }
    if (strcmp(name, "end_s") == 0) {
        return set_number(&said->end, name, value, 0, diag);
    }
    if (strcmp(name, "split") == 0) {
        return set_split(said, value, diag);
    }
    const char **text = strcmp(name, "label") == 0   ? &said->label
                        : strcmp(name, "group") == 0 ? &said->group
                                                     : NULL;
    if (!text) {
        return add_tag(said, name, value, arena, diag);
    }
    *text = kl_arena_copy(arena, value, strlen(value) + 1);
    return *text ? KL_OK : KL_FAIL_MEMORY(diag);
}

static int compare(const void *a, const void *b)
{
    const struct kl_table_row *x = a;
    const struct kl_table_row *y = b;
    int order = strcmp(x->file, y->file);
    if (order == 0) {
        order = (x->said.start > y->said.start) - (x->said.start < y->said.start);
    }
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* The header as copies, since the next line takes the place of its fields. */
static enum kl_err read_header(struct csv_lines *lines, struct kl_arena *arena, const char ***names,
                               bool *ranges)
{
    bool more;
    bool file = false;
    bool start = false;
    bool end = false;
    KL_TRY(csv_next(lines, &more));
    *names = KL_NEW(arena, const char *, more ? (size_t)lines->count : 0);
    if (!*names) {
        return KL_FAIL_MEMORY(lines->diag);
    }
    for (int32_t c = 0; more && c < lines->count; c++) {
        const char *name = lines->fields[c];
        (*names)[c] = kl_arena_copy(arena, name, strlen(name) + 1);
        if (!(*names)[c]) {
            return KL_FAIL_MEMORY(lines->diag);
        }
        file = file || strcmp(name, "file") == 0;
        start = start || strcmp(name, "start_s") == 0;
        end = end || strcmp(name, "end_s") == 0;
    }
    *ranges = start && end;
    return file && start == end
               ? KL_OK
               : kl_fail(lines->diag, KL_EINPUT,
                         "line 1: the header needs a column \"file\", and for time ranges "
                         "\"start_s\" and \"end_s\"");
}

static enum kl_err read_row(struct csv_lines *lines, const char *const *names, int32_t columns,
                            struct kl_arena *arena, struct kl_table_row *row)
{
    if (lines->count != columns) {
        return kl_fail(lines->diag, KL_EINPUT, "line %ld: %d columns, the header has %d",
                       lines->line, lines->count, columns);
    }
    *row = (struct kl_table_row){.line = lines->line, .said.end = HUGE_VAL};
    row->said.target = (double)NAN;
    for (int32_t c = 0; c < columns; c++) {
        struct kl_diag part = {0};
        if (strcmp(names[c], "file") == 0) {
            row->file = lines->fields[c];
        } else if (*lines->fields[c] &&
                   kl_said_set(&row->said, names[c], lines->fields[c], arena, &part) != KL_OK) {
            return csv_fail(lines, c, part.message);
        }
    }
    return row->said.start < row->said.end
               ? KL_OK
               : kl_fail(lines->diag, KL_EINPUT, "line %ld: the range ends before it begins",
                         lines->line);
}

enum kl_err kl_table_parse(struct kl_bytes text, struct kl_arena *arena, struct kl_table *table,
                           struct kl_diag *diag)
{
    struct csv_lines lines;
    const char **names;
    size_t most = 1;
    bool more = true;
    for (size_t i = 0; i < text.size; i++) {
        most += text.data[i] == '\n';
    }
    KL_TRY(csv_open(&lines, text, 0, 0, arena, diag));
    KL_TRY(read_header(&lines, arena, &names, &table->ranges));
    int32_t columns = lines.count;
    table->count = 0;
    table->rows = KL_NEW(arena, struct kl_table_row, most);
    if (!table->rows || most > KL_DATA_ITEMS) {
        return kl_fail(diag, KL_ELIMIT, "more than %d rows", KL_DATA_ITEMS);
    }
    for (;;) {
        KL_TRY(csv_next(&lines, &more));
        if (!more) {
            break;
        }
        KL_TRY(read_row(&lines, names, columns, arena, &table->rows[table->count]));
        table->count++;
    }
    qsort(table->rows, (size_t)table->count, sizeof *table->rows, compare);
    return KL_OK;
}

enum kl_err kl_table_read(const char *path, struct kl_arena *arena, struct kl_table *table,
                          struct kl_diag *diag)
{
    struct kl_bytes text;
    struct kl_diag part = {0};
    KL_TRY(kl_file_read(path, KL_DATA_ROWS_BYTES, arena, &text, diag));
    enum kl_err err = kl_table_parse(text, arena, table, &part);
    return err ? kl_fail(diag, err, "%s: %s", path, part.message) : KL_OK;
}

static int32_t find_name(const struct kl_table *table, const char *name, int32_t *first)
{
    int32_t low = 0;
    int32_t high = table->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (strcmp(table->rows[middle].file, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *first = low;
    while (high < table->count && strcmp(table->rows[high].file, name) == 0) {
        high++;
    }
    return high - low;
}

int32_t kl_table_find(const struct kl_table *table, const char *file, int32_t *first)
{
    const char *slash = strrchr(file, '/');
    int32_t count = find_name(table, file, first);
    return count || !slash ? count : find_name(table, slash + 1, first);
}
