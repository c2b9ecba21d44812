/* SPDX-License-Identifier: Apache-2.0 */
/* The latency model: each term by a hand-computed figure, and what is said when it cannot be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "target/latency.h"

static struct kl_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = kl_arena_create(8 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

static struct kl_fact number(double value)
{
    return (struct kl_fact){.known = true, .value = {value, KL_PLAIN}};
}

/* A board of 100 MHz with the core of the counts. */
static struct kl_board same_core(void)
{
    static const struct kl_core core = {.name = "cortex-m4f"};
    return (struct kl_board){
        .name = "b", .core = "cortex-m4f", .clock_hz = 100000000, .core_facts = &core};
}

static const struct kl_core_count thousand = {.instructions = 800,
                                              .cycles = 1000,
                                              .taken_branches = 50,
                                              .constant_bytes = 160,
                                              .core = "cortex-m4f"};

static struct kl_latency model(const struct kl_board *board)
{
    struct kl_latency latency;
    struct kl_diag diag = {0};
    assert_int_equal(kl_latency_model(board, &thousand, arena, &latency, &diag), KL_OK);
    return latency;
}

static void expect_near(double value, double wanted)
{
    if (!(fabs(value - wanted) <= 1e-9 * fabs(wanted))) {
        fail_msg("%.12g instead of %.12g", value, wanted);
    }
}

static void expect_cycles(const struct kl_latency *latency, double low, double best, double high)
{
    assert_true(latency->known);
    expect_near(latency->cycles, best);
    expect_near(latency->seconds, best / 1e8);
    expect_near(latency->low, low / 1e8);
    expect_near(latency->high, high / 1e8);
}

static void without_wait_states_the_count_is_the_latency(void **state)
{
    (void)state;
    struct kl_board board = same_core();
    struct kl_latency unknown = model(&board);
    expect_cycles(&unknown, 1000, 1000, 1000);
    assert_non_null(strstr(unknown.how, "wait states are unknown"));
    assert_string_equal(unknown.provenance, "modelled");
    board.facts[KL_FACT_ID_flash_wait_states] = number(0);
    struct kl_latency none = model(&board);
    expect_cycles(&none, 1000, 1000, 1000);
    assert_non_null(strstr(none.how, "no wait states"));
}

/* 2 wait states, 16 bytes an access: 2*3*800/16 = 300 fetching, 2*50 = 100 jumping,
 * 2*160/16 = 20 loading. */
static void caches_hide_what_they_can(void **state)
{
    (void)state;
    struct kl_board board = same_core();
    board.facts[KL_FACT_ID_flash_wait_states] = number(2);
    board.facts[KL_FACT_ID_flash_access] = number(16);
    struct kl_latency bare = model(&board);
    expect_cycles(&bare, 1000, 1420, 1420);
    board.facts[KL_FACT_ID_instruction_cache] = number(32);
    struct kl_latency prefetch = model(&board);
    expect_cycles(&prefetch, 1000, 1120, 1420);
    board.facts[KL_FACT_ID_instruction_cache] = number(1024);
    struct kl_latency cached = model(&board);
    expect_cycles(&cached, 1000, 1020, 1420);
    board.facts[KL_FACT_ID_data_cache] = number(128);
    struct kl_latency both = model(&board);
    expect_cycles(&both, 1000, 1000, 1420);
    assert_non_null(strstr(both.how, "caches hide"));
}

static void a_cache_of_unknown_size_holds_a_loop(void **state)
{
    (void)state;
    struct kl_board board = same_core();
    board.facts[KL_FACT_ID_flash_wait_states] = number(2);
    board.facts[KL_FACT_ID_flash_access] = number(16);
    board.facts[KL_FACT_ID_cache] = (struct kl_fact){.known = true, .text = "two-way"};
    struct kl_latency cached = model(&board);
    expect_cycles(&cached, 1000, 1020, 1420);
    board.facts[KL_FACT_ID_cache].text = "none";
    struct kl_latency bare = model(&board);
    expect_cycles(&bare, 1000, 1420, 1420);
}

static void an_unknown_access_is_a_word(void **state)
{
    (void)state;
    struct kl_board board = same_core();
    board.facts[KL_FACT_ID_flash_wait_states] = number(1);
    struct kl_latency latency = model(&board);
    expect_cycles(&latency, 1000, 1000 + 600 + 50 + 40, 1690);
}

static void other_cores_are_scaled_and_called_estimated(void **state)
{
    (void)state;
    const struct kl_core *counted;
    struct kl_diag diag = {0};
    assert_int_equal(kl_core_find("cortex-m4f", arena, &counted, &diag), KL_OK);
    struct kl_core core = {.name = "fast", .coremark_per_mhz = counted->coremark_per_mhz};
    struct kl_board board = same_core();
    core.coremark_per_mhz.value.value *= 2;
    board.core = "fast";
    board.core_facts = &core;
    struct kl_latency latency = model(&board);
    expect_cycles(&latency, 500, 500, 500);
    assert_string_equal(latency.provenance, "estimated");
    assert_non_null(strstr(latency.how, "0.50"));
}

static void own_instructions_are_not_scaled(void **state)
{
    (void)state;
    const struct kl_core *core;
    struct kl_diag diag = {0};
    assert_int_equal(kl_core_find("cortex-m0plus", arena, &core, &diag), KL_OK);
    struct kl_board board = same_core();
    board.core = core->name;
    board.core_facts = core;
    struct kl_core_count own = thousand;
    struct kl_latency latency;
    own.is_own = true;
    assert_int_equal(kl_latency_model(&board, &own, arena, &latency, &diag), KL_OK);
    expect_cycles(&latency, 1000, 1000, 1000);
    assert_string_equal(latency.provenance, "estimated");
    assert_non_null(strstr(latency.how, "cortex-m0plus"));
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    struct kl_board board = same_core();
    board.clock_hz = 0;
    struct kl_latency latency = model(&board);
    assert_false(latency.known);
    assert_non_null(strstr(latency.how, "clock"));
    board = same_core();
    board.core = "strange";
    latency = model(&board);
    assert_false(latency.known);
    assert_non_null(strstr(latency.how, "CoreMark/MHz of strange"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_wait_states_the_count_is_the_latency),
        cmocka_unit_test(caches_hide_what_they_can),
        cmocka_unit_test(a_cache_of_unknown_size_holds_a_loop),
        cmocka_unit_test(an_unknown_access_is_a_word),
        cmocka_unit_test(other_cores_are_scaled_and_called_estimated),
        cmocka_unit_test(own_instructions_are_not_scaled),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
