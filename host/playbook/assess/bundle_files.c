/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/assess/bundle_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/command.h"
#include "playbook/evidence/paths.h"

static const char *const model_endings[] = {".tflite", ".onnx", ".klm", NULL};
static const char *const source_endings[] = {".c", ".h", ".S", NULL};

static bool has_ending(const char *path, const char *const *endings)
{
    size_t length = strlen(path);
    for (; *endings; endings++) {
        size_t end = strlen(*endings);
        if (length > end && strcmp(path + length - end, *endings) == 0) {
            return true;
        }
    }
    return false;
}

static enum kl_err hash_file(const char *path, const struct kl_yaml *node,
                             struct kl_bundle_file *file, struct kl_diag *diag)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return kl_yaml_fail(node, diag, "cannot read %s: %s; run the step that makes it",
                            file->path, strerror(errno));
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return kl_yaml_fail(node, diag, "%s is no file; name each file of the bundle", file->path);
    }
    int error = kl_sha256_stream(fd, KL_BUNDLE_FILE_BYTES, &file->bytes, file->sha256);
    close(fd);
    if (error) {
        return kl_yaml_fail(node, diag, "cannot read %s: %s", file->path, strerror(error));
    }
    return KL_OK;
}

static bool has_file(const struct kl_bundle *bundle, const char *path)
{
    for (size_t i = 0; i < bundle->count; i++) {
        if (strcmp(bundle->files[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* Add the file that `node` of the playbook is about, unless it is there already. */
static enum kl_err add_file(const struct kl_playbook *playbook, const struct kl_yaml *node,
                            const char *written, struct kl_bundle *bundle, struct kl_diag *diag)
{
    const char *path = kl_path_normal(playbook->arena, written);
    const char *here = path ? kl_playbook_file(playbook, path) : NULL;
    if (!here) {
        return KL_FAIL_MEMORY(diag);
    }
    if (has_file(bundle, path)) {
        return KL_OK;
    }
    if (bundle->count == KL_BUNDLE_FILES) {
        return kl_yaml_fail(node, diag, "a bundle has at most %d files; pack them into an archive",
                            (int)KL_BUNDLE_FILES);
    }
    struct kl_bundle_file *file = &bundle->files[bundle->count];
    *file = (struct kl_bundle_file){.path = path, .model = has_ending(path, model_endings)};
    KL_TRY(hash_file(here, node, file, diag));
    bundle->count++;
    return KL_OK;
}

/* What is shipped must be reproducible from the folder; a model that is only used may lie
 * anywhere. */
static enum kl_err add_shipped(const struct kl_playbook *playbook, struct kl_bundle *bundle,
                               struct kl_diag *diag)
{
    const struct kl_yaml *list = kl_playbook_field(playbook, "release.bundle");
    for (size_t i = 0; list && list->kind == KL_YAML_LIST && i < list->count; i++) {
        const char *path = kl_yaml_text(list->items[i], "");
        const char *normal = kl_path_normal(playbook->arena, path);
        if (normal && !kl_path_is_below(normal)) {
            return kl_yaml_fail(list->items[i], diag,
                                "%s is outside of the playbook's folder; copy it into it", path);
        }
        KL_TRY(add_file(playbook, list->items[i], path, bundle, diag));
    }
    return KL_OK;
}

static enum kl_err add_models(const struct kl_playbook *playbook, struct kl_bundle *bundle,
                              struct kl_diag *diag)
{
    const struct kl_yaml *list = kl_playbook_field(playbook, "hardware.models");
    for (size_t i = 0; list && list->kind == KL_YAML_LIST && i < list->count; i++) {
        const struct kl_yaml *node = list->items[i];
        KL_TRY(add_file(playbook, node, kl_yaml_text(node, ""), bundle, diag));
    }
    return KL_OK;
}

static int is_source(const struct dirent *entry)
{
    return has_ending(entry->d_name, source_endings);
}

/* Sources directly in a folder that a step has made, by name. */
static enum kl_err add_folder(const struct kl_playbook *playbook, const struct kl_yaml *node,
                              const char *folder, struct kl_bundle *bundle, struct kl_diag *diag)
{
    const char *here = kl_playbook_file(playbook, folder);
    struct dirent **entries;
    int count = here ? scandir(here, &entries, is_source, alphasort) : -1;
    enum kl_err err = KL_OK;
    for (int i = 0; i < count; i++) {
        const char *path = kl_arena_printf(playbook->arena, "%s/%s", folder, entries[i]->d_name);
        if (err == KL_OK) {
            err = path ? add_file(playbook, node, path, bundle, diag) : KL_FAIL_MEMORY(diag);
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    return err;
}

/* Sources among what the steps make: the generated ones. */
static enum kl_err add_generated(const struct kl_playbook *playbook, struct kl_bundle *bundle,
                                 struct kl_diag *diag)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct kl_step *step = &playbook->steps[i];
        for (const char *const *output = step->outputs; output && *output; output++) {
            const char *here = kl_playbook_file(playbook, *output);
            struct stat info;
            if (!here || stat(here, &info) != 0) {
                continue; /* not made yet */
            }
            if (S_ISDIR(info.st_mode)) {
                KL_TRY(add_folder(playbook, step->node, *output, bundle, diag));
            } else if (has_ending(*output, source_endings)) {
                KL_TRY(add_file(playbook, step->node, *output, bundle, diag));
            }
        }
    }
    return KL_OK;
}

enum kl_err kl_bundle_read(const struct kl_playbook *playbook, struct kl_bundle *bundle,
                           struct kl_diag *diag)
{
    *bundle = (struct kl_bundle){
        .files = KL_NEW(playbook->arena, struct kl_bundle_file, KL_BUNDLE_FILES)};
    if (!bundle->files) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(add_shipped(playbook, bundle, diag));
    bundle->shipped = bundle->count;
    KL_TRY(add_models(playbook, bundle, diag));
    KL_TRY(add_generated(playbook, bundle, diag));
    struct kl_buffer lines = KL_BUFFER(16 << 20);
    for (size_t i = 0; i < bundle->shipped; i++) {
        kl_buffer_printf(&lines, "%s  %s\n", bundle->files[i].sha256, bundle->files[i].path);
    }
    bool failed = lines.failed;
    kl_sha256_hex(lines.data ? lines.data : "", lines.size, bundle->sha256);
    kl_buffer_free(&lines);
    return failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

/* The first line that a command prints when it succeeds, else "". */
static const char *first_line(const struct kl_playbook *playbook, const char *const *argv)
{
    struct kl_buffer output = KL_BUFFER(64 * 1024);
    struct kl_diag ignored = {0}; /* without the program there is nothing to say */
    int status = 1;
    const char *line = NULL;
    if (kl_command_run(argv, &output, &status, &ignored) == KL_OK && status == 0 && output.data) {
        line = kl_arena_printf(playbook->arena, "%.*s", (int)strcspn(output.data, "\r\n"),
                               output.data);
    }
    kl_buffer_free(&output);
    return line ? line : "";
}

const char *kl_bundle_git_version(const struct kl_playbook *playbook)
{
    const char *const argv[] = {"git",      "-C",     playbook->folder, "describe",
                                "--always", "--tags", "--dirty",        NULL};
    return first_line(playbook, argv);
}

const char *kl_bundle_tool_version(const struct kl_playbook *playbook, const char *program)
{
    const char *const argv[] = {program, "--version", NULL};
    return first_line(playbook, argv);
}
