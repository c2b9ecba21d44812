/* SPDX-License-Identifier: Apache-2.0 */
/* What only time shows: uptime, power cuts, clocks, wear, the battery. */
#include <math.h>

#include "base/statistics.h"
#include "playbook/assess/test_cases.h"

/*
 * Each failure takes the device out of work until somebody looks after it. So uptime U with that
 * time T allows (1-U)/T failures per time; as long without a failure shows it.
 */
static void add_uptime(struct kl_test_cases *cases)
{
    const struct kl_playbook *playbook = cases->playbook;
    double uptime = kl_assess_number(playbook, "requirements.uptime", NAN);
    double down = kl_assess_number(playbook, "requirements.radio.longest_silence", NAN);
    if (!(uptime > 0 && uptime < 1) || !(down > 0)) {
        kl_test_cases_miss(cases, "requirements.uptime",
                           "needs uptime below 100 % and requirements.radio.longest_silence, the "
                           "time until somebody looks after a device");
        return;
    }
    double time = kl_time_for_rate((1 - uptime) / down, 0, cases->confidence);
    cases->uptime_seconds = time;
    struct kl_test_case one = {.name = "Uptime",
                               .kind = "long-running",
                               .place = "hardware",
                               .condition = "several devices side by side in ordinary operation",
                               .requirement = "requirements.uptime",
                               .samples = NAN,
                               .seconds = time,
                               .accept =
                                   kl_assess_printf("no failure in %s of all devices together",
                                                    kl_assess_show(playbook, time, KL_SECONDS))};
    kl_test_cases_add(cases, &one);
}

static void add_power_cuts(struct kl_test_cases *cases)
{
    int64_t cuts = kl_samples_without_failure(0.01, cases->confidence);
    const char *names[] = {"Power cuts", "Power cuts during an update"};
    const char *conditions[] = {"power removed at random moments of ordinary operation",
                                "power removed at every stage of an update, and of a return"};
    for (int i = 0; i < 2; i++) {
        struct kl_test_case one = {
            .name = names[i],
            .kind = "stress",
            .place = "hardware",
            .condition = conditions[i],
            .requirement = i == 0 ? "requirements.uptime" : "requirements.updates",
            .samples = (double)cuts,
            .seconds = NAN,
            .accept = kl_assess_printf("it starts again after each of %lld: then fewer than 1 %% "
                                       "of cuts do harm",
                                       (long long)cuts)};
        kl_test_cases_add(cases, &one);
    }
}

static void add_clock(struct kl_test_cases *cases)
{
    struct kl_test_case one = {
        .name = "Clock drift and wrap",
        .kind = "long-running",
        .place = "simulation",
        .condition = "clock fast and slow by its tolerance; counter of 32 bits in milliseconds "
                     "started just before it wraps, as it does after 49.7 days",
        .requirement = "requirements.period",
        .samples = NAN,
        .seconds = NAN,
        .accept = json_string("decisions stay on time, and nothing stops at the wrap")};
    kl_test_cases_add(cases, &one);
}

static void add_wear(struct kl_test_cases *cases)
{
    const struct kl_playbook *playbook = cases->playbook;
    double allowed = kl_assess_number(playbook, "monitoring.flash_wear.erase_cycles", NAN);
    double daily = kl_assess_number(playbook, "monitoring.flash_wear.erases_per_day", NAN);
    double lifetime = kl_assess_number(playbook, "requirements.lifetime", NAN);
    if (isnan(allowed) || isnan(daily) || isnan(lifetime)) {
        kl_test_cases_miss(cases, "monitoring.flash_wear",
                           "needs erase_cycles, erases_per_day and requirements.lifetime");
        return;
    }
    double needed = daily * lifetime / KL_DAY_SECONDS;
    struct kl_test_case one = {
        .name = "Flash wear",
        .kind = "long-running",
        .place = "simulation",
        .condition = "erases of the busiest sector counted over a day of operation",
        .requirement = "requirements.lifetime",
        .samples = NAN,
        .seconds = KL_DAY_SECONDS,
        .accept = kl_assess_printf("%.0f erases in its lifetime, %.0f are allowed: at most %.4g a "
                                   "day are counted",
                                   needed, allowed, allowed / lifetime * KL_DAY_SECONDS)};
    kl_test_cases_add(cases, &one);
}

/* The room's temperature is easy to have; the allowed current has the cold in it already. */
static void add_battery(struct kl_test_cases *cases)
{
    double current = kl_assess_battery_current(cases->playbook);
    if (isnan(current)) {
        return;
    }
    if (!(current > 0)) {
        kl_test_cases_miss(cases, "requirements.battery.life",
                           "the battery discharges by itself before its life has passed");
        return;
    }
    struct kl_test_case one = {
        .name = "Battery",
        .kind = "long-running",
        .place = "hardware",
        .condition = "charge drawn in a whole day of ordinary operation",
        .requirement = "requirements.battery.life",
        .samples = NAN,
        .seconds = KL_DAY_SECONDS,
        .accept = kl_assess_printf("at most %s on average; losses in the cold are in it",
                                   kl_assess_show(cases->playbook, current, KL_AMPERES))};
    kl_test_cases_add(cases, &one);
}

void kl_test_cases_endurance(struct kl_test_cases *cases)
{
    add_uptime(cases);
    add_power_cuts(cases);
    add_clock(cases);
    add_wear(cases);
    add_battery(cases);
}
