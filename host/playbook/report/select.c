/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of hardware: `kinglet select` gives a list of boards with figures and scores. */
#include <math.h>
#include <string.h>

#include "playbook/report/charts.h"
#include "report/chart.h"

enum { MOST_AXES = 12, MOST_SERIES = 3, MOST_LOADS = 16, MOST_BARS = 12 };

/* Boards that passed every limit, best first. */
struct choice {
    const json_t *boards[CHART_ROWS];
    size_t count;
};

static bool is_choice(const json_t *boards)
{
    static const char *const columns[] = {"board", "total", "exclusions", NULL};
    return json_is_array(boards) && chart_has_columns(boards, columns);
}

static struct choice candidates_of(const json_t *boards)
{
    struct choice choice = {.count = 0};
    for (size_t i = 0; i < json_array_size(boards) && choice.count < CHART_ROWS; i++) {
        const json_t *board = json_array_get(boards, i);
        if (json_is_number(json_object_get(board, "total"))) {
            choice.boards[choice.count++] = board;
        }
    }
    return choice;
}

static const char *title_of(const json_t *board)
{
    const char *title = chart_text(board, "title");
    return *title ? title : chart_text(board, "board");
}

/* In charts the short name is enough. */
static const char *name_of(const json_t *board)
{
    return chart_text(board, "board");
}

static double figure(const json_t *board, const char *key)
{
    return chart_number(json_object_get(board, key), "value");
}

static void draw_scores(struct page *page, const struct choice *choice)
{
    struct kl_bar bars[MOST_BARS];
    size_t count = choice->count < MOST_BARS ? choice->count : MOST_BARS;
    for (size_t i = 0; i < count; i++) {
        double total = chart_number(choice->boards[i], "total");
        bars[i] = (struct kl_bar){
            name_of(choice->boards[i]), total, page_text(page, "%.2f", total), i == 0, NAN, NAN};
    }
    kl_chart_bars(page_svg(page), "Scores of the candidates", bars, count, NULL, NAN);
}

static void draw_radar(struct page *page, const struct choice *choice)
{
    const char *axes[MOST_AXES];
    struct kl_series series[MOST_SERIES];
    size_t axis_count = 0;
    size_t count = choice->count < MOST_SERIES ? choice->count : MOST_SERIES;
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(choice->boards[0], "scores"), key, value)
    {
        if (axis_count < MOST_AXES) {
            axes[axis_count++] = key;
        }
    }
    for (size_t i = 0; i < count; i++) {
        double *scores = page_alloc(page, MOST_AXES, sizeof *scores);
        for (size_t k = 0; k < axis_count; k++) {
            scores[k] = chart_number(json_object_get(choice->boards[i], "scores"), axes[k]);
        }
        series[i] = (struct kl_series){name_of(choice->boards[i]), NULL, scores, axis_count};
    }
    if (axis_count >= 3 && !page->failed) {
        kl_chart_radar(page_svg(page), "How the best compare", axes, axis_count, series, count);
    }
}

static void draw_pareto(struct page *page, const struct choice *choice)
{
    struct kl_point points[CHART_ROWS];
    const struct kl_axis x = {.label = "latency, ms", .logarithmic = true};
    const struct kl_axis y = {.label = "energy per decision, mJ", .logarithmic = true};
    size_t known = 0;
    for (size_t i = 0; i < choice->count; i++) {
        double latency = 1e3 * figure(choice->boards[i], "latency");
        double energy = 1e3 * figure(choice->boards[i], "energy");
        points[i] = (struct kl_point){
            .label = name_of(choice->boards[i]), .x = latency, .y = energy, .strong = i == 0};
        known += isfinite(latency) && isfinite(energy);
    }
    if (known > 1) {
        kl_chart_pareto(page_svg(page), "Latency against energy", &x, &y, points, choice->count);
    }
}

