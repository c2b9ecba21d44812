/* SPDX-License-Identifier: Apache-2.0 */
/* What a person stated, as evidence. */
#include <string.h>

#include "base/units.h"
#include "playbook/run/internal.h"

/* Where the number in "20 ms" ends and the unit begins; false for no such text. */
static bool split(const char *text, struct kl_value *number, const char **unit)
{
    size_t length = strlen(text);
    if (kl_value_parse(text, length, number) && kl_dimension_equal(number->dimension, KL_PLAIN)) {
        *unit = "1";
        return true;
    }
    for (size_t at = length; at-- > 1;) {
        struct kl_value factor;
        size_t digits = at;
        while (digits > 0 && text[digits - 1] == ' ') {
            digits--;
        }
        if (kl_unit_parse(text + at, length - at, &factor) &&
            kl_value_parse(text, digits, number) &&
            kl_dimension_equal(number->dimension, KL_PLAIN)) {
            *unit = text + at;
            return true;
        }
    }
    return false;
}

/* A stated value as a metric: as it was written, split into number and unit. */
static json_t *metric_json(const struct kl_yaml *node)
{
    struct kl_value number;
    const char *unit = "1";
    bool flag;
    json_t *value;
    if (node->kind != KL_YAML_SCALAR) {
        value = kl_yaml_json(node);
    } else if (kl_yaml_flag(node, &flag)) {
        value = json_boolean(flag);
    } else if (split(node->text, &number, &unit)) {
        value = kl_run_number(number.value);
    } else {
        value = json_string(node->text);
    }
    return json_pack("{s:o, s:s, s:s}", "value", value, "unit", unit, "provenance", "stated");
}

static json_t *envelope(const struct kl_step *step)
{
    json_t *json = kl_run_envelope("statement");
    json_t *metrics = json_object_get(json, "metrics");
    int failed = !json;
    for (size_t i = 0; json && step->stated && i < step->stated->count; i++) {
        failed |= json_object_set_new(metrics, step->stated->keys[i]->text,
                                      metric_json(step->stated->items[i]));
    }
    if (failed) {
        json_decref(json);
        return NULL;
    }
    /* A statement does not depend on the version of this program; neither does its result. */
    json_object_del(json, "tool");
    return json;
}

/* Did the person state something else since the record was made? */
static bool is_new(const struct kl_basis *basis, const struct kl_record *record)
{
    static const char *const keys[] = {"kind", "text", "by", "date", "stated"};
    for (size_t i = 0; record && i < sizeof keys / sizeof keys[0]; i++) {
        if (!json_equal(json_object_get(basis->json, keys[i]),
                        json_object_get(record->json, keys[i]))) {
            return true;
        }
    }
    return !record || !record->finished;
}

static enum kl_err record_it(struct kl_runner *runner, struct kl_execution *execution,
                             struct kl_diag *diag)
{
    const struct kl_step *step = runner->steps[execution->step].step;
    struct kl_outcome outcome = {.result = envelope(step), .ok = true};
    enum kl_err err =
        outcome.result ? kl_run_record(runner, execution, &outcome, 0, diag) : KL_FAIL_MEMORY(diag);
    json_decref(outcome.result);
    KL_TRY(err);
    kl_run_done(runner, execution->step, execution->basis.sha256, 0);
    return KL_OK;
}

enum kl_err kl_run_statement(struct kl_runner *runner, size_t step, struct kl_diag *diag)
{
    struct kl_execution execution = {.step = step};
    struct kl_step_status *status = &runner->steps[step];
    enum kl_err err = kl_basis_make(&runner->standing, step, &execution.basis, diag);
    kl_run_now(execution.started);
    if (err == KL_OK && execution.basis.problem) {
        kl_run_fail_step(runner, step, 0, execution.basis.problem);
    } else if (err == KL_OK && is_new(&execution.basis, status->record)) {
        err = record_it(runner, &execution, diag);
    } else if (err == KL_OK) {
        /* It was about files or results that are not the same any more: nobody but the person can
         * say whether it still holds. */
        const char *reason = kl_arena_printf(runner->playbook->arena,
                                             "%s; %s has to state it again, with a new date",
                                             status->reason, status->step->by);
        err = reason ? KL_OK : KL_FAIL_MEMORY(diag);
        status->reason = reason;
        kl_run_skip_step(runner, step);
    }
    kl_basis_free(&execution.basis);
    return err;
}
