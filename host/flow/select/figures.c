/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of one board: memory, latency, energy, battery life. */
#include <string.h>

#include "flow/select/internal.h"

static const char feature_core[] = "cortex-m4f";

/* The figures of a decision, before they become cells. */
struct decision {
    struct kl_latency features;
    struct kl_latency models; /* all of them */
    bool has_energy;          /* measured of all models */
    double measured_joules;
    bool has_run, has_sleep, has_supply;
    double run, sleep, supply;
};

/* The weaker of two provenances. A figure that is computed from others is modelled at best. */
static const char *weaker(const char *a, const char *b)
{
    static const char *const order[] = {"measured", "counted", "modelled", "estimated"};
    for (size_t i = sizeof order / sizeof order[0]; i > 0; i--) {
        if (strcmp(a, order[i - 1]) == 0 || strcmp(b, order[i - 1]) == 0) {
            return order[i - 1];
        }
    }
    return "modelled";
}

static struct kl_select_cell unknown(const char *how)
{
    return (struct kl_select_cell){.how = how};
}

static struct kl_select_cell known(double value, const char *provenance, const char *how)
{
    return (struct kl_select_cell){true, value, provenance, how};
}

/* All models share one arena and one stack; code and constants add up. */
static void fill_memory(const struct select_job *job, const struct kl_core_need *needs,
                        struct kl_select_board *board)
{
    int64_t arena = 0;
    int64_t stack = 0;
    int64_t kept = 0;
    int64_t flash = 0;
    bool counted = true;
    const char *how = needs[0].memory_how;
    for (size_t i = 0; i < job->request->model_count; i++) {
        const struct kl_profile_memory *m = &needs[i].memory;
        arena = m->arena > arena ? m->arena : arena;
        stack = m->stack > stack ? m->stack : stack;
        kept += m->data + m->bss;
        flash += m->flash_total;
        how = counted ? needs[i].memory_how : how;
        counted = counted && needs[i].memory_counted;
    }
    const char *provenance = counted ? "counted" : "estimated";
    double ram = (double)(arena + stack + kept) + job->request->ram_reserved;
    board->ram = known(ram, provenance, how);
    board->flash = known((double)flash + job->request->flash_reserved, provenance, how);
    board->arena = known((double)arena, "counted", "as planned");
    board->stack = known((double)stack, provenance, how);
}

static void add_latency(struct kl_latency *sum, const struct kl_latency *part)
{
    sum->known = sum->known && part->known;
    sum->seconds += part->seconds;
    sum->low += part->low;
    sum->high += part->high;
    sum->cycles += part->cycles;
    sum->provenance = weaker(sum->provenance, part->provenance);
    sum->how = part->how;
}

/* The newest measurement of a model that is written last in the board's file. One of the model
 * alone says nothing about the model behind a pipeline. */
static const struct kl_measurement *find_measurement(const struct kl_board *board,
                                                     const struct kl_model_job *model, bool energy)
{
    const struct kl_measurement *found = NULL;
    const char *sha256 = model->sha256;
    if (model->features) {
        return NULL;
    }
    for (size_t i = 0; i < board->history_count; i++) {
        const struct kl_measurement *m = &board->history[i];
        bool has = energy ? m->has_energy : m->has_latency;
        if (has && strncmp(m->model_sha256, sha256, strlen(m->model_sha256)) == 0) {
            found = m;
        }
    }
    return found;
}

static enum kl_err model_latency(struct select_job *job, size_t model,
                                 const struct kl_core_need *need, const struct kl_board *board,
                                 struct kl_latency *latency)
{
    const struct kl_measurement *m = find_measurement(board, &job->jobs[model], false);
    if (m) {
        *latency = (struct kl_latency){.known = true,
                                       .seconds = m->latency_seconds,
                                       .low = m->latency_seconds,
                                       .high = m->latency_seconds,
                                       .provenance = "measured"};
        latency->how = kl_arena_printf(job->arena, "measured on %s by %s", m->date, m->by);
        return latency->how ? KL_OK : KL_FAIL_MEMORY(job->diag);
    }
    if (!need->counted) {
        *latency = (struct kl_latency){.provenance = "modelled", .how = need->count_how};
        return KL_OK;
    }
    return kl_latency_model(board, &need->count, job->arena, latency, job->diag);
}

