/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "playbook/report/direction.h"
#include "playbook/snapshot.h"

enum { PATH_BYTES = 512, MOST_DEPTH = 32, MOST_GATES = 10000 };

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

/* A reference to the value, or null. */
static json_t *or_null(json_t *json)
{
    return json ? json_incref(json) : json_null();
}

static const char *change_name(const json_t *a, const json_t *b)
{
    return !a ? "appeared" : !b ? "went" : "changed";
}

static bool same(const json_t *a, const json_t *b)
{
    return a == b || (a && b && json_equal(a, b));
}

/* Leaves of a tree by their path: {"battery.life": "2 a"}. */
static int flatten(json_t *flat, json_t *tree, const char *path, int depth)
{
    const char *key;
    json_t *value;
    int failed = 0;
    if (!json_is_object(tree) || depth == MOST_DEPTH) {
        return *path && !json_is_null(tree) ? json_object_set(flat, path, tree) : 0;
    }
    json_object_foreach(tree, key, value)
    {
        char below[PATH_BYTES];
        int length = snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", key);
        if (length > 0 && (size_t)length < sizeof below) {
            failed |= flatten(flat, value, below, depth + 1);
        }
    }
    return failed;
}

static int diff_requirement(json_t *list, const char *path, json_t *a, json_t *b)
{
    return json_array_append_new(list,
                                 json_pack("{s:s, s:s, s:o, s:o}", "path", path, "change",
                                           change_name(a, b), "a", or_null(a), "b", or_null(b)));
}

static int diff_requirements(json_t *list, const json_t *a, const json_t *b)
{
    json_t *flat_a = json_object();
    json_t *flat_b = json_object();
    const char *path;
    json_t *value;
    int failed = flatten(flat_a, json_object_get(a, "requirements"), "", 0) |
                 flatten(flat_b, json_object_get(b, "requirements"), "", 0);
    json_object_foreach(flat_a, path, value)
    {
        json_t *other = json_object_get(flat_b, path);
        failed |= same(value, other) ? 0 : diff_requirement(list, path, value, other);
    }
    json_object_foreach(flat_b, path, value)
    {
        failed |= json_object_get(flat_a, path) ? 0 : diff_requirement(list, path, NULL, value);
    }
    json_decref(flat_a);
    json_decref(flat_b);
    return failed;
}

static json_t *find_gate(const json_t *snapshot, const char *name)
{
    size_t i;
    json_t *gate;
    json_array_foreach(json_object_get(snapshot, "gates"), i, gate)
    {
        if (strcmp(text_of(gate, "name"), name) == 0) {
            return gate;
        }
    }
    return NULL;
}

/* How good a state is; unknown words are worst. */
static int state_rank(const char *state)
{
    static const char *const states[] = {"broken", "failed", "missing",
                                         "stale",  "waived", "passed"};
    for (int i = 0; i < (int)(sizeof states / sizeof states[0]); i++) {
        if (strcmp(states[i], state) == 0) {
            return i;
        }
    }
    return -1;
}

static json_t *better_json(int direction)
{
    return direction == 0 ? json_null() : json_boolean(direction > 0);
}

static int diff_gate(json_t *list, const char *name, const json_t *a, const json_t *b)
{
    int better = 0;
    if (a && b) {
        int rank_a = state_rank(text_of(a, "state"));
        int rank_b = state_rank(text_of(b, "state"));
        if (rank_a == rank_b && strcmp(text_of(a, "that"), text_of(b, "that")) == 0) {
            return 0;
        }
        better = (rank_b > rank_a) - (rank_b < rank_a);
    }
    return json_array_append_new(
        list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "name", name, "change",
                        change_name(a, b), "a", or_null(json_object_get(a, "state")), "b",
                        or_null(json_object_get(b, "state")), "that_a",
                        or_null(json_object_get(a, "that")), "that_b",
                        or_null(json_object_get(b, "that")), "reason", text_of(b ? b : a, "reason"),
                        "better", better_json(better)));
}

static int diff_gates(json_t *list, const json_t *a, const json_t *b)
{
    size_t i;
    json_t *gate;
    int failed = 0;
    json_array_foreach(json_object_get(a, "gates"), i, gate)
    {
        const char *name = text_of(gate, "name");
        failed |= diff_gate(list, name, gate, find_gate(b, name));
    }
    json_array_foreach(json_object_get(b, "gates"), i, gate)
    {
        const char *name = text_of(gate, "name");
        failed |= find_gate(a, name) ? 0 : diff_gate(list, name, NULL, gate);
    }
    return failed;
}

