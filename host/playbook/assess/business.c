/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cost and return. Money is spent on development and devices at the start, and flows back at the
 * end of each year. Net present value: -investment + sum of yearly net / (1+discount)^year; a last
 * part of a year counts in proportion. Payback: investment / yearly net. Return on investment:
 * (yearly net * years - investment) / investment. The definitions are those of any text book on
 * finance, e.g. Brealey, Myers and Allen, Principles of Corporate Finance.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "playbook/assess/tools.h"

enum input {
    DEVICES,
    UNIT_COST,
    DEVELOPMENT,
    YEARLY,
    SAVED,
    HORIZON,
    DISCOUNT,
    EVENTS,
    ALARMS,
    MISSED,
    WRONG, /* share of answers that are wrong */
    ALARM_COST,
    MISSED_COST,
    WRONG_COST,
    INPUTS
};

struct input_info {
    const char *path, *label;
};

static const struct input_info infos[INPUTS] = {
    [DEVICES] = {"use_case.cost.devices", "Devices"},
    [UNIT_COST] = {"use_case.cost.unit_cost", "Unit cost"},
    [DEVELOPMENT] = {"use_case.cost.development", "Development"},
    [YEARLY] = {"use_case.cost.yearly", "Running cost"},
    [SAVED] = {"use_case.cost.saved_per_device", "Saved per device"},
    [HORIZON] = {"use_case.cost.horizon", "Horizon"},
    [DISCOUNT] = {"use_case.cost.discount", "Discount rate"},
    [EVENTS] = {"use_case.cost.events", "Real events per device"},
    [ALARMS] = {"requirements.false_alarms", "False alarms per device"},
    [MISSED] = {"requirements.missed", "Missed events"},
    [WRONG] = {NULL, "Wrong answers"},
    [ALARM_COST] = {NULL, "Cost of a false alarm"},
    [MISSED_COST] = {NULL, "Cost of a missed event"},
    [WRONG_COST] = {NULL, "Cost of a wrong class"},
};

/* All in base units: rates and running costs per second. */
struct business {
    double in[INPUTS];
};

struct outcome {
    double investment, saved, running, errors, net; /* per year but the first */
    double years, npv, payback_years, roi;
};

/* False alarms, missed events, wrong classes of the whole fleet in a year, at the rates that the
 * requirements just allow. */
static double errors_per_year(const struct business *b, enum input cost)
{
    const double *in = b->in;
    double fleet = in[DEVICES] * KL_YEAR_SECONDS;
    switch (cost) {
    case ALARM_COST: return in[ALARMS] * fleet;
    case MISSED_COST: return in[EVENTS] * in[MISSED] * fleet;
    default: return in[EVENTS] * in[WRONG] * fleet;
    }
}

/* Value today of `net` a year, paid at the ends of `years` years. */
static double present_value(double net, double years, double discount)
{
    enum { MOST_YEARS = 200 };
    double sum = 0;
    double whole = fmin(floor(years), MOST_YEARS);
    for (double year = 1; year <= whole; year++) {
        sum += net / pow(1 + discount, year);
    }
    return sum + net * (years - whole) / pow(1 + discount, years);
}

static struct outcome compute(const struct business *b)
{
    const double *in = b->in;
    struct outcome o = {.investment = in[DEVELOPMENT] + in[DEVICES] * in[UNIT_COST],
                        .saved = in[SAVED] * KL_YEAR_SECONDS * in[DEVICES],
                        .running = in[YEARLY] * KL_YEAR_SECONDS,
                        .years = fmin(in[HORIZON] / KL_YEAR_SECONDS, 200)};
    o.errors = in[ALARM_COST] * errors_per_year(b, ALARM_COST) +
               in[MISSED_COST] * errors_per_year(b, MISSED_COST) +
               in[WRONG_COST] * errors_per_year(b, WRONG_COST);
    o.net = o.saved - o.running - o.errors;
    o.npv = present_value(o.net, o.years, in[DISCOUNT]) - o.investment;
    o.payback_years = o.net > 0 ? o.investment / o.net : INFINITY;
    o.roi = (o.net * o.years - o.investment) / o.investment;
    return o;
}

static bool has_kind(const struct kl_yaml *error, const char *kind)
{
    return strcmp(kl_assess_text(error, "kind"), kind) == 0;
}

/* The highest cost among the errors of a kind: what is stated first as the worst case. */
static double cost_of(const struct kl_yaml *errors, const char *kind)
{
    double worst = 0;
    for (size_t i = 0; errors && i < errors->count; i++) {
        if (has_kind(errors->items[i], kind)) {
            worst = fmax(worst, kl_assess_item(errors->items[i], "cost", 0));
        }
    }
    return worst;
}

