/* SPDX-License-Identifier: Apache-2.0 */
/* The event detector against a slow definition that keeps the whole past, and against
 * configurations that make no sense. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/events.h"
#include "random.h"

enum { CLASSES = 6, WINDOW = 9, INFERENCES = 200, MEMORY = 2048 };

static alignas(4) unsigned char memory[MEMORY];

/* All levels so far, and where the state machine is. */
struct past {
    const struct kl_events_config *config;
    int32_t levels[INFERENCES][CLASSES];
    int32_t count;
    int32_t active;         /* -1: none */
    int32_t last, last_end; /* the class whose event ended last, and when; -1: none */
};

/* The sum over the window that ends with inference `at`. */
static int64_t sum_at(const struct past *past, int32_t at, int32_t class_index)
{
    int64_t sum = 0;
    for (int32_t i = at - past->config->window + 1; i <= at; i++) {
        sum += i < 0 ? past->config->rest : past->levels[i][class_index];
    }
    return sum;
}

/* Has the class been at its threshold for `duration` inferences? */
static bool is_ready(const struct past *past, int32_t class_index)
{
    const struct kl_event_thresholds *t = &past->config->classes[class_index];
    for (int32_t k = 0; k < past->config->duration; k++) {
        int32_t at = past->count - 1 - k;
        if (t->on == KL_EVENTS_NEVER || at < 0 || sum_at(past, at, class_index) < t->on) {
            return false;
        }
    }
    return true;
}

static enum kl_event define_push(struct past *past, const int32_t *levels, uint16_t *which)
{
    const struct kl_events_config *config = past->config;
    int32_t now = past->count++, best = -1;
    int64_t most = 0;
    memcpy(past->levels[now], levels, sizeof past->levels[0]);
    if (past->active >= 0) {
        if (sum_at(past, now, past->active) >= config->classes[past->active].off) {
            return KL_EVENT_NONE;
        }
        *which = (uint16_t)past->active;
        past->last = past->active;
        past->active = -1;
        past->last_end = now;
        return KL_EVENT_ENDED;
    }
    bool paused = past->last_end >= 0 && now - past->last_end <= config->pause;
    for (int32_t c = 0; c < config->class_count; c++) {
        int64_t above = sum_at(past, now, c) - config->classes[c].on;
        if (!(paused && c == past->last) && is_ready(past, c) && (best < 0 || above > most)) {
            best = c;
            most = above;
        }
    }
    if (best < 0) {
        return KL_EVENT_NONE;
    }
    past->active = best;
    *which = (uint16_t)best;
    return KL_EVENT_BEGUN;
}

static struct kl_events_config random_config(struct kt_random *random,
                                             struct kl_event_thresholds *classes)
{
    static const uint8_t dtypes[] = {KL_S8, KL_S16, KL_F32};
    struct kl_events_config config = {
        .classes = classes,
        .class_count = (uint16_t)kt_random_between(random, 1, CLASSES),
        .window = (uint16_t)kt_random_between(random, 1, WINDOW),
        .duration = (uint16_t)kt_random_between(random, 1, 4),
        .pause = (uint16_t)kt_random_between(random, 0, 6),
        .dtype = dtypes[kt_random_between(random, 0, 2)],
        .rest = (int16_t)kt_random_between(random, -128, 10),
        .steps = kt_random_between(random, 0, 1) ? 40.0f : -40.0f,
    };
    int32_t unit = config.dtype == KL_S16 ? 256 : 1;
    for (int32_t c = 0; c < CLASSES; c++) {
        classes[c].on = unit * config.window * kt_random_between(random, -20, 60);
        classes[c].off = classes[c].on - unit * config.window * kt_random_between(random, 0, 40);
        if (kt_random_between(random, 0, 9) == 0) {
            classes[c].on = KL_EVENTS_NEVER;
        }
    }
    return config;
}

/* A random walk, so that classes stay high for some time. */
static void make_scores(const struct kl_events_config *config, struct kt_random *random,
                        int32_t *walk, int32_t *levels, void *scores)
{
    for (int32_t c = 0; c < config->class_count; c++) {
        walk[c] += kt_random_between(random, -30, 30);
        walk[c] = walk[c] < -128 ? -128 : walk[c] > 127 ? 127 : walk[c];
        levels[c] = config->dtype == KL_S16 ? walk[c] * 250 : walk[c];
        if (config->dtype == KL_S8) {
            ((int8_t *)scores)[c] = (int8_t)levels[c];
        } else if (config->dtype == KL_S16) {
            ((int16_t *)scores)[c] = (int16_t)levels[c];
        } else {
            ((float *)scores)[c] = (float)levels[c] / config->steps + 0.004f;
        }
    }
}

