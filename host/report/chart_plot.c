/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart_plot.h"

#include <math.h>

enum { TOP = 30, BOTTOM = 48, GAP = 8 };

static struct svg_scale scale_for(const struct kl_axis *axis, double low, double high, int ticks)
{
    if (axis->ticks) {
        double last = axis->tick_count > 1 ? (double)(axis->tick_count - 1) : 1;
        return (struct svg_scale){.low = 0, .high = last, .step = 1};
    }
    return svg_scale_make(low, high, axis->logarithmic, ticks);
}

/* Name of the n-th tick. */
static const char *tick_name(const struct kl_axis *axis, const struct svg_scale *scale, size_t n,
                             double value, char text[SVG_NUMBER_BYTES])
{
    if (axis->ticks) {
        return n < axis->tick_count ? axis->ticks[n] : "";
    }
    return svg_number(value, scale->logarithmic ? 0 : scale->step, text);
}

static double widest_tick(const struct kl_axis *axis, const struct svg_scale *scale)
{
    char text[SVG_NUMBER_BYTES];
    double widest = 0;
    double value;
    for (size_t i = 0; svg_scale_tick(scale, i, &value); i++) {
        widest = fmax(widest, svg_text_width(tick_name(axis, scale, i, value, text)));
    }
    return widest;
}

struct plot plot_make(const struct kl_axis *x_axis, const struct kl_axis *y_axis, double x_low,
                      double x_high, double y_low, double y_high, double right)
{
    struct plot plot = {.x_axis = x_axis, .y_axis = y_axis};
    plot.x = scale_for(x_axis, x_low, x_high, 7);
    plot.y = scale_for(y_axis, y_low, y_high, 5);
    double left = fmin(widest_tick(y_axis, &plot.y) + 2 * GAP, SVG_WIDTH / 3.0);
    plot.x.from = left;
    plot.x.to = SVG_WIDTH - fmax(right, 2 * GAP);
    plot.y.from = PLOT_HEIGHT - BOTTOM;
    plot.y.to = TOP;
    return plot;
}

bool plot_drawable(const struct plot *plot, double x, double y)
{
    return svg_drawable(x) && svg_drawable(y) && (x > 0 || !plot->x.logarithmic) &&
           (y > 0 || !plot->y.logarithmic);
}

static void draw_x(struct kl_buffer *svg, const struct plot *plot)
{
    char text[SVG_NUMBER_BYTES];
    double value;
    double free_from = -INFINITY;
    for (size_t i = 0; svg_scale_tick(&plot->x, i, &value); i++) {
        const char *name = tick_name(plot->x_axis, &plot->x, i, value, text);
        double x = svg_scale_place(&plot->x, value);
        double half = svg_text_width(name) / 2;
        svg_line(svg, "axis", x, plot->y.from, x, plot->y.from + 4);
        /* Names that would run into each other are left out. */
        if (x - half >= free_from) {
            svg_text(svg, "tick", SVG_MIDDLE, x, plot->y.from + 18, SVG_WIDTH, name);
            free_from = x + half + GAP;
        }
    }
    svg_line(svg, "axis", plot->x.from, plot->y.from, plot->x.to, plot->y.from);
    svg_text(svg, "name", SVG_END, plot->x.to, plot->y.from + 36, SVG_WIDTH,
             plot->x_axis->label ? plot->x_axis->label : "");
}

static void draw_y(struct kl_buffer *svg, const struct plot *plot)
{
    char text[SVG_NUMBER_BYTES];
    double value;
    for (size_t i = 0; svg_scale_tick(&plot->y, i, &value); i++) {
        double y = svg_scale_place(&plot->y, value);
        svg_line(svg, "grid", plot->x.from, y, plot->x.to, y);
        svg_text(svg, "tick", SVG_END, plot->x.from - GAP, y + 4, plot->x.from - GAP,
                 tick_name(plot->y_axis, &plot->y, i, value, text));
    }
    svg_text(svg, "name", SVG_START, 0, 14, SVG_WIDTH,
             plot->y_axis->label ? plot->y_axis->label : "");
}

void plot_axes(struct kl_buffer *svg, const struct plot *plot)
{
    draw_y(svg, plot);
    draw_x(svg, plot);
}
