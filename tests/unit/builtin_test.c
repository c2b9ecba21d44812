/* SPDX-License-Identifier: Apache-2.0 */
/* The files inside the program are those of the source tree, sorted and found by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "base/file.h"

static void files_are_sorted_and_found(void **state)
{
    (void)state;
    assert_true(kl_builtin_count > 5);
    for (size_t i = 0; i < kl_builtin_count; i++) {
        if (i > 0) {
            assert_true(strcmp(kl_builtins[i - 1].path, kl_builtins[i].path) < 0);
        }
        assert_ptr_equal(kl_builtin_find(kl_builtins[i].path), &kl_builtins[i]);
    }
}

static void other_names_are_not_found(void **state)
{
    static const char *const names[] = {"",        "boards/",     "boards/mps2-an386.yam",
                                        "zzz",     "device",      "boards/mps2-an386.yaml2",
                                        "\001abc", "DEVICE/nn.h", "device/include/kinglet"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_null(kl_builtin_find(names[i]));
    }
}

static void contents_are_those_of_the_tree(void **state)
{
    (void)state;
    struct kl_arena *arena = kl_arena_create(64 << 20);
    struct kl_diag diag = {0};
    assert_non_null(arena);
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        char path[4096];
        struct kl_bytes bytes;
        snprintf(path, sizeof path, "%s/%s", KINGLET_SOURCE_DIR, file->path);
        assert_int_equal(kl_file_read(path, 1 << 24, arena, &bytes, &diag), KL_OK);
        assert_int_equal(bytes.size, file->size);
        assert_memory_equal(bytes.data, file->data, file->size);
        assert_int_equal(file->data[file->size], 0);
    }
    kl_arena_free(arena);
}

static void boards_and_headers_are_there(void **state)
{
    (void)state;
    assert_non_null(kl_builtin_find("boards/mps2-an386.yaml"));
    assert_non_null(kl_builtin_find("boards/rv32-virt.yaml"));
    assert_non_null(kl_builtin_find("device/include/kinglet/nn.h"));
    assert_non_null(kl_builtin_find("device/include/kinglet/kernels.def"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_sorted_and_found),
        cmocka_unit_test(other_names_are_not_found),
        cmocka_unit_test(contents_are_those_of_the_tree),
        cmocka_unit_test(boards_and_headers_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
