/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear models, support vector machines, features and labels of ai.onnx.ml, against plain loops
 * in double precision.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_try.h"
#include "random.h"

enum { FEATURES = 5, ROWS = 3, ROUNDS = 30, MAX_CLASSES = 4, MAX_VECTORS = 12, WIDE = 8 };

static struct kt_random rng;

static void fill(float *list, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        list[i] = kt_random_float(&rng, -1.0f, 1.0f);
    }
}

static void expect_near(const float *actual, const double *expected, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!(fabs((double)actual[i] - expected[i]) <= 1e-5 * fmax(1.0, fabs(expected[i])))) {
            fail_msg("element %d: %.9g instead of %.9g", (int)i, (double)actual[i], expected[i]);
        }
    }
}

/* A model of one node on rows of features. */
static struct kt_onnx *begin(const char *type, int32_t rows, bool two_outputs)
{
    struct kt_onnx *m = kt_onnx_create(13, 2);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(rows, FEATURES));
    kt_onnx_node(m, "ai.onnx.ml", type,
                 two_outputs ? KT_NAMES("x", "->", "l", "y") : KT_NAMES("x", "->", "y"));
    if (two_outputs) {
        kt_onnx_output(m, "l");
    }
    kt_onnx_output(m, "y");
    return m;
}

/* Functions of scores as the specification of the domain defines them. */
static void transform(const char *name, double *y, int32_t count)
{
    double largest = -INFINITY, sum = 0;
    for (int32_t i = 0; i < count; i++) {
        largest = fmax(largest, y[i]);
    }
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(name, "LOGISTIC") == 0) {
            y[i] = 1 / (1 + exp(-y[i]));
        } else if (strcmp(name, "SOFTMAX") == 0 ||
                   (strcmp(name, "SOFTMAX_ZERO") == 0 && fabs(y[i]) > 1e-7)) {
            y[i] = exp(y[i] - largest);
            sum += y[i];
        }
    }
    for (int32_t i = 0; i < count && strncmp(name, "SOFTMAX", 7) == 0; i++) {
        y[i] /= sum;
    }
}

static void linear(const float *x, const float *w, const float *b, int32_t outputs, double *y)
{
    for (int32_t i = 0; i < outputs; i++) {
        y[i] = b ? (double)b[i] : 0;
        for (int32_t k = 0; k < FEATURES; k++) {
            y[i] += (double)x[k] * (double)w[i * FEATURES + k];
        }
    }
}

static const char *const transforms[] = {"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"};

static void test_linear_regressor(void **state)
{
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        int32_t targets = kt_random_between(&rng, 1, MAX_CLASSES);
        float x[ROWS * FEATURES], w[MAX_CLASSES * FEATURES], b[MAX_CLASSES], y[ROWS * MAX_CLASSES];
        double expected[MAX_CLASSES];
        fill(x, ROWS * FEATURES);
        fill(w, targets * FEATURES);
        fill(b, targets);
        struct kt_onnx *m = begin("LinearRegressor", ROWS, false);
        kt_onnx_set_floats(m, "coefficients", w, (size_t)(targets * FEATURES));
        kt_onnx_set_floats(m, "intercepts", b, round % 2 ? (size_t)targets : 0);
        kt_onnx_set_int(m, "targets", targets);
        kt_onnx_set_text(m, "post_transform", transforms[round % 4]);
        onnx_try_run(m, x, (void *const[]){y});
        for (int32_t r = 0; r < ROWS; r++) {
            linear(x + r * FEATURES, w, round % 2 ? b : NULL, targets, expected);
            transform(transforms[round % 4], expected, targets);
            expect_near(y + r * targets, expected, targets);
        }
    }
}

static int32_t largest_of(const double *y, int32_t count)
{
    int32_t largest = 0;
    for (int32_t i = 1; i < count; i++) {
        largest = y[i] > y[largest] ? i : largest;
    }
    return largest;
}

