/* SPDX-License-Identifier: Apache-2.0 */
/* The difference of two snapshots for people. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"
#include "playbook/evidence/clean.h"
#include "playbook/snapshot.h"

enum { MOST_ROWS_TEXT = 1000, MOST_ROWS_MARKDOWN = 100, CELL_BYTES = 240 };

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

/* Text of any JSON value, cut to a cell. */
static void show_json(const json_t *json, char cell[CELL_BYTES])
{
    char *dump = NULL;
    const char *text = json_string_value(json);
    if (!text) {
        dump =
            json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) : NULL;
        text = dump ? dump : "";
    }
    size_t length = kl_utf8_cut(text, CELL_BYTES - 5);
    snprintf(cell, CELL_BYTES, "%.*s%s", (int)length, text, text[length] ? "..." : "");
    free(dump);
}

/* "16.4 KiB", "792517 instructions", "0.953", "true". `exact`: with all digits. */
static void show_metric(const json_t *metric, const char *currency, bool exact,
                        char cell[CELL_BYTES])
{
    const json_t *value = json_object_get(metric, "value");
    const char *unit = text_of(metric, "unit");
    const char *known = strcmp(unit, "bytes") == 0 ? "B" : unit;
    struct kl_value quantity;
    char formatted[KL_VALUE_BYTES];
    if (!json_is_number(value)) {
        show_json(value, cell);
        return;
    }
    double number = json_number_value(value);
    bool plain = !kl_unit_parse(known, strlen(known), &quantity) ||
                 kl_dimension_equal(quantity.dimension, KL_PLAIN);
    if (plain || exact) {
        int digits = exact || fabs(number) >= 1e6 ? 15 : 6;
        bool bare = strcmp(unit, "1") == 0;
        snprintf(cell, CELL_BYTES, "%.*g%s%.60s", digits, number, bare ? "" : " ",
                 bare ? "" : unit);
        return;
    }
    quantity.value *= number;
    snprintf(cell, CELL_BYTES, "%s", kl_value_format(quantity, currency, formatted));
}

/* One line of a table. */
struct row {
    char name[CELL_BYTES], before[CELL_BYTES], now[CELL_BYTES], change[2 * CELL_BYTES];
};

static const char *better_word(const json_t *entry)
{
    const json_t *better = json_object_get(entry, "better");
    return json_is_true(better) ? "better" : json_is_false(better) ? "worse" : "";
}

static void clean_cell(char *cell)
{
    cell[kl_clean_text(cell, strlen(cell), cell)] = '\0';
    for (; *cell; cell++) {
        *cell = *cell == '\n' ? ' ' : *cell;
    }
}

/* Both sides; what appeared was "-" before. */
static void finish_row(const json_t *entry, struct row *row)
{
    const char *change = text_of(entry, "change");
    bool appeared = strcmp(change, "appeared") == 0;
    bool went = strcmp(change, "went") == 0;
    if (appeared) {
        snprintf(row->before, sizeof row->before, "-");
    }
    if (went) {
        snprintf(row->now, sizeof row->now, "-");
    }
    if (!row->change[0] && (appeared || went)) {
        snprintf(row->change, sizeof row->change, "%s", appeared ? "new" : "gone");
    }
    clean_cell(row->name);
    clean_cell(row->before);
    clean_cell(row->now);
    clean_cell(row->change);
}

static void gate_row(const json_t *gate, struct row *row)
{
    char reason[CELL_BYTES];
    const char *word = better_word(gate);
    bool rewritten =
        !json_equal(json_object_get(gate, "that_a"), json_object_get(gate, "that_b")) &&
        strcmp(text_of(gate, "change"), "changed") == 0;
    show_json(json_object_get(gate, "name"), row->name);
    show_json(json_object_get(gate, "a"), row->before);
    show_json(json_object_get(gate, "b"), row->now);
    show_json(json_object_get(gate, "reason"), reason);
    snprintf(row->change, sizeof row->change, "%s%s%s%s", word, *word && *reason ? ": " : "",
             reason, rewritten ? " (its expression changed)" : "");
}

