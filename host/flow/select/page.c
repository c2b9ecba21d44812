/* SPDX-License-Identifier: Apache-2.0 */
/* The choice as a page that stands alone: matrix, charts, exclusions, rationale. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "flow/select/internal.h"
#include "report/chart.h"
#include "report/html.h"

enum { SHOWN = 6, DAY_SECONDS = 24 * 60 * 60 };

static const char *cell_text(const struct kl_select_cell *cell, struct kl_dimension dimension,
                             char text[KL_VALUE_BYTES])
{
    if (!cell->known) {
        return "unknown";
    }
    return isinf(cell->value) ? "no end" : select_text(cell->value, dimension, text);
}

static void put_cell(struct kl_buffer *html, const struct kl_select_cell *cell,
                     struct kl_dimension dimension)
{
    char text[KL_VALUE_BYTES];
    kl_html_printf(html, "<td class=\"number\" title=\"%s\">%s", cell->how ? cell->how : "",
                   cell_text(cell, dimension, text));
    if (cell->known) {
        kl_html_printf(html, "<br><span class=\"muted\">%s</span>", cell->provenance);
    }
    kl_html_printf(html, "</td>");
}

static void put_matrix(struct kl_buffer *html, const struct kl_select_result *result)
{
    static const char *const heads[] = {"RAM",    "Flash",        "Latency",
                                        "Energy", "Battery life", "Price (USD)"};
    kl_html_printf(html, "<section><h2>Decision matrix</h2>\n<div class=\"wide\"><table "
                         "class=\"dense\"><thead><tr><th>Rank</th><th>Board</th>"
                         "<th class=\"number\">Score</th>");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        kl_html_printf(html, "<th class=\"number\">%s</th>", heads[i]);
    }
    kl_html_printf(html, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct kl_select_board *b = &result->boards[i];
        kl_html_printf(html, "<tr><td>%zu</td><td>%s<br><span class=\"muted\">%s</span></td>",
                       i + 1, b->board->title, b->board->core);
        kl_html_printf(html, "<td class=\"number\">%.2f</td>", b->total);
        put_cell(html, &b->ram, KL_BYTES);
        put_cell(html, &b->flash, KL_BYTES);
        put_cell(html, &b->latency, KL_SECONDS);
        put_cell(html, &b->energy, KL_JOULES);
        put_cell(html, &b->battery_life, KL_SECONDS);
        kl_html_printf(html, "<td class=\"number\">%s</td></tr>\n",
                       b->price.known ? b->price.how : "unknown");
    }
    kl_html_printf(html, "</tbody></table></div>\n</section>\n");
}

/* What is said of a board: why it is out, or what could not be checked. */
struct said {
    const char *const *sentences;
    size_t count;
};

static struct said said_of(const struct kl_select_board *board, bool doubts)
{
    return doubts ? (struct said){board->doubts, board->doubt_count}
                  : (struct said){board->exclusions, board->exclusion_count};
}

static bool is_same(struct said a, struct said b)
{
    for (size_t i = 0; a.count == b.count && i < a.count; i++) {
        if (strcmp(a.sentences[i], b.sentences[i]) != 0) {
            return false;
        }
    }
    return a.count == b.count;
}

/* Was the same said of a board before this one? */
static bool is_said(const struct kl_select_result *result, size_t from, size_t at, bool doubts)
{
    for (size_t i = from; i < at; i++) {
        if (is_same(said_of(&result->boards[i], doubts), said_of(&result->boards[at], doubts))) {
            return true;
        }
    }
    return false;
}

/* Boards of which the same is said share a row. */
static void put_sentences(struct kl_buffer *html, const struct kl_select_result *result,
                          size_t from, size_t to, bool doubts)
{
    kl_html_printf(html, "<table><tbody>\n");
    for (size_t i = from; i < to; i++) {
        struct said said = said_of(&result->boards[i], doubts);
        if (said.count == 0 || is_said(result, from, i, doubts)) {
            continue;
        }
        kl_html_printf(html, "<tr><td>%s", result->boards[i].board->title);
        for (size_t k = i + 1; k < to; k++) {
            if (is_same(said, said_of(&result->boards[k], doubts))) {
                kl_html_printf(html, "<br>%s", result->boards[k].board->title);
            }
        }
        kl_html_printf(html, "</td><td><ul>");
        for (size_t k = 0; k < said.count; k++) {
            kl_html_printf(html, "<li>%s</li>", said.sentences[k]);
        }
        kl_html_printf(html, "</ul></td></tr>\n");
    }
    kl_html_printf(html, "</tbody></table></section>\n");
}

static void put_exclusions(struct kl_buffer *html, const struct kl_select_result *result)
{
    size_t doubts = 0;
    if (result->candidate_count < result->board_count) {
        kl_html_printf(html, "<section><h2>Excluded</h2>\n");
        put_sentences(html, result, result->candidate_count, result->board_count, false);
    }
    for (size_t i = 0; i < result->candidate_count; i++) {
        doubts += result->boards[i].doubt_count;
    }
    if (doubts > 0) {
        kl_html_printf(html, "<section><h2>Limits that could not be checked</h2>\n");
        put_sentences(html, result, 0, result->candidate_count, true);
    }
}

