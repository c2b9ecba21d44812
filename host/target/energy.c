/* SPDX-License-Identifier: Apache-2.0 */
#include "target/energy.h"

#include <assert.h>
#include <math.h>

enum { DAY_SECONDS = 24 * 60 * 60, ROOM_TEMPERATURE = 20 };

/* Charge that the battery gives at the place of use. */
static double usable_charge(const struct kl_battery *battery)
{
    double cold = fmax(0, ROOM_TEMPERATURE - battery->temperature);
    return battery->capacity * battery->usable * fmax(0, 1 - battery->derating * cold);
}

static double battery_life(const struct kl_battery *battery, double average)
{
    double draw = average + battery->capacity * battery->self_discharge;
    return draw > 0 ? usable_charge(battery) / draw : INFINITY;
}

void kl_energy_day(double sleep_current, const struct kl_load *loads, size_t count, double voltage,
                   const struct kl_battery *battery, struct kl_energy_day *day)
{
    assert(count <= KL_MAX_LOADS);
    *day = (struct kl_energy_day){.sleep_current = sleep_current};
    for (size_t i = 0; i < count; i++) {
        double share = loads[i].seconds * loads[i].events_per_second;
        day->load_current[i] = loads[i].current * share;
        day->average_current += day->load_current[i];
        day->duty += share;
    }
    day->average_current += sleep_current * fmax(0, 1 - day->duty);
    day->joules_per_day = day->average_current * voltage * DAY_SECONDS;
    day->life_seconds = battery ? battery_life(battery, day->average_current) : INFINITY;
}

bool kl_energy_run_current(const struct kl_board *board, double *amperes)
{
    const struct kl_fact *whole = &board->facts[KL_FACT_ID_run_current];
    const struct kl_fact *per_clock = &board->facts[KL_FACT_ID_run_current_per_clock];
    if (whole->known) {
        *amperes = whole->value.value;
        return true;
    }
    if (per_clock->known && board->clock_hz > 0) {
        *amperes = per_clock->value.value * (double)board->clock_hz;
        return true;
    }
    return false;
}