static struct business read_inputs(const struct kl_playbook *playbook)
{
    struct business b;
    const struct kl_yaml *errors = kl_playbook_field(playbook, "use_case.errors");
    for (int i = 0; i < INPUTS; i++) {
        b.in[i] = infos[i].path ? kl_assess_number(playbook, infos[i].path, 0) : 0;
    }
    b.in[WRONG] = 1 - kl_assess_number(playbook, "requirements.accuracy.overall", 1);
    b.in[ALARM_COST] = cost_of(errors, "false-alarm");
    b.in[MISSED_COST] = cost_of(errors, "missed");
    b.in[WRONG_COST] = cost_of(errors, "wrong-class");
    return b;
}

/* Sensitivity: the change of the net value when one input is a fifth smaller or larger. */

struct swing {
    enum input input;
    double low, high; /* net value with the input at 80 % and at 120 % */
};

static int by_span(const void *a, const void *b)
{
    const struct swing *x = a;
    const struct swing *y = b;
    double difference = fabs(y->high - y->low) - fabs(x->high - x->low);
    if (difference != 0) {
        return difference > 0 ? 1 : -1;
    }
    return (int)x->input - (int)y->input;
}

static struct outcome with_input(const struct business *b, enum input input, double factor)
{
    struct business changed = *b;
    changed.in[input] *= factor;
    return compute(&changed);
}

static size_t sort_swings(const struct business *b, struct swing swings[INPUTS])
{
    size_t count = 0;
    for (int i = 0; i < INPUTS; i++) {
        struct swing swing = {(enum input)i, with_input(b, (enum input)i, 0.8).npv,
                              with_input(b, (enum input)i, 1.2).npv};
        if (swing.low != swing.high) {
            swings[count++] = swing;
        }
    }
    qsort(swings, count, sizeof *swings, by_span);
    return count;
}

static json_t *sensitivity_table(const struct kl_playbook *playbook, const struct business *b,
                                 const struct outcome *o)
{
    struct swing swings[INPUTS];
    size_t count = sort_swings(b, swings);
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct swing *s = &swings[i];
        json_array_append_new(rows, json_pack("{s:s, s:o, s:o, s:o, s:o}", "input",
                                              infos[s->input].label, "net_value_at_80_percent",
                                              kl_assess_shown(playbook, s->low, KL_MONEY),
                                              "net_value_at_120_percent",
                                              kl_assess_shown(playbook, s->high, KL_MONEY), "low",
                                              kl_json_number(s->low - o->npv), "high",
                                              kl_json_number(s->high - o->npv)));
    }
    return rows;
}

static json_t *cash_flow_table(const struct business *b, const struct outcome *o)
{
    json_t *rows = json_array();
    double cumulative = -o->investment;
    double discounted = cumulative;
    json_array_append_new(rows, json_pack("{s:i, s:o, s:o, s:o}", "year", 0, "net",
                                          kl_json_number(cumulative), "cumulative",
                                          kl_json_number(cumulative), "discounted",
                                          kl_json_number(discounted)));
    for (int year = 1; year < o->years + 1 && year <= 50; year++) {
        double part = fmin(1, o->years - (year - 1));
        cumulative += o->net * part;
        discounted += o->net * part / pow(1 + b->in[DISCOUNT], fmin(year, o->years));
        json_array_append_new(rows, json_pack("{s:i, s:o, s:o, s:o}", "year", year, "net",
                                              kl_json_number(o->net * part), "cumulative",
                                              kl_json_number(cumulative), "discounted",
                                              kl_json_number(discounted)));
    }
    return rows;
}

static void add_error(const struct kl_playbook *playbook, const struct business *b, json_t *rows,
                      const char *label, enum input cost, const char *how)
{
    double count = errors_per_year(b, cost);
    if (count == 0 && b->in[cost] == 0) {
        return;
    }
    json_array_append_new(
        rows, json_pack("{s:s, s:o, s:o, s:o, s:s}", "error", label, "per_year",
                        kl_json_number(round(count * 10) / 10), "cost_each",
                        kl_assess_shown(playbook, b->in[cost], KL_MONEY), "cost_per_year",
                        kl_assess_shown(playbook, count * b->in[cost], KL_MONEY), "how", how));
}

static json_t *error_table(const struct kl_playbook *playbook, const struct business *b)
{
    json_t *rows = json_array();
    add_error(playbook, b, rows, "False alarms", ALARM_COST,
              "as many as requirements.false_alarms allows, on all devices");
    add_error(playbook, b, rows, "Missed events", MISSED_COST,
              "the share requirements.missed of use_case.cost.events, on all devices");
    add_error(playbook, b, rows, "Wrong classes", WRONG_COST,
              "what requirements.accuracy.overall leaves of use_case.cost.events");
    return rows;
}

