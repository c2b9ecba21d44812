/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/export.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/builtin.h"
#include "flow/firmware_files.h"

/* The file behind an include of what belongs to a model: the public headers and kernels. */
static const struct kl_builtin *find_include(const char *name, size_t length)
{
    static const char *const roots[] = {"device/include/", "device/"};
    bool ours = strncmp(name, "kinglet/", 8) == 0 || strncmp(name, "nn/", 3) == 0 ||
                strncmp(name, "dsp/", 4) == 0;
    if (!ours) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        char path[256];
        int n = snprintf(path, sizeof path, "%s%.*s", roots[i], (int)length, name);
        const struct kl_builtin *file =
            n > 0 && (size_t)n < sizeof path ? kl_builtin_find(path) : NULL;
        if (file) {
            return file;
        }
    }
    return NULL;
}

/* Where a device file goes below the folder: without "device/" and "include/". */
static const char *export_path(const struct kl_builtin *file)
{
    const char *path = file->path + strlen("device/");
    return strncmp(path, "include/", 8) == 0 ? path + 8 : path;
}

enum kl_err kl_export_file(const char *folder, const struct kl_builtin *file,
                           struct kl_exported *written, struct kl_diag *diag)
{
    size_t number = (size_t)(file - kl_builtins);
    if (number >= sizeof written->done || written->done[number]) {
        return KL_OK;
    }
    written->done[number] = true;
    KL_TRY(kl_write_below(folder, export_path(file), file->data, file->size, diag));
    return kl_export_includes(folder, (const char *)file->data, file->size, written, diag);
}

enum kl_err kl_export_includes(const char *folder, const char *text, size_t size,
                               struct kl_exported *written, struct kl_diag *diag)
{
    static const char directive[] = "#include \"";
    const char *end = text + size;
    const char *at = text;
    while ((at = memmem(at, (size_t)(end - at), directive, sizeof directive - 1)) != NULL) {
        at += sizeof directive - 1;
        const char *quote = memchr(at, '"', (size_t)(end - at));
        const struct kl_builtin *file = quote ? find_include(at, (size_t)(quote - at)) : NULL;
        if (file) {
            KL_TRY(kl_export_file(folder, file, written, diag));
        }
    }
    return KL_OK;
}

static enum kl_err check_fit(const struct kl_export *export, struct kl_diag *diag)
{
    const struct kl_plan *plan = export->job->plan;
    const struct kl_board *board = export->board;
    size_t ram = plan->arena_bytes + export->stack_bytes;
    /* The size of a memory that its board's file does not state is 0. */
    if (board->ram.bytes > 0 && ram > board->ram.bytes) {
        return kl_fail(
            diag, KL_EFIT,
            "does not fit %s: RAM needs %zu bytes (arena %zu, stack of the test firmware "
            "%u), the board has %u",
            board->name, ram, plan->arena_bytes, export->stack_bytes, board->ram.bytes);
    }
    if (board->flash.bytes > 0 && plan->constant_bytes > board->flash.bytes) {
        return kl_fail(diag, KL_EFIT,
                       "does not fit %s: flash needs %zu bytes for constants alone, the board has "
                       "%u",
                       board->name, plan->constant_bytes, board->flash.bytes);
    }
    return KL_OK;
}

/* What an earlier build wrote into model.h stays until the next one writes it anew, so that make
 * finds nothing changed. */
static bool is_header_current(const struct kl_export *export, const struct kl_buffer *header)
{
    char path[4200];
    struct kl_bytes old;
    struct kl_diag ignored = {0};
    bool build_follows = export->stack_bytes > 0;
    snprintf(path, sizeof path, "%.4000s/model.h", export->folder);
    return build_follows &&
           kl_file_read(path, header->max, export->job->arena, &old, &ignored) == KL_OK &&
           kl_emit_same_but_stack((const char *)old.data, old.size, header->data, header->size);
}

static enum kl_err write_texts(const struct kl_export *export, const struct kl_buffer *source,
                               const struct kl_buffer *header, struct kl_diag *diag)
{
    struct kl_exported written = {{false}};
    KL_TRY(kl_write_below(export->folder, "model.c", source->data, source->size, diag));
    if (!is_header_current(export, header)) {
        KL_TRY(kl_write_below(export->folder, "model.h", header->data, header->size, diag));
    }
    KL_TRY(kl_export_includes(export->folder, source->data, source->size, &written, diag));
    return kl_export_includes(export->folder, header->data, header->size, &written, diag);
}

/* `name` receives the prefix of the model's symbols. */
static struct kl_emit_options emit_options(const struct kl_export *export, char name[48])
{
    const char *base = strrchr(export->job->path, '/');
    kl_emit_identifier(export->name ? export->name : export->job->path, name);
    return (struct kl_emit_options){.name = name,
                                    .source = base ? base + 1 : export->job->path,
                                    .sha256 = export->job->sha256,
                                    .kernels = export->kernels,
                                    .events = export->events};
}

