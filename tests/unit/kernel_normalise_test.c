/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed-point logarithm and inverse root, and the kernels made of them, against real numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/quantise_params.h"
#include "nn/ref/l2_normalise.h"
#include "nn/ref/log_softmax.h"
#include "random.h"

enum { WIDTH = 40, ROUNDS = 400 };

static void test_logarithm(void **state)
{
    struct kt_random random = {3};
    (void)state;
    for (int32_t i = 0; i < 20000; i++) {
        int32_t x =
            kt_random_between(&random, 1 << 19, INT32_MAX) >> kt_random_between(&random, 0, 11);
        x = x < 1 << 19 ? 1 << 19 : x;
        double expected = log((double)x / (1 << 19));
        double actual = (double)kl_log_q12(x) / (1 << 26);
        assert_true(fabs(actual - expected) < 1e-6);
    }
}

static void test_inverse_root(void **state)
{
    struct kt_random random = {4};
    (void)state;
    for (int32_t i = 0; i < 20000; i++) {
        int32_t x = kt_random_between(&random, 1, INT32_MAX) >> kt_random_between(&random, 0, 30);
        x = x < 1 ? 1 : x;
        int32_t right = 0;
        int32_t multiplier = kl_inverse_sqrt(x, &right);
        double actual = ldexp((double)multiplier, -right - 31);
        double expected = 1.0 / sqrt((double)x);
        assert_true(fabs(actual - expected) < 3e-6 * expected); /* five steps of Newton-Raphson */
    }
}

static void fill(struct kt_random *random, int8_t *x)
{
    for (int32_t i = 0; i < WIDTH; i++) {
        x[i] = (int8_t)kt_random_between(random, -128, 127);
    }
}

/* To one step of the output, which is a sixteenth. */
static void test_log_softmax(void **state)
{
    struct kt_random random = {5};
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        float scale = kt_random_float(&random, 0.001f, 0.2f);
        struct kl_log_softmax_s8 p;
        struct kl_diag diag = {0};
        int8_t x[WIDTH], y[WIDTH];
        double sum = 0;
        fill(&random, x);
        assert_int_equal(kl_prepare_log_softmax_s8(scale, WIDTH, &p, &diag), KL_OK);
        kl_log_softmax_row_s8(&p, x, y);
        for (int32_t i = 0; i < WIDTH; i++) {
            sum += exp((double)scale * x[i]);
        }
        for (int32_t i = 0; i < WIDTH; i++) {
            double expected = ((double)scale * x[i] - log(sum)) * 16 + 127;
            expected = expected < -128 ? -128 : expected;
            assert_true(fabs(y[i] - expected) <= 1.0);
        }
    }
}

static void test_l2_normalise(void **state)
{
    struct kt_random random = {6};
    (void)state;
    for (int32_t round = 0; round < ROUNDS; round++) {
        struct kl_l2_normalise p = {WIDTH, kt_random_between(&random, -128, 127)};
        int8_t x[WIDTH], y[WIDTH];
        double norm = 0;
        fill(&random, x);
        kl_l2_normalise_row_s8(&p, x, y);
        for (int32_t i = 0; i < WIDTH; i++) {
            norm += (x[i] - p.in_zero_point) * (x[i] - p.in_zero_point);
        }
        for (int32_t i = 0; i < WIDTH; i++) {
            double expected = (x[i] - p.in_zero_point) / sqrt(norm) * 128;
            assert_true(fabs(y[i] - expected) <= 1.0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logarithm),
        cmocka_unit_test(test_inverse_root),
        cmocka_unit_test(test_log_softmax),
        cmocka_unit_test(test_l2_normalise),
    };
    return cmocka_run_group_tests_name("normalising kernels", tests, NULL, NULL);
}
