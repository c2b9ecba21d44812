/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing hardware: figures, limits and scores of boards made up for the test. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/select/internal.h"

enum { ARENA_BYTES = 64 << 20, BOARDS = 3 };

struct fixture {
    struct kl_arena *arena;
    struct kl_diag diag;
    struct kl_select_request request;
    struct select_job job;
    struct kl_core_need need;
    struct kl_core core;
    struct kl_board board;
    struct kl_select_board result;
};

static const char sha256[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static struct kl_fact number(double value)
{
    static const struct kl_source source = {.key = "s", .title = "made up"};
    return (struct kl_fact){.known = true, .value = {value, KL_PLAIN}, .source = &source};
}

static struct kl_fact word(const char *text)
{
    struct kl_fact fact = number(0);
    fact.text = text;
    return fact;
}

/* A board of 100 MHz that needs no wait states, 10 mA at 3 V to run and 1 mA to sleep. */
static struct kl_board make_board(const struct kl_core *core)
{
    struct kl_board board = {.name = "b",
                             .title = "B",
                             .core = "cortex-m4f",
                             .core_facts = core,
                             .clock_hz = 100000000,
                             .ram.bytes = 64 * 1024,
                             .flash.bytes = 256 * 1024};
    board.facts[KL_FACT_ID_flash_wait_states] = number(0);
    board.facts[KL_FACT_ID_run_current] = number(0.010);
    board.facts[KL_FACT_ID_sleep_current] = number(0.001);
    board.facts[KL_FACT_ID_supply] = number(3);
    return board;
}

/* A model of 16000 bytes of arena that takes 10 ms on that board. */
static struct kl_core_need make_need(const struct kl_core *core)
{
    struct kl_core_need need = {.core = core, .memory_counted = true, .counted = true};
    need.memory = (struct kl_profile_memory){.arena = 16000,
                                             .data = 100,
                                             .bss = 200,
                                             .stack = 700,
                                             .ram_total = 17000,
                                             .code = 4900,
                                             .constants = 25000,
                                             .flash_total = 30000};
    need.memory_how = "made up";
    need.count_how = "made up";
    need.count =
        (struct kl_core_count){.instructions = 800000, .cycles = 1000000, .core = "cortex-m4f"};
    return need;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    static const char *const models[] = {"model.tflite", "other.tflite"};
    struct fixture *f = &fixture;
    *f = (struct fixture){.arena = kl_arena_create(ARENA_BYTES)};
    f->request.models = models;
    f->request.model_count = 1;
    f->request.temperature_min = NAN;
    f->request.temperature_max = NAN;
    f->core = (struct kl_core){.name = "cortex-m4f"};
    f->board = make_board(&f->core);
    f->need = make_need(&f->core);
    f->job = (struct select_job){.request = &f->request, .arena = f->arena, .diag = &f->diag};
    memcpy(f->job.jobs[0].sha256, sha256, sizeof sha256);
    memcpy(f->job.jobs[1].sha256, sha256, sizeof sha256);
    f->result.board = &f->board;
    *state = f;
    return f->arena ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kl_arena_free(f->arena);
    return 0;
}

static void expect_near(double value, double wanted)
{
    if (!(fabs(value - wanted) <= 1e-9 * fabs(wanted))) {
        fail_msg("%.12g instead of %.12g", value, wanted);
    }
}

static void fill(struct fixture *f)
{
    f->result = (struct kl_select_board){.board = &f->board};
    assert_int_equal(select_figures(&f->job, &f->need, &f->result), KL_OK);
}

static void plain_figures(void **state)
{
    struct fixture *f = *state;
    fill(f);
    expect_near(f->result.ram.value, 17000);
    expect_near(f->result.flash.value, 30000);
    expect_near(f->result.latency.value, 0.010);
    expect_near(f->result.energy.value, 3 * 0.010 * 0.010);
    /* Once a second by default: 10 ms of 10 mA, 990 ms of 1 mA. */
    expect_near(f->result.average_current.value, 0.0001 + 0.00099);
    assert_string_equal(f->result.ram.provenance, "counted");
    assert_string_equal(f->result.latency.provenance, "modelled");
    assert_false(f->result.battery_life.known);
    assert_non_null(strstr(f->result.battery_life.how, "no battery"));
}

static void a_decision_is_sensor_features_and_models(void **state)
{
    struct fixture *f = *state;
    f->request.sensor_seconds = 0.5;
    f->request.sensor_current = 0.002;
    f->request.feature_cycles = 500000;
    f->request.period = 2;
    f->request.ram_reserved = 1000;
    f->request.flash_reserved = 2000;
    fill(f);
    expect_near(f->result.latency.value, 0.5 + 0.005 + 0.010);
    expect_near(f->result.energy.value, 3 * (0.010 * 0.015 + 0.002 * 0.5));
    expect_near(f->result.ram.value, 18000);
    expect_near(f->result.flash.value, 32000);
    assert_int_equal(f->result.load_count, 3);
    expect_near(f->result.day.duty, 0.515 / 2);
}

static void models_share_the_arena(void **state)
{
    struct fixture *f = *state;
    struct kl_core_need needs[2] = {f->need, f->need};
    needs[1].memory.arena = 20000;
    needs[1].memory.stack = 300;
    f->request.model_count = 2;
    assert_int_equal(select_figures(&f->job, needs, &f->result), KL_OK);
    expect_near(f->result.ram.value, 20000 + 700 + 2 * 300);
    expect_near(f->result.flash.value, 60000);
    expect_near(f->result.latency.value, 0.020);
}

static void measurements_replace_models(void **state)
{
    static const struct kl_measurement history[] = {
        {"0123456789ab", true, true, 0.020, 0.001, "2026-11-23", "Jane", NULL},
        {"ffffffffffff", true, true, 9, 9, "2026-11-24", "Jane", NULL},
    };
    struct fixture *f = *state;
    f->board.history = history;
    f->board.history_count = 2;
    fill(f);
    expect_near(f->result.latency.value, 0.020);
    expect_near(f->result.energy.value, 0.001);
    assert_string_equal(f->result.latency.provenance, "measured");
    assert_string_equal(f->result.energy.provenance, "measured");
    f->request.feature_seconds = 0.005; /* stated: the sum is no measurement */
    fill(f);
    assert_string_equal(f->result.latency.provenance, "modelled");
    expect_near(f->result.energy.value, 0.001 + 3 * 0.010 * 0.005);
}

static void battery_life_counts_the_radio(void **state)
{
    struct fixture *f = *state;
    f->request.has_battery = true;
    f->request.battery = (struct kl_battery){.capacity = 3600, .usable = 1, .temperature = 20};
    f->request.radio_seconds = 0.1;
    f->request.radio_period = 10;
    fill(f);
    assert_false(f->result.battery_life.known); /* nobody knows what the radio draws */
    f->board.facts[KL_FACT_ID_radio_tx_current] = number(0.020);
    fill(f);
    expect_near(f->result.battery_life.value, 3600 / (0.0001 + 0.0002 + 0.98 * 0.001));
    f->request.radio_current = 0.040;
    fill(f);
    expect_near(f->result.battery_life.value, 3600 / (0.0001 + 0.0004 + 0.98 * 0.001));
}

/* 1 mJ in 20 ms at 3 V: 16.7 mA, once a second. */
static void measured_energy_reaches_the_battery(void **state)
{
    static const struct kl_measurement history[] = {
        {"0123456789ab", true, true, 0.020, 0.001, "2026-11-23", "Jane", NULL}};
    struct fixture *f = *state;
    f->board.history = history;
    f->board.history_count = 1;
    fill(f);
    expect_near(f->result.loads[0].current, 0.001 / (3 * 0.020));
    assert_string_equal(f->result.loads[0].provenance, "measured");
}

static void more_work_than_time_has_no_life(void **state)
{
    struct fixture *f = *state;
    f->request.has_battery = true;
    f->request.battery = (struct kl_battery){.capacity = 3600, .usable = 1, .temperature = 20};
    f->request.feature_seconds = 5; /* and a decision a second */
    fill(f);
    assert_false(f->result.battery_life.known);
    assert_false(f->result.average_current.known);
    assert_non_null(strstr(f->result.battery_life.how, "longer than there is time"));
}

static void what_is_unknown_is_said(void **state)
{
    struct fixture *f = *state;
    f->board.facts[KL_FACT_ID_run_current].known = false;
    fill(f);
    assert_false(f->result.energy.known);
    assert_non_null(strstr(f->result.energy.how, "run current"));
    f->need.counted = false;
    fill(f);
    assert_false(f->result.latency.known);
    assert_string_equal(f->result.latency.how, "made up");
    assert_non_null(strstr(f->result.energy.how, "latency"));
    f->board = make_board(&f->core);
    f->need = make_need(&f->core);
    f->board.facts[KL_FACT_ID_supply].known = false;
    fill(f);
    assert_false(f->result.energy.known);
    assert_true(f->result.average_current.known); /* currents need no voltage */
}

/* Exclusions (or doubts) of the board under the request; the text must be the only one. */
static void expect_limit(struct fixture *f, bool doubt, const char *sentence)
{
    fill(f);
    assert_int_equal(select_limits(&f->job, 16000, &f->result), KL_OK);
    const char *const *list = doubt ? f->result.doubts : f->result.exclusions;
    size_t count = doubt ? f->result.doubt_count : f->result.exclusion_count;
    size_t others = doubt ? f->result.exclusion_count : f->result.doubt_count;
    if (count != 1 || others != 0 || !strstr(list[0], sentence)) {
        fail_msg("expected only '%s', got %zu and %zu: %s", sentence, count, others,
                 count > 0 ? list[0] : "");
    }
}

static void no_limit_excludes_nothing(void **state)
{
    struct fixture *f = *state;
    fill(f);
    assert_int_equal(select_limits(&f->job, 16000, &f->result), KL_OK);
    assert_int_equal(f->result.exclusion_count, 0);
    assert_int_equal(f->result.doubt_count, 0);
}

static void memory_limits(void **state)
{
    struct fixture *f = *state;
    f->board.ram.bytes = 8192;
    expect_limit(f, false, "RAM: 16.6 KiB is needed, the board has 8 KiB");
    f->board.ram.bytes = 0;
    expect_limit(f, true, "RAM: 16.6 KiB is needed, and the size of the board's is unknown");
    f->board = make_board(&f->core);
    f->request.ram = 16384;
    expect_limit(f, false, "RAM: 16.6 KiB is needed, the limit is 16 KiB");
    f->request.ram = 0;
    f->board.facts[KL_FACT_ID_ram_largest_bank] = number(8192);
    expect_limit(f, false, "the arena needs 15.62 KiB in one piece, the largest bank has 8 KiB");
    f->board = make_board(&f->core);
    f->request.flash = 20000;
    expect_limit(f, false, "flash: 29.3 KiB is needed, the limit is 19.53 KiB");
}

static void time_and_energy_limits(void **state)
{
    struct fixture *f = *state;
    f->request.latency = 0.005;
    expect_limit(f, false, "latency: 10 ms (modelled), the limit is 5 ms");
    f->request.latency = 0.015;
    f->board.facts[KL_FACT_ID_flash_wait_states] = number(2);
    f->board.facts[KL_FACT_ID_instruction_cache] = number(1024);
    expect_limit(f, true, "latency: up to 22 ms if no cache hides");
    f->board = make_board(&f->core);
    f->request.latency = 0;
    f->request.period = 0.008;
    expect_limit(f, false, "latency: a decision takes 10 ms and the next is due after 8 ms");
    f->request.period = 0;
    f->request.energy = 0.0001;
    expect_limit(f, false, "energy of a decision: 300 uJ (modelled), the limit is 100 uJ");
    f->board.facts[KL_FACT_ID_run_current].known = false;
    expect_limit(f, true, "energy of a decision: the limit of 100 uJ cannot be checked");
}

static void battery_limits(void **state)
{
    struct fixture *f = *state;
    f->request.has_battery = true;
    f->request.battery = (struct kl_battery){.capacity = 360, .usable = 1, .temperature = 20};
    f->request.battery_life = 10 * 86400;
    expect_limit(f, false, "battery life: 3.823 d (modelled), wanted is 10 d");
    f->board.facts[KL_FACT_ID_sleep_current].known = false;
    expect_limit(f, true, "battery life: 10 d cannot be checked: the board's sleep current");
}

static void limits_of_the_place(void **state)
{
    struct fixture *f = *state;
    f->request.temperature_min = -30;
    expect_limit(f, true,
                 "temperature: down to -30 \u00b0C is needed, the board's range is unknown");
    f->board.facts[KL_FACT_ID_temperature_min] = number(-20);
    expect_limit(f, false, "down to -30 \u00b0C is needed, the board goes down to -20 \u00b0C");
    f->request.temperature_min = -20;
    f->request.temperature_max = 85;
    f->board.facts[KL_FACT_ID_temperature_max] = number(70);
    expect_limit(f, false, "up to 85 \u00b0C is needed, the board goes up to 70 \u00b0C");
}

static void limits_by_words(void **state)
{
    struct fixture *f = *state;
    f->request.sensors = "light, microphone";
    expect_limit(f, true, "sensors: light, microphone is needed, what the board has is unknown");
    f->board.facts[KL_FACT_ID_sensors] = word("light gesture");
    expect_limit(f, false, "sensors: microphone is needed, the board has light gesture");
    f->request.sensors = NULL;
    f->request.sdks = "zephyr arduino";
    f->board.facts[KL_FACT_ID_sdks] = word("rust mbed");
    expect_limit(f, false, "software: one of zephyr arduino is needed, the board has rust mbed");
    f->board.facts[KL_FACT_ID_sdks] = word("rust arduino");
    f->request.secure_boot = "hardware";
    f->board.facts[KL_FACT_ID_secure_boot] = word("software");
    expect_limit(f, false, "secure boot: at least hardware is wanted, the board's is software");
    f->request.secure_boot = "software";
    f->request.price_class = "10-to-25";
    f->board.facts[KL_FACT_ID_price_class] = word("25-to-60");
    expect_limit(f, false, "price: at most 10-to-25 is wanted, the board's is 25-to-60");
    f->board.facts[KL_FACT_ID_price_class] = word("below-10");
    fill(f);
    assert_int_equal(select_limits(&f->job, 16000, &f->result), KL_OK);
    assert_int_equal(f->result.exclusion_count + f->result.doubt_count, 0);
}

static void unknown_words_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kl_select_check_words(KL_FACT_ID_radios, "ble,wifi", "x", &f->diag), KL_OK);
    assert_int_equal(kl_select_check_words(KL_FACT_ID_radios, NULL, "x", &f->diag), KL_OK);
    assert_int_equal(kl_select_check_words(KL_FACT_ID_radios, "ble wify", "--radios", &f->diag),
                     KL_EUSAGE);
    assert_non_null(strstr(f->diag.message, "--radios: unknown word 'wify'; did you mean 'wifi'?"));
}

