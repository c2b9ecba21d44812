/* SPDX-License-Identifier: Apache-2.0 */
#include "data/import.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/import_internal.h"
#include "data/pattern.h"
#include "data/resample.h"
#include "data/walk.h"
#include "data/writer.h"

enum { PATH_BYTES = 8192 };

/* Rates that differ by less count as the same: clocks of sensors are no better. */
static const double same_rate = 0.02;

#define FILE_MEMORY ((size_t)8 << 30)

struct job {
    const struct kl_import *import;
    struct kl_arena *arena;
    struct kl_import_report *report;
    struct kl_data_facts facts;
    const float *kernel; /* to resample by; NULL when no rate is asked for */
    bool begun;          /* the first file has said what all share */
};

static const char *base_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

/* What --source-rate says of this file; NaN when it is not a number. */
static double stated_rate(const struct kl_import *import, const char *name)
{
    double rate = 0;
    for (int32_t i = 0; i < import->source_rate_count; i++) {
        char glob[256];
        char *end;
        const char *text = import->source_rates[i];
        const char *equals = strrchr(text, '=');
        snprintf(glob, sizeof glob, "%.*s", equals ? (int)(equals - text) : 1, equals ? text : "*");
        double value = strtod(equals ? equals + 1 : text, &end);
        if (*end || !(value > 0) || !isfinite(value)) {
            return (double)NAN;
        }
        /* One for this very file goes before the one for all. */
        if (fnmatch(glob, base_name(name), 0) == 0 && (equals || rate == 0)) {
            rate = value;
        }
    }
    return rate;
}

/* What name and table say of the file itself; ranges are looked up later. */
static enum kl_err say_of_file(struct import_file *f)
{
    struct kl_pattern_match match;
    const struct kl_import *import = f->import;
    f->said = (struct kl_said){.target = (double)NAN, .end = HUGE_VAL};
    if (import->pattern && !kl_pattern_match(import->pattern, f->name, &match)) {
        return kl_fail(f->diag, KL_EINPUT, "its name does not match the pattern '%.60s'",
                       import->pattern);
    }
    for (int i = 0; import->pattern && i < match.count; i++) {
        if (match.fields[i].name[0]) {
            KL_TRY(kl_said_set(&f->said, match.fields[i].name, match.fields[i].text, f->scratch,
                               f->diag));
        }
    }
    return KL_OK;
}

/* The facts of a row of the table over those of the name. */
static struct kl_said merge(const struct kl_said *name, const struct kl_said *row)
{
    struct kl_said said = *row;
    said.label = row->label ? row->label : name->label;
    said.group = row->group ? row->group : name->group;
    said.tags = row->tags ? row->tags : name->tags;
    said.target = isnan(row->target) ? name->target : row->target;
    said.split = row->split ? row->split : name->split;
    return said;
}

static enum kl_err read_file(struct import_file *f, const char *folder, struct kl_recordings *r)
{
    char path[PATH_BYTES];
    bool packed;
    struct kl_bytes bytes;
    kl_reader *reader = kl_reader_of(f->name, f->import->read.raw != NULL, &packed);
    snprintf(path, sizeof path, "%s/%s", folder, f->name);
    KL_TRY(kl_file_read(path, KL_READ_BYTES, f->scratch, &bytes, f->diag));
    if (packed) {
        KL_TRY(kl_unpack_gzip(bytes, f->scratch, &bytes, f->diag));
    }
    *r = (struct kl_recordings){.count = 0};
    return reader(bytes, &f->import->read, f->scratch, r, f->diag);
}

