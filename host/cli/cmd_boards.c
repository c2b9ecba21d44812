/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/commands.h"

static json_t *board_json(const struct kl_board *b)
{
    json_t *sources = json_array();
    for (const char *const *s = b->sources; s && *s; s++) {
        json_array_append_new(sources, json_string(*s));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:o}", "name", b->name, "title",
                     b->title, "core", b->core, "clock_hz", (json_int_t)b->clock_hz, "flash_bytes",
                     (json_int_t)b->flash.bytes, "ram_bytes", (json_int_t)b->ram.bytes, "fpu",
                     b->has_fpu, "emulated", b->emulation.machine != NULL, "sources", sources);
}

static void print_board(const struct kl_board *b)
{
    printf("%s%-12s%s %s\n", kl_bold(), b->name, kl_plain(), b->title);
    printf("             %s, %.1f MHz, %u KiB flash, %u KiB RAM%s%s\n", b->core,
           (double)b->clock_hz / 1e6, b->flash.bytes / 1024, b->ram.bytes / 1024,
           b->has_fpu ? ", FPU" : "", b->emulation.machine ? ", emulated" : "");
}

static enum kl_err show(const char *wanted, const struct kl_common *common, struct kl_arena *arena,
                        struct kl_result *result, struct kl_diag *diag)
{
    const struct kl_board *one;
    const struct kl_board *const *boards = &one;
    size_t count = 1;
    if (wanted) {
        KL_TRY(kl_board_find(wanted, arena, &one, diag));
    } else {
        KL_TRY(kl_board_list(arena, &boards, &count, diag));
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, board_json(boards[i]));
        if (!common->json) {
            print_board(boards[i]);
        }
    }
    for (const char *const *s = wanted && !common->json ? one->sources : NULL; s && *s; s++) {
        printf("             source: %s\n", *s);
    }
    kl_result_detail(result, "boards", list);
    return KL_OK;
}

int kl_cmd_boards(int argc, char **argv, const struct kl_command *self)
{
    const char *wanted = NULL;
    const char *named = NULL;
    struct kl_common common = {0};
    const struct kl_option options[] = {
        {.name = "--board",
         .argument = "B",
         .help = "as BOARD: show this board (or board file) with its sources",
         .text = &wanted},
        {.name = NULL},
    };
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &common, &named, 1, &status)) {
        return status;
    }
    if (wanted && named) {
        kl_fail(&diag, KL_EUSAGE, "unexpected argument '%.200s' beside --board", named);
        return kl_report(&diag);
    }
    wanted = named ? named : wanted;
    struct kl_result result;
    struct kl_arena *arena = kl_arena_create((size_t)16 << 20);
    kl_result_init(&result, self->name);
    enum kl_err err = arena ? show(wanted, &common, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    status = kl_finish(&result, &common, err, false, &diag);
    kl_arena_free(arena);
    return status;
}
