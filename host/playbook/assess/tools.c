/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/assess/tools.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/utf8.h"

double kl_assess_number(const struct kl_playbook *playbook, const char *path, double otherwise)
{
    struct kl_value value;
    return kl_playbook_value(playbook, path, &value) ? value.value : otherwise;
}

double kl_assess_item(const struct kl_yaml *map, const char *path, double otherwise)
{
    /* A key may contain dots, such as the name of a class. */
    const struct kl_yaml *node = kl_yaml_get(map, path);
    const char *text = kl_yaml_text(node ? node : kl_yaml_path(map, path), NULL);
    struct kl_value value;
    return text && kl_value_parse(text, strlen(text), &value) ? value.value : otherwise;
}

const char *kl_assess_text(const struct kl_yaml *map, const char *key)
{
    return kl_yaml_text(kl_yaml_get(map, key), "");
}

/* The line of what is missing: that of the nearest group around it. */
static const struct kl_yaml *place_of(const struct kl_playbook *playbook, const char *path)
{
    char around[128];
    const struct kl_yaml *node = NULL;
    snprintf(around, sizeof around, "%s", path);
    for (char *dot; !node && (dot = strrchr(around, '.'));) {
        *dot = '\0';
        node = kl_playbook_field(playbook, around);
    }
    return node ? node : playbook->root;
}

enum kl_err kl_assess_need(const struct kl_playbook *playbook, const char *assessment,
                           const char *const *paths, struct kl_diag *diag)
{
    for (; *paths; paths++) {
        struct kl_value value;
        if (!kl_playbook_value(playbook, *paths, &value)) {
            return kl_yaml_fail(place_of(playbook, *paths), diag,
                                "the assessment %s needs %s; state it, or leave the step out",
                                assessment, *paths);
        }
    }
    return KL_OK;
}

const char *kl_assess_show(const struct kl_playbook *playbook, double value,
                           struct kl_dimension dimension)
{
    char text[KL_VALUE_BYTES];
    if (!isfinite(value)) {
        return "?";
    }
    struct kl_value shown = {value, dimension};
    const char *copy =
        kl_arena_printf(playbook->arena, "%s", kl_value_format(shown, playbook->currency, text));
    return copy ? copy : "?";
}

json_t *kl_assess_shown(const struct kl_playbook *playbook, double value,
                        struct kl_dimension dimension)
{
    return isfinite(value) ? json_string(kl_assess_show(playbook, value, dimension)) : json_null();
}

json_t *kl_assess_percent(double share)
{
    return isfinite(share) ? kl_assess_printf("%.4g %%", share * 100) : json_null();
}

json_t *kl_assess_whole(double value)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    return fabs(value) < exact ? json_integer((json_int_t)floor(value)) : kl_json_number(value);
}

json_t *kl_assess_printf(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_t *string = json_string(text);
    /* Cut in the middle of a character it is no UTF-8 any more: cut it before. */
    for (size_t length = strlen(text); !string && length > 0; length--) {
        text[length - 1] = '\0';
        string = json_string(text);
    }
    return string;
}

void kl_assess_metric(struct kl_result *result, const char *name, double value, const char *unit)
{
    kl_result_metric(result, name, kl_json_number(value), unit, KL_MODELLED);
}

void kl_assess_stated(struct kl_result *result, const char *name, double value, const char *unit)
{
    kl_result_metric(result, name, kl_json_number(value), unit, KL_STATED);
}

void kl_assess_flag(struct kl_result *result, const char *name, bool value)
{
    kl_result_metric(result, name, json_boolean(value), "1", KL_MODELLED);
}

void kl_assess_count(struct kl_result *result, const char *name, size_t count)
{
    kl_result_count(result, name, (long long)count, "1", KL_COUNTED);
}

/* The rows of a table that grows bit by bit. */
static json_t *growing_table(struct kl_result *result, const char *name)
{
    if (!json_object_get(result->root, name)) {
        kl_result_detail(result, name, json_array());
    }
    return json_object_get(result->root, name);
}

void kl_assess_assume(const struct kl_playbook *playbook, struct kl_result *result,
                      const char *path, const char *taken)
{
    if (!kl_playbook_field(playbook, path)) {
        json_array_append_new(growing_table(result, "assumptions"),
                              json_pack("{s:s, s:s}", "not_stated", path, "taken", taken));
    }
}

void kl_assess_assume_battery(const struct kl_playbook *playbook, struct kl_result *result)
{
    static const char *const rows[][2] = {
        {"requirements.battery.self_discharge", "none"},
        {"requirements.battery.usable", "all of the capacity"},
        {"requirements.battery.derating", "no loss in the cold"},
        {"requirements.environment.temperature", "20 \u00b0C"},
    };
    bool any = kl_playbook_field(playbook, "requirements.battery") != NULL;
    for (size_t i = 0; any && i < sizeof rows / sizeof *rows; i++) {
        kl_assess_assume(playbook, result, rows[i][0], rows[i][1]);
    }
}

