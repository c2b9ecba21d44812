/* SPDX-License-Identifier: Apache-2.0 */
/* Counting events on streams whose truth is known, and thresholds for a rate of false alarms,
 * against figures found by hand and by trying. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/event_thresholds.h"
#include "random.h"

enum { CLASSES = 3, COUNT = 36000, EVERY = 30, SEGMENTS = COUNT / EVERY, ARENA_BYTES = 64 << 20 };

static struct kl_arena *arena;
static struct kl_diag diag;

static int set_up(void **state)
{
    (void)state;
    diag = (struct kl_diag){0};
    arena = kl_arena_create(ARENA_BYTES);
    return arena ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

/* One class; inferences 0..99 hold a recording of it at 20..29 and 60..69. An inference looks at
 * `LOOK` frames. */
enum { LOOK = 5 };

static const struct kl_event_segment two[] = {
    {-1, 0, 20}, {0, 20, 30}, {-1, 30, 60}, {0, 60, 70}, {-1, 70, 100}};

static struct kl_event_tally count_two(const int8_t *scores, int32_t window, int32_t duration)
{
    const struct kl_event_track track = {100, scores, 36.0, LOOK, 5, two}; /* an hour */
    const struct kl_event_thresholds thresholds = {window * 50, window * 20};
    const struct kl_events_config config = {.classes = &thresholds,
                                            .class_count = 1,
                                            .window = (uint16_t)window,
                                            .duration = (uint16_t)duration,
                                            .dtype = KL_S8};
    struct kl_event_scratch scratch;
    struct kl_event_tally tally;
    assert_int_equal(kl_event_scratch_make(&track, 1, window, arena, &scratch, &diag), KL_OK);
    assert_int_equal(kl_event_count(&track, &config, NULL, &scratch, &tally, &diag), KL_OK);
    return tally;
}

static void test_counts(void **state)
{
    int8_t scores[100] = {0};
    (void)state;
    struct kl_event_tally none = count_two(scores, 1, 1);
    assert_int_equal(none.segments, 2);
    assert_int_equal(none.found + none.false_alarms, 0);
    assert_true(fabs(none.hours - 0.8) < 1e-9);

    scores[25] = 90;              /* found */
    scores[40] = scores[42] = 90; /* two false alarms */
    scores[99] = 49;              /* below the threshold */
    struct kl_event_tally tally = count_two(scores, 1, 1);
    assert_int_equal(tally.found, 1);
    assert_int_equal(tally.false_alarms, 2);

    /* An event that began before a recording does not find it; outside it is an alarm for each 5
     * inferences, the first of them where it begins. */
    memset(scores + 54, 60, 10);
    tally = count_two(scores, 1, 1);
    assert_int_equal(tally.found, 1);
    assert_int_equal(tally.false_alarms, 4);
    assert_int_equal(tally.on_outside, 8);
    assert_true(fabs(tally.false_time - 0.08) < 1e-9);
}

/* What begins in a recording may outlast it by 5 inferences, and finds no other one. */
static void test_outlasts(void **state)
{
    int8_t scores[100] = {0};
    (void)state;
    memset(scores + 25, 60, 10);
    struct kl_event_tally tally = count_two(scores, 1, 1);
    assert_int_equal(tally.found, 1);
    assert_int_equal(tally.false_alarms, 0);
    assert_int_equal(tally.on_outside, 5);
    memset(scores + 25, 60, 40); /* into the second one */
    tally = count_two(scores, 1, 1);
    assert_int_equal(tally.found, 1);
    assert_int_equal(tally.on_outside, 30);
    assert_int_equal(tally.false_alarms, 5);
    memset(scores, 60, sizeof scores); /* always on: it finds nothing */
    tally = count_two(scores, 1, 1);
    assert_int_equal(tally.found, 0);
    assert_int_equal(tally.false_alarms, 80 / 5);
    assert_true(fabs(tally.false_time - 0.8) < 1e-9);
}

