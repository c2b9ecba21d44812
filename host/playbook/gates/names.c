/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/gates/names.h"

#include <string.h>

#include "base/nearest.h"
#include "base/utf8.h"
#include "playbook/fields.h"
#include "playbook/gates/standing.h"

const struct kl_step *kl_names_step(const struct kl_playbook *playbook, const char *name,
                                    const char **metric)
{
    const struct kl_step *best = NULL;
    size_t best_length = 0;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const char *step = playbook->steps[i].name;
        size_t length = strlen(step);
        bool fits =
            strncmp(name, step, length) == 0 && (name[length] == '.' || name[length] == '\0');
        if (fits && (!best || length > best_length)) {
            best = &playbook->steps[i];
            best_length = length;
        }
    }
    if (best) {
        *metric = name[best_length] == '.' ? name + best_length + 1 : "";
    }
    return best;
}

static const struct kl_record *record_of(const struct kl_names *names, const struct kl_step *step)
{
    if (names->steps) {
        return names->steps[step - names->playbook->steps].record;
    }
    return kl_evidence_latest(names->evidence, step->name);
}

/* Is the fault about a record of this step? Files are called NUMBER-STEP.json. */
static bool fault_concerns(const char *fault, const char *step)
{
    enum { DIGITS = 6 };
    size_t length = strlen(step);
    for (const char *at = fault; (at = strstr(at, step)) != NULL; at++) {
        size_t before = (size_t)(at - fault);
        const char *number = before > DIGITS ? at - DIGITS - 1 : NULL;
        bool whole = number && at[-1] == '-' && strspn(number, "0123456789") == DIGITS &&
                     (number == fault || number[-1] == '/' || number[-1] == ' ');
        if (whole && strncmp(at + length, ".json", 5) == 0) {
            return true;
        }
    }
    return false;
}

const char *kl_names_fault(const struct kl_evidence *evidence, const char *step)
{
    const struct kl_record *record = kl_evidence_latest(evidence, step);
    if (record && record->fault) {
        return record->fault;
    }
    for (size_t i = 0; i < evidence->fault_count; i++) {
        if (fault_concerns(evidence->faults[i], step)) {
            return evidence->faults[i];
        }
    }
    return evidence->gap;
}

/* Metrics. */

static const json_t *metrics_of(const struct kl_record *record)
{
    return record ? json_object_get(record->result, "metrics") : NULL;
}

static bool parse_unit(const char *unit, struct kl_value *value)
{
    if (!unit) {
        unit = "1";
    }
    if (strcmp(unit, "bytes") == 0) {
        unit = "B";
    }
    return kl_unit_parse(unit, strlen(unit), value);
}

enum kl_err kl_record_metric(const struct kl_record *record, const char *metric,
                             struct kl_operand *value, struct kl_diag *diag)
{
    const json_t *entry = json_object_get(metrics_of(record), metric);
    const json_t *stored = json_object_get(entry, "value");
    *value = (struct kl_operand){.kind = KL_OPERAND_NONE};
    if (!entry || json_is_null(stored)) {
        return KL_OK;
    }
    const char *provenance = json_string_value(json_object_get(entry, "provenance"));
    value->provenance = provenance ? provenance : "of unknown origin";
    if (json_is_number(stored)) {
        const char *unit = json_string_value(json_object_get(entry, "unit"));
        struct kl_value factor;
        if (!parse_unit(unit, &factor)) {
            return kl_fail(diag, KL_EINPUT,
                           "step %.80s gives it with the unit '%.*s', which is unknown",
                           record->step, (int)kl_utf8_cut(unit, 40), unit);
        }
        value->kind = KL_OPERAND_NUMBER;
        value->number = factor;
        value->number.value *= json_number_value(stored);
    } else if (json_is_string(stored)) {
        value->kind = KL_OPERAND_TEXT;
        value->text = json_string_value(stored);
    } else if (json_is_boolean(stored)) {
        value->kind = KL_OPERAND_TRUTH;
        value->truth = json_is_true(stored);
    } else {
        return kl_fail(diag, KL_EINPUT,
                       "step %.80s gives it as a table; a gate needs a single value", record->step);
    }
    return KL_OK;
}

/* Fields. */

