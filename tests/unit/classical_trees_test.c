/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees in JSON: what the engine computes from random forests against a plain walk over the lists
 * of the file, bit for bit; and how deep a tree may be.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classical_try.h"
#include "random.h"

enum { MAX_NODES = 512, MAX_TREES = 8, MAX_WIDTH = 4, MAX_FEATURES = 20 };

static struct kt_random rng;

static int32_t between(int32_t low, int32_t high)
{
    return kt_random_between(&rng, low, high);
}

/* A tree as the file has it; leaves have feature -1. */
struct tree {
    int32_t count, output;
    int32_t feature[MAX_NODES], left[MAX_NODES], right[MAX_NODES];
    double threshold[MAX_NODES];
    float value[MAX_NODES][MAX_WIDTH];
};

struct forest {
    int32_t features, outputs, width, trees;
    bool below, missing_left, average;
    struct tree tree[MAX_TREES];
};

/* Thresholds repeat, meet features exactly, and are finer than a float can be. */
static double random_threshold(void)
{
    double coarse = between(-8, 8) / 4.0;
    switch (between(0, 3)) {
    case 0: return coarse + between(-3, 3) * 1e-12;
    case 1: return coarse * 1e-40;
    default: return coarse;
    }
}

static float random_feature(void)
{
    switch (between(0, 9)) {
    case 0: return -0.0f;
    case 1: return NAN;
    case 2: return -NAN;
    case 3: return INFINITY;
    case 4: return -INFINITY;
    case 5: return (float)(between(-8, 8) * 0.25e-40);
    default: return (float)between(-9, 9) / 4.0f;
    }
}

static int32_t grow(const struct forest *f, struct tree *t, int32_t depth)
{
    int32_t node = t->count++;
    t->threshold[node] = 0;
    t->left[node] = t->right[node] = 0;
    t->feature[node] = -between(1, 2);
    for (int32_t i = 0; i < f->width; i++) {
        t->value[node][i] = (float)between(-1000, 1000) / 7.0f;
    }
    if (depth > 0 && between(0, 5) > 0) {
        t->feature[node] = between(0, f->features - 1);
        t->threshold[node] = random_threshold();
        t->left[node] = grow(f, t, depth - 1);
        t->right[node] = grow(f, t, depth - 1);
    }
    return node;
}

static void plant(struct forest *f, int32_t depth)
{
    f->features = between(1, MAX_FEATURES);
    f->outputs = between(1, MAX_WIDTH);
    f->width = between(1, f->outputs);
    f->trees = between(1, MAX_TREES);
    f->below = between(0, 1);
    f->missing_left = between(0, 1);
    f->average = between(0, 1);
    for (int32_t i = 0; i < f->trees; i++) {
        f->tree[i].count = 0;
        f->tree[i].output = between(0, f->outputs - f->width);
        grow(f, &f->tree[i], depth);
    }
}

static void print_tree(struct kl_buffer *text, const struct forest *f, const struct tree *t)
{
    kl_buffer_printf(text, "{\"output\":%d,", t->output);
    classical_print_ints(text, "feature", t->feature, t->count);
    classical_print_ints(text, "left", t->left, t->count);
    classical_print_ints(text, "right", t->right, t->count);
    kl_buffer_printf(text, "\"threshold\":[");
    for (int32_t i = 0; i < t->count; i++) {
        kl_buffer_printf(text, "%s%.17g", i ? "," : "", t->threshold[i]);
    }
    kl_buffer_printf(text, "],\"value\":[");
    for (int32_t i = 0; i < t->count; i++) {
        kl_buffer_printf(text, "%s", i ? "," : "");
        classical_print_floats(text, t->value[i], f->width);
    }
    kl_buffer_printf(text, "]}");
}

