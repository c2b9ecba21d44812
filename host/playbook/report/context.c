/* SPDX-License-Identifier: Apache-2.0 */
/* What templates see: the playbook and where it stands, by path. */
#include <stdio.h>
#include <string.h>

#include "playbook/report.h"
#include "playbook/report/page.h"

/* As kl_yaml_json, but numbers stay as they are written: 1.10 is not 1.1. */
static json_t *as_written(const struct kl_yaml *node)
{
    if (!node) {
        return json_null();
    }
    if (node->kind == KL_YAML_SCALAR) {
        bool flag;
        if (kl_yaml_flag(node, &flag)) {
            return json_boolean(flag);
        }
        bool nothing = node->plain && (!*node->text || strcmp(node->text, "~") == 0 ||
                                       strcmp(node->text, "null") == 0);
        return nothing ? json_null() : json_string(node->text);
    }
    json_t *json = node->kind == KL_YAML_LIST ? json_array() : json_object();
    for (size_t i = 0; i < node->count; i++) {
        json_t *value = as_written(node->items[i]);
        if (node->kind == KL_YAML_LIST) {
            json_array_append_new(json, value);
        } else {
            json_object_set_new(json, node->keys[i]->text, value);
        }
    }
    return json;
}

static json_t *date_json(struct kl_date date)
{
    return json_sprintf("%04d-%02d-%02d", date.year, date.month, date.day);
}

static json_t *text_json(const char *text)
{
    json_t *json = text ? json_string(text) : NULL;
    return json ? json : json_string("");
}

static json_t *gate_json(const struct kl_gate_status *status)
{
    const struct kl_gate *gate = status->gate;
    json_t *json = json_object();
    json_object_set_new(json, "name", text_json(gate->name));
    json_object_set_new(json, "chapter", text_json(gate->chapter));
    json_object_set_new(json, "that", text_json(gate->that));
    json_object_set_new(json, "why", text_json(gate->why));
    json_object_set_new(json, "state", text_json(kl_gate_state_name(status->state)));
    json_object_set_new(json, "reason", text_json(status->reason));
    json_object_set_new(json, "provenance", text_json(status->least_provenance));
    if (gate->waiver) {
        json_t *waiver = json_object();
        json_object_set_new(waiver, "reason", text_json(gate->waiver->reason));
        json_object_set_new(waiver, "by", text_json(gate->waiver->by));
        json_object_set_new(waiver, "until", date_json(gate->waiver->until));
        json_object_set_new(json, "waiver", waiver);
    }
    return json;
}

static json_t *step_json(const struct kl_step_status *status)
{
    const struct kl_step *step = status->step;
    json_t *json = json_object();
    json_object_set_new(json, "name", text_json(step->name));
    json_object_set_new(json, "title", text_json(step->title));
    json_object_set_new(json, "chapter", text_json(step->chapter));
    json_object_set_new(json, "command", text_json(step->command));
    json_object_set_new(json, "state", text_json(kl_step_state_name(status->state)));
    json_object_set_new(json, "reason", text_json(status->reason));
    if (step->kind == KL_STEP_STATEMENT) {
        json_object_set_new(json, "text", text_json(step->text));
        json_object_set_new(json, "by", text_json(step->by));
        json_object_set_new(json, "date", date_json(step->date));
    }
    if (status->record) {
        json_object_set_new(json, "record", json_integer(status->record->number));
        json_object_set_new(json, "sha256", text_json(status->record->sha256));
        json_object_set_new(json, "started", text_json(status->record->started));
    }
    return json;
}

/* "profile.m4.ram.total": {"value", "unit", "provenance", "text": "16.7 KiB"} of one step. */
static void add_metrics(json_t *metrics, const struct kl_judgement *j,
                        const struct kl_step_status *status)
{
    const char *name;
    json_t *metric;
    json_object_foreach(json_object_get(status->record->result, "metrics"), name, metric)
    {
        const json_t *value = json_object_get(metric, "value");
        const char *unit = json_string_value(json_object_get(metric, "unit"));
        const char *text = json_string_value(value);
        if (json_is_number(value)) {
            text = page_quantity(j->playbook->arena, j->playbook->currency,
                                 json_number_value(value), unit ? unit : "1");
        } else if (json_is_boolean(value)) {
            text = json_is_true(value) ? "yes" : "no";
        }
        json_t *copy = json_copy(metric);
        if (text) {
            json_object_set_new(copy, "text", text_json(text));
        }
        char path[512];
        snprintf(path, sizeof path, "%s.%s", status->step->name, name);
        json_object_set_new(metrics, path, copy);
    }
}