void kl_assess_rest_on(struct kl_result *result, const char *step)
{
    json_t *rows = growing_table(result, "rests_on");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *name = json_object_get(json_array_get(rows, i), "step");
        if (strcmp(json_string_value(name), step) == 0) {
            return;
        }
    }
    json_array_append_new(rows, json_pack("{s:s}", "step", step));
}

double kl_assess_battery_current(const struct kl_playbook *playbook)
{
    const struct kl_yaml *battery = kl_playbook_field(playbook, "requirements.battery");
    double capacity = kl_assess_item(battery, "capacity", NAN);
    double life = kl_assess_item(battery, "life", NAN);
    double coldest = kl_assess_number(playbook, "requirements.environment.temperature.0", 20);
    double lost = kl_assess_item(battery, "derating", 0) * fmax(0, 20 - coldest);
    double usable = kl_assess_item(battery, "usable", 1) * fmax(0, 1 - lost);
    return capacity * usable / life - capacity * kl_assess_item(battery, "self_discharge", 0);
}

enum kl_err kl_assess_board(const struct kl_playbook *playbook, const struct kl_yaml *node,
                            struct kl_result *result, const struct kl_board **board,
                            struct kl_diag *diag)
{
    enum { FILE_BYTES = 1 << 20 };
    const char *name = kl_yaml_text(node, "");
    size_t length = strlen(name);
    if (length <= 5 || strcmp(name + length - 5, ".yaml") != 0) {
        return kl_board_find(name, playbook->arena, board, diag);
    }
    struct kl_bytes file;
    char sha256[KL_SHA256_HEX_BYTES];
    const char *path = kl_playbook_file(playbook, name);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_file_read(path, FILE_BYTES, playbook->arena, &file, diag));
    kl_sha256_hex(file.data, file.size, sha256);
    kl_result_input(result, name, sha256);
    return kl_board_find(path, playbook->arena, board, diag);
}

void kl_assess_table(struct kl_result *result, const char *name, json_t *rows)
{
    if (json_array_size(rows) > 0) {
        kl_result_detail(result, name, rows);
    } else {
        json_decref(rows);
    }
}

/* Note the evidence that an expression names. Why it cannot be trusted; NULL: it can. */
static const char *note_evidence(const struct kl_names *names,
                                 const struct kl_expression *expression, struct kl_result *result)
{
    size_t count;
    const char *const *used = kl_expression_names(expression, &count);
    const char *fault = NULL;
    for (size_t i = 0; i < count && !fault; i++) {
        const char *metric;
        const struct kl_step *step = kl_names_step(names->playbook, used[i], &metric);
        fault = step ? kl_names_fault(names->evidence, step->name) : NULL;
        if (step && kl_evidence_latest(names->evidence, step->name)) {
            kl_assess_rest_on(result, step->name);
        }
    }
    return fault;
}

enum kl_holds kl_assess_holds(const struct kl_playbook *playbook,
                              const struct kl_evidence *evidence, const char *text,
                              struct kl_result *result, const char **reason)
{
    struct kl_names names = {.playbook = playbook, .evidence = evidence, .arena = playbook->arena};
    struct kl_scope scope = kl_names_scope(&names);
    const struct kl_gate *gate = kl_playbook_gate(playbook, text);
    const struct kl_expression *expression;
    struct kl_evaluation evaluation;
    struct kl_diag diag = {0};
    enum kl_err err =
        kl_expression_parse(gate ? gate->that : text, playbook->arena, &expression, &diag);
    const char *changed = err == KL_OK ? note_evidence(&names, expression, result) : NULL;
    if (changed) {
        *reason = changed;
        return KL_HOLDS_NOT;
    }
    if (err == KL_OK) {
        err = kl_expression_evaluate(expression, &scope, playbook->arena, &evaluation, &diag);
    }
    if (err != KL_OK) {
        const char *fault; /* a long message may end within a character */
        size_t clean = kl_utf8_check(diag.message, strlen(diag.message), &fault);
        *reason = kl_arena_printf(playbook->arena, "%.*s", (int)clean, diag.message);
        *reason = *reason ? *reason : "";
        return KL_HOLDS_UNKNOWN;
    }
    *reason = evaluation.reason;
    if (evaluation.value.kind != KL_OPERAND_TRUTH) {
        return KL_HOLDS_UNKNOWN;
    }
    if (evaluation.value.truth && gate &&
        !kl_provenance_meets(evaluation.least_provenance, gate->demand)) {
        *reason = "its figures are weaker than the gate demands";
        return KL_HOLDS_NOT;
    }
    return evaluation.value.truth ? KL_HOLDS : KL_HOLDS_NOT;
}
