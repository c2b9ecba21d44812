/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel parameters from scales and zero points: values worked out by hand, and the
 * functions that come out of them against the real functions.
 */
#include "kernel_support.h"

#include <float.h>
#include <math.h>

#include "graph/quantise_params.h"

static void check_multiplier(double real, int32_t multiplier, int32_t shift)
{
    int32_t m, s;
    kl_quantize_multiplier(real, &m, &s);
    assert_int_equal(m, multiplier);
    assert_int_equal(s, shift);
}

static void test_quantize_multiplier(void **state)
{
    (void)state;
    check_multiplier(0.0, 0, 0);
    check_multiplier(0.5, 1 << 30, 0);
    check_multiplier(1.0, 1 << 30, 1);
    check_multiplier(-1.0, -(1 << 30), 1);
    check_multiplier(0.75, 1610612736, 0);
    check_multiplier(1.0 - ldexp(1, -40), 1 << 30, 1); /* rounds up to the next power of two */
    check_multiplier(ldexp(1, -32), 1 << 30, -31);
    check_multiplier(ldexp(1, -33), 0, 0);
    check_multiplier(ldexp(1, 29), 1 << 30, 30);
    check_multiplier(ldexp(1, 30), INT32_MAX, 30);
    check_multiplier(1e300, INT32_MAX, 30);
    seed_random(60);
    for (int32_t i = 0; i < 10000; i++) {
        const double real = ldexp(1 + random_u32() / 4294967296.0, random_between(-32, 28));
        int32_t m, s;
        kl_quantize_multiplier(real, &m, &s);
        assert_true(m >= 1 << 30);
        assert_true(fabs(ldexp(m, s - 31) / real - 1) <= ldexp(1, -31));
    }
}

static void test_requant_scale(void **state)
{
    int32_t different = 0;
    (void)state;
    seed_random(61);
    for (int32_t i = 0; i < 1000; i++) {
        const float a = random_float(0.001f, 1), b = random_float(0.001f, 1);
        const float out = random_float(0.001f, 1);
        const double exact = (double)a * (double)b / (double)out;
        const float product = a * b;
        assert_true(kl_requant_scale(a, b, out, false) == exact);
        assert_true(kl_requant_scale(a, b, out, true) == (double)product / (double)out);
        different += kl_requant_scale(a, b, out, true) != exact;
    }
    assert_true(different > 500);
}

static void test_activation_range(void **state)
{
    const struct kl_quant_s8 fine = {0.05f, -10, false}, coarse = {0.01f, -128, false},
                             huge = {1e38f, 3, false};
    int32_t min, max;
    float low, high;
    (void)state;
    kl_activation_range_s8(KL_ACT_NONE, fine, &min, &max);
    assert_true(min == -128 && max == 127);
    kl_activation_range_s8(KL_ACT_RELU, fine, &min, &max);
    assert_true(min == -10 && max == 127);
    kl_activation_range_s8(KL_ACT_RELU6, fine, &min, &max);
    assert_true(min == -10 && max == 110);
    kl_activation_range_s8(KL_ACT_RELU_N1_TO_1, fine, &min, &max);
    assert_true(min == -30 && max == 10);
    kl_activation_range_s8(KL_ACT_RELU6, coarse, &min, &max);
    assert_true(min == -128 && max == 127);
    kl_activation_range_s8(KL_ACT_RELU, huge, &min, &max);
    assert_true(min == 3 && max == 127);
    kl_activation_range_f32(KL_ACT_NONE, &low, &high);
    assert_true(low == -FLT_MAX && high == FLT_MAX);
    kl_activation_range_f32(KL_ACT_RELU6, &low, &high);
    assert_true(low == 0.0f && high == 6.0f);
}

static void test_sum(void **state)
{
    const struct kl_quant_s8 in[2] = {{0.5f, 3, false}, {0.25f, -4, false}};
    const struct kl_quant_s8 out = {0.5f, 7, false};
    struct kl_add_s8 p;
    struct kl_diag diag = {0};
    (void)state;
    assert_int_equal(kl_prepare_add_s8(in, out, KL_ACT_NONE, &p, &diag), KL_OK);
    assert_true(p.zero_point[0] == 3 && p.zero_point[1] == -4 && p.out_zero_point == 7);
    assert_true(p.multiplier[0] == 1 << 30 && p.shift[0] == 0);     /* 0.5 / 1 */
    assert_true(p.multiplier[1] == 1 << 30 && p.shift[1] == -1);    /* 0.25 / 1 */
    assert_true(p.out_multiplier == 1 << 30 && p.out_shift == -18); /* 2 / 2^20 */
    assert_true(p.sign == 1 && p.left_shift == 20 && p.min == -128 && p.max == 127);
    assert_int_equal(kl_prepare_sub_s8(in, out, KL_ACT_RELU, &p, &diag), KL_OK);
    assert_true(p.sign == -1 && p.min == 7);
    /* An output scale a million times finer than the inputs' cannot be represented. */
    const struct kl_quant_s8 too_fine = {1e-7f, 0, false};
    assert_int_equal(kl_prepare_add_s8(in, too_fine, KL_ACT_NONE, &p, &diag), KL_EUNSUPPORTED);
    assert_true(diag.message[0] != '\0');
}

