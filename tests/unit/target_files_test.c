/* SPDX-License-Identifier: Apache-2.0 */
/* The board and core files of the program: each parses, and each fact names its source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "target/board.h"

enum { ARENA_BYTES = 64 << 20 };

static struct kl_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = kl_arena_create(ARENA_BYTES);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

static bool is_core_file(const struct kl_builtin *file)
{
    return strncmp(file->path, "boards/cores/", 13) == 0;
}

static bool is_board_file(const struct kl_builtin *file)
{
    return strncmp(file->path, "boards/", 7) == 0 && !is_core_file(file);
}

/* "boards/x/NAME.yaml" is the file of NAME. */
static bool is_named(const struct kl_builtin *file, const char *name)
{
    const char *base = strrchr(file->path, '/') + 1;
    size_t length = strlen(name);
    return strncmp(base, name, length) == 0 && strcmp(base + length, ".yaml") == 0;
}

static const struct kl_board *parse_board(const struct kl_builtin *file)
{
    struct kl_diag diag = {0};
    const struct kl_board *board = NULL;
    if (kl_board_parse((const char *)file->data, file->size, file->path, arena, &board, &diag)) {
        print_error("%s\n", diag.message);
    }
    return board;
}

static void every_file_is_read(void **state)
{
    size_t boards = 0;
    size_t cores = 0;
    size_t bad = 0;
    (void)state;
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        if (is_board_file(file)) {
            const struct kl_board *board = parse_board(file);
            boards++;
            bad += !board || !is_named(file, board->name);
        } else if (is_core_file(file)) {
            struct kl_diag diag = {0};
            const struct kl_core *core = NULL;
            if (kl_core_parse((const char *)file->data, file->size, file->path, arena, &core,
                              &diag)) {
                print_error("%s\n", diag.message);
            }
            cores++;
            bad += !core || !is_named(file, core->name);
        }
    }
    assert_true(boards > 2 && cores > 2);
    assert_int_equal(bad, 0);
}

/* Lists each fact that was written without a source, and would be taken for unknown. */
static void no_value_lacks_its_source(void **state)
{
    size_t bad = 0;
    (void)state;
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_board *board =
            is_board_file(&kl_builtins[i]) ? parse_board(&kl_builtins[i]) : NULL;
        for (size_t f = 0; board && f < KL_FACT_COUNT; f++) {
            const struct kl_fact *fact = &board->facts[f];
            if (!fact->known && fact->text) {
                print_error("%s: %s: '%s' has no source\n", board->origin, kl_fact_kinds[f].key,
                            fact->text);
                bad++;
            }
        }
    }
    assert_int_equal(bad, 0);
}

/* A board that can be chosen has at least what its limits are checked with. */
static void real_boards_state_what_choosing_needs(void **state)
{
    static const enum kl_fact_id needed[] = {KL_FACT_ID_clock, KL_FACT_ID_ram, KL_FACT_ID_flash};
    size_t bad = 0;
    (void)state;
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_board *board =
            is_board_file(&kl_builtins[i]) ? parse_board(&kl_builtins[i]) : NULL;
        for (size_t f = 0; board && f < sizeof needed / sizeof needed[0]; f++) {
            if (!board->facts[needed[f]].known) {
                print_error("%s: %s is unknown\n", board->origin, kl_fact_kinds[needed[f]].key);
                bad++;
            }
        }
    }
    assert_int_equal(bad, 0);
}

/* Two boards of one title would look the same in every list. */
static void titles_differ(void **state)
{
    struct kl_diag diag = {0};
    const struct kl_board *const *boards;
    size_t count;
    (void)state;
    assert_int_equal(kl_board_list(arena, &boards, &count, &diag), KL_OK);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(boards[i]->title, boards[k]->title);
        }
    }
}

/* Each core is counted on emulated boards that its toolchain builds for; a core that takes its
 * cycles from another one finds it. */
static void cores_are_counted_on_emulated_boards(void **state)
{
    struct kl_diag diag = {0};
    size_t count;
    (void)state;
    const char *const *names = kl_core_names(arena, &count);
    assert_non_null(names);
    for (size_t i = 0; i < count; i++) {
        const struct kl_core *core;
        const struct kl_board *board;
        assert_int_equal(kl_core_find(names[i], arena, &core, &diag), KL_OK);
        for (size_t k = 0; core->counted_on && core->counted_on[k]; k++) {
            assert_int_equal(kl_board_find(core->counted_on[k], arena, &board, &diag), KL_OK);
            assert_non_null(board->emulation.machine);
            assert_string_equal(board->toolchain, core->toolchain);
        }
        if (core->paced_by) {
            const struct kl_core *reference;
            assert_int_equal(kl_core_find(core->paced_by, arena, &reference, &diag), KL_OK);
            assert_true(core->coremark_per_mhz.known && reference->coremark_per_mhz.known);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_read),
        cmocka_unit_test(no_value_lacks_its_source),
        cmocka_unit_test(real_boards_state_what_choosing_needs),
        cmocka_unit_test(titles_differ),
        cmocka_unit_test(cores_are_counted_on_emulated_boards),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
