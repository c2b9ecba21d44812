/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/hash.h"
#include "cli/commands.h"
#include "cli/stack_report.h"

enum { ELF_LIMIT = 256 << 20 };

#define ARENA_BYTES ((size_t)1 << 30)

struct stack_options {
    struct kl_common common;
    const char *name, *root;
};

static enum kl_err answer(const char *path, const struct stack_options *o, struct kl_arena *arena,
                          struct kl_result *result, struct kl_diag *diag)
{
    char number[KL_NUMBER_BYTES];
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_bytes elf;
    struct kl_stack_bound bound;
    if (!o->name) {
        return kl_fail(diag, KL_EUSAGE,
                       "--name is missing: the prefix of the model's symbols, for example 'kws' of "
                       "kws_model");
    }
    KL_TRY(kl_file_read(path, ELF_LIMIT, arena, &elf, diag));
    kl_sha256_hex(elf.data, elf.size, sha256);
    kl_result_input(result, path, sha256);
    KL_TRY(kl_elf_stack(elf, o->name, o->root, arena, &bound, diag));
    kl_result_count(result, "ram.stack_bound", bound.bytes, "bytes", KL_COUNTED);
    kl_result_detail(result, "stack_chain", kl_stack_chain_json(&bound));
    if (!o->common.json) {
        printf("%s%s%s: at most %s bytes of stack %s, interrupts apart; the deepest chain of "
               "calls:\n",
               kl_bold(), o->name, kl_plain(), kl_grouped(bound.bytes, number),
               o->root ? "from its root" : "in a step");
        kl_print_stack_chain(&bound);
    }
    return KL_OK;
}

int kl_cmd_stack(int argc, char **argv, const struct kl_command *self)
{
    struct stack_options o = {.name = NULL};
    const struct kl_option options[] = {
        {.name = "--name",
         .argument = "NAME",
         .help = "prefix of the model's symbols: NAME_model is in the firmware",
         .text = &o.name},
        {.name = "--root",
         .argument = "F",
         .help = "count from this function on, which calls kl_model_run (default: a step alone)",
         .text = &o.root},
        {.name = NULL},
    };
    const char *path;
    struct kl_diag diag = {0};
    struct kl_result result;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.common, &path, 1, &status)) {
        return status;
    }
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    kl_result_init(&result, self->name);
    enum kl_err err = arena ? answer(path, &o, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    status = kl_finish(&result, &o.common, err, false, &diag);
    kl_arena_free(arena);
    return status;
}
