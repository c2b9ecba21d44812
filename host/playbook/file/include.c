/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the main file and, in depth, all that it includes. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "playbook/file/load.h"

enum { MOST_NODES = 50000, MOST_DEPTH = 24 };

/* A file that is being read, and those that led to it. */
struct chain {
    const struct chain *outer;
    const char *path;
    const struct stat *identity;
};

struct reader {
    struct kl_loader *loader;
    const char *files[KL_PLAYBOOK_MAX_INCLUDES + 1];
    struct stat identities[KL_PLAYBOOK_MAX_INCLUDES + 1];
    size_t count;
    const struct kl_yaml *root;
    size_t nodes; /* of all files together */
};

static enum kl_err include_all(struct reader *reader, const struct kl_yaml *list,
                               const struct chain *chain);

/* Every value counts as often as it is used. The parser limits how deep this goes. */
static size_t count_nodes(const struct kl_yaml *node)
{
    size_t count = 1;
    for (size_t i = 0; i < node->count; i++) {
        count += count_nodes(node->items[i]);
    }
    return node->kind == KL_YAML_MAP ? count + node->count : count;
}

static enum kl_err parse(struct reader *reader, const char *path, const struct kl_yaml **root,
                         struct kl_diag *diag)
{
    const struct kl_yaml_limits limits = {
        .bytes = KL_PLAYBOOK_FILE_BYTES, .nodes = MOST_NODES - reader->nodes, .depth = MOST_DEPTH};
    struct kl_bytes text;
    KL_TRY(kl_file_read(path, KL_PLAYBOOK_FILE_BYTES, reader->loader->arena, &text, diag));
    KL_TRY(kl_yaml_parse((const char *)text.data, text.size, path, &limits, reader->loader->arena,
                         root, diag));
    if (!*root) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: the file is empty; `kinglet playbook init` shows how one looks", path);
    }
    if ((*root)->kind != KL_YAML_MAP) {
        return kl_yaml_fail(*root, diag, "expected keys with values, such as 'product:'");
    }
    reader->nodes += count_nodes(*root);
    return KL_OK;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_noted(const struct reader *reader, const struct stat *identity)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (is_same(&reader->identities[i], identity)) {
            return true;
        }
    }
    return false;
}

/* The file was read, and is one of the playbook's. */
static void note_file(struct reader *reader, const char *path, const struct stat *identity)
{
    reader->files[reader->count] = path;
    reader->identities[reader->count++] = *identity;
}

/* "a.yaml -> b.yaml -> a.yaml" */
static const char *cycle_text(struct reader *reader, const struct chain *chain, const char *path,
                              const struct stat *identity)
{
    const char *text = path;
    for (; chain && text; chain = chain->outer) {
        text = kl_arena_printf(reader->loader->arena, "%s -> %s", chain->path, text);
        if (is_same(chain->identity, identity)) {
            break;
        }
    }
    return text ? text : path;
}

static bool is_in_chain(const struct chain *chain, const struct stat *identity)
{
    while (chain && !is_same(chain->identity, identity)) {
        chain = chain->outer;
    }
    return chain;
}

/* The path of an included file, seen from the current folder. */
static const char *beside(struct reader *reader, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    if (name[0] == '/' || !slash) {
        return name;
    }
    return kl_arena_printf(reader->loader->arena, "%.*s%s", (int)(slash - path + 1), path, name);
}

/* Join what a file says to what the others said before. */
static enum kl_err add_file(struct reader *reader, const struct kl_yaml *node, const char *path,
                            const struct chain *chain)
{
    struct kl_loader *loader = reader->loader;
    const struct kl_yaml *root;
    struct kl_diag diag = {0};
    enum kl_err err = parse(reader, path, &root, &diag);
    if (err != KL_OK) {
        kl_loader_error(loader, node, "cannot include this: %s", diag.message);
        return KL_OK;
    }
    note_file(reader, path, chain->identity);
    const struct kl_yaml *version = kl_yaml_get(root, "playbook");
    if (version && strcmp(kl_yaml_text(version, ""), "1") != 0) {
        kl_loader_error(loader, version, "this program reads 'playbook: 1', the first format");
    }
    reader->root = kl_merge(loader, reader->root, root);
    return reader->root ? include_all(reader, kl_yaml_get(root, "include"), chain)
                        : KL_FAIL_MEMORY(loader->diag);
}

