/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples that each condition and class needs: as many as it takes to know its accuracy to the
 * margin at the confidence that is asked for, see statistics.h.
 */
#include <math.h>

#include "base/statistics.h"
#include "playbook/assess/tools.h"

struct plan {
    double confidence, margin, expected;
};

struct total {
    double needed, planned, collected; /* samples */
    double covered, covered_planned;   /* of those needed */
    size_t rows, full;                 /* conditions; those with all that they need */
};

static struct plan read_plan(const struct kl_playbook *playbook)
{
    /* Half right, half wrong is the case that needs the most samples. */
    double overall = kl_assess_number(playbook, "requirements.accuracy.overall", 0.5);
    return (struct plan){kl_assess_number(playbook, "data.sampling.confidence", 0.95),
                         kl_assess_number(playbook, "data.sampling.margin", NAN),
                         kl_assess_number(playbook, "data.sampling.expected", overall)};
}

/* How exactly the accuracy is known with n samples, or null. */
static json_t *margin_with(const struct plan *plan, double expected, double n)
{
    if (!(n >= 1)) {
        return json_null();
    }
    struct kl_interval interval = kl_wilson(expected * n, n, plan->confidence);
    return kl_assess_printf("\u00b1%.2g %%", (interval.high - interval.low) / 2 * 100);
}

static void add_condition(const struct plan *plan, const struct kl_yaml *condition,
                          struct total *total, json_t *rows)
{
    double expected = kl_assess_item(condition, "expected", plan->expected);
    double margin = kl_assess_item(condition, "margin", plan->margin);
    double planned = fmax(0, kl_assess_item(condition, "planned", 0));
    double collected = fmax(0, kl_assess_item(condition, "collected", 0));
    double needed = (double)kl_samples_for_margin(expected, margin, plan->confidence);
    bool edge = false;
    (void)kl_yaml_flag(kl_yaml_get(condition, "edge"), &edge);
    total->needed += needed;
    total->planned += planned;
    total->collected += collected;
    total->covered += fmin(needed, collected);
    total->covered_planned += fmin(needed, planned);
    total->rows++;
    total->full += collected >= needed ? 1 : 0;
    json_array_append_new(
        rows, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "condition",
                        kl_assess_text(condition, "name"), "edge_case", edge ? "yes" : "no",
                        "needed", kl_assess_whole(needed), "planned", kl_assess_whole(planned),
                        "collected", kl_assess_whole(collected), "missing",
                        kl_assess_whole(fmax(0, ceil(needed - collected))), "coverage",
                        kl_json_number(needed > 0 ? fmin(1, collected / needed) : NAN), "known_to",
                        margin_with(plan, expected, collected)));
}

static json_t *condition_table(const struct kl_playbook *playbook, const struct plan *plan,
                               struct total *total)
{
    const struct kl_yaml *conditions = kl_playbook_field(playbook, "data.conditions");
    json_t *rows = json_array();
    for (size_t i = 0; conditions && i < conditions->count; i++) {
        add_condition(plan, conditions->items[i], total, rows);
    }
    return rows;
}

/* Test samples of each class, so that its own accuracy is known; and how many the plan of its
 * test takes to show that it is what is required. */
static json_t *class_table(const struct kl_playbook *playbook, const struct plan *plan)
{
    const struct kl_yaml *classes = kl_playbook_field(playbook, "data.labels.classes");
    const struct kl_yaml *required = kl_playbook_field(playbook, "requirements.accuracy.per_class");
    json_t *rows = json_array();
    for (size_t i = 0; classes && i < classes->count; i++) {
        const char *name = kl_yaml_text(classes->items[i], "");
        double least = kl_assess_item(required, name, NAN);
        double expected = isnan(least) ? plan->expected : least;
        json_int_t margin = kl_samples_for_margin(expected, plan->margin, plan->confidence);
        struct kl_test_plan test;
        bool shows = kl_plan_for_share(1 - least, plan->confidence, &test);
        json_array_append_new(rows, json_pack("{s:s, s:o, s:I, s:o}", "class", name, "required",
                                              kl_assess_percent(least), "needed_for_margin", margin,
                                              "needed_to_show_it",
                                              shows ? json_integer(test.samples) : json_null()));
    }
    return rows;
}

