/* SPDX-License-Identifier: Apache-2.0 */
/* Forests and k-means on data whose answer is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "learn/classical.h"
#include "random.h"

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

/* The densities of a mixture in the text form at a row, straight from their definition. */
static double likelihood(const json_t *text, const float *row, int32_t features)
{
    const json_t *scale = json_object_get(text, "scale"), *model = json_object_get(text, "model");
    const json_t *weights = json_object_get(model, "weights");
    double sum = 0;
    for (size_t c = 0; c < json_array_size(weights); c++) {
        double density = at(weights, c);
        for (int32_t f = 0; f < features; f++) {
            size_t i = (size_t)f;
            double x = ((double)row[f] - at(json_object_get(scale, "offset"), i)) *
                       at(json_object_get(scale, "factor"), i);
            double mean = at(json_array_get(json_object_get(model, "means"), c), i);
            double variance = at(json_array_get(json_object_get(model, "variances"), c), i);
            density *= exp(-(x - mean) * (x - mean) / (2 * variance)) /
                       sqrt(2 * 3.14159265358979323846 * variance);
        }
        sum += density;
    }
    return log(sum);
}

enum { MIXED = 4000 };

/* Two heaps of different size and width: their shares, means and deviations come out. */
static void fill_mixture(float *values)
{
    struct kt_random rng = {5};
    for (int32_t r = 0; r < MIXED; r++) {
        double normal[2] = {0, 0};
        for (int k = 0; k < 24; k++) { /* nearly normal, variance 1 */
            normal[k % 2] += (double)kt_random_float(&rng, -0.5f, 0.5f);
        }
        bool first = r % 4 == 0;
        values[2 * r] = (float)(first ? 10 + normal[0] : -20 + 5 * normal[0]);
        values[2 * r + 1] = (float)(first ? 3 + 2 * normal[1] : 0.5 * normal[1]);
    }
}

static void test_mixture_is_found(void **state)
{
    static float values[2 * MIXED];
    static int32_t labels[MIXED];
    const struct kl_feature_rows rows = {MIXED, 2, 1, values, labels};
    static const double means[2][2] = {{10, 3}, {-20, 0}}, deviations[2][2] = {{1, 2}, {5, 0.5}};
    (void)state;
    fill_mixture(values);
    json_t *text = kl_gmm_train(&rows, 2, 3, arena, &diag);
    assert_non_null(text);
    const json_t *scale = json_object_get(text, "scale"), *model = json_object_get(text, "model");
    size_t first = at(json_object_get(model, "weights"), 0) < 0.5 ? 0 : 1;
    for (size_t c = 0; c < 2; c++) {
        size_t k = c == first ? 0 : 1;
        assert_true(fabs(at(json_object_get(model, "weights"), c) - (k ? 0.75 : 0.25)) < 0.002);
        for (size_t f = 0; f < 2; f++) {
            double factor = at(json_object_get(scale, "factor"), f);
            double mean = at(json_array_get(json_object_get(model, "means"), c), f) / factor +
                          at(json_object_get(scale, "offset"), f);
            double deviation =
                sqrt(at(json_array_get(json_object_get(model, "variances"), c), f)) / factor;
            assert_true(fabs(mean - means[k][f]) < 0.1 * deviations[k][f]);
            assert_true(fabs(deviation / deviations[k][f] - 1) < 0.06);
        }
    }
    json_decref(text);
}

/* What EM ends with is a place where one more round of it, computed slowly, changes nothing. */
static void test_mixture_is_at_rest(void **state)
{
    enum { ROWS = 60, FEATURES = 3, PARTS = 3 };
    float values[ROWS * FEATURES];
    int32_t labels[ROWS] = {0};
    const struct kl_feature_rows rows = {ROWS, FEATURES, 1, values, labels};
    struct kt_random rng = {9};
    double weights[PARTS] = {0}, all = 0;
    (void)state;
    for (int32_t i = 0; i < ROWS * FEATURES; i++) {
        values[i] = kt_random_float(&rng, -1, 1) + (float)(4 * (i / FEATURES % PARTS));
    }
    json_t *text = kl_gmm_train(&rows, PARTS, 1, arena, &diag);
    assert_non_null(text);
    const json_t *model = json_object_get(text, "model");
    for (int32_t r = 0; r < ROWS; r++) {
        const float *row = values + (ptrdiff_t)r * FEATURES;
        double whole = likelihood(text, row, FEATURES);
        all += whole;
        for (size_t c = 0; c < PARTS; c++) {
            /* The share of one component: with the others' weights at 0. */
            json_t *alone = json_deep_copy(text);
            json_t *list = json_object_get(json_object_get(alone, "model"), "weights");
            for (size_t k = 0; k < PARTS; k++) {
                json_array_set_new(list, k, json_real(k == c ? at(list, c) : 0));
            }
            weights[c] += exp(likelihood(alone, row, FEATURES) - whole) / ROWS;
            json_decref(alone);
        }
    }
    for (size_t c = 0; c < PARTS; c++) {
        assert_true(fabs(weights[c] - at(json_object_get(model, "weights"), c)) < 1e-3);
    }
    /* One component alone says less of three heaps. */
    json_t *one = kl_gmm_train(&rows, 1, 1, arena, &diag);
    double single = 0;
    for (int32_t r = 0; r < ROWS; r++) {
        single += likelihood(one, values + (ptrdiff_t)r * FEATURES, FEATURES);
    }
    assert_true(all > single + ROWS / 2.0);
    json_decref(one);
    json_decref(text);
}

/* A constant feature and rows that are all the same leave finite numbers. */
static void test_mixture_of_one_point(void **state)
{
    const float values[] = {3, 7, 3, 7, 3, 7, 3, 7};
    const int32_t labels[4] = {0};
    const struct kl_feature_rows rows = {4, 2, 1, values, labels};
    (void)state;
    json_t *text = kl_gmm_train(&rows, 3, 1, arena, &diag);
    assert_non_null(text);
    assert_true(isfinite(likelihood(text, values, 2)));
    const json_t *weights = json_object_get(json_object_get(text, "model"), "weights");
    for (size_t c = 0; c < 3; c++) {
        assert_true(at(weights, c) > 0);
    }
    json_decref(text);
    assert_null(kl_gmm_train(&rows, 5, 1, arena, &diag));
    assert_non_null(strstr(diag.message, "no more centres or components than there are items"));
}

/* Leaves hold a share for each class: with many classes a forest ends at a limit of its own. */
static void test_forest_of_many_classes(void **state)
{
    enum { ROWS = 4000, CLASSES = 4000 };
    static float values[ROWS];
    static int32_t labels[ROWS];
    const struct kl_feature_rows rows = {ROWS, 1, CLASSES, values, labels};
    const struct kl_forest_options options = {.trees = 1, .depth = 32, .leaf = 1, .seed = 3};
    (void)state;
    for (int32_t i = 0; i < ROWS; i++) {
        values[i] = (float)i;
        labels[i] = i;
    }
    kl_diag_clear(&diag);
    assert_null(kl_forest_train(&rows, &options, arena, &diag));
    assert_non_null(strstr(diag.message, "shares of its 4000 classes in the leaves"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forest_finds_the_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits_of_trees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kmeans_finds_the_heaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mixture_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mixture_is_at_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mixture_of_one_point, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forest_of_many_classes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
