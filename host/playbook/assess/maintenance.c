/* SPDX-License-Identifier: Apache-2.0 */
/* What must be done before anything fails: tasks, calibration, the battery, expiries, flash wear.
 */
#include <math.h>
#include <string.h>

#include "playbook/assess/tools.h"

struct schedule {
    const struct kl_playbook *playbook;
    const struct kl_evidence *evidence;
    json_t *rows;
    size_t tasks;
    double visits_per_year, down_share;
};

/* The day that many seconds after a date, as text; NULL when the date is none. */
static const char *day_after(const struct schedule *s, const char *date, double seconds)
{
    struct kl_date from;
    if (!kl_date_parse(date, &from) || !(seconds >= 0 && seconds < 200 * KL_YEAR_SECONDS)) {
        return NULL;
    }
    int32_t left = (int32_t)(seconds / KL_DAY_SECONDS);
    int32_t target = kl_date_days(from) + left;
    /* The last day of the calendar that is not behind the target: year, then month, then day. */
    struct kl_date to = {from.year, 1, 1};
    while (kl_date_days((struct kl_date){to.year + 1, 1, 1}) <= target) {
        to.year++;
    }
    while (to.month < 12 && kl_date_days((struct kl_date){to.year, to.month + 1, 1}) <= target) {
        to.month++;
    }
    to.day += target - kl_date_days(to);
    return kl_arena_printf(s->playbook->arena, "%04d-%02d-%02d", to.year, to.month, to.day);
}

/* One thing that comes again and again; `last` may be "". */
static void add_task(struct schedule *s, const char *task, const char *kind, double every,
                     const char *last, const char *who, const char *from)
{
    const char *due = day_after(s, last, every);
    s->tasks++;
    s->visits_per_year += every > 0 ? KL_YEAR_SECONDS / every : 0;
    json_array_append_new(s->rows,
                          json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "task", task, "kind",
                                    kind, "every", kl_assess_shown(s->playbook, every, KL_SECONDS),
                                    "last", last, "due", due ? due : "", "who", who, "from", from));
}

static void add_stated(struct schedule *s)
{
    const struct kl_yaml *list = kl_playbook_field(s->playbook, "monitoring.maintenance");
    for (size_t i = 0; list && i < list->count; i++) {
        const struct kl_yaml *item = list->items[i];
        double every = kl_assess_item(item, "every", NAN);
        double down = kl_assess_item(item, "down", 0);
        s->down_share += every > 0 ? down / every : 0;
        add_task(s, kl_assess_text(item, "task"), kl_assess_text(item, "kind"), every,
                 kl_assess_text(item, "last"), kl_assess_text(item, "who"),
                 "monitoring.maintenance");
    }
}

static bool has_kind(const struct schedule *s, const char *kind)
{
    const struct kl_yaml *list = kl_playbook_field(s->playbook, "monitoring.maintenance");
    for (size_t i = 0; list && i < list->count; i++) {
        if (strcmp(kl_assess_text(list->items[i], "kind"), kind) == 0) {
            return true;
        }
    }
    return false;
}

/* Calibrations that run out, unless the tasks speak of calibration already. */
static void add_calibration(struct schedule *s)
{
    const struct kl_yaml *list = kl_playbook_field(s->playbook, "production.calibration");
    for (size_t i = 0; list && i < list->count && !has_kind(s, "calibration"); i++) {
        double valid = kl_assess_item(list->items[i], "valid_for", NAN);
        const char *task = kl_arena_printf(s->playbook->arena, "Calibrate %s",
                                           kl_assess_text(list->items[i], "sensor"));
        if (!isnan(valid) && task) {
            add_task(s, task, "calibration", valid, "", "", "production.calibration");
        }
    }
}

