/* SPDX-License-Identifier: Apache-2.0 */
/* Forests and k-means on data whose answer is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "learn/classical.h"

static struct kl_arena *arena;
static struct kl_diag diag;

static int set_up(void **state)
{
    (void)state;
    arena = kl_arena_create((size_t)16 << 20);
    return arena ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

static double at(const json_t *list, size_t index)
{
    return json_number_value(json_array_get(list, index));
}

/* One feature tells two classes apart, somewhere between 3 and 7. */
static void test_forest_finds_the_gap(void **state)
{
    const float values[] = {1, 2, 3, 7, 8, 9};
    const int32_t labels[] = {1, 1, 1, 0, 0, 0};
    const struct kl_feature_rows rows = {6, 1, 2, values, labels};
    const struct kl_forest_options options = {.trees = 20, .depth = 4, .leaf = 1, .seed = 3};
    size_t i;
    const json_t *tree;
    (void)state;
    json_t *model = kl_forest_train(&rows, &options, arena, &diag);
    assert_non_null(model);
    const json_t *trees = json_object_get(json_object_get(model, "model"), "trees");
    assert_int_equal(json_array_size(trees), 20);
    json_array_foreach(trees, i, tree)
    {
        const json_t *feature = json_object_get(tree, "feature");
        const json_t *values_of = json_object_get(tree, "value");
        if (json_array_size(feature) == 1) {
            continue; /* drawn from one class alone */
        }
        assert_int_equal(json_array_size(feature), 3);
        double threshold = at(json_object_get(tree, "threshold"), 0);
        assert_true(threshold > 1 && threshold < 9);
        assert_true(at(json_array_get(values_of, 1), 1) == 1.0);
        assert_true(at(json_array_get(values_of, 2), 0) == 1.0);
    }
    json_decref(model);
}

static void test_limits_of_trees(void **state)
{
    const float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int32_t labels[] = {0, 1, 0, 1, 0, 1, 0, 1};
    const struct kl_feature_rows rows = {8, 1, 2, values, labels};
    struct kl_forest_options options = {.trees = 1, .depth = 1, .leaf = 1, .seed = 1};
    (void)state;
    json_t *shallow = kl_forest_train(&rows, &options, arena, &diag);
    options.depth = 32;
    options.leaf = 5;
    json_t *wide = kl_forest_train(&rows, &options, arena, &diag);
    assert_non_null(shallow);
    assert_non_null(wide);
    const json_t *one =
        json_array_get(json_object_get(json_object_get(shallow, "model"), "trees"), 0);
    const json_t *two = json_array_get(json_object_get(json_object_get(wide, "model"), "trees"), 0);
    assert_true(json_array_size(json_object_get(one, "feature")) <= 3);
    assert_int_equal(json_array_size(json_object_get(two, "feature")), 1);
    json_decref(shallow);
    json_decref(wide);
}

/* Three heaps: the centres are their means, in the scale of the model. */
static void test_kmeans_finds_the_heaps(void **state)
{
    const float values[] = {0, 0, 2, 0, 100, 50, 102, 50, 200, 0, 202, 0};
    const int32_t labels[6] = {0};
    const struct kl_feature_rows rows = {6, 2, 1, values, labels};
    const double means[3][2] = {{1, 0}, {101, 50}, {201, 0}};
    (void)state;
    json_t *model = kl_kmeans_train(&rows, 3, 7, arena, &diag);
    assert_non_null(model);
    const json_t *scale = json_object_get(model, "scale");
    const json_t *centres = json_object_get(json_object_get(model, "model"), "centres");
    int found = 0;
    for (int m = 0; m < 3; m++) {
        for (size_t c = 0; c < 3; c++) {
            double error = 0;
            for (size_t f = 0; f < 2; f++) {
                double x = (means[m][f] - at(json_object_get(scale, "offset"), f)) *
                           at(json_object_get(scale, "factor"), f);
                error += fabs(x - at(json_array_get(centres, c), f));
            }
            found += error < 1e-6;
        }
    }
    assert_int_equal(found, 3);
    json_decref(model);
    assert_null(kl_kmeans_train(&rows, 7, 7, arena, &diag));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forest_finds_the_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits_of_trees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kmeans_finds_the_heaps, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
