/* SPDX-License-Identifier: Apache-2.0 */
/* What a result holds beside its metrics: tables, lists and texts of any command. */
#include <math.h>
#include <string.h>

#include "playbook/report/charts.h"

enum { MOST_TEXT = 4000, MOST_BRIEF = 200 };

/* Of the envelope itself: shown elsewhere. */
static bool is_envelope(const char *name)
{
    static const char *const names[] = {"schema", "tool",    "command",   "ok",
                                        "inputs", "metrics", "assessment"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static const char *joined(struct page *page, const json_t *value, int depth);

/* A figure with its unit, as metrics are written. */
bool page_is_metric(const json_t *value)
{
    return json_is_object(value) && json_object_get(value, "value") &&
           json_is_string(json_object_get(value, "unit"));
}

static const char *json_line(struct page *page, const json_t *value, int depth)
{
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_number(value)) {
        return page_number(page, json_number_value(value));
    }
    if (json_is_boolean(value)) {
        return json_is_true(value) ? "yes" : "no";
    }
    if (page_is_metric(value)) {
        return page_metric(page, value);
    }
    return json_is_null(value) || depth > 3 ? "" : joined(page, value, depth);
}

/* Lists and objects in one line, cut when they become very long. */
static const char *joined(struct page *page, const json_t *value, int depth)
{
    const char *text = "";
    size_t size = json_is_array(value) ? json_array_size(value) : json_object_size(value);
    void *at = json_object_iter((json_t *)(uintptr_t)value);
    for (size_t i = 0; i < size; i++) {
        const char *gap = i ? json_is_array(value) ? ", " : "; " : "";
        if (strlen(text) > MOST_TEXT / 4) {
            return page_text(page, "%s%s...", text, gap);
        }
        if (json_is_array(value)) {
            const char *item = json_line(page, json_array_get(value, i), depth + 1);
            text = page_text(page, "%s%s%s", text, gap, item);
        } else {
            const char *item = json_line(page, json_object_iter_value(at), depth + 1);
            text = page_text(page, "%s%s%s: %s", text, gap,
                             page_label(page, json_object_iter_key(at)), item);
            at = json_object_iter_next((json_t *)(uintptr_t)value, at);
        }
    }
    return text;
}

const char *page_json_text(struct page *page, const json_t *value)
{
    return json_line(page, value, 0);
}

static bool is_table(const json_t *value)
{
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)(uintptr_t)value, i, row)
    {
        if (!json_is_object(row)) {
            return false;
        }
    }
    return json_is_array(value) && json_array_size(value) > 0;
}

static void put_object(struct page *page, const char *caption, const json_t *object)
{
    static const char *const heads[] = {"", ""};
    struct page_cells cells = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        page_add_text(page, &cells, page_label(page, key));
        page_add(page, &cells, page_json_cell(page, key, value));
    }
    page_put_table(page, caption, heads, 2, &cells);
}

/* Has it values that do not fit into a cell? */
static bool is_deep(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (is_table(value) || (json_is_object(value) && !page_is_metric(value))) {
            return true;
        }
    }
    return false;
}

/* Are these numbers the parts of one? */
static bool is_weights(const json_t *object)
{
    double sum = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (!json_is_number(value) || json_number_value(value) < 0) {
            return false;
        }
        sum += json_number_value(value);
    }
    return json_object_size(object) > 1 && fabs(sum - 1) < 1e-3;
}

static void put_weights(struct page *page, const char *caption, const json_t *weights)
{
    const char *text = "";
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)weights, key, value)
    {
        text = page_text(page, "%s%s%s %.3g %%", text, *text ? ", " : "", page_label(page, key),
                         100 * json_number_value(value));
    }
    page->ops->paragraph(page, "", page_text(page, "%s: %s.", caption, text));
}

