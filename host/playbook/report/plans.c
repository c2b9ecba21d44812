/* SPDX-License-Identifier: Apache-2.0 */
/* Charts of what the playbook itself plans: rollout, production, success over time. */
#include <math.h>
#include <string.h>

#include "playbook/report/page.h"
#include "report/chart.h"

enum { MOST_ROWS = 60, SECONDS_PER_DAY = 86400 };

/* Day of a date below a map; false when there is none. */
static bool day_of(const struct kl_yaml *map, const char *key, double *day)
{
    struct kl_date date;
    const char *text = kl_yaml_text(kl_yaml_get(map, key), NULL);
    if (!text || !kl_date_parse(text, &date)) {
        return false;
    }
    *day = kl_date_days(date);
    return true;
}

static bool days_of(const struct kl_yaml *map, const char *key, double *days)
{
    struct kl_value value;
    const char *text = kl_yaml_text(kl_yaml_get(map, key), NULL);
    if (!text || !kl_value_parse(text, strlen(text), &value) ||
        !kl_dimension_equal(value.dimension, KL_SECONDS)) {
        return false;
    }
    *days = value.value / SECONDS_PER_DAY;
    return true;
}

/* How far a phase goes, in the words of the playbook. */
static const char *phase_text(struct page *page, const struct kl_yaml *phase)
{
    const char *devices = kl_yaml_text(kl_yaml_get(phase, "devices"), NULL);
    const char *share = kl_yaml_text(kl_yaml_get(phase, "share"), NULL);
    return devices ? page_text(page, "%s devices", devices) : share ? share : "";
}

/* A list of maps of at most MOST_ROWS; NULL when the field is something else. */
static const struct kl_yaml *rows_of(struct page *page, const char *path, size_t *count)
{
    const struct kl_yaml *list = kl_playbook_field(page->judgement->playbook, path);
    *count = list && list->kind == KL_YAML_LIST ? list->count : 0;
    *count = *count < MOST_ROWS ? *count : MOST_ROWS;
    return *count ? list : NULL;
}

/* A phase without a first day begins when the one before it ends. */
static void rollout(struct page *page)
{
    size_t count;
    size_t used = 0;
    const struct kl_yaml *phases = rows_of(page, "rollout.phases", &count);
    struct kl_span *spans = page_alloc(page, MOST_ROWS, sizeof *spans);
    double first = NAN;
    double now = 0;
    for (size_t i = 0; i < count; i++) {
        const struct kl_yaml *phase = phases->items[i];
        double day;
        double days = 0;
        if (day_of(phase, "starts", &day)) {
            first = isnan(first) ? day - now : first;
            now = day - first;
        }
        if (days_of(phase, "lasts", &days)) {
            spans[used++] = (struct kl_span){kl_yaml_text(kl_yaml_get(phase, "name"), ""),
                                             phase_text(page, phase), now, now + days};
            now += days;
        }
    }
    if (used > 1 && !page->failed) {
        kl_chart_spans(page_svg(page), "Phases of the rollout", "days since its begin", spans,
                       used);
    }
}

static void timeline(struct page *page)
{
    size_t count;
    size_t used = 0;
    const struct kl_yaml *tasks = rows_of(page, "production.timeline", &count);
    struct kl_span *spans = page_alloc(page, MOST_ROWS, sizeof *spans);
    double first = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double from;
        double to;
        if (day_of(tasks->items[i], "from", &from) && day_of(tasks->items[i], "to", &to)) {
            spans[used++] = (struct kl_span){kl_yaml_text(kl_yaml_get(tasks->items[i], "task"), ""),
                                             kl_yaml_text(kl_yaml_get(tasks->items[i], "who"), ""),
                                             from, to + 1};
            first = fmin(first, from);
        }
    }
    for (size_t i = 0; i < used; i++) {
        spans[i].from -= first;
        spans[i].to -= first;
    }
    if (used > 1 && !page->failed) {
        kl_chart_spans(page_svg(page), "Timeline of the production", "days since its begin", spans,
                       used);
    }
}

/* A line of one height over the whole time, e.g. a target; false when it is not stated. */
static bool level(struct page *page, const struct kl_yaml *measure, const char *key,
                  const double *x, size_t count, struct kl_series *series)
{
    struct kl_value value;
    const char *text = kl_yaml_text(kl_yaml_get(measure, key), NULL);
    if (!text || !kl_value_parse(text, strlen(text), &value)) {
        return false;
    }
    double *ends = page_alloc(page, 4, sizeof *ends);
    ends[0] = x[0];
    ends[1] = x[count - 1];
    ends[2] = ends[3] = value.value;
    *series = (struct kl_series){key, ends, ends + 2, 2};
    return true;
}

/* Readings of one measure, in the order of the file. */
static size_t readings_of(const struct kl_yaml *list, size_t count, const char *measure, double *x,
                          double *y)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        struct kl_value value;
        const char *text = kl_yaml_text(kl_yaml_get(list->items[i], "value"), "");
        const char *name = kl_yaml_text(kl_yaml_get(list->items[i], "measure"), "");
        if (strcmp(name, measure) == 0 && day_of(list->items[i], "date", &x[used]) &&
            kl_value_parse(text, strlen(text), &value)) {
            y[used++] = value.value;
        }
    }
    for (size_t i = used; i-- > 0;) {
        x[i] -= x[0];
    }
    return used;
}

static void success_of(struct page *page, const struct kl_yaml *measure,
                       const struct kl_yaml *readings, size_t count)
{
    const char *name = kl_yaml_text(kl_yaml_get(measure, "name"), "");
    double *x = page_alloc(page, MOST_ROWS, sizeof *x);
    double *y = page_alloc(page, MOST_ROWS, sizeof *y);
    size_t used = page->failed ? 0 : readings_of(readings, count, name, x, y);
    if (used < 2) {
        return;
    }
    struct kl_series series[3] = {{"measured", x, y, used}};
    size_t lines = 1;
    lines += level(page, measure, "target", x, used, &series[lines]);
    lines += level(page, measure, "baseline", x, used, &series[lines]);
    const struct kl_axis x_axis = {.label = "days since the first reading"};
    const struct kl_axis y_axis = {.label = kl_yaml_text(kl_yaml_get(measure, "unit"), "")};
    kl_chart_lines(page_svg(page), name, &x_axis, &y_axis, series, lines, false);
}

static void success(struct page *page)
{
    size_t count;
    size_t measure_count;
    const struct kl_yaml *readings = rows_of(page, "learning.success", &count);
    const struct kl_yaml *measures = rows_of(page, "use_case.measures", &measure_count);
    for (size_t i = 0; readings && i < measure_count; i++) {
        success_of(page, measures->items[i], readings, count);
    }
}

void page_plan_charts(struct page *page, const struct kl_chapter *chapter)
{
    if (!page_svg(page)) {
        return;
    }
    if (strcmp(chapter->id, "rollout") == 0) {
        rollout(page);
    } else if (strcmp(chapter->id, "production") == 0) {
        timeline(page);
    } else if (strcmp(chapter->id, "learning") == 0) {
        success(page);
    }
}
