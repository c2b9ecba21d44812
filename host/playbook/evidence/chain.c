/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/chain.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "playbook/evidence/head.h"
#include "playbook/evidence/record.h"

#define REMEDY \
    "restore it from version control, or move the folder away and execute all steps again"

/* A file of the folder that is named like a record. */
struct entry {
    uint32_t number;
    const char *name, *path, *step;
    char sha256[KL_SHA256_HEX_BYTES]; /* "" when it could not be read */
    json_t *json;                     /* NULL when it is no record */
    bool breaks;                      /* nothing vouches for it and those before it */
    const char *fault;                /* of this very record */
};

struct reader {
    struct kl_evidence *evidence;
    struct kl_arena *arena;
    struct kl_diag *diag;
    struct entry *entries;
    size_t count, capacity;
    const char **foreign;
    size_t foreign_count, foreign_capacity;
    struct kl_head head;
    size_t bytes;
    const char **faults;
    size_t fault_count; /* also of those that are not kept */
    bool failed;        /* memory ran out */
};

static void add_fault(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_fault(struct reader *r, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (r->fault_count++ < KL_EVIDENCE_MAX_FAULTS) {
        const char *copy = kl_arena_printf(r->arena, "%s", text);
        r->faults[r->fault_count - 1] = copy;
        r->failed |= !copy;
    }
}

/* The fault added last; of those that are not kept, a sentence for all. */
static const char *last_fault(const struct reader *r)
{
    const char *text =
        r->fault_count <= KL_EVIDENCE_MAX_FAULTS ? r->faults[r->fault_count - 1] : NULL;
    return text ? text : "the evidence has more faults than are listed";
}

/* A larger copy of a list, or NULL. */
static void *grow(struct kl_arena *arena, const void *items, size_t count, size_t size,
                  size_t *capacity)
{
    *capacity = *capacity ? *capacity * 2 : 64;
    void *grown = kl_arena_alloc(arena, *capacity, size);
    if (grown && count) {
        memcpy(grown, items, count * size);
    }
    return grown;
}

/* What an interrupted write left: "NAME.tmp123", or "NAME.tmp123.tmp123". Nobody reads it. */
static bool is_leftover(const char *name)
{
    size_t end = strlen(name);
    while (end > 0 && isdigit((unsigned char)name[end - 1])) {
        end--;
    }
    return name[end] && end > 4 && strncmp(name + end - 4, ".tmp", 4) == 0;
}

static enum kl_err add_foreign(struct reader *r, const char *name)
{
    if (r->foreign_count > KL_EVIDENCE_MAX_FAULTS) {
        return KL_OK; /* enough to say so */
    }
    if (r->foreign_count == r->foreign_capacity) {
        r->foreign =
            grow(r->arena, r->foreign, r->foreign_count, sizeof *r->foreign, &r->foreign_capacity);
    }
    const char *copy = r->foreign ? kl_arena_printf(r->arena, "%s", name) : NULL;
    if (!copy) {
        return KL_FAIL_MEMORY(r->diag);
    }
    r->foreign[r->foreign_count++] = copy;
    return KL_OK;
}

static enum kl_err add_entry(struct reader *r, const char *name)
{
    struct entry entry = {0};
    if (name[0] == '.' || strcmp(name, "HEAD") == 0 || is_leftover(name)) {
        return KL_OK;
    }
    if (!kl_record_parse_name(name, r->arena, &entry.number, &entry.step)) {
        return add_foreign(r, name);
    }
    if (r->count == KL_EVIDENCE_MAX_RECORDS) {
        return kl_fail(
            r->diag, KL_ELIMIT,
            "%s: more than %d records; move the folder away, and execute all steps again",
            r->evidence->folder, KL_EVIDENCE_MAX_RECORDS);
    }
    if (r->count == r->capacity) {
        r->entries = grow(r->arena, r->entries, r->count, sizeof *r->entries, &r->capacity);
    }
    entry.name = kl_arena_printf(r->arena, "%s", name);
    entry.path = kl_arena_printf(r->arena, "%s/%s", r->evidence->folder, name);
    if (!r->entries || !entry.step || !entry.name || !entry.path) {
        return KL_FAIL_MEMORY(r->diag);
    }
    r->entries[r->count++] = entry;
    return KL_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                  : strcmp(x->name, y->name);
}

static enum kl_err list_folder(struct reader *r)
{
    r->count = 0;
    r->foreign_count = 0;
    DIR *handle = opendir(r->evidence->folder);
    if (!handle && errno == ENOENT) {
        return KL_OK;
    }
    if (!handle) {
        return kl_fail(r->diag, KL_EIO, "%s: cannot be listed: %s", r->evidence->folder,
                       strerror(errno));
    }
    enum kl_err err = KL_OK;
    const struct dirent *file;
    while (err == KL_OK && (file = readdir(handle)) != NULL) {
        err = add_entry(r, file->d_name);
    }
    closedir(handle);
    if (r->count) {
        qsort(r->entries, r->count, sizeof *r->entries, compare_entries);
    }
    return err;
}

/* Names and HEAD as they were at one time: a run may be adding records right now. */
static enum kl_err list_at_rest(struct reader *r)
{
    enum { TRIES = 20, PAUSE_US = 10000 };
    for (int i = 0; i < TRIES; i++) {
        struct kl_head before;
        KL_TRY(kl_head_read(r->evidence->folder, &before, r->diag));
        KL_TRY(list_folder(r));
        KL_TRY(kl_head_read(r->evidence->folder, &r->head, r->diag));
        if (kl_head_equal(&before, &r->head)) {
            break;
        }
        usleep(PAUSE_US);
    }
    return KL_OK;
}

/* May the file be opened: no link, no pipe? */
static bool is_plain_file(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_behind_head(const struct reader *r, const struct entry *entry)
{
    return r->head.state != KL_HEAD_BROKEN && entry->number == r->head.number + 1;
}

static void parse_entry(struct reader *r, struct entry *entry, struct kl_bytes file)
{
    json_error_t error;
    kl_sha256_hex(file.data, file.size, entry->sha256);
    entry->json = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &error);
    if (!entry->json && is_behind_head(r, entry)) {
        add_fault(r, "%s was cut off while it was written; delete it", entry->path);
        return;
    }
    const char *wrong =
        entry->json ? kl_record_check(entry->json, entry->number, entry->step) : NULL;
    if (!entry->json) {
        add_fault(r, "%s was changed after it was written: line %d is no JSON (%s); " REMEDY,
                  entry->path, error.line, error.text);
    } else if (wrong) {
        add_fault(r, "%s %s; " REMEDY, entry->path, wrong);
        json_decref(entry->json);
        entry->json = NULL;
    }
}

static enum kl_err read_entry(struct reader *r, struct entry *entry, struct kl_arena *scratch)
{
    struct kl_bytes file;
    struct kl_diag diag = {0};
    if (!is_plain_file(entry->path)) {
        add_fault(r, "%s is no regular file; " REMEDY, entry->path);
        return KL_OK;
    }
    if (kl_file_read(entry->path, KL_EVIDENCE_RECORD_BYTES, scratch, &file, &diag) != KL_OK) {
        add_fault(r, "%s", diag.message);
        return KL_OK;
    }
    r->bytes += file.size;
    if (r->bytes > KL_EVIDENCE_BYTES) {
        return kl_fail(r->diag, KL_ELIMIT,
                       "%s: more than %zu MiB of records; move the folder away, and execute all "
                       "steps again",
                       r->evidence->folder, KL_EVIDENCE_BYTES >> 20);
    }
    parse_entry(r, entry, file);
    return KL_OK;
}

static enum kl_err read_entries(struct reader *r)
{
    enum kl_err err = KL_OK;
    for (size_t i = 0; err == KL_OK && i < r->count; i++) {
        struct kl_arena *scratch = kl_arena_create((size_t)KL_EVIDENCE_RECORD_BYTES + 4096);
        err = scratch ? read_entry(r, &r->entries[i], scratch) : KL_FAIL_MEMORY(r->diag);
        kl_arena_free(scratch);
    }
    return err;
}

/* The fault added last means that records are missing. */
static void note_gap(struct reader *r)
{
    bool kept = r->fault_count <= KL_EVIDENCE_MAX_FAULTS; /* else the rest is a gap itself */
    if (!r->evidence->gap && kept) {
        r->evidence->gap = r->faults[r->fault_count - 1];
    }
}

/* Faults of the list of numbers: a gap, a number that appears twice. */
static void check_numbers(struct reader *r)
{
    uint32_t last = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct entry *entry = &r->entries[i];
        if (entry->number == last) {
            add_fault(r,
                      "%s has the number of %s; one of them does not belong to the chain: move "
                      "it out of the folder",
                      entry->path, r->entries[i - 1].name);
        } else if (entry->number == last + 2) {
            add_fault(r, "%s/%06u-*.json is missing: record %u follows; " REMEDY,
                      r->evidence->folder, last + 1, entry->number);
            note_gap(r);
        } else if (entry->number > last + 2) {
            add_fault(r,
                      "%s: records %u to %u are missing; restore them from version control, or "
                      "move the folder away and execute all steps again",
                      r->evidence->folder, last + 1, entry->number - 1);
            note_gap(r);
        }
        last = entry->number;
    }
}

