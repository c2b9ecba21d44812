/* SPDX-License-Identifier: Apache-2.0 */
#include "data/walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096, LEVELS = 32 };

struct walk {
    const char *root;
    struct kl_arena *arena;
    struct kl_diag *diag;
    const char **names; /* grown by realloc */
    int32_t count, capacity;
};

static enum kl_err add_name(struct walk *w, const char *name)
{
    if (w->count == KL_DATA_ITEMS) {
        return kl_fail(w->diag, KL_ELIMIT, "%s: more than %d files", w->root, KL_DATA_ITEMS);
    }
    if (w->count == w->capacity) {
        w->capacity = w->capacity ? 2 * w->capacity : 256;
        void *names = realloc(w->names, (size_t)w->capacity * sizeof *w->names);
        if (!names) {
            return KL_FAIL_MEMORY(w->diag);
        }
        w->names = names;
    }
    w->names[w->count] = kl_arena_copy(w->arena, name, strlen(name) + 1);
    return w->names[w->count++] ? KL_OK : KL_FAIL_MEMORY(w->diag);
}

static enum kl_err walk_folder(struct walk *w, const char *below, int level);

static enum kl_err walk_entry(struct walk *w, const char *below, const char *entry, int level)
{
    char name[PATH_BYTES];
    char path[2 * PATH_BYTES];
    struct stat status;
    int length = snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "", entry);
    snprintf(path, sizeof path, "%s/%s", w->root, name);
    if (length >= PATH_BYTES || lstat(path, &status) != 0) {
        return kl_fail(w->diag, KL_EIO, "%.200s: cannot be read", path);
    }
    if (S_ISDIR(status.st_mode)) {
        return walk_folder(w, name, level + 1);
    }
    bool file = S_ISREG(status.st_mode) || (stat(path, &status) == 0 && S_ISREG(status.st_mode));
    return file ? add_name(w, name) : KL_OK;
}

static bool is_data_set(const char *path)
{
    char name[2 * PATH_BYTES + 16];
    struct stat status;
    snprintf(name, sizeof name, "%s/items.tsv", path);
    return stat(name, &status) == 0;
}

static enum kl_err walk_folder(struct walk *w, const char *below, int level)
{
    char path[2 * PATH_BYTES];
    enum kl_err err = KL_OK;
    snprintf(path, sizeof path, "%s%s%s", w->root, *below ? "/" : "", below);
    if (level > LEVELS) {
        return kl_fail(w->diag, KL_ELIMIT, "%s: more than %d levels of folders", path, LEVELS);
    }
    if (is_data_set(path)) {
        return KL_OK;
    }
    DIR *folder = opendir(path);
    if (!folder) {
        return kl_fail(w->diag, KL_EIO, "%s: cannot open: %s", path, strerror(errno));
    }
    for (const struct dirent *entry = readdir(folder); entry && !err; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            err = walk_entry(w, below, entry->d_name, level);
        }
    }
    closedir(folder);
    return err;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A single file: its folder, and its name. */
static enum kl_err single(struct walk *w, const char *path)
{
    const char *slash = strrchr(path, '/');
    w->root = slash
                  ? kl_arena_printf(w->arena, "%.*s", (int)(slash > path ? slash - path : 1), path)
                  : ".";
    return w->root ? add_name(w, slash ? slash + 1 : path) : KL_FAIL_MEMORY(w->diag);
}

enum kl_err kl_files_below(const char *path, struct kl_arena *arena, struct kl_files *files,
                           struct kl_diag *diag)
{
    struct stat status;
    struct walk w = {.root = path, .arena = arena, .diag = diag};
    if (stat(path, &status) != 0 || strlen(path) >= PATH_BYTES) {
        return kl_fail(diag, KL_EIO, "%.200s: cannot open: %s", path, strerror(errno));
    }
    enum kl_err err = S_ISDIR(status.st_mode) ? walk_folder(&w, "", 0) : single(&w, path);
    if (!err) {
        qsort(w.names, (size_t)w.count, sizeof *w.names, compare);
        files->folder = w.root;
        files->count = w.count;
        files->names =
            kl_arena_copy(arena, w.count ? w.names : &w.root, (size_t)w.count * sizeof *w.names);
        err = files->names ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    free(w.names);
    return err;
}