/* Recordings of one class that join on to each other are one event. */
static void test_joined(void **state)
{
    static const struct kl_event_segment joined[] = {
        {0, 10, 32}, {0, 30, 52}, {0, 50, 60}, {-1, 60, 80}, {0, 80, 100}};
    int8_t scores[100] = {0};
    const struct kl_event_track track = {100, scores, 36.0, LOOK, 5, joined};
    const struct kl_event_thresholds thresholds = {50, 20};
    const struct kl_events_config config = {
        .classes = &thresholds, .class_count = 1, .window = 1, .duration = 1, .dtype = KL_S8};
    struct kl_event_scratch scratch;
    struct kl_event_tally tally;
    (void)state;
    assert_int_equal(kl_event_scratch_make(&track, 1, 1, arena, &scratch, &diag), KL_OK);
    memset(scores + 15, 60, 40);
    scores[20] = 0; /* the second event in the first recording goes on into the others */
    assert_int_equal(kl_event_count(&track, &config, NULL, &scratch, &tally, &diag), KL_OK);
    assert_int_equal(tally.found, 3);
    assert_int_equal(tally.false_alarms, 0);
    memset(scores + 55, 60, 45);
    assert_int_equal(kl_event_count(&track, &config, NULL, &scratch, &tally, &diag), KL_OK);
    assert_int_equal(tally.found, 3);
    assert_int_equal(tally.false_alarms, 3);
}

static void test_looks_back(void **state)
{
    int8_t scores[100] = {0};
    (void)state;
    scores[29] = 127; /* the last inference that sees the recording */
    scores[30] = 60;
    /* A mean over 3 looks back at it until 31. */
    struct kl_event_tally tally = count_two(scores, 3, 1);
    assert_int_equal(tally.found, 1);
    assert_int_equal(tally.false_alarms, 0);
    assert_true(fabs(tally.hours - 0.76) < 1e-9);
    scores[29] = 0;
    scores[30] = scores[31] = scores[32] = 90;
    tally = count_two(scores, 1, 3); /* three in a row end at 32, which is too late */
    assert_int_equal(tally.false_alarms, 1);
    assert_int_equal(tally.found, 0);
}

static void test_refuses(void **state)
{
    const int8_t scores[100] = {0};
    const struct kl_event_track track = {100, scores, 1, LOOK, 5, two};
    const struct kl_event_thresholds crossed = {1, 2};
    const struct kl_events_config config = {
        .classes = &crossed, .class_count = 1, .window = 1, .duration = 1, .dtype = KL_S8};
    struct kl_event_scratch scratch;
    struct kl_event_tally tally;
    (void)state;
    assert_int_equal(kl_event_scratch_make(&track, 1, 1, arena, &scratch, &diag), KL_OK);
    assert_int_equal(kl_event_count(&track, &config, NULL, &scratch, &tally, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "makes no sense"));
}

/* Ten hours: recordings of 30 s, in turn of background, class 1 and class 2. Scores of a class are
 * higher in its recordings, by `lead`. */
static struct kl_event_track make_track(int32_t lead, bool silent)
{
    int8_t *scores = malloc((size_t)COUNT * CLASSES);
    struct kl_event_segment *segments = malloc(SEGMENTS * sizeof *segments);
    struct kt_random random = {5};
    assert_true(scores && segments);
    for (int32_t i = 0; i < SEGMENTS; i++) {
        segments[i] =
            (struct kl_event_segment){silent ? -1 : i % CLASSES, i * EVERY, (i + 1) * EVERY};
    }
    for (int32_t i = 0; i < COUNT; i++) {
        for (int32_t c = 0; c < CLASSES; c++) {
            int32_t noise = 0;
            for (int32_t k = 0; k < 6; k++) {
                noise += kt_random_between(&random, -12, 12);
            }
            int32_t level = noise + (i / EVERY % CLASSES == c ? lead : 0);
            scores[i * CLASSES + c] = (int8_t)(level < -128 ? -128 : level > 127 ? 127 : level);
        }
    }
    return (struct kl_event_track){COUNT, scores, 1.0, 1, SEGMENTS, segments};
}

