/* SPDX-License-Identifier: Apache-2.0 */
/* exp, tanh, logistic and the float kernels made of them, against double precision. */
#include "kernel_support.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/ref/math_f32.h"

/* Distance of two adjacent floats at `value`. */
static double ulp_of(double value)
{
    int exponent;
    (void)frexp(value, &exponent);
    return ldexp(1, exponent < -125 ? -149 : exponent - 24);
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* Largest error in ulp over every `stride`-th bit pattern of the finite floats. */
static double worst_error(float (*function)(float), double (*real)(double), uint32_t stride)
{
    double worst = 0;
    for (uint64_t pattern = 0; pattern <= UINT32_MAX; pattern += stride) {
        const uint32_t bits = (uint32_t)pattern;
        float x;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x)) {
            continue;
        }
        const double expected = real((double)x);
        const double result = (double)function(x);
        if (expected > (double)FLT_MAX) {
            assert_true(result >= (double)FLT_MAX);
            continue;
        }
        const double error = fabs(result - expected) / ulp_of(expected);
        worst = error > worst ? error : worst;
    }
    return worst;
}

static void test_exp(void **state)
{
    (void)state;
    assert_true(worst_error(kl_expf, exp, 1009) <= 1.0);
    assert_true(kl_expf(0.0f) == 1.0f);
    assert_true(kl_expf(INFINITY) == INFINITY);
    assert_true(kl_expf(-INFINITY) == 0.0f);
    assert_true(isnan(kl_expf(NAN)));
}

static void test_tanh(void **state)
{
    (void)state;
    assert_true(worst_error(kl_tanhf, tanh, 1009) <= 2.0);
    assert_true(kl_tanhf(INFINITY) == 1.0f);
    assert_true(kl_tanhf(-INFINITY) == -1.0f);
    assert_true(isnan(kl_tanhf(NAN)));
}

/* Below -9 the definition is exp(x) itself, which is 1/(1+exp(-x)) within 1.3e-4. */
static double reference_logistic(double x)
{
    return x < -9 ? exp(x) : logistic(x);
}

static void test_logistic(void **state)
{
    (void)state;
    assert_true(worst_error(kl_logisticf, reference_logistic, 1009) <= 2.0);
    assert_true(kl_logisticf(17.0f) == 1.0f);
    assert_true(kl_logisticf(0.0f) == 0.5f);
    assert_true(isnan(kl_logisticf(NAN)));
}

/* A unary kernel over two rows, out of place and in place, against `expected`. */
static void check_unary(enum kl_kernel_id id, const struct kl_unary_f32 *p,
                        float (*expected)(const struct kl_unary_f32 *p, float x))
{
    const size_t bytes = (size_t)p->width * sizeof(float);
    struct kl_rows in = make_rows(2, bytes, random_chance(50));
    float *plain = pool_alloc(2, bytes);
    for (int32_t i = 0; i < 2 * p->width; i++) {
        const float x = random_float(-12, 12);
        plain[i] = expected(p, x);
        memcpy(kl_row(&in, i / p->width) + i % p->width * 4, &x, 4);
    }
    assert_memory_equal(run_kernel(id, p, &in, 2, bytes), plain, 2 * bytes);
    kl_kernels[id](p, &in, &in, NULL);
    assert_memory_equal(dense_rows(&in, bytes), plain, 2 * bytes);
    pool_release();
}

static float plain_clamp_f32(const struct kl_unary_f32 *p, float x)
{
    return fminf(fmaxf(x, p->min), p->max);
}

static float plain_leaky_relu(const struct kl_unary_f32 *p, float x)
{
    return x > 0 ? x : p->alpha * x;
}

static float plain_logistic(const struct kl_unary_f32 *p, float x)
{
    (void)p;
    return kl_logisticf(x);
}

static float plain_tanh(const struct kl_unary_f32 *p, float x)
{
    (void)p;
    return kl_tanhf(x);
}

static float plain_hard_swish(const struct kl_unary_f32 *p, float x)
{
    const float gate = fminf(fmaxf(x + 3.0f, 0.0f), 6.0f);
    const float product = x * gate;
    (void)p;
    return product / 6.0f;
}

static void test_unary(void **state)
{
    (void)state;
    seed_random(40);
    for (int32_t i = 0; i < 100; i++) {
        const float min = random_float(-6, 3);
        const struct kl_unary_f32 p = {random_between(1, 60), random_float(-1, 1), min,
                                       random_float(min, 9)};
        check_unary(KL_KERNEL_CLAMP_F32, &p, plain_clamp_f32);
        check_unary(KL_KERNEL_LEAKY_RELU_F32, &p, plain_leaky_relu);
        check_unary(KL_KERNEL_LOGISTIC_F32, &p, plain_logistic);
        check_unary(KL_KERNEL_TANH_F32, &p, plain_tanh);
        check_unary(KL_KERNEL_HARD_SWISH_F32, &p, plain_hard_swish);
    }
}

static void test_softmax(void **state)
{
    (void)state;
    seed_random(41);
    for (int32_t i = 0; i < 200; i++) {
        enum { WIDTH = 33 };
        const struct kl_softmax_f32 p = {WIDTH, random_float(0.1f, 3.0f)};
        float x[WIDTH];
        double real[WIDTH], sum = 0;
        const float spread = random_chance(10) ? 1e30f : random_float(0.1f, 60);
        for (int32_t k = 0; k < WIDTH; k++) {
            x[k] = random_float(-spread, spread);
        }
        double max = -DBL_MAX;
        for (int32_t k = 0; k < WIDTH; k++) {
            max = fmax(max, (double)x[k]);
        }
        for (int32_t k = 0; k < WIDTH; k++) {
            real[k] = exp(((double)x[k] - max) * (double)p.beta);
            sum += real[k];
        }
        struct kl_rows in = {.base = (unsigned char *)x, .count = 1};
        float y[WIDTH];
        memcpy(y, run_kernel(KL_KERNEL_SOFTMAX_F32, &p, &in, 1, sizeof x), sizeof y);
        for (int32_t k = 0; k < WIDTH; k++) {
            assert_true(fabs((double)y[k] - real[k] / sum) <= 2e-5 * real[k] / sum + 1e-37);
        }
        kl_kernels[KL_KERNEL_SOFTMAX_F32](&p, &in, &in, NULL);
        assert_memory_equal(x, y, sizeof y);
        pool_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp),      cmocka_unit_test(test_tanh),
        cmocka_unit_test(test_logistic), cmocka_unit_test(test_unary),
        cmocka_unit_test(test_softmax),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
