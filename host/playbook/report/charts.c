/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charts of details of results. A chart is chosen by the columns of a table, so that commands of
 * the user's own get them, too:
 *
 *     input low high            change of a result when an input moves: a tornado
 *     year cumulative [discounted] money over the years
 *     condition needed collected   coverage
 *     (text) value low high     values with their intervals
 *     from to count [unit]      a distribution
 *     op cycles                 layers of a model by their modelled cycles, as of `kinglet profile`
 *     hour (numbers)            a day, hour by hour
 *     (text) share              parts of a whole, or how far things are
 */
#include <math.h>
#include <string.h>

#include "playbook/report/charts.h"
#include "report/chart.h"

enum { MOST_PARTS = 6 };

double chart_number(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *chart_text(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

bool chart_has_columns(const json_t *rows, const char *const *columns)
{
    const json_t *first = json_array_get(rows, 0);
    for (; *columns; columns++) {
        if (!json_object_get(first, *columns)) {
            return false;
        }
    }
    return json_is_object(first);
}

size_t chart_rows(const json_t *rows)
{
    size_t count = json_array_size(rows);
    return count < CHART_ROWS ? count : CHART_ROWS;
}

static const char *money(struct page *page, double value)
{
    const char *currency = page->judgement->playbook->currency;
    const char *text = page_quantity(page->arena, currency, fabs(value), currency ? currency : "1");
    return page_text(page, "%s%s", value < 0 ? "\xe2\x88\x92" : "+", text ? text : "");
}

static void tornado(struct page *page, const char *title, const json_t *rows)
{
    enum { MOST_INPUTS = CHART_ROWS };
    struct kl_bar bars[2 * MOST_INPUTS];
    size_t inputs = chart_rows(rows) < MOST_INPUTS ? chart_rows(rows) : MOST_INPUTS;
    for (size_t i = 0; i < inputs; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *input = chart_text(row, "input");
        double low = chart_number(row, "low");
        double high = chart_number(row, "high");
        bars[2 * i] = (struct kl_bar){page_text(page,
                                                "%s \xe2\x88\x92"
                                                "20 %%",
                                                input),
                                      low,
                                      money(page, low),
                                      false,
                                      NAN,
                                      NAN};
        bars[2 * i + 1] = (struct kl_bar){
            page_text(page, "%s +20 %%", input), high, money(page, high), true, NAN, NAN};
    }
    kl_chart_bars(page_svg(page), title, bars, 2 * inputs, NULL, NAN);
}

/* The sum so far with its figures, so that no table has to repeat them. */
static void cash_flow(struct page *page, const char *title, const json_t *rows)
{
    bool discounted = json_object_get(json_array_get(rows, 0), "discounted") != NULL;
    size_t count = chart_rows(rows);
    struct kl_bar *bars = page_alloc(page, count, sizeof *bars);
    for (size_t i = 0; i < count && !page->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        double sum = chart_number(row, discounted ? "discounted" : "cumulative");
        bars[i] = (struct kl_bar){
            .label = page_text(page, "year %.4g", chart_number(row, "year")),
            .value = sum,
            .text = money(page, sum),
            .strong = sum >= 0,
            .low = NAN,
            .high = NAN,
        };
    }
    if (!page->failed) {
        kl_chart_bars(
            page_svg(page),
            page_text(page, "%s: the sum so far%s", title, discounted ? ", discounted" : ""), bars,
            count, NULL, NAN);
    }
}

static void coverage(struct page *page, const char *title, const json_t *rows)
{
    size_t count = chart_rows(rows);
    struct kl_stack *stacks = page_alloc(page, count, sizeof *stacks);
    struct kl_part *parts = page_alloc(page, 2 * count, sizeof *parts);
    for (size_t i = 0; i < count && !page->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        double needed = chart_number(row, "needed");
        double collected = chart_number(row, "collected");
        const char *known = chart_text(row, "known_to");
        parts[2 * i] = (struct kl_part){"collected", collected};
        parts[2 * i + 1] = (struct kl_part){"missing", fmax(0, needed - collected)};
        stacks[i] = (struct kl_stack){
            .label = chart_text(row, "condition"),
            .text =
                page_text(page, "%.0f of %.0f%s%s", collected, needed, *known ? ", " : "", known),
            .parts = &parts[2 * i],
            .count = 2,
        };
    }
    if (!page->failed) {
        kl_chart_stacks(page_svg(page), title, stacks, count);
    }
}

/* The first text of a row names it. */
static const char *row_name(const json_t *row)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        if (json_is_string(value)) {
            return json_string_value(value);
        }
    }
    return "";
}

static void intervals(struct page *page, const char *title, const json_t *rows)
{
    size_t count = chart_rows(rows);
    struct kl_bar *bars = page_alloc(page, count, sizeof *bars);
    for (size_t i = 0; i < count && !page->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        double value = chart_number(row, "value");
        bars[i] = (struct kl_bar){
            .label = row_name(row),
            .value = value,
            .text = page_text(page, "%.4g (%.4g to %.4g)", value, chart_number(row, "low"),
                              chart_number(row, "high")),
            .low = chart_number(row, "low"),
            .high = chart_number(row, "high"),
        };
    }
    if (!page->failed) {
        kl_chart_bars(page_svg(page), title, bars, count, NULL, NAN);
    }
}

static void distribution(struct page *page, const char *title, const json_t *rows)
{
    size_t count = chart_rows(rows);
    struct kl_bar *bars = page_alloc(page, count, sizeof *bars);
    for (size_t i = 0; i < count && !page->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *unit = chart_text(row, "unit");
        bars[i] = (struct kl_bar){
            .label = page_text(page, "%.4g to %.4g%s%s", chart_number(row, "from"),
                               chart_number(row, "to"), *unit ? " " : "", unit),
            .value = chart_number(row, "count"),
            .text = page_text(page, "%.0f", chart_number(row, "count")),
            .low = NAN,
            .high = NAN,
        };
    }
    if (!page->failed) {
        kl_chart_bars(page_svg(page), title, bars, count, NULL, NAN);
    }
}

