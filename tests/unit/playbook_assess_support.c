/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook_assess_support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

const char assess_requirements[] =
    "requirements:\n"
    "  period: 10 s\n"
    "  accuracy: {overall: 95 %, per_class: {normal: 97 %, wear: 90 %}}\n"
    "  false_alarms: 0.1 /d\n"
    "  latency: 100 ms\n"
    "  ram: 32 KiB\n"
    "  flash: 128 KiB\n"
    "  battery: {capacity: 2400 mAh, voltage: 3.6 V, life: 5 a, self_discharge: 1 %/a,\n"
    "            usable: 90 %, derating: 0.3 %/degC}\n"
    "  environment: {temperature: [-20 degC, 60 degC]}\n"
    "  uptime: 99 %\n"
    "  lifetime: 10 a\n"
    "  radio: {longest_silence: 1 d}\n";

const char assess_board[] = "# SPDX-License-Identifier: Apache-2.0\n"
                            "name: own\n"
                            "title: A board of our own\n"
                            "core: cortex-m4f\n"
                            "sources: {d: {title: our own measurement}}\n"
                            "facts:\n"
                            "  clock: [64 MHz, d]\n"
                            "  ram: [64 KiB, d]\n"
                            "  flash: [256 KiB, d]\n"
                            "  run_current: [5 mA, d]\n"
                            "  sleep_current: [2 uA, d]\n"
                            "  temperature_min: [-40 degC, d]\n"
                            "  temperature_max: [85 degC, d]\n"
                            "  supply_min: [1.8 V, d]\n"
                            "  supply_max: [3.6 V, d]\n"
                            "  sensors: [[accelerometer], d]\n"
                            "  radios: [[ble], d]\n"
                            "  radio_tx_current: [8 mA, d]\n";

/* Load the texts, one behind the other. */
void assess_load(struct assess_fixture *f, void **state, const char *first, const char *second)
{
    static char text[32768];
    kl_result_free(&f->result);
    f->folder = *state;
    snprintf(text, sizeof text, "%s%s", first, second);
    playbook_folder_write(f->folder, "own.yaml", assess_board);
    playbook_folder_load(f->folder, text);
}

enum kl_err assess_try(struct assess_fixture *f, const char *name)
{
    const struct kl_assessment *assessment = kl_assessment_find(name);
    assert_non_null(assessment);
    kl_result_free(&f->result);
    kl_result_init(&f->result, name);
    kl_diag_clear(&f->diag);
    return assessment->assess(f->folder->playbook, &f->folder->evidence, &f->result, &f->diag);
}

void assess_run(struct assess_fixture *f, const char *name)
{
    if (assess_try(f, name) != KL_OK) {
        fail_msg("%s: %s", name, f->diag.message);
    }
}

void assess_refused(struct assess_fixture *f, const char *name, const char *part)
{
    if (assess_try(f, name) == KL_OK || !strstr(f->diag.message, part)) {
        fail_msg("%s: \"%s\"", name, f->diag.message);
    }
}

const json_t *assess_value(const struct assess_fixture *f, const char *name)
{
    const json_t *metric = json_object_get(json_object_get(f->result.root, "metrics"), name);
    if (!metric) {
        fail_msg("no metric %s", name);
    }
    return json_object_get(metric, "value");
}

const char *assess_provenance(const struct assess_fixture *f, const char *name)
{
    (void)assess_value(f, name); /* it must be there */
    const json_t *metric = json_object_get(json_object_get(f->result.root, "metrics"), name);
    return json_string_value(json_object_get(metric, "provenance"));
}

void assert_metric(const struct assess_fixture *f, const char *name, double expected)
{
    const json_t *value = assess_value(f, name);
    if (!json_is_number(value) ||
        fabs(json_number_value(value) - expected) > 1e-4 * fabs(expected) + 1e-12) {
        fail_msg("%s is %.9g, not %.9g", name, json_number_value(value), expected);
    }
}

/* The row of a table whose first column has that text. */
const json_t *assess_row(const struct assess_fixture *f, const char *table, const char *first)
{
    const json_t *rows = json_object_get(f->result.root, table);
    size_t i;
    json_t *entry;
    json_array_foreach(rows, i, entry)
    {
        const char *text = json_string_value(json_object_iter_value(json_object_iter(entry)));
        if (text && strcmp(text, first) == 0) {
            return entry;
        }
    }
    fail_msg("no row %s in %s", first, table);
    return NULL;
}

const char *assess_cell(const json_t *entry, const char *column)
{
    const char *text = json_string_value(json_object_get(entry, column));
    return text ? text : "";
}

void assess_end(struct assess_fixture *f)
{
    kl_result_free(&f->result);
}