static enum kl_err make_items(struct import_file *f, const struct kl_recordings *r)
{
    const struct kl_table *table = f->import->table;
    int32_t first = 0;
    int32_t rows = table ? kl_table_find(table, f->name, &first) : 0;
    if (table && rows == 0) {
        return kl_fail(f->diag, KL_EINPUT, "the table has no row for it");
    }
    if (rows > 1 && !table->ranges) {
        return kl_fail(f->diag, KL_EINPUT, "lines %ld and %ld of the table are both about it",
                       table->rows[first].line, table->rows[first + 1].line);
    }
    double stated = stated_rate(f->import, f->name);
    for (int32_t i = 0; i < (rows ? rows : 1); i++) {
        struct kl_said said = rows ? merge(&f->said, &table->rows[first + i].said) : f->said;
        f->rate = said.rate > 0 ? said.rate : stated > 0 ? stated : r->rate;
        for (int32_t k = 0; k < r->count; k++) {
            KL_TRY(import_recording(f, r, &r->items[k], &said));
        }
        if (rows) {
            table->rows[first + i].used = true;
        }
    }
    return f->count ? KL_OK : kl_fail(f->diag, KL_EINPUT, "no item is left of it");
}

/* Cut "a,b,c" into names. */
static enum kl_err cut_list(const char *list, struct kl_arena *arena, const char *const **names,
                            int32_t *count, struct kl_diag *diag)
{
    const char **all = KL_NEW(arena, const char *, strlen(list) / 2 + 1);
    *count = 0;
    while (all && *list) {
        size_t length = strcspn(list, ",");
        all[*count] = kl_arena_printf(arena, "%.*s", (int)length, list);
        if (!all[*count]) {
            return KL_FAIL_MEMORY(diag);
        }
        if (length == 0 || !kl_data_is_text(all[*count])) {
            return kl_fail(diag, KL_EUSAGE, "'%.60s': not names separated by commas", list);
        }
        (*count)++;
        list += length + (list[length] == ',');
    }
    *names = all;
    return all ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* Names of the channels: the user's, the file's, or numbers. */
static enum kl_err name_channels(struct job *job, const struct kl_recordings *r,
                                 struct kl_diag *diag)
{
    struct kl_data_facts *facts = &job->facts;
    const char **names = KL_NEW(job->arena, const char *, (size_t)r->channels);
    if (!names) {
        return KL_FAIL_MEMORY(diag);
    }
    if (job->import->channel_names) {
        int32_t count;
        KL_TRY(cut_list(job->import->channel_names, job->arena, &facts->channels, &count, diag));
        return count == r->channels
                   ? KL_OK
                   : kl_fail(diag, KL_EUSAGE, "--channel-names has %d names; there are %d channels",
                             count, r->channels);
    }
    for (int32_t c = 0; c < r->channels; c++) {
        bool named = r->names && r->names[c][0];
        names[c] = kl_arena_printf(job->arena, "%s%.0d", named ? r->names[c] : "channel ",
                                   named ? 0 : c + 1);
        if (!names[c]) {
            return KL_FAIL_MEMORY(diag);
        }
        if (!kl_data_is_text(names[c])) {
            return kl_fail(diag, KL_EINPUT, "the name of channel %d is no UTF-8 text", c + 1);
        }
    }
    facts->channels = names;
    return KL_OK;
}

/* What the first file says of all. */
static enum kl_err begin_facts(struct job *job, const struct import_file *f,
                               const struct kl_recordings *r, struct kl_diag *diag)
{
    struct kl_data_facts *facts = &job->facts;
    const char *unit = job->import->unit ? job->import->unit : r->unit ? r->unit : "";
    bool series = r->kind == KL_DATA_SERIES;
    facts->kind = r->kind;
    facts->channel_count = r->channels;
    facts->rate = !series ? 0 : job->import->rate > 0 ? job->import->rate : f->rate;
    facts->unit = kl_arena_copy(job->arena, unit, strlen(unit) + 1);
    KL_TRY(name_channels(job, r, diag));
    job->begun = true;
    return facts->unit ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* Does the file fit those before it? */
static enum kl_err check_facts(const struct job *job, const struct import_file *f,
                               const struct kl_recordings *r, struct kl_diag *diag)
{
    const struct kl_data_facts *facts = &job->facts;
    if (r->kind != facts->kind) {
        return kl_fail(diag, KL_EINPUT, "its kind is %s; the files before are of kind %s",
                       kl_data_kind_names[r->kind], kl_data_kind_names[facts->kind]);
    }
    if (r->channels != facts->channel_count) {
        return kl_fail(diag, KL_EINPUT,
                       "it has %d channels, the files before have %d; --channels and --downmix "
                       "choose",
                       r->channels, facts->channel_count);
    }
    if (facts->kind == KL_DATA_SERIES && job->import->rate <= 0 &&
        fabs(f->rate - facts->rate) > same_rate * facts->rate) {
        return kl_fail(diag, KL_EINPUT,
                       "its rate is %g Hz, that of the files before %g Hz; --rate resamples all to "
                       "one",
                       f->rate, facts->rate);
    }
    return KL_OK;
}

static enum kl_err prepare_file(struct job *job, struct import_file *f, const char *folder)
{
    struct kl_recordings r;
    KL_TRY(say_of_file(f));
    KL_TRY(read_file(f, folder, &r));
    KL_TRY(import_channels(f, &r));
    KL_TRY(make_items(f, &r));
    if (!job->begun) {
        KL_TRY(begin_facts(job, f, &r, f->diag));
    }
    return check_facts(job, f, &r, f->diag);
}

/* Keep one of the first messages; memory for it is not worth an error. */
static void note(struct job *job, struct kl_import_message *messages, int64_t *count,
                 const char *file, const char *message)
{
    if (*count < KL_IMPORT_MESSAGES) {
        const char *text = kl_arena_copy(job->arena, message, strlen(message) + 1);
        messages[*count] = (struct kl_import_message){file, text ? text : ""};
    }
    (*count)++;
}

static enum kl_err write_items(struct job *job, const struct import_file *f, struct kl_diag *diag)
{
    struct kl_import_report *report = job->report;
    for (int32_t i = 0; i < f->count; i++) {
        const struct prepared *p = &f->items[i];
        const char *constant = import_constant(&job->facts, p);
        if (constant) {
            const char *text = kl_arena_printf(
                f->scratch, "channel '%.60s' has the same value in all frames", constant);
            note(job, report->notices, &report->noticed, f->name, text ? text : "");
        }
        KL_TRY(kl_data_writer_append(report->writer, &job->facts, &p->item, p->label, p->samples,
                                     diag));
    }
    report->files++;
    report->resampled += f->resampled;
    return KL_OK;
}

/* Import a file, or note why it is skipped. What the user asked for wrongly ends the import. */
static enum kl_err take_file(struct job *job, struct import_file *f, const char *folder,
                             struct kl_diag *diag)
{
    struct kl_import_report *report = job->report;
    struct kl_diag part = {0};
    f->diag = &part;
    enum kl_err err = prepare_file(job, f, folder);
    if (!err) {
        return write_items(job, f, diag);
    }
    if (err == KL_EUSAGE) {
        return kl_fail(diag, err, "%s: %s", f->name, part.message);
    }
    note(job, report->skips, &report->skipped, f->name, part.message);
    if (report->skipped > job->import->max_skipped) {
        return kl_fail(diag, KL_EINPUT,
                       "%lld file%s could not be used; --max-skipped allows %lld. The last: %s: %s",
                       (long long)report->skipped, report->skipped == 1 ? "" : "s",
                       (long long)job->import->max_skipped, f->name, part.message);
    }
    return KL_OK;
}

static bool is_wanted(const struct kl_import *import, const char *name)
{
    bool packed;
    return kl_reader_of(name, import->read.raw != NULL, &packed) &&
           (!import->only || fnmatch(import->only, base_name(name), 0) == 0);
}

static enum kl_err take_files(struct job *job, const struct kl_files *files, struct kl_diag *diag)
{
    for (int32_t i = 0; i < files->count; i++) {
        if (!is_wanted(job->import, files->names[i])) {
            job->report->ignored++;
            continue;
        }
        struct import_file file = {
            .import = job->import, .name = files->names[i], .kernel = job->kernel};
        file.scratch = kl_arena_create(FILE_MEMORY);
        enum kl_err err =
            file.scratch ? take_file(job, &file, files->folder, diag) : KL_FAIL_MEMORY(diag);
        kl_arena_free(file.scratch);
        KL_TRY(err);
        if (job->import->progress) {
            job->import->progress(job->import->context, i + 1, files->count);
        }
    }
    return KL_OK;
}

/* Rows of the table whose file is not there. */
static void note_unused(struct job *job)
{
    const struct kl_table *table = job->import->table;
    for (int32_t i = 0; table && i < table->count; i++) {
        if (!table->rows[i].used) {
            note(job, job->report->notices, &job->report->noticed, table->rows[i].file,
                 "the table names it, but no such file was imported");
        }
    }
}

/* Classes of which there is nothing, or hardly anything. */
static void note_classes(struct job *job)
{
    const struct kl_dataset *d = &job->report->written;
    for (int32_t c = 0; c < d->facts.class_count; c++) {
        int32_t items = 0;
        for (int32_t i = 0; i < d->count; i++) {
            items += d->items[i].label == c;
        }
        if (items < 2) {
            note(job, job->report->notices, &job->report->noticed, d->facts.classes[c],
                 items ? "the class has a single item" : "the class has no items");
        }
    }
}

static enum kl_err check_request(const struct kl_import *import, struct kl_diag *diag)
{
    if (isnan(stated_rate(import, ""))) {
        return kl_fail(diag, KL_EUSAGE,
                       "--source-rate is a rate in Hz, or a name and a rate: normal*=48000");
    }
    return import->pattern ? kl_pattern_check(import->pattern, diag) : KL_OK;
}

static enum kl_err finish(struct job *job, struct kl_diag *diag)
{
    struct kl_import_report *report = job->report;
    if (report->files == 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: nothing to import: %d file%s of no format that is read%s%s",
                       job->import->path, report->ignored, report->ignored == 1 ? "" : "s",
                       report->skipped ? ", and others that could not be used; the first: " : "",
                       report->skipped ? report->skips[0].message : "");
    }
    if (report->skipped > report->files && !job->import->any_share) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: %lld of %lld files could not be used, the first: %s: %s; --max-skipped "
                       "%lld imports the rest",
                       job->import->path, (long long)report->skipped,
                       (long long)report->skipped + report->files, report->skips[0].file,
                       report->skips[0].message, (long long)report->skipped);
    }
    KL_TRY(kl_data_writer_finish(report->writer, &job->facts, &report->written, diag));
    note_unused(job);
    note_classes(job);
    return KL_OK;
}

enum kl_err kl_import_run(const struct kl_import *import, struct kl_arena *arena,
                          struct kl_import_report *report, struct kl_diag *diag)
{
    struct job job = {.import = import, .arena = arena, .report = report};
    struct kl_files files;
    memset(report, 0, sizeof *report);
    job.facts.source = import->source ? import->source : "";
    job.facts.licence = import->licence ? import->licence : "";
    job.facts.made_by = import->made_by;
    job.facts.rule.method = "";
    KL_TRY(check_request(import, diag));
    if (import->classes) {
        KL_TRY(cut_list(import->classes, arena, &job.facts.classes, &job.facts.class_count, diag));
    }
    if (import->rate > 0) {
        KL_TRY(kl_resample_kernel(arena, &job.kernel, diag));
    }
    KL_TRY(kl_files_below(import->path, arena, &files, diag));
    KL_TRY(kl_data_writer_create(import->output, import->replace, &report->writer, diag));
    KL_TRY(take_files(&job, &files, diag));
    return finish(&job, diag);
}

void kl_import_free(struct kl_import_report *report)
{
    kl_data_writer_free(report->writer);
    report->writer = NULL;
}
