/* SPDX-License-Identifier: Apache-2.0 */
/* A day in the life of a device on its battery; the sums are those of target/energy.h. */
#include <math.h>
#include <string.h>

#include "playbook/assess/tools.h"
#include "target/energy.h"

enum { HOURS = 24, HOUR_SECONDS = 3600 };

struct battery_job {
    const struct kl_playbook *playbook;
    const struct kl_board *board;
    struct kl_load loads[KL_MAX_LOADS];
    const char *how[KL_MAX_LOADS];
    size_t count;
    double period, sleep_current;
    struct kl_battery battery;
    struct kl_energy_day day;
    struct kl_diag *diag;
};

static const char *const workload = "hardware.workload";

static double workload_number(const struct battery_job *job, const char *path, double otherwise)
{
    return kl_assess_item(kl_playbook_field(job->playbook, workload), path, otherwise);
}

static void add_load(struct battery_job *job, const char *name, double current, double seconds,
                     double rate, const char *provenance, const char *how)
{
    if (seconds > 0 && rate > 0 && isfinite(current)) {
        job->loads[job->count] = (struct kl_load){name, current, seconds, rate, provenance};
        job->how[job->count++] = how;
    }
}

/* The latency of a decision. */

struct latency {
    double seconds;
    const char *provenance, *how;
    const char *step; /* whose evidence it is; NULL: of none */
    bool whole;       /* features are in it */
};

/* The metric "latency" of best provenance that any step gave; of several, the longest. */
static struct latency latency_from_evidence(const struct kl_playbook *playbook,
                                            const struct kl_evidence *evidence)
{
    struct latency best = {NAN, NULL, "", NULL, false};
    for (size_t i = 0; i < playbook->step_count; i++) {
        const char *step = playbook->steps[i].name;
        const struct kl_record *record = kl_evidence_latest(evidence, step);
        struct kl_operand value;
        struct kl_diag ignored = {0}; /* a metric that cannot be read is none */
        if (!record || !record->finished ||
            kl_record_metric(record, "latency", &value, &ignored) != KL_OK ||
            value.kind != KL_OPERAND_NUMBER ||
            !kl_dimension_equal(value.number.dimension, KL_SECONDS)) {
            continue;
        }
        double seconds = value.number.value;
        int better = kl_provenance_rank(value.provenance) - kl_provenance_rank(best.provenance);
        bool sound = seconds > 0 && isfinite(seconds) && !kl_names_fault(evidence, step);
        if (sound && (!best.provenance || better > 0 || (better == 0 && seconds > best.seconds))) {
            const char *how = kl_arena_printf(playbook->arena, "latency of step %s", step);
            best = (struct latency){seconds, value.provenance, how ? how : step, step, false};
        }
    }
    return best;
}

