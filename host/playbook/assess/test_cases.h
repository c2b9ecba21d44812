/* SPDX-License-Identifier: Apache-2.0 */
/* Test cases as rows of a table; only for the assessment of the test plan. */
#ifndef KINGLET_PLAYBOOK_ASSESS_TEST_CASES_H
#define KINGLET_PLAYBOOK_ASSESS_TEST_CASES_H

#include "playbook/assess/tools.h"

struct kl_test_cases {
    const struct kl_playbook *playbook;
    const struct kl_evidence *evidence;
    struct kl_result *result;
    double confidence;
    json_t *rows;    /* of the table "cases" */
    json_t *missing; /* of the table "missing": what no case could be made from */
    bool *own_done;  /* which of test.cases are in the table already */
    size_t generated, own, own_held;
    double false_alarm_seconds, uptime_seconds; /* NaN: no such case */
    double accuracy_samples, latency_samples;
};

/* One case. `accept` is taken over; `samples` and `seconds` may be NaN. */
struct kl_test_case {
    const char *name, *kind, *place, *condition, *requirement;
    json_t *accept;
    double samples, seconds;
};
void kl_test_cases_add(struct kl_test_cases *cases, const struct kl_test_case *one);

/* A requirement is not stated, so that nothing follows from it. */
void kl_test_cases_miss(struct kl_test_cases *cases, const char *requirement, const char *why);

/* test_cases_*.c: cases by what they are about. */
void kl_test_cases_accuracy(struct kl_test_cases *cases);
void kl_test_cases_resources(struct kl_test_cases *cases);
void kl_test_cases_surroundings(struct kl_test_cases *cases);
void kl_test_cases_endurance(struct kl_test_cases *cases);

#endif