static enum kl_operand_kind kind_of_field(const struct kl_field *field, const struct kl_yaml *node,
                                          struct kl_value *number, bool *truth)
{
    const char *text = kl_yaml_text(node, "");
    switch (field ? field->kind : KL_FIELD_ANY) {
    case KL_FIELD_NAME:
    case KL_FIELD_TEXT:
    case KL_FIELD_PROSE:
    case KL_FIELD_DATE:
    case KL_FIELD_CHOICE:
    case KL_FIELD_PATH:
    case KL_FIELD_EXPRESSION:
    case KL_FIELD_COMMAND: return KL_OPERAND_TEXT;
    default: break;
    }
    if (node->plain && kl_yaml_flag(node, truth)) {
        return KL_OPERAND_TRUTH;
    }
    return kl_value_parse(text, strlen(text), number) ? KL_OPERAND_NUMBER : KL_OPERAND_TEXT;
}

/* A field that the playbook has, or may have. False: there can be none of this name. */
static enum kl_err find_field(const struct kl_names *names, const char *name, bool *legal,
                              struct kl_operand *value, const char **reason, struct kl_diag *diag)
{
    const struct kl_yaml *node = kl_playbook_field(names->playbook, name);
    const struct kl_field *field = kl_fields_find(name);
    *legal = node || field;
    if (!node) {
        *reason = kl_arena_printf(names->arena, "the playbook does not state %s", name);
        return *reason ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    if (node->kind != KL_YAML_SCALAR) {
        return kl_fail(diag, KL_EINPUT, "this is a %s in %s:%u; an expression needs one value",
                       node->kind == KL_YAML_LIST ? "list" : "group of fields", node->origin,
                       node->line);
    }
    value->kind = kind_of_field(field, node, &value->number, &value->truth);
    value->share = field && field->kind == KL_FIELD_SHARE && value->kind == KL_OPERAND_NUMBER;
    value->text = node->text;
    return KL_OK;
}

/* What else the user may have meant. */

enum { MOST_NAMES = 2048 };

struct candidates {
    const char **names;
    size_t count;
    struct kl_arena *arena;
};

static void add_candidate(struct candidates *c, const char *prefix, const char *name)
{
    const char *joined = kl_arena_printf(c->arena, "%s%s%s", prefix, *prefix ? "." : "", name);
    if (joined && c->count < MOST_NAMES) {
        c->names[c->count++] = joined;
    }
}

static void add_fields(struct candidates *c, const char *prefix, const struct kl_field *fields,
                       int depth)
{
    for (; fields && fields->name && depth > 0; fields++) {
        if (fields->kind == KL_FIELD_RECORD) {
            const char *inner =
                kl_arena_printf(c->arena, "%s%s%s", prefix, *prefix ? "." : "", fields->name);
            /* Chapters are named without "chapters." in front. */
            if (inner && strcmp(inner, "chapters") != 0) {
                add_fields(c, inner, fields->fields, depth - 1);
            }
        } else if (fields->kind != KL_FIELD_LIST && fields->kind != KL_FIELD_MAP) {
            add_candidate(c, prefix, fields->name);
        }
    }
}

static void add_metrics(struct candidates *c, const struct kl_names *names,
                        const struct kl_step *step, const char *prefix)
{
    add_candidate(c, prefix, "ok");
    const struct kl_record *record = record_of(names, step);
    const char *name;
    json_t *metric;
    json_object_foreach(record ? json_object_get(record->result, "metrics") : NULL, name, metric)
    {
        add_candidate(c, prefix, name);
    }
}

static struct candidates new_candidates(const struct kl_names *names)
{
    return (struct candidates){.names = KL_NEW(names->arena, const char *, MOST_NAMES),
                               .arena = names->arena};
}

/* The metric of this step that is most like `metric`, or NULL. */
static const char *nearest_metric(const struct kl_names *names, const struct kl_step *step,
                                  const char *metric)
{
    struct candidates c = new_candidates(names);
    if (!c.names) {
        return NULL;
    }
    add_metrics(&c, names, step, "");
    const char *near = kl_nearest(metric, c.names, c.count);
    return near ? kl_arena_printf(names->arena, "%s.%s", step->name, near) : NULL;
}

static const char *nearest_name(const struct kl_names *names, const char *name)
{
    enum { DEPTH = 6 };
    struct candidates c = new_candidates(names);
    if (!c.names) {
        return NULL;
    }
    for (size_t i = 0; i < names->playbook->step_count; i++) {
        const struct kl_step *step = &names->playbook->steps[i];
        add_metrics(&c, names, step, step->name);
    }
    add_fields(&c, "", kl_playbook_fields, DEPTH);
    for (size_t i = 0; i < kl_chapter_count; i++) {
        add_fields(&c, kl_chapters[i].id, kl_chapters[i].fields, DEPTH);
    }
    return kl_nearest(name, c.names, c.count);
}

static enum kl_err fail_unknown(const struct kl_names *names, const char *name,
                                const struct kl_step *step, const char *metric,
                                struct kl_diag *diag)
{
    const char *near = step ? nearest_metric(names, step, metric) : nearest_name(names, name);
    const char *minus = strchr(name, '-') ? "; a subtraction needs blanks around its '-'" : "";
    if (near) {
        return kl_fail(diag, KL_EINPUT, "unknown name; did you mean '%.*s'?%s",
                       (int)kl_utf8_cut(near, 120), near, minus);
    }
    if (step) {
        return kl_fail(diag, KL_EINPUT, "step %.80s gives no such metric%s; its evidence lists all",
                       step->name, minus);
    }
    return kl_fail(diag, KL_EINPUT,
                   "unknown name%s; metrics are written STEP.METRIC, fields as in "
                   "requirements.latency",
                   minus);
}

/* All together. */

static const char *why_absent(const struct kl_names *names, const struct kl_step *step,
                              const struct kl_record *record, const char *metric)
{
    if (!record) {
        return kl_arena_printf(names->arena, "%s %s", step->name,
                               kl_step_is_unsigned(step) ? "is not stated yet" : "never ran");
    }
    if (!record->finished) {
        return kl_arena_printf(names->arena, "%s failed and gave no result", step->name);
    }
    return kl_arena_printf(names->arena, "%s gave no value for %s", step->name, metric);
}

/* May a later execution of the step still give this metric? Its newest record says no only when
 * it is up to date and its check held. */
static bool may_come(const struct kl_names *names, const struct kl_step *step,
                     const struct kl_record *record, const char *metric)
{
    if (!record || !record->finished || !record->ok ||
        json_object_get(metrics_of(record), metric)) {
        return true;
    }
    return names->steps && names->steps[step - names->playbook->steps].state != KL_STEP_FRESH;
}

/* Amounts in different currencies have one dimension, but are not comparable. */
static enum kl_err check_currency(const struct kl_names *names, const struct kl_record *record,
                                  const char *metric, const struct kl_operand *value,
                                  struct kl_diag *diag)
{
    const json_t *entry = json_object_get(metrics_of(record), metric);
    const char *unit = json_string_value(json_object_get(entry, "unit"));
    const char *own = names->playbook->currency;
    bool money = value->kind == KL_OPERAND_NUMBER && value->number.dimension.money != 0;
    if (!money || !own || !unit || strstr(unit, own)) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EINPUT,
                   "step %.80s gives it in '%.*s', but the currency of the product is %s; "
                   "convert it there",
                   record->step, (int)kl_utf8_cut(unit, 40), unit, own);
}

