/* SPDX-License-Identifier: Apache-2.0 */
#include "data/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/rows.h"

enum { PATH_BYTES = 4096, NAME_BYTES = PATH_BYTES + 64, WORK_NAMES = 100 };

static const char *const parts[] = {"samples.bin", "items.tsv", "dataset.json", "lock"};

struct kl_data_writer {
    char path[PATH_BYTES]; /* where it will be */
    char work[PATH_BYTES]; /* where it is written */
    int lock;              /* as long as it is written; -1: none */
    bool replace, finished;
    FILE *samples;
    uint64_t bytes;
    struct kl_arena *arena;
    struct kl_data_item *items; /* grown by realloc */
    const char **labels;        /* of each item: name of its class, or NULL */
    int32_t count, capacity;
};

static void remove_parts(const char *folder)
{
    char name[3 * NAME_BYTES];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, parts[i]);
        unlink(name);
    }
    rmdir(folder);
}

/* Is the entry the work folder of a version that is to be called `name`: "NAME.tmpPID"? */
static bool is_work(const char *entry, const char *name)
{
    size_t length = strlen(name);
    char *end;
    if (strncmp(entry, name, length) != 0 || strncmp(entry + length, ".tmp", 4) != 0) {
        return false;
    }
    long pid = strtol(entry + length + 4, &end, 10);
    return *end == '\0' && pid > 0 && pid <= INT_MAX;
}

/* Is the file that was opened still the one with that name? */
static bool is_there(int file, const char *name)
{
    struct stat mine, now;
    return fstat(file, &mine) == 0 && lstat(name, &now) == 0 && mine.st_dev == now.st_dev &&
           mine.st_ino == now.st_ino;
}

/*
 * Lock a work folder, by a file in it. Its writer holds the lock for as long as it runs, in
 * whatever container, and on another machine where the file system passes locks on; a number of a
 * process says nothing there. -1: somebody else has it, or there is none.
 */
static int lock_work(const char *folder, int flags)
{
    char name[3 * NAME_BYTES];
    snprintf(name, sizeof name, "%s/lock", folder);
    int lock = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0666);
    /* A file system without locks: what is new is written all the same, and nothing is removed. */
    bool mine = lock >= 0 && (flock(lock, LOCK_EX | LOCK_NB) == 0 ||
                              ((flags & O_CREAT) && errno != EWOULDBLOCK));
    if (lock >= 0 && !(mine && is_there(lock, name))) {
        close(lock);
        lock = -1;
    }
    return lock;
}

/* A folder of ours that was not finished: dataset.json is the last file to be written, so what has
 * one is a data set that somebody gave such a name. */
static bool is_unfinished(const char *folder)
{
    struct stat status;
    char name[3 * NAME_BYTES];
    snprintf(name, sizeof name, "%s/dataset.json", folder);
    return lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && lstat(name, &status) != 0;
}

/* Remove what writers that were killed have left beside `path`. */
static void remove_stale(const char *path)
{
    char folder[NAME_BYTES];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries && (entry = readdir(entries)) != NULL) {
        char stale[2 * NAME_BYTES];
        snprintf(stale, sizeof stale, "%s/%s", folder, entry->d_name);
        int lock = is_work(entry->d_name, name) && is_unfinished(stale) ? lock_work(stale, 0) : -1;
        if (lock >= 0) {
            remove_parts(stale);
            close(lock);
        }
    }
    if (entries) {
        closedir(entries);
    }
}

/* May the version be put at `path`? */
static enum kl_err check_place(const char *path, bool replace, struct kl_diag *diag)
{
    struct stat status;
    char name[NAME_BYTES];
    if (lstat(path, &status) != 0) {
        return KL_OK;
    }
    snprintf(name, sizeof name, "%s/dataset.json", path);
    if (!S_ISDIR(status.st_mode) || (lstat(name, &status) != 0 && rmdir(path) != 0)) {
        return kl_fail(diag, KL_EUSAGE, "%s: is there and is no data set; choose another name",
                       path);
    }
    if (!replace && lstat(path, &status) == 0) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s: there is a data set already; --replace replaces it, or choose another "
                       "name",
                       path);
    }
    return KL_OK;
}