/* One row of coefficients for two classes: minus the score, and the score. */
static void test_linear_classifier(void **state)
{
    static const int64_t labels[MAX_CLASSES] = {5, 3, 9, 1};
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        int32_t classes = kt_random_between(&rng, 2, MAX_CLASSES);
        bool single = classes == 2 && round % 2;
        int32_t outputs = single ? 1 : classes;
        float x[FEATURES], w[MAX_CLASSES * FEATURES], b[MAX_CLASSES], y[MAX_CLASSES];
        double expected[MAX_CLASSES];
        int64_t label;
        fill(x, FEATURES);
        fill(w, outputs * FEATURES);
        fill(b, outputs);
        struct kt_onnx *m = begin("LinearClassifier", 1, true);
        kt_onnx_set_floats(m, "coefficients", w, (size_t)(outputs * FEATURES));
        kt_onnx_set_floats(m, "intercepts", b, (size_t)outputs);
        kt_onnx_set_ints(m, "classlabels_ints", labels, (size_t)classes);
        kt_onnx_set_text(m, "post_transform", transforms[round % 4]);
        onnx_try_run(m, x, (void *const[]){&label, y});
        linear(x, w, b, outputs, expected);
        if (single) {
            expected[1] = expected[0];
            expected[0] = -expected[0];
        }
        assert_int_equal(label, labels[largest_of(expected, classes)]);
        transform(transforms[round % 4], expected, classes);
        expect_near(y, expected, classes);
    }
}

/* --- support vector machines --- */

static const char *const kernels[] = {"LINEAR", "POLY", "RBF", "SIGMOID"};
static const float kernel_params[3] = {0.5f, 0.25f, 3.0f}; /* gamma, coef0, degree */

static double kernel_of(int32_t kernel, const float *a, const float *b)
{
    double p = 0, d = 0;
    for (int32_t i = 0; i < FEATURES; i++) {
        double x = (double)a[i], z = (double)b[i];
        p += x * z;
        d += (x - z) * (x - z);
    }
    switch (kernel) {
    case 1: return pow(0.5 * p + 0.25, 3.0);
    case 2: return exp(-0.5 * d);
    case 3: return tanh(0.5 * p + 0.25);
    default: return p;
    }
}

static void set_kernel(struct kt_onnx *m, int32_t kernel)
{
    kt_onnx_set_text(m, "kernel_type", kernels[kernel]);
    kt_onnx_set_floats(m, "kernel_params", kernel_params, 3);
}

static void test_svm_regressor(void **state)
{
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        float x[FEATURES], v[MAX_VECTORS * FEATURES], c[MAX_VECTORS], rho = 0.125f, y;
        int32_t kernel = round % 4, count = kt_random_between(&rng, 1, MAX_VECTORS);
        bool one_class = round % 5 == 0;
        fill(x, FEATURES);
        fill(v, count * FEATURES);
        fill(c, count);
        struct kt_onnx *m = begin("SVMRegressor", 1, false);
        set_kernel(m, kernel);
        kt_onnx_set_floats(m, "support_vectors", v, (size_t)(count * FEATURES));
        kt_onnx_set_floats(m, "coefficients", c, (size_t)count);
        kt_onnx_set_floats(m, "rho", &rho, 1);
        kt_onnx_set_int(m, "n_supports", count);
        kt_onnx_set_int(m, "one_class", one_class);
        onnx_try_run(m, x, (void *const[]){&y});
        double expected = (double)rho;
        for (int32_t i = 0; i < count; i++) {
            expected += (double)c[i] * kernel_of(kernel, x, v + i * FEATURES);
        }
        expected = one_class ? (expected > 0 ? 1.0 : -1.0) : expected;
        expect_near(&y, &expected, 1);
    }
}

