/* SPDX-License-Identifier: Apache-2.0 */
/* The test plan that follows from the requirements, with the user's own cases in it. */
#include <math.h>
#include <strings.h>

#include "playbook/assess/test_cases.h"

/* The place in test.cases of the user's own case of that name; false: there is none. */
static bool find_own(const struct kl_playbook *playbook, const char *name, size_t *index)
{
    const struct kl_yaml *own = kl_playbook_field(playbook, "test.cases");
    for (size_t i = 0; own && i < own->count; i++) {
        if (strcasecmp(kl_assess_text(own->items[i], "name"), name) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

static void add_row(struct kl_test_cases *cases, const struct kl_test_case *one, const char *from,
                    const char *state, const char *reason)
{
    json_array_append_new(
        cases->rows,
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:s}", "case", one->name,
                  "kind", one->kind, "place", one->place, "condition", one->condition,
                  "accepted_when", one->accept, "samples", kl_assess_whole(one->samples),
                  "duration", kl_assess_shown(cases->playbook, one->seconds, KL_SECONDS),
                  "requirement", one->requirement, "from", from, "state", state, "reason", reason));
}

static const char *either(const char *text, const char *otherwise)
{
    return *text ? text : otherwise;
}

/* A case of the user's own; what it leaves open comes from the generated one of its name. */
static void add_own(struct kl_test_cases *cases, size_t index, const struct kl_test_case *generated)
{
    static const char *const states[] = {
        [KL_HOLDS] = "passed", [KL_HOLDS_NOT] = "failed", [KL_HOLDS_UNKNOWN] = "open"};
    const struct kl_yaml *own = kl_playbook_field(cases->playbook, "test.cases")->items[index];
    const char *accept = kl_assess_text(own, "accept");
    const char *reason = "no expression says when it is accepted";
    enum kl_holds holds = KL_HOLDS_UNKNOWN;
    if (cases->own_done[index]) {
        return;
    }
    if (*accept) {
        holds = kl_assess_holds(cases->playbook, cases->evidence, accept, cases->result, &reason);
    }
    cases->own_done[index] = true;
    cases->own++;
    cases->own_held += holds == KL_HOLDS ? 1 : 0;
    struct kl_test_case one = {
        .name = kl_assess_text(own, "name"),
        .kind = either(kl_assess_text(own, "kind"), generated->kind),
        .place = either(kl_assess_text(own, "place"), generated->place),
        .condition = either(kl_assess_text(own, "condition"), generated->condition),
        .requirement = either(kl_assess_text(own, "requirement"), generated->requirement),
        .accept =
            *accept || !generated->accept ? json_string(accept) : json_incref(generated->accept),
        .samples = kl_assess_item(own, "samples", generated->samples),
        .seconds = kl_assess_item(own, "duration", generated->seconds)};
    add_row(cases, &one, "test.cases", states[holds], reason);
}

void kl_test_cases_add(struct kl_test_cases *cases, const struct kl_test_case *one)
{
    size_t index;
    if (find_own(cases->playbook, one->name, &index)) {
        add_own(cases, index, one);
        json_decref(one->accept);
        return;
    }
    cases->generated++;
    add_row(cases, one, "requirements", "", "");
}

void kl_test_cases_miss(struct kl_test_cases *cases, const char *requirement, const char *why)
{
    json_array_append_new(cases->missing, json_pack("{s:s, s:s}", "requirement", requirement,
                                                    "no_case_because", why));
}

static void put_metrics(const struct kl_test_cases *cases, struct kl_result *result)
{
    kl_assess_count(result, "cases.all", cases->generated + cases->own);
    kl_assess_count(result, "cases.generated", cases->generated);
    kl_assess_count(result, "cases.own", cases->own);
    kl_assess_count(result, "cases.own_passed", cases->own_held);
    kl_assess_count(result, "requirements.without_case", json_array_size(cases->missing));
    kl_assess_metric(result, "samples.accuracy", cases->accuracy_samples, "samples");
    kl_assess_metric(result, "samples.latency", cases->latency_samples, "samples");
    kl_assess_metric(result, "time.false_alarms", cases->false_alarm_seconds / 3600, "h");
    kl_assess_metric(result, "time.uptime", cases->uptime_seconds / 3600, "h");
}

enum kl_err kl_assess_test_plan(const struct kl_playbook *playbook,
                                const struct kl_evidence *evidence, struct kl_result *result,
                                struct kl_diag *diag)
{
    const struct kl_yaml *own = kl_playbook_field(playbook, "test.cases");
    double sampling = kl_assess_number(playbook, "data.sampling.confidence", 0.95);
    struct kl_test_cases cases = {
        .playbook = playbook,
        .evidence = evidence,
        .result = result,
        .confidence = kl_assess_number(playbook, "test.confidence", sampling),
        .own_done = KL_NEW(playbook->arena, bool, own ? own->count : 0),
        .false_alarm_seconds = NAN,
        .uptime_seconds = NAN,
        .accuracy_samples = NAN,
        .latency_samples = NAN,
    };
    if (!cases.own_done) {
        return KL_FAIL_MEMORY(diag);
    }
    if (!(cases.confidence > 0 && cases.confidence < 1)) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: the confidence of tests must lie between 0 %% and 100 %%, such as "
                       "95 %%",
                       playbook->path);
    }
    cases.rows = json_array();
    cases.missing = json_array();
    kl_test_cases_accuracy(&cases);
    kl_test_cases_resources(&cases);
    kl_test_cases_surroundings(&cases);
    kl_test_cases_endurance(&cases);
    const struct kl_test_case nothing = {"", "", "", "", "", NULL, NAN, NAN};
    for (size_t i = 0; own && i < own->count; i++) {
        add_own(&cases, i, &nothing);
    }
    put_metrics(&cases, result);
    kl_result_detail(result, "confidence", kl_json_number(cases.confidence));
    kl_assess_table(result, "cases", cases.rows);
    kl_assess_table(result, "missing", cases.missing);
    return KL_OK;
}