enum kl_err kl_export_model(const struct kl_export *export, struct kl_diag *diag)
{
    char name[48];
    struct kl_emit_options options = emit_options(export, name);
    KL_TRY(check_fit(export, diag));
    KL_TRY(kl_dir_create(export->folder, diag));
    struct kl_buffer source = KL_BUFFER((size_t)1 << 30);
    struct kl_buffer header = KL_BUFFER((size_t)16 << 20);
    enum kl_err err = kl_emit_model(export->job->plan, &options, &source, &header, diag);
    if (err == KL_OK) {
        err = write_texts(export, &source, &header, diag);
    }
    kl_buffer_free(&source);
    kl_buffer_free(&header);
    return err;
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool kl_is_port_part(const struct kl_builtin *part, const char *port)
{
    char include[256];
    const char *name = part->path + strlen("device/");
    if (!begins_with(part->path, "device/port/arm/")) {
        return false;
    }
    int n = snprintf(include, sizeof include, "#include \"%.*s.h\"", (int)strcspn(name, "."), name);
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        if (begins_with(file->path, port) &&
            memmem(file->data, file->size, include, (size_t)n) != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_in_firmware(const struct kl_builtin *file, const char *port)
{
    static const char ports[] = "device/port/";
    bool common = begins_with(file->path, ports) && !strchr(file->path + strlen(ports), '/');
    bool tests = begins_with(file->path, "device/agent/") &&
                 !begins_with(file->path, "device/agent/manage/") &&
                 !begins_with(file->path, "device/agent/models/");
    return common || tests || begins_with(file->path, port) || kl_is_port_part(file, port);
}

/* Which main a firmware has depends on what it serves. */
static bool is_common_source(const char *path)
{
    size_t length = strlen(path);
    return path[length - 1] == 'c' && strcmp(path, "device/agent/harness.c") != 0 &&
           !begins_with(path, "device/agent/pack/");
}

enum kl_err kl_export_firmware_sources(const char *folder, const struct kl_board *board,
                                       struct kl_exported *written, struct kl_buffer *sources,
                                       struct kl_diag *diag)
{
    char port[128];
    bool has_port = false;
    snprintf(port, sizeof port, "device/port/%.100s/", board->port);
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        if (!is_in_firmware(file, port)) {
            continue;
        }
        has_port = has_port || begins_with(file->path, port);
        char path[300];
        snprintf(path, sizeof path, "firmware/%.250s", file->path + strlen("device/"));
        KL_TRY(kl_write_below(folder, path, file->data, file->size, diag));
        KL_TRY(kl_export_includes(folder, (const char *)file->data, file->size, written, diag));
        if (is_common_source(file->path)) {
            kl_buffer_printf(sources, " %s", file->path + strlen("device/"));
        }
    }
    if (!has_port) {
        return kl_fail(
            diag, KL_EINPUT,
            "board %s: there is no port '%.60s'; `port` names a folder of device/port, as in "
            "the built-in boards",
            board->name, board->port);
    }
    return KL_OK;
}

enum kl_err kl_export_check_board(const struct kl_board *board, struct kl_diag *diag)
{
    if (kl_board_has_port(board) && board->toolchain) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EUSAGE,
                   "%s: kinglet has no %s for this board yet, so it can neither build nor run a "
                   "test firmware; `kinglet select MODEL --board %s` estimates it, and `kinglet "
                   "compile --no-build` writes the C files",
                   board->name, board->toolchain ? "firmware port" : "compiler", board->name);
}

/* Replace model.h, but let it be as old as before: no object depends on what it says of the stack,
 * and make shall not build any anew. */
static enum kl_err replace_header(const struct kl_export *export, const struct kl_buffer *header,
                                  struct kl_diag *diag)
{
    char path[4200];
    struct stat before;
    snprintf(path, sizeof path, "%.4000s/model.h", export->folder);
    int is_there = stat(path, &before);
    KL_TRY(kl_write_below(export->folder, "model.h", header->data, header->size, diag));
    if (is_there == 0) {
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, before.st_mtim};
        utimensat(AT_FDCWD, path, times, 0); /* if it fails, make builds once more */
    }
    return KL_OK;
}

/* Bound the stack of the firmware that was built, and let model.h say it. */
static enum kl_err write_stack(const struct kl_export *export, struct kl_diag *diag)
{
    char name[48];
    struct kl_firmware_stack stack;
    struct kl_buffer header = KL_BUFFER((size_t)16 << 20);
    struct kl_emit_options options = emit_options(export, name);
    KL_TRY(
        kl_firmware_stack(export->folder, export->board, name, export->job->arena, &stack, diag));
    if (export->stack) {
        *export->stack = stack;
    }
    options.stack = (struct kl_emit_stack){stack.is_known, stack.bound.bytes, stack.how};
    enum kl_err err = kl_emit_header(export->job->plan, &options, &header, diag);
    if (err == KL_OK) {
        err = replace_header(export, &header, diag);
    }
    kl_buffer_free(&header);
    return err;
}

enum kl_err kl_export_firmware(const struct kl_export *export, struct kl_diag *diag)
{
    char name[48];
    struct kl_buffer sources = KL_BUFFER(64 * 1024);
    struct kl_exported written = {{false}};
    KL_TRY(kl_export_check_board(export->board, diag));
    kl_emit_identifier(export->name ? export->name : export->job->path, name);
    enum kl_err err =
        kl_export_firmware_sources(export->folder, export->board, &written, &sources, diag);
    if (err == KL_OK) {
        const struct kl_firmware_parts parts = {
            .board = export->board,
            .sources = sources.data ? sources.data : "",
            .model_objects = " build/agent/harness.o build/model_link.o build/model.o"};
        err = kl_firmware_write(export->folder, &parts, diag);
    }
    kl_buffer_free(&sources);
    if (err == KL_OK) {
        err = kl_firmware_write_link(export->folder, name, diag);
    }
    if (err == KL_OK) {
        err = kl_firmware_make(export->folder, export->board, diag);
    }
    if (err == KL_OK) {
        err = write_stack(export, diag);
    }
    return err;
}