/* A machine with random vectors, whose decisions and votes are counted by loops. */
struct machine {
    int32_t kernel, classes, vectors, pairs;
    int64_t per_class[MAX_CLASSES];
    float v[MAX_VECTORS * FEATURES], c[(MAX_CLASSES - 1) * MAX_VECTORS], rho[WIDE];
};

static void make_machine(struct machine *s, int32_t round)
{
    *s = (struct machine){.kernel = round % 4, .classes = kt_random_between(&rng, 2, MAX_CLASSES)};
    s->pairs = s->classes * (s->classes - 1) / 2;
    for (int32_t i = 0; i < s->classes; i++) {
        s->per_class[i] = kt_random_between(&rng, 1, MAX_VECTORS / MAX_CLASSES);
        s->vectors += (int32_t)s->per_class[i];
    }
    fill(s->v, s->vectors * FEATURES);
    fill(s->c, (s->classes - 1) * s->vectors);
    fill(s->rho, s->pairs);
}

/* As LIBSVM defines it: sv_coef[j - 1] of the vectors of i, sv_coef[i] of those of j. */
static void decide(const struct machine *s, const float *x, double *decisions, double *votes)
{
    int32_t start_i = 0, pair = 0;
    memset(votes, 0, sizeof votes[0] * MAX_CLASSES);
    for (int32_t i = 0; i < s->classes; i++) {
        int32_t start_j = start_i + (int32_t)s->per_class[i];
        for (int32_t j = i + 1; j < s->classes; j++, pair++) {
            double sum = (double)s->rho[pair];
            for (int32_t k = start_i; k < start_i + s->per_class[i]; k++) {
                sum += (double)s->c[(j - 1) * s->vectors + k] *
                       kernel_of(s->kernel, x, s->v + k * FEATURES);
            }
            for (int32_t k = start_j; k < start_j + s->per_class[j]; k++) {
                sum +=
                    (double)s->c[i * s->vectors + k] * kernel_of(s->kernel, x, s->v + k * FEATURES);
            }
            decisions[pair] = sum;
            votes[sum > 0 ? i : j] += 1;
            start_j += (int32_t)s->per_class[j];
        }
        start_i += (int32_t)s->per_class[i];
    }
}

static struct kt_onnx *svm_classifier(const struct machine *s, const float *prob)
{
    static const int64_t labels[MAX_CLASSES] = {0, 1, 2, 3};
    struct kt_onnx *m = begin("SVMClassifier", 1, true);
    set_kernel(m, s->kernel);
    kt_onnx_set_floats(m, "support_vectors", s->v, (size_t)(s->vectors * FEATURES));
    kt_onnx_set_floats(m, "coefficients", s->c, (size_t)((s->classes - 1) * s->vectors));
    kt_onnx_set_floats(m, "rho", s->rho, (size_t)s->pairs);
    kt_onnx_set_ints(m, "vectors_per_class", s->per_class, (size_t)s->classes);
    kt_onnx_set_ints(m, "classlabels_ints", labels, (size_t)s->classes);
    if (prob) {
        kt_onnx_set_floats(m, "prob_a", prob, 1);
        kt_onnx_set_floats(m, "prob_b", prob + 1, 1);
    }
    return m;
}

static void test_svm_classifier(void **state)
{
    static const float prob[2] = {-1.5f, 0.25f};
    (void)state;
    for (int32_t round = 0; round < 2 * ROUNDS; round++) {
        struct machine s;
        float x[FEATURES], y[WIDE];
        double decisions[WIDE], votes[MAX_CLASSES];
        int64_t label = -1;
        make_machine(&s, round);
        bool has_prob = s.classes == 2 && round % 2;
        fill(x, FEATURES);
        onnx_try_run(svm_classifier(&s, has_prob ? prob : NULL), x, (void *const[]){&label, y});
        decide(&s, x, decisions, votes);
        assert_int_equal(label, largest_of(votes, s.classes));
        double d = decisions[0];
        if (has_prob) {
            decisions[0] = 1 / (1 + exp((double)prob[0] * d + (double)prob[1]));
            decisions[1] = 1 - decisions[0];
        } else if (s.classes == 2) {
            decisions[0] = -d;
            decisions[1] = d;
        }
        expect_near(y, decisions, s.classes == 2 ? 2 : s.pairs);
    }
}

