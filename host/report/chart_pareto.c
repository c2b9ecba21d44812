/* SPDX-License-Identifier: Apache-2.0 */
/* Points with labels, and the front of those that nothing beats on both axes. */
#include <math.h>
#include <stdlib.h>

#include "report/chart_plot.h"
#include "report/html.h"

enum { DESCRIPTION_BYTES = 16 * 1024, MOST_POINTS = 256, LABEL_HEIGHT = 13 };

struct box {
    double left, top, right, bottom;
};

/* What is drawn already, so that labels do not cover it. */
struct taken {
    struct box boxes[2 * MOST_POINTS];
    size_t count;
};

static bool dominates(const struct kl_point *a, const struct kl_point *b)
{
    return a->x <= b->x && a->y <= b->y && (a->x < b->x || a->y < b->y);
}

static bool on_front(const struct kl_point *points, size_t count, const struct plot *plot,
                     size_t index)
{
    for (size_t i = 0; i < count; i++) {
        if (plot_drawable(plot, points[i].x, points[i].y) &&
            dominates(&points[i], &points[index])) {
            return false;
        }
    }
    return true;
}

/* Index of the next point of the front to the right of `x`; count: none. */
static size_t next_of_front(const struct kl_point *points, size_t count, const struct plot *plot,
                            double x)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (plot_drawable(plot, points[i].x, points[i].y) && points[i].x > x &&
            (best == count || points[i].x < points[best].x) && on_front(points, count, plot, i)) {
            best = i;
        }
    }
    return best;
}

static void draw_front(struct kl_buffer *svg, const struct kl_point *points, size_t count,
                       const struct plot *plot)
{
    double x = -INFINITY;
    bool begun = false;
    size_t i;
    kl_html_printf(svg, "<path class=\"front\" d=\"");
    while ((i = next_of_front(points, count, plot, x)) < count) {
        kl_html_printf(svg, "%S%.1f,%.1f", begun ? "L" : "M",
                       svg_scale_place(&plot->x, points[i].x),
                       svg_scale_place(&plot->y, points[i].y));
        begun = true;
        x = points[i].x;
    }
    kl_html_printf(svg, "\"/>\n");
}

static bool is_free(const struct taken *taken, const struct box *box)
{
    for (size_t i = 0; i < taken->count; i++) {
        const struct box *other = &taken->boxes[i];
        if (box->left < other->right && other->left < box->right && box->top < other->bottom &&
            other->top < box->bottom) {
            return false;
        }
    }
    return box->left >= 0 && box->right <= SVG_WIDTH;
}

/* Where a label may stand around its point: how it is anchored, and its offset. */
struct spot {
    enum svg_anchor anchor;
    double dx, dy;
};

static struct box box_at(const struct spot *spot, double x, double y, double width)
{
    double left = x + spot->dx;
    left -= spot->anchor == SVG_END ? width : spot->anchor == SVG_MIDDLE ? width / 2 : 0;
    double bottom = y + spot->dy + 3;
    return (struct box){left, bottom - LABEL_HEIGHT, left + width, bottom};
}

static void draw_label(struct kl_buffer *svg, const struct kl_point *point, double x, double y,
                       struct taken *taken)
{
    static const struct spot spots[] = {
        {SVG_START, 8, 4},  {SVG_END, -8, 4},   {SVG_MIDDLE, 0, -9}, {SVG_MIDDLE, 0, 18},
        {SVG_START, 6, -6}, {SVG_START, 6, 14}, {SVG_END, -6, -6},   {SVG_END, -6, 14}};
    const struct spot *chosen = &spots[0];
    double width = svg_text_width(point->label) + 2;
    for (size_t i = 0; i < sizeof spots / sizeof spots[0]; i++) {
        struct box box = box_at(&spots[i], x, y, width);
        if (is_free(taken, &box)) {
            chosen = &spots[i];
            break;
        }
    }
    taken->boxes[taken->count++] = box_at(chosen, x, y, width);
    svg_text(svg, point->strong ? "label strong" : "label", chosen->anchor, x + chosen->dx,
             y + chosen->dy, SVG_WIDTH, point->label);
}

/* A line from end to end with a short one across each. */
static void draw_interval(struct kl_buffer *svg, const struct kl_point *point,
                          const struct plot *plot)
{
    double x = svg_scale_place(&plot->x, point->x);
    if (!point->has_interval || !plot_drawable(plot, point->x, point->low) ||
        !plot_drawable(plot, point->x, point->high)) {
        return;
    }
    double low = svg_scale_place(&plot->y, point->low);
    double high = svg_scale_place(&plot->y, point->high);
    svg_line(svg, "whisker", x, low, x, high);
    svg_line(svg, "whisker", x - 4, low, x + 4, low);
    svg_line(svg, "whisker", x - 4, high, x + 4, high);
}

static void draw_points(struct kl_buffer *svg, const struct kl_point *points, size_t count,
                        const struct plot *plot)
{
    struct taken *taken = calloc(1, sizeof *taken);
    if (!taken) {
        svg->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (plot_drawable(plot, points[i].x, points[i].y)) {
            double x = svg_scale_place(&plot->x, points[i].x);
            double y = svg_scale_place(&plot->y, points[i].y);
            taken->boxes[taken->count++] = (struct box){x - 5, y - 5, x + 5, y + 5};
            draw_interval(svg, &points[i], plot);
            svg_circle(svg, points[i].strong ? "point strong" : "point", x, y,
                       points[i].strong ? 5 : 4);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (plot_drawable(plot, points[i].x, points[i].y)) {
            draw_label(svg, &points[i], svg_scale_place(&plot->x, points[i].x),
                       svg_scale_place(&plot->y, points[i].y), taken);
        }
    }
    free(taken);
}

void kl_chart_pareto(struct kl_buffer *svg, const char *title, const struct kl_axis *x,
                     const struct kl_axis *y, const struct kl_point *points, size_t count)
{
    struct kl_buffer description = KL_BUFFER(DESCRIPTION_BYTES);
    double x_low = INFINITY;
    double x_high = -INFINITY;
    double y_low = INFINITY;
    double y_high = -INFINITY;
    count = count < MOST_POINTS ? count : MOST_POINTS;
    for (size_t i = 0; i < count; i++) {
        if (svg_drawable(points[i].x) && svg_drawable(points[i].y)) {
            svg_extend(points[i].x, &x_low, &x_high);
            svg_extend(points[i].y, &y_low, &y_high);
            if (points[i].has_interval && svg_drawable(points[i].low) &&
                svg_drawable(points[i].high)) {
                svg_extend(points[i].low, &y_low, &y_high);
                svg_extend(points[i].high, &y_low, &y_high);
            }
            kl_buffer_printf(&description, "%s%s: %g, %g", description.size ? "; " : "",
                             points[i].label, points[i].x, points[i].y);
        }
    }
    /* A plain axis shows sizes, so it begins at 0. */
    x_low = x->logarithmic ? x_low : fmin(x_low, 0);
    y_low = y->logarithmic ? y_low : fmin(y_low, 0);
    struct plot plot = plot_make(x, y, x_low, x_high, y_low, y_high, 60);
    svg_begin(svg, "pareto", title, PLOT_HEIGHT, description.data ? description.data : "");
    plot_axes(svg, &plot);
    draw_front(svg, points, count, &plot);
    draw_points(svg, points, count, &plot);
    svg_end(svg);
    kl_buffer_free(&description);
}