/* Average current by consumer, for the boards of which it is known. */
static void draw_loads(struct page *page, const struct choice *choice)
{
    struct kl_stack stacks[CHART_ROWS];
    size_t count = 0;
    for (size_t i = 0; i < choice->count; i++) {
        const json_t *loads = json_object_get(choice->boards[i], "loads");
        double average = figure(choice->boards[i], "average_current");
        size_t parts = json_array_size(loads) < MOST_LOADS ? json_array_size(loads) : MOST_LOADS;
        struct kl_part *part = page_alloc(page, MOST_LOADS + 1, sizeof *part);
        double sum = 0;
        for (size_t k = 0; k < parts; k++) {
            const json_t *load = json_array_get(loads, k);
            part[k] =
                (struct kl_part){chart_text(load, "name"), 1e6 * chart_number(load, "average_a")};
            sum += isfinite(part[k].value) ? part[k].value : 0;
        }
        if (parts && isfinite(average)) {
            char text[KL_VALUE_BYTES];
            kl_value_format((struct kl_value){average, KL_AMPERES}, NULL, text);
            part[parts] = (struct kl_part){"sleep", fmax(0, 1e6 * average - sum)};
            stacks[count++] = (struct kl_stack){name_of(choice->boards[i]),
                                                page_text(page, "%s", text), part, parts + 1};
        }
    }
    if (count && !page->failed) {
        kl_chart_stacks(page_svg(page), "Average current over a day, by consumer", stacks, count);
    }
}

static void add_figure(struct page *page, struct page_cells *cells, const json_t *board,
                       const char *key)
{
    const json_t *cell = json_object_get(board, key);
    const char *text = page_metric(page, cell);
    page_add(page, cells,
             (struct page_cell){.kind = PAGE_NUMBER,
                                .text = *text ? text : "not known",
                                .below = *text ? chart_text(cell, "provenance") : ""});
}

static void put_matrix(struct page *page, const struct choice *choice)
{
    static const char *const heads[] = {"",      "Board",   "Score",  "RAM",
                                        "Flash", "Latency", "Energy", "Battery life"};
    static const char *const figures[] = {"ram", "flash", "latency", "energy", "battery_life"};
    struct page_cells cells = {0};
    for (size_t i = 0; i < choice->count; i++) {
        const json_t *board = choice->boards[i];
        page_add_text(page, &cells, page_text(page, "%zu", i + 1));
        page_add(page, &cells,
                 (struct page_cell){.text = title_of(board), .below = chart_text(board, "core")});
        page_add(page, &cells,
                 (struct page_cell){.kind = PAGE_NUMBER,
                                    .text = page_text(page, "%.2f", chart_number(board, "total"))});
        for (size_t k = 0; k < sizeof figures / sizeof figures[0]; k++) {
            add_figure(page, &cells, board, figures[k]);
        }
    }
    page_put_table(page, "Decision matrix", heads, 8, &cells);
}

static const char *sentences_of(struct page *page, const json_t *board, const char *key)
{
    const json_t *reasons = json_object_get(board, key);
    const char *text = "";
    for (size_t k = 0; k < json_array_size(reasons); k++) {
        const char *reason = json_string_value(json_array_get(reasons, k));
        text = page_text(page, "%s%s%s", text, k ? "; " : "", reason ? reason : "");
    }
    return text;
}

/* Boards with sentences of one kind: why they are out, or what is not known of them. Boards with
 * the same sentences share a row. */
static void put_reasons(struct page *page, const json_t *boards, const char *key,
                        const char *caption, bool candidates_only)
{
    const char *const heads[] = {"Board", caption};
    struct page_cells cells = {0};
    for (size_t i = 0; i < json_array_size(boards); i++) {
        const json_t *board = json_array_get(boards, i);
        const char *text = sentences_of(page, board, key);
        size_t row = 0;
        if (!*text || (candidates_only && !json_is_number(json_object_get(board, "total")))) {
            continue;
        }
        while (row < cells.count && strcmp(cells.items[row + 1].text, text) != 0) {
            row += 2;
        }
        if (row < cells.count) {
            cells.items[row].text =
                page_text(page, "%s, %s", cells.items[row].text, title_of(board));
        } else {
            page_add_text(page, &cells, title_of(board));
            page_add_text(page, &cells, text);
        }
    }
    page_put_table(page, NULL, heads, 2, &cells);
}

bool page_select(struct page *page, const json_t *boards)
{
    if (!is_choice(boards)) {
        return false;
    }
    const struct choice choice = candidates_of(boards);
    put_matrix(page, &choice);
    if (page_svg(page) && choice.count) {
        draw_scores(page, &choice);
        draw_radar(page, &choice);
        draw_pareto(page, &choice);
        draw_loads(page, &choice);
    }
    put_reasons(page, boards, "exclusions", "Excluded because", false);
    put_reasons(page, boards, "doubts", "Not known", true);
    return true;
}

bool page_select_has(const json_t *details, const char *name)
{
    bool repeated = strcmp(name, "matrix") == 0 || strcmp(name, "excluded") == 0;
    return repeated && is_choice(json_object_get(details, "boards"));
}
