/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/content.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "playbook/evidence/clean.h"
#include "playbook/evidence/paths.h"

enum { BUCKETS = 4096, PATH_BYTES = 4096, SETTLED_MS = 200 };
#define MEMORY_LIMIT ((size_t)256 << 20)
#define LIST_LIMIT ((size_t)64 << 20)

/* A file whose hash is known as long as its status stays the same. */
struct known {
    struct known *next;
    const char *path;
    struct stat status;
    char sha256[KL_SHA256_HEX_BYTES];
};

struct kl_content {
    struct kl_arena *arena;
    struct known *buckets[BUCKETS];
};

struct kl_content *kl_content_create(void)
{
    struct kl_content *content = calloc(1, sizeof *content);
    if (content) {
        content->arena = kl_arena_create(MEMORY_LIMIT);
    }
    if (content && !content->arena) {
        free(content);
        return NULL;
    }
    return content;
}

void kl_content_free(struct kl_content *content)
{
    if (content) {
        kl_arena_free(content->arena);
        free(content);
    }
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. */
static uint32_t bucket_of(const char *path)
{
    uint32_t hash = 2166136261u;
    for (; *path; path++) {
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    }
    return hash % BUCKETS;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_status(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

/* Was the last change long enough ago that another one would give another time? Clocks of file
 * systems tick in milliseconds. */
static bool is_settled(const struct stat *status)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age_ms = ((int64_t)now.tv_sec - (int64_t)status->st_ctim.tv_sec) * 1000 +
                     (now.tv_nsec - status->st_ctim.tv_nsec) / 1000000;
    return age_ms > SETTLED_MS;
}

static struct known *find_known(const struct kl_content *content, const char *path)
{
    struct known *known = content->buckets[bucket_of(path)];
    while (known && strcmp(known->path, path) != 0) {
        known = known->next;
    }
    return known;
}

/* Without memory nothing is remembered; the next look reads the file again. */
static void remember(struct kl_content *content, const char *path, const struct stat *status,
                     const char *sha256)
{
    struct known *known = find_known(content, path);
    if (!known) {
        known = KL_NEW(content->arena, struct known, 1);
        char *copy = kl_arena_printf(content->arena, "%s", path);
        if (!known || !copy) {
            return;
        }
        uint32_t bucket = bucket_of(path);
        *known = (struct known){.next = content->buckets[bucket], .path = copy};
        content->buckets[bucket] = known;
    }
    known->status = *status;
    memcpy(known->sha256, sha256, KL_SHA256_HEX_BYTES);
}

/* Count a file of that size; false when it is more than one step may have. */
static bool spend(struct kl_content_budget *budget, uint64_t bytes)
{
    if (budget->files >= KL_CONTENT_MAX_FILES || bytes > KL_CONTENT_MAX_BYTES - budget->bytes) {
        return false;
    }
    budget->files++;
    budget->bytes += bytes;
    return true;
}

static enum kl_err fail_budget(const char *shown, struct kl_diag *diag)
{
    return kl_fail(diag, KL_ELIMIT,
                   "%s: the inputs of one step may have at most %d files and 4 GiB; name fewer, or "
                   "a file that lists their hashes",
                   shown, KL_CONTENT_MAX_FILES);
}

static enum kl_err hash_open_file(struct kl_content *content, int fd, const struct stat *status,
                                  const char *path, const char *shown,
                                  struct kl_content_budget *budget, char *sha256,
                                  struct kl_diag *diag)
{
    struct stat after;
    uint64_t bytes;
    const struct known *known = find_known(content, path);
    if (!spend(budget, (uint64_t)status->st_size)) {
        return fail_budget(shown, diag);
    }
    if (known && same_status(&known->status, status)) {
        memcpy(sha256, known->sha256, KL_SHA256_HEX_BYTES);
        return KL_OK;
    }
    int error = kl_sha256_stream(fd, KL_CONTENT_MAX_BYTES, &bytes, sha256);
    if (error) {
        return kl_fail(diag, KL_EIO, "%s: cannot be read: %s", shown, strerror(error));
    }
    if (fstat(fd, &after) == 0 && same_status(status, &after) && is_settled(status)) {
        remember(content, path, status, sha256);
    }
    return KL_OK;
}

/* Entries of a folder, as lines of its list. */
struct tree {
    struct kl_arena *arena;
    const char *root, *shown;
    const char *const *skip;
    const char **paths; /* of files and links, relative to the root */
    size_t count, capacity;
};

static enum kl_err add_path(struct tree *tree, const char *path, struct kl_diag *diag)
{
    if (tree->count == KL_CONTENT_MAX_FILES) {
        return fail_budget(tree->shown, diag);
    }
    if (tree->count == tree->capacity) {
        size_t capacity = tree->capacity ? tree->capacity * 2 : 64;
        const char **grown = KL_NEW(tree->arena, const char *, capacity);
        if (!grown) {
            return KL_FAIL_MEMORY(diag);
        }
        if (tree->count) {
            memcpy(grown, tree->paths, tree->count * sizeof *grown);
        }
        tree->paths = grown;
        tree->capacity = capacity;
    }
    tree->paths[tree->count++] = path;
    return KL_OK;
}

static bool is_skipped(const struct tree *tree, const char *path)
{
    for (size_t i = 0; tree->skip && tree->skip[i]; i++) {
        if (kl_path_within(path, tree->skip[i])) {
            return true;
        }
    }
    return false;
}

/* Folders that are still to be listed, the newest first. */
struct pending {
    struct pending *next;
    const char *path; /* relative to the root; "" for the root */
};

static enum kl_err push_folder(struct tree *tree, const char *path, struct pending **todo,
                               struct kl_diag *diag)
{
    struct pending *folder = KL_NEW(tree->arena, struct pending, 1);
    if (!folder) {
        return KL_FAIL_MEMORY(diag);
    }
    *folder = (struct pending){.next = *todo, .path = path};
    *todo = folder;
    return KL_OK;
}

static enum kl_err add_entry(struct tree *tree, DIR *handle, const char *folder, const char *name,
                             struct pending **todo, struct kl_diag *diag)
{
    struct stat status;
    const char *path = kl_arena_printf(tree->arena, "%s%s%s", folder, *folder ? "/" : "", name);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    if (is_skipped(tree, path) || fstatat(dirfd(handle), name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return KL_OK; /* what went away meanwhile is not there */
    }
    if (S_ISDIR(status.st_mode)) {
        return strcmp(name, ".git") == 0 ? KL_OK : push_folder(tree, path, todo, diag);
    }
    if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
        return kl_fail(diag, KL_EINPUT, "%s/%s: neither a file nor a folder", tree->shown, path);
    }
    return add_path(tree, path, diag);
}

static enum kl_err list_folder(struct tree *tree, const char *folder, struct pending **todo,
                               struct kl_diag *diag)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", tree->root, folder);
    DIR *handle = length > 0 && (size_t)length < sizeof path ? opendir(path) : NULL;
    if (!handle) {
        return kl_fail(diag, KL_EIO, "%s/%s: cannot be listed: %s", tree->shown, folder,
                       (size_t)length < sizeof path ? strerror(errno) : "its path is too long");
    }
    enum kl_err err = KL_OK;
    const struct dirent *entry;
    while (err == KL_OK && (entry = readdir(handle)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            err = add_entry(tree, handle, folder, entry->d_name, todo, diag);
        }
    }
    closedir(handle);
    return err;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum kl_err list_tree(struct tree *tree, struct kl_diag *diag)
{
    struct pending *todo = NULL;
    KL_TRY(push_folder(tree, "", &todo, diag));
    while (todo) {
        const char *folder = todo->path;
        todo = todo->next;
        KL_TRY(list_folder(tree, folder, &todo, diag));
    }
    if (tree->count) {
        qsort(tree->paths, tree->count, sizeof *tree->paths, compare_paths);
    }
    return KL_OK;
}

static enum kl_err hash_link(const char *path, const char *shown, char *sha256,
                             struct kl_diag *diag)
{
    char target[PATH_BYTES];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0) {
        return kl_fail(diag, KL_EIO, "%s: cannot be read: %s", shown, strerror(errno));
    }
    kl_sha256_hex(target, (size_t)length, sha256);
    return KL_OK;
}

/* One line of the list: kind, hash, path, and a NUL, since a path may hold anything else. */
static enum kl_err hash_entry(struct kl_content *content, const struct tree *tree,
                              const char *relative, struct kl_content_budget *budget,
                              struct kl_buffer *list, struct kl_diag *diag)
{
    char path[PATH_BYTES], shown[PATH_BYTES], sha256[KL_SHA256_HEX_BYTES];
    struct stat status;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", tree->root, relative) >= sizeof path ||
        (size_t)snprintf(shown, sizeof shown, "%s/%s", tree->shown, relative) >= sizeof shown) {
        return kl_fail(diag, KL_ELIMIT, "%s: a path below it is too long", tree->shown);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool is_link = fd < 0 && errno == ELOOP;
    enum kl_err err;
    if (is_link) {
        err = spend(budget, 0) ? hash_link(path, shown, sha256, diag) : fail_budget(shown, diag);
    } else if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        err = kl_fail(diag, KL_EIO, "%s: cannot be read: %s", shown,
                      fd < 0 ? strerror(errno) : "not a file any more");
    } else {
        err = hash_open_file(content, fd, &status, path, shown, budget, sha256, diag);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (err == KL_OK) {
        kl_buffer_printf(list, "%s %s %s", is_link ? "link" : "file", sha256, relative);
        kl_buffer_append(list, "", 1);
    }
    return err;
}

static enum kl_err hash_folder(struct kl_content *content, struct tree *tree,
                               struct kl_content_budget *budget, char *sha256, struct kl_diag *diag)
{
    struct kl_buffer list = KL_BUFFER(LIST_LIMIT);
    enum kl_err err = list_tree(tree, diag);
    for (size_t i = 0; err == KL_OK && i < tree->count; i++) {
        err = hash_entry(content, tree, tree->paths[i], budget, &list, diag);
    }
    if (err == KL_OK && list.failed) {
        err = fail_budget(tree->shown, diag);
    }
    if (err == KL_OK) {
        kl_sha256_hex(list.data ? list.data : "", list.size, sha256);
    }
    kl_buffer_free(&list);
    return err;
}

static enum kl_err hash_new_tree(struct kl_content *content, const char *path, const char *shown,
                                 const char *const *skip, struct kl_content_budget *budget,
                                 char *sha256, struct kl_diag *diag)
{
    struct tree tree = {
        .arena = kl_arena_create(MEMORY_LIMIT), .root = path, .shown = shown, .skip = skip};
    enum kl_err err =
        tree.arena ? hash_folder(content, &tree, budget, sha256, diag) : KL_FAIL_MEMORY(diag);
    kl_arena_free(tree.arena);
    return err;
}

static enum kl_err hash_any(struct kl_content *content, const char *path, const char *shown,
                            const char *const *skip, struct kl_content_budget *budget, char *sha256,
                            struct kl_diag *diag)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return kl_fail(diag, KL_EINPUT, "%s is missing", shown);
    }
    if (fd < 0 || fstat(fd, &status) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return kl_fail(diag, KL_EIO, "%s: cannot be read: %s", shown, strerror(error));
    }
    enum kl_err err;
    if (S_ISREG(status.st_mode)) {
        err = hash_open_file(content, fd, &status, path, shown, budget, sha256, diag);
    } else if (S_ISDIR(status.st_mode)) {
        err = hash_new_tree(content, path, shown, skip, budget, sha256, diag);
    } else {
        err = kl_fail(diag, KL_EINPUT, "%s: neither a file nor a folder", shown);
    }
    close(fd);
    return err;
}

/* Names of files may hold anything; a message is one line of clean text. */
static void clean_message(struct kl_diag *diag)
{
    size_t bytes = kl_clean_text(diag->message, strlen(diag->message), diag->message);
    diag->message[bytes] = '\0';
    for (char *at = diag->message; *at; at++) {
        *at = *at == '\n' || *at == '\t' ? ' ' : *at;
    }
}

enum kl_err kl_content_hash(struct kl_content *content, const char *path, const char *shown,
                            const char *const *skip, struct kl_content_budget *budget,
                            char sha256[KL_SHA256_HEX_BYTES], struct kl_diag *diag)
{
    enum kl_err err = hash_any(content, path, shown, skip, budget, sha256, diag);
    if (err != KL_OK) {
        clean_message(diag);
    }
    return err;
}