static enum kl_err sum_models(struct select_job *job, const struct kl_core_need *needs,
                              const struct kl_board *board, struct decision *d)
{
    d->models = (struct kl_latency){.known = true, .provenance = "measured"};
    d->has_energy = true;
    for (size_t i = 0; i < job->request->model_count; i++) {
        struct kl_latency part;
        KL_TRY(model_latency(job, i, &needs[i], board, &part));
        if (d->models.known) {
            add_latency(&d->models, &part);
        }
        const struct kl_measurement *m = find_measurement(board, &job->jobs[i], true);
        d->has_energy = d->has_energy && m;
        d->measured_joules += m ? m->energy_joules : 0;
    }
    return KL_OK;
}

static enum kl_err feature_latency(struct select_job *job, const struct kl_board *board,
                                   struct decision *d)
{
    const struct kl_select_request *r = job->request;
    if (r->feature_cycles > 0) {
        const struct kl_core_count count = {.cycles = (uint64_t)r->feature_cycles,
                                            .core = feature_core};
        return kl_latency_model(board, &count, job->arena, &d->features, job->diag);
    }
    d->features =
        (struct kl_latency){.known = true,
                            .seconds = r->feature_seconds,
                            .low = r->feature_seconds,
                            .high = r->feature_seconds,
                            .provenance = r->feature_seconds > 0 ? "modelled" : "measured"};
    return KL_OK;
}

static enum kl_err fill_latency(struct select_job *job, const struct decision *d,
                                struct kl_select_board *board)
{
    const struct kl_select_request *r = job->request;
    bool has_cycles = d->models.known && d->models.cycles > 0; /* none of a measured latency */
    board->cycles = has_cycles ? known(d->models.cycles, d->models.provenance, d->models.how)
                               : unknown(d->models.how);
    if (!d->models.known || !d->features.known) {
        board->latency = unknown(d->models.known ? d->features.how : d->models.how);
        return KL_OK;
    }
    double seconds = r->sensor_seconds + d->features.seconds + d->models.seconds;
    const char *provenance = weaker(d->models.provenance, d->features.provenance);
    bool stated = r->sensor_seconds > 0 || d->features.seconds > 0;
    const char *how = d->models.how;
    if (stated) {
        char sensor[KL_VALUE_BYTES];
        char features[KL_VALUE_BYTES];
        char models[KL_VALUE_BYTES];
        how = kl_arena_printf(job->arena, "sensor %s, features %s, models %s (%s)",
                              select_text(r->sensor_seconds, KL_SECONDS, sensor),
                              select_text(d->features.seconds, KL_SECONDS, features),
                              select_text(d->models.seconds, KL_SECONDS, models), d->models.how);
        provenance = weaker(provenance, "modelled");
    }
    if (!how) {
        return KL_FAIL_MEMORY(job->diag);
    }
    board->latency = known(seconds, provenance, how);
    board->latency_low = seconds - d->models.seconds + d->models.low;
    board->latency_high = seconds - d->models.seconds + d->models.high;
    return KL_OK;
}

static void read_currents(const struct kl_board *board, struct decision *d)
{
    const struct kl_fact *sleep = &board->facts[KL_FACT_ID_sleep_current];
    const struct kl_fact *supply = &board->facts[KL_FACT_ID_supply];
    d->has_run = kl_energy_run_current(board, &d->run);
    d->has_sleep = sleep->known;
    d->sleep = sleep->known ? sleep->value.value : 0;
    d->has_supply = supply->known;
    d->supply = supply->known ? supply->value.value : 0;
}

/* What keeps energy and battery life from being known; NULL: nothing. */
static const char *missing(const struct kl_select_board *board, const struct decision *d,
                           bool needs_supply, bool needs_sleep)
{
    if (!board->latency.known) {
        return "the latency is unknown";
    }
    if (!d->has_run) {
        return "the board's run current is unknown";
    }
    if (needs_supply && !d->has_supply) {
        return "the supply voltage that the currents hold for is unknown";
    }
    return needs_sleep && !d->has_sleep ? "the board's sleep current is unknown" : NULL;
}

static void fill_energy(const struct kl_select_request *r, const struct decision *d,
                        struct kl_select_board *board)
{
    const char *why = missing(board, d, true, false);
    bool models_only = d->has_energy && r->sensor_seconds <= 0 && d->features.seconds <= 0;
    if (models_only) {
        board->energy = known(d->measured_joules, "measured", "measured, see the board's history");
        return;
    }
    if (why) {
        board->energy = unknown(why);
        return;
    }
    double models = d->has_energy ? d->measured_joules : d->supply * d->run * d->models.seconds;
    double rest =
        d->supply * (d->run * d->features.seconds + r->sensor_current * r->sensor_seconds);
    board->energy = known(models + rest, weaker("modelled", board->latency.provenance),
                          "run current times time, at the supply voltage of the data sheet");
}