/* Three candidates that differ in latency and price alone. */
struct choice {
    struct kl_board boards[BOARDS];
    struct kl_select_board rows[BOARDS];
    struct kl_select_result result;
};

static void make_choice(struct fixture *f, struct choice *c)
{
    static const char *const names[BOARDS] = {"fast", "middle", "cheap"};
    static const char *const prices[BOARDS] = {"above-150", "60-to-150", "below-10"};
    static const uint32_t clocks[BOARDS] = {100000000, 50000000, 25000000};
    *c = (struct choice){.result = {.boards = c->rows, .board_count = BOARDS}};
    c->result.candidate_count = BOARDS;
    for (size_t i = 0; i < BOARDS; i++) {
        c->boards[i] = make_board(&f->core);
        c->boards[i].name = names[i];
        c->boards[i].title = names[i];
        c->boards[i].clock_hz = clocks[i];
        c->boards[i].facts[KL_FACT_ID_price_class] = word(prices[i]);
        c->rows[i].board = &c->boards[i];
        assert_int_equal(select_figures(&f->job, &f->need, &c->rows[i]), KL_OK);
    }
}

static void weights_decide(void **state)
{
    struct fixture *f = *state;
    struct choice c;
    make_choice(f, &c);
    f->request.weights[KL_CRITERION_LATENCY] = 3;
    f->request.weights[KL_CRITERION_COST] = 1;
    select_score(&f->request, &c.result);
    assert_string_equal(c.rows[0].board->name, "fast");
    expect_near(c.result.weights[KL_CRITERION_LATENCY], 0.75);
    /* Latency: 1, 1/2, 1/4 of the fastest; cost: 0, 1/4, 1. */
    expect_near(c.rows[0].total, 0.75);
    expect_near(c.rows[1].total, 0.75 * 0.25 + 0.25);
    expect_near(c.rows[2].total, 0.75 * 0.5 + 0.25 * 0.25);
    make_choice(f, &c);
    f->request.weights[KL_CRITERION_COST] = 9;
    select_score(&f->request, &c.result);
    assert_string_equal(c.rows[0].board->name, "cheap");
}