static void show_change(const json_t *metric, struct row *row)
{
    const json_t *relative = json_object_get(metric, "relative");
    const char *word = better_word(metric);
    if (json_is_number(relative) && json_number_value(relative) != 0) {
        double percent = 100 * json_number_value(relative);
        snprintf(row->change, sizeof row->change, "%s %.3g %%%s%s",
                 percent > 0 ? "\u2191" : "\u2193", fabs(percent), *word ? " " : "", word);
    } else {
        snprintf(row->change, sizeof row->change, "%s", word);
    }
}

static void metric_row(const json_t *metric, const char *currency, struct row *row)
{
    const json_t *a = json_object_get(metric, "a");
    const json_t *b = json_object_get(metric, "b");
    show_json(json_object_get(metric, "name"), row->name);
    show_metric(a, currency, false, row->before);
    show_metric(b, currency, false, row->now);
    if (strcmp(row->before, row->now) == 0) {
        show_metric(a, currency, true, row->before);
        show_metric(b, currency, true, row->now);
    }
    show_change(metric, row);
    if (strcmp(row->before, row->now) == 0 && !row->change[0]) {
        snprintf(row->change, sizeof row->change, "%s \u2192 %s", text_of(a, "provenance"),
                 text_of(b, "provenance"));
    }
}

static void requirement_row(const json_t *requirement, struct row *row)
{
    show_json(json_object_get(requirement, "path"), row->name);
    show_json(json_object_get(requirement, "a"), row->before);
    show_json(json_object_get(requirement, "b"), row->now);
}

enum section { GATES, METRICS, REQUIREMENTS, SECTIONS };
static const char *const keys[SECTIONS] = {"gates", "metrics", "requirements"};

static void make_row(const json_t *diff, enum section section, size_t i, struct row *row)
{
    const json_t *entry = json_array_get(json_object_get(diff, keys[section]), i);
    memset(row, 0, sizeof *row);
    if (section == GATES) {
        gate_row(entry, row);
    } else if (section == METRICS) {
        const char *currency = text_of(diff, "currency");
        metric_row(entry, *currency ? currency : NULL, row);
    } else {
        requirement_row(entry, row);
    }
    finish_row(entry, row);
}

/* Characters of a UTF-8 text, for alignment. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void pad(struct kl_buffer *text, const char *cell, int width)
{
    int missing = width - width_of(cell);
    kl_buffer_printf(text, "%s%*s", cell, missing > 0 ? missing : 0, "");
}

static void text_section(const json_t *diff, enum section section, struct kl_buffer *text)
{
    static const char *const titles[SECTIONS] = {"gates", "metrics", "requirements"};
    size_t count = json_array_size(json_object_get(diff, keys[section]));
    size_t shown = count < MOST_ROWS_TEXT ? count : MOST_ROWS_TEXT;
    int name = 0, before = 0, now = 0;
    struct row row;
    for (size_t i = 0; i < shown; i++) {
        make_row(diff, section, i, &row);
        name = width_of(row.name) > name ? width_of(row.name) : name;
        before = width_of(row.before) > before ? width_of(row.before) : before;
        now = width_of(row.now) > now ? width_of(row.now) : now;
    }
    if (count) {
        kl_buffer_printf(text, "%s\n", titles[section]);
    }
    for (size_t i = 0; i < shown; i++) {
        make_row(diff, section, i, &row);
        kl_buffer_printf(text, "  ");
        pad(text, row.name, name);
        kl_buffer_printf(text, "  ");
        pad(text, row.before, before);
        kl_buffer_printf(text, " -> ");
        pad(text, row.now, row.change[0] ? now : 0);
        kl_buffer_printf(text, "%s%s\n", row.change[0] ? "  " : "", row.change);
    }
    if (count > shown) {
        kl_buffer_printf(text, "  ... and %zu more\n", count - shown);
    }
}

/* Text of a cell of a Markdown table: nothing in it means anything to Markdown or HTML. */
static void escape(struct kl_buffer *text, const char *cell)
{
    for (; *cell; cell++) {
        if (*cell == '\n' || *cell == '\r') {
            kl_buffer_printf(text, " ");
        } else if (*cell == '<') {
            kl_buffer_printf(text, "&lt;");
        } else if (*cell == '&') {
            kl_buffer_printf(text, "&amp;");
        } else if (*cell == '@') {
            kl_buffer_printf(text, "@\u200b"); /* names nobody */
        } else {
            kl_buffer_printf(text, "%s%c", strchr("\\`*_[]|~#!", *cell) ? "\\" : "", *cell);
        }
    }
}