/* Another container may have a process with the same number: then the next one is taken. */
static enum kl_err create_work(struct kl_data_writer *w, int length, struct kl_diag *diag)
{
    for (long try = 0; try < WORK_NAMES; try++) {
        snprintf(w->work, sizeof w->work, "%.*s.tmp%ld", length, w->path, (long)getpid() + try);
        if (mkdir(w->work, 0777) == 0) {
            w->lock = lock_work(w->work, O_CREAT | O_EXCL);
            if (w->lock >= 0) {
                return KL_OK;
            }
            remove_parts(w->work);
        } else if (errno != EEXIST) {
            break;
        }
    }
    return kl_fail(diag, KL_EIO, "%s: cannot create and lock folder: %s", w->work, strerror(errno));
}

static enum kl_err prepare(struct kl_data_writer *w, const char *path, struct kl_diag *diag)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    if (length + 32 > PATH_BYTES) {
        return kl_fail(diag, KL_EUSAGE, "%.100s...: path too long", path);
    }
    snprintf(w->path, sizeof w->path, "%.*s", (int)length, path);
    KL_TRY(check_place(w->path, w->replace, diag));
    KL_TRY(kl_dir_create_above(w->path, diag));
    remove_stale(w->path);
    return create_work(w, (int)length, diag);
}

enum kl_err kl_data_writer_create(const char *path, bool replace, struct kl_data_writer **writer,
                                  struct kl_diag *diag)
{
    struct kl_data_writer *w = calloc(1, sizeof *w);
    *writer = w;
    if (!w) {
        return KL_FAIL_MEMORY(diag);
    }
    w->lock = -1;
    w->replace = replace;
    w->finished = true; /* nothing to remove yet */
    w->arena = kl_arena_create(KL_DATA_ARENA);
    if (!w->arena) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(prepare(w, path, diag));
    w->finished = false;
    return KL_OK;
}

static enum kl_err open_samples(struct kl_data_writer *w, struct kl_diag *diag)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s/samples.bin", w->work);
    if (!w->samples) {
        w->samples = fopen(name, "wbxe");
    }
    return w->samples ? KL_OK
                      : kl_fail(diag, KL_EIO, "%s: cannot create: %s", name, strerror(errno));
}

static enum kl_err reserve(struct kl_data_writer *w, struct kl_diag *diag)
{
    if (w->count < w->capacity) {
        return KL_OK;
    }
    if (w->count >= KL_DATA_ITEMS) {
        return kl_fail(diag, KL_ELIMIT, "more than %d items in one data set", KL_DATA_ITEMS);
    }
    int32_t capacity = w->capacity ? 2 * w->capacity : 64;
    void *items = realloc(w->items, (size_t)capacity * sizeof *w->items);
    w->items = items ? items : w->items;
    void *labels = items ? realloc(w->labels, (size_t)capacity * sizeof *w->labels) : NULL;
    w->labels = labels ? labels : w->labels;
    if (!labels) {
        return KL_FAIL_MEMORY(diag);
    }
    w->capacity = capacity;
    return KL_OK;
}

/* A copy of a text; an empty one needs no memory. */
static bool keep_text(struct kl_data_writer *w, const char **text)
{
    *text = **text ? kl_arena_copy(w->arena, *text, strlen(*text) + 1) : "";
    return *text != NULL;
}

