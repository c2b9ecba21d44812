/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a report as HTML. */
#include <string.h>

#include "playbook/report.h"
#include "playbook/report/page.h"
#include "report/chart.h"
#include "report/html.h"

/* A sign for each state: its shape tells it apart without its colour. */
static const char *state_sign(const char *state)
{
    static const struct {
        const char *states, *shape;
    } signs[] = {
        {"passed fresh shown", "<path d=\"M1.5 6.5l3 3.5 6-8\" fill=\"none\" stroke-width=\"2\"/>"},
        {"failed broken", "<path d=\"M2 2l8 8M10 2l-8 8\" fill=\"none\" stroke-width=\"2\"/>"},
        {"stale expired partly",
         "<circle cx=\"6\" cy=\"6\" r=\"4.7\" fill=\"none\" stroke-width=\"1.4\"/>"
         "<path d=\"M6 3v3.3l2.2 1.4\" fill=\"none\" stroke-width=\"1.4\"/>"},
        {"waived", "<path d=\"M2 11V1h8L7.5 4 10 7H3\" fill=\"none\" stroke-width=\"1.4\"/>"},
        {"missing never open",
         "<circle cx=\"6\" cy=\"6\" r=\"4.3\" fill=\"none\" stroke-width=\"1.4\" "
         "stroke-dasharray=\"2 1.6\"/>"},
    };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (strstr(signs[i].states, state)) {
            return signs[i].shape;
        }
    }
    return "";
}

static void put_sign(struct kl_buffer *out, const char *state)
{
    kl_html_printf(out, "<svg viewBox=\"0 0 12 12\" aria-hidden=\"true\">%S</svg>",
                   state_sign(state));
}

static void put_state(struct kl_buffer *out, const char *state)
{
    kl_html_printf(out, "<span class=\"status %s\">", state);
    put_sign(out, state);
    kl_html_printf(out, "%s</span>", state);
}

static void put_strip(struct kl_buffer *out, const struct page_strip *strip)
{
    kl_html_printf(out, "<span class=\"strip\">");
    for (size_t i = 0; i < strip->count; i++) {
        kl_html_printf(out, "<a class=\"%s\" href=\"#gate-%s\" title=\"%s: %s\">", strip->states[i],
                       strip->names[i], strip->names[i], strip->states[i]);
        put_sign(out, strip->states[i]);
        kl_html_printf(out, "</a>");
    }
    kl_html_printf(out, "</span>");
}

/* Text in which long names such as requirements.accuracy.overall may be broken behind a dot. */
static void put_text(struct kl_buffer *out, const char *text)
{
    enum { LONG_WORD = 14 };
    while (*text) {
        size_t word = strcspn(text, " ");
        size_t rest = word + strspn(text + word, " ");
        while (word > LONG_WORD && rest) {
            size_t part = strcspn(text, "./_");
            part = part < rest ? part + 1 : rest;
            kl_html_escape_bytes(out, text, part);
            kl_html_printf(out, part < rest ? "<wbr>" : "");
            text += part;
            rest -= part;
        }
        kl_html_escape_bytes(out, text, rest);
        text += rest;
    }
}

static void put_lines(struct kl_buffer *out, const char *lines)
{
    while (*lines) {
        size_t label = strcspn(lines, "\t\n");
        kl_html_printf(out, "<div>");
        if (lines[label] == '\t') {
            kl_html_printf(out, "<span class=\"muted\">");
            kl_html_escape_bytes(out, lines, label);
            kl_html_printf(out, ":</span> ");
            lines += label + 1;
        }
        size_t length = strcspn(lines, "\n");
        kl_html_escape_bytes(out, lines, length);
        kl_html_printf(out, "</div>");
        lines += length + (lines[length] == '\n');
    }
}

static void put_main(struct page *page, const struct page_cell *cell)
{
    struct kl_buffer *out = page->out;
    const char *text = cell->text ? cell->text : "";
    if (cell->kind == PAGE_STRIP) {
        put_strip(out, &cell->strip);
    } else if (cell->kind == PAGE_STATE && page_is_state(text)) {
        put_state(out, text);
    } else if (cell->kind == PAGE_PROSE) {
        kl_html_markdown(out, text);
    } else if (cell->kind == PAGE_LINES) {
        put_lines(out, text);
    } else if (cell->kind == PAGE_CODE) {
        kl_html_printf(out, "<code>%s</code>", text);
    } else if (cell->id) {
        kl_html_printf(out, "<span id=\"%s\">%s</span>", cell->id, text);
    } else if (cell->link) {
        kl_html_printf(out, "<a href=\"#%s\">%s</a>", cell->link, text);
    } else {
        put_text(out, text);
    }
}

static void put_cell(struct page *page, const struct page_cell *cell)
{
    put_main(page, cell);
    if (cell->trend) {
        kl_chart_spark(page->out, "from old to new", cell->trend, cell->trend_count);
    }
    if (cell->below && *cell->below) {
        kl_html_printf(page->out, "<div class=\"muted\">%s</div>", cell->below);
    }
    if (cell->code && *cell->code) {
        kl_html_printf(page->out, "<div><code>%s</code></div>", cell->code);
    }
}

static void begin(struct page *page, const char *title, const char *subtitle)
{
    kl_html_begin(page->out, title, subtitle);
}

static void end(struct page *page)
{
    kl_html_end(page->out);
}

static void chapter(struct page *page, const char *id, const char *title, bool brief)
{
    kl_html_printf(page->out, "<section class=\"%S\" id=\"%s\">\n<h2>%s</h2>\n",
                   brief ? "brief" : "chapter", id, title);
}

