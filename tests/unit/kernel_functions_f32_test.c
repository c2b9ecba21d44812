/* SPDX-License-Identifier: Apache-2.0 */
/* Square root, logarithm, power, angles, erf and rounding, against the C library. */
#include "kernel_support.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/ref/math_angle_f32.h"
#include "nn/ref/math_erf_f32.h"
#include "nn/ref/math_log_f32.h"
#include "nn/ref/math_round_f32.h"

typedef float function_f32(float x);
typedef double function_f64(double x);

/* Distance of two adjacent floats at `value`. */
static double ulp_of(double value)
{
    int exponent;
    (void)frexp(value, &exponent);
    return ldexp(1, exponent < -125 ? -149 : exponent - 24);
}

/* Every `stride`-th bit pattern of the floats in low .. high: the largest error in ulp. */
static double worst_ulp(function_f32 *f, function_f64 *real, float low, float high)
{
    double worst = 0;
    for (uint64_t pattern = 0; pattern <= UINT32_MAX; pattern += 1013) {
        const float x = kl_float_of_bits((uint32_t)pattern);
        if (!(x >= low && x <= high)) {
            continue;
        }
        const double expected = real((double)x);
        const double error = fabs((double)f(x) - expected) / ulp_of(expected);
        worst = error > worst ? error : worst;
    }
    return worst;
}

static double worst_absolute(function_f32 *f, function_f64 *real, float low, float high)
{
    double worst = 0;
    for (int32_t i = 0; i <= 2000000; i++) {
        const float x = low + (high - low) * ((float)i / 2e6f);
        const double error = fabs((double)f(x) - real((double)x));
        worst = error > worst ? error : worst;
    }
    return worst;
}

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double gelu(double x)
{
    return 0.5 * x * (1 + erf(x / sqrt(2)));
}

static void test_square_root_is_correctly_rounded(void **state)
{
    (void)state;
    for (uint64_t pattern = 0; pattern <= UINT32_MAX; pattern += 97) {
        const float x = kl_float_of_bits((uint32_t)pattern);
        const float mine = kl_sqrtf(x);
        if (x >= 0.0f) {
            assert_true(mine == sqrtf(x));
        } else if (x < 0.0f) {
            assert_true(isnan(mine));
        }
    }
    assert_true(isnan(kl_sqrtf(NAN)));
    assert_true(signbit(kl_sqrtf(-0.0f)));
}

static void test_accuracy(void **state)
{
    (void)state;
    assert_true(worst_ulp(kl_logf, log, FLT_TRUE_MIN, FLT_MAX) <= 2.0);
    assert_true(worst_ulp(kl_log1pf, log1p, -0.5f, FLT_MAX) <= 4.0);
    assert_true(worst_ulp(kl_expm1f, expm1, -80.0f, 88.0f) <= 4.0);
    assert_true(worst_ulp(kl_erff, erf, -10.0f, 10.0f) <= 3.0);
    assert_true(worst_ulp(kl_softplusf, softplus, -80.0f, 80.0f) <= 4.0);
    assert_true(worst_absolute(kl_geluf, gelu, -10.0f, 10.0f) <= 4e-6);
    assert_true(worst_absolute(kl_geluf, gelu, -1.0f, 1.0f) <= 4e-7);
    assert_true(worst_absolute(kl_sinf, sin, -8192.0f, 8192.0f) <= ldexp(1, -22));
    assert_true(worst_absolute(kl_cosf, cos, -8192.0f, 8192.0f) <= ldexp(1, -22));
}

static void test_special_values(void **state)
{
    (void)state;
    assert_true(kl_logf(0.0f) == -INFINITY && isnan(kl_logf(-1.0f)) && isnan(kl_logf(NAN)));
    assert_true(kl_logf(INFINITY) == INFINITY && kl_logf(1.0f) == 0.0f);
    assert_true(isnan(kl_sinf(INFINITY)) && isnan(kl_cosf(NAN)));
    assert_true(kl_erff(INFINITY) == 1.0f && kl_erff(-INFINITY) == -1.0f && isnan(kl_erff(NAN)));
    assert_true(isnan(kl_softplusf(NAN)) && kl_softplusf(INFINITY) == INFINITY);
}

