/* SPDX-License-Identifier: Apache-2.0 */
/* Charts: well-formed, everything inside the picture, and values that cannot be drawn. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/chart.h"

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) {
        count++;
    }
    return count;
}

/* The n-th value of an attribute. */
static double attribute(const char *svg, const char *name, size_t n)
{
    char key[32];
    const char *at = svg;
    snprintf(key, sizeof key, " %s=\"", name);
    for (size_t i = 0; i <= n; i++) {
        at = strstr(i ? at + 1 : at, key);
        if (!at) {
            fail_msg("there are only %zu of %s", i, name);
        }
    }
    return strtod(at + strlen(key), NULL);
}

/* Every element is closed, no number is NaN or infinite, and a reader is told what it is. */
static void assert_sound(const struct kl_buffer *svg, const char *title)
{
    static const char *const elements[] = {"figure", "figcaption", "svg", "title", "desc", "text"};
    assert_false(svg->failed);
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        char open[32];
        char open_with[32];
        char close[32];
        snprintf(open, sizeof open, "<%s>", elements[i]);
        snprintf(open_with, sizeof open_with, "<%s ", elements[i]);
        snprintf(close, sizeof close, "</%s>", elements[i]);
        assert_int_equal(count_of(svg->data, open) + count_of(svg->data, open_with),
                         count_of(svg->data, close));
    }
    assert_int_equal(count_of(svg->data, "nan"), 0);
    assert_int_equal(count_of(svg->data, "inf"), 0);
    assert_int_equal(count_of(svg->data, title), 2);
}

static void test_bars(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const struct kl_bar bars[] = {{"one <1>", 10, "10 <ms>", true, NAN, NAN},
                                  {"two", 5, NULL, false, 4, 7},
                                  {"lost", NAN, NULL, false, NAN, NAN},
                                  {"huge", 1e300, "1e300", false, NAN, NAN}};
    (void)state;
    kl_chart_bars(&svg, "Some bars", bars, 4, "limit 8", 8);
    assert_sound(&svg, "Some bars");
    assert_int_equal(count_of(svg.data, "<rect class=\"bar"), 2);
    assert_int_equal(count_of(svg.data, "<line class=\"whisker\""), 3);
    assert_int_equal(count_of(svg.data, "<line class=\"limit\""), 1);
    assert_non_null(strstr(svg.data, "one &lt;1&gt;: 10 &lt;ms&gt;"));
    /* The second bar is half as long as the first, from the same origin. */
    assert_true(fabs(attribute(svg.data, "width", 1) * 2 - attribute(svg.data, "width", 0)) < 0.2);
    kl_buffer_free(&svg);
}

static void test_negative_bars(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const struct kl_bar bars[] = {{"down", -20, "-20", false, NAN, NAN},
                                  {"up", 10, "+10", false, NAN, NAN}};
    (void)state;
    kl_chart_bars(&svg, "Both ways", bars, 2, NULL, NAN);
    assert_sound(&svg, "Both ways");
    const char *first = strstr(svg.data, "<rect");
    const char *second = strstr(first + 1, "<rect");
    double end_of_first = attribute(first, "x", 0) + attribute(first, "width", 0);
    assert_true(fabs(end_of_first - attribute(second, "x", 0)) < 0.2);
    kl_buffer_free(&svg);
}

/* Values with intervals are points on an axis that need not begin at 0. */
static void test_intervals(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const struct kl_bar bars[] = {{"a", 0.98, "0.98", false, 0.97, 0.99},
                                  {"b", 0.94, "0.94", false, 0.92, 0.96}};
    (void)state;
    kl_chart_bars(&svg, "Known to", bars, 2, NULL, NAN);
    assert_sound(&svg, "Known to");
    assert_int_equal(count_of(svg.data, "<circle"), 2);
    assert_int_equal(count_of(svg.data, "<rect"), 0);
    /* They use the width: 0.04 of at most 0.1 apart. */
    assert_true(attribute(svg.data, "cx", 0) - attribute(svg.data, "cx", 1) > 150);
    kl_buffer_free(&svg);
}

static void test_stacks(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const struct kl_part parts[] = {{"sleep", 3}, {"radio", 1}, {"nothing", 0}};
    const struct kl_stack rows[] = {{"board", "4 mJ", parts, 3}};
    (void)state;
    kl_chart_stacks(&svg, "Stacked", rows, 1);
    assert_sound(&svg, "Stacked");
    /* Three signs of the key, two parts that are drawn. */
    assert_int_equal(count_of(svg.data, "<rect"), 5);
    assert_true(fabs(attribute(svg.data, "width", 3) - 3 * attribute(svg.data, "width", 4)) < 0.2);
    kl_buffer_free(&svg);
}

static void test_columns(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const struct kl_part night[] = {{"sleep", 1}, {"work", 0}};
    const struct kl_part noon[] = {{"sleep", 1}, {"work", 3}};
    const struct kl_stack columns[] = {{"0", NULL, night, 2}, {"12", NULL, noon, 2}};
    (void)state;
    kl_chart_columns(&svg, "A day", "J", columns, 2);
    assert_sound(&svg, "A day");
    /* Three parts that are drawn, then the two signs of the key. */
    assert_int_equal(count_of(svg.data, "<rect"), 5);
    assert_true(fabs(attribute(svg.data, "height", 2) - 3 * attribute(svg.data, "height", 1)) <
                0.3);
    kl_buffer_free(&svg);
}

