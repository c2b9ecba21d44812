/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps beside each other. Bars compare only what can be compared: the steps that the ladder of
 * the optimisation names, or the steps for one board. Steps for several boards become a table.
 */
#include <math.h>
#include <string.h>

#include "playbook/report/page.h"
#include "report/chart.h"

enum { MOST_STEPS = 40 };

/* What is compared: steps, and what they are called here. */
struct rungs {
    const char *steps[MOST_STEPS];
    const char *labels[MOST_STEPS];
    size_t count;
};

static const char *board_of(const struct page *page, const char *step)
{
    const struct kl_record *record = kl_evidence_latest(page->judgement->evidence, step);
    const char *board = record ? json_string_value(json_object_get(record->result, "board")) : NULL;
    return board ? board : "";
}

/* Has the step a metric by which steps are compared? */
static bool is_comparable(const struct page *page, const char *step)
{
    for (size_t i = 0; page_compared_names(i); i++) {
        if (page_first_metric(page, step, page_compared_names(i))) {
            return true;
        }
    }
    return false;
}

static void add_rung(const struct page *page, struct rungs *rungs, const char *step,
                     const char *label)
{
    if (rungs->count < MOST_STEPS && is_comparable(page, step)) {
        rungs->steps[rungs->count] = step;
        rungs->labels[rungs->count++] = label;
    }
}

/* The steps of the ladder that name the step with their evidence. */
static struct rungs ladder_of(const struct page *page)
{
    struct rungs rungs = {.count = 0};
    const struct kl_yaml *ladder =
        kl_playbook_field(page->judgement->playbook, "optimisation.ladder");
    for (size_t i = 0; ladder && ladder->kind == KL_YAML_LIST && i < ladder->count; i++) {
        const char *step = kl_yaml_text(kl_yaml_get(ladder->items[i], "evidence"), NULL);
        const char *label = kl_yaml_text(kl_yaml_get(ladder->items[i], "step"), step);
        if (step) {
            add_rung(page, &rungs, step, label);
        }
    }
    return rungs;
}

static struct rungs steps_of(const struct page *page, const struct kl_chapter *chapter)
{
    struct rungs rungs = {.count = 0};
    for (size_t i = 0; i < chapter->step_count; i++) {
        add_rung(page, &rungs, chapter->steps[i]->name, chapter->steps[i]->title);
    }
    return rungs;
}

static bool is_one_board(const struct page *page, const struct rungs *rungs)
{
    for (size_t i = 1; i < rungs->count; i++) {
        if (strcmp(board_of(page, rungs->steps[i]), board_of(page, rungs->steps[0])) != 0) {
            return false;
        }
    }
    return true;
}

/* One chart: this metric of all steps that have it. */
static void draw(struct page *page, const struct rungs *rungs, size_t which)
{
    struct kl_bar bars[MOST_STEPS];
    size_t count = 0;
    for (size_t i = 0; i < rungs->count; i++) {
        const json_t *metric = page_first_metric(page, rungs->steps[i], page_compared_names(which));
        if (metric) {
            bars[count++] = (struct kl_bar){
                .label = rungs->labels[i],
                .value = json_number_value(json_object_get(metric, "value")),
                .text = page_metric(page, metric),
                .low = NAN,
                .high = NAN,
            };
        }
    }
    if (count >= 2) {
        bars[count - 1].strong = true;
        kl_chart_bars(page_svg(page),
                      page_text(page, "%s, step by step", page_compared_label(which)), bars, count,
                      NULL, NAN);
    }
}

/* Has any of the steps this metric? */
static bool is_known(const struct page *page, const struct rungs *rungs, size_t which)
{
    for (size_t i = 0; i < rungs->count; i++) {
        if (page_first_metric(page, rungs->steps[i], page_compared_names(which))) {
            return true;
        }
    }
    return false;
}

static void add_row(struct page *page, struct page_cells *cells, const struct rungs *rungs,
                    size_t row, const size_t *metrics, size_t metric_count)
{
    const char *board = board_of(page, rungs->steps[row]);
    page_add_text(page, cells, rungs->labels[row]);
    page_add_text(page, cells, *board ? board : "none");
    for (size_t k = 0; k < metric_count; k++) {
        const json_t *metric =
            page_first_metric(page, rungs->steps[row], page_compared_names(metrics[k]));
        page_add(page, cells,
                 (struct page_cell){.kind = PAGE_NUMBER,
                                    .text = metric ? page_metric(page, metric) : ""});
    }
}

/* All steps, those for one board together. */
static void put_by_board(struct page *page, const struct rungs *rungs)
{
    enum { MOST_METRICS = 8 };
    const char *heads[MOST_METRICS + 2] = {"Step", "Board"};
    size_t metrics[MOST_METRICS];
    size_t count = 0;
    bool done[MOST_STEPS] = {false};
    struct page_cells cells = {0};
    for (size_t i = 0; page_compared_names(i) && count < MOST_METRICS; i++) {
        if (is_known(page, rungs, i)) {
            heads[count + 2] = page_compared_label(i);
            metrics[count++] = i;
        }
    }
    for (size_t i = 0; i < rungs->count; i++) {
        for (size_t k = i; k < rungs->count; k++) {
            if (!done[k] &&
                strcmp(board_of(page, rungs->steps[i]), board_of(page, rungs->steps[k])) == 0) {
                add_row(page, &cells, rungs, k, metrics, count);
                done[k] = true;
            }
        }
    }
    page_put_table(page, "Steps by board", heads, count + 2, &cells);
}

void page_comparison(struct page *page, const struct kl_chapter *chapter)
{
    bool optimisation = strcmp(chapter->id, "optimisation") == 0;
    struct rungs rungs = {.count = 0};
    if (optimisation) {
        rungs = ladder_of(page);
    }
    if (rungs.count < 2 && (optimisation || strcmp(chapter->id, "model") == 0)) {
        rungs = steps_of(page, chapter);
    }
    if (rungs.count >= 2 && !is_one_board(page, &rungs)) {
        put_by_board(page, &rungs);
        return;
    }
    for (size_t i = 0; rungs.count >= 2 && page_svg(page) && page_compared_names(i); i++) {
        draw(page, &rungs, i);
    }
}
