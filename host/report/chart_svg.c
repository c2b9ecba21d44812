/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart_svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/html.h"

bool svg_drawable(double value)
{
    return isfinite(value) && fabs(value) <= 1e30;
}

void svg_begin(struct kl_buffer *svg, const char *kind, const char *title, double height,
               const char *description)
{
    kl_html_printf(svg,
                   "<figure class=\"chart %s\">\n<figcaption>%s</figcaption>\n"
                   "<svg role=\"img\" viewBox=\"0 0 %d %.0f\">\n<title>%s</title>\n"
                   "<desc>%s</desc>\n",
                   kind, title, (int)SVG_WIDTH, height, title, description);
}

void svg_end(struct kl_buffer *svg)
{
    kl_html_printf(svg, "</svg>\n</figure>\n");
}

/* How wide a character is in a sans-serif font, as a share of the font's size. */
static double letter_width(unsigned char c)
{
    if (strchr("iljtfI.,:;|'!()[] ", c)) {
        return 0.38;
    }
    if (strchr("mwMW%@", c)) {
        return 0.98;
    }
    return c >= 'A' && c <= 'Z' ? 0.76 : 0.65;
}

/* Letters, not bytes: continuation bytes of UTF-8 have no width. */
static bool continues(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

enum { TEXT_SIZE = 12 };

double svg_text_width(const char *text)
{
    double width = 0;
    for (; *text; text++) {
        width += continues((unsigned char)*text) ? 0 : letter_width((unsigned char)*text);
    }
    return width * TEXT_SIZE;
}

/* How many bytes of the text fit into the room, at the border of a letter. */
static size_t fitting(const char *text, double room)
{
    double width = 0;
    size_t i = 0;
    for (; text[i]; i++) {
        unsigned char c = (unsigned char)text[i];
        width += continues(c) ? 0 : letter_width(c) * TEXT_SIZE;
        if (width > room && !continues(c)) {
            break;
        }
    }
    return i;
}

void svg_text(struct kl_buffer *svg, const char *classes, enum svg_anchor anchor, double x,
              double y, double room, const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    size_t length = strlen(text);
    size_t shown = svg_text_width(text) <= room ? length : fitting(text, room - TEXT_SIZE);
    kl_html_printf(svg, "<text class=\"%s\" text-anchor=\"%S\" x=\"%.1f\" y=\"%.1f\">", classes,
                   anchors[anchor], x, y);
    kl_html_escape_bytes(svg, text, shown);
    kl_html_printf(svg, "%S</text>\n", shown < length ? "\xe2\x80\xa6" : "");
}

void svg_line(struct kl_buffer *svg, const char *classes, double x1, double y1, double x2,
              double y2)
{
    kl_html_printf(svg, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                   classes, x1, y1, x2, y2);
}

void svg_rect(struct kl_buffer *svg, const char *classes, double x, double y, double width,
              double height)
{
    kl_html_printf(svg,
                   "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                   classes, x, y, width, height);
}

void svg_circle(struct kl_buffer *svg, const char *classes, double x, double y, double radius)
{
    kl_html_printf(svg, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n", classes, x,
                   y, radius);
}

const char *svg_series(size_t n)
{
    static const char *const names[SVG_SERIES] = {"s1", "s2", "s3", "s4", "s5", "s6"};
    return names[n % SVG_SERIES];
}

void svg_extend(double value, double *low, double *high)
{
    if (svg_drawable(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

/* The round number (1, 2 or 5 times a power of ten) that is at least `step`. */
static double round_step(double step)
{
    double decade = pow(10, floor(log10(step)));
    double digit = step / decade;
    return decade * (digit <= 1.0001 ? 1 : digit <= 2.0001 ? 2 : digit <= 5.0001 ? 5 : 10);
}

struct svg_scale svg_scale_make(double low, double high, bool logarithmic, int ticks)
{
    struct svg_scale scale = {.low = low, .high = high, .logarithmic = logarithmic && low > 0};
    if (!(low <= high)) {
        scale.low = 0;
        scale.high = 1;
    }
    if (scale.logarithmic) {
        scale.low = pow(10, floor(log10(low) + 1e-9));
        scale.high = pow(10, ceil(log10(high) - 1e-9));
        if (scale.high <= scale.low) {
            scale.high = 10 * scale.low;
        }
        return scale;
    }
    double span = scale.high - scale.low;
    if (span <= 1e-12 * fmax(fabs(scale.low), fabs(scale.high)) || span <= 0) {
        double half = fabs(scale.low) > 0 ? fabs(scale.low) / 2 : 0.5;
        scale.low -= half;
        scale.high += half;
        span = 2 * half;
    }
    scale.step = round_step(span / ticks);
    scale.low = floor(scale.low / scale.step + 1e-9) * scale.step;
    scale.high = ceil(scale.high / scale.step - 1e-9) * scale.step;
    return scale;
}

double svg_scale_place(const struct svg_scale *scale, double value)
{
    double share = scale->logarithmic ? log10(value / scale->low) / log10(scale->high / scale->low)
                                      : (value - scale->low) / (scale->high - scale->low);
    return scale->from + (scale->to - scale->from) * share;
}

/* Decades; with 2 and 5 between them when there are few. */
static bool logarithmic_tick(const struct svg_scale *scale, size_t index, double *value)
{
    static const double digits[] = {1, 2, 5};
    double decades = log10(scale->high / scale->low);
    size_t per_decade = decades < 2.5 ? 3 : 1;
    size_t skip = decades > 8 ? 3 : 1;
    *value = scale->low * pow(10, (double)(index / per_decade * skip)) *
             digits[per_decade == 3 ? index % 3 : 0];
    return *value <= scale->high * 1.0001;
}

bool svg_scale_tick(const struct svg_scale *scale, size_t index, double *value)
{
    if (scale->logarithmic) {
        return logarithmic_tick(scale, index, value);
    }
    *value = scale->low + (double)index * scale->step;
    if (fabs(*value) < scale->step / 1000) {
        *value = 0;
    }
    return *value <= scale->high + scale->step / 1000;
}

const char *svg_number(double value, double step, char text[SVG_NUMBER_BYTES])
{
    if (step > 0 && fabs(value) < 1e6 && step >= 1e-6) {
        int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
        snprintf(text, SVG_NUMBER_BYTES, "%.*f", digits, value);
    } else {
        snprintf(text, SVG_NUMBER_BYTES, "%.4g", value);
    }
    return text;
}

double svg_key(struct kl_buffer *svg, const struct kl_stack *stack, double x, double y)
{
    enum { SIGN = 11, LINE = 18 };
    double left = x;
    for (size_t i = 0; i < stack->count; i++) {
        double width = svg_text_width(stack->parts[i].label) + 30;
        if (x > left && x + width > SVG_WIDTH) {
            x = left;
            y += LINE;
        }
        svg_rect(svg, svg_series(i), x, y - 10, SIGN, SIGN);
        svg_text(svg, "label", SVG_START, x + 16, y, SVG_WIDTH, stack->parts[i].label);
        x += width;
    }
    return y;
}

double svg_length(double value)
{
    return svg_drawable(value) && value > 0 ? value : 0;
}

double svg_stack_sum(const struct kl_stack *stack)
{
    double sum = 0;
    for (size_t i = 0; i < stack->count; i++) {
        sum += svg_length(stack->parts[i].value);
    }
    return sum;
}
