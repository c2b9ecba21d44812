/* SPDX-License-Identifier: Apache-2.0 */
/* Gates: what names stand for, and the state that follows from evidence, steps and waivers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "playbook/judge.h"
#include "playbook_folder.h"

static const char text[] =
    "requirements: {latency: 20 ms, ram: 24 KiB, accuracy: {overall: 95 %}}\n"
    "chapters:\n"
    "  test:\n"
    "    confidence: 0.95\n"
    "    goal: pump guard\n"
    "    steps:\n"
    "      - {name: profile, run: [echo]}\n"
    "      - {name: profile.m4, run: [echo]}\n"
    "      - {name: test, run: [echo]}\n"
    "      - {name: soak, run: [echo]}\n"
    "    gates:\n"
    "      - {name: plain, that: profile.m4.ram.total <= requirements.ram}\n"
    "      - {name: waived, that: profile.m4.ram.total <= 1 KiB}\n"
    "      - {name: expiring, that: profile.m4.ram.total <= 1 KiB}\n"
    "waivers:\n"
    "  - {gate: waived, reason: the next board has more, by: Jane Doe, until: 2026-11-23}\n"
    "  - {gate: expiring, reason: too late, by: Jane Doe, until: 2026-12-31}\n";

static const char *const results[] = {
    "{\"metrics\": {\"m4.odd\": {\"value\": 1, \"unit\": \"1\", \"provenance\": \"counted\"}}}",
    ("{\"metrics\": {"
     "\"ram.total\": {\"value\": 17100, \"unit\": \"bytes\", \"provenance\": \"counted\"},"
     "\"cycles\": {\"value\": 1210095, \"unit\": \"cycles\", \"provenance\": \"modelled\"},"
     "\"time\": {\"value\": 12.5, \"unit\": \"ms\", \"provenance\": \"measured\"},"
     "\"exact\": {\"value\": true, \"unit\": \"1\", \"provenance\": \"counted\"},"
     "\"core\": {\"value\": \"cortex-m4f\", \"unit\": \"1\", \"provenance\": \"datasheet\"},"
     "\"nothing\": {\"value\": null, \"unit\": \"ms\", \"provenance\": \"measured\"},"
     "\"table\": {\"value\": [1], \"unit\": \"1\", \"provenance\": \"counted\"},"
     "\"escape\": {\"value\": \"a\\u001b[31mb\", \"unit\": \"1\", \"provenance\": \"counted\"},"
     "\"strange\": {\"value\": 1, \"unit\": \"furlongs\", \"provenance\": \"counted\"},"
     "\"bare\": {\"value\": 7}}}"),
    ("{\"metrics\": {\"accuracy\": {\"value\": 0.96, \"unit\": \"1\","
     " \"provenance\": \"counted\"}}}"),
};
enum { STEPS = 4, RECORDS = 3 };

struct fixture {
    struct playbook_folder *folder;
    struct kl_record records[RECORDS];
    struct kl_evidence evidence;
    struct kl_step_status steps[STEPS]; /* profile, profile.m4, test fresh; soak never ran */
    struct kl_gate gate;
    struct kl_gate_status status;
};

static void set_up(struct fixture *f, void **state)
{
    *f = (struct fixture){.folder = *state};
    playbook_folder_load(f->folder, text);
    for (size_t i = 0; i < STEPS; i++) {
        f->steps[i] = (struct kl_step_status){.step = &f->folder->playbook->steps[i],
                                              .state = KL_STEP_NEVER,
                                              .reason = "it never ran"};
    }
    for (size_t i = 0; i < RECORDS; i++) {
        f->records[i] = (struct kl_record){.number = (uint32_t)i + 1,
                                           .step = f->steps[i].step->name,
                                           .ok = true,
                                           .finished = true,
                                           .result = json_loads(results[i], 0, NULL)};
        assert_non_null(f->records[i].result);
        f->steps[i].state = KL_STEP_FRESH;
        f->steps[i].reason = "";
        f->steps[i].record = &f->records[i];
    }
    f->evidence = (struct kl_evidence){.records = f->records, .count = RECORDS};
}