static size_t shown(const struct kl_select_result *result)
{
    return result->candidate_count < SHOWN ? result->candidate_count : SHOWN;
}

static void put_scores(struct kl_buffer *html, const struct kl_select_result *result)
{
    struct kl_bar bars[KL_SELECT_BOARDS];
    char texts[KL_SELECT_BOARDS][16];
    size_t count = result->candidate_count;
    for (size_t i = 0; i < count; i++) {
        const struct kl_select_board *b = &result->boards[i];
        snprintf(texts[i], sizeof texts[i], "%.2f", b->total);
        bars[i] = (struct kl_bar){b->board->name, b->total, texts[i], i == 0, NAN, NAN};
    }
    kl_chart_bars(html, "Weighted score", bars, count, NULL, NAN);
}

static void put_radar(struct kl_buffer *html, const struct kl_select_result *result)
{
    struct kl_series series[SHOWN];
    double values[SHOWN][KL_CRITERION_COUNT];
    const char *axes[KL_CRITERION_COUNT];
    size_t axis_count = 0;
    size_t axis[KL_CRITERION_COUNT];
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        if (result->weights[c] > 0) {
            axis[axis_count] = c;
            axes[axis_count++] = kl_criterion_names[c];
        }
    }
    size_t count = shown(result) < 4 ? shown(result) : 4;
    for (size_t i = 0; i < count; i++) {
        for (size_t a = 0; a < axis_count; a++) {
            values[i][a] = result->boards[i].scores[axis[a]];
        }
        series[i] = (struct kl_series){result->boards[i].board->name, NULL, values[i], axis_count};
    }
    if (axis_count >= 3) {
        kl_chart_radar(html, "Scores of the first by criterion", axes, axis_count, series, count);
    }
}

/* Boards whose latency and energy are known. */
static void put_pareto(struct kl_buffer *html, const struct kl_select_result *result)
{
    struct kl_point points[KL_SELECT_BOARDS];
    size_t count = 0;
    const struct kl_axis x = {.label = "latency of a decision, ms", .logarithmic = true};
    const struct kl_axis y = {.label = "energy of a decision, mJ", .logarithmic = true};
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct kl_select_board *b = &result->boards[i];
        if (b->latency.known && b->energy.known) {
            points[count++] = (struct kl_point){.label = b->board->name,
                                                .x = b->latency.value * 1e3,
                                                .y = b->energy.value * 1e3,
                                                .strong = i == 0};
        }
    }
    if (count > 1) {
        kl_chart_pareto(html, "Latency and energy of a decision", &x, &y, points, count);
    }
}

/* Energy of a day by consumer, in joules at the supply voltage of the data sheet. */
static void put_day(struct kl_buffer *html, const struct kl_select_result *result)
{
    struct kl_stack rows[SHOWN];
    struct kl_part parts[SHOWN][KL_MAX_LOADS + 1];
    char texts[SHOWN][KL_VALUE_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < shown(result); i++) {
        const struct kl_select_board *b = &result->boards[i];
        if (!b->average_current.known || !(b->day.average_current > 0)) {
            continue;
        }
        double joules = b->day.joules_per_day / b->day.average_current;
        double asleep = b->day.sleep_current * fmax(0, 1 - b->day.duty);
        for (size_t k = 0; k < b->load_count; k++) {
            parts[count][k] = (struct kl_part){b->loads[k].name, b->day.load_current[k] * joules};
        }
        parts[count][b->load_count] = (struct kl_part){"sleep", asleep * joules};
        select_text(b->day.joules_per_day, KL_JOULES, texts[count]);
        rows[count] =
            (struct kl_stack){b->board->name, texts[count], parts[count], b->load_count + 1};
        count++;
    }
    if (count > 0) {
        kl_chart_stacks(html, "A day in the life: energy by consumer", rows, count);
    }
}

static void put_battery(struct kl_buffer *html, const struct kl_select_request *request,
                        const struct kl_select_result *result)
{
    struct kl_bar bars[KL_SELECT_BOARDS];
    char texts[KL_SELECT_BOARDS][KL_VALUE_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct kl_select_board *b = &result->boards[i];
        if (b->battery_life.known && isfinite(b->battery_life.value)) {
            select_text(b->battery_life.value, KL_SECONDS, texts[count]);
            bars[count] = (struct kl_bar){b->board->name,
                                          b->battery_life.value / DAY_SECONDS,
                                          texts[count],
                                          i == 0,
                                          NAN,
                                          NAN};
            count++;
        }
    }
    double limit = request->battery_life > 0 ? request->battery_life / DAY_SECONDS : NAN;
    if (count > 0) {
        kl_chart_bars(html, "Battery life, days", bars, count, "wanted", limit);
    }
}