static void put_remark(struct page *page, const struct kl_step_status *step, const char *caption,
                       const char *what)
{
    page->ops->paragraph(
        page, "muted",
        page_text(page, "%s: %s in record %u.", caption, what, step->record->number));
}

static void put_text(struct page *page, const struct kl_step_status *step, const char *caption,
                     const json_t *detail)
{
    const char *line = page_json_text(page, detail);
    if (strlen(line) > MOST_TEXT) {
        put_remark(page, step, caption, "a long text is");
    } else if (*line) {
        page->ops->paragraph(page, "", page_text(page, "%s: %s", caption, line));
    }
}

static void put_details(struct page *page, const struct kl_step_status *step,
                        const json_t *details);

/* What a table is called: the title that the list "sources" beside it gives, or its key. */
static const char *title_of(struct page *page, const json_t *details, const char *name)
{
    size_t i;
    json_t *source;
    json_array_foreach(json_object_get(details, "sources"), i, source)
    {
        if (strcmp(chart_text(source, "table"), name) == 0 && *chart_text(source, "title")) {
            return chart_text(source, "title");
        }
    }
    return page_label(page, name);
}

static void put_detail(struct page *page, const struct kl_step_status *step, const char *caption,
                       const json_t *detail)
{
    if (page_select(page, detail)) {
        return;
    }
    enum page_chart_says says = page_detail_chart(page, caption, detail);
    if (says == PAGE_CHART_MOST) {
        put_remark(page, step, caption, "all columns are");
    }
    if (says != PAGE_CHART_NONE) {
        return;
    }
    if (is_table(detail)) {
        page_rows(page, caption, detail, step->record->number);
    } else if (is_weights(detail)) {
        put_weights(page, caption, detail);
    } else if (json_object_get(detail, "boards")) {
        put_details(page, step, detail);
    } else if (json_is_object(detail) && is_deep(detail)) {
        put_remark(page, step, caption, "a document is");
    } else if (json_is_object(detail) && json_object_size(detail) > 0) {
        put_object(page, caption, detail);
    } else {
        put_text(page, step, caption, detail);
    }
}

static void put_details(struct page *page, const struct kl_step_status *step, const json_t *details)
{
    const char *name;
    json_t *detail;
    json_object_foreach((json_t *)(uintptr_t)details, name, detail)
    {
        if (!is_envelope(name) && !page_select_has(details, name)) {
            put_detail(page, step, title_of(page, details, name), detail);
        }
    }
}

/* Are all details single values? Then a line is enough for them. */
static bool is_brief(const json_t *result)
{
    const char *name;
    json_t *detail;
    json_object_foreach((json_t *)(uintptr_t)result, name, detail)
    {
        if (!is_envelope(name) && (json_is_object(detail) || json_is_array(detail) ||
                                   json_string_length(detail) > MOST_BRIEF)) {
            return false;
        }
    }
    return true;
}

static void put_brief(struct page *page, const struct kl_step_status *step)
{
    const char *text = "";
    const char *name;
    json_t *detail;
    json_object_foreach(step->record->result, name, detail)
    {
        if (!is_envelope(name)) {
            text = page_text(page, "%s%s%s: %s", text, *text ? "; " : "", page_label(page, name),
                             page_json_text(page, detail));
        }
    }
    page->ops->paragraph(page, "", page_text(page, "%s. %s", step->step->title, text));
}

static bool has_details(const json_t *result)
{
    const char *name;
    json_t *detail;
    json_object_foreach((json_t *)(uintptr_t)result, name, detail)
    {
        if (!is_envelope(name)) {
            return true;
        }
    }
    return false;
}

void page_details(struct page *page, const struct kl_step_status *step)
{
    const json_t *result = step->record ? step->record->result : NULL;
    if (has_details(result) && is_brief(result)) {
        put_brief(page, step);
    } else if (has_details(result)) {
        page->ops->heading(page, 3, NULL, step->step->title);
        put_details(page, step, result);
    }
}
