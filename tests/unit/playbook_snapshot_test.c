/* SPDX-License-Identifier: Apache-2.0 */
/* A playbook's standing as data, and the difference between two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "playbook/report/direction.h"
#include "playbook/snapshot.h"
#include "playbook_folder.h"

static const char playbook[] =
    "requirements: {latency: 20 ms, ram: 32 KiB, battery: {life: 365 d}}\n"
    "chapters:\n"
    "  model:\n"
    "    steps:\n"
    "      - {name: p.m4, run: 'cat m4.txt', inputs: [m4.txt], metrics: {\n"
    "          ram.total: {match: 'ram ([0-9]+)', unit: B, provenance: counted},\n"
    "          accuracy: {match: 'acc ([0-9.]+)', provenance: measured},\n"
    "          latency: {match: 'took ([0-9]+)', unit: ms, provenance: measured}}}\n"
    "      - {name: later, run: 'true', needs: [p.m4], inputs: [missing.txt]}\n"
    "    gates:\n"
    "      - {name: fits, that: p.m4.ram.total <= requirements.ram, why: It must fit.}\n"
    "      - {name: fast, that: p.m4.latency <= requirements.latency}\n"
    "waivers: [{gate: fast, reason: pilot, by: Jane Doe, until: 2026-12-31}]\n";

/* The standing after a run with this output of the step. */
static json_t *snapshot(struct playbook_folder *f, const char *printed)
{
    struct kl_judgement judgement;
    playbook_folder_write(f, "m4.txt", printed);
    playbook_folder_load(f, playbook);
    playbook_folder_run(f);
    assert_int_equal(kl_judge(f->playbook, &f->evidence, f->today, &judgement, &f->diag), KL_OK);
    json_t *json = kl_snapshot(&judgement);
    assert_non_null(json);
    return json;
}

static const char *text_at(const json_t *json, const char *list, size_t i, const char *key)
{
    const char *text =
        json_string_value(json_object_get(json_array_get(json_object_get(json, list), i), key));
    return text ? text : "";
}

static void test_snapshot(void **state)
{
    json_t *s = snapshot(*state, "ram 16384\nacc 0.953\ntook 25\n");
    assert_string_equal(text_at(s, "steps", 0, "name"), "p.m4");
    assert_string_equal(text_at(s, "steps", 0, "state"), "fresh");
    assert_string_equal(text_at(s, "steps", 1, "state"), "never");
    assert_string_equal(text_at(s, "steps", 1, "reason"), "it never ran; input missing.txt is "
                                                          "missing");
    assert_string_equal(text_at(s, "gates", 0, "state"), "passed");
    assert_string_equal(text_at(s, "gates", 0, "provenance"), "counted");
    assert_string_equal(text_at(s, "gates", 1, "state"), "waived");
    assert_string_equal(text_at(s, "gates", 1, "without_waiver"), "failed");
    const json_t *waiver =
        json_object_get(json_array_get(json_object_get(s, "gates"), 1), "waiver");
    assert_string_equal(json_string_value(json_object_get(waiver, "until")), "2026-12-31");
    const json_t *ram = json_object_get(json_object_get(s, "metrics"), "p.m4.ram.total");
    assert_int_equal(json_integer_value(json_object_get(ram, "value")), 16384);
    assert_string_equal(json_string_value(json_object_get(ram, "unit")), "B");
    assert_string_equal(json_string_value(json_object_get(ram, "step")), "p.m4");
    const json_t *totals = json_object_get(s, "totals");
    assert_int_equal(json_integer_value(json_object_get(totals, "passed")), 1);
    assert_int_equal(json_integer_value(json_object_get(totals, "waived")), 1);
    assert_int_equal(json_integer_value(json_object_get(totals, "fresh")), 1);
    assert_true(json_is_true(json_object_get(totals, "all_hold")));
    const json_t *requirements = json_object_get(s, "requirements");
    assert_string_equal(json_string_value(json_object_get(requirements, "latency")), "20 ms");
    json_decref(s);
}