static enum kl_err find_metric(const struct kl_names *names, const struct kl_step *step,
                               const char *metric, struct kl_operand *value, const char **reason,
                               struct kl_diag *diag)
{
    const struct kl_record *record = record_of(names, step);
    if (record && record->finished && strcmp(metric, "ok") == 0) {
        /* What a person says is no more than that, also when it is only "yes". */
        bool stated = step->kind == KL_STEP_STATEMENT;
        *value = (struct kl_operand){
            .kind = KL_OPERAND_TRUTH, .truth = record->ok, .provenance = stated ? "stated" : NULL};
        return KL_OK;
    }
    if (record && record->finished) {
        KL_TRY(kl_record_metric(record, metric, value, diag));
        KL_TRY(check_currency(names, record, metric, value, diag));
    }
    if (value->kind == KL_OPERAND_NONE) {
        value->pending = !record || !record->finished;
        *reason = why_absent(names, step, record, metric);
        return *reason ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    return KL_OK;
}

static enum kl_err find_name(void *user, const char *name, struct kl_operand *value,
                             const char **reason, struct kl_diag *diag)
{
    const struct kl_names *names = user;
    const char *metric = "";
    const struct kl_step *step = kl_names_step(names->playbook, name, &metric);
    *value = (struct kl_operand){.kind = KL_OPERAND_NONE};
    if (step && *metric && may_come(names, step, record_of(names, step), metric)) {
        return find_metric(names, step, metric, value, reason, diag);
    }
    if (step && strcmp(metric, "ok") == 0) {
        return find_metric(names, step, metric, value, reason, diag);
    }
    bool legal;
    KL_TRY(find_field(names, name, &legal, value, reason, diag));
    if (legal) {
        return KL_OK;
    }
    if (step && !*metric) {
        return kl_fail(diag, KL_EINPUT, "this is a step; name one of its metrics, or %.80s.ok",
                       step->name);
    }
    return fail_unknown(names, name, step, metric, diag);
}

struct kl_scope kl_names_scope(struct kl_names *names)
{
    return (struct kl_scope){
        .find = find_name, .user = names, .currency = names->playbook->currency};
}