/* What the successor of a record says about it; NULL when that cannot be known. */
static const char *named_hash(const struct reader *r, size_t i)
{
    const struct entry *entry = &r->entries[i];
    if (i + 1 == r->count) {
        bool named = r->head.state == KL_HEAD_SOUND && r->head.number == entry->number;
        return named ? r->head.sha256 : NULL;
    }
    const struct entry *next = &r->entries[i + 1];
    bool follows = next->json && next->number == entry->number + 1;
    return follows ? json_string_value(json_object_get(next->json, "previous")) : NULL;
}

/* The last record does not follow the one before it. When HEAD still names that one, as it is, the
 * last one is not of this chain. */
static bool is_stranger(const struct reader *r, size_t i)
{
    const struct entry *entry = &r->entries[i];
    return i + 2 == r->count && r->head.state == KL_HEAD_SOUND && r->head.number == entry->number &&
           strcmp(r->head.sha256, entry->sha256) == 0;
}

static bool is_as_named(const struct reader *r, size_t i)
{
    const char *named = named_hash(r, i);
    const char *sha256 = r->entries[i].sha256;
    return !named || !sha256[0] || strcmp(named, sha256) == 0;
}

/* A record is judged by what its successor says, when that one is itself what is said about it. */
static void check_hash(struct reader *r, size_t i)
{
    struct entry *entry = &r->entries[i];
    bool last = i + 1 == r->count;
    size_t before = r->fault_count;
    entry->breaks = !entry->json || (!is_as_named(r, i) && !is_stranger(r, i));
    if (is_as_named(r, i) || !entry->json) {
        return; /* what is no record is named already */
    }
    if (is_stranger(r, i)) {
        add_fault(r, "%s does not follow record %u; move it out of the folder",
                  r->entries[i + 1].path, entry->number);
        r->entries[i + 1].fault = last_fault(r);
    } else if (last) {
        add_fault(r,
                  "%s was changed after it was written: its hash is not the one that %s/HEAD "
                  "names; " REMEDY,
                  entry->path, r->evidence->folder);
    } else if (is_as_named(r, i + 1)) {
        add_fault(r,
                  "%s was changed after it was written: its hash is not the one that record %u "
                  "names; " REMEDY,
                  entry->path, r->entries[i + 1].number);
    }
    if (entry->breaks && r->fault_count > before) {
        entry->fault = last_fault(r);
    }
}

