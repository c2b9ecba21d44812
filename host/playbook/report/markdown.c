/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a report as Markdown. */
#include <ctype.h>
#include <string.h>

#include "playbook/report.h"
#include "playbook/report/page.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Would this character be Markdown's here? Underscores within words are not. */
static bool is_special(const char *text, size_t i)
{
    if (text[i] == '_') {
        return i == 0 || !is_word(text[i - 1]) || !is_word(text[i + 1]);
    }
    if (i == 0 && strchr("#+-=>~", text[0])) {
        return true;
    }
    if (text[i] == '<' || text[i] == '&') {
        return isalnum((unsigned char)text[i + 1]) || strchr("/!?#", text[i + 1]);
    }
    return strchr("\\`*[]|", text[i]) != NULL;
}

/* Plain text on one line. */
static void put_text(struct kl_buffer *out, const char *text)
{
    for (size_t i = 0; text[i]; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f) {
            kl_buffer_append(out, " ", 1);
            continue;
        }
        if (is_special(text, i)) {
            kl_buffer_append(out, "\\", 1);
        }
        kl_buffer_append(out, &text[i], 1);
    }
}

/* Markdown of the user's own on one line of a table. */
static void put_prose_line(struct kl_buffer *out, const char *text)
{
    for (; *text; text++) {
        if (isspace((unsigned char)*text)) {
            kl_buffer_append(out, " ", 1);
            text += strspn(text, " \t\r\n") - 1;
        } else {
            kl_buffer_append(out, *text == '|' ? "\\|" : text, *text == '|' ? 2 : 1);
        }
    }
}

/* A code span; its fence is longer than every run of backticks in it. */
static void put_code(struct kl_buffer *out, const char *text, bool in_table)
{
    size_t longest = 0;
    for (const char *c = text; *c; c++) {
        size_t run = strspn(c, "`");
        longest = run > longest ? run : longest;
        c += run ? run - 1 : 0;
    }
    for (size_t i = 0; i <= longest; i++) {
        kl_buffer_append(out, "`", 1);
    }
    kl_buffer_printf(out, longest ? " " : "");
    for (const char *c = text; *c; c++) {
        if (*c == '|' && in_table) {
            kl_buffer_append(out, "\\", 1);
        }
        kl_buffer_append(out, (unsigned char)*c < 0x20 ? " " : c, 1);
    }
    kl_buffer_printf(out, longest ? " " : "");
    for (size_t i = 0; i <= longest; i++) {
        kl_buffer_append(out, "`", 1);
    }
}

/* Lines one behind the other, since a cell has one line only. */
static void put_lines(struct page *page, const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\t\n");
        put_text(page->out, page_text(page, "%.*s", (int)length, lines));
        lines += length;
        if (*lines == '\t') {
            kl_buffer_printf(page->out, ": ");
        } else if (*lines == '\n' && lines[1]) {
            kl_buffer_printf(page->out, " \xc2\xb7 ");
        }
        lines += *lines != '\0';
    }
}

static void put_main(struct page *page, const struct page_cell *cell, bool in_table)
{
    struct kl_buffer *out = page->out;
    const char *text = cell->text ? cell->text : "";
    if (cell->kind == PAGE_STRIP) {
        put_text(out, page_strip_words(page, &cell->strip));
    } else if (cell->kind == PAGE_STATE && page_is_state(text)) {
        bool good = strstr("passed fresh shown", text) != NULL;
        kl_buffer_printf(out, good ? "%s" : "**%s**", text);
    } else if (cell->kind == PAGE_PROSE) {
        put_prose_line(out, text);
    } else if (cell->kind == PAGE_LINES) {
        put_lines(page, text);
    } else if (cell->kind == PAGE_CODE && *text) {
        put_code(out, text, in_table);
    } else {
        put_text(out, text);
    }
}

static void put_cell(struct page *page, const struct page_cell *cell, bool in_table)
{
    put_main(page, cell, in_table);
    for (size_t i = 0; i < cell->trend_count; i++) {
        kl_buffer_printf(page->out, "%s%.6g", i ? " \xe2\x86\x92 " : "", cell->trend[i]);
    }
    if (cell->below && *cell->below) {
        kl_buffer_printf(page->out, cell->text && *cell->text ? " \xe2\x80\x93 " : "");
        put_text(page->out, cell->below);
    }
    if (cell->code && *cell->code) {
        kl_buffer_printf(page->out, " ");
        put_code(page->out, cell->code, in_table);
    }
}

static void heading(struct page *page, int level, const char *id, const char *text)
{
    (void)id;
    kl_buffer_printf(page->out, "\n%.*s ", level, "######");
    put_text(page->out, text);
    kl_buffer_printf(page->out, "\n");
}

static void begin(struct page *page, const char *title, const char *subtitle)
{
    kl_buffer_printf(page->out, "# ");
    put_text(page->out, title);
    kl_buffer_printf(page->out, "\n\n");
    put_text(page->out, subtitle);
    kl_buffer_printf(page->out, "\n");
}

