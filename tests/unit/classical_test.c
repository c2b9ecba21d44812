/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classical models from JSON but trees: what the engine computes against plain loops over the
 * lists of the file, over random models.
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

enum { MAX_WIDTH = 4, MAX_FEATURES = 5, MAX_POINTS = 12 };

static struct kt_random rng;

static int32_t between(int32_t low, int32_t high)
{
    return kt_random_between(&rng, low, high);
}

static float sum_of_squares(const float *x, const float *centre, int32_t count)
{
    float sum = 0;
    for (int32_t i = 0; i < count; i++) {
        float d = x[i] - centre[i];
        sum += d * d;
    }
    return sum;
}

/* Random points that often lie at equal distances. */
struct points {
    int32_t features, count;
    float at[MAX_POINTS][MAX_FEATURES];
    float x[MAX_FEATURES];
};

static void scatter(struct points *p)
{
    p->features = between(1, 5);
    p->count = between(1, MAX_POINTS);
    for (int32_t i = 0; i < p->features; i++) {
        p->x[i] = (float)between(-3, 3) / 3.0f;
        for (int32_t k = 0; k < p->count; k++) {
            p->at[k][i] = (float)between(-3, 3) / 3.0f;
        }
    }
}

static void print_rows(struct kl_buffer *text, const char *name, const struct points *p)
{
    kl_buffer_printf(text, "\"%s\":[", name);
    for (int32_t k = 0; k < p->count; k++) {
        kl_buffer_printf(text, "%s", k ? "," : "");
        classical_print_floats(text, p->at[k], p->features);
    }
    kl_buffer_printf(text, "]");
}

static void test_kmeans(void **state)
{
    static struct points p;
    (void)state;
    rng.state = 2;
    for (int32_t round = 0; round < 100; round++) {
        struct kl_buffer text = KL_BUFFER(1 << 20);
        float expected[MAX_POINTS], actual[MAX_POINTS];
        scatter(&p);
        classical_begin(&text, p.features, "kmeans");
        print_rows(&text, "centres", &p);
        kl_buffer_printf(&text, "}}");
        for (int32_t k = 0; k < p.count; k++) {
            expected[k] = sum_of_squares(p.x, p.at[k], p.features);
        }
        classical_compute(text.data, p.x, actual);
        classical_expect_same(actual, expected, p.count);
        kl_buffer_free(&text);
    }
}