static void shares(struct page *page, const char *title, const json_t *rows)
{
    size_t count = chart_rows(rows);
    struct kl_bar *bars = page_alloc(page, count, sizeof *bars);
    for (size_t i = 0; i < count && !page->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        double share = chart_number(row, "share");
        bars[i] = (struct kl_bar){
            .label = row_name(row),
            .value = share,
            .text = isfinite(share) ? page_text(page, "%.3g %%", 100 * share) : NULL,
            .low = NAN,
            .high = NAN,
        };
    }
    if (!page->failed) {
        kl_chart_bars(page_svg(page), title, bars, count, NULL, NAN);
    }
}

static void layers(struct page *page, const char *title, const json_t *rows)
{
    size_t count = chart_rows(rows);
    double all = 0;
    struct kl_bar *bars = page_alloc(page, count, sizeof *bars);
    for (size_t i = 0; i < count; i++) {
        all += chart_number(json_array_get(rows, i), "cycles");
    }
    for (size_t i = 0; i < count && !page->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        double cycles = chart_number(row, "cycles");
        bars[i] = (struct kl_bar){
            .label = page_text(page, "%zu %s", i, chart_text(row, "op")),
            .value = cycles,
            .text = page_text(page, "%s, %.1f %%", page_number(page, cycles),
                              all > 0 ? 100 * cycles / all : 0),
            .low = NAN,
            .high = NAN,
        };
    }
    if (!page->failed) {
        kl_chart_bars(page_svg(page), page_text(page, "%s, in modelled cycles", title), bars, count,
                      NULL, NAN);
    }
}

/* The numbers of a row beside the hour: what happens in it. */
static size_t parts_of(struct page *page, const json_t *row, struct kl_part *parts)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        if (json_is_number(value) && strcmp(key, "hour") != 0 && count < MOST_PARTS) {
            parts[count++] = (struct kl_part){page_label(page, key), json_number_value(value)};
        }
    }
    return count;
}

static void day(struct page *page, const char *title, const json_t *rows)
{
    size_t count = chart_rows(rows);
    struct kl_stack *stacks = page_alloc(page, count, sizeof *stacks);
    struct kl_part *parts = page_alloc(page, count * MOST_PARTS, sizeof *parts);
    for (size_t i = 0; i < count && !page->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        stacks[i] = (struct kl_stack){
            .label = page_text(page, "%.4g", chart_number(row, "hour")),
            .parts = &parts[i * MOST_PARTS],
            .count = parts_of(page, row, &parts[i * MOST_PARTS]),
        };
    }
    if (!page->failed) {
        kl_chart_columns(page_svg(page), title, "in each hour", stacks, count);
    }
}

typedef void chart_fn(struct page *page, const char *title, const json_t *rows);

/* A chart stands for its table when the table says nothing else, or nothing that is missed. */
static const struct {
    const char *columns[4]; /* NULL-terminated */
    chart_fn *draw;
    const char *also; /* further columns that it shows, separated by blanks */
    bool enough;      /* other columns are for engineers, who read the record */
} charts[] = {
    {{"input", "low", "high", NULL}, tornado, "", true},
    {{"year", "cumulative", NULL}, cash_flow, "", true},
    {{"condition", "needed", "collected", NULL}, coverage, "", true},
    {{"value", "low", "high", NULL}, intervals, "", false},
    {{"from", "to", "count", NULL}, distribution, "unit", false},
    {{"op", "cycles", NULL}, layers, "", true},
    {{"hour", NULL}, day, "", true},
    {{"share", NULL}, shares, "", false},
};
enum { CHARTS = sizeof charts / sizeof charts[0] };

/* Is it the name of a row: its first text? */
static bool is_row_name(const json_t *row, const char *column)
{
    const char *text = json_string_value(json_object_get(row, column));
    return text && text == row_name(row);
}

static bool is_in_chart(size_t chart, const char *column)
{
    for (size_t c = 0; charts[chart].columns[c]; c++) {
        if (strcmp(charts[chart].columns[c], column) == 0) {
            return true;
        }
    }
    return strcmp(charts[chart].also, column) == 0;
}

/* Has the table columns that the chart leaves out? */
static bool has_more(size_t chart, const json_t *rows)
{
    const json_t *first = json_array_get(rows, 0);
    const char *column;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)first, column, value)
    {
        if (!is_in_chart(chart, column) && !is_row_name(first, column)) {
            return true;
        }
    }
    return false;
}

static enum page_chart_says draw(struct page *page, size_t chart, const char *title,
                                 const json_t *rows)
{
    bool more = has_more(chart, rows);
    bool cut = json_array_size(rows) > CHART_ROWS;
    if (more && !charts[chart].enough && charts[chart].draw == shares) {
        return PAGE_CHART_NONE; /* the table has the shares, too */
    }
    charts[chart].draw(page, title, rows);
    if (cut || (more && !charts[chart].enough)) {
        return PAGE_CHART_NONE;
    }
    return charts[chart].draw == layers && more ? PAGE_CHART_MOST : PAGE_CHART_ALL;
}

enum page_chart_says page_detail_chart(struct page *page, const char *title, const json_t *detail)
{
    for (size_t i = 0; page_svg(page) && chart_rows(detail) && i < CHARTS; i++) {
        if (chart_has_columns(detail, charts[i].columns)) {
            return draw(page, i, title, detail);
        }
    }
    return PAGE_CHART_NONE;
}
