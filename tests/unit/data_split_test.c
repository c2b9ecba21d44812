/* SPDX-License-Identifier: Apache-2.0 */
/* Splits keep groups together, do not move when data are added, and do not leak. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/split.h"

enum { MOST_GROUPS = 200, EACH = 3, MOST = MOST_GROUPS * EACH };

/* A table of items in memory: value i is that of item i. */
struct fixture {
    struct kl_arena *arena;
    struct kl_dataset d;
    struct kl_data_item items[MOST];
    char groups[MOST_GROUPS][16];
    float samples[MOST][4];
    struct kl_split_report report;
    struct kl_diag diag;
};

static const char *const classes[] = {"a", "b"};
static const char *const channels[] = {"x"};

static struct kl_split_request fractions(void)
{
    return (struct kl_split_request){.method = KL_BY_FRACTIONS, .fractions = {0.7, 0.15, 0.15}};
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = kl_arena_create((size_t)256 << 20);
    f->d.facts = (struct kl_data_facts){.kind = KL_DATA_TABLE,
                                        .channel_count = 1,
                                        .channels = channels,
                                        .class_count = 2,
                                        .classes = classes};
    f->d.items = f->items;
    for (int i = 0; i < MOST; i++) {
        struct kl_data_item *item = &f->items[i];
        snprintf(f->groups[i / EACH], 16, "speaker%d", i / EACH);
        f->samples[i][0] = (float)i;
        *item = (struct kl_data_item){.name = "n",
                                      .group = f->groups[i / EACH],
                                      .tags = "",
                                      .origin = "",
                                      .label = i / EACH % 2,
                                      .fold = -1,
                                      .frames = 1,
                                      .width = 1,
                                      .offset = (uint64_t)i * 16};
        kl_data_id(&f->d.facts, item, f->samples[i], item->id);
    }
    f->d.samples = (const unsigned char *)f->samples;
    f->d.samples_bytes = sizeof f->samples;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kl_arena_free(f->arena);
    free(f);
    return 0;
}

static enum kl_err run(struct fixture *f, int groups, struct kl_split_request request)
{
    f->d.count = groups * EACH;
    kl_diag_clear(&f->diag);
    return kl_split_run(&f->d, &request, f->arena, &f->report, &f->diag);
}

static void assert_refused(struct fixture *f, int groups, struct kl_split_request request,
                           enum kl_err err, const char *message)
{
    assert_int_equal(run(f, groups, request), err);
    if (!strstr(f->diag.message, message)) {
        fail_msg("'%s' instead of '%s'", f->diag.message, message);
    }
}

static void assert_groups_stay_together(const struct fixture *f, int groups)
{
    for (int i = 0; i < groups * EACH; i++) {
        assert_int_equal(f->report.items[i].split, f->report.items[i / EACH * EACH].split);
        assert_int_equal(f->report.items[i].fold, f->report.items[i / EACH * EACH].fold);
    }
}

static void test_fractions(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run(f, 100, fractions()), KL_OK);
    assert_groups_stay_together(f, 100);
    assert_int_equal(f->report.groups, 100);
    /* The best of 256 seeds: each class within 5 points of its share on each side. */
    assert_true(f->report.worst < 0.05);
    assert_int_equal(f->report.leak_count, 0);
}

/* With the same seed no group moves when others are added. */
static void test_stable_when_data_are_added(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run(f, 100, fractions()), KL_OK);
    const struct kl_data_item *before = f->report.items;
    struct kl_split_request again = fractions();
    again.seed = f->report.rule.seed;
    assert_int_equal(run(f, 200, again), KL_OK);
    for (int i = 0; i < 100 * EACH; i++) {
        assert_int_equal(before[i].split, f->report.items[i].split);
    }
}

static void test_folds(void **state)
{
    struct fixture *f = *state;
    int counts[5] = {0};
    assert_int_equal(run(f, 60, (struct kl_split_request){.method = KL_BY_FOLDS, .folds = 5}),
                     KL_OK);
    assert_groups_stay_together(f, 60);
    for (int i = 0; i < 60 * EACH; i++) {
        assert_in_range(f->report.items[i].fold, 0, 4);
        counts[f->report.items[i].fold]++;
    }
    for (int k = 0; k < 5; k++) {
        assert_in_range(counts[k], 60 * EACH / 10, 60 * EACH * 3 / 10);
    }
}

static void test_each_group_is_a_fold(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run(f, 6, (struct kl_split_request){.method = KL_BY_EACH_GROUP}), KL_OK);
    assert_int_equal(f->report.sides, 6);
    for (int i = 0; i < 6 * EACH; i++) {
        assert_int_equal(f->report.items[i].fold, i / EACH);
    }
}

