/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of objects in a result as tables, as short as they can be without losing what they say. */
#include <string.h>

#include "playbook/report/charts.h"

enum { MOST_COLUMNS = 12, MOST_ROWS = 120 };

/* Shares of a whole are read as percent. */
static const char *value_text(struct page *page, const char *key, const json_t *value)
{
    static const char *const shares[] = {"share", "coverage", "progress", "weight", "confidence"};
    for (size_t i = 0; json_is_number(value) && i < sizeof shares / sizeof shares[0]; i++) {
        if (strcmp(key, shares[i]) == 0) {
            return page_text(page, "%.3g %%", 100 * json_number_value(value));
        }
    }
    return page_short_name(page, page_json_text(page, value));
}

/* States have signs, but only where a column or key is called so. */
struct page_cell page_json_cell(struct page *page, const char *key, const json_t *value)
{
    bool state = json_is_string(value) && page_is_state(json_string_value(value)) &&
                 strcmp(key, "state") == 0;
    struct page_cell cell = {.kind = state                                            ? PAGE_STATE
                                     : json_is_number(value) || page_is_metric(value) ? PAGE_NUMBER
                                                                                      : PAGE_TEXT,
                             .text = value ? value_text(page, key, value) : ""};
    if (page_is_metric(value)) {
        cell.below = json_string_value(json_object_get(value, "provenance"));
    }
    return cell;
}

/* Columns that only serve to draw the chart of the same table, which has them as text, too. */
static bool is_for_chart(const json_t *rows, const char *key)
{
    return json_object_get(json_array_get(rows, 0), "input") &&
           (strcmp(key, "low") == 0 || strcmp(key, "high") == 0);
}

/* Is there anything to show in this column? */
static bool is_filled(const json_t *rows, const char *key)
{
    for (size_t i = 0; i < json_array_size(rows) && i < MOST_ROWS; i++) {
        const json_t *value = json_object_get(json_array_get(rows, i), key);
        bool empty = !value || json_is_null(value) ||
                     (json_is_string(value) && json_string_length(value) == 0);
        if (!empty) {
            return true;
        }
    }
    return false;
}

/* Is it the reason of a state, which stands below the state? */
static bool is_reason(const json_t *rows, const char *key)
{
    return strcmp(key, "reason") == 0 && is_filled(rows, "state");
}

/* The keys of the rows, in the order in which they appear. */
static size_t columns_of(const json_t *rows, const char **columns)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(rows) && i < MOST_ROWS; i++) {
        json_t *row = json_array_get(rows, i);
        const char *key;
        json_t *value;
        json_object_foreach(row, key, value)
        {
            size_t c = 0;
            while (c < count && strcmp(columns[c], key) != 0) {
                c++;
            }
            if (c == count && count < MOST_COLUMNS && !is_for_chart(rows, key) &&
                !is_reason(rows, key) && is_filled(rows, key)) {
                columns[count++] = key;
            }
        }
    }
    return count;
}

static struct page_cell row_cell(struct page *page, const json_t *row, const char *key)
{
    struct page_cell cell = page_json_cell(page, key, json_object_get(row, key));
    if (strcmp(key, "state") == 0) {
        cell.below = json_string_value(json_object_get(row, "reason"));
    }
    return cell;
}

/* Does the column say the same in all rows, of which there are some? */
static bool is_constant(const json_t *rows, const char *key)
{
    enum { SOME_ROWS = 3 };
    const json_t *first = json_object_get(json_array_get(rows, 0), key);
    for (size_t i = 1; i < json_array_size(rows) && i < MOST_ROWS; i++) {
        if (!json_equal(first, json_object_get(json_array_get(rows, i), key))) {
            return false;
        }
    }
    return first && json_array_size(rows) >= SOME_ROWS;
}

/* A wide table gets room when columns that say the same everywhere become a sentence. */
static size_t fold_constants(struct page *page, const char *caption, const json_t *rows,
                             const char **columns, size_t count)
{
    enum { WIDE = 7 };
    const char *sentence = "";
    size_t kept = 0;
    if (count < WIDE) {
        return count;
    }
    for (size_t c = 0; c < count; c++) {
        if (c == 0 || !is_constant(rows, columns[c])) {
            columns[kept++] = columns[c];
            continue;
        }
        const json_t *value = json_object_get(json_array_get(rows, 0), columns[c]);
        sentence = page_text(page, "%s%s%s: %s", sentence, *sentence ? "; " : "",
                             page_label(page, columns[c]), value_text(page, columns[c], value));
    }
    if (*sentence) {
        page->ops->paragraph(page, "muted",
                             page_text(page, "%s, in all rows: %s.", caption, sentence));
    }
    return kept;
}

/* All rows as one table, or the first `most` of them. */
static void put_table(struct page *page, const char *caption, const json_t *rows, size_t most)
{
    const char *columns[MOST_COLUMNS];
    const char *heads[MOST_COLUMNS];
    struct page_cells cells = {0};
    size_t size = json_array_size(rows);
    size_t count = fold_constants(page, caption, rows, columns, columns_of(rows, columns));
    for (size_t c = 0; c < count; c++) {
        heads[c] = page_label(page, columns[c]);
    }
    for (size_t i = 0; i < size && i < most; i++) {
        for (size_t c = 0; c < count; c++) {
            page_add(page, &cells, row_cell(page, json_array_get(rows, i), columns[c]));
        }
    }
    if (count) {
        page_put_table(page, caption, heads, count, &cells);
    }
}

