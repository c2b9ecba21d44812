/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core.h"

#include <string.h>

#include "base/builtin.h"
#include "base/nearest.h"
#include "target/fact_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char folder[] = "boards/cores/";
static const char ending[] = ".yaml";
static const char *const none[] = {NULL};

static const char *const kernel_sets[KL_KERNEL_SET_COUNT] = {
    [KL_KERNELS_PORTABLE] = "portable",
    [KL_KERNELS_ARMV7EM] = "armv7em",
    [KL_KERNELS_MVE] = "mve",
    [KL_KERNELS_MUL32] = "mul32",
};

const char *kl_kernel_set_name(enum kl_kernel_set set)
{
    return kernel_sets[set];
}

/* A core under construction: facts are read when the sources are known. */
struct draft {
    struct kl_core core;
    const struct kl_yaml *facts, *sources;
};

static enum kl_err keep_node(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member)
{
    (void)reader;
    (void)field;
    *(const struct kl_yaml **)member = value;
    return KL_OK;
}

static enum kl_err read_kernels(struct reader *reader, const struct field *field,
                                const struct kl_yaml *value, void *member)
{
    const char *name;
    KL_TRY(record_read_name(reader, field, value, &name));
    for (int set = 0; set < KL_KERNEL_SET_COUNT; set++) {
        if (strcmp(name, kernel_sets[set]) == 0) {
            *(enum kl_kernel_set *)member = (enum kl_kernel_set)set;
            return KL_OK;
        }
    }
    return record_unknown(reader, value, "set of kernels", kernel_sets, COUNT(kernel_sets));
}

static enum kl_err read_coremark(struct reader *reader, const struct field *field,
                                 const struct kl_yaml *value, void *member)
{
    static const struct kl_fact_kind_info kind = {"coremark_per_mhz", "CoreMark per MHz", "",
                                                  KL_FACT_NUMBER, &KL_PLAIN};
    (void)field;
    return fact_read(reader, &kind, reader->context, value, member);
}

static enum kl_err read_facts(struct reader *reader, struct draft *draft)
{
    static const struct field fields[] = {
        {"coremark_per_mhz", read_coremark, offsetof(struct kl_core, coremark_per_mhz), false},
    };
    if (draft->sources) {
        KL_TRY(sources_read(reader, draft->sources, &draft->core.sources));
    }
    reader->context = draft->core.sources;
    return draft->facts
               ? record_read(reader, "facts", draft->facts, fields, COUNT(fields), &draft->core)
               : KL_OK;
}

/* A name, or a list of names. */
static enum kl_err read_names(struct reader *reader, const struct field *field,
                              const struct kl_yaml *value, void *member)
{
    const char **one;
    if (value->kind == KL_YAML_LIST) {
        return record_read_texts(reader, field, value, member);
    }
    one = KL_NEW(reader->arena, const char *, 2);
    if (!one) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    *(const char *const **)member = one;
    return record_read_name(reader, field, value, one);
}

/* The core of an emulated board. The board itself is not read: it names a core, too. */
static enum kl_err find_core_of_board(struct reader *reader, const struct kl_yaml *root,
                                      const char *name, const char **core)
{
    const char *path = kl_arena_printf(reader->arena, "boards/%s%s", name, ending);
    if (!path) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    const struct kl_builtin *file = kl_builtin_find(path);
    const struct kl_yaml *board = NULL;
    if (file) {
        KL_TRY(record_parse((const char *)file->data, file->size, path, reader, &board));
    }
    *core = kl_yaml_text(kl_yaml_get(board, "core"), NULL);
    bool emulated = kl_yaml_get(board, "emulation") != NULL;
    return *core && emulated ? KL_OK
                             : record_refuse(reader, "counted_on", kl_yaml_get(root, "counted_on"),
                                             "an emulated board of the program");
}

static enum kl_err complete(struct reader *reader, const struct kl_yaml *root, struct kl_core *core)
{
    if (core->toolchain && !core->cflags) {
        return kl_yaml_fail(root, reader->diag, "a core with a toolchain needs cflags");
    }
    core->cflags = core->cflags ? core->cflags : none;
    if (core->counted_on && !core->toolchain) {
        return kl_yaml_fail(root, reader->diag, "a core without a toolchain cannot be counted");
    }
    for (size_t i = 0; core->counted_on && core->counted_on[i]; i++) {
        const char *timing = NULL;
        KL_TRY(find_core_of_board(reader, root, core->counted_on[i], &timing));
        core->timing = core->timing ? core->timing : timing;
    }
    return KL_OK;
}

enum kl_err kl_core_parse(const char *text, size_t bytes, const char *origin,
                          struct kl_arena *arena, const struct kl_core **core, struct kl_diag *diag)
{
    static const struct field fields[] = {
        {"name", record_read_name, offsetof(struct draft, core.name), true},
        {"title", record_read_text, offsetof(struct draft, core.title), true},
        {"isa", record_read_texts, offsetof(struct draft, core.isa), true},
        {"toolchain", record_read_name, offsetof(struct draft, core.toolchain), false},
        {"cflags", record_read_cflags, offsetof(struct draft, core.cflags), false},
        {"fpu", record_read_flag, offsetof(struct draft, core.has_fpu), true},
        {"kernels", read_kernels, offsetof(struct draft, core.kernels), false},
        {"counted_on", read_names, offsetof(struct draft, core.counted_on), false},
        {"timing", record_read_name, offsetof(struct draft, core.timing), false},
        {"paced_by", record_read_name, offsetof(struct draft, core.paced_by), false},
        {"unscaled", record_read_flag, offsetof(struct draft, core.is_unscaled), false},
        {"sources", keep_node, offsetof(struct draft, sources), false},
        {"facts", keep_node, offsetof(struct draft, facts), false},
    };
    struct reader reader = {.arena = arena, .diag = diag};
    const struct kl_yaml *root;
    struct draft *draft = KL_NEW(arena, struct draft, 1);
    *core = NULL;
    if (!draft) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(record_parse(text, bytes, origin, &reader, &root));
    KL_TRY(record_read(&reader, "core", root, fields, COUNT(fields), draft));
    KL_TRY(read_facts(&reader, draft));
    KL_TRY(complete(&reader, root, &draft->core));
    *core = &draft->core;
    return KL_OK;
}

const char *const *kl_core_names(struct kl_arena *arena, size_t *count)
{
    const char **names = KL_NEW(arena, const char *, kl_builtin_count);
    *count = 0;
    for (size_t i = 0; names && i < kl_builtin_count; i++) {
        const char *path = kl_builtins[i].path;
        if (strncmp(path, folder, strlen(folder)) == 0) {
            const char *name = path + strlen(folder);
            names[*count] =
                kl_arena_printf(arena, "%.*s", (int)(strlen(name) - strlen(ending)), name);
            if (!names[(*count)++]) {
                return NULL;
            }
        }
    }
    return names;
}

enum kl_err kl_core_find(const char *name, struct kl_arena *arena, const struct kl_core **core,
                         struct kl_diag *diag)
{
    size_t count;
    *core = NULL;
    const char *path = kl_arena_printf(arena, "%s%s%s", folder, name, ending);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    const struct kl_builtin *file = kl_builtin_find(path);
    if (file) {
        return kl_core_parse((const char *)file->data, file->size, path, arena, core, diag);
    }
    const char *const *names = kl_core_names(arena, &count);
    if (!names) {
        return KL_FAIL_MEMORY(diag);
    }
    const char *nearest = kl_nearest(name, names, count);
    return kl_fail(diag, KL_EINPUT, "unknown core '%.64s'%s%s%s", name,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}