/* Faults of the end of the chain. */
static void check_head(struct reader *r)
{
    const char *folder = r->evidence->folder;
    uint32_t last = r->count ? r->entries[r->count - 1].number : 0;
    uint32_t named = r->head.state == KL_HEAD_SOUND ? r->head.number : 0;
    size_t before = r->fault_count;
    if (r->head.state == KL_HEAD_BROKEN) {
        add_fault(r, "%s/HEAD is not as kinglet writes it: a number and a hash; " REMEDY, folder);
    } else if (r->head.state == KL_HEAD_NONE && last > 1) {
        add_fault(r, "%s/HEAD is missing: it would name record %u; " REMEDY, folder, last);
    } else if (named > last) {
        add_fault(r, "%s/%06u-*.json is missing: HEAD names it as the last record%s; " REMEDY,
                  folder, named, last ? "" : ", and there is none");
    } else if (named && last > named + 1) {
        add_fault(r,
                  "%s/HEAD names record %u as the last one, but there are records up to %u: it "
                  "was changed; " REMEDY,
                  folder, named, last);
    }
    if (r->fault_count > before) {
        note_gap(r);
    }
}

static void check_foreign(struct reader *r)
{
    for (size_t i = 0; i < r->foreign_count; i++) {
        add_fault(r, "%s/%.200s is no record of evidence; move it out of the folder",
                  r->evidence->folder, r->foreign[i]);
    }
}

