/* SPDX-License-Identifier: Apache-2.0 */
/* Business measures over time: how far each has come from its baseline to its target. */
#include <math.h>
#include <string.h>

#include "playbook/assess/tools.h"

struct standing {
    double first, last; /* NaN: never read */
    const char *first_date, *last_date;
    size_t readings;
};

/* Share of the way from `baseline` to `target`; below 0 when it got worse. */
static double progress(double baseline, double target, double value)
{
    return target != baseline ? (value - baseline) / (target - baseline) : NAN;
}

/* Dates in the form of kl_date compare as texts. */
static struct standing read_standing(const struct kl_yaml *readings, const char *measure)
{
    struct standing s = {NAN, NAN, "", "", 0};
    for (size_t i = 0; readings && i < readings->count; i++) {
        const struct kl_yaml *reading = readings->items[i];
        double value = kl_assess_item(reading, "value", NAN);
        const char *date = kl_assess_text(reading, "date");
        if (strcmp(kl_assess_text(reading, "measure"), measure) != 0 || isnan(value)) {
            continue;
        }
        if (s.readings == 0 || strcmp(date, s.first_date) < 0) {
            s.first = value;
            s.first_date = date;
        }
        if (s.readings == 0 || strcmp(date, s.last_date) >= 0) {
            s.last = value;
            s.last_date = date;
        }
        s.readings++;
    }
    return s;
}

static void add_readings(const struct kl_yaml *readings, const char *measure, double baseline,
                         double target, json_t *rows)
{
    for (size_t i = 0; readings && i < readings->count; i++) {
        const struct kl_yaml *reading = readings->items[i];
        double value = kl_assess_item(reading, "value", NAN);
        if (strcmp(kl_assess_text(reading, "measure"), measure) == 0 && !isnan(value)) {
            json_array_append_new(rows, json_pack("{s:s, s:s, s:f, s:o, s:s}", "measure", measure,
                                                  "date", kl_assess_text(reading, "date"), "value",
                                                  value, "progress",
                                                  kl_json_number(progress(baseline, target, value)),
                                                  "note", kl_assess_text(reading, "note")));
        }
    }
}

static const char *verdict_of(const struct standing *s, double share)
{
    if (s->readings == 0) {
        return "not measured yet";
    }
    if (isnan(share)) {
        return "baseline and target do not tell";
    }
    return share >= 1 ? "reached" : share < 0 ? "worse than before" : "on the way";
}

enum kl_err kl_assess_success(const struct kl_playbook *playbook,
                              const struct kl_evidence *evidence, struct kl_result *result,
                              struct kl_diag *diag)
{
    (void)evidence;
    (void)diag;
    const struct kl_yaml *measures = kl_playbook_field(playbook, "use_case.measures");
    const struct kl_yaml *readings = kl_playbook_field(playbook, "learning.success");
    json_t *table = json_array();
    json_t *history = json_array();
    size_t measured = 0;
    size_t reached = 0;
    size_t count = measures ? measures->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct kl_yaml *measure = measures->items[i];
        const char *name = kl_assess_text(measure, "name");
        double baseline = kl_assess_item(measure, "baseline", NAN);
        double target = kl_assess_item(measure, "target", NAN);
        struct standing s = read_standing(readings, name);
        double share = progress(baseline, target, s.last);
        measured += s.readings > 0 ? 1 : 0;
        reached += share >= 1 ? 1 : 0;
        add_readings(readings, name, baseline, target, history);
        json_array_append_new(
            table, json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:s}", "measure", name, "unit",
                             kl_assess_text(measure, "unit"), "baseline", kl_json_number(baseline),
                             "target", kl_json_number(target), "now", kl_json_number(s.last),
                             "read_on", s.last_date, "progress", kl_json_number(share), "verdict",
                             verdict_of(&s, share)));
    }
    kl_assess_count(result, "measures.all", count);
    kl_assess_stated(result, "measures.measured", (double)measured, "1");
    kl_assess_stated(result, "measures.reached", (double)reached, "1");
    kl_assess_stated(result, "success", count > 0 ? (double)reached / (double)count : NAN, "1");
    kl_assess_table(result, "measures", table);
    kl_assess_table(result, "success_over_time", history);
    return KL_OK;
}
