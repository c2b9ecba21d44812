/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charts as inline SVG: legible in print, in dark mode and by screen readers (each has a title and
 * a description). All sizes in CSS pixels. Values that are not finite are left out.
 */
#ifndef KINGLET_REPORT_CHART_H
#define KINGLET_REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Horizontal bars from a common origin; negative values go to the left. When every value has an
 * interval they are points on an axis instead, which need not begin at 0. */
struct kl_bar {
    const char *label;
    double value;
    const char *text; /* beside the bar, e.g. "16.7 KiB" */
    bool strong;      /* emphasised */
    double low, high; /* interval drawn over it; NaN: none */
};
void kl_chart_bars(struct kl_buffer *svg, const char *title, const struct kl_bar *bars,
                   size_t count, const char *limit_label, double limit); /* NaN: no limit line */

/* Stacked parts of one bar per row: energy by consumer, coverage. */
struct kl_part {
    const char *label;
    double value;
};
struct kl_stack {
    const char *label, *text;
    const struct kl_part *parts; /* the same labels in each row */
    size_t count;
};
void kl_chart_stacks(struct kl_buffer *svg, const char *title, const struct kl_stack *rows,
                     size_t count);

/* The same upright, side by side: what happens in each hour. `unit` names the height. */
void kl_chart_columns(struct kl_buffer *svg, const char *title, const char *unit,
                      const struct kl_stack *columns, size_t count);

/* Radar: 3 to 12 axes, values 0..1, up to 6 series. */
struct kl_series {
    const char *label;
    const double *x; /* lines and points; NULL for radar */
    const double *y;
    size_t count;
};
void kl_chart_radar(struct kl_buffer *svg, const char *title, const char *const *axes,
                    size_t axis_count, const struct kl_series *series, size_t series_count);

/* Lines over x; `steps` draws steps instead of slopes. */
struct kl_axis {
    const char *label;
    bool logarithmic;
    const char *const *ticks; /* NULL: numbers; else names for 0, 1, 2... */
    size_t tick_count;
};
void kl_chart_lines(struct kl_buffer *svg, const char *title, const struct kl_axis *x,
                    const struct kl_axis *y, const struct kl_series *series, size_t count,
                    bool steps);

/* Points with labels; those on the Pareto front (both axes: smaller is better) are joined. */
struct kl_point {
    const char *label;
    double x, y;
    bool strong;
    bool has_interval; /* of y, drawn through the point */
    double low, high;
};
void kl_chart_pareto(struct kl_buffer *svg, const char *title, const struct kl_axis *x,
                     const struct kl_axis *y, const struct kl_point *points, size_t count);

/* Bars over time (Gantt), e.g. phases of a rollout; x in days. */
struct kl_span {
    const char *label, *text;
    double from, to;
};
void kl_chart_spans(struct kl_buffer *svg, const char *title, const char *unit,
                    const struct kl_span *spans, size_t count);

/* A line as high as text, to stand in a sentence or a table; `what` names it for screen readers. */
void kl_chart_spark(struct kl_buffer *svg, const char *what, const double *y, size_t count);

#endif