size_t kl_evidence_capacity(size_t count)
{
    size_t capacity = 16;
    while (capacity < count) {
        capacity *= 2;
    }
    return capacity;
}

static void fill_record(struct kl_record *record, struct entry *entry)
{
    kl_record_fill(entry->json, record);
    record->path = entry->path;
    memcpy(record->sha256, entry->sha256, sizeof record->sha256);
    record->fault = entry->fault;
    entry->json = NULL; /* the store owns it now */
}

/* What is before a record that nothing vouches for is not vouched for either. */
static void trust_from_the_end(struct reader *r)
{
    const char *broken = NULL;
    for (size_t i = r->count; i-- > 0;) {
        struct entry *entry = &r->entries[i];
        if (entry->breaks && entry->fault) {
            broken = entry->fault;
        } else if (entry->breaks && !broken) {
            broken = r->fault_count ? r->faults[0] : "the evidence has a fault";
        }
        entry->fault = entry->fault ? entry->fault : broken;
    }
}

/* Give what was read to the store; records that are none are left out. */
static enum kl_err keep(struct reader *r)
{
    struct kl_evidence *e = r->evidence;
    e->records = KL_NEW(r->arena, struct kl_record, kl_evidence_capacity(r->count));
    if (!e->records || r->failed) {
        return KL_FAIL_MEMORY(r->diag);
    }
    trust_from_the_end(r);
    e->bytes = r->bytes;
    for (size_t i = 0; i < r->count; i++) {
        if (r->entries[i].json) {
            fill_record(&e->records[e->count++], &r->entries[i]);
        }
    }
    if (r->fault_count > KL_EVIDENCE_MAX_FAULTS) {
        const char *rest = kl_arena_printf(r->arena, "%s: %zu more faults", e->folder,
                                           r->fault_count - KL_EVIDENCE_MAX_FAULTS);
        if (!rest) {
            return KL_FAIL_MEMORY(r->diag);
        }
        r->faults[KL_EVIDENCE_MAX_FAULTS] = rest;
        e->gap = e->gap ? e->gap : rest; /* nobody can tell whose records these are about */
        r->fault_count = KL_EVIDENCE_MAX_FAULTS + 1;
    }
    e->faults = r->faults;
    e->fault_count = r->fault_count;
    return KL_OK;
}

static enum kl_err read_chain(struct reader *r)
{
    KL_TRY(list_at_rest(r));
    KL_TRY(read_entries(r));
    check_numbers(r);
    for (size_t i = 0; i < r->count; i++) {
        check_hash(r, i);
    }
    check_head(r);
    check_foreign(r);
    return keep(r);
}

enum kl_err kl_evidence_read(struct kl_evidence *evidence, struct kl_diag *diag)
{
    struct reader r = {.evidence = evidence, .arena = evidence->arena, .diag = diag};
    r.faults = KL_NEW(r.arena, const char *, KL_EVIDENCE_MAX_FAULTS + 1);
    enum kl_err err = r.faults ? read_chain(&r) : KL_FAIL_MEMORY(diag);
    for (size_t i = 0; i < r.count; i++) {
        json_decref(r.entries[i].json); /* what the store did not take */
    }
    return err;
}