static void add_results(json_t *root, const struct kl_judgement *j)
{
    json_t *steps = json_array();
    json_t *metrics = json_object();
    json_t *results = json_object();
    json_t *assessments = json_object();
    for (size_t i = 0; i < j->playbook->step_count; i++) {
        const struct kl_step_status *status = &j->steps[i];
        json_array_append_new(steps, step_json(status));
        if (status->record && status->record->result) {
            add_metrics(metrics, j, status);
            json_object_set(results, status->step->name, status->record->result);
            if (status->step->assess) {
                json_object_set(assessments, status->step->assess, status->record->result);
            }
        }
    }
    json_object_set_new(root, "steps", steps);
    json_object_set_new(root, "metrics", metrics);
    json_object_set_new(root, "results", results);
    json_object_set_new(root, "assessments", assessments);
}

static json_t *gates_json(const struct kl_judgement *j, const struct kl_chapter *chapter)
{
    json_t *gates = json_array();
    for (size_t i = 0; i < j->playbook->gate_count; i++) {
        if (!chapter || strcmp(j->gates[i].gate->chapter, chapter->id) == 0) {
            json_array_append_new(gates, gate_json(&j->gates[i]));
        }
    }
    return gates;
}

static json_t *steps_json(const struct kl_judgement *j, const struct kl_chapter *chapter)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < j->playbook->step_count; i++) {
        if (strcmp(j->steps[i].step->chapter, chapter->id) == 0) {
            json_array_append_new(steps, step_json(&j->steps[i]));
        }
    }
    return steps;
}

/* The chapter's fields as written, with its gates and steps as they stand. */
static json_t *chapter_json(const struct kl_judgement *j, const struct kl_chapter *chapter)
{
    bool is_map = chapter->node && chapter->node->kind == KL_YAML_MAP;
    json_t *json = is_map ? as_written(chapter->node) : json_object();
    json_object_set_new(json, "title", text_json(chapter->title));
    json_object_set_new(json, "number", json_integer(chapter->number));
    json_object_set_new(json, "gates", gates_json(j, chapter));
    json_object_set_new(json, "steps", steps_json(j, chapter));
    return json;
}

/* "chapters.use_case.cost" and, shorter, "use_case.cost", unless the file's own key is there. */
static void add_chapters(json_t *root, const struct kl_judgement *j)
{
    json_t *chapters = json_object();
    for (size_t i = 0; i < j->playbook->chapter_count; i++) {
        const struct kl_chapter *chapter = &j->playbook->chapters[i];
        json_t *json = chapter_json(j, chapter);
        json_object_set(chapters, chapter->id, json);
        if (!json_object_get(root, chapter->id)) {
            json_object_set(root, chapter->id, json);
        }
        json_decref(json);
    }
    json_object_set_new(root, "chapters", chapters);
}

/* Who answers for a waiver, by name where the file gives the id of a person. */
static void name_people(json_t *root)
{
    const json_t *people = json_object_get(root, "people");
    size_t i;
    json_t *waiver;
    json_array_foreach(json_object_get(root, "waivers"), i, waiver)
    {
        const char *id = json_string_value(json_object_get(waiver, "by"));
        json_t *name = id ? json_object_get(json_object_get(people, id), "name") : NULL;
        if (json_is_string(name)) {
            json_object_set(waiver, "by", name);
        }
    }
}

json_t *kl_playbook_context(const struct kl_judgement *j)
{
    const struct kl_yaml *file = j->playbook->root;
    bool is_map = file && file->kind == KL_YAML_MAP;
    json_t *root = is_map ? as_written(file) : json_object();
    name_people(root);
    json_object_set_new(root, "today", date_json(j->today));
    json_object_set_new(root, "kinglet", json_pack("{s:s}", "version", KINGLET_VERSION));
    json_object_set_new(root, "totals",
                        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "passed",
                                  (json_int_t)j->passed, "failed", (json_int_t)j->failed, "stale",
                                  (json_int_t)j->stale, "missing", (json_int_t)j->missing, "waived",
                                  (json_int_t)j->waived, "broken", (json_int_t)j->broken,
                                  "all_hold", (int)j->all_hold));
    add_chapters(root, j);
    add_results(root, j);
    json_object_set_new(root, "gates", gates_json(j, NULL));
    return root;
}
