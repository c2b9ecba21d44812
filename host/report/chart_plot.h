/* SPDX-License-Identifier: Apache-2.0 */
/* A field with two axes: what lines and points share. */
#ifndef KINGLET_REPORT_CHART_PLOT_H
#define KINGLET_REPORT_CHART_PLOT_H

#include "report/chart_svg.h"

enum { PLOT_HEIGHT = 300 };

struct plot {
    const struct kl_axis *x_axis, *y_axis;
    struct svg_scale x, y;
};

/* The field for values in these ranges (empty ranges are fine); `right` is kept free for labels. */
struct plot plot_make(const struct kl_axis *x_axis, const struct kl_axis *y_axis, double x_low,
                      double x_high, double y_low, double y_high, double right);

/* Grid, ticks and names of both axes. */
void plot_axes(struct kl_buffer *svg, const struct plot *plot);

/* Can it be drawn on these axes? A logarithmic axis has no place for 0 and below. */
bool plot_drawable(const struct plot *plot, double x, double y);

#endif
