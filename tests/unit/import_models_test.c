/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trained models of many exporters: every one imports whole, and cut or moved it does no harm.
 * The folder is $KINGLET_MODELS, or shared/models beside the source tree.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import_try.h"

enum { MAX_MODELS = 1024, PATH_BYTES = 1024, MEMORY_LIMIT = 64 << 20 };

static char *models[MAX_MODELS];
static size_t model_count;

static bool is_model(const char *name)
{
    size_t length = strlen(name);
    return length > 7 && strcmp(name + length - 7, ".tflite") == 0;
}

/* Collect the .tflite files of a folder and of the folders in it, `depth` levels down. */
static void collect(const char *folder, int depth)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        char path[PATH_BYTES];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || length >= PATH_BYTES) {
            continue;
        }
        if (is_model(entry->d_name) && model_count < MAX_MODELS) {
            models[model_count++] = strdup(path);
        } else if (depth > 0) {
            collect(path, depth - 1);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

static int find_models(void **state)
{
    (void)state;
    const char *folder = getenv("KINGLET_MODELS");
    folder = folder ? folder : KINGLET_SOURCE_DIR "/../shared/models";
    collect(folder, 2);
    print_message("%zu models in %s\n", model_count, folder);
    return 0;
}

static int forget_models(void **state)
{
    (void)state;
    for (size_t i = 0; i < model_count; i++) {
        free(models[i]);
    }
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
    if (model_count == 0) {
        no_models = true;
        skip();
    }
}

static void every_model_imports(void **state)
{
    (void)state;
    skip_without_models();
    int refused = 0;
    for (size_t i = 0; i < model_count; i++) {
        struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
        struct import_try r = import_try(read_model(arena, models[i]), 0);
        if (r.err != KL_OK) {
            print_error("%s: %s\n", models[i], r.diag.message);
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
    for (size_t i = 0; i < model_count; i++) {
        struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
        struct kl_bytes file = read_model(arena, models[i]);
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
    for (size_t i = 0; i < model_count; i++) {
        struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
        struct kl_bytes file = read_model(arena, models[i]);
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