static void a_limit_makes_scores_headroom(void **state)
{
    struct fixture *f = *state;
    struct choice c;
    make_choice(f, &c);
    f->request.latency = 0.040;
    f->request.weights[KL_CRITERION_LATENCY] = 1;
    select_score(&f->request, &c.result);
    expect_near(c.rows[0].scores[KL_CRITERION_LATENCY], 0.75);
    expect_near(c.rows[1].scores[KL_CRITERION_LATENCY], 0.5);
    assert_true(fabs(c.rows[2].scores[KL_CRITERION_LATENCY]) < 1e-12);
}

/* Equal but for one weight's breadth: a fifth more of cost changes the winner. */
static void sensitivity_finds_the_change(void **state)
{
    struct fixture *f = *state;
    struct choice c;
    make_choice(f, &c);
    f->request.weights[KL_CRITERION_LATENCY] = 1.0;
    f->request.weights[KL_CRITERION_COST] = 0.7;
    select_score(&f->request, &c.result);
    assert_string_equal(c.rows[0].board->name, "fast"); /* 1.0 against 0.25 + 0.7 */
    assert_int_equal(c.result.sensitivity_count, 4);
    for (size_t i = 0; i < c.result.sensitivity_count; i++) {
        const struct kl_select_sensitivity *s = &c.result.sensitivity[i];
        bool cheaper = s->criterion == KL_CRITERION_COST ? s->factor > 1 : s->factor < 1;
        assert_int_equal(s->changes, cheaper); /* 0.25 + 0.84 > 1; 0.2 + 0.7 > 0.8 */
        assert_string_equal(s->winner, cheaper ? "cheap" : "fast");
    }
    assert_int_equal(select_rationale(&f->request, &c.result, f->arena, &f->diag), KL_OK);
    assert_non_null(strstr(c.result.rationale, "fast comes first"));
    assert_non_null(strstr(c.result.rationale, "With cost weighted 20 % more, cheap would win."));
}

