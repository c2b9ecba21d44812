/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A first look from the requirements alone: what each decision may cost, and whether any board
 * could do it. What the battery allows on average: capacity, less what cannot be drawn, is lost
 * in the cold and discharges by itself, divided by the life that is demanded.
 */
#include <math.h>

#include "playbook/assess/boards.h"

/*
 * Cycles of an int8 multiply-accumulate. The models of MLPerf Tiny need 4.6 to 6.6 with the
 * portable kernels on a Cortex-M4F (docs/guide/performance.md); the range leaves room for
 * kernels with vendor instructions and for wait states.
 */
static const double mac_cycles_low = 4;
static const double mac_cycles_high = 8;

/* Clocks of common microcontrollers, in MHz: nRF51, nRF52, STM32F4, STM32H7. */
static const int clocks[] = {16, 64, 168, 480};

struct budget {
    double period, latency;
    double current; /* A on average; NaN: no limit */
    double energy;  /* J per decision; NaN: no limit */
};

static double smaller(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

static struct budget compute_budget(const struct kl_playbook *playbook)
{
    double voltage = kl_assess_number(playbook, "requirements.battery.voltage", NAN);
    double power = kl_assess_number(playbook, "requirements.power", NAN);
    struct budget b = {.period = kl_assess_number(playbook, "requirements.period", NAN),
                       .latency = kl_assess_number(playbook, "requirements.latency", NAN),
                       .current = kl_assess_battery_current(playbook)};
    b.current = smaller(b.current, power / voltage);
    b.energy = smaller(b.current * voltage * b.period, power * b.period);
    b.energy = smaller(b.energy, kl_assess_number(playbook, "requirements.energy", NAN));
    return b;
}

static json_t *mac_table(const struct budget *b)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks && isfinite(b->latency); i++) {
        double cycles = b->latency * clocks[i] * 1e6;
        json_array_append_new(
            rows, json_pack("{s:o, s:o, s:o, s:o}", "clock", kl_assess_printf("%d MHz", clocks[i]),
                            "cycles_per_decision", kl_assess_whole(cycles), "macs_at_8_cycles_each",
                            kl_assess_whole(cycles / mac_cycles_high), "macs_at_4_cycles_each",
                            kl_assess_whole(cycles / mac_cycles_low)));
    }
    return rows;
}

static void put_metrics(const struct kl_playbook *playbook, const struct budget *b,
                        struct kl_result *result)
{
    kl_assess_metric(result, "decisions.per_day", KL_DAY_SECONDS / b->period, "/d");
    kl_assess_metric(result, "current.average_limit", b->current, "A");
    kl_assess_metric(result, "energy.per_decision_limit", b->energy, "J");
    double load = kl_assess_number(playbook, "requirements.load", 1);
    kl_assess_metric(result, "duty.limit", fmin(load, smaller(b->latency / b->period, 1)), "1");
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        const char *name = kl_arena_printf(playbook->arena, "macs.at_%d_mhz", clocks[i]);
        if (name) {
            kl_assess_metric(result, name, floor(b->latency * clocks[i] * 1e6 / mac_cycles_high),
                             "macs");
        }
    }
}

static void add_sentence(json_t *list, json_t *sentence)
{
    json_array_append_new(list, json_pack("{s:o}", "finding", sentence));
}

/* What stands against it, in sentences. */
static json_t *findings(const struct kl_playbook *playbook, const struct budget *b,
                        const struct kl_board_summary *boards)
{
    json_t *list = json_array();
    if (b->latency > b->period) {
        add_sentence(list,
                     kl_assess_printf("A decision may take %s, but the next one is due after %s.",
                                      kl_assess_show(playbook, b->latency, KL_SECONDS),
                                      kl_assess_show(playbook, b->period, KL_SECONDS)));
    }
    if (b->current <= 0) {
        add_sentence(
            list, kl_assess_printf("The battery discharges by itself before its life has passed."));
    }
    if (boards->possible == 0) {
        add_sentence(list, kl_assess_printf("None of %zu boards meets every limit; the table of "
                                            "boards says why.",
                                            boards->boards));
    }
    return list;
}

enum kl_err kl_assess_feasibility(const struct kl_playbook *playbook,
                                  const struct kl_evidence *evidence, struct kl_result *result,
                                  struct kl_diag *diag)
{
    (void)evidence;
    const char *const needed[] = {"requirements.latency", "requirements.period", NULL};
    KL_TRY(kl_assess_need(playbook, "feasibility", needed, diag));
    struct budget budget = compute_budget(playbook);
    if (!(budget.latency > 0) || !(budget.period > 0)) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: latency and period in the requirements must be above zero",
                       playbook->path);
    }
    struct kl_board_summary boards;
    put_metrics(playbook, &budget, result);
    kl_assess_assume_battery(playbook, result);
    KL_TRY(kl_assess_boards(playbook, budget.current, result, &boards, diag));
    kl_assess_count(result, "boards.all", boards.boards);
    kl_assess_count(result, "boards.possible", boards.possible);
    kl_assess_count(result, "boards.certain", boards.certain);
    kl_assess_table(result, "macs", mac_table(&budget));
    json_t *against = findings(playbook, &budget, &boards);
    kl_assess_flag(result, "feasible", json_array_size(against) == 0);
    kl_assess_table(result, "findings", against);
    return KL_OK;
}
