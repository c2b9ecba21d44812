/* SPDX-License-Identifier: Apache-2.0 */
/* Built-in document templates, and the page that maps demands to places: what they name exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "base/file.h"
#include "playbook/assess.h"
#include "playbook/fields.h"
#include "report/template.h"

enum { MOST_LEVELS = 16, PATH_BYTES = 256, PAGE_BYTES = 1024 * 1024 };

static const char folder[] = "templates/documents/";

/* What the context has besides the fields: see kl_playbook_context. */
static const char *const computed[] = {
    "today",          "kinglet.version", "totals.passed", "totals.failed", "totals.stale",
    "totals.missing", "totals.waived",   "totals.broken", "gates",         "steps",
};
static const char *const of_gates[] = {"name",   "chapter", "that",       "why",
                                       "reason", "state",   "provenance", "waiver"};
/* Columns of the assessments' tables that templates use; docs/guide/json.md lists them. */
static const char *const columns[] = {
    "case",     "kind",          "place",    "condition",       "samples",
    "duration", "accepted_when", "state",    "requirement",     "needed",
    "missing",  "collected",     "known_to", "class",           "required",
    "file",     "bytes",         "sha256",   "no_case_because", "needed_to_show_it",
};

#define IS_ONE_OF(list, name) is_one_of(list, sizeof(list) / sizeof *(list), name)
static bool is_one_of(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* "assessments.test-plan.cases": is there such an assessment? */
static bool is_assessment(const char *path)
{
    static const char begin[] = "assessments.";
    char name[PATH_BYTES];
    if (strncmp(path, begin, strlen(begin)) != 0) {
        return false;
    }
    path += strlen(begin);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
    return kl_assessment_find(name) != NULL;
}

/* One end of a range is "0" or "1". */
static bool is_end_of_range(const char *path)
{
    char range[PATH_BYTES];
    if (!ends_with(path, ".0") && !ends_with(path, ".1")) {
        return false;
    }
    snprintf(range, sizeof range, "%.*s", (int)strlen(path) - 2, path);
    const struct kl_field *field = kl_fields_find(range);
    return field && field->kind == KL_FIELD_RANGE;
}

/* A section that is open: its path, and whether it repeats. */
struct level {
    char path[PATH_BYTES];
    bool list;
};

/* What a name is called at a level. */
static void join(const struct level *level, const char *name, char path[PATH_BYTES])
{
    const char *index = level->list && !is_assessment(level->path) ? ".0" : "";
    int length = *level->path ? snprintf(path, PATH_BYTES, "%s%s.%s", level->path, index, name)
                              : snprintf(path, PATH_BYTES, "%s", name);
    assert_true(length > 0 && length < PATH_BYTES);
}

static bool is_known(const struct level *level, const char *name, char path[PATH_BYTES])
{
    join(level, name, path);
    if (is_assessment(level->path)) {
        return IS_ONE_OF(columns, name);
    }
    if (ends_with(level->path, "gates") && *level->path) {
        return IS_ONE_OF(of_gates, name);
    }
    return kl_fields_find(path) || IS_ONE_OF(computed, path) || is_assessment(path) ||
           is_end_of_range(path);
}

struct walk {
    const char *template;
    struct level levels[MOST_LEVELS];
    size_t depth; /* levels[0] is the whole */
};

/* The path that a name stands for: as in templates, the innermost section that has it. */
static void resolve(const struct walk *w, const char *name, char path[PATH_BYTES])
{
    if (strcmp(name, ".") == 0) {
        assert_true(w->depth > 0);
        snprintf(path, PATH_BYTES, "%s", w->levels[w->depth].path);
        return;
    }
    for (size_t i = w->depth + 1; i-- > 0;) {
        if (is_known(&w->levels[i], name, path)) {
            return;
        }
    }
    fail_msg("%s: there is no '%s' (inside '%s')", w->template, name, w->levels[w->depth].path);
}

static void enter(struct walk *w, const char *name)
{
    char path[PATH_BYTES];
    resolve(w, name, path);
    assert_true(w->depth + 1 < MOST_LEVELS);
    struct level *level = &w->levels[++w->depth];
    snprintf(level->path, sizeof level->path, "%s", path);
    const struct kl_field *field = kl_fields_find(path);
    level->list = field && field->kind == KL_FIELD_LIST;
}

/* Prose may have several lines, which would break the row of a table. */
static void check_place(const struct walk *w, const char *path, bool in_row)
{
    const struct kl_field *field = kl_fields_find(path);
    if (in_row && field && field->kind == KL_FIELD_PROSE) {
        fail_msg("%s: '%s' is prose, and stands in a table", w->template, path);
    }
}

/* `in_row`: the tag stands in a row of a table. */
static void visit(struct walk *w, const char *tag, bool in_row)
{
    char path[PATH_BYTES];
    if (*tag == '/') {
        assert_true(w->depth > 0);
        w->depth--;
    } else if (*tag == '^') {
        /* Inside there is nothing of that name; what surrounds it is still there. */
        resolve(w, tag + 1, path);
        assert_true(w->depth + 1 < MOST_LEVELS);
        w->levels[w->depth + 1] = w->levels[w->depth];
        w->depth++;
    } else if (*tag == '#') {
        enter(w, tag + 1);
    } else if (*tag != '!') {
        resolve(w, tag, path);
        check_place(w, path, in_row);
    }
}

static void check_tags(const char *name, const char *text)
{
    struct walk w = {.template = name};
    const char *line = text;
    for (const char *open; (open = strstr(text, "{{"));) {
        char tag[PATH_BYTES];
        const char *close = strstr(open, "}}");
        assert_non_null(close);
        int length = snprintf(tag, sizeof tag, "%.*s", (int)(close - open - 2), open + 2);
        assert_true(length > 0 && length < PATH_BYTES);
        for (const char *next; (next = strchr(line, '\n')) && next < open;) {
            line = next + 1;
        }
        visit(&w, tag, *line == '|');
        text = close + 2;
    }
    assert_int_equal(w.depth, 0);
}

/* Does it say, before anything else, whom it is for and when? And render when nothing is stated? */
static void check_page(const char *name, const char *text)
{
    struct kl_buffer page = KL_BUFFER(PAGE_BYTES);
    struct kl_diag diag = {0};
    json_t *nothing = json_object();
    assert_non_null(nothing);
    if (kl_template_render(text, name, nothing, &page, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    assert_int_equal(strncmp(page.data, "# ", 2), 0);
    assert_non_null(strstr(page.data, "\n\n**For** "));
    assert_non_null(strstr(page.data, "**Use it** "));
    assert_null(strstr(page.data, "{{"));
    kl_buffer_free(&page);
    json_decref(nothing);
}

static char *copy_text(const void *data, size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void templates_use_what_exists(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        if (strncmp(file->path, folder, strlen(folder)) == 0) {
            char *text = copy_text(file->data, file->size);
            check_tags(file->path, text);
            check_page(file->path, text);
            free(text);
            count++;
        }
    }
    assert_true(count >= 15);
}

/* The page about coverage. */

static char *read_coverage(void)
{
    struct kl_diag diag = {0};
    struct kl_bytes bytes;
    struct kl_arena *arena = kl_arena_create(PAGE_BYTES);
    assert_non_null(arena);
    if (kl_file_read(KINGLET_SOURCE_DIR "/docs/guide/coverage.md", PAGE_BYTES / 2, arena, &bytes,
                     &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    char *text = copy_text(bytes.data, bytes.size);
    kl_arena_free(arena);
    return text;
}

/* Does the word begin as a path of the playbook does, such as "data.card"? */
static bool is_path(const char *word)
{
    char first[PATH_BYTES];
    size_t length = strcspn(word, ".");
    if (word[length] != '.' ||
        strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_.") != strlen(word)) {
        return false;
    }
    snprintf(first, sizeof first, "%.*s", (int)length, word);
    return kl_fields_find(first) != NULL;
}

static void coverage_names_fields_that_exist(void **state)
{
    (void)state;
    size_t paths = 0;
    char *text = read_coverage();
    char *rest = text;
    for (char *open; (open = strchr(rest, '`'));) {
        char *close = strchr(open + 1, '`');
        assert_non_null(close);
        *close = '\0';
        if (is_path(open + 1)) {
            paths++;
            if (!kl_fields_find(open + 1)) {
                fail_msg("coverage.md names '%s', which is no field", open + 1);
            }
        }
        rest = close + 1;
    }
    assert_true(paths > 100);
    free(text);
}

static void is_mentioned(const char *text, const char *name, size_t length)
{
    char word[PATH_BYTES];
    snprintf(word, sizeof word, "`%.*s`", (int)length, name);
    if (!strstr(text, word)) {
        fail_msg("coverage.md says nothing of %s", word);
    }
}

static void coverage_names_every_template_assessment_and_chapter(void **state)
{
    (void)state;
    char *text = read_coverage();
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const char *path = kl_builtins[i].path;
        if (strncmp(path, folder, strlen(folder)) == 0) {
            const char *name = path + strlen(folder);
            is_mentioned(text, name, strlen(name) - strlen(".md"));
        }
    }
    for (size_t i = 0; i < kl_assessment_count; i++) {
        is_mentioned(text, kl_assessments[i].name, strlen(kl_assessments[i].name));
    }
    for (size_t i = 0; i < kl_chapter_count; i++) {
        char begin[PATH_BYTES];
        snprintf(begin, sizeof begin, "`%s.", kl_chapters[i].id);
        assert_non_null(strstr(text, begin));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_use_what_exists),
        cmocka_unit_test(coverage_names_fields_that_exist),
        cmocka_unit_test(coverage_names_every_template_assessment_and_chapter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
