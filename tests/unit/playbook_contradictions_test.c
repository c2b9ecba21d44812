/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot hold together: each rule, just beyond its limit and just within. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "playbook_check.h"

struct rule {
    int kind;
    const char *beyond; /* gives the finding */
    const char *within; /* gives none of it */
    const char *says;   /* part of the finding */
};

#define REQUIRE "requirements: "
#define BATTERY "battery: {capacity: 1000 mAh, voltage: 3 V, life: 1 a"

static const struct rule rules[] = {
    {KL_FINDING_ERROR, REQUIRE "{latency: 2 s, period: 1 s}", REQUIRE "{latency: 1 s, period: 1 s}",
     "requirements.latency is 2 s, more than requirements.period, 1 s"},
    {KL_FINDING_ERROR, REQUIRE "{false_alarms: 3601 /h, period: 1 s}",
     REQUIRE "{false_alarms: 3600 /h, period: 1 s}", "makes only 3.6e+03 decisions per hour"},
    {KL_FINDING_WARNING, REQUIRE "{accuracy: {overall: 90 %, per_class: {a: 91 %, b: 95 %}}}",
     REQUIRE "{accuracy: {overall: 90 %, per_class: {a: 90 %, b: 80 %}}}",
     "every class must reach 91 % or more, so that 90 % overall demands nothing"},
    /* 1000 mAh in a year of 8766 h are 114.1 uA, at 3 V 342.2 uW. */
    {KL_FINDING_ERROR, REQUIRE "{" BATTERY "}, energy: 343 uJ, period: 1 s}",
     REQUIRE "{" BATTERY "}, energy: 342 uJ, period: 1 s}",
     "draws 114.3 uA on average, but the battery allows 114.1 uA"},
    {KL_FINDING_ERROR, REQUIRE "{" BATTERY "}, power: 343 uW}",
     REQUIRE "{" BATTERY "}, power: 342 uW}", "this power draws 114.3 uA"},
    {KL_FINDING_ERROR, REQUIRE "{" BATTERY ", usable: 50 %}, power: 172 uW}",
     REQUIRE "{" BATTERY ", usable: 50 %}, power: 171 uW}", "the battery allows 57.0"},
    {KL_FINDING_ERROR, REQUIRE "{" BATTERY ", self_discharge: 101 %/a}}",
     REQUIRE "{" BATTERY ", self_discharge: 99 %/a}}", "is empty by self-discharge before 1 a"},
    {KL_FINDING_ERROR, REQUIRE "{energy: 2 mJ, power: 1.9 mW, period: 1 s}",
     REQUIRE "{energy: 2 mJ, power: 2 mW, period: 1 s}", "2 mJ per decision each 1 s are 2 mW"},
    {KL_FINDING_ERROR,
     REQUIRE
     "{price: {unit_cost_limit: 10 EUR}}\nchapters: {use_case: {cost: {unit_cost: 11 EUR}}}",
     REQUIRE
     "{price: {unit_cost_limit: 10 EUR}}\nchapters: {use_case: {cost: {unit_cost: 10 EUR}}}",
     "use_case.cost.unit_cost is 11 EUR, more than requirements.price.unit_cost_limit, 10 EUR"},
    {KL_FINDING_ERROR, REQUIRE "{uptime: 99 %}\nchapters: {monitoring: {uptime_objective: 98 %}}",
     REQUIRE "{uptime: 99 %}\nchapters: {monitoring: {uptime_objective: 99 %}}",
     "operation must aim at what is required"},
    {KL_FINDING_ERROR,
     REQUIRE "{uptime: 99 %}\nchapters: {monitoring: {maintenance: [{task: a, every: 100 h, down: "
             "1.1 h}]}}",
     REQUIRE "{uptime: 99 %}\nchapters: {monitoring: {maintenance: [{task: a, every: 100 h, down: "
             "1 h}]}}",
     "an uptime of 99 % leaves 1 % of the time, but planned maintenance alone takes 1.1 %"},
    {KL_FINDING_ERROR,
     "chapters: {rollout: {phases: [{name: a, share: 5 %}, {name: b, share: 5 %},"
     " {name: c, share: 100 %}]}}",
     "chapters: {rollout: {phases: [{name: a, share: 5 %}, {name: b, share: 6 %},"
     " {name: c, share: 100 %}]}}",
     "the phase reaches 5 %, not more than the 5 % of the one before"},
    {KL_FINDING_ERROR, "chapters: {rollout: {phases: [{name: a, share: 99 %}]}}",
     "chapters: {rollout: {phases: [{name: a, share: 100 %}]}}",
     "the last phase reaches 99 %, not all devices"},
    {KL_FINDING_ERROR,
     "chapters: {use_case: {cost: {devices: 1000}}, rollout: {phases: [{name: a, devices: 900}]}}",
     "chapters: {use_case: {cost: {devices: 1000}}, rollout: {phases: [{name: a, devices: "
     "1_000}]}}",
     "reaches 900, not the 1000 devices that are planned"},
    {KL_FINDING_MISSING, "chapters: {rollout: {phases: [{name: a}]}}",
     "chapters: {rollout: {phases: [{name: a, share: 1}]}}", "neither share nor devices"},
    {KL_FINDING_ERROR,
     "chapters: {monitoring: {signals: [{name: a, bytes_per_day: 60 B}, {name: b, bytes_per_day: "
     "41 B}], budgets: {bytes_per_day: 100 B}}}",
     "chapters: {monitoring: {signals: [{name: a, bytes_per_day: 60 B}, {name: b, bytes_per_day: "
     "40 B}], budgets: {bytes_per_day: 100 B}}}",
     "send 101 B in a day, more than the budget of 100 B"},
    {KL_FINDING_ERROR,
     REQUIRE "{radio: {bytes_per_day: 1 KiB}}\nchapters: {monitoring: {budgets: {bytes_per_day: 2 "
             "KiB}}}",
     REQUIRE "{radio: {bytes_per_day: 2 KiB}}\nchapters: {monitoring: {budgets: {bytes_per_day: 2 "
             "KiB}}}",
     "monitoring may not take more than the radio may send"},
    {KL_FINDING_ERROR, "chapters: {data: {splits: {train: 70 %, validation: 20 %, test: 20 %}}}",
     "chapters: {data: {splits: {train: 60 %, validation: 20 %, test: 20 %}}}",
     "the parts add up to 110 %"},
    {KL_FINDING_ERROR, "chapters: {data: {splits: {train: 60 %, validation: 20 %, test: 10 %}}}",
     "chapters: {data: {splits: {train: 60 %, test: 10 %}}}", "the parts add up to 90 %"},
    {KL_FINDING_ERROR,
     REQUIRE "{lifetime: 10 a}\nchapters: {monitoring: {flash_wear: {erase_cycles: 10000, "
             "erases_per_day: 3}}}",
     REQUIRE "{lifetime: 10 a}\nchapters: {monitoring: {flash_wear: {erase_cycles: 10000, "
             "erases_per_day: 2}}}",
     "3 erases a day are 10958 in a lifetime of 10 a"},
    {KL_FINDING_ERROR,
     "chapters: {production: {timeline: [{task: a, from: 2026-02-02, to: 2026-02-01}]}}",
     "chapters: {production: {timeline: [{task: a, from: 2026-02-02, to: 2026-02-02}]}}",
     "it ends on 2026-02-01, before it begins on 2026-02-02"},
    {KL_FINDING_ERROR, "chapters: {learning: {decisions: [{date: 2026-11-24, decision: d}]}}",
     "chapters: {learning: {decisions: [{date: 2026-11-23, decision: d}]}}",
     "learning.decisions tells what happened, but 2026-11-24 has not come yet"},
    {KL_FINDING_WARNING, "chapters: {monitoring: {expiries: [{name: c, expires: 2026-11-22}]}}",
     "chapters: {monitoring: {expiries: [{name: c, expires: 2026-11-23}]}}",
     "'c' expired on 2026-11-22"},
    {KL_FINDING_WARNING, "chapters: {learning: {last_review: 2026-11-12, review_every: 10 d}}",
     "chapters: {learning: {last_review: 2026-11-13, review_every: 10 d}}",
     "the review of this playbook has been due for 1 d"},
    {KL_FINDING_ERROR,
     "chapters: {security: {data_protection: {personal_data: true, basis: contract}}, "
     "data: {consent: {needed: false}}}",
     "chapters: {security: {data_protection: {personal_data: false}}, "
     "data: {consent: {needed: false}}}",
     "this says that the data tell nothing about people"},
    {KL_FINDING_ERROR, "chapters: {data: {consent: {needed: true}, retention: {raw: 2 a}}}",
     "chapters: {data: {consent: {needed: true, basis: contract}, retention: {raw: 2 a}}}",
     "data about people are kept for 2 a without a legal basis"},
    {KL_FINDING_ERROR,
     "chapters: {security: {data_protection: {personal_data: true, basis: none}}}",
     "chapters: {security: {data_protection: {personal_data: false, basis: none}}}",
     "data about people are collected without a legal basis"},
    {KL_FINDING_ERROR, "chapters: {data: {consent: {needed: true, basis: consent}}}",
     "chapters: {data: {consent: {needed: true, basis: consent, text: We listen to you.}}}",
     "data.consent.text does not say what people agree to"},
    {KL_FINDING_ERROR,
     "chapters: {data: {retention: {raw: 2 a}}, security: {data_protection: {personal_data: false, "
     "retention: 1 a}}}",
     "chapters: {data: {retention: {raw: 1 a}}, security: {data_protection: {personal_data: false, "
     "retention: 1 a}}}",
     "recordings must be deleted by the day"},
    {KL_FINDING_ERROR,
     REQUIRE "{security: {signed_updates: true}}\nchapters: {release: {update: {signed: false}}}",
     REQUIRE "{security: {signed_updates: false}}\nchapters: {release: {update: {signed: false}}}",
     "updates must be signed, but those of the release are not"},
    {KL_FINDING_ERROR,
     REQUIRE "{security: {model_protection: encrypted}}\nchapters: {release: {update: {encrypted: "
             "false}}}",
     REQUIRE "{security: {model_protection: obfuscated}}\nchapters: {release: {update: {encrypted: "
             "false}}}",
     "the model must be encrypted"},
    {KL_FINDING_ERROR,
     REQUIRE "{security: {secure_boot: true}}\nchapters: {hardware: {need: {secure_boot: none}}}",
     REQUIRE "{security: {secure_boot: true}}\nchapters: {hardware: {need: {secure_boot: "
             "software}}}",
     "secure boot is required"},
    {KL_FINDING_ERROR,
     REQUIRE "{security: {on_device_only: true}}\nchapters: {monitoring: {retraining: {what: "
             "sound, bytes_per_day: 1 KiB}}}",
     REQUIRE "{security: {on_device_only: true}}\nchapters: {monitoring: {retraining: {what: "
             "nothing, bytes_per_day: 0 B}}}",
     "raw data must stay on the device"},
    {KL_FINDING_WARNING,
     "chapters: {security: {threats: [{name: t, likelihood: high, impact: high, status: open}]}}",
     "chapters: {security: {threats: [{name: t, likelihood: high, impact: high, status: "
     "treated}]}}",
     "the threat 't' is likely, severe and open"},
    /* Names. */
    {KL_FINDING_ERROR,
     "chapters: {monitoring: {signals: [{name: a, runbook: rset}], runbooks: [{name: reset}]}}",
     "chapters: {monitoring: {signals: [{name: a, runbook: reset}], runbooks: [{name: reset}]}}",
     "there is no runbook 'rset' in monitoring.runbooks; did you mean 'reset'?"},
    {KL_FINDING_ERROR,
     "chapters: {use_case: {measures: [{name: stops}]}, learning: {success: [{measure: stop, date: "
     "2026-01-01, value: 1}]}}",
     "chapters: {use_case: {measures: [{name: stops}]}, learning: {success: [{measure: stops, "
     "date: "
     "2026-01-01, value: 1}]}}",
     "there is no business measure 'stop'"},
    {KL_FINDING_ERROR, "chapters: {model: {chosen: b, candidates: [{name: a}]}}",
     "chapters: {model: {chosen: a, candidates: [{name: a}]}}", "there is no candidate 'b'"},
    {KL_FINDING_ERROR, "chapters: {security: {cra: [{provision: I.1, evidence: nothing}]}}",
     "chapters: {security: {cra: [{provision: I.1, evidence: g}], gates: [{name: g, that: 1 < "
     "2}]}}",
     "'nothing' is neither a gate nor a step, nor an expression"},
    {KL_FINDING_ERROR,
     "chapters: {test: {cases: [{name: a, kind: normal, accept: nothing.at_all > 3}]}}",
     "chapters: {test: {cases: [{name: a, kind: normal, accept: s.n > 3}], steps: [{name: s, run: "
     "x}]}}",
     "'nothing.at_all"},
    {KL_FINDING_ERROR,
     "chapters: {test: {cases: [{name: a, kind: normal, requirement: requirements.speed}]}}",
     "chapters: {test: {cases: [{name: a, kind: normal, requirement: requirements.latency}]}}",
     "'requirements.speed' is no part of a playbook"},
    {KL_FINDING_ERROR, "chapters: {use_case: {cost: {unit_cost: 12 USD}}}",
     "chapters: {use_case: {cost: {unit_cost: 12 EUR}}}",
     "'12 USD' is not in EUR, the currency of the product"},
    {KL_FINDING_ERROR, "chapters: {use_case: {cost: {yearly: 12 USD/a}}}",
     "chapters: {use_case: {cost: {yearly: 12 EUR/a}}}", "'12 USD/a' is not in EUR"},
};

