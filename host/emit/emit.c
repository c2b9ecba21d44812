/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "emit/model_text.h"

static bool is_keyword(const char *name)
{
    static const char *const keywords[] = {
        "auto",    "break",  "case",     "char",   "const",    "continue", "default",
        "do",      "double", "else",     "enum",   "extern",   "float",    "for",
        "goto",    "if",     "inline",   "int",    "long",     "register", "restrict",
        "return",  "short",  "signed",   "sizeof", "static",   "struct",   "switch",
        "typedef", "union",  "unsigned", "void",   "volatile", "while",
    };
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strcmp(name, keywords[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Names that C or the device library keeps for itself, and what does not begin with a letter. */
static bool is_reserved(const char *name)
{
    return name[0] < 'a' || name[0] > 'z' || is_keyword(name) || strcmp(name, "kl") == 0 ||
           strncmp(name, "kl_", 3) == 0 || strcmp(name, "kinglet") == 0;
}

void kl_emit_identifier(const char *path, char name[48])
{
    enum { MAX_LENGTH = 34 }; /* 40 with what may go in front */
    const char *base = strrchr(path, '/');
    char word[MAX_LENGTH + 1];
    base = base ? base + 1 : path;
    const char *extension = strrchr(base, '.');
    size_t length = extension ? (size_t)(extension - base) : strlen(base);
    length = length < MAX_LENGTH ? length : MAX_LENGTH;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)base[i];
        word[i] = (char)(isalnum(c) ? tolower(c) : '_');
    }
    word[length] = '\0';
    snprintf(name, 48, "%s%s", is_reserved(word) ? "model_" : "", word);
}

static enum kl_err name_constant(struct kl_emit_names *names, struct kl_arena *arena,
                                 const void *data, const char *field, int32_t step,
                                 struct kl_diag *diag)
{
    int32_t i = 0;
    while (names->plan->constants[i].data != data) {
        i++;
    }
    if (!names->names[i]) {
        names->names[i] = kl_arena_printf(arena, "step_%02d_%s", step, field);
    }
    return names->names[i] ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err name_pointers(struct kl_emit_names *names, struct kl_arena *arena,
                                 const struct kl_field *fields, const unsigned char *data,
                                 int32_t step, struct kl_diag *diag)
{
    for (const struct kl_field *field = fields; field->name; field++) {
        if (field->type == KL_FIELD_STRUCT) {
            KL_TRY(name_pointers(names, arena, field->fields, data + field->offset, step, diag));
        } else if (field->type == KL_FIELD_POINTER) {
            const void *pointer;
            memcpy(&pointer, data + field->offset, sizeof pointer);
            if (pointer) {
                KL_TRY(name_constant(names, arena, pointer, field->name, step, diag));
            }
        }
    }
    return KL_OK;
}

/* Constants are called after the step and field that use them first. */
static enum kl_err name_constants(struct kl_emit_names *names, struct kl_arena *arena,
                                  struct kl_diag *diag)
{
    const struct kl_plan *plan = names->plan;
    names->names = KL_NEW(arena, const char *, (size_t)plan->constant_count);
    if (!names->names) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t s = 0; s < kl_plan_all_steps(plan); s++) {
        const struct kl_plan_step *step = &plan->steps[s];
        KL_TRY(name_pointers(names, arena, kl_kernel_fields(step->kernel), step->params, s, diag));
        for (int32_t i = 0; i < step->in_count; i++) {
            if (step->in[i].buffer < 0) {
                const void *data = plan->constants[step->in[i].constant].data;
                char role[16];
                snprintf(role, sizeof role, "input_%d", i);
                KL_TRY(name_constant(names, arena, data, role, s, diag));
            }
        }
    }
    return KL_OK;
}

static void decide_sharing(const struct kl_plan *plan, enum kl_emit_kernels kernels,
                           bool shared[KL_KERNEL_COUNT])
{
    int32_t uses[KL_KERNEL_COUNT] = {0};
    for (int32_t i = 0; i < kl_plan_all_steps(plan); i++) {
        uses[plan->steps[i].kernel]++;
    }
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        shared[k] =
            uses[k] && kernels != KL_EMIT_EACH && (uses[k] > 1 || kernels == KL_EMIT_SHARED);
    }
}

enum kl_err kl_emit_model(const struct kl_plan *plan, const struct kl_emit_options *options,
                          struct kl_buffer *source, struct kl_buffer *header, struct kl_diag *diag)
{
    struct kl_emit_job job = {.plan = plan, .options = options, .names = {.plan = plan}};
    struct kl_arena *arena = kl_arena_create((size_t)16 << 20);
    if (!arena) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = name_constants(&job.names, arena, diag);
    if (err == KL_OK) {
        decide_sharing(plan, options->kernels, job.shared);
        kl_emit_header_text(&job, header);
        kl_emit_source_text(&job, source);
        err = source->failed || header->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
    }
    kl_arena_free(arena);
    return err;
}

enum kl_err kl_emit_header(const struct kl_plan *plan, const struct kl_emit_options *options,
                           struct kl_buffer *header, struct kl_diag *diag)
{
    const struct kl_emit_job job = {.plan = plan, .options = options};
    kl_emit_header_text(&job, header);
    return header->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}
