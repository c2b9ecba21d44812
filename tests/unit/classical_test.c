/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classical models from JSON: what the engine computes against plain loops over the lists of
 * the file, bit for bit, over random models; and what is refused.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "flow/execute.h"
#include "flow/model_job.h"
#include "random.h"

enum { MAX_NODES = 512, MAX_TREES = 8, MAX_WIDTH = 4, MAX_FEATURES = 20, MAX_POINTS = 12 };

static struct kt_random rng;

static int32_t between(int32_t low, int32_t high)
{
    return (int32_t)kt_random_between(&rng, low, high);
}

/* Plan the text and compute `output` from `input`. */
static void compute(const char *text, const float *input, float *output)
{
    struct kl_bytes file = {(const unsigned char *)text, strlen(text)};
    struct kl_model_job job;
    struct kl_diag diag = {0};
    unsigned char *memory = NULL;
    if (kl_model_job_open_bytes(&job, "model.json", file, &diag) != KL_OK ||
        kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK ||
        kl_execute_arena(job.plan, job.arena, &memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    kl_execute_load(job.plan, (const unsigned char *)input, memory);
    assert_int_equal(kl_execute(job.plan, memory, &diag), KL_OK);
    memcpy(output, kl_execute_io(job.plan, &job.plan->outputs[0], memory),
           job.plan->outputs[0].tensor->bytes);
    kl_model_job_free(&job);
}

static void expect_same(const float *actual, const float *expected, int32_t count)
{
    if (memcmp(actual, expected, (size_t)count * sizeof actual[0]) != 0) {
        fail_msg("%.9g, expected %.9g", (double)actual[0], (double)expected[0]);
    }
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

static void print_ints(struct kl_buffer *text, const char *name, const int32_t *list, int32_t count)
{
    kl_buffer_printf(text, "\"%s\":[", name);
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(text, "%s%d", i ? "," : "", list[i]);
    }
    kl_buffer_printf(text, "],");
}

static void print_floats(struct kl_buffer *text, const float *list, int32_t count)
{
    kl_buffer_printf(text, "[");
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(text, "%s%.9g", i ? "," : "", (double)list[i]);
    }
    kl_buffer_printf(text, "]");
}

static void print_tree(struct kl_buffer *text, const struct forest *f, const struct tree *t)
{
    kl_buffer_printf(text, "{\"output\":%d,", t->output);
    print_ints(text, "feature", t->feature, t->count);
    print_ints(text, "left", t->left, t->count);
    print_ints(text, "right", t->right, t->count);
    kl_buffer_printf(text, "\"threshold\":[");
    for (int32_t i = 0; i < t->count; i++) {
        kl_buffer_printf(text, "%s%.17g", i ? "," : "", t->threshold[i]);
    }
    kl_buffer_printf(text, "],\"value\":[");
    for (int32_t i = 0; i < t->count; i++) {
        kl_buffer_printf(text, "%s", i ? "," : "");
        print_floats(text, t->value[i], f->width);
    }
    kl_buffer_printf(text, "]}");
}

static void print_forest(struct kl_buffer *text, const struct forest *f)
{
    kl_buffer_printf(text,
                     "{\"kinglet_classical\":1,\"features\":%d,\"model\":{\"kind\":\"trees\","
                     "\"outputs\":%d,\"leaf_width\":%d,\"left_if\":\"%s\",\"missing\":\"%s\","
                     "\"average\":%s,\"trees\":[",
                     f->features, f->outputs, f->width,
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
        compute(text.data, x, actual);
        expect_same(actual, expected, f.outputs);
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
        print_floats(text, p->at[k], p->features);
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
        kl_buffer_printf(&text,
                         "{\"kinglet_classical\":1,\"features\":%d,\"model\":"
                         "{\"kind\":\"kmeans\",",
                         p.features);
        print_rows(&text, "centres", &p);
        kl_buffer_printf(&text, "}}");
        for (int32_t k = 0; k < p.count; k++) {
            expected[k] = sum_of_squares(p.x, p.at[k], p.features);
        }
        compute(text.data, p.x, actual);
        expect_same(actual, expected, p.count);
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
        kl_buffer_printf(&text,
                         "{\"kinglet_classical\":1,\"features\":%d,\"model\":{\"kind\":\"knn\","
                         "\"k\":%d,\"classes\":%d,",
                         p.features, k, classes);
        print_ints(&text, "labels", label, p.count);
        print_rows(&text, "prototypes", &p);
        kl_buffer_printf(&text, "}}");
        slow_votes(&p, label, k, classes, expected);
        compute(text.data, p.x, actual);
        expect_same(actual, expected, classes);
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
    compute(text, x, actual);
    expect_same(actual, expected, 2);
}

/* Text of a model with these features and a kind; the rest follows. */
static void begin_model(struct kl_buffer *text, int32_t features, const char *kind)
{
    kl_buffer_printf(text, "{\"kinglet_classical\":1,\"features\":%d,\"model\":{\"kind\":\"%s\",",
                     features, kind);
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
        begin_model(&text, p.features, "svm");
        kl_buffer_printf(&text, "\"kernel\":%s,", kernels[round % 4]);
        print_rows(&text, "vectors", &p);
        kl_buffer_printf(&text, ",\"intercept\":[0.25],\"coefficients\":[");
        print_floats(&text, coefficient, p.count);
        kl_buffer_printf(&text, "]}}");
        compute(text.data, p.x, &actual);
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
        compute(text, &x[i], actual);
        expect_same(actual, expected[i], 3);
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
            print_floats(text, variance[k], p->features);
            continue;
        }
        kl_buffer_printf(text, "[");
        for (int32_t i = 0; i < p->features; i++) {
            float row[MAX_FEATURES] = {0};
            row[i] = 1 / sqrtf(variance[k][i]);
            kl_buffer_printf(text, "%s", i ? "," : "");
            print_floats(text, row, p->features);
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
        begin_model(&text, p.features, "gmm");
        print_rows(&text, "means", &p);
        kl_buffer_printf(&text, ",\"weights\":");
        print_floats(&text, weight, p.count);
        print_spread(&text, &p, variance, round % 2);
        kl_buffer_printf(&text, "}}");
        compute(text.data, p.x, &actual);
        expect_near(&actual, &expected, 1);
        kl_buffer_free(&text);
    }
}

static void refuse(const char *text, const char *words)
{
    struct kl_bytes file = {(const unsigned char *)text, strlen(text)};
    struct kl_model_job job;
    struct kl_diag diag = {0};
    enum kl_err err = kl_model_job_open_bytes(&job, "model.json", file, &diag);
    if (err == KL_OK) {
        err = kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag);
    }
    if (err == KL_OK || !strstr(diag.message, words)) {
        fail_msg("%s\nexpected: %s\nmessage:  %s", text, words, diag.message);
    }
    kl_model_job_free(&job);
}

