/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trained models of many exporters: every one imports whole, and cut or moved it does no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import_try.h"
#include "model_files.h"

enum { MEMORY_LIMIT = 64 << 20 };

static struct kt_files models;

static int find_models(void **state)
{
    (void)state;
    models = kt_model_files(".tflite");
    print_message("%zu models\n", models.count);
    return 0;
}

static int forget_models(void **state)
{
    (void)state;
    kt_files_free(&models);
    return 0;
}

static struct kl_bytes read_model(struct kl_arena *arena, const char *path)
{
    struct kl_diag diag = {0};
    struct kl_bytes file = {0};
    if (kl_file_read(path, KL_MODEL_FILE_LIMIT, arena, &file, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return file;
}

/* What CTest takes for a test that was skipped. */
enum { SKIPPED = 77 };

static bool no_models;

static void skip_without_models(void)
{
    if (models.count == 0) {
        no_models = true;
        skip();
    }
}

static void every_model_imports(void **state)
{
    (void)state;
    skip_without_models();
    int refused = 0;
    for (size_t i = 0; i < models.count; i++) {
        struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
        struct import_try r = import_try(read_model(arena, models.paths[i]), 0);
        if (r.err != KL_OK) {
            print_error("%s: %s\n", models.paths[i], r.diag.message);
            refused++;
        }
        import_done(&r);
        kl_arena_free(arena);
    }
    assert_int_equal(refused, 0);
}

/* Constants of an unaligned file are copied, so its import needs more memory; not without end. */
static void memory_follows_the_file(void **state)
{
    (void)state;
    skip_without_models();
    for (size_t i = 0; i < models.count; i++) {
        struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
        struct kl_bytes file = read_model(arena, models.paths[i]);
        for (size_t shift = 0; shift < 2; shift++) {
            struct import_try r = import_try(file, shift);
            assert_int_equal(r.err, KL_OK);
            assert_true(kl_arena_used(r.arena) < 10 * file.size + (256 << 10));
            import_done(&r);
        }
        kl_arena_free(arena);
    }
}

static void cut_models_are_refused(void **state)
{
    (void)state;
    enum { CUTS = 40 };
    skip_without_models();
    for (size_t i = 0; i < models.count; i++) {
        struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
        struct kl_bytes file = read_model(arena, models.paths[i]);
        for (size_t cut = 0; cut < CUTS; cut++) {
            struct import_try r =
                import_try((struct kl_bytes){file.data, file.size * cut / CUTS}, 0);
            if (cut < CUTS * 9 / 10) { /* some files carry other data behind the model */
                assert_int_equal(r.err, KL_EINPUT);
            }
            import_done(&r);
        }
        kl_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_imports),
        cmocka_unit_test(memory_follows_the_file),
        cmocka_unit_test(cut_models_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, find_models, forget_models);
    return failed ? failed : no_models ? SKIPPED : 0;
}