/* The same truth, and scores that have nothing to do with it: high for long, then low for a
 * while, as those of a network that has learnt nothing. */
static struct kl_event_track make_drift(void)
{
    struct kl_event_track track = make_track(0, false);
    int8_t *scores = (int8_t *)(uintptr_t)track.scores;
    struct kt_random random = {7};
    for (int32_t c = 0; c < CLASSES; c++) {
        for (int32_t i = 0, left = 0, high = 0; i < COUNT; i++, left--) {
            if (left == 0) {
                high = !high;
                left = kt_random_between(&random, high ? 1000 : 100, high ? 3000 : 300);
            }
            scores[i * CLASSES + c] = (int8_t)(scores[i * CLASSES + c] / 4 + (high ? 90 : 0));
        }
    }
    return track;
}

static void free_track(const struct kl_event_track *track)
{
    free((void *)(uintptr_t)track->scores);
    free((void *)(uintptr_t)track->segments);
}

static const bool has_events[CLASSES] = {false, true, true};

static struct kl_event_choice choose(const struct kl_event_track *track, double per_hour)
{
    const struct kl_event_rule rule = {.config = {.class_count = CLASSES,
                                                  .window = 2,
                                                  .duration = 1,
                                                  .pause = 2,
                                                  .rest = -20,
                                                  .dtype = KL_S8},
                                       .has_events = has_events,
                                       .hysteresis = 0.2};
    struct kl_event_choice choice;
    assert_int_equal(kl_event_choose(track, &rule, per_hour, arena, &choice, &diag), KL_OK);
    return choice;
}

static void test_keeps_the_rate(void **state)
{
    const struct kl_event_track track = make_track(28, false);
    const double rates[] = {0.05, 1, 5, 20};
    int32_t found = -1;
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct kl_event_choice choice = choose(&track, rates[i]);
        assert_true(choice.sum.rate <= rates[i]);
        assert_int_equal(choice.thresholds[0].on, KL_EVENTS_NEVER);
        assert_int_equal(choice.sum.segments, SEGMENTS / CLASSES * 2);
        assert_true(choice.sum.found >= found); /* more alarms, more is found */
        assert_true(choice.sum.limits.low <= choice.sum.rate &&
                    choice.sum.rate <= choice.sum.limits.high);
        found = choice.sum.found;
    }
    /* With 20 an hour of 10 hours a good part is spent, and a good part is found. */
    struct kl_event_choice last = choose(&track, 20);
    assert_true(last.sum.false_alarms > 50);
    assert_true(last.sum.found > last.sum.segments / 2);
    assert_true(last.point_count > 4);
    for (int32_t i = 1; i < last.point_count; i++) {
        assert_true(last.points[i].sum.found >= last.points[i - 1].sum.found);
        assert_true(last.points[i].sum.rate <= last.points[i].wanted);
    }
    free_track(&track);
}

/* Scores that say nothing find next to nothing, at any rate that is of use. */
static void test_noise(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 6; i++) {
        const double rates[] = {0.5, 2, 6};
        const struct kl_event_track track = i < 3 ? make_track(0, false) : make_drift();
        struct kl_event_choice choice = choose(&track, rates[i % 3]);
        assert_true(choice.sum.found * 20 < choice.sum.segments);
        for (int32_t p = 0; p < choice.point_count; p++) {
            const struct kl_event_sum *sum = &choice.points[p].sum;
            assert_true(sum->rate <= choice.points[p].wanted);
            assert_true(sum->limits.low <= sum->rate && sum->rate <= sum->limits.high);
        }
        free_track(&track);
    }
}

/* Where all is clear, the threshold lies in the middle. */
static void test_middle(void **state)
{
    struct kl_event_track track = make_track(110, false);
    (void)state;
    struct kl_event_choice choice = choose(&track, 1);
    assert_int_equal(choice.sum.found, choice.sum.segments);
    assert_int_equal(choice.sum.false_alarms, 0);
    for (int32_t c = 1; c < CLASSES; c++) {
        double mean = choice.thresholds[c].on / 2.0;
        assert_true(mean > 35 && mean < 100);
        assert_true(choice.thresholds[c].off < choice.thresholds[c].on);
    }
    free_track(&track);
}