static void add_load(struct kl_select_board *board, const char *name, double current,
                     double seconds, double period, const char *provenance)
{
    if (seconds > 0 && board->load_count < KL_MAX_LOADS) {
        board->loads[board->load_count++] =
            (struct kl_load){name, current, seconds, 1 / period, provenance};
    }
}

static void fill_loads(const struct kl_select_request *r, const struct decision *d,
                       struct kl_select_board *board)
{
    double period = r->period > 0 ? r->period : 1;
    const struct kl_fact *tx = &board->board->facts[KL_FACT_ID_radio_tx_current];
    double radio = r->radio_current > 0 ? r->radio_current : tx->known ? tx->value.value : 0;
    /* While the sensor is on, the processor sleeps. */
    add_load(board, "sensor", r->sensor_current + d->sleep, r->sensor_seconds, period, "stated");
    add_load(board, "features", d->run, d->features.seconds, period, d->features.provenance);
    /* A measured energy tells the current, too. */
    bool measured = d->has_energy && d->has_supply && d->models.seconds > 0;
    double current = measured ? d->measured_joules / (d->supply * d->models.seconds) : d->run;
    add_load(board, "inference", current, d->models.seconds, period,
             measured ? "measured" : d->models.provenance);
    add_load(board, "radio", radio, r->radio_seconds,
             r->radio_period > 0 ? r->radio_period : period,
             r->radio_current > 0 ? "stated" : "datasheet");
}

static void fill_day(const struct kl_select_request *r, const struct decision *d,
                     struct kl_select_board *board)
{
    const char *why = missing(board, d, false, true);
    bool radio_unknown = r->radio_seconds > 0 && !(r->radio_current > 0) &&
                         !board->board->facts[KL_FACT_ID_radio_tx_current].known;
    if (!why && radio_unknown) {
        bool none = kl_fact_has(&board->board->facts[KL_FACT_ID_radios], "none");
        why = none ? "the board has no radio; state the current of the one that is added"
                   : "the current of the board's radio is unknown";
    }
    board->average_current = unknown(why);
    board->battery_life = unknown(why);
    if (why) {
        return;
    }
    double voltage = d->has_supply ? d->supply : r->has_battery ? r->battery.voltage : 0;
    const char *provenance = weaker("modelled", board->latency.provenance);
    fill_loads(r, d, board);
    kl_energy_day(d->sleep, board->loads, board->load_count, voltage,
                  r->has_battery ? &r->battery : NULL, &board->day);
    if (board->day.duty > 1) {
        board->average_current = board->battery_life =
            unknown("sensor, features, inference and radio take longer than there is time between");
        return;
    }
    board->average_current =
        known(board->day.average_current, provenance, "duty cycle of the loads, and sleep between");
    board->battery_life = r->has_battery
                              ? known(board->day.life_seconds, provenance,
                                      "usable charge over the average current and self-discharge")
                              : unknown("no battery is stated");
}

static void fill_price(struct kl_select_board *board)
{
    int count;
    const struct kl_fact *fact = &board->board->facts[KL_FACT_ID_price_class];
    int rank = select_rank(fact, KL_FACT_ID_price_class, &count);
    board->price =
        rank >= 0 ? known(rank, "datasheet", fact->text) : unknown("the price class is unknown");
}

static double smaller(double limit, double bytes)
{
    return limit > 0 && (limit < bytes || bytes <= 0) ? limit : bytes;
}

enum kl_err select_figures(struct select_job *job, const struct kl_core_need *needs,
                           struct kl_select_board *board)
{
    const struct kl_select_request *r = job->request;
    struct decision d = {.has_energy = false};
    fill_memory(job, needs, board);
    board->ram_limit = smaller(r->ram, board->board->ram.bytes);
    board->flash_limit = smaller(r->flash, board->board->flash.bytes);
    KL_TRY(sum_models(job, needs, board->board, &d));
    KL_TRY(feature_latency(job, board->board, &d));
    KL_TRY(fill_latency(job, &d, board));
    read_currents(board->board, &d);
    fill_energy(r, &d, board);
    fill_day(r, &d, board);
    fill_price(board);
    return KL_OK;
}
