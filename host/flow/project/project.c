/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/project.h"

#include <ctype.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "flow/project/internal.h"
#include "import/c_source.h"

enum {
    MAX_FILES = 20000,
    MAX_DEPTH = 24,
    FILE_LIMIT = 64 << 20,
    LEAST_MODEL_BYTES = 64,
    MAX_FINDINGS = 4096
};

const char *kl_maps_name(enum kl_maps maps)
{
    static const char *const names[] = {"same", "changed", "manual", "none"};
    return names[maps];
}

enum kl_err kl_project_add(struct kl_project *project, struct kl_finding finding,
                           struct kl_diag *diag)
{
    for (int32_t i = 0; i < project->finding_count; i++) {
        const struct kl_finding *known = &project->findings[i];
        if (strcmp(known->group, finding.group) == 0 && strcmp(known->name, finding.name) == 0 &&
            strcmp(known->value, finding.value) == 0) {
            return KL_OK;
        }
    }
    if (project->finding_count == MAX_FINDINGS) {
        return kl_fail(diag, KL_ELIMIT, "more than %d settings and calls", MAX_FINDINGS);
    }
    if (!project->findings) {
        project->findings = KL_NEW(project->arena, struct kl_finding, MAX_FINDINGS);
    }
    finding.name = kl_arena_printf(project->arena, "%s", finding.name);
    finding.value = kl_arena_printf(project->arena, "%s", finding.value);
    finding.file = kl_arena_printf(project->arena, "%s", finding.file);
    if (!project->findings || !finding.name || !finding.value || !finding.file) {
        return KL_FAIL_MEMORY(diag);
    }
    project->findings[project->finding_count++] = finding;
    return KL_OK;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

bool kl_source_has(const struct kl_source *source, const char *word)
{
    const char *at = (const char *)source->text.data;
    const char *end = at + source->text.size;
    size_t length = strlen(word);
    for (; (size_t)(end - at) >= length; at++) {
        at = memchr(at, word[0], (size_t)(end - at) - length + 1);
        if (!at) {
            return false;
        }
        bool whole = (at == (const char *)source->text.data || !is_word(at[-1])) &&
                     ((size_t)(end - at) == length || !is_word(at[length]));
        if (whole && memcmp(at, word, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t a = strlen(name), b = strlen(ending);
    return a > b && strcmp(name + a - b, ending) == 0;
}

static bool is_source(const char *name)
{
    static const char *const endings[] = {".c",   ".cc",  ".cpp", ".cxx",   ".h",
                                          ".hpp", ".ino", ".inc", ".tflite"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (ends_with(name, endings[i])) {
            return true;
        }
    }
    return false;
}

/* The runtime's own sources say nothing about the application. */
static bool is_library_folder(const char *name)
{
    static const char *const names[] = {".git",         "edge-impulse-sdk", "tensorflow",
                                        "node_modules", "third_party",      "CMSIS",
                                        "cmsis-nn"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_tflite(struct kl_bytes content)
{
    return content.size >= 8 && memcmp(content.data + 4, "TFL3", 4) == 0;
}

struct search {
    struct kl_project *project;
    const struct kl_source *source;
    struct kl_diag *diag;
    enum kl_err err;
};

static enum kl_err add_model(struct kl_project *project, const char *name, const char *file,
                             struct kl_bytes content, struct kl_diag *diag)
{
    struct kl_project_model *model = &project->models[project->model_count];
    if (project->model_count == KL_PROJECT_MODELS) {
        return kl_fail(diag, KL_ELIMIT, "more than %d models", KL_PROJECT_MODELS);
    }
    *model = (struct kl_project_model){kl_arena_printf(project->arena, "%s", name),
                                       kl_arena_printf(project->arena, "%s", file), content};
    project->model_count++;
    return model->name && model->file ? KL_OK : KL_FAIL_MEMORY(diag);
}

static bool note_array(void *context, const struct kl_c_array *array)
{
    struct search *s = context;
    if (is_tflite(array->content)) {
        s->err = add_model(s->project, array->name, s->source->name, array->content, s->diag);
    }
    return s->err == KL_OK;
}

static enum kl_err read_source(struct kl_project *project, const struct kl_source *source,
                               struct kl_diag *diag)
{
    if (is_tflite(source->text)) {
        return add_model(project, source->name, source->name, source->text, diag);
    }
    struct search s = {project, source, diag, KL_OK};
    KL_TRY(kl_c_arrays(source->text, LEAST_MODEL_BYTES, project->arena, note_array, &s, diag));
    KL_TRY(s.err);
    KL_TRY(kl_project_tflm(project, source, diag));
    return kl_project_edge_impulse(project, source, diag);
}

static enum kl_err read_file(struct kl_project *project, const char *path, const char *name,
                             struct kl_diag *diag)
{
    struct kl_source source = {.name = name};
    if (project->file_count++ == MAX_FILES) {
        return kl_fail(diag, KL_ELIMIT, "more than %d source files; name a folder further down",
                       MAX_FILES);
    }
    KL_TRY(kl_file_read(path, FILE_LIMIT, project->arena, &source.text, diag));
    return read_source(project, &source, diag);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static enum kl_err read_entry(struct kl_project *project, FTS *tree, FTSENT *entry, size_t root,
                              struct kl_diag *diag)
{
    bool below = entry->fts_level > 0;
    if (entry->fts_info == FTS_D && below &&
        (is_library_folder(entry->fts_name) || entry->fts_level > MAX_DEPTH)) {
        fts_set(tree, entry, FTS_SKIP);
    }
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
        return kl_fail(diag, KL_EIO, "%.300s: cannot be read", entry->fts_path);
    }
    if (entry->fts_info != FTS_F || (below && !is_source(entry->fts_name))) {
        return KL_OK;
    }
    const char *name = below ? entry->fts_path + root : entry->fts_name;
    return read_file(project, entry->fts_path, name + strspn(name, "/"), diag);
}

static enum kl_err read_tree(struct kl_project *project, const char *path, struct kl_diag *diag)
{
    char *root = kl_arena_printf(project->arena, "%s", path);
    if (!root) {
        return KL_FAIL_MEMORY(diag);
    }
    char *const roots[] = {root, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    enum kl_err err = tree ? KL_OK : kl_fail(diag, KL_EIO, "%.300s: cannot be read", path);
    for (FTSENT *e = err ? NULL : fts_read(tree); e && err == KL_OK; e = fts_read(tree)) {
        err = read_entry(project, tree, e, strlen(root), diag);
    }
    if (tree) {
        fts_close(tree);
    }
    return err;
}

enum kl_err kl_project_read(const char *path, struct kl_arena *arena, struct kl_project *project,
                            struct kl_diag *diag)
{
    struct stat info;
    *project = (struct kl_project){.arena = arena, .kind = "sources"};
    if (stat(path, &info) != 0) {
        return kl_fail(diag, KL_EIO, "%.300s: no such file or folder", path);
    }
    KL_TRY(read_tree(project, path, diag));
    if (project->file_count == 0) {
        return kl_fail(diag, KL_EINPUT, "%.300s: no C or C++ sources and no .tflite file there",
                       path);
    }
    return KL_OK;
}
