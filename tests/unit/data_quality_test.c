/* SPDX-License-Identifier: Apache-2.0 */
/* Each detector finds the fault that was planted for it, and is silent on clean data. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "data/stats.h"
#include "data/writer.h"
#include "data_files.h"
#include "folder.h"

enum { ITEMS = 24, FRAMES = 2000, CHANNELS = 2 };

struct fixture {
    struct kl_arena *arena;
    struct kl_dataset d;
    struct kl_stats stats;
    float (*samples)[FRAMES][CHANNELS];
    struct kl_data_item items[ITEMS];
    const char *labels[ITEMS];
    char names[ITEMS][16];
    struct kl_diag diag;
};

/* Clean recordings: two sines with noise, of 16 bits, each of its own frequencies and level. */
static void make_clean(struct fixture *f)
{
    struct kl_random random = {7};
    for (int i = 0; i < ITEMS; i++) {
        double low = kl_random_between(&random, 0.01, 0.05);
        double high = kl_random_between(&random, 0.1, 0.2);
        double level = kl_random_between(&random, 4000, 8000);
        for (int k = 0; k < FRAMES; k++) {
            double value = sin(low * k + i) + 0.4 * sin(high * k * (1 + 0.0001 * k));
            for (int c = 0; c < CHANNELS; c++) {
                double noise = 60 * kl_random_normal(&random);
                f->samples[i][k][c] = (float)round(level * value * (1 + c) / 2 + noise);
            }
        }
        snprintf(f->names[i], sizeof f->names[i], "item%d", i);
        f->labels[i] = i % 2 ? "on" : "off";
        f->items[i] = (struct kl_data_item){.name = f->names[i],
                                            .group = f->names[i],
                                            .tags = i % 2 ? "room=lab" : "room=hall",
                                            .origin = "",
                                            .target = (double)NAN,
                                            .fold = -1,
                                            .frames = FRAMES,
                                            .width = 1};
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f || !kt_data_folder()) {
        return -1;
    }
    f->arena = kl_arena_create((size_t)512 << 20);
    f->samples = calloc(ITEMS, sizeof *f->samples);
    make_clean(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kl_dataset_close(&f->d);
    kl_arena_free(f->arena);
    free(f->samples);
    free(f);
    kt_remove_folder(kt_data_path(""));
    return 0;
}

/* Write the items as a data set, and look at it. */
static const struct kl_stats *look(struct fixture *f)
{
    static const char *const channels[] = {"x", "y"};
    struct kl_data_facts facts = {.kind = KL_DATA_SERIES,
                                  .rate = 1000,
                                  .channel_count = CHANNELS,
                                  .channels = channels,
                                  .unit = "",
                                  .source = "",
                                  .licence = "",
                                  .made_by = "test",
                                  .rule.method = ""};
    struct kl_data_writer *writer;
    struct kl_dataset written;
    assert_int_equal(kl_data_writer_create(kt_data_path("d"), false, &writer, &f->diag), KL_OK);
    for (int i = 0; i < ITEMS; i++) {
        assert_int_equal(kl_data_writer_append(writer, &facts, &f->items[i], f->labels[i],
                                               f->samples[i], &f->diag),
                         KL_OK);
    }
    assert_int_equal(kl_data_writer_finish(writer, &facts, &written, &f->diag), KL_OK);
    kl_data_writer_free(writer);
    assert_int_equal(kl_dataset_open(kt_data_path("d"), f->arena, &f->d, &f->diag), KL_OK);
    assert_int_equal(kl_stats_run(&f->d, f->arena, &f->stats, &f->diag), KL_OK);
    return &f->stats;
}

/* Exactly one finding: of this fault, in this item and channel. */
static const struct kl_finding *only(const struct kl_stats *stats, enum kl_fault fault,
                                     int32_t item, int32_t channel)
{
    const struct kl_finding *one = &stats->findings.list[0];
    for (int32_t i = 0; i < stats->findings.count; i++) {
        const struct kl_finding *x = &stats->findings.list[i];
        if (stats->findings.count != 1) {
            print_message("%s in item %d channel %d: %g\n", kl_fault_names[x->fault], x->item,
                          x->channel, x->number);
        }
    }
    assert_int_equal(stats->findings.count, 1);
    assert_int_equal(one->fault, fault);
    assert_int_equal(one->item, item);
    assert_int_equal(one->channel, channel);
    return one;
}

static void test_clean_data(void **state)
{
    struct fixture *f = *state;
    const struct kl_stats *stats = look(f);
    for (int32_t i = 0; i < stats->findings.count; i++) {
        print_message("%s\n", kl_fault_names[stats->findings.list[i].fault]);
    }
    assert_int_equal(stats->findings.count, 0);
    assert_int_equal(stats->near.exact, 0);
    assert_int_equal(stats->near.near, 0);
    assert_true(stats->near.searched);
    assert_int_equal(stats->classes[1].items, ITEMS / 2);
    assert_int_equal(stats->groups, ITEMS);
    assert_true(stats->imbalance == 1);
}

static void test_stuck(void **state)
{
    struct fixture *f = *state;
    for (int k = 500; k < 1000; k++) {
        f->samples[3][k][1] = f->samples[3][500][1];
    }
    const struct kl_finding *x = only(look(f), KL_STUCK, 3, 1);
    assert_true(fabs(x->number - 0.25) < 0.01);
}

static void test_clipped(void **state)
{
    struct fixture *f = *state;
    for (int k = 0; k < FRAMES; k++) {
        f->samples[5][k][0] = fminf(f->samples[5][k][0], 1200);
    }
    const struct kl_finding *x = only(look(f), KL_CLIPPED, 5, 0);
    assert_true(x->number > 0.01 && x->number < 0.6);
}

/* A sine of 8 bits turns around at its extremes: no clipping. */
static void test_a_coarse_sine_is_not_clipped(void **state)
{
    struct fixture *f = *state;
    for (int k = 0; k < FRAMES; k++) {
        f->samples[5][k][0] = (float)round(127 * sin(0.013 * k)) * 32;
    }
    assert_int_equal(look(f)->findings.of[KL_CLIPPED], 0);
}

static void test_dropped_values(void **state)
{
    struct fixture *f = *state;
    int planted = 0;
    for (int k = 100; k < 1900; k += 300) {
        for (int i = k; i < k + 10; i++, planted++) {
            f->samples[8][i][0] = 0;
        }
    }
    const struct kl_finding *x = only(look(f), KL_DROPPED, 8, 0);
    assert_true(x->number >= planted / 2 && x->number <= planted + 6);
}

static void test_lost_samples(void **state)
{
    struct fixture *f = *state;
    f->items[9].lost = 17;
    assert_true(only(look(f), KL_DROPPED, 9, -1)->number == 17);
}

static void test_jitter(void **state)
{
    struct fixture *f = *state;
    f->items[9].jitter = 0.07;
    f->items[10].jitter = 0.01;
    assert_true(fabs(only(look(f), KL_JITTER, 9, -1)->number - 0.07) < 1e-9);
}

static void test_raised_noise(void **state)
{
    struct fixture *f = *state;
    struct kl_random random = {3};
    for (int k = 0; k < FRAMES; k++) {
        f->samples[14][k][1] += (float)(1200 * kl_random_normal(&random));
    }
    const struct kl_finding *x = only(look(f), KL_NOISE, 14, 1);
    assert_true(x->number > 10 && x->number < 30);
}

static void test_outlier(void **state)
{
    struct fixture *f = *state;
    for (int k = 0; k < FRAMES; k++) {
        for (int c = 0; c < CHANNELS; c++) {
            f->samples[2][k][c] = roundf(f->samples[2][k][c] / 200);
        }
    }
    const struct kl_finding *x = only(look(f), KL_OUTLIER, 2, -1);
    assert_string_equal(x->what, "level");
    assert_true(x->number < -10);
}

static void test_duplicates(void **state)
{
    struct fixture *f = *state;
    memcpy(f->samples[20], f->samples[4], sizeof f->samples[4]);
    const struct kl_stats *stats = look(f);
    assert_int_equal(stats->near.exact, 1);
    assert_int_equal(stats->near.near, 0);
    assert_int_equal(stats->near.pairs[0].a, 4);
    assert_int_equal(stats->near.pairs[0].b, 20);
}

/* Another gain, an offset, a late begin, and noise below the signal. */
static void test_near_duplicates(void **state)
{
    struct fixture *f = *state;
    struct kl_random random = {5};
    for (int k = 2; k < FRAMES; k++) { /* coloured noise: like a machine, or a fricative */
        for (int c = 0; c < CHANNELS; c++) {
            f->samples[4][k][c] = 1.6f * f->samples[4][k - 1][c] - 0.8f * f->samples[4][k - 2][c] +
                                  (float)(700 * kl_random_normal(&random));
        }
    }
    for (int k = 0; k < FRAMES; k++) {
        for (int c = 0; c < CHANNELS; c++) {
            float from = f->samples[4][k + 70 < FRAMES ? k + 70 : FRAMES - 1][c];
            f->samples[20][k][c] = 0.6f * from + 300 + (float)(200 * kl_random_normal(&random));
        }
    }
    const struct kl_stats *stats = look(f);
    assert_int_equal(stats->near.exact, 0);
    assert_int_equal(stats->near.near, 1);
    assert_int_equal(stats->near.pairs[0].a, 4);
    assert_int_equal(stats->near.pairs[0].b, 20);
    assert_true(stats->near.pairs[0].distance < 0.1);
}

static void test_coverage(void **state)
{
    struct fixture *f = *state;
    f->items[0].tags = "room=lab,floor=2";
    const struct kl_stats *stats = look(f);
    assert_int_equal(stats->tag_count, 3);
    assert_string_equal(stats->tags[0].key, "floor");
    assert_string_equal(stats->tags[1].value, "hall");
    assert_string_equal(stats->tags[2].value, "lab");
    assert_int_equal(stats->tags[1].items, ITEMS / 2 - 1);
    assert_int_equal(stats->tags[2].classes[0], 1); /* item 0 is off */
    assert_int_equal(stats->uncovered, 2);          /* floor=2 and hall, both without on */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_clean_data),      TEST(test_stuck),
        TEST(test_clipped),         TEST(test_a_coarse_sine_is_not_clipped),
        TEST(test_dropped_values),  TEST(test_lost_samples),
        TEST(test_jitter),          TEST(test_raised_noise),
        TEST(test_outlier),         TEST(test_duplicates),
        TEST(test_near_duplicates), TEST(test_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