static void test_svm_refused(void **state)
{
    static const float prob[2] = {1, 1};
    struct machine s;
    struct kt_onnx *m;
    (void)state;
    do {
        make_machine(&s, 2);
    } while (s.classes == 2);
    m = svm_classifier(&s, prob);
    onnx_try_refuse(m, KL_EUNSUPPORTED, "convert the model without probabilities");
    kt_onnx_free(m);
    s.per_class[0] = -1;
    m = svm_classifier(&s, NULL);
    onnx_try_refuse(m, KL_EINPUT, "class 0 has -1 vectors");
    kt_onnx_free(m);
    s.per_class[0] = 65535;
    m = svm_classifier(&s, NULL);
    onnx_try_refuse(m, KL_EINPUT, "support vectors; 1 to");
    kt_onnx_free(m);
    make_machine(&s, 2);
    s.vectors--;
    m = svm_classifier(&s, NULL);
    onnx_try_refuse(m, KL_EINPUT, "'support_vectors' has");
    kt_onnx_free(m);
}

/* --- features --- */

static void run_features(struct kt_onnx *m, const float *x, const double *expected)
{
    float y[FEATURES];
    onnx_try_run(m, x, (void *const[]){y});
    expect_near(y, expected, FEATURES);
}

static void test_features(void **state)
{
    static const float offset[FEATURES] = {1, 2, 3, 4, 5}, half = 0.5f;
    static const float x[FEATURES] = {3, -4, 0, NAN, 1}, known[FEATURES] = {3, -4, 0, 2, 1};
    (void)state;
    struct kt_onnx *m = begin("Scaler", 1, false);
    kt_onnx_set_floats(m, "offset", offset, FEATURES);
    kt_onnx_set_floats(m, "scale", &half, 1);
    run_features(m, known, (double[]){1, -3, -1.5, -1, -2});

    m = begin("Imputer", 1, false);
    kt_onnx_set_floats(m, "imputed_value_floats", offset, FEATURES);
    kt_onnx_set_float(m, "replaced_value_float", NAN);
    run_features(m, x, (double[]){3, -4, 0, 4, 1});

    m = begin("Imputer", 1, false);
    kt_onnx_set_floats(m, "imputed_value_floats", &half, 1);
    run_features(m, known, (double[]){3, -4, 0.5, 2, 1});

    m = begin("Binarizer", 1, false);
    kt_onnx_set_float(m, "threshold", 1.0f);
    run_features(m, known, (double[]){1, 0, 0, 1, 0});

    m = begin("Normalizer", 1, false);
    kt_onnx_set_text(m, "norm", "MAX");
    run_features(m, known, (double[]){0.75, -1, 0, 0.5, 0.25});
    m = begin("Normalizer", 1, false);
    kt_onnx_set_text(m, "norm", "L1");
    run_features(m, known, (double[]){0.3, -0.4, 0, 0.2, 0.1});
    m = begin("Normalizer", 1, false);
    kt_onnx_set_text(m, "norm", "L2");
    double l = sqrt(30.0);
    run_features(m, known, (double[]){3 / l, -4 / l, 0, 2 / l, 1 / l});
    m = begin("Normalizer", 1, false);
    kt_onnx_set_text(m, "norm", "L2");
    run_features(m, (float[FEATURES]){0}, (double[FEATURES]){0});
    m = begin("Normalizer", 1, false);
    kt_onnx_set_text(m, "norm", "L3");
    onnx_try_refuse(m, KL_EUNSUPPORTED, "this value of 'norm'");
    kt_onnx_free(m);
}

/* --- labels --- */

