/* SPDX-License-Identifier: Apache-2.0 */
/* Several things on 3 to 12 axes around a centre. */
#include <assert.h>
#include <math.h>

#include "report/chart_svg.h"
#include "report/html.h"

enum { HEIGHT = 330, RADIUS = 118, CENTRE_X = 250, CENTRE_Y = 165, KEY_X = 500 };
enum { LABEL_ROOM = 120, DESCRIPTION_BYTES = 16 * 1024, MOST_AXES = 12 };

struct place {
    double x, y;
};

/* The first axis points up, the others follow clockwise. */
static struct place place_of(size_t axis, size_t count, double radius)
{
    double angle = 2 * 3.14159265358979323846 * (double)axis / (double)count;
    return (struct place){CENTRE_X + radius * sin(angle), CENTRE_Y - radius * cos(angle)};
}

static void draw_rings(struct kl_buffer *svg, size_t count)
{
    for (int ring = 1; ring <= 4; ring++) {
        kl_html_printf(svg, "<polygon class=\"grid\" points=\"");
        for (size_t i = 0; i < count; i++) {
            struct place p = place_of(i, count, RADIUS * ring / 4.0);
            kl_html_printf(svg, "%S%.1f,%.1f", i ? " " : "", p.x, p.y);
        }
        kl_html_printf(svg, "\"/>\n");
    }
}

static void draw_axes(struct kl_buffer *svg, const char *const *axes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct place end = place_of(i, count, RADIUS);
        struct place label = place_of(i, count, RADIUS + 12);
        double side = label.x - CENTRE_X;
        enum svg_anchor anchor = side > 5 ? SVG_START : side < -5 ? SVG_END : SVG_MIDDLE;
        double drop = label.y > CENTRE_Y + 5 ? 9 : label.y < CENTRE_Y - 5 ? 0 : 4;
        svg_line(svg, "grid", CENTRE_X, CENTRE_Y, end.x, end.y);
        svg_text(svg, "label", anchor, label.x, label.y + drop, LABEL_ROOM, axes[i]);
    }
}

/* Values that are not known count as 0 in the shape and get no point. */
static void draw_series(struct kl_buffer *svg, const struct kl_series *series, size_t count,
                        const char *class)
{
    kl_html_printf(svg, "<polygon class=\"area %s\" points=\"", class);
    for (size_t i = 0; i < count; i++) {
        double value = svg_drawable(series->y[i]) ? fmin(fmax(series->y[i], 0), 1) : 0;
        struct place p = place_of(i, count, RADIUS * value);
        kl_html_printf(svg, "%S%.1f,%.1f", i ? " " : "", p.x, p.y);
    }
    kl_html_printf(svg, "\"/>\n");
    for (size_t i = 0; i < count; i++) {
        if (svg_drawable(series->y[i])) {
            struct place p = place_of(i, count, RADIUS * fmin(fmax(series->y[i], 0), 1));
            svg_circle(svg, class, p.x, p.y, 2.5);
        }
    }
}

static void describe(struct kl_buffer *text, const char *const *axes, size_t axis_count,
                     const struct kl_series *series, size_t series_count)
{
    for (size_t s = 0; s < series_count; s++) {
        kl_buffer_printf(text, "%s%s:", s ? "; " : "", series[s].label);
        for (size_t i = 0; i < axis_count; i++) {
            if (svg_drawable(series[s].y[i])) {
                kl_buffer_printf(text, "%s %s %.2f", i ? "," : "", axes[i], series[s].y[i]);
            }
        }
    }
}

void kl_chart_radar(struct kl_buffer *svg, const char *title, const char *const *axes,
                    size_t axis_count, const struct kl_series *series, size_t series_count)
{
    struct kl_buffer description = KL_BUFFER(DESCRIPTION_BYTES);
    assert(axis_count >= 3 && axis_count <= MOST_AXES && series_count <= SVG_SERIES);
    describe(&description, axes, axis_count, series, series_count);
    svg_begin(svg, "radar", title, HEIGHT, description.data ? description.data : "");
    draw_rings(svg, axis_count);
    draw_axes(svg, axes, axis_count);
    for (size_t s = 0; s < series_count; s++) {
        double y = CENTRE_Y - 10 * (double)series_count + 20 * (double)s + 10;
        assert(series[s].count == axis_count);
        draw_series(svg, &series[s], axis_count, svg_series(s));
        kl_html_printf(svg,
                       "<line class=\"line %s\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n",
                       svg_series(s), (int)KEY_X - 28, y, (int)KEY_X - 6, y);
        svg_text(svg, "label", SVG_START, KEY_X, y + 4, SVG_WIDTH - KEY_X, series[s].label);
    }
    svg_end(svg);
    kl_buffer_free(&description);
}
