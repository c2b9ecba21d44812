/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/firmware_stack.h"

#include <stdio.h>

#include "flow/firmware_files.h"

enum { ELF_LIMIT = 256 << 20, CALLGRAPH_LIMIT = 64 << 20 };

/* The function of the test firmware that loops over the steps, as kl_model_run does. */
static const char run_loop[] = "kl_harness_run";

static enum kl_err read_file(const char *folder, const char *file, size_t limit,
                             struct kl_arena *arena, struct kl_bytes *bytes, struct kl_diag *diag)
{
    char path[4200];
    snprintf(path, sizeof path, "%.4000s/firmware/%s", folder, file);
    return kl_file_read(path, limit, arena, bytes, diag);
}

static enum kl_err bound_model(struct kl_bytes elf, struct kl_bytes callgraph, const char *name,
                               const char *root, struct kl_arena *arena,
                               struct kl_stack_bound *bound, struct kl_diag *diag)
{
    struct kl_elf_model model;
    KL_TRY(kl_elf_model(elf, name, arena, &model, diag));
    const struct kl_stack_question question = {.elf = elf,
                                               .root = root,
                                               .steps = model.steps,
                                               .step_count =
                                                   (size_t)model.step_count + model.reset_count,
                                               .callgraph = callgraph};
    return kl_stack_bound(&question, arena, bound, diag);
}

enum kl_err kl_elf_stack(struct kl_bytes elf, const char *name, const char *root,
                         struct kl_arena *arena, struct kl_stack_bound *bound, struct kl_diag *diag)
{
    return bound_model(elf, (struct kl_bytes){NULL, 0}, name, root, arena, bound, diag);
}

/* "arm-none-eabi-gcc 12.2.1 -O2 -mcpu=..." */
static const char *describe_build(const struct kl_board *board, struct kl_arena *arena)
{
    const char *version = kl_compiler_version(board->toolchain, arena);
    const char *text = kl_arena_printf(arena, "%sgcc %s %s", board->toolchain,
                                       version ? version : "", KL_FIRMWARE_OPTIMISATION);
    for (const char *const *flag = board->cflags; text && *flag; flag++) {
        text = kl_arena_printf(arena, "%s %s", text, *flag);
    }
    return text;
}

enum kl_err kl_firmware_stack(const char *folder, const struct kl_board *board, const char *name,
                              struct kl_arena *arena, struct kl_firmware_stack *stack,
                              struct kl_diag *diag)
{
    struct kl_bytes elf, callgraph;
    struct kl_diag reason = {0};
    *stack = (struct kl_firmware_stack){.is_known = false};
    KL_TRY(read_file(folder, "firmware.elf", ELF_LIMIT, arena, &elf, diag));
    enum kl_err err =
        read_file(folder, "build/model.ci", CALLGRAPH_LIMIT, arena, &callgraph, &reason);
    if (err == KL_OK) {
        err = bound_model(elf, callgraph, name, run_loop, arena, &stack->bound, &reason);
    }
    stack->is_known = err == KL_OK;
    stack->how = stack->is_known ? describe_build(board, arena)
                                 : kl_arena_printf(arena, "%s", reason.message);
    return stack->how ? KL_OK : KL_FAIL_MEMORY(diag);
}
