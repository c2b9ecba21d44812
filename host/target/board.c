/* SPDX-License-Identifier: Apache-2.0 */
#include "target/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/builtin.h"
#include "base/file.h"
#include "base/nearest.h"

static const char folder[] = "boards/";
static const char ending[] = ".yaml";

bool kl_board_is_real(const struct kl_board *board)
{
    const struct kl_fact *mcu = &board->facts[KL_FACT_ID_mcu];
    return !board->emulation.machine || (mcu->known && strcmp(mcu->text, "none") != 0);
}

const struct kl_memory_range *kl_board_flash_memory(const struct kl_board *board)
{
    const struct kl_board_emulation *emulation = &board->emulation;
    return emulation->pflash.bytes > 0 ? &emulation->pflash : &emulation->mailbox;
}

bool kl_board_has_port(const struct kl_board *board)
{
    return board->port != NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool is_board(const struct kl_builtin *file)
{
    return strncmp(file->path, folder, strlen(folder)) == 0 && ends_with(file->path, ending) &&
           !strchr(file->path + strlen(folder), '/'); /* below it lie the cores */
}

static enum kl_err parse_builtin(const struct kl_builtin *file, struct kl_arena *arena,
                                 const struct kl_board **board, struct kl_diag *diag)
{
    return kl_board_parse((const char *)file->data, file->size, file->path, arena, board, diag);
}

static int compare_names(const void *left, const void *right)
{
    const struct kl_board *const *a = left;
    const struct kl_board *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

enum kl_err kl_board_list(struct kl_arena *arena, const struct kl_board *const **boards,
                          size_t *count, struct kl_diag *diag)
{
    const struct kl_board **list = KL_NEW(arena, const struct kl_board *, kl_builtin_count);
    if (!list) {
        return KL_FAIL_MEMORY(diag);
    }
    *count = 0;
    for (size_t i = 0; i < kl_builtin_count; i++) {
        if (is_board(&kl_builtins[i])) {
            KL_TRY(parse_builtin(&kl_builtins[i], arena, &list[(*count)++], diag));
        }
    }
    /* Paths are sorted, but "x.yaml" comes behind "x-2.yaml". */
    qsort(list, *count, sizeof list[0], compare_names);
    *boards = list;
    return KL_OK;
}

static enum kl_err unknown_board(const char *name, struct kl_arena *arena, struct kl_diag *diag)
{
    const struct kl_board *const *boards;
    size_t count;
    KL_TRY(kl_board_list(arena, &boards, &count, diag));
    const char **names = KL_NEW(arena, const char *, count);
    if (!names) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = boards[i]->name;
    }
    const char *nearest = kl_nearest(name, names, count);
    return kl_fail(diag, KL_EUSAGE,
                   "unknown board '%.64s'%s%s%s; 'kinglet boards' lists all, and a path to a "
                   "FILE.yaml describes another",
                   name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : "");
}

static enum kl_err find_file(const char *path, struct kl_arena *arena,
                             const struct kl_board **board, struct kl_diag *diag)
{
    struct kl_bytes text;
    KL_TRY(kl_file_read(path, KL_BOARD_FILE_BYTES, arena, &text, diag));
    return kl_board_parse((const char *)text.data, text.size, path, arena, board, diag);
}

enum kl_err kl_board_find(const char *name, struct kl_arena *arena, const struct kl_board **board,
                          struct kl_diag *diag)
{
    if (ends_with(name, ending)) {
        return find_file(name, arena, board, diag);
    }
    const char *path = kl_arena_printf(arena, "%s%s%s", folder, name, ending);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    const struct kl_builtin *file = strchr(name, '/') ? NULL : kl_builtin_find(path);
    return file ? parse_builtin(file, arena, board, diag) : unknown_board(name, arena, diag);
}