/* The end of a converted classifier: the place of the best class, and the class there. */
static void test_places_become_labels(void **state)
{
    static const int64_t classes[FEATURES] = {11, 22, 33, 44, 55};
    static const char *const texts[FEATURES] = {"a", "b", "c", "d", "e"};
    static const float x[FEATURES] = {0, 1, 5, 2, 3};
    int64_t label = 0;
    (void)state;
    for (int32_t text = 0; text < 2; text++) {
        struct kt_onnx *m = kt_onnx_create(13, 1);
        kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, FEATURES));
        if (text) {
            kt_onnx_texts(m, "classes", FEATURES, texts);
        } else {
            kt_onnx_ints(m, "classes", KT_DIMS(FEATURES), classes, FEATURES);
        }
        kt_onnx_node(m, "", "ArgMax", KT_NAMES("x", "->", "place"));
        kt_onnx_set_int(m, "axis", 1);
        kt_onnx_node(m, "ai.onnx.ml", "ArrayFeatureExtractor",
                     KT_NAMES("classes", "place", "->", "picked"));
        kt_onnx_node(m, "", "Cast", KT_NAMES("picked", "->", "label"));
        kt_onnx_set_int(m, "to", text ? 8 : 7);
        kt_onnx_output(m, "label");
        onnx_try_run(m, x, (void *const[]){&label});
        assert_int_equal(label, text ? 2 : 33);
    }
}

static struct kt_onnx *encoder(int32_t type, int64_t ml_opset)
{
    struct kt_onnx *m = kt_onnx_create(13, ml_opset);
    kt_onnx_input(m, "x", type, KT_DIMS(4));
    kt_onnx_node(m, "ai.onnx.ml", "LabelEncoder", KT_NAMES("x", "->", "y"));
    kt_onnx_output(m, "y");
    return m;
}

static void test_label_encoder(void **state)
{
    static const int64_t keys[3] = {7, -2, 7}, values[3] = {100, 200, 300}, x[4] = {7, -2, 0, 7};
    static const float reals[3] = {0.5f, 1.5f, 2.5f}, z[4] = {2.5f, 0.5f, 9.0f, 1.5f};
    static const char *const names[3] = {"left", "right", "never"};
    int64_t y[4];
    float f[4];
    (void)state;
    struct kt_onnx *m = encoder(KT_ONNX_S64, 2);
    kt_onnx_set_ints(m, "keys_int64s", keys, 3);
    kt_onnx_set_ints(m, "values_int64s", values, 3);
    onnx_try_run(m, x, (void *const[]){y});
    assert_memory_equal(y, ((int64_t[]){100, 200, -1, 100}), sizeof y);

    m = encoder(KT_ONNX_S64, 4);
    kt_onnx_set_ints(m, "keys_int64s", keys, 3);
    kt_onnx_set_float_tensor(m, "values_tensor", reals, 3);
    kt_onnx_set_float_tensor(m, "default_tensor", reals + 2, 1);
    onnx_try_run(m, x, (void *const[]){f});
    assert_memory_equal(f, ((float[]){0.5f, 1.5f, 2.5f, 0.5f}), sizeof f);

    m = encoder(KT_ONNX_F32, 2);
    kt_onnx_set_floats(m, "keys_floats", reals, 3);
    kt_onnx_set_texts(m, "values_strings", names, 3);
    kt_onnx_set_text(m, "default_string", "none");
    struct kl_graph *graph = onnx_try_accept(m);
    const struct kl_labels *labels = graph->subgraphs[0]->outputs[0]->labels;
    assert_int_equal(labels->count, 4);
    assert_string_equal(labels->names[2], "never");
    assert_string_equal(labels->names[3], "none");
    onnx_try_run(m, z, (void *const[]){y});
    assert_memory_equal(y, ((int64_t[]){2, 0, 3, 1}), sizeof y);
}

