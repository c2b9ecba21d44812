/* SPDX-License-Identifier: Apache-2.0 */
/* Lines over x, and small ones in a sentence. */
#include <assert.h>
#include <math.h>

#include "report/chart_plot.h"
#include "report/html.h"

enum { LABEL_ROOM = 150, LABEL_STEP = 15, DESCRIPTION_BYTES = 16 * 1024, MOST_MARKS = 40 };

static double x_of(const struct kl_series *series, size_t i)
{
    return series->x ? series->x[i] : (double)i;
}

static void draw_line(struct kl_buffer *svg, const struct plot *plot,
                      const struct kl_series *series, const char *class, bool steps)
{
    bool begun = false;
    double last_y = 0;
    kl_html_printf(svg, "<path class=\"line %s\" d=\"", class);
    for (size_t i = 0; i < series->count; i++) {
        if (!plot_drawable(plot, x_of(series, i), series->y[i])) {
            continue;
        }
        double x = svg_scale_place(&plot->x, x_of(series, i));
        double y = svg_scale_place(&plot->y, series->y[i]);
        if (begun && steps) {
            kl_html_printf(svg, "L%.1f,%.1f", x, last_y);
        }
        kl_html_printf(svg, "%S%.1f,%.1f", begun ? "L" : "M", x, y);
        begun = true;
        last_y = y;
    }
    kl_html_printf(svg, "\"/>\n");
    for (size_t i = 0; i < series->count && series->count <= MOST_MARKS && !steps; i++) {
        if (plot_drawable(plot, x_of(series, i), series->y[i])) {
            svg_circle(svg, class, svg_scale_place(&plot->x, x_of(series, i)),
                       svg_scale_place(&plot->y, series->y[i]), 2.5);
        }
    }
}

/* Height of the end of a line; NaN when nothing of it is drawn. */
static double end_of(const struct plot *plot, const struct kl_series *series)
{
    for (size_t i = series->count; i-- > 0;) {
        if (plot_drawable(plot, x_of(series, i), series->y[i])) {
            return svg_scale_place(&plot->y, series->y[i]);
        }
    }
    return NAN;
}

/* Labels stand at the ends of the lines, from top to bottom, moved down where they would touch. */
static void draw_labels(struct kl_buffer *svg, const struct plot *plot,
                        const struct kl_series *series, size_t count)
{
    double ends[SVG_SERIES];
    for (size_t i = 0; i < count; i++) {
        ends[i] = end_of(plot, &series[i]);
    }
    double lowest = -INFINITY;
    for (size_t drawn = 0; drawn < count; drawn++) {
        size_t top = count;
        for (size_t i = 0; i < count; i++) {
            if (!isnan(ends[i]) && (top == count || ends[i] < ends[top])) {
                top = i;
            }
        }
        if (top == count) {
            return;
        }
        double y = fmax(ends[top], lowest + LABEL_STEP);
        kl_html_printf(svg, "<text class=\"end %s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                       svg_series(top), plot->x.to + 8, y + 4, series[top].label);
        lowest = y;
        ends[top] = NAN;
    }
}

static void describe(struct kl_buffer *text, const struct kl_series *series, size_t count)
{
    for (size_t s = 0; s < count; s++) {
        kl_buffer_printf(text, "%s%s:", s ? "; " : "", series[s].label);
        for (size_t i = 0; i < series[s].count; i++) {
            if (svg_drawable(series[s].y[i]) && svg_drawable(x_of(&series[s], i))) {
                kl_buffer_printf(text, " (%g, %g)", x_of(&series[s], i), series[s].y[i]);
            }
        }
    }
}

void kl_chart_lines(struct kl_buffer *svg, const char *title, const struct kl_axis *x,
                    const struct kl_axis *y, const struct kl_series *series, size_t count,
                    bool steps)
{
    struct kl_buffer description = KL_BUFFER(DESCRIPTION_BYTES);
    double x_low = INFINITY;
    double x_high = -INFINITY;
    double y_low = INFINITY;
    double y_high = -INFINITY;
    double room = 0;
    assert(count <= SVG_SERIES);
    for (size_t s = 0; s < count; s++) {
        room = fmax(room, svg_text_width(series[s].label) + 14);
        for (size_t i = 0; i < series[s].count; i++) {
            svg_extend(x_of(&series[s], i), &x_low, &x_high);
            svg_extend(series[s].y[i], &y_low, &y_high);
        }
    }
    describe(&description, series, count);
    struct plot plot = plot_make(x, y, x_low, x_high, y_low, y_high, fmin(room, LABEL_ROOM));
    svg_begin(svg, "lines", title, PLOT_HEIGHT, description.data ? description.data : "");
    plot_axes(svg, &plot);
    for (size_t s = 0; s < count; s++) {
        draw_line(svg, &plot, &series[s], svg_series(s), steps);
    }
    draw_labels(svg, &plot, series, count);
    svg_end(svg);
    kl_buffer_free(&description);
}

enum { SPARK_WIDTH = 110, SPARK_HEIGHT = 22, SPARK_EDGE = 4 };

void kl_chart_spark(struct kl_buffer *svg, const char *what, const double *y, size_t count)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        svg_extend(y[i], &low, &high);
    }
    double span = high > low ? high - low : 1;
    double step = count > 1 ? (SPARK_WIDTH - 2.0 * SPARK_EDGE) / (double)(count - 1) : 0;
    double end_x = SPARK_EDGE;
    double end_y = SPARK_HEIGHT / 2.0;
    bool begun = false;
    kl_html_printf(svg,
                   "<svg class=\"spark\" role=\"img\" viewBox=\"0 0 %d %d\"><title>%s</title>"
                   "<path class=\"line s1\" d=\"",
                   (int)SPARK_WIDTH, (int)SPARK_HEIGHT, what);
    for (size_t i = 0; i < count; i++) {
        if (svg_drawable(y[i])) {
            double share = high > low ? (y[i] - low) / span : 0.5;
            end_x = SPARK_EDGE + step * (double)i;
            end_y = SPARK_HEIGHT - SPARK_EDGE - share * (SPARK_HEIGHT - 2 * SPARK_EDGE);
            kl_html_printf(svg, "%S%.1f,%.1f", begun ? "L" : "M", end_x, end_y);
            begun = true;
        }
    }
    kl_html_printf(svg, "\"/>");
    if (begun) {
        kl_html_printf(svg, "<circle class=\"s1\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>", end_x,
                       end_y);
    }
    kl_html_printf(svg, "</svg>");
}
