/* SPDX-License-Identifier: Apache-2.0 */
/* Energy of a day and battery life: duty cycle, sleep, sensor, radio, self-discharge, cold. */
#ifndef KINGLET_TARGET_ENERGY_H
#define KINGLET_TARGET_ENERGY_H

#include "target/board.h"

enum { KL_MAX_LOADS = 16 };

/* Something that draws current from time to time. */
struct kl_load {
    const char *name;         /* "inference", "sensor", "radio" */
    double current;           /* A at the supply, while on (instead of the sleep current) */
    double seconds;           /* per event */
    double events_per_second; /* how often; 0: never */
    const char *provenance;
};

struct kl_battery {
    double capacity;       /* C (A*s) at 20 degC */
    double voltage;        /* V, nominal */
    double self_discharge; /* share of the capacity per second */
    double usable;         /* share that can be drawn before the cut-off voltage, 0..1 */
    double temperature;    /* degC, of the place of use */
    double derating;       /* share of the capacity lost per degC below 20 degC */
};

struct kl_energy_day {
    double sleep_current;              /* A */
    double load_current[KL_MAX_LOADS]; /* average A of each load */
    double average_current;            /* A, all */
    double duty;                       /* share of time that something is on; above 1: impossible */
    double joules_per_day;
    double life_seconds; /* of the battery; infinity without a draw */
};

/*
 * Sum the loads over a day on `voltage`, and the life of the battery (may be NULL: infinite).
 *
 *     average = sum(current * seconds * events per second) + sleep current * (1 - duty)
 *     life    = capacity * usable * (1 - derating * max(0, 20 degC - temperature))
 *               / (average + capacity * self-discharge)
 *
 * Charge over current, with self-discharge as a current of its own; the loss in the cold is linear,
 * as the discharge curves of cell data sheets show it roughly.
 */
void kl_energy_day(double sleep_current, const struct kl_load *loads, size_t count, double voltage,
                   const struct kl_battery *battery, struct kl_energy_day *day);

/* Run current of a board at its highest clock: as stated, else current per clock times clock. False
 * when its facts do not tell. */
bool kl_energy_run_current(const struct kl_board *board, double *amperes);

#endif