static void tear_down(struct fixture *f)
{
    for (size_t i = 0; i < RECORDS; i++) {
        json_decref(f->records[i].result);
    }
}

static enum kl_gate_state judge_gate(struct fixture *f, const struct kl_gate *gate)
{
    struct kl_diag diag = {0};
    assert_int_equal(kl_judge_gate(f->folder->playbook, &f->evidence, f->folder->today, f->steps,
                                   gate, &f->status, &diag),
                     KL_OK);
    return f->status.state;
}

static void judge(struct fixture *f, const char *that, const char *demand, enum kl_gate_state state,
                  const char *reason)
{
    f->gate = (struct kl_gate){.name = "gate", .that = that, .demand = demand};
    enum kl_gate_state found = judge_gate(f, &f->gate);
    if (found != state || !strstr(f->status.reason, reason)) {
        fail_msg("%s: %s, \"%s\"", that, kl_gate_state_name(found), f->status.reason);
    }
}

static void names_find_metrics_and_fields(void **state)
{
    struct fixture f;
    set_up(&f, state);
    judge(&f, "profile.m4.ram.total <= requirements.ram", NULL, KL_GATE_PASSED,
          "16.7 KiB <= 24 KiB");
    assert_string_equal(f.status.least_provenance, "counted");
    judge(&f, "profile.m4.time < requirements.latency", NULL, KL_GATE_PASSED, "12.5 ms < 20 ms");
    judge(&f, "profile.m4.cycles / 25 MHz < 1 s", NULL, KL_GATE_PASSED, "48.4 ms < 1 s");
    judge(&f, "profile.m4.exact", NULL, KL_GATE_PASSED, "profile.m4.exact is true");
    judge(&f, "profile.m4.core == 'cortex-m4f'", NULL, KL_GATE_PASSED, "cortex-m4f");
    judge(&f, "profile.m4.escape != 'x'", NULL, KL_GATE_PASSED, "\"a...");
    assert_null(strchr(f.status.reason, '\033'));
    judge(&f, "profile.m4.bare == 7", NULL, KL_GATE_PASSED, "7 == 7");
    judge(&f, "profile.m4.ok and profile.ok", NULL, KL_GATE_PASSED, "profile.ok is true");
    assert_string_equal(f.status.least_provenance, "");
    /* A step called like a chapter: its metrics first, then the fields of the chapter. */
    judge(&f, "test.accuracy >= requirements.accuracy.overall", NULL, KL_GATE_PASSED, "0.96");
    judge(&f, "test.confidence == 95 %", NULL, KL_GATE_PASSED, "0.95 == 0.95");
    judge(&f, "test.goal == 'pump guard'", NULL, KL_GATE_PASSED, "pump guard");
    judge(&f, "chapters.test.confidence == 95 %", NULL, KL_GATE_PASSED, "0.95");
    tear_down(&f);
}