static void test_random_streams(void **state)
{
    struct kt_random random = {7};
    int32_t begun = 0, ended = 0;
    (void)state;
    for (int32_t turn = 0; turn < 400; turn++) {
        struct kl_event_thresholds classes[CLASSES];
        struct kl_events_config config = random_config(&random, classes);
        struct past past = {.config = &config, .active = -1, .last = -1, .last_end = -1};
        int32_t walk[CLASSES] = {0}, levels[CLASSES] = {0};
        float scores[CLASSES];
        memset(memory, 0x55, sizeof memory);
        assert_true(kl_events_reset(&config, memory, kl_events_bytes(&config)));
        for (int32_t i = 0; i < INFERENCES; i++) {
            uint16_t which = 77, wanted = 77;
            make_scores(&config, &random, walk, levels, scores);
            enum kl_event event = kl_events_push(&config, memory, scores, &which);
            assert_int_equal(event, define_push(&past, levels, &wanted));
            assert_int_equal(which, wanted);
            assert_int_equal(kl_events_active(memory), past.active);
            begun += event == KL_EVENT_BEGUN;
            ended += event == KL_EVENT_ENDED;
        }
        for (size_t i = kl_events_bytes(&config); i < sizeof memory; i++) {
            assert_int_equal(memory[i], 0x55);
        }
    }
    assert_true(begun > 500 && ended > 300);
}

static void test_floats_become_levels(void **state)
{
    const struct kl_events_config config = {.dtype = KL_F32, .steps = 10.0f};
    const float values[] = {0.0f, 0.04f,    0.05f,     -0.05f,  -0.04f,   1e30f,   -1e30f,
                            NAN,  INFINITY, -INFINITY, 3276.7f, -3276.7f, FLT_MAX, 1e-40f};
    const int32_t levels[] = {0,      0,     1,      -1,    0,      32767, -32767,
                              -32767, 32767, -32767, 32767, -32767, 32767, 0};
    (void)state;
    for (uint32_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(kl_events_level(&config, values, i), levels[i]);
    }
}

/* The largest window full of the extreme levels does not overflow, whatever the thresholds. */
static void test_extremes(void **state)
{
    static alignas(4) unsigned char large[8 + 2 * (6 + 2 * KL_EVENTS_WINDOW)];
    struct kl_event_thresholds classes[] = {{INT32_MIN, INT32_MIN}, {INT32_MAX - 1, INT32_MIN}};
    const struct kl_events_config config = {.classes = classes,
                                            .class_count = 2,
                                            .window = KL_EVENTS_WINDOW,
                                            .duration = UINT16_MAX,
                                            .pause = UINT16_MAX,
                                            .dtype = KL_S16,
                                            .rest = INT16_MIN};
    const int16_t ends[][2] = {{INT16_MIN, INT16_MAX}, {INT16_MAX, INT16_MIN}};
    uint16_t which = 9;
    (void)state;
    assert_int_equal(kl_events_bytes(&config), sizeof large);
    assert_true(kl_events_reset(&config, large, sizeof large));
    for (int32_t i = 0; i < UINT16_MAX - 1; i++) {
        assert_int_equal(kl_events_push(&config, large, ends[i / 300 % 2], &which), KL_EVENT_NONE);
    }
    assert_int_equal(kl_events_push(&config, large, ends[0], &which), KL_EVENT_BEGUN);
    assert_int_equal(which, 0);
}

static void test_refuses(void **state)
{
    struct kl_event_thresholds classes[CLASSES] = {{10, 5}};
    const struct kl_events_config good = {.classes = classes,
                                          .class_count = 1,
                                          .window = 4,
                                          .duration = 1,
                                          .dtype = KL_F32,
                                          .steps = 1.0f};
    struct kl_events_config bad[12];
    (void)state;
    assert_true(kl_events_reset(&good, memory, sizeof memory));
    assert_false(kl_events_reset(&good, memory, kl_events_bytes(&good) - 1));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bad[i] = good;
    }
    bad[0].class_count = 0;
    bad[1].class_count = KL_EVENTS_CLASSES + 1;
    bad[2].window = 0;
    bad[3].window = KL_EVENTS_WINDOW + 1;
    bad[4].duration = 0;
    bad[5].dtype = KL_U8;
    bad[6].dtype = KL_DTYPE_NONE;
    bad[7].steps = NAN;
    bad[8].steps = INFINITY;
    bad[9].steps = 0.0f;
    struct kl_event_thresholds crossed = {4, 5};
    bad[10].classes = &crossed;
    bad[11].dtype = 200;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(kl_events_reset(&bad[i], memory, sizeof memory));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_streams),
        cmocka_unit_test(test_floats_become_levels),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