static enum kl_err add_row(struct kl_data_writer *w, const struct kl_data_item *item,
                           const char *label, struct kl_diag *diag)
{
    KL_TRY(reserve(w, diag));
    struct kl_data_item *row = &w->items[w->count];
    *row = *item;
    row->label = -1;
    w->labels[w->count] = label;
    if (!keep_text(w, &row->name) || !keep_text(w, &row->group) || !keep_text(w, &row->tags) ||
        !keep_text(w, &row->origin) || (label && !keep_text(w, &w->labels[w->count]))) {
        return KL_FAIL_MEMORY(diag);
    }
    w->count++;
    return KL_OK;
}

enum kl_err kl_data_writer_append(struct kl_data_writer *w, const struct kl_data_facts *facts,
                                  const struct kl_data_item *item, const char *label,
                                  const void *samples, struct kl_diag *diag)
{
    static const char zeros[16] = {0};
    size_t bytes = kl_data_values(facts, item) * kl_data_value_bytes(facts->kind);
    size_t padding = (16 - bytes % 16) % 16;
    struct kl_data_item row = *item;
    KL_TRY(open_samples(w, diag));
    kl_data_id(facts, item, samples, row.id);
    row.offset = w->bytes;
    KL_TRY(add_row(w, &row, label, diag));
    if (fwrite(samples, 1, bytes, w->samples) != bytes ||
        fwrite(zeros, 1, padding, w->samples) != padding) {
        return kl_fail(diag, KL_EIO, "%s: cannot write samples: %s", w->path, strerror(errno));
    }
    w->bytes += bytes + padding;
    return KL_OK;
}

/* Where a link is impossible, on another file system for example. */
static enum kl_err copy_samples(struct kl_data_writer *w, const struct kl_dataset *dataset,
                                struct kl_diag *diag)
{
    KL_TRY(open_samples(w, diag));
    size_t bytes = (size_t)dataset->samples_bytes;
    if (bytes && fwrite(dataset->samples, 1, bytes, w->samples) != bytes) {
        return kl_fail(diag, KL_EIO, "%s: cannot write samples: %s", w->path, strerror(errno));
    }
    return KL_OK;
}

enum kl_err kl_data_writer_keep(struct kl_data_writer *w, const struct kl_dataset *dataset,
                                const struct kl_data_item *splits, struct kl_diag *diag)
{
    char from[NAME_BYTES];
    char to[NAME_BYTES];
    snprintf(from, sizeof from, "%.*s/samples.bin", PATH_BYTES, dataset->path);
    snprintf(to, sizeof to, "%s/samples.bin", w->work);
    if (link(from, to) != 0) {
        KL_TRY(copy_samples(w, dataset, diag));
    }
    w->bytes = dataset->samples_bytes;
    for (int32_t i = 0; i < dataset->count; i++) {
        struct kl_data_item row = dataset->items[i];
        row.split = splits[i].split;
        row.fold = splits[i].fold;
        KL_TRY(add_row(w, &row, row.label >= 0 ? dataset->facts.classes[row.label] : NULL, diag));
    }
    return KL_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_named(const char *const *names, int32_t count, const char *name)
{
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The classes of the facts, then the other labels, sorted. */
static enum kl_err collect_classes(struct kl_data_writer *w, struct kl_data_facts *facts,
                                   struct kl_diag *diag)
{
    const char **names = KL_NEW(w->arena, const char *, KL_DATA_CLASSES);
    int32_t given = facts->class_count;
    int32_t count = given;
    const char *last = NULL;
    if (!names) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < given; i++) {
        names[i] = facts->classes[i];
    }
    for (int32_t i = 0; i < w->count; i++) {
        const char *label = w->labels[i];
        bool new_one =
            label && (!last || strcmp(label, last) != 0) && !is_named(names, count, label);
        last = label;
        if (new_one && count == KL_DATA_CLASSES) {
            return kl_fail(
                diag, KL_ELIMIT,
                "more than %d classes; is the label a number to be predicted? Then it is "
                "a target",
                KL_DATA_CLASSES);
        }
        if (new_one) {
            names[count++] = label;
        }
    }
    qsort(names + given, (size_t)(count - given), sizeof *names, compare_names);
    facts->classes = names;
    facts->class_count = count;
    return KL_OK;
}

static void set_labels(struct kl_data_writer *w, const struct kl_data_facts *facts)
{
    for (int32_t i = 0; i < w->count; i++) {
        w->items[i].label = w->labels[i] ? kl_data_class(facts, w->labels[i]) : -1;
    }
}

static enum kl_err close_samples(struct kl_data_writer *w, struct kl_diag *diag)
{
    FILE *file = w->samples;
    w->samples = NULL;
    if (file && fclose(file) != 0) {
        return kl_fail(diag, KL_EIO, "%s: cannot write samples: %s", w->path, strerror(errno));
    }
    return KL_OK;
}

static enum kl_err write_part(struct kl_data_writer *w, const char *part,
                              const struct kl_buffer *text, struct kl_diag *diag)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s/%s", w->work, part);
    return text->failed ? KL_FAIL_MEMORY(diag) : kl_file_write(name, text->data, text->size, diag);
}