/* Is the winner the same with every change of a weight? */
static bool is_steady(const struct kl_select_result *result)
{
    for (size_t i = 0; i < result->sensitivity_count; i++) {
        if (result->sensitivity[i].changes) {
            return false;
        }
    }
    return true;
}

static void put_sensitivity(struct kl_buffer *html, const struct kl_select_result *result)
{
    kl_html_printf(html, "<section><h2>Weights and sensitivity</h2>\n");
    if (result->sensitivity_count && is_steady(result)) {
        kl_html_printf(html,
                       "<p>%s comes first with each weight 20 %% less or 20 %% more, too.</p>\n",
                       result->sensitivity[0].winner);
    }
    kl_html_printf(html,
                   "<table><thead><tr><th>Criterion</th><th class=\"number\">Weight</th>%S"
                   "</tr></thead><tbody>\n",
                   is_steady(result) ? ""
                                     : "<th>Winner at 20 % less</th><th>Winner at 20 % more</th>");
    for (size_t i = 0; i + 1 < result->sensitivity_count; i += 2) {
        const struct kl_select_sensitivity *s = &result->sensitivity[i];
        kl_html_printf(html, "<tr><td>%s</td><td class=\"number\">%.1f %%</td>",
                       kl_criterion_names[s->criterion], 100 * result->weights[s->criterion]);
        if (!is_steady(result)) {
            kl_html_printf(html, "<td>%s</td><td>%s</td>", s[0].winner, s[1].winner);
        }
        kl_html_printf(html, "</tr>\n");
    }
    kl_html_printf(html, "</tbody></table></section>\n");
}

static void put_limits(struct kl_buffer *html, const struct kl_select_request *r)
{
    const struct {
        const char *label;
        double value;
        struct kl_dimension dimension;
    } rows[] = {{"RAM in all", r->ram, KL_BYTES},
                {"Flash in all", r->flash, KL_BYTES},
                {"RAM reserved for the rest", r->ram_reserved, KL_BYTES},
                {"Flash reserved for the rest", r->flash_reserved, KL_BYTES},
                {"Latency of a decision", r->latency, KL_SECONDS},
                {"Energy of a decision", r->energy, KL_JOULES},
                {"Time between decisions", r->period, KL_SECONDS},
                {"Battery life", r->battery_life, KL_SECONDS},
                {"Sensor on, per decision", r->sensor_seconds, KL_SECONDS},
                {"Features, per decision", r->feature_seconds, KL_SECONDS},
                {"Radio on, per message", r->radio_seconds, KL_SECONDS},
                {"Time between messages", r->radio_period, KL_SECONDS}};
    const struct {
        const char *label, *words;
    } needs[] = {{"Sensors", r->sensors},
                 {"Radios", r->radios},
                 {"Cryptography", r->crypto},
                 {"Software, one of", r->sdks},
                 {"Secure boot, at least", r->secure_boot},
                 {"Key storage, at least", r->key_storage},
                 {"Price class, at most", r->price_class}};
    kl_html_printf(html, "<section><h2>What was asked for</h2>\n<dl class=\"fields\">\n");
    for (size_t i = 0; i < r->model_count; i++) {
        kl_html_printf(html, "<dt>Model</dt><dd>%s</dd>\n", r->models[i]);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[KL_VALUE_BYTES];
        if (rows[i].value > 0) {
            kl_html_printf(html, "<dt>%s</dt><dd>%s</dd>\n", rows[i].label,
                           select_text(rows[i].value, rows[i].dimension, text));
        }
    }
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (needs[i].words && needs[i].words[0]) {
            kl_html_printf(html, "<dt>%s</dt><dd>%s</dd>\n", needs[i].label, needs[i].words);
        }
    }
    kl_html_printf(html, "</dl></section>\n");
}

void kl_select_page(const struct kl_select_request *request, const struct kl_select_result *result,
                    struct kl_buffer *html)
{
    kl_html_begin(html, "Choice of hardware", "Boards for the models given, by kinglet select");
    kl_html_printf(html,
                   "<section><h2>Result</h2>\n<p class=\"verdict\">%s</p>\n<p>%s</p>"
                   "</section>\n",
                   result->candidate_count > 0 ? result->boards[0].board->title
                                               : "No board meets all limits",
                   result->rationale);
    if (result->candidate_count > 0) {
        put_matrix(html, result);
        kl_html_printf(html, "<section><h2>Charts</h2>\n");
        put_scores(html, result);
        put_radar(html, result);
        put_pareto(html, result);
        put_day(html, result);
        put_battery(html, request, result);
        kl_html_printf(html, "</section>\n");
        put_sensitivity(html, result);
    }
    put_exclusions(html, result);
    put_limits(html, request);
    kl_html_printf(html, "<p class=\"muted\">Counted figures are exact. Modelled ones come from "
                         "documented timings of the board's own core, estimated ones from "
                         "published ratios between cores; measured ones from the board's "
                         "history.</p>\n");
    kl_html_end(html);
}