#define HEAD "{\"kinglet_classical\":1,\"features\":2,\"model\":{"
#define TREES HEAD "\"kind\":\"trees\",\"outputs\":1,\"leaf_width\":1,\"trees\":"

static void test_refuses(void **state)
{
    (void)state;
    refuse("{", "line 1");
    refuse("{}", "kinglet_classical: is missing");
    refuse("{\"kinglet_classical\":2}", "whole number of 1 to 1");
    refuse("{\"kinglet_classical\":1,\"colour\":3}", "no member 'colour'");
    refuse("{\"kinglet_classical\":1,\"kinglet_classical\":1}", "duplicate");
    refuse("{\"kinglet_classical\":1}", "features: is missing");
    refuse("{\"kinglet_classical\":1,\"features\":0}", "features: must be a whole number");
    refuse("{\"kinglet_classical\":1,\"features\":1,\"model\":{}}", "model.kind: is missing");
    refuse(HEAD "\"kind\":\"oracle\"}}", "model.kind: must be one of: trees, linear");
    refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1]],\"bias\":[1]}}",
           "model.weights[0]: must be a list of 2 numbers");
    refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1,\"a\"]],\"bias\":[1]}}",
           "model.weights[0][1]: must be a number");
    refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1,1e39]],\"bias\":[1]}}", "fit float32");
    refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1,1]],\"bias\":[1],\"link\":\"x\"}}",
           "none, logistic, softmax");
    refuse(HEAD "\"kind\":\"knn\",\"k\":2,\"classes\":1,\"labels\":[0],\"prototypes\":[[1,2]]}}",
           "model.k: must be a whole number of 1 to 1");
    refuse(HEAD "\"kind\":\"knn\",\"k\":1,\"classes\":1,\"labels\":[1],\"prototypes\":[[1,2]]}}",
           "model.labels[0]");
    refuse(HEAD "\"kind\":\"gmm\",\"means\":[[1,2]],\"weights\":[0],\"variances\":[[1,1]]}}",
           "model.weights: entry 0 is not above 0");
    refuse(HEAD "\"kind\":\"gmm\",\"means\":[[1,2]],\"weights\":[1],\"variances\":[[1,0]]}}",
           "not above 0");
    refuse(HEAD "\"kind\":\"svm\",\"kernel\":{\"type\":\"rbf\"},\"vectors\":[[1,2]],"
                "\"coefficients\":[[1]],\"intercept\":[1]}}",
           "model.kernel.gamma: is missing");
    refuse(HEAD "\"kind\":\"svm\",\"kernel\":{},\"vectors\":[[1,2]],\"coefficients\":[[1]],"
                "\"intercept\":[1],\"classes\":2,\"pairs\":[[0,2]]}}",
           "model.pairs[0][1]");
    refuse(TREES "[]}}", "model.trees: must be a list");
    refuse(TREES "[{\"feature\":[2],\"threshold\":[0],\"left\":[0],\"right\":[0],"
                 "\"value\":[1]}]}}",
           "model.trees[0].feature[0]");
    refuse(TREES "[{\"feature\":[-1],\"threshold\":[0,1],\"left\":[0],\"right\":[0],"
                 "\"value\":[1]}]}}",
           "has 2 entries, 'feature' has 1");
    refuse(TREES "[{\"feature\":[-1],\"threshold\":[0],\"left\":[0],\"right\":[0],"
                 "\"value\":[[1,2]]}]}}",
           "a list of 1 numbers");
    refuse(TREES "[{\"feature\":[0],\"threshold\":[0],\"left\":[0],\"right\":[0],"
                 "\"value\":[1]}]}}",
           "no leaf");
    refuse(TREES "[{\"feature\":[0,-1],\"threshold\":[0,0],\"left\":[1,0],\"right\":[1,0],"
                 "\"value\":[1,1]}]}}",
           "node 1 is reached twice");
    refuse(TREES "[{\"feature\":[0,-1,0],\"threshold\":[0,0,1],\"left\":[1,0,1],"
                 "\"right\":[2,0,1],\"value\":[1,1,1]}]}}",
           "node 1 is reached twice");
    refuse(TREES "[{\"feature\":[0,-1],\"threshold\":[0,0],\"left\":[0,0],\"right\":[1,0],"
                 "\"value\":[1,1]}]}}",
           "node 0 is reached twice");
    refuse(TREES "[{\"feature\":[-1,-1],\"threshold\":[0,0],\"left\":[0,0],\"right\":[1,0],"
                 "\"value\":[1,1]}]}}",
           "node 1 belongs to no tree");
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
    kl_buffer_printf(text, TREES "[{");
    print_ints(text, "feature", feature, count);
    print_ints(text, "left", left, count);
    print_ints(text, "right", right, count);
    print_ints(text, "threshold", left, count);
    print_ints(text, "value", feature, count);
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
    compute(text.data, x, &y);
    assert_true(y == -1);
    text.size = 0;
    print_chain(&text, 65);
    refuse(text.data, "more than 64 splits");
    kl_buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forests),
        cmocka_unit_test(test_kmeans),
        cmocka_unit_test(test_knn),
        cmocka_unit_test(test_linear_with_scaling),
        cmocka_unit_test(test_svm_decisions),
        cmocka_unit_test(test_svm_votes),
        cmocka_unit_test(test_gmm),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_depth_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