static void test_too_few_groups(void **state)
{
    struct fixture *f = *state;
    struct kl_split_request folds = {.method = KL_BY_FOLDS, .folds = 5, .missing_classes = true};
    assert_refused(f, 1, fractions(), KL_EINPUT, "1 group cannot be split into 3 parts");
    assert_refused(f, 4, folds, KL_EINPUT, "4 groups cannot be split into 5 parts");
    folds.seed = 3;
    assert_refused(f, 5, folds, KL_EINPUT, "no group falls into fold");
    struct kl_split_request two = {.method = KL_BY_FRACTIONS, .fractions = {0.5, 0, 0.5}};
    assert_refused(f, 2, two, KL_EINPUT, "class 'a' has a single group, 'speaker0'");
}

/* Within a group both classes, so that only duplicates matter. */
static void test_duplicates_leak(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run(f, 40, fractions()), KL_OK);
    int other = 1;
    while (f->report.items[other * EACH].split == f->report.items[0].split) {
        other++;
    }
    memcpy(f->items[other * EACH].id, f->items[0].id, sizeof f->items[0].id);
    struct kl_split_request request = fractions();
    request.seed = f->report.rule.seed;
    assert_refused(f, 40, request, KL_ECHECK, "1 pair of items with the same samples");
    assert_int_equal(f->report.exact_leaks, 1);
    request.join_duplicates = true;
    request.seed = 0;
    assert_int_equal(run(f, 40, request), KL_OK);
    assert_int_equal(f->report.groups, 39);
    assert_int_equal(f->report.items[0].split, f->report.items[other * EACH].split);
}

/* However many other duplicates there are, those on two sides are seen. */
static void test_many_duplicates(void **state)
{
    struct fixture *f = *state;
    enum { GROUPS = 40, OTHERS = GROUPS * EACH, COPIES = KL_NEAR_PAIRS + 100 };
    struct kl_data_item *items = KL_NEW(f->arena, struct kl_data_item, OTHERS + COPIES);
    assert_non_null(items);
    memcpy(items, f->items, OTHERS * sizeof items[0]);
    for (int i = 0; i < COPIES; i++) {
        items[OTHERS + i] = items[0];
        memset(items[OTHERS + i].id, '0', KL_SHA256_HEX_BYTES - 1);
    }
    f->d.items = items;
    f->d.count = OTHERS + COPIES;
    struct kl_split_request request = fractions();
    assert_int_equal(kl_split_run(&f->d, &request, f->arena, &f->report, &f->diag), KL_OK);
    int other = 1;
    while (f->report.items[other * EACH].split == f->report.items[0].split) {
        other++;
    }
    memset(items[0].id, 'f', KL_SHA256_HEX_BYTES - 1);
    memset(items[other * EACH].id, 'f', KL_SHA256_HEX_BYTES - 1);
    request.seed = f->report.rule.seed;
    assert_int_equal(kl_split_run(&f->d, &request, f->arena, &f->report, &f->diag), KL_ECHECK);
    assert_int_equal(f->report.exact_leaks, 1);
}

/* What augmentation made follows its origin in training, and is left out elsewhere. */
static void test_copies_are_not_tested_on(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run(f, 100, fractions()), KL_OK);
    uint64_t seed = f->report.rule.seed;
    const struct kl_data_item *before = f->report.items;
    for (int i = 0; i < 100 * EACH; i += EACH) {
        f->items[i + 1].origin = f->items[i].id;
    }
    assert_int_equal(run(f, 100, fractions()), KL_OK);
    assert_int_equal(f->report.rule.seed, seed);
    int left_out = 0, counted = 0;
    for (int i = 0; i < 100 * EACH; i++) {
        bool copy = i % EACH == 1 && before[i].split != KL_SPLIT_TRAIN;
        assert_int_equal(f->report.items[i].split, copy ? KL_SPLIT_NONE : before[i].split);
        left_out += copy;
    }
    for (int i = 0; i < f->report.sides * 3; i++) {
        counted += f->report.counts[i];
    }
    assert_true(left_out > 10);
    assert_int_equal(f->report.copies_left_out, left_out);
    assert_int_equal(counted, 100 * EACH - left_out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fractions),       TEST(test_stable_when_data_are_added),
        TEST(test_folds),           TEST(test_each_group_is_a_fold),
        TEST(test_too_few_groups),  TEST(test_duplicates_leak),
        TEST(test_many_duplicates), TEST(test_copies_are_not_tested_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