/* The entry of a list of objects whose member `key` is the text. */
static const json_t *entry_with(const json_t *list, const char *key, const char *text)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(list, i, entry)
    {
        const char *found = json_string_value(json_object_get(entry, key));
        if (found && strcmp(found, text) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* What a choice of hardware among the steps reckoned for an inference on the board. */
static struct latency latency_from_selection(const struct kl_playbook *playbook,
                                             const struct kl_evidence *evidence, const char *board)
{
    struct latency found = {NAN, NULL, "", NULL, false};
    for (size_t i = 0; i < playbook->step_count; i++) {
        const char *step = playbook->steps[i].name;
        const struct kl_record *record = kl_evidence_latest(evidence, step);
        const json_t *boards = record ? json_object_get(record->result, "boards") : NULL;
        const json_t *loads = json_object_get(entry_with(boards, "board", board), "loads");
        const json_t *load = entry_with(loads, "name", "inference");
        double seconds = json_number_value(json_object_get(load, "seconds"));
        const char *provenance = json_string_value(json_object_get(load, "provenance"));
        if (seconds > 0 && isfinite(seconds) && kl_provenance_rank(provenance) >= 0 &&
            record->finished && !kl_names_fault(evidence, step)) {
            const char *how =
                kl_arena_printf(playbook->arena, "inference on %s, from step %s", board, step);
            found = (struct latency){seconds, provenance, how ? how : step, step, false};
        }
    }
    return found;
}

static struct latency find_latency(const struct kl_playbook *playbook,
                                   const struct kl_evidence *evidence, const char *board)
{
    struct latency latency = latency_from_evidence(playbook, evidence);
    if (!latency.provenance) {
        latency = latency_from_selection(playbook, evidence, board);
    }
    if (!latency.provenance) {
        latency =
            (struct latency){kl_assess_number(playbook, "requirements.latency", NAN), "stated",
                             "the whole latency that the requirements allow", NULL, true};
    }
    return latency;
}

/* What is on, and when. */

static enum kl_err fail_fact(const struct battery_job *job, const char *fact)
{
    return kl_fail(job->diag, KL_EINPUT,
                   "board %s: its %s is unknown, so the battery's life cannot be told; state it "
                   "in a board file of your own and choose that file in hardware.chosen",
                   job->board->name, fact);
}

static enum kl_err add_computing(struct battery_job *job, const struct latency *latency)
{
    double current;
    double rate = 1 / job->period;
    if (!kl_energy_run_current(job->board, &current)) {
        return fail_fact(job, "run current");
    }
    double features = workload_number(job, "features.duration", NAN);
    if (isnan(features) && job->board->clock_hz > 0) {
        features = workload_number(job, "features.cycles", 0) / job->board->clock_hz;
    }
    if (!latency->whole) {
        add_load(job, "features", current, features, rate, "stated", "hardware.workload.features");
    }
    add_load(job, "decision", current, latency->seconds, rate, latency->provenance, latency->how);
    return KL_OK;
}

static enum kl_err add_radio(struct battery_job *job)
{
    double seconds = workload_number(job, "radio.duration", 0);
    double period = workload_number(job, "radio.period", 0);
    double current = workload_number(job, "radio.current", NAN);
    const struct kl_fact *fact = &job->board->facts[KL_FACT_ID_radio_tx_current];
    const char *provenance = "stated";
    if (isnan(current) && fact->known) {
        current = fact->value.value;
        provenance = "datasheet";
    }
    if (seconds > 0 && period > 0 && isnan(current)) {
        return fail_fact(job, "radio current");
    }
    add_load(job, "radio", current, seconds, period > 0 ? 1 / period : 0, provenance,
             "hardware.workload.radio");
    return KL_OK;
}

static enum kl_err add_sensor(struct battery_job *job)
{
    double seconds = workload_number(job, "sensor.duration", 0);
    double current = workload_number(job, "sensor.current", NAN);
    if (seconds > 0 && isnan(current)) {
        return kl_fail(job->diag, KL_EINPUT,
                       "%s: hardware.workload.sensor has a duration but no current; state it, so "
                       "that the battery's life does not come out too long",
                       job->playbook->path);
    }
    add_load(job, "sensor", current, seconds, 1 / job->period, "stated",
             "hardware.workload.sensor");
    return KL_OK;
}

static enum kl_err collect_loads(struct battery_job *job, const struct latency *latency)
{
    const struct kl_fact *sleep = &job->board->facts[KL_FACT_ID_sleep_current];
    if (!sleep->known) {
        return fail_fact(job, "sleep current");
    }
    job->sleep_current = sleep->value.value;
    KL_TRY(add_sensor(job));
    KL_TRY(add_computing(job, latency));
    return add_radio(job);
}

static void read_battery(struct battery_job *job)
{
    const struct kl_yaml *stated = kl_playbook_field(job->playbook, "requirements.battery");
    double coldest = kl_assess_number(job->playbook, "requirements.environment.temperature.0", 20);
    job->battery =
        (struct kl_battery){.capacity = kl_assess_item(stated, "capacity", NAN),
                            .voltage = kl_assess_item(stated, "voltage", NAN),
                            .self_discharge = kl_assess_item(stated, "self_discharge", 0),
                            .usable = kl_assess_item(stated, "usable", 1),
                            .temperature = coldest,
                            .derating = kl_assess_item(stated, "derating", 0)};
}

/* Tables. */

static void add_consumer(const struct battery_job *job, json_t *rows, const char *name,
                         double average, const char *provenance, const char *how)
{
    json_array_append_new(
        rows, json_pack("{s:s, s:o, s:o, s:s, s:s}", "consumer", name, "average_current",
                        kl_assess_shown(job->playbook, average, KL_AMPERES), "share",
                        kl_json_number(average / job->day.average_current), "provenance",
                        provenance, "from", how));
}

static json_t *consumer_table(const struct battery_job *job)
{
    json_t *rows = json_array();
    double asleep = job->sleep_current * fmax(0, 1 - job->day.duty);
    add_consumer(job, rows, "sleep", asleep, "datasheet", job->board->name);
    for (size_t i = 0; i < job->count; i++) {
        add_consumer(job, rows, job->loads[i].name, job->day.load_current[i],
                     job->loads[i].provenance, job->how[i]);
    }
    return rows;
}

/* How often something with the period begins in the hour; the first time is at midnight. What
 * comes more than once an hour is spread evenly. */
static double events_in_hour(double rate, int hour)
{
    double period = 1 / rate;
    if (period < HOUR_SECONDS) {
        return rate * HOUR_SECONDS;
    }
    return ceil((hour + 1) * HOUR_SECONDS / period) - ceil(hour * HOUR_SECONDS / period);
}

/* Energy of each consumer in each hour, in joules. */
static json_t *hour_table(const struct battery_job *job)
{
    json_t *rows = json_array();
    for (int hour = 0; hour < HOURS; hour++) {
        json_t *row = json_pack("{s:i}", "hour", hour);
        double awake = 0;
        for (size_t i = 0; i < job->count; i++) {
            const struct kl_load *load = &job->loads[i];
            double on = load->seconds * events_in_hour(load->events_per_second, hour);
            awake += on;
            json_object_set_new(row, load->name,
                                kl_json_number(load->current * on * job->battery.voltage));
        }
        double asleep = fmax(0, HOUR_SECONDS - awake);
        json_object_set_new(row, "sleep",
                            kl_json_number(job->sleep_current * asleep * job->battery.voltage));
        json_array_append_new(rows, row);
    }
    return rows;
}

/* When the battery must be changed during the lifetime, counted from the installation. */
static json_t *change_table(const struct battery_job *job, double lifetime)
{
    enum { MOST = 50 };
    bool charged = false;
    (void)kl_yaml_flag(kl_playbook_field(job->playbook, "requirements.battery.rechargeable"),
                       &charged);
    json_t *rows = json_array();
    double life = job->day.life_seconds;
    for (int i = 1; i <= MOST && life > 0 && i * life < lifetime; i++) {
        json_array_append_new(rows, json_pack("{s:s, s:i, s:o, s:o}", "task",
                                              charged ? "Charge the battery" : "Change the battery",
                                              "number", i, "after",
                                              kl_assess_shown(job->playbook, i * life, KL_SECONDS),
                                              "days", kl_assess_whole(i * life / KL_DAY_SECONDS)));
    }
    return rows;
}

static double energy_per_decision(const struct battery_job *job)
{
    double charge = 0;
    for (size_t i = 0; i < job->count; i++) {
        if (strcmp(job->loads[i].name, "radio") != 0) {
            charge += job->loads[i].current * job->loads[i].seconds;
        }
    }
    return charge * job->battery.voltage;
}

/* What the figures take for granted. */
static void put_assumptions(const struct battery_job *job, const struct latency *latency,
                            struct kl_result *result)
{
    static const char *const rows[][2] = {
        {"hardware.workload.sensor", "the sensor takes nothing"},
        {"hardware.workload.radio", "nothing is sent"},
    };
    kl_assess_assume_battery(job->playbook, result);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kl_assess_assume(job->playbook, result, rows[i][0], rows[i][1]);
    }
    if (!latency->whole) {
        kl_assess_assume(job->playbook, result, "hardware.workload.features",
                         "features take nothing");
    }
}

/* What is computed is modelled at best, and no better than the latency that it rests on. */
static enum kl_provenance provenance_of(const struct latency *latency)
{
    static const enum kl_provenance by_rank[] = {KL_STATED, KL_DATASHEET, KL_ESTIMATED,
                                                 KL_MODELLED};
    int rank = kl_provenance_rank(latency->provenance);
    return by_rank[rank < 0 ? 0 : rank > 3 ? 3 : rank];
}

static void put_results(const struct battery_job *job, const struct latency *latency,
                        struct kl_result *result)
{
    const struct kl_energy_day *day = &job->day;
    double wanted = kl_assess_number(job->playbook, "requirements.battery.life", NAN);
    double lifetime = kl_assess_number(job->playbook, "requirements.lifetime", NAN);
    double batteries = ceil(lifetime / day->life_seconds); /* none for a life without an end */
    double changes = batteries < 1 ? 0 : batteries - 1;
    const struct {
        const char *name, *unit;
        double value;
    } metrics[] = {
        {"battery.life", "d", day->life_seconds / KL_DAY_SECONDS},
        {"battery.margin", "1", day->life_seconds / wanted},
        {"battery.changes", "1", changes},
        {"current.average", "A", day->average_current},
        {"current.sleep", "A", day->sleep_current},
        {"duty", "1", day->duty},
        {"energy.per_day", "J", day->joules_per_day},
        {"energy.per_decision", "J", energy_per_decision(job)},
    };
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        kl_result_metric(result, metrics[i].name, kl_json_number(metrics[i].value), metrics[i].unit,
                         provenance_of(latency));
    }
    put_assumptions(job, latency, result);
    kl_result_detail(result, "board", json_string(job->board->name));
    kl_result_detail(result, "latency_from", json_string(latency->how));
    kl_assess_table(result, "consumers", consumer_table(job));
    kl_assess_table(result, "hours", hour_table(job));
    kl_assess_table(result, "maintenance", change_table(job, lifetime));
}