static bool is_found(const struct playbook_check *c, const struct rule *rule)
{
    for (size_t i = 0; i < c->findings.count; i++) {
        const struct kl_finding *f = &c->findings.items[i];
        if ((int)f->kind == rule->kind && strstr(f->text, rule->says)) {
            return true;
        }
    }
    return false;
}

static void test_what_is_beyond_a_limit_is_named(void **state)
{
    struct playbook_check *c = *state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        playbook_check_text(c, rules[i].beyond);
        playbook_check_finds(c, rules[i].kind, 0, rules[i].says);
        assert_int_equal(c->findings.errors, rules[i].kind == KL_FINDING_ERROR ? 1 : 0);
    }
}

static void test_what_is_within_is_not(void **state)
{
    struct playbook_check *c = *state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        playbook_check_text(c, rules[i].within);
        playbook_check_sound(c);
        if (is_found(c, &rules[i])) {
            fail_msg("rule %zu says without reason: %s", i, rules[i].says);
        }
    }
}

/* The line is the one to change. */
static void test_the_line_of_a_contradiction(void **state)
{
    playbook_check_text(*state, "requirements:\n"
                                "  period: 1 s\n"
                                "  latency: 2 s\n"
                                "  accuracy:\n"
                                "    overall: 95 %\n");
    playbook_check_finds(*state, KL_FINDING_ERROR, 5, "playbook.yaml:4): a decision must be done");
}

#define ON_FOLDER(test) \
    cmocka_unit_test_setup_teardown(test, playbook_check_open, playbook_check_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FOLDER(test_what_is_beyond_a_limit_is_named),
        ON_FOLDER(test_what_is_within_is_not),
        ON_FOLDER(test_the_line_of_a_contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
