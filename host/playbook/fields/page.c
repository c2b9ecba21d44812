/* SPDX-License-Identifier: Apache-2.0 */
/* The page of all fields, as Markdown. */
#include <stdio.h>
#include <string.h>

#include "playbook/fields/tables.h"

enum { PATH_BYTES = 160 };

static void write_section(struct kl_buffer *page, const struct kl_field *fields, const char *path);

/* "one of `low`, `medium`, `high`" */
static void write_choices(struct kl_buffer *page, const char *choices)
{
    const char *before = "one of ";
    while (*choices) {
        size_t length = strcspn(choices, " ");
        kl_buffer_printf(page, "%s`%.*s`", before, (int)length, choices);
        choices += length;
        choices += strspn(choices, " ");
        before = ", ";
    }
}

/* What a value of the field is, in words. */
static void write_kind(struct kl_buffer *page, const struct kl_field *field)
{
    static const char *const words[] = {
        [KL_FIELD_NAME] = "name",
        [KL_FIELD_TEXT] = "text on one line",
        [KL_FIELD_PROSE] = "text in Markdown",
        [KL_FIELD_NUMBER] = "number",
        [KL_FIELD_SHARE] = "share such as 95 %",
        [KL_FIELD_QUANTITY] = "",
        [KL_FIELD_DATE] = "day such as 2027-01-31",
        [KL_FIELD_FLAG] = "`true` or `false`",
        [KL_FIELD_CHOICE] = "",
        [KL_FIELD_PATH] = "path",
        [KL_FIELD_EXPRESSION] = "expression",
        [KL_FIELD_COMMAND] = "command: a text, or a list of words",
        [KL_FIELD_RECORD] = "fields, see below",
        [KL_FIELD_LIST] = "list: ",
        [KL_FIELD_MAP] = "names with values: ",
        [KL_FIELD_RANGE] = "`[low, high]`, each ",
        [KL_FIELD_ANY] = "anything",
    };
    kl_buffer_printf(page, "%s", words[field->kind]);
    if (field->kind == KL_FIELD_CHOICE) {
        write_choices(page, field->choices);
    } else if (field->kind == KL_FIELD_QUANTITY || field->kind == KL_FIELD_RANGE) {
        kl_buffer_printf(page, "%s", kl_field_example(field));
    } else if (field->kind == KL_FIELD_LIST || field->kind == KL_FIELD_MAP) {
        write_kind(page, field->item);
    }
}

static void write_row(struct kl_buffer *page, const struct kl_field *field)
{
    const char *must = field->required ? " **Required.**" : field->expected ? " *Expected.*" : "";
    kl_buffer_printf(page, "| `%s` | ", field->name);
    write_kind(page, field);
    kl_buffer_printf(page, " | %s%s |\n", field->help, must);
}

/* The records inside: each gets a section of its own. */
static void write_inner(struct kl_buffer *page, const struct kl_field *field, const char *path)
{
    char inner[PATH_BYTES];
    bool many = field->kind == KL_FIELD_LIST || field->kind == KL_FIELD_MAP;
    const struct kl_field *record = many ? field->item : field;
    const char *each = field->kind == KL_FIELD_LIST  ? "[]"
                       : field->kind == KL_FIELD_MAP ? ".*"
                                                     : "";
    if (record->kind != KL_FIELD_RECORD) {
        return;
    }
    snprintf(inner, sizeof inner, "%s%s%s%s", path, path[0] ? "." : "", field->name, each);
    kl_buffer_printf(page, "\n### `%s`\n\n%s\n\n", inner, field->help);
    write_section(page, record->fields, inner);
}

static void write_section(struct kl_buffer *page, const struct kl_field *fields, const char *path)
{
    kl_buffer_printf(page, "| Key | Value | Meaning |\n|---|---|---|\n");
    for (const struct kl_field *row = fields; row->name; row++) {
        write_row(page, row);
    }
    for (const struct kl_field *row = fields; row->name; row++) {
        /* The chapters follow, each under a heading of its own. */
        if (row->fields != kl_chapter_records) {
            write_inner(page, row, path);
        }
    }
}

static void write_chapter(struct kl_buffer *page, const struct kl_chapter_fields *chapter)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "chapters.%s", chapter->id);
    kl_buffer_printf(page, "\n## %s: `%s`\n\n*%s*\n\n", chapter->title, path, chapter->question);
    write_section(page, chapter->fields, path);
}

void kl_fields_markdown(struct kl_buffer *page)
{
    kl_buffer_printf(page, "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
                           "# Fields of a playbook\n\n"
                           "Made by `kinglet playbook schema --markdown` from the tables that the "
                           "check uses. playbook.md describes the format.\n\n"
                           "**Required**: without it the file is refused. *Expected*: `kinglet "
                           "playbook check` lists it as missing.\n\n"
                           "## The file\n\n");
    write_section(page, kl_playbook_fields, "");
    kl_buffer_printf(page, "\n## Every chapter: `chapters.*`\n\nEach chapter has these fields "
                           "besides its own.\n\n");
    write_section(page, kl_chapter_common_fields, "chapters.*");
    for (size_t i = 0; i < kl_chapter_count; i++) {
        write_chapter(page, &kl_chapters[i]);
    }
    kl_buffer_printf(page,
                     "\n## A chapter of your own: `chapters.*`\n\nAny other id, with a title. "
                     "All further keys are free; the report shows them.\n\n");
    write_section(page, kl_own_chapter_fields, "chapters.*");
}