static json_t *diff(const json_t *a, const json_t *b)
{
    struct kl_diag diag = {0};
    json_t *json;
    if (kl_snapshot_diff(a, b, &json, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return json;
}

static void expect_text(const json_t *difference, bool markdown, const char *expected)
{
    struct kl_buffer text = KL_BUFFER(1 << 20);
    kl_snapshot_diff_text(difference, markdown, &text);
    assert_string_equal(text.data, expected);
    kl_buffer_free(&text);
}

static void test_no_difference(void **state)
{
    json_t *s = snapshot(*state, "ram 16384\nacc 0.953\ntook 25\n");
    json_t *d = diff(s, s);
    assert_int_equal(json_array_size(json_object_get(d, "metrics")), 0);
    expect_text(d, false, "no change: gates, metrics and requirements are the same\n");
    expect_text(d, true,
                "### Tester 0.1.0\n\n2 of 2 gates hold (before: 2 of 2).\n\n"
                "no change: gates, metrics and requirements are the same\n");
    json_decref(d);
    json_decref(s);
}

static void test_difference(void **state)
{
    json_t *a = snapshot(*state, "ram 16384\nacc 0.95\ntook 25\n");
    json_t *b = snapshot(*state, "ram 40960\nacc 0.96\ntook 25\n");
    json_t *d = diff(a, b);
    const json_t *metrics = json_object_get(d, "metrics");
    assert_int_equal(json_array_size(metrics), 2);
    assert_string_equal(text_at(d, "metrics", 0, "name"), "p.m4.ram.total");
    const json_t *ram = json_array_get(metrics, 0);
    assert_true(json_number_value(json_object_get(ram, "relative")) == 1.5);
    assert_true(json_is_false(json_object_get(ram, "better")));
    assert_true(json_is_true(json_object_get(json_array_get(metrics, 1), "better")));
    assert_string_equal(text_at(d, "gates", 0, "a"), "passed");
    assert_string_equal(text_at(d, "gates", 0, "b"), "failed");
    expect_text(d, false,
                "gates\n"
                "  fits  passed -> failed  worse: 40 KiB > 32 KiB\n"
                "metrics\n"
                "  p.m4.ram.total  16 KiB -> 40 KiB  \u2191 150 % worse\n"
                "  p.m4.accuracy   0.95   -> 0.96    \u2191 1.05 % better\n");
    expect_text(d, true,
                "### Tester 0.1.0\n\n1 of 2 gates hold (before: 2 of 2).\n\n"
                "| Gate | Before | Now | Why |\n|---|---|---|---|\n"
                "| fits | passed | **failed** | worse: 40 KiB > 32 KiB |\n\n"
                "| Metric | Before | Now | Change |\n|---|--:|--:|---|\n"
                "| p.m4.ram.total | 16 KiB | **40 KiB** | \u2191 150 % worse |\n"
                "| p.m4.accuracy | 0.95 | 0.96 | \u2191 1.05 % better |\n");
    json_decref(d);
    json_decref(a);
    json_decref(b);
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (!json) {
        fail_msg("%s", error.text);
    }
    return json;
}

/* The difference of two texts of JSON, as Markdown or not. */
static void expect_diff(const char *a, const char *b, bool markdown, const char *expected)
{
    json_t *json_a = parse(a);
    json_t *json_b = parse(b);
    json_t *d = diff(json_a, json_b);
    expect_text(d, markdown, expected);
    json_decref(d);
    json_decref(json_a);
    json_decref(json_b);
}

static void test_appeared_and_went(void **state)
{
    (void)state;
    expect_diff("{\"gates\": [{\"name\": \"old\", \"state\": \"passed\", \"that\": \"x\"}], "
                "\"metrics\": {\"s.a\": {\"value\": 1, \"unit\": \"1\"}}, \"requirements\": "
                "{\"ram\": \"1 KiB\", \"battery\": {\"life\": \"1 a\"}}}",
                "{\"gates\": [{\"name\": \"new\", \"state\": \"stale\", \"that\": \"x\"}], "
                "\"metrics\": {\"s.b\": {\"value\": true, \"unit\": \"1\"}}, \"requirements\": "
                "{\"ram\": \"1 KiB\", \"battery\": {\"life\": \"2 a\"}, \"flash\": \"4 KiB\"}}",
                false,
                "gates\n"
                "  old  passed -> -      gone\n"
                "  new  -      -> stale  new\n"
                "metrics\n"
                "  s.a  1 -> -     gone\n"
                "  s.b  - -> true  new\n"
                "requirements\n"
                "  battery.life  1 a -> 2 a\n"
                "  flash         -   -> 4 KiB  new\n");
}

/* The same unit is not demanded, only the same dimension; close values show all digits. */
static void test_units(void **state)
{
    (void)state;
    expect_diff("{\"gates\": [], \"metrics\": {\"s.latency\": {\"value\": 20, \"unit\": \"ms\"}, "
                "\"s.ram\": {\"value\": 1048576, \"unit\": \"bytes\"}, \"s.odd\": {\"value\": 1, "
                "\"unit\": \"ms\"}, \"s.zero\": {\"value\": 0, \"unit\": \"1\"}}}",
                "{\"gates\": [], \"metrics\": {\"s.latency\": {\"value\": 0.01, \"unit\": \"s\"}, "
                "\"s.ram\": {\"value\": 1048577, \"unit\": \"bytes\"}, \"s.odd\": {\"value\": 1, "
                "\"unit\": \"KiB\"}, \"s.zero\": {\"value\": 5, \"unit\": \"1\"}}}",
                false,
                "metrics\n"
                "  s.latency  20 ms         -> 10 ms          \u2193 50 % better\n"
                "  s.ram      1048576 bytes -> 1048577 bytes  \u2191 9.54e-05 % worse\n"
                "  s.odd      1 ms          -> 1 KiB\n"
                "  s.zero     0             -> 5\n");
}

/* Names and texts come from a branch that anybody may have written. */
static void test_hostile_markdown(void **state)
{
    (void)state;
    expect_diff("{\"gates\": [], \"metrics\": {}}",
                "{\"gates\": [{\"name\": \"a|b\\n# x <img> @all `c` *d*\", \"state\": \"passed\", "
                "\"that\": \"x\", \"reason\": \"[l](u)\"}], \"metrics\": {}}",
                true,
                "### Playbook \n\n0 of 0 gates hold (before: 0 of 0).\n\n"
                "| Gate | Before | Now | Why |\n|---|---|---|---|\n"
                "| a\\|b \\# x &lt;img> @\u200ball \\`c\\` \\*d\\* | - | passed | \\[l\\](u) |\n");
}

/* Nothing that a terminal would obey. */
static void test_control_characters(void **state)
{
    (void)state;
    expect_diff("{\"gates\": [], \"metrics\": {}}",
                "{\"gates\": [], \"metrics\": {\"a\\u001b[2Jb\": {\"value\": "
                "\"x\\u009by\\nz\", \"unit\": \"1\"}}}",
                false, "metrics\n  a [2Jb  - -> x??y z  new\n");
}

/* Values of types that no snapshot has are shown or left out, not believed. */
static void test_odd_values(void **state)
{
    (void)state;
    expect_diff("{\"gates\": [1, {\"name\": 2}], \"metrics\": {\"a\": 1, \"b\": {\"value\": [1], "
                "\"unit\": 3}}, \"requirements\": [1], \"product\": 5}",
                "{\"gates\": [], \"metrics\": {\"a\": {}, \"b\": {\"value\": {\"x\": null}}}}",
                false,
                "gates\n"
                "    null -> -  gone\n"
                "    null -> -  gone\n"
                "metrics\n"
                "  b  [1] -> {\"x\":null}\n");
}

static void test_no_snapshot(void **state)
{
    struct kl_diag diag = {0};
    json_t *json;
    json_t *empty = json_object();
    json_t *good = parse("{\"gates\": [], \"metrics\": {}}");
    (void)state;
    assert_int_equal(kl_snapshot_diff(good, empty, &json, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "the second of the two is no standing of a playbook"));
    diag = (struct kl_diag){0};
    assert_int_equal(kl_snapshot_diff(NULL, good, &json, &diag), KL_EINPUT);
    json_decref(empty);
    json_decref(good);
}

static void test_direction(void **state)
{
    (void)state;
    assert_int_equal(kl_metric_direction("accuracy.test"), 1);
    assert_int_equal(kl_metric_direction("ram.total"), -1);
    assert_int_equal(kl_metric_direction("false_alarms"), -1);
    assert_int_equal(kl_metric_direction("battery.life"), 1);
    assert_int_equal(kl_metric_direction("latency-margin"), 1);
    assert_int_equal(kl_metric_direction("accuracy.loss"), -1);
    assert_int_equal(kl_metric_direction("classes"), 0);
    assert_int_equal(kl_metric_direction("program"), 0);
    assert_int_equal(kl_metric_direction(""), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_snapshot),
        TEST(test_no_difference),
        TEST(test_difference),
        cmocka_unit_test(test_appeared_and_went),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_hostile_markdown),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_no_snapshot),
        cmocka_unit_test(test_direction),
    };
    return cmocka_run_group_tests_name("playbook snapshot", tests, NULL, NULL);
}
