/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics: as tables, over the history of evidence, and steps beside each other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "playbook/report/page.h"

enum { MOST_TREND = 64, MOST_FIGURES = 400 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

const char *page_metric(struct page *page, const json_t *metric)
{
    const json_t *value = json_object_get(metric, "value");
    if (json_is_number(value)) {
        const char *text = page_quantity(page->arena, page->judgement->playbook->currency,
                                         json_number_value(value), text_of(metric, "unit"));
        page->failed = page->failed || !text;
        return text ? text : "";
    }
    return value && !json_is_null(value) ? page_json_text(page, value) : "";
}

const json_t *page_find_metric(const struct page *page, const char *step, const char *metric)
{
    const struct kl_record *record = kl_evidence_latest(page->judgement->evidence, step);
    const json_t *metrics = record ? json_object_get(record->result, "metrics") : NULL;
    return json_object_get(metrics, metric);
}

/* The values of a metric in all records of its step, the last MOST_TREND of them. */
static size_t history_of(struct page *page, const char *step, const char *metric, double *values)
{
    const struct kl_evidence *evidence = page->judgement->evidence;
    size_t count = 0;
    for (const struct kl_record *r = NULL; (r = kl_evidence_next(evidence, step, r));) {
        const json_t *found = json_object_get(json_object_get(r->result, "metrics"), metric);
        const json_t *value = json_object_get(found, "value");
        if (!json_is_number(value)) {
            continue;
        }
        if (count == MOST_TREND) {
            memmove(values, values + 1, (MOST_TREND - 1) * sizeof *values);
            count--;
        }
        values[count++] = json_number_value(value);
    }
    return count;
}

static bool has_changed(const double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (fabs(values[i] - values[0]) > 0) {
            return true;
        }
    }
    return false;
}

static void add_trend(struct page *page, struct page_cells *cells, const char *step,
                      const char *metric)
{
    struct page_cell cell = {.text = ""};
    double values[MOST_TREND];
    size_t count = history_of(page, step, metric, values);
    if (has_changed(values, count)) {
        double *kept = page_alloc(page, count, sizeof *kept);
        memcpy(kept, values, count * sizeof *kept);
        cell.trend = kept;
        cell.trend_count = count;
    }
    page_add(page, cells, cell);
}

/* Does the text name this metric, and not only a longer one? */
static bool is_named(const char *text, const char *step, const char *metric)
{
    static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_.";
    size_t step_length = strlen(step);
    size_t length = step_length + 1 + strlen(metric);
    for (const char *at = text; (at = strstr(at, step)); at++) {
        bool begins = at == text || !strchr(name_letters, at[-1]);
        if (begins && at[step_length] == '.' &&
            strncmp(at + step_length + 1, metric, length - step_length - 1) == 0 &&
            (at[length] == '\0' || !strchr(name_letters, at[length]))) {
            return true;
        }
    }
    return false;
}

static bool is_in_gate(const struct page *page, const char *step, const char *metric)
{
    const struct kl_playbook *playbook = page->judgement->playbook;
    for (size_t i = 0; i < playbook->gate_count; i++) {
        const char *that = playbook->gates[i].that;
        if (that && is_named(that, step, metric)) {
            return true;
        }
    }
    return false;
}

/* What stands in the chapter; the other figures are in the appendix. */
static bool is_key(struct page *page, const struct kl_step *step, const char *name,
                   const json_t *metric)
{
    double values[MOST_TREND];
    if (step->kind == KL_STEP_STATEMENT || is_in_gate(page, step->name, name)) {
        return true;
    }
    for (size_t i = 0; page_compared_names(i); i++) {
        if (page_first_metric(page, step->name, page_compared_names(i)) == metric) {
            return true;
        }
    }
    return has_changed(values, history_of(page, step->name, name, values));
}

/* Key figures of one step. */
static void add_figures(struct page *page, struct page_cells *cells, const struct kl_step *step,
                        const json_t *metrics)
{
    const char *name;
    json_t *metric;
    size_t shown = 0;
    /* The macro of jansson drops const; nothing is changed here. */
    json_object_foreach((json_t *)(uintptr_t)metrics, name, metric)
    {
        if (!is_key(page, step, name, metric)) {
            continue;
        }
        if (shown++ == MOST_FIGURES) {
            return;
        }
        page_add(page, cells,
                 (struct page_cell){.kind = PAGE_CODE,
                                    .text = page_text(page, "%s.%s", step->name, name)});
        const char *value = page_metric(page, metric);
        page_add(page, cells,
                 (struct page_cell){.kind = PAGE_NUMBER, .text = *value ? value : "not known"});
        page_add_text(page, cells, text_of(metric, "provenance"));
        add_trend(page, cells, step->name, name);
    }
}