static void unknown_names_break_a_gate(void **state)
{
    struct fixture f;
    set_up(&f, state);
    judge(&f, "profile.m4.ram.totl < 1 KiB", NULL, KL_GATE_BROKEN,
          "did you mean 'profile.m4.ram.total'?");
    judge(&f, "requirement.latency < 1 s", NULL, KL_GATE_BROKEN,
          "did you mean 'requirements.latency'?");
    judge(&f, "use_case.cost.unit_cst < 1 EUR", NULL, KL_GATE_BROKEN,
          "did you mean 'use_case.cost.unit_cost'?");
    judge(&f, "elephants > 3", NULL, KL_GATE_BROKEN, "STEP.METRIC");
    judge(&f, "profile.m4.weight > 3", NULL, KL_GATE_BROKEN, "step profile.m4 gives no such");
    judge(&f, "profile.m4 > 3", NULL, KL_GATE_BROKEN, "profile.m4.ok");
    /* The longest step counts, although a shorter one has such a metric. */
    judge(&f, "profile.m4.odd > 0", NULL, KL_GATE_BROKEN, "'profile.m4.odd'");
    judge(&f, "requirements.accuracy > 1", NULL, KL_GATE_BROKEN, "group of fields");
    judge(&f, "profile.m4.time-profile.m4.cycles > 1", NULL, KL_GATE_BROKEN, "needs blanks");
    judge(&f, "profile.m4.table > 1", NULL, KL_GATE_BROKEN, "a single value");
    judge(&f, "profile.m4.strange > 1", NULL, KL_GATE_BROKEN, "'furlongs'");
    judge(&f, "profile.m4.time < ", NULL, KL_GATE_BROKEN, "column 19");
    judge(&f, "profile.m4.time", NULL, KL_GATE_BROKEN, "true or false");
    judge(&f, "profile.m4.time < 3 KiB", NULL, KL_GATE_BROKEN, "'profile.m4.time < 3 KiB'");
    assert_int_equal(f.status.without_waiver, KL_GATE_BROKEN);
    tear_down(&f);
}

static void what_fails_shows_both_values(void **state)
{
    struct fixture f;
    set_up(&f, state);
    judge(&f, "profile.m4.ram.total <= 16 KiB", NULL, KL_GATE_FAILED, "16.7 KiB > 16 KiB");
    judge(&f, "profile.m4.time / (test.accuracy - 0.96) > 1 s", NULL, KL_GATE_FAILED,
          "divides by zero");
    tear_down(&f);
}

static void what_is_not_there_is_missing(void **state)
{
    struct fixture f;
    set_up(&f, state);
    judge(&f, "soak.hours > 24 h", NULL, KL_GATE_MISSING, "soak never ran");
    judge(&f, "soak.ok", NULL, KL_GATE_MISSING, "soak never ran");
    judge(&f, "profile.m4.nothing < 1 s", NULL, KL_GATE_MISSING,
          "profile.m4 gave no value for nothing");
    judge(&f, "requirements.flash < 1 MiB", NULL, KL_GATE_MISSING,
          "does not state requirements.flash");
    judge(&f, "soak.hours > 24 h or profile.m4.exact", NULL, KL_GATE_PASSED, "is true");
    judge(&f, "soak.hours > 24 h and not profile.m4.exact", NULL, KL_GATE_FAILED, "is true");
    /* What never ran has not said no, either. */
    judge(&f, "exists(soak.hours)", NULL, KL_GATE_MISSING, "soak never ran");
    judge(&f, "not exists(soak.hours)", NULL, KL_GATE_MISSING, "soak never ran");
    judge(&f, "not exists(soak.failures) or soak.failures < 1", NULL, KL_GATE_MISSING, "soak");
    judge(&f, "exists(profile.m4.weight)", NULL, KL_GATE_FAILED, "does not exist");
    judge(&f, "exists(profile.m4.nothing)", NULL, KL_GATE_FAILED, "does not exist");
    judge(&f, "not exists(requirements.flash)", NULL, KL_GATE_PASSED, "does not exist");
    /* A step whose own check failed gives no figure: nothing more will come. */
    f.records[1].ok = false;
    judge(&f, "profile.m4.weight < 1", NULL, KL_GATE_FAILED,
          "the check of profile.m4 did not hold");
    judge(&f, "profile.m4.ok", NULL, KL_GATE_FAILED, "profile.m4.ok is false");
    tear_down(&f);
}

