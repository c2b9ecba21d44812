/* SPDX-License-Identifier: Apache-2.0 */
/* The examples in the guide's pages on chapters, and its whole playbooks, load without an error. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "playbook/fields.h"
#include "playbook_check.h"

enum { PAGE_BYTES = 256 * 1024, PATH_BYTES = 512 };

static const char guide[] = KINGLET_SOURCE_DIR "/docs/guide/";
static const char begin[] = "```yaml\n";

static const char *read_page(const char *name, struct kl_arena *arena)
{
    char path[PATH_BYTES];
    struct kl_bytes bytes;
    struct kl_diag diag = {0};
    snprintf(path, sizeof path, "%s%s", guide, name);
    if (kl_file_read(path, PAGE_BYTES, arena, &bytes, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    const char *text = kl_arena_printf(arena, "%.*s", (int)bytes.size, (const char *)bytes.data);
    assert_non_null(text);
    return text;
}

/* The next example behind `*rest`, which moves on; NULL behind the last one. */
static const char *next_example(const char **rest, struct kl_arena *arena)
{
    const char *open = strstr(*rest, begin);
    if (!open) {
        return NULL;
    }
    open += strlen(begin);
    const char *close = strstr(open, "```\n");
    assert_non_null(close);
    *rest = close + strlen("```\n");
    const char *text = kl_arena_printf(arena, "%.*s", (int)(close - open), open);
    assert_non_null(text);
    return text;
}

static bool starts(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* Append lines of text, two levels deeper. */
static void indent(struct kl_buffer *out, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n") + 1;
        kl_buffer_printf(out, "    %.*s", (int)length, text);
        text += length;
    }
}

/* Examples of a chapter's page are keys of the chapter, and belong together. */
static void check_chapter(struct playbook_check *c, struct kl_arena *arena, const char *id,
                          const char *page)
{
    const char *rest = read_page(page, arena);
    struct kl_buffer text = KL_BUFFER(PAGE_BYTES);
    size_t count = 0;
    kl_buffer_printf(&text, "chapters:\n  %s:\n", id);
    for (const char *example; (example = next_example(&rest, arena));) {
        if (!starts(example, "include:")) { /* whose files are the reader's own */
            indent(&text, example);
            count++;
        }
    }
    assert_false(text.failed);
    if (count == 0) {
        fail_msg("%s has no example", page);
    }
    playbook_check_text(c, text.data);
    playbook_check_sound(c);
    kl_buffer_free(&text);
}

/* The file of a chapter begins with its number. */
static void find_page(size_t number, char page[PATH_BYTES])
{
    char path[PATH_BYTES];
    char prefix[8];
    *page = '\0';
    snprintf(path, sizeof path, "%schapters", guide);
    snprintf(prefix, sizeof prefix, "%02u-", (unsigned)number);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (starts(entry->d_name, prefix)) {
            snprintf(page, PATH_BYTES, "chapters/%s", entry->d_name);
        }
    }
    closedir(folder);
    if (!*page) {
        fail_msg("the guide has no page for chapter %u", (unsigned)number);
    }
}

static void every_chapter_has_a_page_whose_examples_load(void **state)
{
    struct kl_arena *arena = kl_arena_create((size_t)16 * PAGE_BYTES);
    assert_non_null(arena);
    for (size_t i = 0; i < kl_chapter_count; i++) {
        char page[PATH_BYTES];
        find_page(i + 1, page);
        check_chapter(*state, arena, kl_chapters[i].id, page);
        assert_non_null(strstr(read_page(page, arena), kl_chapters[i].question));
    }
    kl_arena_free(arena);
}

static void whole_playbooks_load(void **state)
{
    static const char *const pages[] = {"playbook.md", "select.md"};
    struct playbook_check *c = *state;
    struct kl_arena *arena = kl_arena_create((size_t)4 * PAGE_BYTES);
    assert_non_null(arena);
    for (size_t i = 0; i < 2; i++) {
        const char *rest = read_page(pages[i], arena);
        const char *example = next_example(&rest, arena);
        assert_non_null(example);
        if (starts(example, "playbook: 1\n")) {
            playbook_check_write(c, "playbook.yaml", example);
            playbook_check_load(c);
            assert_int_equal(c->err, KL_OK);
        } else {
            playbook_check_text(c, example);
        }
        playbook_check_sound(c);
        assert_true(c->playbook->step_count > 0);
    }
    kl_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_chapter_has_a_page_whose_examples_load,
                                        playbook_check_open, playbook_check_close),
        cmocka_unit_test_setup_teardown(whole_playbooks_load, playbook_check_open,
                                        playbook_check_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
