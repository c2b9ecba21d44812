/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "playbook/evidence/clean.h"
#include "playbook/evidence/head.h"
#include "playbook/evidence/record.h"

enum { STEP_BYTES = 100, NUMBER_DIGITS = 6 };
static const char suffix[] = ".json";

bool kl_record_step_is_plain(const char *step)
{
    size_t length = strlen(step);
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)step[i]) && !strchr("._-", step[i])) {
            return false;
        }
    }
    return length >= 1 && length <= STEP_BYTES && step[0] != '.';
}

bool kl_record_parse_name(const char *name, struct kl_arena *arena, uint32_t *number,
                          const char **step)
{
    size_t digits = strspn(name, "0123456789");
    size_t length = strlen(name);
    size_t end = sizeof suffix - 1;
    if (digits != NUMBER_DIGITS || name[digits] != '-' || length < digits + 2 + end ||
        strcmp(name + length - end, suffix) != 0) {
        return false;
    }
    *number = (uint32_t)strtoul(name, NULL, 10);
    int bytes = (int)(length - digits - 1 - end);
    *step = kl_arena_printf(arena, "%.*s", bytes, name + digits + 1);
    return *number >= 1 && (!*step || kl_record_step_is_plain(*step));
}

static bool is_text(const json_t *json, const char *key)
{
    return kl_is_clean_text(json_string_value(json_object_get(json, key)));
}

/* A list of objects that have these two texts. */
static bool is_list(const json_t *json, const char *key, const char *name, const char *hash)
{
    const json_t *list = json_object_get(json, key);
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!is_text(item, name) || !kl_is_sha256(json_string_value(json_object_get(item, hash)))) {
            return false;
        }
    }
    return json_is_array(list);
}

static bool is_envelope(json_t *result)
{
    json_t *metrics = json_object_get(result, "metrics");
    const char *name;
    json_t *metric;
    json_object_foreach(metrics, name, metric)
    {
        if (!kl_is_clean_text(name) || !json_object_get(metric, "value") ||
            !is_text(metric, "unit") || !is_text(metric, "provenance")) {
            return false;
        }
    }
    return json_is_object(metrics) && json_is_boolean(json_object_get(result, "ok"));
}

/* The kind of record: what it must say beside what all say. */
static bool has_kind(const json_t *json)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    if (kind && strcmp(kind, "statement") == 0) {
        return is_text(json, "text") && is_text(json, "by") && is_text(json, "date");
    }
    return kind && (strcmp(kind, "run") == 0 || strcmp(kind, "assess") == 0) &&
           is_text(json, "command");
}

static bool has_previous(const json_t *json, uint32_t number)
{
    const json_t *previous = json_object_get(json, "previous");
    return number == 1 ? json_is_null(previous) : kl_is_sha256(json_string_value(previous));
}

static bool has_result(const json_t *json)
{
    json_t *result = json_object_get(json, "result");
    bool finished = json_is_true(json_object_get(json, "finished"));
    bool known = json_is_boolean(json_object_get(json, "finished"));
    return known && json_is_boolean(json_object_get(json, "ok")) &&
           json_is_number(json_object_get(json, "seconds")) && is_text(json, "log") &&
           (finished ? is_envelope(result) : json_is_null(result) && is_text(json, "message"));
}

const char *kl_record_check(const json_t *json, uint32_t number, const char *step)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    const char *name = json_string_value(json_object_get(json, "step"));
    if (!schema || strcmp(schema, "kinglet.evidence/1") != 0) {
        return "is no record of evidence: its schema is not kinglet.evidence/1";
    }
    if (json_integer_value(json_object_get(json, "number")) != (json_int_t)number || !name ||
        strcmp(name, step) != 0) {
        return "was renamed: number and step in it are not those of its name";
    }
    bool texts = is_text(json, "chapter") && is_text(json, "started") && is_text(json, "tool") &&
                 kl_is_sha256(json_string_value(json_object_get(json, "fingerprint"))) &&
                 kl_is_sha256(json_string_value(json_object_get(json, "definition")));
    bool lists =
        is_list(json, "inputs", "path", "sha256") && is_list(json, "outputs", "path", "sha256") &&
        is_list(json, "found", "path", "sha256") && is_list(json, "needs", "step", "sha256") &&
        is_list(json, "reads", "path", "sha256");
    if (!texts || !lists || !has_kind(json) || !has_previous(json, number) || !has_result(json)) {
        return "is not as kinglet writes records: a key is missing or has the wrong type";
    }
    return NULL;
}

void kl_record_fill(json_t *json, struct kl_record *record)
{
    json_t *result = json_object_get(json, "result");
    *record = (struct kl_record){
        .number = (uint32_t)json_integer_value(json_object_get(json, "number")),
        .step = json_string_value(json_object_get(json, "step")),
        .chapter = json_string_value(json_object_get(json, "chapter")),
        .fingerprint = json_string_value(json_object_get(json, "fingerprint")),
        .started = json_string_value(json_object_get(json, "started")),
        .ok = json_is_true(json_object_get(json, "ok")),
        .finished = json_is_true(json_object_get(json, "finished")),
        .json = json,
        .result = json_is_object(result) ? result : NULL,
    };
}