static void print_forest(struct kl_buffer *text, const struct forest *f)
{
    classical_begin(text, f->features, "trees");
    kl_buffer_printf(text,
                     "\"outputs\":%d,\"leaf_width\":%d,\"left_if\":\"%s\",\"missing\":\"%s\","
                     "\"average\":%s,\"trees\":[",
                     f->outputs, f->width,
                     f->below ? "<" : "<=", f->missing_left ? "left" : "right",
                     f->average ? "true" : "false");
    for (int32_t i = 0; i < f->trees; i++) {
        kl_buffer_printf(text, "%s", i ? "," : "");
        print_tree(text, f, &f->tree[i]);
    }
    kl_buffer_printf(text, "]}}");
}

/* Compares in double precision, as tools that train trees do. */
static const float *slow_leaf(const struct forest *f, const struct tree *t, const float *x)
{
    int32_t node = 0;
    while (t->feature[node] >= 0) {
        double value = (double)x[t->feature[node]];
        bool left = f->below ? value < t->threshold[node] : value <= t->threshold[node];
        left = value != value ? f->missing_left : left;
        node = left ? t->left[node] : t->right[node];
    }
    return t->value[node];
}

static void slow_forest(const struct forest *f, const float *x, float *y)
{
    memset(y, 0, (size_t)f->outputs * sizeof y[0]);
    for (int32_t i = 0; i < f->trees; i++) {
        const float *leaf = slow_leaf(f, &f->tree[i], x);
        for (int32_t k = 0; k < f->width; k++) {
            y[f->tree[i].output + k] += leaf[k];
        }
    }
    for (int32_t k = 0; f->average && k < f->outputs; k++) {
        y[k] *= (float)(1.0 / f->trees);
    }
}

static void check_forest(int32_t depth)
{
    static struct forest f;
    struct kl_buffer text = KL_BUFFER(4 << 20);
    float x[MAX_FEATURES], expected[MAX_WIDTH], actual[MAX_WIDTH];
    plant(&f, depth);
    print_forest(&text, &f);
    for (int32_t round = 0; round < 10; round++) {
        for (int32_t i = 0; i < f.features; i++) {
            x[i] = random_feature();
        }
        slow_forest(&f, x, expected);
        classical_compute(text.data, x, actual);
        classical_expect_same(actual, expected, f.outputs);
    }
    kl_buffer_free(&text);
}

static void test_forests(void **state)
{
    (void)state;
    rng.state = 1;
    for (int32_t i = 0; i < 200; i++) {
        check_forest(between(0, 6));
    }
}

/* A chain of `splits` splits, each with a leaf on its right. */
static void print_chain(struct kl_buffer *text, int32_t splits)
{
    int32_t feature[2 * 100 + 1], left[2 * 100 + 1], right[2 * 100 + 1];
    int32_t count = 2 * splits + 1;
    for (int32_t i = 0; i < count; i++) {
        bool split = i % 2 == 0 && i + 1 < count;
        feature[i] = split ? 0 : -1;
        left[i] = split ? i + 2 : 0;
        right[i] = split ? i + 1 : 0;
    }
    classical_begin(text, 2, "trees");
    kl_buffer_printf(text, "\"outputs\":1,\"leaf_width\":1,\"trees\":[{");
    classical_print_ints(text, "feature", feature, count);
    classical_print_ints(text, "left", left, count);
    classical_print_ints(text, "right", right, count);
    classical_print_ints(text, "threshold", left, count);
    classical_print_ints(text, "value", feature, count);
    text->size--;
    kl_buffer_printf(text, "}]}}");
}

static void test_depth_is_limited(void **state)
{
    const float x[2] = {0};
    float y;
    (void)state;
    struct kl_buffer text = KL_BUFFER(1 << 16);
    print_chain(&text, 64);
    classical_compute(text.data, x, &y);
    assert_true(y == -1);
    text.size = 0;
    print_chain(&text, 65);
    classical_refuse(text.data, "more than 64 splits");
    kl_buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forests),
        cmocka_unit_test(test_depth_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