/* How many samples of each of two models find the difference that matters. */
static void put_difference(const struct kl_playbook *playbook, const struct plan *plan,
                           struct kl_result *result)
{
    double difference = kl_assess_number(playbook, "data.sampling.difference", NAN);
    double power = kl_assess_number(playbook, "data.sampling.power", 0.8);
    double worse = fmax(0, plan->expected - difference);
    int64_t count = kl_samples_to_compare(plan->expected, worse, 1 - plan->confidence, power);
    if (isfinite(difference) && count > 0) {
        kl_assess_metric(result, "samples.to_find_difference", (double)count, "samples");
    }
}

static void put_metrics(const struct total *total, struct kl_result *result)
{
    kl_assess_metric(result, "samples.needed", total->needed, "samples");
    kl_assess_stated(result, "samples.planned", total->planned, "samples");
    kl_assess_stated(result, "samples.collected", total->collected, "samples");
    kl_assess_stated(result, "samples.missing", total->needed - total->covered, "samples");
    kl_assess_stated(result, "coverage", total->covered / total->needed, "1");
    kl_assess_stated(result, "coverage.planned", total->covered_planned / total->needed, "1");
    kl_assess_count(result, "conditions.all", total->rows);
    kl_assess_stated(result, "conditions.covered", (double)total->full, "1");
}

/* A condition that needs no samples at all would count as covered. */
static enum kl_err check_conditions(const struct kl_playbook *playbook, const struct plan *plan,
                                    struct kl_diag *diag)
{
    const struct kl_yaml *conditions = kl_playbook_field(playbook, "data.conditions");
    for (size_t i = 0; conditions && i < conditions->count; i++) {
        const struct kl_yaml *condition = conditions->items[i];
        double expected = kl_assess_item(condition, "expected", plan->expected);
        double margin = kl_assess_item(condition, "margin", plan->margin);
        if (kl_samples_for_margin(expected, margin, plan->confidence) == 0) {
            return kl_yaml_fail(condition, diag,
                                "the margin of a condition must lie between 0 %% and 100 %%, such "
                                "as 3 %%, and its expected accuracy must be a share");
        }
    }
    return KL_OK;
}

enum kl_err kl_assess_sampling(const struct kl_playbook *playbook,
                               const struct kl_evidence *evidence, struct kl_result *result,
                               struct kl_diag *diag)
{
    (void)evidence;
    const char *const needed[] = {"data.sampling.margin", NULL};
    KL_TRY(kl_assess_need(playbook, "sampling", needed, diag));
    struct plan plan = read_plan(playbook);
    if (!(plan.confidence > 0 && plan.confidence < 1) || !(plan.margin > 0 && plan.margin < 1)) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: confidence and margin in data.sampling must lie between 0 %% and "
                       "100 %%, such as 95 %% and 3 %%",
                       playbook->path);
    }
    KL_TRY(check_conditions(playbook, &plan, diag));
    struct total total = {.rows = 0};
    json_t *conditions = condition_table(playbook, &plan, &total);
    put_metrics(&total, result);
    put_difference(playbook, &plan, result);
    kl_assess_assume(playbook, result, "data.sampling.confidence", "95 %");
    if (!kl_playbook_field(playbook, "requirements.accuracy.overall")) {
        kl_assess_assume(playbook, result, "data.sampling.expected",
                         "50 %, which needs the most samples");
    }
    kl_assess_table(result, "coverage", conditions);
    kl_assess_table(result, "classes", class_table(playbook, &plan));
    return KL_OK;
}
