/* SPDX-License-Identifier: Apache-2.0 */
/* Stacked columns side by side. */
#include <math.h>

#include "report/chart_svg.h"

enum { TOP = 30, HEIGHT = 240, BELOW = 24, GAP = 8, DESCRIPTION_BYTES = 16 * 1024 };

/* Height, with what a reader needs: lines and numbers. */
static struct svg_scale draw_height(struct kl_buffer *svg, const char *unit, double most)
{
    struct svg_scale scale = svg_scale_make(0, most, false, 5);
    char number[SVG_NUMBER_BYTES];
    double left = 0;
    double value;
    scale.from = HEIGHT;
    scale.to = TOP;
    for (size_t i = 0; svg_scale_tick(&scale, i, &value); i++) {
        left = fmax(left, svg_text_width(svg_number(value, scale.step, number)) + 2 * GAP);
    }
    for (size_t i = 0; svg_scale_tick(&scale, i, &value); i++) {
        double y = svg_scale_place(&scale, value);
        svg_line(svg, i ? "grid" : "axis", left, y, SVG_WIDTH, y);
        svg_text(svg, "tick", SVG_END, left - GAP, y + 4, left,
                 svg_number(value, scale.step, number));
    }
    svg_text(svg, "name", SVG_START, 0, 14, SVG_WIDTH, unit);
    return scale;
}

static void draw_column(struct kl_buffer *svg, const struct kl_stack *column,
                        const struct svg_scale *scale, double x, double width)
{
    double sum = 0;
    for (size_t i = 0; i < column->count; i++) {
        double value = svg_length(column->parts[i].value);
        double bottom = svg_scale_place(scale, sum);
        double top = svg_scale_place(scale, sum + value);
        if (value > 0) {
            svg_rect(svg, svg_series(i), x, top, width, bottom - top);
        }
        sum += value;
    }
}

/* Names below; those that would run into each other are left out. */
static void draw_names(struct kl_buffer *svg, const struct kl_stack *columns, size_t count,
                       double left, double pitch)
{
    double free_from = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double x = left + pitch * ((double)i + 0.5);
        double half = svg_text_width(columns[i].label) / 2;
        if (x - half >= free_from) {
            svg_text(svg, "tick", SVG_MIDDLE, x, HEIGHT + 17, SVG_WIDTH, columns[i].label);
            free_from = x + half + GAP;
        }
    }
}

void kl_chart_columns(struct kl_buffer *svg, const char *title, const char *unit,
                      const struct kl_stack *columns, size_t count)
{
    struct kl_buffer text = KL_BUFFER(DESCRIPTION_BYTES);
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double sum = svg_stack_sum(&columns[i]);
        most = fmax(most, sum);
        kl_buffer_printf(&text, "%s%s: %.4g", i ? "; " : "", columns[i].label, sum);
    }
    svg_begin(svg, "stacks", title, HEIGHT + BELOW, text.data ? text.data : "");
    struct svg_scale scale = draw_height(svg, unit, most);
    double left = fmax(svg_text_width(unit), 40) + 2 * GAP;
    double pitch = count ? (SVG_WIDTH - left) / (double)count : 0;
    for (size_t i = 0; i < count; i++) {
        draw_column(svg, &columns[i], &scale, left + pitch * ((double)i + 0.1), 0.8 * pitch);
    }
    draw_names(svg, columns, count, left, pitch);
    if (count) {
        svg_key(svg, &columns[0], left, 14);
    }
    svg_end(svg);
    kl_buffer_free(&text);
}