static bool has_trends(const struct page_cells *cells, size_t columns)
{
    for (size_t i = columns - 1; i < cells->count; i += columns) {
        if (cells->items[i].trend) {
            return true;
        }
    }
    return false;
}

/* Without its last column, when that is empty. */
static void put_figures(struct page *page, struct page_cells *cells)
{
    static const char *const heads[] = {"Figure", "Value", "Where from", "So far"};
    enum { COLUMNS = sizeof heads / sizeof heads[0] };
    bool trends = has_trends(cells, COLUMNS);
    if (!trends) {
        page_drop_last(cells, COLUMNS);
    }
    page_put_table(page, "Figures", heads, trends ? COLUMNS : COLUMNS - 1, cells);
}

/* Metrics by which steps of one chapter are compared. */
static const struct {
    const char *names, *label;
} compared[] = {
    {"accuracy.test accuracy top1 accuracy.top1 auc", "Accuracy"},
    {"flash.total flash.used flash", "Flash"},
    {"ram.total ram.used ram ram.arena", "RAM"},
    {"cycles cycles.total instructions instructions.total", "Cycles or instructions"},
    {"latency latency.p95 latency.mean", "Latency"},
    {"energy energy.per_decision", "Energy"},
};
enum { COMPARED = sizeof compared / sizeof compared[0] };

const char *page_compared_names(size_t which)
{
    return which < COMPARED ? compared[which].names : NULL;
}

const char *page_compared_label(size_t which)
{
    return which < COMPARED ? compared[which].label : NULL;
}

const json_t *page_first_metric(const struct page *page, const char *step, const char *names)
{
    while (*names) {
        char name[64];
        size_t length = strcspn(names, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, names);
        const json_t *metric = page_find_metric(page, step, name);
        if (json_is_number(json_object_get(metric, "value"))) {
            return metric;
        }
        names += length + strspn(names + length, " ");
    }
    return NULL;
}

void page_figures(struct page *page, const struct kl_chapter *chapter)
{
    struct page_cells cells = {0};
    page_comparison(page, chapter);
    for (size_t i = 0; i < chapter->step_count; i++) {
        const struct kl_step *step = chapter->steps[i];
        const struct kl_record *record = kl_evidence_latest(page->judgement->evidence, step->name);
        if (record && record->result) {
            add_figures(page, &cells, step, json_object_get(record->result, "metrics"));
        }
    }
    put_figures(page, &cells);
}

/* The figures of a step from one source, e.g. all that are counted. */
static const char *figures_from(struct page *page, const struct kl_step *step,
                                const json_t *metrics, const char *provenance)
{
    const char *text = "";
    const char *name;
    json_t *metric;
    size_t shown = 0;
    json_object_foreach((json_t *)(uintptr_t)metrics, name, metric)
    {
        if (strcmp(text_of(metric, "provenance"), provenance) != 0 ||
            is_key(page, step, name, metric) || shown++ >= MOST_FIGURES) {
            continue;
        }
        const char *value = page_metric(page, metric);
        text = page_text(page, "%s%s%s %s", text, *text ? "; " : "", name,
                         *value ? value : "not known");
    }
    return text;
}

void page_other_figures(struct page *page)
{
    static const char *const heads[] = {"Step", "Where from", "Figures"};
    static const char *const sources[] = {"measured",  "counted", "modelled", "estimated",
                                          "datasheet", "stated",  ""};
    const struct kl_playbook *playbook = page->judgement->playbook;
    struct page_cells cells = {0};
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct kl_step *step = &playbook->steps[i];
        const struct kl_record *record = kl_evidence_latest(page->judgement->evidence, step->name);
        const json_t *metrics = record ? json_object_get(record->result, "metrics") : NULL;
        for (size_t k = 0; metrics && k < sizeof sources / sizeof sources[0]; k++) {
            const char *figures = figures_from(page, step, metrics, sources[k]);
            if (*figures) {
                page_add_text(page, &cells, step->name);
                page_add_text(page, &cells, sources[k]);
                page_add_text(page, &cells, figures);
            }
        }
    }
    if (cells.count) {
        page->ops->heading(page, 3, "figures", "Further figures");
        page_put_table(page, NULL, heads, 3, &cells);
    }
}