static enum kl_err write_texts(struct kl_data_writer *w, const struct kl_dataset *dataset,
                               struct kl_diag *diag)
{
    struct kl_buffer rows = KL_BUFFER(KL_DATA_ROWS_BYTES);
    struct kl_buffer facts = KL_BUFFER(KL_DATA_FACTS_BYTES);
    kl_buffer_printf(&rows, "%s", KL_DATA_ROW_HEAD);
    for (int32_t i = 0; i < dataset->count; i++) {
        kl_data_put_row(&rows, &dataset->facts, &dataset->items[i]);
    }
    enum kl_err err = kl_data_facts_text(dataset, &facts, diag);
    if (!err) {
        err = write_part(w, "items.tsv", &rows, diag);
    }
    if (!err) {
        err = write_part(w, "dataset.json", &facts, diag);
    }
    kl_buffer_free(&rows);
    kl_buffer_free(&facts);
    return err;
}

/* Give the folder its name. It has dataset.json, so nobody takes it for unfinished. */
static enum kl_err publish(struct kl_data_writer *w, struct kl_diag *diag)
{
    char lock[NAME_BYTES];
    snprintf(lock, sizeof lock, "%s/lock", w->work);
    unlink(lock);
    if (rename(w->work, w->path) == 0) {
        w->finished = true;
        return KL_OK;
    }
    bool exchanged =
        w->replace && renameat2(AT_FDCWD, w->work, AT_FDCWD, w->path, RENAME_EXCHANGE) == 0;
    if (!exchanged) {
        return kl_fail(diag, KL_EIO, "%s: cannot put the new version there: %s", w->path,
                       strerror(errno));
    }
    remove_parts(w->work);
    w->finished = true;
    return KL_OK;
}

enum kl_err kl_data_writer_finish(struct kl_data_writer *w, const struct kl_data_facts *facts,
                                  struct kl_dataset *written, struct kl_diag *diag)
{
    memset(written, 0, sizeof *written);
    written->facts = *facts;
    KL_TRY(w->count ? KL_OK : open_samples(w, diag)); /* an empty file */
    KL_TRY(close_samples(w, diag));
    KL_TRY(collect_classes(w, &written->facts, diag));
    set_labels(w, &written->facts);
    written->path = w->path;
    written->items = w->items;
    written->count = w->count;
    written->samples_bytes = w->bytes;
    KL_TRY(kl_data_hash(written, diag));
    KL_TRY(write_texts(w, written, diag));
    return publish(w, diag);
}

void kl_data_writer_free(struct kl_data_writer *w)
{
    if (!w) {
        return;
    }
    if (w->samples) {
        fclose(w->samples);
    }
    if (!w->finished) {
        remove_parts(w->work);
    }
    if (w->lock >= 0) {
        close(w->lock);
    }
    kl_arena_free(w->arena);
    free(w->items);
    free(w->labels);
    free(w);
}
