/* SPDX-License-Identifier: Apache-2.0 */
#include "data/relabel.h"

#include <stdlib.h>
#include <string.h>

#include "data/read/csv_lines.h"

struct row {
    const char *item;
    int32_t label; /* -1: left out */
    long line;
    bool used;
};

/* An item with a row, as the origin of others: copies have its id and the label that it had. */
struct origin {
    const char *id;
    int32_t label;
    struct row *row;
};

struct job {
    const struct kl_dataset *d;
    const char *table; /* its name */
    struct kl_arena *arena;
    struct kl_diag *diag;
    struct csv_lines lines;
    int32_t item_column, label_column, columns;
    struct row *rows;
    int32_t count, room;
    struct origin *origins;
    int32_t origin_count;
};

static enum kl_err fail(const struct job *job, long line, const char *what, const char *text)
{
    return kl_fail(job->diag, KL_EINPUT, "%s:%ld: %s '%.100s'", job->table, line, what, text);
}

static enum kl_err read_header(struct job *job)
{
    bool more;
    KL_TRY(csv_next(&job->lines, &more));
    job->item_column = job->label_column = -1;
    job->columns = more ? job->lines.count : 0;
    for (int32_t c = 0; c < job->columns; c++) {
        job->item_column = strcmp(job->lines.fields[c], "item") == 0 ? c : job->item_column;
        job->label_column = strcmp(job->lines.fields[c], "label") == 0 ? c : job->label_column;
    }
    return job->item_column >= 0 && job->label_column >= 0
               ? KL_OK
               : kl_fail(job->diag, KL_EINPUT,
                         "%s: the first line must name the columns `item` and `label`", job->table);
}

static enum kl_err grow(struct job *job)
{
    if (job->count < job->room) {
        return KL_OK;
    }
    int32_t room = job->room > 0 ? 2 * job->room : 256;
    struct row *rows = KL_NEW(job->arena, struct row, (size_t)room);
    if (!rows) {
        return KL_FAIL_MEMORY(job->diag);
    }
    if (job->count > 0) {
        memcpy(rows, job->rows, (size_t)job->count * sizeof rows[0]);
    }
    job->rows = rows;
    job->room = room;
    return KL_OK;
}

static enum kl_err read_row(struct job *job)
{
    const struct csv_lines *lines = &job->lines;
    if (lines->count != job->columns) {
        return fail(job, lines->line, "another number of columns than the first line, at",
                    lines->fields[0]);
    }
    const char *item = lines->fields[job->item_column], *label = lines->fields[job->label_column];
    int32_t c = label[0] ? kl_data_class(&job->d->facts, label) : -1;
    if (label[0] && c < 0) {
        return fail(job, lines->line, "the data set has no class", label);
    }
    KL_TRY(grow(job));
    struct row *row = &job->rows[job->count++];
    *row = (struct row){kl_arena_copy(job->arena, item, strlen(item) + 1), c, lines->line, false};
    return row->item ? KL_OK : KL_FAIL_MEMORY(job->diag);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->item, ((const struct row *)b)->item);
}

static enum kl_err read_rows(struct job *job, struct kl_bytes table)
{
    bool more = true;
    KL_TRY(csv_open(&job->lines, table, 0, 0, job->arena, job->diag));
    KL_TRY(read_header(job));
    for (;;) {
        KL_TRY(csv_next(&job->lines, &more));
        if (!more) {
            break;
        }
        KL_TRY(read_row(job));
    }
    if (job->count > 0) {
        qsort(job->rows, (size_t)job->count, sizeof job->rows[0], compare);
    }
    for (int32_t i = 1; i < job->count; i++) {
        const struct row *a = &job->rows[i - 1], *b = &job->rows[i];
        if (strcmp(a->item, b->item) == 0 && a->label != b->label) {
            return fail(job, b->line, "two labels for item", b->item);
        }
    }
    return KL_OK;
}

static enum kl_err append(const struct job *job, const struct kl_data_item *item, int32_t label,
                          struct kl_data_writer *writer)
{
    const struct kl_data_facts *facts = &job->d->facts;
    const char *name = label >= 0 ? facts->classes[label] : NULL;
    return kl_data_writer_append(writer, facts, item, name, job->d->samples + item->offset,
                                 job->diag);
}

static int compare_origins(const void *a, const void *b)
{
    const struct origin *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : (x->label > y->label) - (x->label < y->label);
}

static struct row *row_named(const struct job *job, const char *name)
{
    const struct row key = {.item = name};
    return job->count > 0 ? bsearch(&key, job->rows, (size_t)job->count, sizeof key, compare)
                          : NULL;
}

static enum kl_err find_origins(struct job *job)
{
    job->origins = KL_NEW(job->arena, struct origin, (size_t)job->d->count + 1);
    if (!job->origins) {
        return KL_FAIL_MEMORY(job->diag);
    }
    for (int32_t i = 0; i < job->d->count; i++) {
        const struct kl_data_item *item = &job->d->items[i];
        struct row *row = row_named(job, item->name);
        if (row) {
            job->origins[job->origin_count++] = (struct origin){item->id, item->label, row};
        }
    }
    if (job->origin_count > 0) {
        qsort(job->origins, (size_t)job->origin_count, sizeof job->origins[0], compare_origins);
    }
    return KL_OK;
}

/* The item's own row, or that of the item that it was made from. */
static struct row *row_of(const struct job *job, const struct kl_data_item *item)
{
    const struct origin key = {.id = item->origin, .label = item->label};
    struct row *row = row_named(job, item->name);
    if (row || !item->origin[0] || job->origin_count == 0) {
        return row;
    }
    const struct origin *found =
        bsearch(&key, job->origins, (size_t)job->origin_count, sizeof key, compare_origins);
    return found ? found->row : NULL;
}

enum kl_err kl_relabel(const struct kl_dataset *dataset, struct kl_bytes table, const char *origin,
                       struct kl_data_writer *writer, struct kl_arena *arena,
                       struct kl_relabel_report *report, struct kl_diag *diag)
{
    struct job job = {.d = dataset, .table = origin, .arena = arena, .diag = diag};
    KL_TRY(read_rows(&job, table));
    KL_TRY(find_origins(&job));
    *report = (struct kl_relabel_report){.rows = job.count};
    for (int32_t i = 0; i < dataset->count; i++) {
        const struct kl_data_item *item = &dataset->items[i];
        struct row *row = row_of(&job, item);
        if (!row) {
            KL_TRY(append(&job, item, item->label, writer));
            continue;
        }
        row->used = true;
        if (row->label < 0) {
            report->removed++;
            continue;
        }
        report->changed += row->label != item->label;
        KL_TRY(append(&job, item, row->label, writer));
    }
    for (int32_t i = 0; i < job.count; i++) {
        const struct row *row = &job.rows[i];
        bool same = i > 0 && strcmp(row->item, job.rows[i - 1].item) == 0;
        bool next = i + 1 < job.count && strcmp(row->item, job.rows[i + 1].item) == 0;
        if (!row->used && !same && !next) {
            return fail(&job, row->line, "the data set has no item", row->item);
        }
    }
    return KL_OK;
}
