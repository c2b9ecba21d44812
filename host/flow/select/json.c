/* SPDX-License-Identifier: Apache-2.0 */
/* The result of a choice as JSON; docs/guide/json.md describes it. */
#include <math.h>
#include <string.h>

#include "base/envelope.h"
#include "flow/select/internal.h"

static json_t *texts_json(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(texts[i]));
    }
    return list;
}

static json_t *value_json(double value, const char *unit)
{
    return strcmp(unit, "bytes") == 0 ? json_integer(llround(value)) : kl_json_number(value);
}

static json_t *cell_json(const struct kl_select_cell *cell, const char *unit)
{
    json_t *json = json_object();
    json_object_set_new(json, "value", cell->known ? value_json(cell->value, unit) : json_null());
    json_object_set_new(json, "unit", json_string(unit));
    json_object_set_new(json, "provenance",
                        json_string(cell->known ? cell->provenance : "unknown"));
    if (cell->how) {
        json_object_set_new(json, "how", json_string(cell->how));
    }
    return json;
}

static json_t *latency_json(const struct kl_select_board *b)
{
    json_t *json = cell_json(&b->latency, "s");
    if (b->latency.known) {
        json_object_set_new(json, "low", kl_json_number(b->latency_low));
        json_object_set_new(json, "high", kl_json_number(b->latency_high));
    }
    return json;
}

static json_t *scores_json(const double values[KL_CRITERION_COUNT])
{
    json_t *json = json_object();
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        json_object_set_new(json, kl_criterion_names[c], kl_json_number(values[c]));
    }
    return json;
}

static json_t *loads_json(const struct kl_select_board *board)
{
    json_t *list = json_array();
    for (size_t i = 0; i < board->load_count; i++) {
        const struct kl_load *load = &board->loads[i];
        json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f, s:f, s:s}", "name", load->name,
                                              "current_a", load->current, "seconds", load->seconds,
                                              "events_per_second", load->events_per_second,
                                              "average_a", board->day.load_current[i], "provenance",
                                              load->provenance));
    }
    return list;
}

static json_t *board_json(const struct kl_select_board *b, size_t rank)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "board", b->board->name, "title", b->board->title,
                             "core", b->board->core);
    bool candidate = b->exclusion_count == 0;
    json_object_set_new(json, "rank", candidate ? json_integer((json_int_t)rank) : json_null());
    json_object_set_new(json, "total", candidate ? kl_json_number(b->total) : json_null());
    json_object_set_new(json, "ram", cell_json(&b->ram, "bytes"));
    json_object_set_new(json, "ram_limit", value_json(b->ram_limit, "bytes"));
    json_object_set_new(json, "flash", cell_json(&b->flash, "bytes"));
    json_object_set_new(json, "flash_limit", value_json(b->flash_limit, "bytes"));
    json_object_set_new(json, "latency", latency_json(b));
    json_object_set_new(json, "energy", cell_json(&b->energy, "J"));
    json_object_set_new(json, "average_current", cell_json(&b->average_current, "A"));
    json_object_set_new(json, "battery_life", cell_json(&b->battery_life, "s"));
    json_object_set_new(json, "price", cell_json(&b->price, "1"));
    json_object_set_new(json, "loads", loads_json(b));
    if (candidate) {
        json_object_set_new(json, "scores", scores_json(b->scores));
    }
    json_object_set_new(json, "exclusions", texts_json(b->exclusions, b->exclusion_count));
    json_object_set_new(json, "doubts", texts_json(b->doubts, b->doubt_count));
    return json;
}

static json_t *sensitivity_json(const struct kl_select_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->sensitivity_count; i++) {
        const struct kl_select_sensitivity *s = &result->sensitivity[i];
        json_array_append_new(list, json_pack("{s:s, s:f, s:s, s:b}", "criterion",
                                              kl_criterion_names[s->criterion], "factor", s->factor,
                                              "winner", s->winner, "changes", s->changes));
    }
    return list;
}

/* A cell as people read it, e.g. "16.5 KiB (counted)". */
static json_t *shown_json(const struct kl_select_cell *cell, struct kl_dimension dimension)
{
    char text[KL_VALUE_BYTES];
    if (!cell->known) {
        return json_string("unknown");
    }
    return json_sprintf("%s (%s)",
                        isinf(cell->value) ? "no end" : select_text(cell->value, dimension, text),
                        cell->provenance);
}

/* The decision matrix as a flat table. */
static json_t *matrix_json(const struct kl_select_result *result)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct kl_select_board *b = &result->boards[i];
        json_t *row = json_object();
        json_object_set_new(row, "rank", json_integer((json_int_t)i + 1));
        json_object_set_new(row, "board", json_string(b->board->name));
        json_object_set_new(row, "score", kl_json_number(round(b->total * 1000) / 1000));
        json_object_set_new(row, "ram", shown_json(&b->ram, KL_BYTES));
        json_object_set_new(row, "flash", shown_json(&b->flash, KL_BYTES));
        json_object_set_new(row, "latency", shown_json(&b->latency, KL_SECONDS));
        json_object_set_new(row, "energy", shown_json(&b->energy, KL_JOULES));
        json_object_set_new(row, "battery_life", shown_json(&b->battery_life, KL_SECONDS));
        json_object_set_new(row, "price_usd",
                            json_string(b->price.known ? b->price.how : "unknown"));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *excluded_json(const struct kl_select_result *result)
{
    json_t *rows = json_array();
    for (size_t i = result->candidate_count; i < result->board_count; i++) {
        const struct kl_select_board *b = &result->boards[i];
        for (size_t k = 0; k < b->exclusion_count; k++) {
            json_array_append_new(
                rows, json_pack("{s:s, s:s}", "board", b->board->name, "why", b->exclusions[k]));
        }
    }
    return rows;
}

json_t *kl_select_json(const struct kl_select_result *result)
{
    json_t *boards = json_array();
    for (size_t i = 0; i < result->board_count; i++) {
        json_array_append_new(boards, board_json(&result->boards[i], i + 1));
    }
    json_t *json = json_object();
    bool found = result->candidate_count > 0;
    json_object_set_new(json, "winner",
                        found ? json_string(result->boards[0].board->name) : json_null());
    json_object_set_new(json, "rationale", json_string(result->rationale));
    json_object_set_new(json, "weights", scores_json(result->weights));
    json_object_set_new(json, "matrix", matrix_json(result));
    json_object_set_new(json, "excluded", excluded_json(result));
    json_object_set_new(json, "boards", boards);
    json_object_set_new(json, "sensitivity", sensitivity_json(result));
    return json;
}
