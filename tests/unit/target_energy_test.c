/* SPDX-License-Identifier: Apache-2.0 */
/* Energy of a day and battery life, against figures computed by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "target/energy.h"

static void expect_near(double value, double wanted)
{
    if (!(fabs(value - wanted) <= 1e-9 * fabs(wanted))) {
        fail_msg("%.12g instead of %.12g", value, wanted);
    }
}

/* 10 mA for 100 ms each second, 20 mA for 2 s each 100 s, else 1 mA. */
static const struct kl_load loads[] = {
    {"inference", 0.010, 0.1, 1.0, "modelled"},
    {"radio", 0.020, 2.0, 0.01, "stated"},
};

static void loads_and_sleep_add_up(void **state)
{
    struct kl_energy_day day;
    (void)state;
    kl_energy_day(0.001, loads, 2, 3.0, NULL, &day);
    expect_near(day.load_current[0], 0.001);
    expect_near(day.load_current[1], 0.0004);
    expect_near(day.duty, 0.12);
    expect_near(day.average_current, 0.001 + 0.0004 + 0.88 * 0.001);
    expect_near(day.joules_per_day, 0.00228 * 3.0 * 86400);
    assert_true(isinf(day.life_seconds));
}

static void an_idle_board_only_sleeps(void **state)
{
    struct kl_energy_day day;
    (void)state;
    kl_energy_day(5e-6, NULL, 0, 3.0, NULL, &day);
    expect_near(day.average_current, 5e-6);
    assert_true(day.duty == 0);
}

/* More work than time: the sleep current never becomes negative. */
static void overload_is_visible(void **state)
{
    static const struct kl_load much = {"inference", 0.010, 2.0, 1.0, "modelled"};
    struct kl_energy_day day;
    (void)state;
    kl_energy_day(0.001, &much, 1, 3.0, NULL, &day);
    expect_near(day.duty, 2.0);
    expect_near(day.average_current, 0.020);
}

static void life_of_a_battery(void **state)
{
    struct kl_battery battery = {
        .capacity = 3600, .voltage = 3.0, .usable = 0.9, .temperature = 25, .derating = 0.01};
    struct kl_energy_day day;
    (void)state;
    kl_energy_day(0.001, NULL, 0, 3.0, &battery, &day);
    expect_near(day.life_seconds, 3600 * 0.9 / 0.001);
    battery.self_discharge = 0.001 / 3600; /* as much again */
    kl_energy_day(0.001, NULL, 0, 3.0, &battery, &day);
    expect_near(day.life_seconds, 3600 * 0.9 / 0.002);
    battery.temperature = -20; /* 40 degrees below: 40 % less */
    kl_energy_day(0.001, NULL, 0, 3.0, &battery, &day);
    expect_near(day.life_seconds, 3600 * 0.9 * 0.6 / 0.002);
    battery.derating = 0.5; /* nothing left */
    kl_energy_day(0.001, NULL, 0, 3.0, &battery, &day);
    assert_true(day.life_seconds == 0);
}

static void no_draw_lasts_for_ever(void **state)
{
    const struct kl_battery battery = {.capacity = 3600, .usable = 1, .temperature = 20};
    struct kl_energy_day day;
    (void)state;
    kl_energy_day(0, NULL, 0, 3.0, &battery, &day);
    assert_true(isinf(day.life_seconds) && day.life_seconds > 0);
}

static void run_current_comes_from_the_facts(void **state)
{
    struct kl_board board = {.clock_hz = 100000000};
    double amperes;
    (void)state;
    assert_false(kl_energy_run_current(&board, &amperes));
    board.facts[KL_FACT_ID_run_current_per_clock] =
        (struct kl_fact){.known = true, .value = {50e-12, KL_AMPERES_PER_HERTZ}};
    assert_true(kl_energy_run_current(&board, &amperes));
    expect_near(amperes, 0.005);
    board.facts[KL_FACT_ID_run_current] =
        (struct kl_fact){.known = true, .value = {0.006, KL_AMPERES}};
    assert_true(kl_energy_run_current(&board, &amperes));
    expect_near(amperes, 0.006);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_and_sleep_add_up),
        cmocka_unit_test(an_idle_board_only_sleeps),
        cmocka_unit_test(overload_is_visible),
        cmocka_unit_test(life_of_a_battery),
        cmocka_unit_test(no_draw_lasts_for_ever),
        cmocka_unit_test(run_current_comes_from_the_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
