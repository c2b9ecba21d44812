/* SPDX-License-Identifier: Apache-2.0 */
/* Horizontal bars, and bars of stacked parts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart_svg.h"
#include "report/html.h"

enum {
    LABEL_ROOM = 210, /* at most, for the names at the left */
    TEXT_ROOM = 170,  /* at most, for the texts behind the bars */
    GAP = 8,
    BAR = 14,
    DESCRIPTION_BYTES = 16 * 1024
};

/* Where the columns of a chart of rows stand. */
struct columns {
    double label; /* room for labels */
    double from, to;
};

static struct columns columns_for(double widest_label, double widest_text, bool text_left)
{
    double label = fmin(widest_label, LABEL_ROOM);
    double text = fmin(widest_text, TEXT_ROOM);
    struct columns c = {.label = label, .from = label + 2 * GAP, .to = SVG_WIDTH - text - 2 * GAP};
    c.from += text_left ? text + GAP : 0;
    return c;
}

/* Text for screen readers, made beforehand; shortened silently when there are very many rows. */
static void describe(struct kl_buffer *text, const char *label, const char *value)
{
    kl_buffer_printf(text, "%s%s: %s", text->size ? "; " : "", label, value ? value : "");
}

static const char *described(const struct kl_buffer *text)
{
    return text->data ? text->data : "";
}

static bool bar_drawable(const struct kl_bar *bar)
{
    return svg_drawable(bar->value);
}

static bool has_interval(const struct kl_bar *bar)
{
    return svg_drawable(bar->low) && svg_drawable(bar->high) && bar->low <= bar->high;
}

/* Values with intervals are points on an axis: what matters is how far they are apart. */
static bool are_points(const struct kl_bar *bars, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bar_drawable(&bars[i]) && !has_interval(&bars[i])) {
            return false;
        }
    }
    return count > 0;
}

/* Values from the smallest to the largest of all bars, intervals and the limit. */
static struct svg_scale bars_scale(const struct kl_bar *bars, size_t count, double limit,
                                   bool points)
{
    double low = points ? INFINITY : 0;
    double high = points ? -INFINITY : 0;
    svg_extend(limit, &low, &high);
    for (size_t i = 0; i < count; i++) {
        svg_extend(bars[i].value, &low, &high);
        if (has_interval(&bars[i])) {
            svg_extend(bars[i].low, &low, &high);
            svg_extend(bars[i].high, &low, &high);
        }
    }
    struct svg_scale scale = svg_scale_make(low, high, false, 5);
    /* The axis of bars is not drawn, so that they may use all the room. */
    if (!points && high > low) {
        scale.low = low;
        scale.high = high;
    }
    return scale;
}

static void draw_interval(struct kl_buffer *svg, const struct kl_bar *bar,
                          const struct svg_scale *scale, double middle)
{
    double low = svg_scale_place(scale, bar->low);
    double high = svg_scale_place(scale, bar->high);
    svg_line(svg, "whisker", low, middle, high, middle);
    svg_line(svg, "whisker", low, middle - 4, low, middle + 4);
    svg_line(svg, "whisker", high, middle - 4, high, middle + 4);
}

static void draw_bar(struct kl_buffer *svg, const struct kl_bar *bar, const struct columns *c,
                     const struct svg_scale *scale, double top, bool point)
{
    double middle = top + SVG_ROW / 2.0;
    double zero = svg_scale_place(scale, point ? bar->value : 0);
    double end = svg_scale_place(scale, bar->value);
    svg_text(svg, bar->strong ? "label strong" : "label", SVG_END, c->label, middle + 4, c->label,
             bar->label);
    if (!bar_drawable(bar)) {
        svg_text(svg, "value", SVG_START, c->from + GAP, middle + 4, TEXT_ROOM,
                 bar->text ? bar->text : "unknown");
        return;
    }
    if (point) {
        svg_circle(svg, "s1", end, middle, 4);
    } else {
        svg_rect(svg, bar->strong ? "bar strong" : "bar", fmin(zero, end), middle - BAR / 2.0,
                 fmax(fabs(end - zero), 1), BAR);
    }
    double right = fmax(zero, end);
    double left = fmin(zero, end);
    if (has_interval(bar)) {
        draw_interval(svg, bar, scale, middle);
        right = fmax(right, svg_scale_place(scale, bar->high));
        left = fmin(left, svg_scale_place(scale, bar->low));
    }
    bool to_left = bar->value < 0 && !point;
    svg_text(svg, bar->strong ? "value strong" : "value", to_left ? SVG_END : SVG_START,
             to_left ? left - GAP : right + GAP, middle + 4, TEXT_ROOM, bar->text ? bar->text : "");
}