static void test_power(void **state)
{
    static const float values[] = {-INFINITY, -3.5f, -2.0f, -1.0f, -0.5f,  0.0f,    0.5f,
                                   1.0f,      2.0f,  3.0f,  7.25f, 100.0f, INFINITY};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            const float x = values[i], y = values[k];
            const double expected = pow((double)x, (double)y);
            const bool one = fabsf(x) == 1.0f || y == 0.0f;
            const float mine = kl_powf(x, y);
            if (isnan(expected)) {
                assert_true(isnan(mine));
            } else if (!isfinite((float)expected) || (float)expected == 0.0f) {
                assert_true(mine == (float)expected);
            } else {
                const double size = one ? 0 : fabs((double)y * log(fabs((double)x)));
                const double error = fabs((double)mine - expected) / fabs(expected);
                assert_true(error <= ldexp(6 + 2 * size, -24));
            }
        }
    }
}

static void test_rounding(void **state)
{
    (void)state;
    for (uint64_t pattern = 0; pattern <= UINT32_MAX; pattern += 1009) {
        const float x = kl_float_of_bits((uint32_t)pattern);
        if (isnan(x)) {
            assert_true(isnan(kl_roundf(x)) && isnan(kl_floorf(x)) && isnan(kl_ceilf(x)));
            continue;
        }
        assert_true(kl_roundf(x) == rintf(x));
        assert_true(kl_floorf(x) == floorf(x));
        assert_true(kl_ceilf(x) == ceilf(x));
        assert_true(kl_truncf(x) == truncf(x));
    }
    assert_true(kl_roundf(0.5f) == 0.0f && kl_roundf(1.5f) == 2.0f && kl_roundf(-2.5f) == -2.0f);
    assert_true(signbit(kl_roundf(-0.25f)));
}

static void test_remainder(void **state)
{
    (void)state;
    seed_random(7);
    for (int32_t i = 0; i < 20000; i++) {
        const float x = kl_float_of_bits(random_u32());
        const float y = kl_float_of_bits(random_u32());
        const float expected = fmodf(x, y);
        const float mine = kl_fmodf(x, y);
        assert_true(mine == expected || (isnan(mine) && isnan(expected)));
    }
    assert_true(kl_floor_modf(-7.0f, 3.0f) == 2.0f && kl_floor_modf(7.0f, -3.0f) == -2.0f);
}

/* Against the quotient in double precision, which no two floats round up to a whole number that is
 * this small. */
static void check_floor_div(float x, float y)
{
    const double expected = floor((double)x / (double)y);
    const float mine = kl_floor_divf(x, y);
    if (fabs(expected) < 16777216.0) {
        assert_true((double)mine == expected && !signbit(mine) == !signbit(expected));
    }
}

static void test_quotient_rounded_down(void **state)
{
    (void)state;
    seed_random(8);
    for (int32_t i = 0; i < 20000; i++) {
        const float y = kl_float_of_bits(random_u32());
        check_floor_div(kl_float_of_bits(random_u32()), y);
        /* Near whole quotients, small ones and those of 23 and 24 bits. */
        const float whole = (float)(random_u32() >> 8 >> (i % 24));
        for (int32_t sign = -1; sign <= 1; sign += 2) {
            check_floor_div(whole * y, (float)sign * y);
            check_floor_div(nextafterf(whole * y, 0.0f), (float)sign * y);
        }
    }
    assert_true(kl_floor_divf(0.7f, 0.1f) == 6.0f && kl_floor_divf(-0.7f, 0.1f) == -7.0f);
    assert_true(0.7f / 0.1f == 7.0f);
    assert_true(kl_floor_divf(-1e-30f, 1e30f) == -1.0f && kl_floor_divf(1e-30f, 1e30f) == 0.0f);
    assert_true(isinf(kl_floor_divf(1.0f, 0.0f)) && isnan(kl_floor_divf(0.0f, 0.0f)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_square_root_is_correctly_rounded),
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_quotient_rounded_down),
        cmocka_unit_test(test_remainder),
    };
    return cmocka_run_group_tests_name("functions of floats", tests, NULL, NULL);
}
