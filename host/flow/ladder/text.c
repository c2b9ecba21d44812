/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder as a table in Markdown, and as a page. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/ladder.h"
#include "report/chart.h"
#include "report/html.h"

enum { CELL_BYTES = 160, MOST_RUNGS = 64 };

/* The columns of both tables: a figure, and the interval beside it. */
static const struct column {
    const char *figure, *title;
    const char *low, *high;
    bool points; /* a share as points of a per cent */
} columns[] = {
    {"accuracy", "Accuracy (95 %)", "accuracy.low", "accuracy.high", false},
    {"mean_squared_error", "Mean squared error", NULL, NULL, false},
    {"difference", "Difference (95 %)", "difference.low", "difference.high", true},
    {"least_recall", "Least recall", NULL, NULL, false},
    {"flash", "Flash", NULL, NULL, false},
    {"ram", "RAM", NULL, NULL, false},
    {"cycles", "Cycles", NULL, NULL, false},
    {"latency", "Latency", NULL, NULL, false},
    {"energy", "Energy", NULL, NULL, false},
    {"cpu_time", "CPU time", NULL, NULL, false},
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

static const char *mark(const struct kl_figure *f)
{
    return strcmp(f->provenance, "modelled") == 0                                       ? " ~"
           : strcmp(f->provenance, "estimated") == 0                                    ? " ?"
           : strcmp(f->provenance, "measured") == 0 && strcmp(f->name, "cpu_time") != 0 ? " !"
                                                                                        : "";
}

static void plain_text(const struct kl_figure *f, bool classes, bool points,
                       char text[KL_VALUE_BYTES])
{
    if (f->share || (points && classes)) {
        snprintf(text, KL_VALUE_BYTES, points ? "%+.2f" : "%.2f %%", 100 * f->value);
    } else {
        kl_value_format((struct kl_value){f->value, f->dimension}, NULL, text);
    }
}

/* What stands in a column of a rung. */
static void cell_text(const struct kl_rung *rung, const struct column *c, bool classes,
                      char text[CELL_BYTES])
{
    char value[KL_VALUE_BYTES], low[KL_VALUE_BYTES], high[KL_VALUE_BYTES];
    const struct kl_figure *f = kl_rung_figure(rung, c->figure);
    const struct kl_figure *from = c->low ? kl_rung_figure(rung, c->low) : NULL;
    const struct kl_figure *to = c->high ? kl_rung_figure(rung, c->high) : NULL;
    snprintf(text, CELL_BYTES, "-");
    if (!f || !f->known) {
        return;
    }
    plain_text(f, classes, c->points, value);
    snprintf(text, CELL_BYTES, "%s%s", value, mark(f));
    if (from && to && from->known && to->known) {
        plain_text(from, classes, c->points, low);
        plain_text(to, classes, c->points, high);
        snprintf(text, CELL_BYTES, "%s (%s to %s)", value, low, high);
    }
}

static bool has_column(const struct kl_ladder_report *r, const struct column *c)
{
    for (int32_t i = 0; i < r->rung_count; i++) {
        if (kl_rung_figure(&r->rungs[i], c->figure)) {
            return true;
        }
    }
    return false;
}

static const char *standing(const struct kl_ladder_report *r, int32_t rung)
{
    const struct kl_rung *one = &r->rungs[rung];
    return one->skipped        ? "does not apply"
           : rung == r->chosen ? "chosen"
           : one->met          ? "meets all"
                               : "misses";
}

/* The requirements that are missed, and by how much; "" when there are none. */
static void missed_text(const struct kl_verdict *verdicts, int32_t count, struct kl_buffer *text)
{
    const char *between = "";
    for (int32_t i = 0; i < count; i++) {
        const struct kl_verdict *v = &verdicts[i];
        if (!v->met) {
            kl_buffer_printf(text, "%s%s: %s%s%s", between, v->requirement, v->reason,
                             v->gap ? ", missed by " : "", v->gap ? v->gap : "");
            between = "; ";
        }
    }
}

static void result_text(const struct kl_ladder_report *r, struct kl_buffer *text)
{
    if (r->chosen >= 0) {
        kl_buffer_printf(text, "The rung `%s` meets everything.", r->rungs[r->chosen].name);
    } else if (r->nearest >= 0) {
        kl_buffer_printf(
            text, "No rung meets everything. The nearest is `%s`: ", r->rungs[r->nearest].name);
        missed_text(r->rungs[r->nearest].verdicts, r->rungs[r->nearest].verdict_count, text);
        kl_buffer_printf(text, ".");
    } else {
        kl_buffer_printf(text, "No rung was finished.");
    }
    if (r->stopped) {
        kl_buffer_printf(text, " The ladder was stopped before its end.");
    }
}

static void test_text(const struct kl_ladder_report *r, struct kl_buffer *text)
{
    const struct kl_score *a = &r->test.floats, *b = &r->test.chosen;
    const struct kl_pair *p = &r->test.pair;
    if (r->test.reads == 0) {
        kl_buffer_printf(text, "The test part was not read.");
    } else if (r->classes > 0) {
        kl_buffer_printf(text,
                         "Test part, read once, %d examples: %.2f %% as it is (%.2f to %.2f), "
                         "%.2f %% chosen (%.2f to %.2f); difference %+.2f points (95 %%: %+.2f to "
                         "%+.2f).",
                         a->count, 100 * a->accuracy, 100 * a->low, 100 * a->high,
                         100 * b->accuracy, 100 * b->low, 100 * b->high, 100 * p->difference,
                         100 * p->low, 100 * p->high);
    } else {
        kl_buffer_printf(text,
                         "Test part, read once, %d examples: mean squared error %.5g as it is, "
                         "%.5g chosen; difference %.3g (95 %%: %.3g to %.3g).",
                         a->count, a->error, b->error, p->difference, p->low, p->high);
        if (isfinite(b->auc)) {
            kl_buffer_printf(text, " Area under the curve %.4f as it is, %.4f chosen.", a->auc,
                             b->auc);
        }
    }
    if (r->test.reads > 0 && !r->test.met) {
        kl_buffer_printf(text, " There the model misses ");
        missed_text(r->test.verdicts, r->test.verdict_count, text);
        kl_buffer_printf(text, ".");
    }
    if (r->cautions[0]) {
        kl_buffer_printf(text, " Caution: %s.", r->cautions);
    }
}

static void markdown_rows(const struct kl_ladder_report *r, struct kl_buffer *text)
{
    for (int32_t i = 0; i < r->rung_count; i++) {
        kl_buffer_printf(text, "| `%s` | %s |", r->rungs[i].name, standing(r, i));
        for (int c = 0; c < COLUMNS; c++) {
            char cell[CELL_BYTES];
            if (has_column(r, &columns[c])) {
                cell_text(&r->rungs[i], &columns[c], r->classes > 0, cell);
                kl_buffer_printf(text, " %s |", cell);
            }
        }
        kl_buffer_printf(text, "\n");
    }
}

void kl_ladder_markdown(const struct kl_ladder_report *r, struct kl_buffer *text)
{
    kl_buffer_printf(text, "| Rung | |");
    for (int c = 0; c < COLUMNS; c++) {
        if (has_column(r, &columns[c])) {
            kl_buffer_printf(text, " %s |", columns[c].title);
        }
    }
    kl_buffer_printf(text, "\n|---|---|");
    for (int c = 0; c < COLUMNS; c++) {
        kl_buffer_printf(text, "%s", has_column(r, &columns[c]) ? "---|" : "");
    }
    kl_buffer_printf(text, "\n");
    markdown_rows(r, text);
    kl_buffer_printf(
        text, "\nOn %s; accuracy on the %d validation examples. ~ modelled, ? estimated.\n\n",
        r->board, r->counts[KL_PART_VALIDATION]);
    result_text(r, text);
    kl_buffer_printf(text, " ");
    test_text(r, text);
    kl_buffer_printf(text, "\n\n");
    for (int32_t i = 0; i < r->rung_count; i++) {
        if (!r->rungs[i].skipped) {
            kl_buffer_printf(text, "    %s\n", r->rungs[i].command);
        }
    }
}

/* A paragraph of the page from text that is made for Markdown. */
static void put_text(struct kl_buffer *html, const struct kl_ladder_report *r,
                     void (*make)(const struct kl_ladder_report *, struct kl_buffer *))
{
    struct kl_buffer text = KL_BUFFER(1 << 16);
    make(r, &text);
    if (text.data) {
        kl_html_markdown(html, text.data);
    }
    kl_buffer_free(&text);
}

static double cost_of(const struct kl_rung *rung, const char *figure, double unit)
{
    const struct kl_figure *f = kl_rung_figure(rung, figure);
    return f && f->known ? f->value / unit : (double)NAN;
}

/* Points of a chart. Rungs that lie on one place share a point and a label. */
struct cloud {
    struct kl_point points[MOST_RUNGS];
    char labels[MOST_RUNGS][CELL_BYTES];
    int more[MOST_RUNGS]; /* rungs beside the one that is named */
    size_t count;
};

static void add_point(struct cloud *cloud, const struct kl_ladder_report *r,
                      const struct kl_rung *rung, double cost, double near)
{
    const struct kl_score *s = &rung->score;
    bool classes = r->classes > 0, chosen = rung == &r->rungs[r->chosen < 0 ? 0 : r->chosen];
    struct kl_point p = {.x = cost,
                         .y = classes ? 100 * (1 - s->accuracy) : s->error,
                         .strong = r->chosen >= 0 && chosen,
                         .has_interval = classes,
                         .low = 100 * (1 - s->high),
                         .high = 100 * (1 - s->low)};
    size_t at = 0;
    while (at < cloud->count &&
           !(fabs(cloud->points[at].x - p.x) <= near && cloud->points[at].y == p.y)) {
        at++;
    }
    if (at == MOST_RUNGS) {
        return;
    }
    if (at == cloud->count) {
        cloud->count++;
        cloud->points[at] = p;
        snprintf(cloud->labels[at], CELL_BYTES, "%s", rung->name);
    } else {
        cloud->more[at]++;
        cloud->points[at].strong = cloud->points[at].strong || p.strong;
        if (p.strong) { /* the chosen one gives the name */
            snprintf(cloud->labels[at], CELL_BYTES, "%s", rung->name);
        }
    }
    cloud->points[at].label = cloud->labels[at];
}

/* What is wrong (or the error) over a cost: less of both is better. */
static void put_chart(struct kl_buffer *html, const struct kl_ladder_report *r, const char *title,
                      const char *figure, const char *label, double unit)
{
    struct cloud *cloud = calloc(1, sizeof *cloud);
    double most = 0;
    const struct kl_axis x = {.label = label};
    const struct kl_axis y = {.label = r->classes > 0 ? "wrong answers, %" : "mean squared error"};
    for (int32_t i = 0; i < r->rung_count; i++) {
        most = fmax(most, cost_of(&r->rungs[i], figure, unit));
    }
    for (int32_t i = 0; cloud && i < r->rung_count; i++) {
        double cost = cost_of(&r->rungs[i], figure, unit);
        if (!r->rungs[i].skipped && isfinite(cost)) {
            add_point(cloud, r, &r->rungs[i], cost, most / 50);
        }
    }
    for (size_t i = 0; cloud && i < cloud->count; i++) {
        if (cloud->more[i] > 0) {
            size_t length = strlen(cloud->labels[i]);
            snprintf(cloud->labels[i] + length, CELL_BYTES - length, " and %d more",
                     cloud->more[i]);
        }
    }
    if (cloud && cloud->count > 0) {
        kl_chart_pareto(html, title, &x, &y, cloud->points, cloud->count);
    }
    free(cloud);
}

static void put_table(struct kl_buffer *html, const struct kl_ladder_report *r)
{
    kl_html_printf(html,
                   "<div class=\"wide\"><table class=\"dense\"><thead><tr><th>Rung</th><th></th>");
    for (int c = 0; c < COLUMNS; c++) {
        if (has_column(r, &columns[c])) {
            kl_html_printf(html, "<th class=\"number\">%s</th>", columns[c].title);
        }
    }
    kl_html_printf(html, "</tr></thead><tbody>\n");
    for (int32_t i = 0; i < r->rung_count; i++) {
        kl_html_printf(html, "<tr><td>%s</td><td>%s</td>", r->rungs[i].name, standing(r, i));
        for (int c = 0; c < COLUMNS; c++) {
            char cell[CELL_BYTES];
            if (has_column(r, &columns[c])) {
                cell_text(&r->rungs[i], &columns[c], r->classes > 0, cell);
                kl_html_printf(html, "<td class=\"number\">%s</td>", cell);
            }
        }
        kl_html_printf(html, "</tr>\n");
    }
    kl_html_printf(html, "</tbody></table></div>\n<p>~ modelled, ? estimated from another core, ! "
                         "measured; without a mark: counted.</p>\n");
}

static void put_recalls(struct kl_buffer *html, const struct kl_ladder_report *r)
{
    kl_html_printf(html, "<section><h2>Recall of each class on validation data</h2>\n<div "
                         "class=\"wide\"><table class=\"dense\"><thead><tr><th>Rung</th>");
    for (int32_t c = 0; c < r->classes; c++) {
        kl_html_printf(html, "<th class=\"number\">%s</th>", r->class_names[c]);
    }
    kl_html_printf(html, "</tr></thead><tbody>\n");
    for (int32_t i = 0; i < r->rung_count; i++) {
        if (r->rungs[i].skipped) {
            continue;
        }
        kl_html_printf(html, "<tr><td>%s</td>", r->rungs[i].name);
        for (int32_t c = 0; c < r->classes; c++) {
            int64_t of;
            struct kl_interval in;
            double recall = kl_score_class_recall(&r->rungs[i].score, c, &of, &in);
            if (of > 0) {
                kl_html_printf(html, "<td class=\"number\">%.1f %% (%.1f to %.1f)</td>",
                               100 * recall, 100 * in.low, 100 * in.high);
            } else {
                kl_html_printf(html, "<td class=\"number\">-</td>");
            }
        }
        kl_html_printf(html, "</tr>\n");
    }
    kl_html_printf(html, "</tbody></table></div>\n</section>\n");
}

static void put_rung(struct kl_buffer *html, const struct kl_rung *rung)
{
    struct kl_buffer missed = KL_BUFFER(1 << 16);
    kl_html_printf(html, "<h3>%s</h3>\n<p>%s</p>\n", rung->name, rung->what);
    if (rung->skipped) {
        kl_html_printf(html, "<p>Does not apply: %s.</p>\n", rung->skipped);
        return;
    }
    for (int32_t i = 0; rung->try_count > 1 && i < rung->try_count; i++) {
        const struct kl_try *t = &rung->tries[i];
        kl_html_printf(html, "%S%s: %g%s", i == 0 ? "<p>Tried: " : ", ", t->what, t->quality,
                       t->chosen ? " (best)" : "");
    }
    kl_html_printf(html, "%S", rung->try_count > 1 ? ".</p>\n" : "");
    missed_text(rung->verdicts, rung->verdict_count, &missed);
    if (missed.size > 0) {
        kl_html_printf(html, "<p>Misses %s.</p>\n", missed.data);
    }
    for (int32_t i = 0; i < rung->stay_count; i++) {
        kl_html_printf(html, "<p>Stays float: %s.</p>\n", rung->stay[i]);
    }
    if (rung->advice) {
        kl_html_printf(html, "<p>%s.</p>\n", rung->advice);
    }
    kl_html_printf(html, "<pre><code>%s</code></pre>\n", rung->command);
    kl_buffer_free(&missed);
}

void kl_ladder_page(const struct kl_ladder_report *r, struct kl_buffer *html)
{
    kl_html_begin(html, "Ladder of optimisations", r->board);
    kl_html_printf(html, "<section><h2>Result</h2>\n");
    put_text(html, r, result_text);
    put_text(html, r, test_text);
    put_table(html, r);
    kl_html_printf(html,
                   "</section>\n<section><h2>Accuracy and cost</h2>\n<p>On the %d validation "
                   "examples, with 95 %% intervals.</p>\n",
                   r->counts[KL_PART_VALIDATION]);
    put_chart(html, r, "Wrong answers and flash", "flash", "flash, KiB", 1024);
    put_chart(html, r, "Wrong answers and cycles", "cycles", "cycles of an inference, thousands",
              1000);
    kl_html_printf(html, "</section>\n");
    if (r->classes > 0) {
        put_recalls(html, r);
    }
    kl_html_printf(html, "<section><h2>Rungs</h2>\n");
    for (int32_t i = 0; i < r->rung_count; i++) {
        put_rung(html, &r->rungs[i]);
    }
    kl_html_printf(html, "</section>\n");
    kl_html_end(html);
}