static void unknown_scores_count_as_the_lower_quartile(void **state)
{
    struct fixture *f = *state;
    struct choice c;
    make_choice(f, &c);
    c.boards[0].facts[KL_FACT_ID_price_class].known = false;
    f->request.weights[KL_CRITERION_COST] = 1;
    f->request.weights[KL_CRITERION_BATTERY] = 5; /* nobody knows it: it has no weight */
    select_score(&f->request, &c.result);
    expect_near(c.result.weights[KL_CRITERION_COST], 1);
    assert_true(c.result.weights[KL_CRITERION_BATTERY] == 0);
    assert_string_equal(c.rows[0].board->name, "cheap");
    assert_string_equal(c.rows[1].board->name, "fast");
    expect_near(c.rows[1].total, 0.25); /* of 0.25 and 1 */
    assert_true(isnan(c.rows[1].scores[KL_CRITERION_COST]));
}

static void without_candidates_the_nearest_is_named(void **state)
{
    struct fixture *f = *state;
    f->request.latency = 0.005;
    fill(f);
    assert_int_equal(select_limits(&f->job, 16000, &f->result), KL_OK);
    struct kl_select_result result = {.boards = &f->result, .board_count = 1};
    select_score(&f->request, &result);
    assert_int_equal(result.sensitivity_count, 0);
    assert_int_equal(select_rationale(&f->request, &result, f->arena, &f->diag), KL_OK);
    assert_non_null(strstr(result.rationale, "No board meets all limits. Fewest are missed by b"));
    json_t *json = kl_select_json(&result);
    assert_true(json_is_null(json_object_get(json, "winner")));
    json_decref(json);
}