/* SUB divides in float, ADD in double: 0.1f / 0.6f differs in the last bits. */
static void test_sub_in_float(void **state)
{
    const struct kl_quant_s8 in[2] = {{0.1f, 0, false}, {0.3f, 0, false}};
    const struct kl_quant_s8 out = {0.7f, 0, false};
    const float ratio = 0.1f / (2 * 0.3f);
    struct kl_add_s8 add, sub;
    struct kl_diag diag = {0};
    int32_t multiplier, shift;
    (void)state;
    assert_int_equal(kl_prepare_add_s8(in, out, KL_ACT_NONE, &add, &diag), KL_OK);
    assert_int_equal(kl_prepare_sub_s8(in, out, KL_ACT_NONE, &sub, &diag), KL_OK);
    kl_quantize_multiplier((double)ratio, &multiplier, &shift);
    assert_int_equal(sub.multiplier[0], multiplier);
    kl_quantize_multiplier((double)0.1f / (2 * (double)0.3f), &multiplier, &shift);
    assert_int_equal(add.multiplier[0], multiplier);
    assert_int_not_equal(add.multiplier[0], sub.multiplier[0]);
}

static void test_products(void **state)
{
    const struct kl_quant_s8 in[2] = {{0.5f, 3, false}, {0.25f, -4, false}};
    const struct kl_quant_s8 out = {2.0f, 7, false};
    struct kl_mul_s8 mul;
    struct kl_prelu_s8 prelu;
    (void)state;
    kl_prepare_mul_s8(in, out, KL_ACT_RELU, &mul);
    assert_true(mul.out_multiplier == 1 << 30 && mul.out_shift == -3); /* 1/16 */
    assert_true(mul.zero_point[0] == 3 && mul.zero_point[1] == -4 && mul.out_zero_point == 7);
    assert_true(mul.min == 7 && mul.max == 127);
    kl_prepare_prelu_s8(in, out, &prelu);
    assert_true(prelu.pos_multiplier == 1 << 30 && prelu.pos_shift == -1);
    assert_true(prelu.neg_multiplier == 1 << 30 && prelu.neg_shift == -3);
}

static void test_mean(void **state)
{
    const struct kl_quant_s8 in = {0.5f, -3, false}, out = {0.5f, 9, false},
                             coarse = {ldexpf(1, 27), 0, false};
    struct kl_mean_s8 p;
    struct kl_diag diag = {0};
    (void)state;
    assert_int_equal(kl_prepare_mean_s8(in, out, 25, &p, &diag), KL_OK);
    assert_int_equal(p.multiplier, 687194767); /* 2^34 / 25, truncated */
    assert_int_equal(p.shift, -3);
    assert_true(p.in_zero_point_sum == -75 && p.out_zero_point == 9);
    assert_int_equal(kl_prepare_mean_s8(in, out, 1, &p, &diag), KL_OK);
    assert_true(p.multiplier == 1 << 30 && p.shift == 1);
    /* A ratio of 2^-28 leaves room for only 4 of the 5 bits of 49. */
    assert_int_equal(kl_prepare_mean_s8(in, coarse, 49, &p, &diag), KL_OK);
    assert_int_equal(p.shift, -31);
    assert_int_equal(p.multiplier, (int32_t)(((int64_t)1 << 34) / 49));
    assert_int_equal(kl_prepare_mean_s8(in, out, 9000000, &p, &diag), KL_EUNSUPPORTED);
}

static void test_softmax(void **state)
{
    struct kl_softmax_s8 p;
    struct kl_diag diag = {0};
    (void)state;
    /* 0.1f is 13421773 * 2^-27. */
    assert_int_equal(kl_prepare_softmax_s8(0.1f, 1.0f, 12, &p, &diag), KL_OK);
    assert_true(p.width == 12 && p.multiplier == 13421773 * 128 && p.left_shift == 23);
    assert_int_equal(p.diff_min, -248); /* 31 * 2^26 / 2^23 */
    assert_int_equal(kl_prepare_softmax_s8(1000.0f, 1.0f, 12, &p, &diag), KL_OK);
    assert_true(p.multiplier == INT32_MAX && p.left_shift == 31 && p.diff_min == 0);
    assert_int_equal(kl_prepare_softmax_s8(0.1f, 1.0f, 4096, &p, &diag), KL_EUNSUPPORTED);
    struct kl_diag other = {0};
    assert_int_equal(kl_prepare_softmax_s8(1e-9f, 1.0f, 4, &p, &other), KL_EUNSUPPORTED);
}