static void markdown_row(const struct row *row, bool bold, struct kl_buffer *text)
{
    kl_buffer_printf(text, "| ");
    escape(text, row->name);
    kl_buffer_printf(text, " | ");
    escape(text, row->before);
    kl_buffer_printf(text, bold ? " | **" : " | ");
    escape(text, row->now);
    kl_buffer_printf(text, bold ? "** | " : " | ");
    escape(text, row->change);
    kl_buffer_printf(text, " |\n");
}

static void markdown_section(const json_t *diff, enum section section, struct kl_buffer *text)
{
    static const char *const heads[SECTIONS] = {
        "| Gate | Before | Now | Why |\n|---|---|---|---|\n",
        "| Metric | Before | Now | Change |\n|---|--:|--:|---|\n",
        "| Requirement | Before | Now | |\n|---|---|---|---|\n"};
    const json_t *list = json_object_get(diff, keys[section]);
    size_t count = json_array_size(list);
    size_t shown = count < MOST_ROWS_MARKDOWN ? count : MOST_ROWS_MARKDOWN;
    if (count) {
        kl_buffer_printf(text, "\n%s", heads[section]);
    }
    for (size_t i = 0; i < shown; i++) {
        struct row row;
        make_row(diff, section, i, &row);
        markdown_row(&row, strcmp(better_word(json_array_get(list, i)), "worse") == 0, text);
    }
    if (count > shown) {
        kl_buffer_printf(text, "\nand %zu more\n", count - shown);
    }
}

static json_int_t total(const json_t *diff, const char *side, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(diff, side), key));
}

static json_int_t holding(const json_t *diff, const char *side)
{
    return total(diff, side, "passed") + total(diff, side, "waived");
}

static void markdown_head(const json_t *diff, struct kl_buffer *text)
{
    const json_t *product = json_object_get(diff, "product");
    char title[CELL_BYTES], version[CELL_BYTES];
    show_json(json_object_get(product, "title"), title);
    show_json(json_object_get(product, "version"), version);
    clean_cell(title);
    clean_cell(version);
    kl_buffer_printf(text, "### ");
    escape(text, *title ? title : "Playbook");
    kl_buffer_printf(text, " ");
    escape(text, version);
    kl_buffer_printf(
        text, "\n\n%lld of %lld gates hold (before: %lld of %lld).\n",
        (long long)holding(diff, "totals_b"), (long long)total(diff, "totals_b", "gates"),
        (long long)holding(diff, "totals_a"), (long long)total(diff, "totals_a", "gates"));
}

void kl_snapshot_diff_text(const json_t *diff, bool markdown, struct kl_buffer *text)
{
    size_t changes = 0;
    for (int i = 0; i < SECTIONS; i++) {
        changes += json_array_size(json_object_get(diff, keys[i]));
    }
    if (markdown) {
        markdown_head(diff, text);
    }
    if (changes == 0) {
        kl_buffer_printf(text, "%sno change: gates, metrics and requirements are the same\n",
                         markdown ? "\n" : "");
    }
    for (int i = 0; i < SECTIONS; i++) {
        if (markdown) {
            markdown_section(diff, (enum section)i, text);
        } else {
            text_section(diff, (enum section)i, text);
        }
    }
}