static void stale_and_failed_steps_count(void **state)
{
    struct fixture f;
    set_up(&f, state);
    f.steps[1].state = KL_STEP_STALE;
    f.steps[1].reason = "input model.tflite changed";
    judge(&f, "profile.m4.ram.total <= 24 KiB", NULL, KL_GATE_STALE,
          "profile.m4 is out of date: input model.tflite changed");
    judge(&f, "profile.m4.new_metric < 3", NULL, KL_GATE_STALE, "model.tflite");
    judge(&f, "profile.m4.ram.total <= 1 KiB", NULL, KL_GATE_STALE, "model.tflite");
    f.steps[1].state = KL_STEP_EXPIRED;
    judge(&f, "profile.m4.ram.total <= 24 KiB", NULL, KL_GATE_STALE, "out of date");
    f.steps[1].state = KL_STEP_FAILED;
    f.steps[1].reason = "exit status 2";
    f.records[1].finished = false;
    judge(&f, "profile.m4.ram.total <= 24 KiB", NULL, KL_GATE_FAILED,
          "profile.m4 failed: exit status 2");
    judge(&f, "test.accuracy > 0.9", NULL, KL_GATE_PASSED, "0.96 > 0.9");
    tear_down(&f);
}

/* What was computed from old figures is as old as they are. */
static void results_rest_on_evidence(void **state)
{
    struct fixture f;
    set_up(&f, state);
    json_object_set_new(f.records[2].result, "rests_on",
                        json_loads("[{\"step\": \"profile\"}, {\"step\": 7}, 3]", 0, NULL));
    json_object_set_new(f.records[0].result, "rests_on",
                        json_loads("[{\"step\": \"gone\"}, {\"step\": \"profile.m4\"},"
                                   "{\"step\": \"test\"}]",
                                   0, NULL));
    judge(&f, "test.accuracy > 0.9", NULL, KL_GATE_PASSED, "0.96");
    f.steps[1].state = KL_STEP_STALE;
    f.steps[1].reason = "input model.tflite changed";
    judge(&f, "test.accuracy > 0.9", NULL, KL_GATE_STALE, "profile.m4 is out of date: input");
    json_object_set_new(f.records[2].result, "rests_on", json_string("profile"));
    judge(&f, "test.accuracy > 0.9", NULL, KL_GATE_PASSED, "0.96");
    tear_down(&f);
}

static void the_demanded_provenance_is_enforced(void **state)
{
    struct fixture f;
    set_up(&f, state);
    judge(&f, "profile.m4.time < 20 ms", "measured", KL_GATE_PASSED, "12.5 ms");
    judge(&f, "profile.m4.cycles > 1", "measured", KL_GATE_FAILED,
          "profile.m4.cycles is modelled, measured is demanded");
    judge(&f, "profile.m4.time < 20 ms and profile.m4.cycles > 1", "counted", KL_GATE_FAILED,
          "profile.m4.cycles is modelled, counted is demanded");
    assert_string_equal(f.status.least_provenance, "modelled");
    judge(&f, "profile.m4.bare > 1", "stated", KL_GATE_FAILED, "of unknown origin");
    /* A demand on figures is not met by having none. */
    judge(&f, "requirements.latency < 1 s", "stated", KL_GATE_FAILED, "names no metric");
    judge(&f, "profile.m4.ok", "measured", KL_GATE_FAILED, "names no metric");
    judge(&f, "profile.m4.ok and profile.m4.time < 1 s", "measured", KL_GATE_PASSED, "12.5 ms");
    judge(&f, "profile.m4.time < 1 s", "Measured", KL_GATE_FAILED, "Measured is demanded");
    judge(&f, "profile.m4.cycles < 1", "measured", KL_GATE_FAILED, ">= 1");
    tear_down(&f);
}