static void test_radar(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const char *const axes[] = {"a", "b", "c"};
    const double y[] = {0.5, NAN, 7};
    const struct kl_series series[] = {{"it", NULL, y, 3}};
    (void)state;
    kl_chart_radar(&svg, "Around", axes, 3, series, 1);
    assert_sound(&svg, "Around");
    assert_int_equal(count_of(svg.data, "<circle"), 2);
    kl_buffer_free(&svg);
}

static void test_lines(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const double x[] = {0, 1, 2, 3};
    const double y[] = {1, 10, NAN, 1000};
    const double z[] = {1, 11, -5, 999};
    const struct kl_series series[] = {{"y", x, y, 4}, {"z", x, z, 4}};
    const char *const names[] = {"w", "x", "y", "z"};
    const struct kl_axis plain = {.label = "time, s"};
    const struct kl_axis named = {.label = "", .ticks = names, .tick_count = 4};
    const struct kl_axis decades = {.label = "cycles", .logarithmic = true};
    (void)state;
    kl_chart_lines(&svg, "Lines", &plain, &plain, series, 2, false);
    assert_sound(&svg, "Lines");
    assert_int_equal(count_of(svg.data, "<circle"), 7);
    kl_buffer_free(&svg);
    kl_chart_lines(&svg, "Decades", &named, &decades, series, 1, false);
    assert_sound(&svg, "Decades");
    /* On a logarithmic axis equal factors are equal distances. */
    double a = attribute(svg.data, "cy", 0);
    double b = attribute(svg.data, "cy", 1);
    double c = attribute(svg.data, "cy", 2);
    assert_true(fabs((a - b) * 3 - (a - c)) < 0.5);
    kl_buffer_free(&svg);
    kl_chart_lines(&svg, "Steps", &plain, &plain, series, 1, true);
    assert_sound(&svg, "Steps");
    kl_buffer_free(&svg);
}

/* Nothing to draw is no reason to fail. */
static void test_empty(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const double lost[] = {NAN, INFINITY};
    const struct kl_series series = {"lost", NULL, lost, 2};
    const struct kl_axis axis = {.label = NULL};
    (void)state;
    kl_chart_bars(&svg, "No bars", NULL, 0, NULL, NAN);
    kl_chart_stacks(&svg, "No stacks", NULL, 0);
    kl_chart_columns(&svg, "No columns", "J", NULL, 0);
    kl_chart_spans(&svg, "No spans", "days", NULL, 0);
    kl_chart_lines(&svg, "No lines", &axis, &axis, &series, 1, false);
    kl_chart_pareto(&svg, "No points", &axis, &axis, NULL, 0);
    kl_chart_spark(&svg, "no trend", lost, 2);
    assert_false(svg.failed);
    assert_int_equal(count_of(svg.data, "nan"), 0);
    assert_int_equal(count_of(svg.data, "inf"), 0);
    kl_buffer_free(&svg);
}

/* Only the points that none beats on both axes are joined. */
static void test_pareto(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const struct kl_axis axis = {.label = "less is better"};
    const struct kl_point points[] = {
        {.label = "fast", .x = 1, .y = 9},
        {.label = "good",
         .x = 4,
         .y = 4,
         .strong = true,
         .has_interval = true,
         .low = 3,
         .high = 6},
        {.label = "thrifty", .x = 9, .y = 1, .has_interval = true, .low = NAN, .high = 2},
        {.label = "beaten", .x = 9, .y = 9},
        {.label = "lost", .x = NAN, .y = 1}};
    (void)state;
    kl_chart_pareto(&svg, "Trade-off", &axis, &axis, points, 5);
    assert_sound(&svg, "Trade-off");
    assert_int_equal(count_of(svg.data, "<circle"), 4);
    assert_int_equal(count_of(svg.data, "whisker"), 3); /* of the only interval with both ends */
    const char *front = strstr(svg.data, "<path class=\"front\" d=\"M");
    assert_non_null(front);
    const char *end = strchr(front, '>');
    size_t corners = 0;
    for (const char *c = front; c < end; c++) {
        corners += *c == 'L';
    }
    assert_int_equal(corners, 2);
    kl_buffer_free(&svg);
}

static void test_spans(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    const struct kl_span spans[] = {{"pilot", "10 devices", 0, 10},
                                    {"all", "everybody", 10, 40},
                                    {"wrong", "ends before it begins", 9, 3}};
    (void)state;
    kl_chart_spans(&svg, "Phases", "days", spans, 3);
    assert_sound(&svg, "Phases");
    assert_int_equal(count_of(svg.data, "<rect"), 2);
    assert_true(fabs(attribute(svg.data, "width", 1) - 3 * attribute(svg.data, "width", 0)) < 0.2);
    kl_buffer_free(&svg);
}

/* Long names are cut at a letter, never within one. */
static void test_long_labels(void **state)
{
    struct kl_buffer svg = KL_BUFFER(1 << 20);
    char label[401];
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        label[2 * i] = '\xc3';
        label[2 * i + 1] = '\xa4';
    }
    label[400] = '\0';
    const struct kl_bar bar = {label, 1, "1", false, NAN, NAN};
    kl_chart_bars(&svg, "Long", &bar, 1, NULL, NAN);
    const char *cut = strstr(svg.data, "\xe2\x80\xa6</text>");
    assert_non_null(cut);
    assert_int_equal((unsigned char)cut[-1], 0xa4);
    kl_buffer_free(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bars),        cmocka_unit_test(test_negative_bars),
        cmocka_unit_test(test_intervals),   cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_columns),     cmocka_unit_test(test_radar),
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_empty),
        cmocka_unit_test(test_pareto),      cmocka_unit_test(test_spans),
        cmocka_unit_test(test_long_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