/* Says the row nothing but its name, what it is about, its kind and its state? */
static bool is_bare(const json_t *row)
{
    enum { NAMES = 2 };
    size_t texts = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        bool said = json_is_string(value) ? json_string_length(value) > 0 : !json_is_null(value);
        bool counted =
            strcmp(key, "state") != 0 && strcmp(key, "reason") != 0 && strcmp(key, "kind") != 0;
        texts += said && counted;
    }
    return texts <= NAMES;
}

static const char *why_of(struct page *page, const json_t *row)
{
    const char *state = chart_text(row, "state");
    const char *reason = chart_text(row, "reason");
    return page_text(page, "%s%s%s", state, *reason ? ": " : "", reason);
}

/* Bare rows in the same state, and for the same reason, as a table of their own, which says both
 * in its caption. */
static void put_alike(struct page *page, const char *caption, const json_t *rows, size_t first)
{
    const char *why = why_of(page, json_array_get(rows, first));
    json_t *alike = json_array();
    for (size_t i = first; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (is_bare(row) && strcmp(why_of(page, row), why) == 0) {
            json_t *copy = json_copy((json_t *)(uintptr_t)row);
            json_object_del(copy, "state");
            json_object_del(copy, "reason");
            json_array_append_new(alike, copy);
        }
    }
    put_table(page, page_text(page, "%s, %s", caption, why), alike, MOST_ROWS);
    json_decref(alike);
}

static bool has_state(const json_t *row)
{
    return *chart_text(row, "state") != '\0';
}

/* A long list of states: what has something to show first, then the rest in few lines each. */
static void put_states(struct page *page, const char *caption, const json_t *rows)
{
    json_t *rest = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        if (!is_bare(row)) {
            json_array_append(rest, row);
        }
    }
    put_table(page, caption, rest, MOST_ROWS);
    json_decref(rest);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool earlier = false;
        for (size_t k = 0; k < i && !earlier; k++) {
            const json_t *other = json_array_get(rows, k);
            earlier = is_bare(other) && strcmp(why_of(page, other), why_of(page, row)) == 0;
        }
        if (is_bare(row) && !earlier) {
            put_alike(page, caption, rows, i);
        }
    }
}

/* Do all rows say that nothing changes? */
static bool is_unchanged(const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (!json_is_false(json_object_get(json_array_get(rows, i), "changes"))) {
            return false;
        }
    }
    return true;
}

static void put_unchanged(struct page *page, const char *caption, const json_t *rows)
{
    const char *winner = chart_text(json_array_get(rows, 0), "winner");
    page->ops->paragraph(page, "",
                         page_text(page, "%s: none of the %zu variations changes the result%s%s.",
                                   caption, json_array_size(rows), *winner ? ", which stays " : "",
                                   winner));
}

/* Boards for which the same is said become one row. */
static json_t *group_boards(const json_t *rows)
{
    json_t *groups = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        json_t *group = NULL;
        for (size_t k = 0; k < json_array_size(groups) && !group; k++) {
            json_t *other = json_array_get(groups, k);
            bool same =
                json_equal(json_object_get(row, "why"), json_object_get(other, "why")) &&
                json_equal(json_object_get(row, "possible"), json_object_get(other, "possible"));
            group = same ? other : NULL;
        }
        if (group) {
            json_array_append(json_object_get(group, "boards"), json_object_get(row, "board"));
        } else {
            json_array_append_new(groups, json_pack("{s:[O], s:O, s:O}", "boards",
                                                    json_object_get(row, "board"), "possible",
                                                    json_object_get(row, "possible"), "why",
                                                    json_object_get(row, "why")));
        }
    }
    return groups;
}

void page_rows(struct page *page, const char *caption, const json_t *rows, unsigned record)
{
    static const char *const feasible[] = {"board", "possible", "why", NULL};
    enum { LONG_LIST = 30, BEGINNING = 12, MANY_STATES = 20 };
    size_t size = json_array_size(rows);
    bool states = has_state(json_array_get(rows, 0));
    if (is_unchanged(rows)) {
        put_unchanged(page, caption, rows);
        return;
    }
    if (chart_has_columns(rows, feasible)) {
        json_t *groups = group_boards(rows);
        put_table(page, caption, groups, MOST_ROWS);
        json_decref(groups);
        return;
    }
    if (states && size >= MANY_STATES && size <= MOST_ROWS) {
        put_states(page, caption, rows);
        return;
    }
    size_t most = states || size <= LONG_LIST ? MOST_ROWS : BEGINNING;
    put_table(page, caption, rows, most);
    if (size > most) {
        page->ops->paragraph(
            page, "muted", page_text(page, "%zu more rows are in record %u.", size - most, record));
    }
}