/* The axis below points; bars begin at a line instead. */
static void draw_axis(struct kl_buffer *svg, const struct svg_scale *scale, double top,
                      double bottom, bool points)
{
    double value;
    char number[SVG_NUMBER_BYTES];
    double zero = svg_scale_place(scale, 0);
    for (size_t i = 0; points && svg_scale_tick(scale, i, &value); i++) {
        double x = svg_scale_place(scale, value);
        svg_line(svg, "grid", x, top, x, bottom);
        svg_text(svg, "tick", SVG_MIDDLE, x, bottom + 15, SVG_WIDTH,
                 svg_number(value, scale->step, number));
    }
    svg_line(svg, "axis", points ? scale->from : zero, points ? bottom : top,
             points ? scale->to : zero, bottom);
}

static void draw_limit(struct kl_buffer *svg, const struct svg_scale *scale, const char *label,
                       double limit, double bottom)
{
    double x = svg_scale_place(scale, limit);
    bool right_half = x > SVG_WIDTH / 2.0;
    svg_line(svg, "limit", x, SVG_ROW - 4, x, bottom);
    svg_text(svg, "limit", right_half ? SVG_END : SVG_START, right_half ? x + GAP / 2.0 : x - 2,
             SVG_ROW - 9, SVG_WIDTH / 2.0, label ? label : "");
}

void kl_chart_bars(struct kl_buffer *svg, const char *title, const struct kl_bar *bars,
                   size_t count, const char *limit_label, double limit)
{
    struct kl_buffer description = KL_BUFFER(DESCRIPTION_BYTES);
    double label = 0;
    double text = 0;
    bool negative = false;
    for (size_t i = 0; i < count; i++) {
        label = fmax(label, svg_text_width(bars[i].label) + 2);
        text = fmax(text, bars[i].text ? svg_text_width(bars[i].text) + 4 : 0);
        negative = negative || (bar_drawable(&bars[i]) && bars[i].value < 0);
        describe(&description, bars[i].label, bars[i].text);
    }
    bool limited = svg_drawable(limit);
    bool points = are_points(bars, count);
    struct columns c = columns_for(label, text, negative && !points);
    struct svg_scale scale = bars_scale(bars, count, limit, points);
    scale.from = c.from;
    scale.to = c.to;
    double top = limited ? SVG_ROW : 4;
    double bottom = top + SVG_ROW * (double)count;
    svg_begin(svg, "bars", title, bottom + (points ? 20 : 4), described(&description));
    draw_axis(svg, &scale, top, bottom, points);
    for (size_t i = 0; i < count; i++) {
        draw_bar(svg, &bars[i], &c, &scale, top + SVG_ROW * (double)i, points);
    }
    if (limited) {
        draw_limit(svg, &scale, limit_label, limit, bottom);
    }
    svg_end(svg);
    kl_buffer_free(&description);
}

static void draw_stack(struct kl_buffer *svg, const struct kl_stack *row, const struct columns *c,
                       double most, double top)
{
    double x = c->from;
    double middle = top + SVG_ROW / 2.0;
    svg_text(svg, "label", SVG_END, c->label, middle + 4, c->label, row->label);
    for (size_t i = 0; i < row->count; i++) {
        double width = svg_length(row->parts[i].value) / most * (c->to - c->from);
        if (width > 0) {
            svg_rect(svg, svg_series(i), x, middle - BAR / 2.0, width, BAR);
            x += width;
        }
    }
    svg_text(svg, "value", SVG_START, x + GAP, middle + 4, TEXT_ROOM, row->text ? row->text : "");
}

void kl_chart_stacks(struct kl_buffer *svg, const char *title, const struct kl_stack *rows,
                     size_t count)
{
    struct kl_buffer description = KL_BUFFER(DESCRIPTION_BYTES);
    double label = 0;
    double text = 0;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        label = fmax(label, svg_text_width(rows[i].label) + 2);
        text = fmax(text, rows[i].text ? svg_text_width(rows[i].text) + 4 : 0);
        most = fmax(most, svg_stack_sum(&rows[i]));
        describe(&description, rows[i].label, rows[i].text);
    }
    struct columns c = columns_for(label, text, false);
    struct kl_buffer nowhere = KL_BUFFER(0);
    double key = count ? svg_key(&nowhere, &rows[0], 0, 14) + 10 : 0;
    svg_begin(svg, "stacks", title, key + SVG_ROW * (double)count + 4, described(&description));
    if (count) {
        svg_key(svg, &rows[0], 0, 14);
    }
    for (size_t i = 0; i < count; i++) {
        draw_stack(svg, &rows[i], &c, most > 0 ? most : 1, key + SVG_ROW * (double)i);
    }
    svg_line(svg, "axis", c.from, key, c.from, key + SVG_ROW * (double)count);
    svg_end(svg);
    kl_buffer_free(&description);
}