/* A metric's value in base units; false when it is no number or its unit is not known. */
static bool quantity_of(const json_t *metric, struct kl_value *quantity)
{
    const json_t *value = json_object_get(metric, "value");
    const char *unit = text_of(metric, "unit");
    unit = strcmp(unit, "bytes") == 0 ? "B" : unit;
    if (!json_is_number(value)) {
        return false;
    }
    if (!kl_unit_parse(unit, strlen(unit), quantity)) {
        return false;
    }
    quantity->value *= json_number_value(value);
    return true;
}

/* The part of a metric's name behind its step's: the step's name says nothing about it. */
static const char *own_name(const char *name, const json_t *metric)
{
    const char *step = text_of(metric, "step");
    size_t length = strlen(step);
    bool prefix = length && strncmp(name, step, length) == 0 && name[length] == '.';
    return prefix ? name + length + 1 : name;
}

/* Relative change, and whether it is for the better. */
static void compare_metrics(const char *name, const json_t *a, const json_t *b, json_t **relative,
                            int *better)
{
    struct kl_value x, y;
    const json_t *was = json_object_get(a, "value");
    const json_t *is = json_object_get(b, "value");
    int direction = kl_metric_direction(own_name(name, b));
    if (quantity_of(a, &x) && quantity_of(b, &y) && kl_dimension_equal(x.dimension, y.dimension)) {
        double change = (y.value - x.value) / fabs(x.value);
        *relative = isfinite(change) ? json_real(change) : json_null();
        *better = direction * ((y.value > x.value) - (y.value < x.value));
    } else if (json_is_boolean(was) && json_is_boolean(is)) {
        *better = json_is_true(is) - json_is_true(was);
    }
}

static int diff_metric(json_t *list, const char *name, json_t *a, json_t *b)
{
    json_t *relative = NULL;
    int better = 0;
    if (a && b) {
        compare_metrics(name, a, b, &relative, &better);
    }
    return json_array_append_new(
        list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", name, "change", change_name(a, b),
                        "a", or_null(a), "b", or_null(b), "relative",
                        relative ? relative : json_null(), "better", better_json(better)));
}

static bool same_metric(const json_t *a, const json_t *b)
{
    return b && same(json_object_get(a, "value"), json_object_get(b, "value")) &&
           same(json_object_get(a, "unit"), json_object_get(b, "unit")) &&
           same(json_object_get(a, "provenance"), json_object_get(b, "provenance"));
}

static int diff_metrics(json_t *list, const json_t *a, const json_t *b)
{
    const char *name;
    json_t *metric;
    json_t *in_a = json_object_get(a, "metrics");
    json_t *in_b = json_object_get(b, "metrics");
    int failed = 0;
    json_object_foreach(in_a, name, metric)
    {
        json_t *other = json_object_get(in_b, name);
        failed |= same_metric(metric, other) ? 0 : diff_metric(list, name, metric, other);
    }
    json_object_foreach(in_b, name, metric)
    {
        failed |= json_object_get(in_a, name) ? 0 : diff_metric(list, name, NULL, metric);
    }
    return failed;
}

/* Is it a snapshot, as far as comparing it needs? What is inside may still have any type. */
static enum kl_err check(const json_t *snapshot, const char *which, struct kl_diag *diag)
{
    if (!json_is_object(json_object_get(snapshot, "metrics")) ||
        !json_is_array(json_object_get(snapshot, "gates"))) {
        return kl_fail(diag, KL_EINPUT,
                       "the %s of the two is no standing of a playbook: it needs \"gates\" and "
                       "\"metrics\", as `kinglet playbook status --json` prints them",
                       which);
    }
    if (json_array_size(json_object_get(snapshot, "gates")) > MOST_GATES) {
        return kl_fail(diag, KL_ELIMIT, "the %s of the two has more than %d gates", which,
                       MOST_GATES);
    }
    return KL_OK;
}

enum kl_err kl_snapshot_diff(const json_t *a, const json_t *b, json_t **diff, struct kl_diag *diag)
{
    KL_TRY(check(a, "first", diag));
    KL_TRY(check(b, "second", diag));
    json_t *requirements = json_array();
    json_t *gates = json_array();
    json_t *metrics = json_array();
    int failed = diff_requirements(requirements, a, b) | diff_gates(gates, a, b) |
                 diff_metrics(metrics, a, b);
    *diff = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", "kinglet.diff/1", "product",
        or_null(json_object_get(b, "product")), "currency", or_null(json_object_get(b, "currency")),
        "requirements", requirements, "gates", gates, "metrics", metrics, "totals_a",
        or_null(json_object_get(a, "totals")), "totals_b", or_null(json_object_get(b, "totals")));
    if (failed || !*diff) {
        json_decref(*diff);
        *diff = NULL;
        return KL_FAIL_MEMORY(diag);
    }
    return KL_OK;
}
