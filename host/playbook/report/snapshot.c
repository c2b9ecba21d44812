/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/snapshot.h"

#include <stdio.h>

static json_t *text_or_null(const char *text)
{
    json_t *json = text ? json_string(text) : NULL;
    return json ? json : json_null();
}

static json_t *date_json(struct kl_date date)
{
    char text[48];
    snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
    return json_string(text);
}

static json_t *step_json(const struct kl_step_status *s)
{
    const struct kl_record *record = s->record;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "name", s->step->name,
                     "chapter", s->step->chapter, "title", s->step->title, "state",
                     kl_step_state_name(s->state), "reason", s->reason, "record",
                     record ? json_integer(record->number) : json_null(), "sha256",
                     text_or_null(record ? record->sha256 : NULL), "started",
                     text_or_null(record ? record->started : NULL), "ok",
                     record ? json_boolean(record->ok) : json_null());
}

static json_t *waiver_json(const struct kl_waiver *waiver)
{
    return waiver ? json_pack("{s:s, s:s, s:o}", "by", waiver->by, "reason", waiver->reason,
                              "until", date_json(waiver->until))
                  : json_null();
}

static json_t *gate_json(const struct kl_gate_status *g)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o}", "name", g->gate->name,
                     "chapter", g->gate->chapter, "that", g->gate->that, "why",
                     text_or_null(g->gate->why), "state", kl_gate_state_name(g->state),
                     "without_waiver", kl_gate_state_name(g->without_waiver), "reason", g->reason,
                     "provenance", g->least_provenance ? g->least_provenance : "", "waiver",
                     waiver_json(g->gate->waiver));
}

/* The metrics of a step's newest result, as STEP.METRIC. */
static int add_metrics(json_t *all, const struct kl_step_status *s)
{
    json_t *metrics = s->record ? json_object_get(s->record->result, "metrics") : NULL;
    const char *name;
    json_t *metric;
    int failed = 0;
    json_object_foreach(metrics, name, metric)
    {
        json_t *entry = json_pack(
            "{s:s, s:b, s:O, s:O, s:O}", "step", s->step->name, "fresh", s->state == KL_STEP_FRESH,
            "value", json_object_get(metric, "value"), "unit", json_object_get(metric, "unit"),
            "provenance", json_object_get(metric, "provenance"));
        char key[512];
        int length = snprintf(key, sizeof key, "%s.%s", s->step->name, name);
        if (length > 0 && (size_t)length < sizeof key) {
            failed |= json_object_set_new(all, key, entry);
        } else {
            json_decref(entry); /* a name that no gate can use */
        }
    }
    return failed;
}

static json_t *totals_json(const struct kl_judgement *j)
{
    size_t fresh = 0;
    for (size_t i = 0; i < j->playbook->step_count; i++) {
        fresh += j->steps[i].state == KL_STEP_FRESH ? 1 : 0;
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "gates",
                     (json_int_t)j->playbook->gate_count, "passed", (json_int_t)j->passed, "failed",
                     (json_int_t)j->failed, "stale", (json_int_t)j->stale, "missing",
                     (json_int_t)j->missing, "waived", (json_int_t)j->waived, "broken",
                     (json_int_t)j->broken, "steps", (json_int_t)j->playbook->step_count, "fresh",
                     (json_int_t)fresh, "all_hold", j->all_hold);
}

/* Lists of the judgement; false when memory ran out. */
static bool fill(const struct kl_judgement *j, json_t *steps, json_t *gates, json_t *metrics,
                 json_t *faults)
{
    int failed = 0;
    for (size_t i = 0; i < j->playbook->step_count; i++) {
        failed |= json_array_append_new(steps, step_json(&j->steps[i]));
        failed |= add_metrics(metrics, &j->steps[i]);
    }
    for (size_t i = 0; i < j->playbook->gate_count; i++) {
        failed |= json_array_append_new(gates, gate_json(&j->gates[i]));
    }
    for (size_t i = 0; i < j->evidence->fault_count; i++) {
        failed |= json_array_append_new(faults, json_string(j->evidence->faults[i]));
    }
    return failed == 0;
}

json_t *kl_snapshot(const struct kl_judgement *judgement)
{
    const struct kl_playbook *p = judgement->playbook;
    json_t *steps = json_array();
    json_t *gates = json_array();
    json_t *metrics = json_object();
    json_t *faults = json_array();
    bool full = fill(judgement, steps, gates, metrics, faults);
    json_t *snapshot = json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
        "kinglet.snapshot/1", "product", "name", p->name, "title", p->title, "version", p->version,
        "today", date_json(judgement->today), "currency", p->currency ? p->currency : "EUR",
        "requirements", kl_yaml_json(kl_playbook_field(p, "requirements")), "steps", steps, "gates",
        gates, "metrics", metrics, "totals", totals_json(judgement), "faults", faults);
    if (!full) {
        json_decref(snapshot);
        return NULL;
    }
    return snapshot;
}