/* Figures of another kind than the one that is compared with. */
static void shares_and_counts_are_not_mixed_up(void **state)
{
    struct fixture f;
    set_up(&f, state);
    json_t *metrics = json_object_get(f.records[2].result, "metrics");
    const char *const figures[] = {"{s:i, s:s, s:s}", "{s:f, s:s, s:s}"};
    json_object_set_new(metrics, "percent",
                        json_pack(figures[0], "value", 12, "unit", "1", "provenance", "counted"));
    json_object_set_new(metrics, "marked",
                        json_pack(figures[0], "value", 96, "unit", "%", "provenance", "counted"));
    json_object_set_new(metrics, "errors",
                        json_pack(figures[1], "value", 0.4, "unit", "1", "provenance", "counted"));
    json_object_set_new(
        metrics, "samples",
        json_pack(figures[0], "value", 1000, "unit", "samples", "provenance", "counted"));
    json_object_set_new(
        metrics, "said",
        json_pack("{s:s, s:s, s:s}", "value", "true", "unit", "1", "provenance", "counted"));
    json_object_set_new(
        metrics, "digits",
        json_pack("{s:s, s:s, s:s}", "value", "0.99", "unit", "1", "provenance", "counted"));
    /* 12 per cent are not 1200. */
    judge(&f, "test.percent >= requirements.accuracy.overall", NULL, KL_GATE_FAILED, "unit '%'");
    judge(&f, "requirements.accuracy.overall <= test.percent", NULL, KL_GATE_FAILED, "unit '%'");
    judge(&f, "test.marked >= requirements.accuracy.overall", NULL, KL_GATE_PASSED, "0.96");
    /* 40 % of errors are not four tenths of one error in 1000. */
    judge(&f, "upper(test.samples, test.errors) <= 1 %", NULL, KL_GATE_FAILED, "whole numbers");
    judge(&f, "lower(test.samples, test.accuracy * test.samples) > 94 %", NULL, KL_GATE_PASSED,
          "0.94");
    /* Twelve dollars are not twelve euros. */
    json_object_set_new(metrics, "price",
                        json_pack(figures[0], "value", 12, "unit", "USD", "provenance", "stated"));
    json_object_set_new(
        metrics, "fee",
        json_pack(figures[0], "value", 12, "unit", "EUR/a", "provenance", "stated"));
    judge(&f, "test.price <= 12 EUR", NULL, KL_GATE_BROKEN, "gives it in 'USD'");
    judge(&f, "test.fee <= 13 USD/a", NULL, KL_GATE_BROKEN, "is EUR; convert");
    judge(&f, "test.fee <= 13 EUR/a", NULL, KL_GATE_PASSED, "12 EUR/a");
    /* Words are not what they look like. */
    judge(&f, "test.said", NULL, KL_GATE_BROKEN, "not true or false");
    judge(&f, "test.said == true", NULL, KL_GATE_BROKEN, "true or false");
    judge(&f, "test.digits >= 0.95", NULL, KL_GATE_BROKEN, "a text is needed");
    /* A bound that overflows would let everything pass. */
    judge(&f, "profile.m4.ram.total <= 1e308 GiB", NULL, KL_GATE_BROKEN, "than a number can hold");
    judge(&f, "profile.m4.ram.total >= 1e308 GiB", NULL, KL_GATE_BROKEN, "than a number can hold");
    tear_down(&f);
}

static void waivers_hold_until_their_day(void **state)
{
    struct fixture f;
    set_up(&f, state);
    const struct kl_gate *gate = kl_playbook_gate(f.folder->playbook, "waived");
    assert_int_equal(judge_gate(&f, gate), KL_GATE_WAIVED);
    assert_int_equal(f.status.without_waiver, KL_GATE_FAILED);
    assert_string_equal(f.status.reason,
                        "waived by Jane Doe until 2026-11-23: the next board has more");
    f.steps[1].state = KL_STEP_STALE;
    assert_int_equal(judge_gate(&f, gate), KL_GATE_WAIVED);
    assert_int_equal(f.status.without_waiver, KL_GATE_STALE);
    f.steps[1].state = KL_STEP_FRESH;
    f.folder->today = (struct kl_date){2026, 11, 24};
    assert_int_equal(judge_gate(&f, gate), KL_GATE_FAILED);
    assert_non_null(
        strstr(f.status.reason, "> 1 KiB; the waiver by Jane Doe expired on 2026-11-23"));
    gate = kl_playbook_gate(f.folder->playbook, "expiring");
    assert_int_equal(judge_gate(&f, gate), KL_GATE_WAIVED);
    /* What passes needs no waiver, and what is broken cannot be waived. */
    struct kl_gate changed = *gate;
    changed.that = "profile.m4.exact";
    assert_int_equal(judge_gate(&f, &changed), KL_GATE_PASSED);
    changed.that = "profile.m4.exact >";
    assert_int_equal(judge_gate(&f, &changed), KL_GATE_BROKEN);
    tear_down(&f);
}