static enum kl_err include_one(struct reader *reader, const struct kl_yaml *node,
                               const struct chain *chain)
{
    struct kl_loader *loader = reader->loader;
    const char *path = beside(reader, chain->path, kl_yaml_text(node, ""));
    struct stat identity;
    if (!path) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    if (stat(path, &identity) != 0) {
        kl_loader_error(loader, node, "cannot include '%.200s': %s", path, strerror(errno));
        return KL_OK;
    }
    if (is_in_chain(chain, &identity)) {
        kl_loader_error(loader, node, "files include each other in a circle: %s; remove one",
                        cycle_text(reader, chain, path, &identity));
        return KL_OK;
    }
    if (reader->count > KL_PLAYBOOK_MAX_INCLUDES) {
        kl_loader_error(loader, node, "more than %d files are included", KL_PLAYBOOK_MAX_INCLUDES);
        return KL_OK;
    }
    if (is_noted(reader, &identity)) {
        return KL_OK; /* included on another way already */
    }
    const struct chain here = {chain, path, &identity};
    return add_file(reader, node, path, &here);
}

static enum kl_err include_all(struct reader *reader, const struct kl_yaml *list,
                               const struct chain *chain)
{
    if (!list || list->kind != KL_YAML_LIST) {
        return KL_OK; /* a wrong kind is found when fields are checked */
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind == KL_YAML_SCALAR && list->items[i]->text[0]) {
            KL_TRY(include_one(reader, list->items[i], chain));
        }
    }
    return KL_OK;
}

/* The file itself, or playbook.yaml in the folder. */
static enum kl_err find_main(struct kl_loader *loader, const char **path, struct stat *identity)
{
    if (stat(*path, identity) == 0 && S_ISDIR(identity->st_mode)) {
        bool slash = (*path)[0] && (*path)[strlen(*path) - 1] == '/';
        *path = kl_arena_printf(loader->arena, "%s%splaybook.yaml", *path, slash ? "" : "/");
    } else {
        *path = kl_arena_printf(loader->arena, "%s", *path);
    }
    if (!*path) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    if (stat(*path, identity) != 0) {
        return kl_fail(loader->diag, KL_EIO,
                       "%s: %s; `kinglet playbook init --template NAME` writes a new one", *path,
                       strerror(errno));
    }
    return KL_OK;
}

/* Folder and files of the playbook, once all are read. */
static enum kl_err keep(struct reader *reader)
{
    struct kl_loader *loader = reader->loader;
    struct kl_playbook *playbook = loader->playbook;
    const char *slash = strrchr(playbook->path, '/');
    size_t length = slash ? (size_t)(slash - playbook->path) : 0;
    playbook->root = reader->root;
    playbook->files =
        kl_arena_copy(loader->arena, reader->files, reader->count * sizeof reader->files[0]);
    playbook->file_count = reader->count;
    playbook->folder = !slash ? "."
                       : length == 0
                           ? "/"
                           : kl_arena_printf(loader->arena, "%.*s", (int)length, playbook->path);
    return playbook->files && playbook->folder ? KL_OK : KL_FAIL_MEMORY(loader->diag);
}

enum kl_err kl_load_files(struct kl_loader *loader, const char *path)
{
    struct reader reader = {.loader = loader};
    struct stat identity;
    KL_TRY(find_main(loader, &path, &identity));
    KL_TRY(parse(&reader, path, &reader.root, loader->diag));
    loader->playbook->path = path;
    note_file(&reader, path, &identity);
    const struct chain chain = {NULL, path, &identity};
    KL_TRY(include_all(&reader, kl_yaml_get(reader.root, "include"), &chain));
    return keep(&reader);
}