/* Largest distance, in output steps, of the table from a real function of the input. */
static double worst_step(kl_function_s8 *function, const void *params, struct kl_quant_s8 in,
                         struct kl_quant_s8 out, double (*real)(double))
{
    int8_t table[256];
    double worst = 0;
    kl_fill_table_s8(function, params, table);
    for (int32_t i = 0; i < 256; i++) {
        const double x = (double)in.scale * (i - 128 - in.zero_point);
        const double y = real(x) / (double)out.scale + out.zero_point;
        worst = fmax(worst, fabs(table[i] - fmin(fmax(y, -128), 127)));
    }
    return worst;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double hard_swish(double x)
{
    return x * fmin(fmax(x + 3, 0), 6) / 6;
}

static double leaky(double x)
{
    return x < 0 ? 0.1 * x : x;
}

static double relu(double x)
{
    return fmax(x, 0);
}

static double identity(double x)
{
    return x;
}

static void test_logistic_and_tanh(void **state)
{
    const struct kl_quant_s8 logistic_out = {1 / 256.0f, -128, false},
                             tanh_out = {1 / 128.0f, 0, false};
    struct kl_logistic_s8 p;
    (void)state;
    kl_prepare_logistic_s8((struct kl_quant_s8){0.1f, 5, false}, &p);
    assert_true(p.in_zero_point == 5 && p.in_range_radius == 120);
    assert_true(p.in_multiplier == 13421773 * 128 && p.in_left_shift == 24);
    for (int exponent = -140; exponent<120; exponent += exponent> - 16 && exponent < 6 ? 1 : 19) {
        const struct kl_quant_s8 in = {ldexpf(1.3f, exponent), exponent % 100, false};
        kl_prepare_logistic_s8(in, &p);
        /* A huge scale leaves nothing between the ends. */
        const double limit = exponent < 2 ? 0.51 : 129;
        assert_true(worst_step(kl_logistic_s8, &p, in, logistic_out, logistic) < limit);
        assert_true(worst_step(kl_tanh_s8, &p, in, tanh_out, tanh) < limit);
    }
}

static void test_functions(void **state)
{
    struct kl_hard_swish_s8 swish;
    struct kl_leaky_relu_s8 slope;
    struct kl_requantize_s8 other;
    struct kl_diag diag = {0};
    (void)state;
    seed_random(62);
    for (int32_t i = 0; i < 200; i++) {
        const struct kl_quant_s8 in = {random_float(0.01f, 0.2f), random_between(-128, 127), false};
        const struct kl_quant_s8 out = {in.scale * random_float(0.7f, 3), random_between(-128, 127),
                                        false};
        assert_int_equal(kl_prepare_hard_swish_s8(in, out, &swish, &diag), KL_OK);
        assert_true(worst_step(kl_hard_swish_s8, &swish, in, out, hard_swish) < 1.6);
        kl_prepare_leaky_relu_s8(in, out, 0.1f, &slope);
        assert_true(worst_step(kl_leaky_relu_s8, &slope, in, out, leaky) < 0.76);
        kl_prepare_requantize_s8(in, out, &other);
        assert_true(worst_step(kl_requantize_s8, &other, in, out, identity) < 0.76);
        kl_prepare_relu_s8(in, out, &other);
        assert_true(worst_step(kl_requantize_s8, &other, in, out, relu) < 0.76);
    }
    const struct kl_quant_s8 wide = {1000.0f, 0, false}, narrow = {0.001f, 0, false};
    assert_int_equal(kl_prepare_hard_swish_s8(wide, narrow, &swish, &diag), KL_EUNSUPPORTED);
}

static void test_relu6(void **state)
{
    struct kl_requantize_s8 p;
    (void)state;
    kl_prepare_relu6_s8((struct kl_quant_s8){0.05f, -20, false}, &p);
    for (int32_t x = -128; x < 128; x++) {
        assert_int_equal(kl_requantize_s8(&p, (int8_t)x), x < -20 ? -20 : x > 100 ? 100 : x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantize_multiplier),
        cmocka_unit_test(test_requant_scale),
        cmocka_unit_test(test_activation_range),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_sub_in_float),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_mean),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_logistic_and_tanh),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_relu6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