/* The life of the battery: the shortest that a step has found, else as it is demanded. */
static void add_battery(struct schedule *s, struct kl_result *result)
{
    const char *from = "requirements.battery.life";
    double life = kl_assess_number(s->playbook, from, NAN);
    bool found = false;
    for (size_t i = 0; i < s->playbook->step_count; i++) {
        const char *step = s->playbook->steps[i].name;
        const struct kl_record *record = kl_evidence_latest(s->evidence, step);
        struct kl_operand value = {.kind = KL_OPERAND_NONE};
        struct kl_diag ignored = {0}; /* a metric that cannot be read is none */
        if (record && record->finished &&
            kl_record_metric(record, "battery.life", &value, &ignored) == KL_OK &&
            value.kind == KL_OPERAND_NUMBER &&
            kl_dimension_equal(value.number.dimension, KL_SECONDS) &&
            !kl_names_fault(s->evidence, step) && (!found || value.number.value < life)) {
            life = value.number.value;
            from = step;
            found = true;
        }
    }
    if (!isnan(life) && !has_kind(s, "battery")) {
        if (found) {
            kl_assess_rest_on(result, from);
        }
        add_task(s, "Change or charge the battery", "battery", life, "", "", from);
    }
}

/* What stops being valid on a known day; the first of these days. */
static const char *add_expiries(const struct schedule *s, json_t *rows)
{
    static const char *const lists[][2] = {{"monitoring.expiries", "monitoring.expiries"},
                                           {"security.key_ceremony.keys", "security.key_ceremony"}};
    const char *first = "";
    for (size_t l = 0; l < 2; l++) {
        const struct kl_yaml *list = kl_playbook_field(s->playbook, lists[l][0]);
        for (size_t i = 0; list && i < list->count; i++) {
            const char *day = kl_assess_text(list->items[i], "expires");
            if (*day) {
                first = !*first || strcmp(day, first) < 0 ? day : first;
                json_array_append_new(
                    rows, json_pack("{s:s, s:s, s:s, s:s}", "what",
                                    kl_assess_text(list->items[i], "name"), "expires", day, "who",
                                    kl_assess_text(list->items[i], "who"), "from", lists[l][1]));
            }
        }
    }
    return first;
}

static void put_wear(const struct kl_playbook *playbook, struct kl_result *result)
{
    double allowed = kl_assess_number(playbook, "monitoring.flash_wear.erase_cycles", NAN);
    double daily = kl_assess_number(playbook, "monitoring.flash_wear.erases_per_day", NAN);
    double lifetime = kl_assess_number(playbook, "requirements.lifetime", NAN);
    double life = allowed / daily * KL_DAY_SECONDS;
    if (!(allowed >= 0 && daily >= 0) || isnan(life)) {
        return;
    }
    kl_assess_stated(result, "flash.life", life / KL_YEAR_SECONDS, "a");
    if (!isnan(lifetime)) {
        kl_result_metric(result, "flash.lasts", json_boolean(life >= lifetime), "1", KL_STATED);
    }
}

enum kl_err kl_assess_maintenance(const struct kl_playbook *playbook,
                                  const struct kl_evidence *evidence, struct kl_result *result,
                                  struct kl_diag *diag)
{
    (void)diag;
    struct schedule s = {.playbook = playbook, .evidence = evidence, .rows = json_array()};
    json_t *expiries = json_array();
    add_stated(&s);
    add_calibration(&s);
    add_battery(&s, result);
    const char *first = add_expiries(&s, expiries);
    kl_assess_count(result, "tasks", s.tasks);
    kl_assess_stated(result, "visits_per_year", s.visits_per_year, "1");
    kl_assess_stated(result, "uptime.planned", fmax(0, 1 - s.down_share), "1");
    kl_assess_count(result, "expiries", json_array_size(expiries));
    if (*first) {
        kl_result_metric(result, "expiries.first", json_string(first), "1", KL_STATED);
    }
    put_wear(playbook, result);
    kl_assess_table(result, "schedule", s.rows);
    kl_assess_table(result, "expiry_dates", expiries);
    return KL_OK;
}