static enum kl_err find_board(struct battery_job *job, struct kl_result *result)
{
    const struct kl_yaml *node = kl_playbook_field(job->playbook, "hardware.chosen");
    if (!node) {
        return kl_fail(job->diag, KL_EINPUT,
                       "%s: the assessment battery needs hardware.chosen: the name of a board, "
                       "see `kinglet boards`",
                       job->playbook->path);
    }
    return kl_assess_board(job->playbook, node, result, &job->board, job->diag);
}

enum kl_err kl_assess_battery(const struct kl_playbook *playbook,
                              const struct kl_evidence *evidence, struct kl_result *result,
                              struct kl_diag *diag)
{
    struct battery_job job = {.playbook = playbook, .diag = diag};
    const char *const needed[] = {"requirements.period", "requirements.latency",
                                  "requirements.battery.capacity", "requirements.battery.voltage",
                                  NULL};
    KL_TRY(kl_assess_need(playbook, "battery", needed, diag));
    KL_TRY(find_board(&job, result));
    job.period = kl_assess_number(playbook, "requirements.period", NAN);
    if (!(job.period > 0)) {
        return kl_fail(diag, KL_EINPUT, "%s: requirements.period must be above zero",
                       playbook->path);
    }
    struct latency latency = find_latency(playbook, evidence, job.board->name);
    if (latency.step) {
        kl_assess_rest_on(result, latency.step);
    }
    read_battery(&job);
    KL_TRY(collect_loads(&job, &latency));
    kl_energy_day(job.sleep_current, job.loads, job.count, job.battery.voltage, &job.battery,
                  &job.day);
    put_results(&job, &latency, result);
    return KL_OK;
}
