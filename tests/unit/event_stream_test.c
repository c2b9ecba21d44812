/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings one behind the other: a model that repeats its window shows what each inference saw.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/event_stream.h"
#include "graph_build.h"

enum { ITEMS = 6, FRAMES = 60, WINDOW = 4 };

static const char *const classes[WINDOW] = {"a", "b", "c", "d"};
static const int32_t lengths[ITEMS] = {5, 9, 2, 13, 1, 7};
static float samples[FRAMES];
static struct kl_data_item items[ITEMS];
static struct kl_dataset dataset;
static struct kl_arena *arena;
static struct kl_diag diag;

/* Item i holds the value i + 1 only. */
static int set_up(void **state)
{
    uint64_t at = 0;
    (void)state;
    for (int32_t i = 0; i < ITEMS; i++) {
        items[i] = (struct kl_data_item){.name = "item",
                                         .group = "g",
                                         .tags = "",
                                         .origin = "",
                                         .label = i % WINDOW,
                                         .target = (double)NAN,
                                         .frames = lengths[i],
                                         .width = 1,
                                         .offset = at * sizeof samples[0],
                                         .split = KL_SPLIT_TRAIN,
                                         .fold = -1};
        for (int32_t k = 0; k < lengths[i]; k++) {
            samples[at++] = (float)(i + 1);
        }
    }
    dataset = (struct kl_dataset){.facts = {.kind = KL_DATA_SERIES,
                                            .rate = 10,
                                            .unit = "",
                                            .channel_count = 1,
                                            .class_count = WINDOW,
                                            .classes = classes},
                                  .path = "set",
                                  .count = ITEMS,
                                  .items = items,
                                  .samples = (const unsigned char *)samples,
                                  .samples_bytes = sizeof samples};
    diag = (struct kl_diag){0};
    arena = kl_arena_create(16 << 20);
    return arena ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

/* A model that gives what it gets. */
static const struct kl_plan *repeater(struct kl_graph *g, int32_t values)
{
    struct kl_plan *plan;
    struct kl_tensor *in = gb_input(g, "in", KL_F32, GB_SHAPE(1, values));
    struct kl_tensor *out = gb_tensor(g, "out", KL_F32, GB_SHAPE(1, values));
    gb_op(g, KL_OP_RELU, GB_LIST(in), GB_LIST(out));
    gb_output(g, out);
    gb_accept(g);
    assert_int_equal(kl_plan_create(g, NULL, g->arena, &plan, &diag), KL_OK);
    return plan;
}

static enum kl_err run(const struct kl_plan *plan, const struct kl_event_stream_rule *rule,
                       struct kl_event_stream *stream)
{
    static struct kl_learn_data data;
    const struct kl_learn_rule items_once = {.need = KL_NEED_LABEL, .window = 1, .hop = INT32_MAX};
    assert_int_equal(kl_learn_data_make(&dataset, &items_once, arena, &data, &diag), KL_OK);
    return kl_event_stream_run(plan, &data.part[KL_PART_TRAIN], rule, arena, stream, &diag);
}

static bool sees(const struct kl_event_stream *s, int32_t inference, float value, bool only)
{
    int32_t hits = 0;
    for (int32_t c = 0; c < s->classes; c++) {
        hits += s->values[inference * s->classes + c] == value;
    }
    return only ? hits == s->classes : hits > 0;
}

/* Segments and labels are those that follow from what the inferences saw. */
static void check(const struct kl_event_stream *s)
{
    int32_t whole = 0, all = 0;
    for (int32_t i = 0; i < ITEMS; i++) {
        all += lengths[i];
    }
    assert_int_equal(s->track.count, 1 + (all - WINDOW) / s->hop);
    assert_int_equal(s->track.segment_count, ITEMS);
    for (int32_t i = 0; i < ITEMS; i++) {
        const struct kl_event_segment *segment = &s->segments[i];
        /* Which item it is, by what its inferences have and those before have not. */
        int32_t item = -1;
        for (int32_t k = 0; k < ITEMS; k++) {
            bool begins =
                segment->begin < s->track.count && sees(s, segment->begin, (float)k + 1, false);
            bool before = segment->begin > 0 && sees(s, segment->begin - 1, (float)k + 1, false);
            if (segment->end > segment->begin && begins && !before &&
                items[k].label == segment->label) {
                item = k;
            }
        }
        assert_true(item >= 0 || segment->end <= segment->begin);
        for (int32_t k = 0; item >= 0 && k < s->track.count; k++) {
            bool inside = k >= segment->begin && k < segment->end;
            assert_int_equal(sees(s, k, (float)item + 1, false), inside);
            if (sees(s, k, (float)item + 1, true)) {
                assert_int_equal(s->label[k], items[item].label);
                whole++;
            }
        }
    }
    assert_true(whole > 0 && s->labelled >= whole);
}

static void test_windows_cross_borders(void **state)
{
    const int32_t hops[] = {1, 2, 3, WINDOW};
    (void)state;
    for (size_t h = 0; h < sizeof hops / sizeof hops[0]; h++) {
        struct kl_graph *g = gb_create();
        struct kl_event_stream s;
        const struct kl_event_stream_rule rule = {.hop = hops[h], .normal = -1, .seed = h};
        assert_int_equal(run(repeater(g, WINDOW), &rule, &s), KL_OK);
        assert_int_equal(s.hop, hops[h]);
        assert_true(fabs(s.track.every - hops[h] / 10.0) < 1e-9);
        check(&s);
        gb_free(g);
    }
}

/* The order is drawn by the seed. */
static void test_order(void **state)
{
    struct kl_graph *g = gb_create();
    const struct kl_plan *plan = repeater(g, WINDOW);
    struct kl_event_stream s[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        const struct kl_event_stream_rule rule = {.hop = 1, .normal = -1, .seed = i == 2 ? 9 : 4};
        assert_int_equal(run(plan, &rule, &s[i]), KL_OK);
    }
    size_t bytes = (size_t)s[0].track.count * WINDOW * sizeof(float);
    assert_memory_equal(s[0].values, s[1].values, bytes);
    assert_int_not_equal(memcmp(s[0].values, s[2].values, bytes), 0);
    gb_free(g);
}

/* One score: what is not normal is label 0, the rest has none. */
static void test_anomalies(void **state)
{
    struct kl_graph *g = gb_create();
    struct kl_event_stream s;
    const struct kl_event_stream_rule rule = {.normal = 1};
    int32_t unusual = 0;
    (void)state;
    assert_int_equal(run(repeater(g, 1), &rule, &s), KL_OK);
    assert_int_equal(s.hop, 1);
    for (int32_t i = 0; i < ITEMS; i++) {
        unusual += s.segments[i].label == 0;
        assert_true(s.segments[i].label == 0 || s.segments[i].label == -1);
    }
    assert_int_equal(unusual, 4);
    gb_free(g);
}

static void test_refuses(void **state)
{
    struct kl_graph *g = gb_create();
    const struct kl_plan *plan = repeater(g, WINDOW);
    struct kl_event_stream s;
    const struct kl_event_stream_rule far = {.hop = WINDOW + 1, .normal = -1};
    const struct kl_event_stream_rule one = {.normal = 0}, usual = {.normal = -1};
    (void)state;
    assert_int_equal(run(plan, &far, &s), KL_EUSAGE);
    assert_non_null(strstr(diag.message, "pass over frames"));
    kl_diag_clear(&diag);
    assert_int_equal(run(plan, &one, &s), KL_EINPUT);
    assert_non_null(strstr(diag.message, "a score of anomalies is one"));
    kl_diag_clear(&diag);
    dataset.facts.rate = 0;
    assert_int_equal(run(plan, &usual, &s), KL_EUSAGE);
    assert_non_null(strstr(diag.message, "no rate"));
    kl_diag_clear(&diag);
    dataset.facts.rate = 10;
    dataset.facts.class_count = 3;
    items[3].label = 0;
    assert_int_equal(run(plan, &usual, &s), KL_EINPUT);
    assert_non_null(strstr(diag.message, "4 values, and the data set 3 classes"));
    gb_free(g);
}

/* What inferences look back on: of a model with state somebody must say it. */
static void test_sight(void **state)
{
    struct kl_graph *g = gb_create();
    struct kl_plan plan = *repeater(g, WINDOW);
    struct kl_event_stream s;
    struct kl_event_stream_rule rule = {.hop = 2, .normal = -1};
    (void)state;
    assert_int_equal(run(&plan, &rule, &s), KL_OK);
    assert_int_equal(s.track.look, 2);
    rule = (struct kl_event_stream_rule){.sees = 9, .normal = -1, .hop = 2};
    assert_int_equal(run(&plan, &rule, &s), KL_OK);
    assert_int_equal(s.track.look, 5);
    static const struct {
        int32_t sees;
        const char *words;
    } bad[] = {{3, "--window 3 is too short"}, {1000, "--window 1000 is too long"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rule.sees = bad[i].sees;
        assert_int_equal(run(&plan, &rule, &s), KL_EUSAGE);
        assert_non_null(strstr(diag.message, bad[i].words));
        kl_diag_clear(&diag);
    }
    rule = (struct kl_event_stream_rule){.normal = -1};
    plan.reset_count = 1;
    assert_int_equal(run(&plan, &rule, &s), KL_EUSAGE);
    assert_non_null(strstr(diag.message, "keeps state"));
    gb_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_windows_cross_borders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_anomalies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sight, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