static void changed_evidence_fails_its_gates(void **state)
{
    struct fixture f;
    set_up(&f, state);
    const char *const faults[] = {
        "evidence/000002-profile.m4.json was changed after it was written"};
    f.evidence.faults = faults;
    f.evidence.fault_count = 1;
    judge(&f, "profile.m4.exact", NULL, KL_GATE_FAILED, "000002-profile.m4.json was changed");
    judge(&f, "test.accuracy > 0.5", NULL, KL_GATE_PASSED, "0.96");
    judge(&f, "m4.accuracy > 0.5", NULL, KL_GATE_BROKEN, "unknown name");
    judge(&f, "profile.m4.exact and profile.ok", NULL, KL_GATE_FAILED, "was changed");
    judge(&f, "profile.ok", NULL, KL_GATE_PASSED, "is true");
    /* A step whose name ends like that of another has nothing to do with it. */
    const char *const similar[] = {"evidence/000009-a1-test.json was changed"};
    f.evidence.faults = similar;
    judge(&f, "test.accuracy > 0.5", NULL, KL_GATE_PASSED, "0.96");
    f.evidence.faults = faults;
    /* No waiver makes up for it. */
    assert_int_equal(judge_gate(&f, kl_playbook_gate(f.folder->playbook, "waived")),
                     KL_GATE_FAILED);
    tear_down(&f);
}

/* A record that nothing vouches for any more, and a step that rests on one. */
static void what_rests_on_changed_evidence_cannot_be_waived(void **state)
{
    struct fixture f;
    set_up(&f, state);
    f.records[1].fault = "record 3 was changed";
    judge(&f, "profile.m4.exact", NULL, KL_GATE_FAILED, "record 3 was changed");
    judge(&f, "test.accuracy > 0.5", NULL, KL_GATE_PASSED, "0.96");
    f.records[1].fault = NULL;
    f.steps[1].state = KL_STEP_STALE;
    f.steps[1].tampered = true; /* by way of a step that it needs */
    assert_int_equal(judge_gate(&f, kl_playbook_gate(f.folder->playbook, "waived")), KL_GATE_STALE);
    tear_down(&f);
}

/* Without some records nobody knows whether a newer one of the step was among them. */
static void missing_records_fail_every_gate_over_evidence(void **state)
{
    struct fixture f;
    set_up(&f, state);
    const char *const faults[] = {"evidence/000004-*.json is missing: HEAD names it"};
    f.evidence.faults = faults;
    f.evidence.fault_count = 1;
    f.evidence.gap = faults[0];
    judge(&f, "test.accuracy > 0.5", NULL, KL_GATE_FAILED, "is missing");
    assert_int_equal(judge_gate(&f, kl_playbook_gate(f.folder->playbook, "waived")),
                     KL_GATE_FAILED);
    judge(&f, "requirements.latency < 1 s", NULL, KL_GATE_PASSED, "20 ms");
    tear_down(&f);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_find_metrics_and_fields),
        TEST(unknown_names_break_a_gate),
        TEST(what_fails_shows_both_values),
        TEST(what_is_not_there_is_missing),
        TEST(stale_and_failed_steps_count),
        TEST(the_demanded_provenance_is_enforced),
        TEST(results_rest_on_evidence),
        TEST(shares_and_counts_are_not_mixed_up),
        TEST(missing_records_fail_every_gate_over_evidence),
        TEST(waivers_hold_until_their_day),
        TEST(changed_evidence_fails_its_gates),
        TEST(what_rests_on_changed_evidence_cannot_be_waived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
