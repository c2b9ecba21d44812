/* SPDX-License-Identifier: Apache-2.0 */
/* Is it right often enough? Sample sizes are those of statistics.h. */
#include <math.h>

#include "base/statistics.h"
#include "playbook/assess/test_cases.h"

static const char accuracy_path[] = "requirements.accuracy.overall";

/* "at most 12 wrong in 1180": shows that the share of errors is at most `errors`. */
static void add_share(struct kl_test_cases *cases, const char *name, const char *condition,
                      const char *requirement, double errors, const char *what, const char *of)
{
    struct kl_test_plan plan;
    if (!kl_plan_for_share(errors, cases->confidence, &plan)) {
        kl_test_cases_miss(cases, requirement,
                           "no number of samples shows it; it leaves no room for an error");
        return;
    }
    struct kl_test_case one = {.name = name,
                               .kind = "normal",
                               .place = "simulation",
                               .condition = condition,
                               .requirement = requirement,
                               .samples = (double)plan.samples,
                               .seconds = NAN,
                               .accept = kl_assess_printf("at most %lld %s in %lld %s",
                                                          (long long)plan.failures, what,
                                                          (long long)plan.samples, of)};
    kl_test_cases_add(cases, &one);
}

static void add_classes(struct kl_test_cases *cases)
{
    const struct kl_playbook *playbook = cases->playbook;
    const struct kl_yaml *classes = kl_playbook_field(playbook, "requirements.accuracy.per_class");
    for (size_t i = 0; classes && i < classes->count && classes->kind == KL_YAML_MAP; i++) {
        const char *name = classes->keys[i]->text;
        const char *title = kl_arena_printf(playbook->arena, "Accuracy of class %s", name);
        double least = kl_assess_item(classes, name, NAN);
        add_share(cases, title ? title : name, "held-out samples of this class only",
                  "requirements.accuracy.per_class", 1 - least, "wrong answers",
                  "samples of the class");
    }
}

static void add_overall(struct kl_test_cases *cases)
{
    double least = kl_assess_number(cases->playbook, accuracy_path, NAN);
    struct kl_test_plan plan;
    if (isnan(least)) {
        kl_test_cases_miss(cases, accuracy_path, "it is not stated");
        return;
    }
    add_share(cases, "Accuracy", "held-out data that nobody looked at before", accuracy_path,
              1 - least, "wrong answers", "samples");
    if (kl_plan_for_share(1 - least, cases->confidence, &plan)) {
        cases->accuracy_samples = (double)plan.samples;
    }
}

static void add_missed(struct kl_test_cases *cases)
{
    double share = kl_assess_number(cases->playbook, "requirements.missed", NAN);
    if (!isnan(share)) {
        add_share(cases, "Missed events", "real events, or recordings of them",
                  "requirements.missed", share, "missed", "events");
    }
}

static void add_false_alarms(struct kl_test_cases *cases)
{
    double rate = kl_assess_number(cases->playbook, "requirements.false_alarms", NAN);
    if (!(rate > 0)) {
        kl_test_cases_miss(cases, "requirements.false_alarms",
                           isnan(rate) ? "it is not stated"
                                       : "no time of testing shows a rate of zero");
        return;
    }
    double none = kl_time_for_rate(rate, 0, cases->confidence);
    double three = kl_time_for_rate(rate, 3, cases->confidence);
    cases->false_alarm_seconds = none;
    struct kl_test_case one = {
        .name = "False alarms",
        .kind = "long-running",
        .place = "hardware",
        .condition = "ordinary operation in which nothing happens, on one or more devices",
        .requirement = "requirements.false_alarms",
        .samples = NAN,
        .seconds = none,
        /* Going on after a bad start, and passing on either, would err more often than allowed. */
        .accept = kl_assess_printf("none in %s of all devices together, or at most 3 in %s; which "
                                   "of them is settled before the test",
                                   kl_assess_show(cases->playbook, none, KL_SECONDS),
                                   kl_assess_show(cases->playbook, three, KL_SECONDS))};
    kl_test_cases_add(cases, &one);
}

/* What a condition must reach: what is expected of it, else of the product. Without any of these
 * its accuracy is only to be known. */
static json_t *condition_accept(double least, double margin, double confidence)
{
    if (!isnan(least)) {
        return kl_assess_printf("accuracy of at least %.4g %% under this condition alone",
                                least * 100);
    }
    if (isnan(margin)) {
        return json_string("its accuracy is told, with its confidence interval");
    }
    return kl_assess_printf("its accuracy is known to \u00b1%.3g %% with a confidence of %.4g %%",
                            margin * 100, confidence * 100);
}

/* Each condition that the data must cover is a case of its own. */
static void add_conditions(struct kl_test_cases *cases)
{
    const struct kl_playbook *playbook = cases->playbook;
    const struct kl_yaml *conditions = kl_playbook_field(playbook, "data.conditions");
    double overall = kl_assess_number(playbook, accuracy_path, NAN);
    double common = kl_assess_number(playbook, "data.sampling.margin", NAN);
    double usual = kl_assess_number(playbook, "data.sampling.expected", overall);
    for (size_t i = 0; conditions && i < conditions->count; i++) {
        const struct kl_yaml *condition = conditions->items[i];
        double least = kl_assess_item(condition, "expected", overall);
        double expected = kl_assess_item(condition, "expected", isnan(usual) ? 0.5 : usual);
        double margin = kl_assess_item(condition, "margin", common);
        int64_t samples = kl_samples_for_margin(expected, margin, cases->confidence);
        bool edge = false;
        (void)kl_yaml_flag(kl_yaml_get(condition, "edge"), &edge);
        const char *name =
            kl_arena_printf(playbook->arena, "Condition: %s", kl_assess_text(condition, "name"));
        struct kl_test_case one = {.name = name ? name : "Condition",
                                   .kind = edge ? "edge" : "normal",
                                   .place = "simulation",
                                   .condition = kl_assess_text(condition, "why"),
                                   .requirement = "data.conditions",
                                   .samples = samples > 0 ? (double)samples : NAN,
                                   .seconds = NAN,
                                   .accept = condition_accept(least, margin, cases->confidence)};
        kl_test_cases_add(cases, &one);
    }
}

static void add_edges(struct kl_test_cases *cases)
{
    static const struct {
        const char *name, *condition, *accept;
    } edges[] = {
        {"Sensor at its limits", "lowest and highest values, and clipped signals",
         "the device answers in time, and the answer is not an event by itself"},
        {"Sensor gone", "sensor unplugged, stuck at one value, or sending noise",
         "the device reports the fault and raises no false alarm"},
        {"First samples", "right after start, before the window is full",
         "no answer is given before there are enough data"},
        {"Unknown input", "what belongs to no class of the training data",
         "the answer has low confidence, or is the class for everything else"},
    };
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        struct kl_test_case one = {.name = edges[i].name,
                                   .kind = "edge",
                                   .place = i == 1 ? "hardware" : "simulation",
                                   .condition = edges[i].condition,
                                   .requirement = "",
                                   .samples = NAN,
                                   .seconds = NAN,
                                   .accept = json_string(edges[i].accept)};
        kl_test_cases_add(cases, &one);
    }
}

void kl_test_cases_accuracy(struct kl_test_cases *cases)
{
    add_overall(cases);
    add_classes(cases);
    add_missed(cases);
    add_false_alarms(cases);
    add_conditions(cases);
    add_edges(cases);
}
