/* SPDX-License-Identifier: Apache-2.0 */
/* Doubted labels: counts found by hand, and labels of which a twentieth was changed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "learn/label_errors.h"
#include "random.h"

enum { ITEMS = 4000, CLASSES = 5 };

static struct kl_label_errors find(const float *probabilities, const int32_t *labels, int32_t items,
                                   int32_t classes, struct kl_arena *arena)
{
    struct kl_label_errors errors;
    struct kl_diag diag = {0};
    assert_int_equal(
        kl_label_errors_find(probabilities, labels, items, classes, arena, &errors, &diag), KL_OK);
    return errors;
}

/* Thresholds are 0.6 (items 0 to 2 of label 0) and 0.7 (3 and 4 of label 1). */
static void test_by_hand(void **state)
{
    const float p[6][2] = {{0.9f, 0.1f}, {0.7f, 0.3f}, {0.2f, 0.8f},
                           {0.1f, 0.9f}, {0.5f, 0.5f}, {0.9f, 0.1f}};
    const int32_t labels[6] = {0, 0, 0, 1, 1, -1};
    struct kl_arena *arena = kl_arena_create(1 << 20);
    struct kl_label_errors e = find(p[0], labels, 6, 2, arena);
    (void)state;
    assert_int_equal(e.items, 5);
    assert_int_equal(e.joint[0], 2); /* 0 and 1 */
    assert_int_equal(e.joint[1], 1); /* 2, which is doubted */
    assert_int_equal(e.joint[2], 0);
    assert_int_equal(e.joint[3], 1); /* 3; 4 reaches no threshold */
    assert_int_equal(e.count, 1);
    assert_int_equal(e.suspects[0].item, 2);
    assert_int_equal(e.suspects[0].likely, 1);
    assert_true(fabs(e.suspects[0].probability - 0.8) < 1e-6);
    assert_true(fabs(e.suspects[0].confidence - 0.2) < 1e-6);
    assert_true(fabs(e.estimated - 1) < 1e-9); /* a third of 3, and none of 2 */
    kl_arena_free(arena);
}

/* A model that is right in most items with a varying sureness; 5 % of the labels are changed. */
static void test_finds_changed_labels(void **state)
{
    struct kt_random random = {11};
    float *p = malloc(sizeof(float) * ITEMS * CLASSES);
    int32_t *labels = malloc(sizeof(int32_t) * ITEMS);
    bool *changed = calloc(ITEMS, sizeof(bool));
    struct kl_arena *arena = kl_arena_create(8 << 20);
    int32_t wrong = 0, hits = 0;
    (void)state;
    assert_true(p && labels && changed && arena);
    for (int32_t i = 0; i < ITEMS; i++) {
        int32_t truth = kt_random_between(&random, 0, CLASSES - 1);
        int32_t answer = kt_random_between(&random, 0, 99) < 3 ? (truth + 1) % CLASSES
                                                               : truth; /* 3 % mistakes */
        float sure = answer == truth ? kt_random_float(&random, 0.5f, 1) : 0.5f;
        for (int32_t c = 0; c < CLASSES; c++) {
            p[i * CLASSES + c] = c == answer ? sure : (1 - sure) / (CLASSES - 1);
        }
        changed[i] = kt_random_between(&random, 0, 99) < 5;
        labels[i] =
            changed[i] ? (truth + kt_random_between(&random, 1, CLASSES - 1)) % CLASSES : truth;
        wrong += changed[i];
    }
    struct kl_label_errors e = find(p, labels, ITEMS, CLASSES, arena);
    for (int32_t i = 0; i < e.count; i++) {
        hits += changed[e.suspects[i].item];
        double margin = e.suspects[i].confidence - e.suspects[i].probability;
        assert_true(margin <= 0);
        assert_true(i == 0 ||
                    margin >= e.suspects[i - 1].confidence - e.suspects[i - 1].probability);
    }
    assert_true((double)hits / e.count > 0.75);
    assert_true((double)hits / wrong > 0.8);
    assert_true(fabs(e.estimated / wrong - 1) < 0.3);
    kl_arena_free(arena);
    free(changed);
    free(labels);
    free(p);
}

/* A class without items, and none at all. */
static void test_empty(void **state)
{
    const float p[2][3] = {{0.2f, 0.1f, 0.7f}, {0.1f, 0.6f, 0.3f}};
    const int32_t labels[2] = {0, 1}, none[2] = {-1, -1};
    struct kl_arena *arena = kl_arena_create(1 << 20);
    (void)state;
    assert_int_equal(find(p[0], labels, 2, 3, arena).count, 0); /* class 2 has no threshold */
    assert_int_equal(find(p[0], none, 2, 3, arena).items, 0);
    assert_int_equal(find(p[0], none, 0, 3, arena).count, 0);
    kl_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_finds_changed_labels),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