static void nothing(struct page *page)
{
    (void)page;
}

static void chapter(struct page *page, const char *id, const char *title, bool brief)
{
    (void)brief;
    heading(page, 2, id, title);
}

static void paragraph(struct page *page, const char *kind, const char *text)
{
    bool question = strcmp(kind, "question") == 0;
    kl_buffer_printf(page->out, question ? "\n*" : "\n");
    put_text(page->out, text);
    kl_buffer_printf(page->out, question ? "*\n" : "\n");
}

/* Does the line open or close a block of code? */
static bool is_fence(const char *line)
{
    line += strspn(line, " ");
    return strncmp(line, "```", 3) == 0 || strncmp(line, "~~~", 3) == 0;
}

/* Markdown of the user's own, with its headings below those of the report. */
static void prose(struct page *page, const char *markdown)
{
    bool code = false;
    kl_buffer_printf(page->out, "\n");
    while (*markdown) {
        size_t length = strcspn(markdown, "\n");
        size_t marks = strspn(markdown, "#");
        code = is_fence(markdown) ? !code : code;
        if (!code && marks >= 1 && marks <= 6 && markdown[marks] == ' ') {
            kl_buffer_append(page->out, "######", marks + 2 > 6 ? 6 - marks : 2);
        }
        kl_buffer_append(page->out, markdown, length);
        kl_buffer_append(page->out, "\n", 1);
        markdown += length + (markdown[length] == '\n');
    }
}

static void note(struct page *page, const char *state, const char *title, const char *const *lines,
                 size_t count)
{
    (void)state;
    kl_buffer_printf(page->out, "\n> **");
    put_text(page->out, title);
    kl_buffer_printf(page->out, "**\n");
    for (size_t i = 0; i < count; i++) {
        kl_buffer_printf(page->out, ">\n> ");
        put_text(page->out, lines[i]);
        kl_buffer_printf(page->out, "\n");
    }
}

static void put_row(struct page *page, const struct page_cell *cells, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        kl_buffer_printf(page->out, "| ");
        put_cell(page, &cells[i], true);
        kl_buffer_printf(page->out, " ");
    }
    kl_buffer_printf(page->out, "|\n");
}

static void table(struct page *page, const struct page_table *t)
{
    if (t->caption) {
        kl_buffer_printf(page->out, "\n**");
        put_text(page->out, t->caption);
        kl_buffer_printf(page->out, "**\n");
    }
    kl_buffer_printf(page->out, "\n");
    for (size_t i = 0; i < t->columns; i++) {
        kl_buffer_printf(page->out, "| ");
        put_text(page->out, t->heads[i]);
        kl_buffer_printf(page->out, " ");
    }
    kl_buffer_printf(page->out, "|\n");
    for (size_t i = 0; i < t->columns; i++) {
        bool number = t->rows && t->cells[i].kind == PAGE_NUMBER;
        kl_buffer_printf(page->out, number ? "|---:" : "|---");
    }
    kl_buffer_printf(page->out, "|\n");
    for (size_t row = 0; row < t->rows; row++) {
        put_row(page, &t->cells[row * t->columns], t->columns);
    }
}

/* Longer texts get a paragraph of their own below their label. */
static void definitions(struct page *page, const char *const *labels, const struct page_cell *cells,
                        size_t count)
{
    kl_buffer_printf(page->out, "\n");
    for (size_t i = 0; i < count; i++) {
        bool block = cells[i].kind == PAGE_PROSE && strchr(cells[i].text, '\n');
        kl_buffer_printf(page->out, block ? "\n**" : "- **");
        put_text(page->out, labels[i]);
        kl_buffer_printf(page->out, block ? "**\n" : ":** ");
        if (block) {
            prose(page, cells[i].text);
        } else {
            put_cell(page, &cells[i], false);
        }
        kl_buffer_printf(page->out, "\n");
    }
}

static void tiles(struct page *page, const struct page_tile *items, size_t count)
{
    kl_buffer_printf(page->out, "\n");
    for (size_t i = 0; i < count; i++) {
        kl_buffer_printf(page->out, "%s**", i ? ", " : "");
        put_text(page->out, items[i].figure);
        kl_buffer_printf(page->out, "** ");
        put_text(page->out, items[i].label);
    }
    kl_buffer_printf(page->out, "\n");
}

const struct page_ops page_markdown = {
    .begin = begin,
    .end = nothing,
    .chapter = chapter,
    .chapter_end = nothing,
    .heading = heading,
    .paragraph = paragraph,
    .prose = prose,
    .note = note,
    .table = table,
    .definitions = definitions,
    .tiles = tiles,
    .document = prose,
    .has_charts = false,
};

enum kl_err kl_report_markdown(const struct kl_judgement *judgement, struct kl_buffer *markdown,
                               struct kl_diag *diag)
{
    return page_write_report(judgement, &page_markdown, markdown, diag);
}