/* Scores that reach the top everywhere leave no threshold. */
static void test_never(void **state)
{
    struct kl_event_track track = make_track(28, false);
    int8_t *scores = (int8_t *)(uintptr_t)track.scores;
    (void)state;
    for (int32_t i = 0; i < COUNT; i++) {
        scores[i * CLASSES + 1] = 127;
    }
    struct kl_event_choice choice = choose(&track, 0.01);
    assert_int_equal(choice.thresholds[1].on, KL_EVENTS_NEVER);
    assert_int_equal(choice.tallies[1].found, 0);
    assert_int_not_equal(choice.thresholds[2].on, KL_EVENTS_NEVER);
    free_track(&track);
}

/* A score alone, and nothing but what is normal: the lowest threshold that keeps the rate. */
static void test_score_alone(void **state)
{
    enum { HOURS = 10 };
    float *scores = malloc(COUNT * sizeof *scores);
    const struct kl_event_segment normal = {-1, 0, COUNT};
    const bool one[] = {true};
    struct kt_random random = {9};
    struct kl_event_choice choice;
    (void)state;
    assert_non_null(scores);
    for (int32_t i = 0; i < COUNT; i++) {
        scores[i] = kt_random_float(&random, 0, 1);
    }
    const struct kl_event_track track = {COUNT, scores, 1, 1, 1, &normal};
    const struct kl_event_rule rule = {.config = {.class_count = 1,
                                                  .window = 1,
                                                  .duration = 1,
                                                  .rest = 8192,
                                                  .dtype = KL_F32,
                                                  .steps = 16384.0f},
                                       .has_events = one,
                                       .hysteresis = 0.5};
    assert_int_equal(kl_event_choose(&track, &rule, 6, arena, &choice, &diag), KL_OK);
    assert_true(choice.sum.false_alarms > 5 * HOURS / 2 && choice.sum.false_alarms <= 6 * HOURS);
    assert_true(choice.thresholds[0].on > 16000);
    free(scores);
}

static void test_intervals(void **state)
{
    (void)state;
    /* Garwood's table: 5 events, 95 %: 1.62 to 11.67; none: 0 to 3.69 */
    struct kl_interval five = kl_event_rate_limits(5, 1, 0.95);
    struct kl_interval none = kl_event_rate_limits(0, 2, 0.95);
    assert_true(fabs(five.low - 1.6235) < 1e-3 && fabs(five.high - 11.6683) < 1e-3);
    assert_true(none.low == 0 && fabs(none.high - 3.6889 / 2) < 1e-3);
    assert_true(isinf(kl_event_rate_limits(0, 0, 0.95).high));
}

/* Classes of unlike hours: rate and interval are of one definition. */
static void test_sum(void **state)
{
    const bool both[] = {true, true};
    const struct kl_event_tally tallies[] = {
        {.hours = 0.05, .segments = 10, .found = 5, .false_alarms = 3},
        {.hours = 0.25, .segments = 10, .found = 10, .false_alarms = 1}};
    struct kl_event_sum sum = kl_event_add_up(2, both, tallies);
    (void)state;
    assert_true(fabs(sum.hours - 0.15) < 1e-9);
    assert_true(fabs(sum.rate - 4 / 0.15) < 1e-9);
    assert_true(sum.limits.low < sum.rate && sum.rate < sum.limits.high);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),         cmocka_unit_test(test_outlasts),
        cmocka_unit_test(test_joined),         cmocka_unit_test(test_noise),
        cmocka_unit_test(test_looks_back),     cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_keeps_the_rate), cmocka_unit_test(test_middle),
        cmocka_unit_test(test_never),          cmocka_unit_test(test_score_alone),
        cmocka_unit_test(test_intervals),      cmocka_unit_test(test_sum),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
