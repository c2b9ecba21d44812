/* SPDX-License-Identifier: Apache-2.0 */
/* Bars over time. */
#include <math.h>

#include "report/chart_svg.h"
#include "report/html.h"

enum { LABEL_ROOM = 200, GAP = 8, BAR = 14, DESCRIPTION_BYTES = 16 * 1024 };

static bool span_drawable(const struct kl_span *span)
{
    return svg_drawable(span->from) && svg_drawable(span->to) && span->from <= span->to;
}

static void draw_axis(struct kl_buffer *svg, const struct svg_scale *scale, const char *unit,
                      double bottom)
{
    double value;
    char number[SVG_NUMBER_BYTES];
    for (size_t i = 0; svg_scale_tick(scale, i, &value); i++) {
        double x = svg_scale_place(scale, value);
        svg_line(svg, "grid", x, 4, x, bottom);
        svg_text(svg, "tick", SVG_MIDDLE, x, bottom + 15, SVG_WIDTH,
                 svg_number(value, scale->step, number));
    }
    svg_text(svg, "tick", SVG_END, SVG_WIDTH, bottom + 31, SVG_WIDTH, unit);
}

/* The text stands behind the bar, before it, or in it: where there is room. */
static void draw_span(struct kl_buffer *svg, const struct kl_span *span,
                      const struct svg_scale *scale, double top)
{
    double middle = top + SVG_ROW / 2.0;
    double from = svg_scale_place(scale, span->from);
    double to = svg_scale_place(scale, span->to);
    const char *text = span->text ? span->text : "";
    double width = svg_text_width(text) + 4;
    svg_rect(svg, "bar strong", from, middle - BAR / 2.0, fmax(to - from, 2), BAR);
    if (to + GAP + width <= SVG_WIDTH) {
        svg_text(svg, "value", SVG_START, to + GAP, middle + 4, width, text);
    } else if (from - GAP - width >= scale->from) {
        svg_text(svg, "value", SVG_END, from - GAP, middle + 4, width, text);
    } else {
        svg_text(svg, "inside", SVG_START, from + GAP, middle + 4, fmax(to - from - 2 * GAP, 0),
                 text);
    }
}

void kl_chart_spans(struct kl_buffer *svg, const char *title, const char *unit,
                    const struct kl_span *spans, size_t count)
{
    struct kl_buffer description = KL_BUFFER(DESCRIPTION_BYTES);
    double label = 0;
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        label = fmax(label, svg_text_width(spans[i].label) + 2);
        kl_buffer_printf(&description, "%s%s: %g to %g%s%s", i ? "; " : "", spans[i].label,
                         spans[i].from, spans[i].to, spans[i].text ? ", " : "",
                         spans[i].text ? spans[i].text : "");
        if (span_drawable(&spans[i])) {
            svg_extend(spans[i].from, &low, &high);
            svg_extend(spans[i].to, &low, &high);
        }
    }
    label = fmin(label, LABEL_ROOM);
    struct svg_scale scale = svg_scale_make(low, high, false, 6);
    scale.from = label + 2 * GAP;
    scale.to = SVG_WIDTH - 2 * GAP;
    double bottom = 4 + SVG_ROW * (double)count;
    svg_begin(svg, "spans", title, bottom + 36, description.data ? description.data : "");
    draw_axis(svg, &scale, unit, bottom);
    for (size_t i = 0; i < count; i++) {
        double top = 4 + SVG_ROW * (double)i;
        svg_text(svg, "label", SVG_END, label, top + SVG_ROW / 2.0 + 4, label, spans[i].label);
        if (span_drawable(&spans[i])) {
            draw_span(svg, &spans[i], &scale, top);
        }
    }
    svg_line(svg, "axis", scale.from, bottom, scale.to, bottom);
    svg_end(svg);
    kl_buffer_free(&description);
}
