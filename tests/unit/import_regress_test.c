/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that once broke a reader, or were made to: each is imported without harm. They are in
 * tests/regress/import; stories.txt there has a line "NAME: what was wrong" for each.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import_try.h"

#define FOLDER KINGLET_SOURCE_DIR "/tests/regress/import"

enum { PATH_BYTES = 1024, LIMIT = 1 << 20, FEWEST_FILES = 5 };

static struct kl_bytes read_file(struct kl_arena *arena, const char *name)
{
    char path[PATH_BYTES];
    struct kl_diag diag = {0};
    struct kl_bytes file = {0};
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    if (kl_file_read(path, LIMIT, arena, &file, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return file;
}

/* Is there a line that starts with "NAME: "? */
static bool has_story(struct kl_bytes stories, const char *name)
{
    char start[PATH_BYTES];
    int length = snprintf(start, sizeof start, "\n%s: ", name);
    return memmem(stories.data, stories.size, start, (size_t)length) != NULL;
}

static void replay(struct kl_arena *arena, const char *name)
{
    struct kl_bytes file = read_file(arena, name);
    for (size_t shift = 0; shift < 4; shift++) {
        struct import_try r = import_try(file, shift);
        import_done(&r);
    }
}

static void finds_stay_fixed(void **state)
{
    (void)state;
    struct kl_arena *arena = kl_arena_create(64 * (size_t)LIMIT);
    struct kl_bytes stories = read_file(arena, "stories.txt");
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "stories.txt") == 0) {
            continue;
        }
        if (!has_story(stories, entry->d_name)) {
            fail_msg("stories.txt says nothing about %s", entry->d_name);
        }
        replay(arena, entry->d_name);
        files++;
    }
    closedir(dir);
    assert_true(files >= FEWEST_FILES); /* the folder is the right one */
    kl_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_stay_fixed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