/* Votes of the k nearest, by sorting. */
static void slow_votes(const struct points *p, const int32_t *label, int32_t k, int32_t classes,
                       float *votes)
{
    int32_t order[MAX_POINTS];
    float distance[MAX_POINTS];
    for (int32_t i = 0; i < p->count; i++) {
        int32_t at = i;
        distance[i] = sum_of_squares(p->x, p->at[i], p->features);
        for (; at > 0 && distance[order[at - 1]] > distance[i]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    memset(votes, 0, (size_t)classes * sizeof votes[0]);
    for (int32_t i = 0; i < k; i++) {
        votes[label[order[i]]] += 1;
    }
    for (int32_t i = 0; i < classes; i++) {
        votes[i] /= (float)k;
    }
}

static void test_knn(void **state)
{
    static struct points p;
    (void)state;
    rng.state = 3;
    for (int32_t round = 0; round < 200; round++) {
        struct kl_buffer text = KL_BUFFER(1 << 20);
        int32_t label[MAX_POINTS];
        float expected[MAX_WIDTH], actual[MAX_WIDTH];
        scatter(&p);
        int32_t classes = between(1, MAX_WIDTH);
        int32_t k = between(1, p.count);
        for (int32_t i = 0; i < p.count; i++) {
            label[i] = between(0, classes - 1);
        }
        classical_begin(&text, p.features, "knn");
        kl_buffer_printf(&text, "\"k\":%d,\"classes\":%d,", k, classes);
        classical_print_ints(&text, "labels", label, p.count);
        print_rows(&text, "prototypes", &p);
        kl_buffer_printf(&text, "}}");
        slow_votes(&p, label, k, classes, expected);
        classical_compute(text.data, p.x, actual);
        classical_expect_same(actual, expected, classes);
        kl_buffer_free(&text);
    }
}

static void test_linear_with_scaling(void **state)
{
    static const char text[] =
        "{\"kinglet_classical\":1,\"name\":\"two\",\"features\":2,"
        "\"scale\":{\"offset\":[1,2],\"factor\":[0.5,4]},"
        "\"model\":{\"kind\":\"linear\",\"weights\":[[1,2],[-3,0.1]],\"bias\":[0.25,-1]}}";
    const float x[2] = {3.3f, 1.7f};
    const float a = (x[0] - 1) * 0.5f, b = (x[1] - 2) * 4;
    const float expected[2] = {(a * 1 + b * 2) + 0.25f, (a * -3 + b * 0.1f) + -1};
    float actual[2];
    (void)state;
    classical_compute(text, x, actual);
    classical_expect_same(actual, expected, 2);
}

static void expect_near(const float *actual, const double *expected, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        double scale = fabs(expected[i]) > 1 ? fabs(expected[i]) : 1;
        if (!(fabs((double)actual[i] - expected[i]) <= 1e-5 * scale)) {
            fail_msg("value %d is %.9g, expected %.9g", (int)i, (double)actual[i], expected[i]);
        }
    }
}

static double kernel_of(int32_t type, const float *x, const float *v, int32_t count)
{
    double product = 0, distance = 0;
    for (int32_t i = 0; i < count; i++) {
        product += (double)x[i] * (double)v[i];
        distance += ((double)x[i] - (double)v[i]) * ((double)x[i] - (double)v[i]);
    }
    switch (type) {
    case 0: return product;
    case 1: return exp(-0.75 * distance);
    case 2: return pow(0.75 * product + 0.5, 3);
    default: return tanh(0.75 * product + 0.5);
    }
}

static const char *const kernels[] = {
    "{}",
    "{\"type\":\"rbf\",\"gamma\":0.75}",
    "{\"type\":\"polynomial\",\"gamma\":0.75,\"offset\":0.5,\"degree\":3}",
    "{\"type\":\"sigmoid\",\"gamma\":0.75,\"offset\":0.5}",
};

static void test_svm_decisions(void **state)
{
    static struct points p;
    (void)state;
    rng.state = 4;
    for (int32_t round = 0; round < 80; round++) {
        struct kl_buffer text = KL_BUFFER(1 << 20);
        float coefficient[MAX_POINTS], actual;
        double expected = 0.25;
        scatter(&p);
        for (int32_t i = 0; i < p.count; i++) {
            coefficient[i] = (float)between(-4, 4) / 4.0f;
            expected += (double)coefficient[i] * kernel_of(round % 4, p.x, p.at[i], p.features);
        }
        classical_begin(&text, p.features, "svm");
        kl_buffer_printf(&text, "\"kernel\":%s,", kernels[round % 4]);
        print_rows(&text, "vectors", &p);
        kl_buffer_printf(&text, ",\"intercept\":[0.25],\"coefficients\":[");
        classical_print_floats(&text, coefficient, p.count);
        kl_buffer_printf(&text, "]}}");
        classical_compute(text.data, p.x, &actual);
        expect_near(&actual, &expected, 1);
        kl_buffer_free(&text);
    }
}

/* Three linear decisions between three classes: 1 beats 0, 2 beats 0, and a tie goes to the second.
 */
static void test_svm_votes(void **state)
{
    static const char text[] =
        "{\"kinglet_classical\":1,\"features\":1,\"model\":{\"kind\":\"svm\",\"kernel\":{},"
        "\"vectors\":[[1]],\"coefficients\":[[-1],[-1],[1]],\"intercept\":[0,0,-2],\"classes\":3,"
        "\"pairs\":[[0,1],[0,2],[1,2]]}}";
    static const float x[] = {1, 2, 3, -1};
    static const float expected[][3] = {{0, 1, 2}, {0, 1, 2}, {0, 2, 1}, {2, 0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
        float actual[3];
        classical_compute(text, &x[i], actual);
        classical_expect_same(actual, expected[i], 3);
    }
}

/* log of the sum of weight * density over the components, each a diagonal Gaussian. */
static double slow_likelihood(const struct points *p, const float *weight,
                              float variance[][MAX_FEATURES])
{
    double sum = 0;
    for (int32_t k = 0; k < p->count; k++) {
        double density = (double)weight[k];
        for (int32_t i = 0; i < p->features; i++) {
            double v = (double)variance[k][i], d = (double)p->x[i] - (double)p->at[k][i];
            density *= exp(-d * d / (2 * v)) / sqrt(2 * 3.141592653589793 * v);
        }
        sum += density;
    }
    return log(sum);
}

/* A diagonal mixture, as variances or as Cholesky factors of its precisions. */
static void print_spread(struct kl_buffer *text, const struct points *p,
                         float variance[][MAX_FEATURES], bool full)
{
    kl_buffer_printf(text, full ? ",\"precisions_cholesky\":[" : ",\"variances\":[");
    for (int32_t k = 0; k < p->count; k++) {
        kl_buffer_printf(text, "%s", k ? "," : "");
        if (!full) {
            classical_print_floats(text, variance[k], p->features);
            continue;
        }
        kl_buffer_printf(text, "[");
        for (int32_t i = 0; i < p->features; i++) {
            float row[MAX_FEATURES] = {0};
            row[i] = 1 / sqrtf(variance[k][i]);
            kl_buffer_printf(text, "%s", i ? "," : "");
            classical_print_floats(text, row, p->features);
        }
        kl_buffer_printf(text, "]");
    }
    kl_buffer_printf(text, "]");
}

static void test_gmm(void **state)
{
    static struct points p;
    (void)state;
    rng.state = 5;
    for (int32_t round = 0; round < 60; round++) {
        struct kl_buffer text = KL_BUFFER(1 << 20);
        float weight[MAX_POINTS], variance[MAX_POINTS][MAX_FEATURES], actual;
        scatter(&p);
        for (int32_t k = 0; k < p.count; k++) {
            weight[k] = (float)between(1, 4) / 4.0f;
            for (int32_t i = 0; i < p.features; i++) {
                variance[k][i] = (float)between(1, 8) / 4.0f;
            }
        }
        double expected = slow_likelihood(&p, weight, variance);
        classical_begin(&text, p.features, "gmm");
        print_rows(&text, "means", &p);
        kl_buffer_printf(&text, ",\"weights\":");
        classical_print_floats(&text, weight, p.count);
        print_spread(&text, &p, variance, round % 2);
        kl_buffer_printf(&text, "}}");
        classical_compute(text.data, p.x, &actual);
        expect_near(&actual, &expected, 1);
        kl_buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kmeans),
        cmocka_unit_test(test_knn),
        cmocka_unit_test(test_linear_with_scaling),
        cmocka_unit_test(test_svm_decisions),
        cmocka_unit_test(test_svm_votes),
        cmocka_unit_test(test_gmm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