static void add_amount(const struct kl_playbook *playbook, json_t *rows, const char *item,
                       double amount, const char *how)
{
    json_array_append_new(rows, json_pack("{s:s, s:o, s:s}", "item", item, "amount",
                                          kl_assess_shown(playbook, amount, KL_MONEY), "how", how));
}

static json_t *amount_table(const struct kl_playbook *playbook, const struct outcome *o)
{
    json_t *rows = json_array();
    add_amount(playbook, rows, "Investment", o->investment, "development and all devices");
    add_amount(playbook, rows, "Saved per year", o->saved, "by all devices");
    add_amount(playbook, rows, "Running cost per year", o->running, "as stated");
    add_amount(playbook, rows, "Cost of errors per year", o->errors,
               "at the error rates that the requirements allow");
    add_amount(playbook, rows, "Net per year", o->net, "saved less running cost and errors");
    add_amount(playbook, rows, "Net present value", o->npv,
               "of all years of the horizon, discounted, less the investment");
    return rows;
}

/* The number of devices from which on the net value is positive; infinity when none is. */
static double break_even_devices(const struct business *b)
{
    double one = with_input(b, DEVICES, 0).npv; /* fixed costs only */
    struct outcome all = compute(b);
    double per_device = (all.npv - one) / b->in[DEVICES];
    return per_device > 0 ? ceil(fmax(0, -one) / per_device) : INFINITY;
}

static void put_metrics(const struct kl_playbook *playbook, const struct business *b,
                        const struct outcome *o, struct kl_result *result)
{
    const char *money = playbook->currency;
    kl_assess_stated(result, "cost.unit", b->in[UNIT_COST], money);
    kl_assess_stated(result, "cost.investment", o->investment, money);
    kl_assess_stated(result, "cost.total", o->investment + (o->running + o->errors) * o->years,
                     money);
    kl_assess_stated(result, "cost.errors_per_year", o->errors, money);
    kl_assess_stated(result, "saved_per_year", o->saved, money);
    kl_assess_stated(result, "net_per_year", o->net, money);
    kl_assess_stated(result, "net_present_value", o->npv, money);
    kl_assess_stated(result, "payback", o->payback_years, "a");
    kl_result_metric(result, "pays_back", json_boolean(o->payback_years <= o->years), "1",
                     KL_STATED);
    kl_assess_stated(result, "return_on_investment", o->roi, "1");
    kl_assess_stated(result, "break_even_devices", break_even_devices(b), "devices");
}

/* What is left out counts as nothing: the reader must know. */
static void put_assumptions(const struct kl_playbook *playbook, const struct business *b,
                            struct kl_result *result)
{
    kl_assess_assume(playbook, result, infos[DEVELOPMENT].path, "no cost");
    kl_assess_assume(playbook, result, infos[YEARLY].path, "no cost");
    kl_assess_assume(playbook, result, infos[DISCOUNT].path, "0 %");
    if (b->in[ALARM_COST] > 0) {
        kl_assess_assume(playbook, result, infos[ALARMS].path, "no false alarms");
    }
    if (b->in[MISSED_COST] > 0) {
        kl_assess_assume(playbook, result, infos[MISSED].path, "no missed events");
    }
    if (b->in[WRONG_COST] > 0) {
        kl_assess_assume(playbook, result, "requirements.accuracy.overall", "no wrong classes");
    }
    if (b->in[MISSED_COST] > 0 || b->in[WRONG_COST] > 0) {
        kl_assess_assume(playbook, result, infos[EVENTS].path, "no events, so no errors in them");
    }
}

enum kl_err kl_assess_business(const struct kl_playbook *playbook,
                               const struct kl_evidence *evidence, struct kl_result *result,
                               struct kl_diag *diag)
{
    (void)evidence;
    const char *const needed[] = {infos[DEVICES].path, infos[UNIT_COST].path, infos[SAVED].path,
                                  infos[HORIZON].path, NULL};
    KL_TRY(kl_assess_need(playbook, "business", needed, diag));
    struct business b = read_inputs(playbook);
    if (!(b.in[DEVICES] > 0) || !(b.in[HORIZON] > 0) || b.in[DISCOUNT] <= -1) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: the assessment business needs at least one device, a horizon above "
                       "zero, and a discount rate above -100 %%, see use_case.cost",
                       playbook->path);
    }
    struct outcome o = compute(&b);
    put_metrics(playbook, &b, &o, result);
    put_assumptions(playbook, &b, result);
    kl_assess_table(result, "amounts", amount_table(playbook, &o));
    kl_assess_table(result, "errors", error_table(playbook, &b));
    kl_assess_table(result, "cash_flow", cash_flow_table(&b, &o));
    kl_assess_table(result, "sensitivity", sensitivity_table(playbook, &b, &o));
    return KL_OK;
}