/* Text that a node made is encoded again by its names. */
static void test_text_to_numbers(void **state)
{
    static const int64_t keys[2] = {0, 1}, values[2] = {70, 80}, x[4] = {1, 0, 5, 1};
    static const char *const names[2] = {"off", "on"}, *const turned[2] = {"on", "off"};
    int64_t y[4];
    (void)state;
    struct kt_onnx *m = kt_onnx_create(13, 2);
    kt_onnx_input(m, "x", KT_ONNX_S64, KT_DIMS(4));
    kt_onnx_node(m, "ai.onnx.ml", "LabelEncoder", KT_NAMES("x", "->", "t"));
    kt_onnx_set_ints(m, "keys_int64s", keys, 2);
    kt_onnx_set_texts(m, "values_strings", names, 2);
    kt_onnx_node(m, "ai.onnx.ml", "LabelEncoder", KT_NAMES("t", "->", "y"));
    kt_onnx_set_texts(m, "keys_strings", turned, 2);
    kt_onnx_set_ints(m, "values_int64s", values, 2);
    kt_onnx_set_int(m, "default_int64", 4);
    kt_onnx_output(m, "y");
    onnx_try_run(m, x, (void *const[]){y});
    assert_memory_equal(y, ((int64_t[]){70, 80, 4, 70}), sizeof y);
}

static void test_one_hot(void **state)
{
    static const int64_t cats[2] = {3, 8}, x[2] = {8, 4};
    float y[4];
    (void)state;
    struct kt_onnx *m = kt_onnx_create(13, 1);
    kt_onnx_input(m, "x", KT_ONNX_S64, KT_DIMS(2));
    kt_onnx_node(m, "ai.onnx.ml", "OneHotEncoder", KT_NAMES("x", "->", "y"));
    kt_onnx_set_ints(m, "cats_int64s", cats, 2);
    kt_onnx_output(m, "y");
    onnx_try_run(m, x, (void *const[]){y});
    assert_memory_equal(y, ((float[]){0, 1, 0, 0}), sizeof y);
}

static void test_text_is_refused_elsewhere(void **state)
{
    static const char *const texts[2] = {"a", "b"};
    (void)state;
    struct kt_onnx *m = kt_onnx_create(13, 1);
    kt_onnx_input(m, "x", KT_ONNX_S64, KT_DIMS(2));
    kt_onnx_texts(m, "t", 2, texts);
    kt_onnx_node(m, "", "Add", KT_NAMES("x", "t", "->", "y"));
    kt_onnx_output(m, "y");
    onnx_try_refuse(m, KL_EUNSUPPORTED, "input 1 is text");
    kt_onnx_free(m);

    m = encoder(KT_ONNX_S64, 2);
    kt_onnx_set_texts(m, "keys_strings", texts, 2);
    kt_onnx_set_texts(m, "values_strings", texts, 2);
    onnx_try_refuse(m, KL_EUNSUPPORTED, "numbers for keys that are text");
    kt_onnx_free(m);

    m = kt_onnx_create(13, 9);
    kt_onnx_input(m, "x", KT_ONNX_S64, KT_DIMS(2));
    kt_onnx_node(m, "", "Identity", KT_NAMES("x", "->", "y"));
    kt_onnx_output(m, "y");
    onnx_try_refuse(m, KL_EUNSUPPORTED, "opset 9 of ai.onnx.ml");
    kt_onnx_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_regressor),
        cmocka_unit_test(test_linear_classifier),
        cmocka_unit_test(test_svm_regressor),
        cmocka_unit_test(test_svm_classifier),
        cmocka_unit_test(test_svm_refused),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_places_become_labels),
        cmocka_unit_test(test_label_encoder),
        cmocka_unit_test(test_text_to_numbers),
        cmocka_unit_test(test_one_hot),
        cmocka_unit_test(test_text_is_refused_elsewhere),
    };
    rng.state = 77;
    return cmocka_run_group_tests_name("import onnx ml", tests, NULL, NULL);
}
