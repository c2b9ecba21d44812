/* SPDX-License-Identifier: Apache-2.0 */
/* What all charts share: frame, text, scales. Classes are those of page.css. */
#ifndef KINGLET_REPORT_CHART_SVG_H
#define KINGLET_REPORT_CHART_SVG_H

#include "report/chart.h"

/* Width of every chart; the page scales it. Text is 12 high and about 6.4 wide per letter. */
enum { SVG_WIDTH = 680, SVG_ROW = 24, SVG_SERIES = 6 };

/* Can it be drawn? Neither infinite, NaN, nor so large that differences overflow. */
bool svg_drawable(double value);

/* Begin a figure; `description` is what a screen reader says. `kind` becomes a class. */
void svg_begin(struct kl_buffer *svg, const char *kind, const char *title, double height,
               const char *description);
void svg_end(struct kl_buffer *svg);

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* Text cut to `room`, with an ellipsis when it does not fit. Classes may be "". */
void svg_text(struct kl_buffer *svg, const char *classes, enum svg_anchor anchor, double x,
              double y, double room, const char *text);
void svg_line(struct kl_buffer *svg, const char *classes, double x1, double y1, double x2,
              double y2);
void svg_rect(struct kl_buffer *svg, const char *classes, double x, double y, double width,
              double height);
void svg_circle(struct kl_buffer *svg, const char *classes, double x, double y, double radius);

/* Class of the n-th series, and of its fill: "s1" to "s6". */
const char *svg_series(size_t n);

/* The names of a stack's parts with their colours, in their order, from (x, y) on and in further
 * lines when there are many. Returns the height at which the last line stands. */
double svg_key(struct kl_buffer *svg, const struct kl_stack *stack, double x, double y);

/* A value of a stack that has a length: neither negative nor too large to be drawn. */
double svg_length(double value);
/* The sum of all parts. */
double svg_stack_sum(const struct kl_stack *stack);

/* About how wide a text is drawn. */
double svg_text_width(const char *text);

/* From values to places: linear or logarithmic. */
struct svg_scale {
    double low, high; /* values at the ends, rounded to ticks */
    double step;      /* between ticks; logarithmic: unused */
    double from, to;  /* places of low and high */
    bool logarithmic;
};

/* A scale that covers low..high with about `ticks` round ticks. A logarithmic one of values that
 * are not all positive becomes linear. */
struct svg_scale svg_scale_make(double low, double high, bool logarithmic, int ticks);
double svg_scale_place(const struct svg_scale *scale, double value);
/* The next tick from `value` on (start with scale->low); false behind the last. */
bool svg_scale_tick(const struct svg_scale *scale, size_t index, double *value);

/* A number for a tick: no more digits than the step needs. */
enum { SVG_NUMBER_BYTES = 32 };
const char *svg_number(double value, double step, char text[SVG_NUMBER_BYTES]);

/* Smallest and largest drawable value of some, widened into what *low and *high hold. */
void svg_extend(double value, double *low, double *high);

#endif