static void chapter_end(struct page *page)
{
    kl_html_printf(page->out, "</section>\n");
}

static void heading(struct page *page, int level, const char *id, const char *text)
{
    if (id) {
        kl_html_printf(page->out, "<h%d id=\"%s\">%s</h%d>\n", level, id, text, level);
    } else {
        kl_html_printf(page->out, "<h%d>%s</h%d>\n", level, text, level);
    }
}

static void paragraph(struct page *page, const char *kind, const char *text)
{
    kl_html_printf(page->out, *kind ? "<p class=\"%s\">" : "<p%s>", kind);
    kl_html_printf(page->out, "%s</p>\n", text);
}

static void prose(struct page *page, const char *markdown)
{
    kl_html_markdown(page->out, markdown);
}

static void note(struct page *page, const char *state, const char *title, const char *const *lines,
                 size_t count)
{
    kl_html_printf(page->out, "<div class=\"note %s\">\n<p><strong>%s</strong></p>\n", state,
                   title);
    for (size_t i = 0; i < count; i++) {
        kl_html_printf(page->out, "<p>%s</p>\n", lines[i]);
    }
    kl_html_printf(page->out, "</div>\n");
}

/* A column is one of numbers when it has some, and nothing else. */
static bool is_number_column(const struct page_table *table, size_t column)
{
    size_t numbers = 0;
    for (size_t row = 0; row < table->rows; row++) {
        const struct page_cell *cell = &table->cells[row * table->columns + column];
        if (cell->kind != PAGE_NUMBER && cell->text && *cell->text) {
            return false;
        }
        numbers += cell->kind == PAGE_NUMBER;
    }
    return numbers > 0;
}

static void put_row(struct page *page, const struct page_table *table, size_t row)
{
    const struct page_cell *cells = &table->cells[row * table->columns];
    kl_html_printf(page->out, "<tr>");
    for (size_t i = 0; i < table->columns; i++) {
        kl_html_printf(page->out, cells[i].kind == PAGE_NUMBER  ? "<td class=\"number\">"
                                  : cells[i].kind == PAGE_LINES ? "<td class=\"lines\">"
                                                                : "<td>");
        put_cell(page, &cells[i]);
        kl_html_printf(page->out, "</td>");
    }
    kl_html_printf(page->out, "</tr>\n");
}

static bool has_heads(const struct page_table *table)
{
    for (size_t i = 0; i < table->columns; i++) {
        if (*table->heads[i]) {
            return true;
        }
    }
    return false;
}

static void put_heads(struct page *page, const struct page_table *t)
{
    if (!has_heads(t)) {
        return;
    }
    kl_html_printf(page->out, "<thead><tr>");
    for (size_t i = 0; i < t->columns; i++) {
        kl_html_printf(page->out, "<th scope=\"col\"%S>%s</th>",
                       is_number_column(t, i) ? " class=\"number\"" : "", t->heads[i]);
    }
    kl_html_printf(page->out, "</tr></thead>\n");
}

static void table(struct page *page, const struct page_table *t)
{
    enum { DENSE_COLUMNS = 7, SMALL_ROWS = 6 };
    kl_html_printf(page->out, "<div class=\"wide%S\"><table%S>\n",
                   t->rows <= SMALL_ROWS ? " small" : "",
                   t->columns >= DENSE_COLUMNS ? " class=\"dense\"" : "");
    if (t->caption) {
        kl_html_printf(page->out, "<caption>%s</caption>\n", t->caption);
    }
    put_heads(page, t);
    kl_html_printf(page->out, "<tbody>\n");
    for (size_t row = 0; row < t->rows; row++) {
        put_row(page, t, row);
    }
    kl_html_printf(page->out, "</tbody>\n</table></div>\n");
}

static void definitions(struct page *page, const char *const *labels, const struct page_cell *cells,
                        size_t count)
{
    kl_html_printf(page->out, "<dl class=\"fields\">\n");
    for (size_t i = 0; i < count; i++) {
        kl_html_printf(page->out, "<dt>%s</dt><dd>", labels[i]);
        put_cell(page, &cells[i]);
        kl_html_printf(page->out, "</dd>\n");
    }
    kl_html_printf(page->out, "</dl>\n");
}

static void tiles(struct page *page, const struct page_tile *items, size_t count)
{
    kl_html_printf(page->out, "<ul class=\"tiles\">\n");
    for (size_t i = 0; i < count; i++) {
        kl_html_printf(page->out, "<li><span class=\"figure\">%s</span>", items[i].figure);
        if (items[i].state) {
            kl_html_printf(page->out, "<span class=\"status %s\">", items[i].state);
            put_sign(page->out, items[i].state);
            kl_html_printf(page->out, "%s</span></li>\n", items[i].label);
        } else {
            kl_html_printf(page->out, "<span class=\"muted\">%s</span></li>\n", items[i].label);
        }
    }
    kl_html_printf(page->out, "</ul>\n");
}

static void document(struct page *page, const char *markdown)
{
    kl_html_printf(page->out, "<article>\n");
    kl_html_markdown(page->out, markdown);
    kl_html_printf(page->out, "</article>\n");
}

const struct page_ops page_html = {
    .begin = begin,
    .end = end,
    .chapter = chapter,
    .chapter_end = chapter_end,
    .heading = heading,
    .paragraph = paragraph,
    .prose = prose,
    .note = note,
    .table = table,
    .definitions = definitions,
    .tiles = tiles,
    .document = document,
    .has_charts = true,
};

enum kl_err kl_report_html(const struct kl_judgement *judgement, struct kl_buffer *html,
                           struct kl_diag *diag)
{
    return page_write_report(judgement, &page_html, html, diag);
}