/* JSON has no infinity: a battery that is not drawn from. */
static void json_and_page_hold_any_figure(void **state)
{
    struct fixture *f = *state;
    struct kl_buffer html = KL_BUFFER(1 << 22);
    struct choice c;
    f->request.has_battery = true;
    f->request.battery = (struct kl_battery){.capacity = 3600, .usable = 1, .temperature = 20};
    make_choice(f, &c);
    c.boards[1].title = "<script>";
    c.rows[0].battery_life.value = INFINITY;
    c.rows[1].energy.known = false;
    select_score(&f->request, &c.result);
    assert_int_equal(select_rationale(&f->request, &c.result, f->arena, &f->diag), KL_OK);
    json_t *json = kl_select_json(&c.result);
    const json_t *boards = json_object_get(json, "boards");
    assert_int_equal(json_array_size(boards), BOARDS);
    for (size_t i = 0; i < BOARDS; i++) {
        const json_t *loads = json_object_get(json_array_get(boards, i), "loads");
        assert_true(json_is_object(json_array_get(loads, 0)));
    }
    json_decref(json);
    kl_select_page(&f->request, &c.result, &html);
    assert_false(html.failed);
    assert_null(strstr(html.data, "<script>"));
    assert_non_null(strstr(html.data, "&lt;script&gt;"));
    assert_null(strstr(html.data, "nan"));
    assert_null(strstr(html.data, "=\"inf"));
    kl_buffer_free(&html);
}

#define SELECT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SELECT_TEST(plain_figures),
        SELECT_TEST(a_decision_is_sensor_features_and_models),
        SELECT_TEST(models_share_the_arena),
        SELECT_TEST(measurements_replace_models),
        SELECT_TEST(battery_life_counts_the_radio),
        SELECT_TEST(measured_energy_reaches_the_battery),
        SELECT_TEST(more_work_than_time_has_no_life),
        SELECT_TEST(what_is_unknown_is_said),
        SELECT_TEST(no_limit_excludes_nothing),
        SELECT_TEST(memory_limits),
        SELECT_TEST(time_and_energy_limits),
        SELECT_TEST(battery_limits),
        SELECT_TEST(limits_of_the_place),
        SELECT_TEST(limits_by_words),
        SELECT_TEST(unknown_words_are_refused),
        SELECT_TEST(weights_decide),
        SELECT_TEST(a_limit_makes_scores_headroom),
        SELECT_TEST(sensitivity_finds_the_change),
        SELECT_TEST(unknown_scores_count_as_the_lower_quartile),
        SELECT_TEST(without_candidates_the_nearest_is_named),
        SELECT_TEST(json_and_page_hold_any_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
