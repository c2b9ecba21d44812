/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requantisation, fixed-point functions, and the operators on one int8. Expectations come
 * from a second implementation of gemmlowp's definitions, on wide integers and with the
 * formats spelled out, and from real functions in long double.
 */
#include "kernel_support.h"

#include <math.h>

#include "nn/ref/fixed_point.h"
#include "nn/ref/function_s8.h"
#include "nn/ref/requantize.h"

static void test_high_mul(void **state)
{
    static const int32_t edge[] = {INT32_MIN, INT32_MIN + 1, -(1 << 30), -3,       -1, 0, 1,
                                   2,         1 << 30,       3,          INT32_MAX};
    const size_t count = sizeof edge / sizeof edge[0];
    (void)state;
    seed_random(10);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(kl_srdhm(edge[i], edge[k]), plain_srdhm(edge[i], edge[k]));
        }
    }
    for (int32_t i = 0; i < 200000; i++) {
        const int32_t a = (int32_t)random_u32() >> random_between(0, 31);
        const int32_t b = (int32_t)random_u32() >> random_between(0, 31);
        assert_int_equal(kl_srdhm(a, b), plain_srdhm(a, b));
        assert_int_equal(kl_high_mul(a, b > INT32_MIN ? b : 0),
                         plain_srdhm(a, b > INT32_MIN ? b : 0));
    }
    /* Ties: 3 * 2^30 / 2^31 = 1.5 and its negative round to plus infinity. */
    assert_int_equal(kl_high_mul(3, 1 << 30), 2);
    assert_int_equal(kl_high_mul(-3, 1 << 30), -1);
    assert_int_equal(kl_srdhm(INT32_MIN, INT32_MIN), INT32_MAX);
}

static void test_rounding_shift(void **state)
{
    (void)state;
    seed_random(11);
    for (int32_t i = 0; i < 200000; i++) {
        const int32_t exponent = random_between(0, 31);
        int32_t value = (int32_t)random_u32() >> random_between(0, 31);
        if (random_chance(20) && exponent > 0 && exponent < 31) {
            value &= ~((1 << exponent) - 1);
            value |= 1 << (exponent - 1); /* a tie */
        }
        value = value > INT32_MIN ? value : INT32_MAX;
        assert_int_equal(kl_rounding_shift(value, exponent), plain_rounding_shift(value, exponent));
    }
    assert_int_equal(kl_rounding_shift(-6, 2), -2); /* -1.5, away from zero */
    assert_int_equal(kl_rounding_shift(6, 2), 2);
    assert_int_equal(kl_rounding_shift(-5, 2), -1);
    assert_int_equal(kl_rounding_shift(INT32_MAX, 31), 1);
    assert_int_equal(kl_rounding_shift(-INT32_MAX, 31), -1);
}

static void test_requantize(void **state)
{
    (void)state;
    seed_random(12);
    for (int32_t i = 0; i < 300000; i++) {
        const int32_t value = (int32_t)random_u32() >> random_between(0, 31);
        const int32_t multiplier =
            random_chance(5) ? -random_between(1 << 30, INT32_MAX) : random_between(0, INT32_MAX);
        const int32_t shift = random_between(-31, 30);
        assert_int_equal(kl_requantize(value, multiplier, shift),
                         plain_requantize(value, multiplier, shift));
    }
}

static void test_requantize_channels(void **state)
{
    (void)state;
    seed_random(13);
    for (int32_t i = 0; i < 2000; i++) {
        const int32_t channels = random_between(1, 40);
        const struct kl_requant rq = random_requant(channels, random_between(8, 31));
        const int32_t first = random_between(0, channels - 1);
        const int32_t count = random_between(0, channels - first);
        int32_t acc[40];
        int8_t out[40] = {0};
        for (int32_t c = 0; c < count; c++) {
            acc[c] = (int32_t)random_u32() >> random_between(0, 20);
        }
        kl_requantize_channels(&rq, first, count, acc, out);
        for (int32_t c = 0; c < count; c++) {
            assert_int_equal(out[c], plain_requant(&rq, first + c, acc[c]));
        }
        pool_release();
    }
}

/* A value of format Q(bits).(31-bits). */
struct q {
    int64_t raw;
    int bits;
};

static int64_t saturate(__int128 value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int64_t)value;
}

static struct q q_of(int64_t raw, int bits)
{
    return (struct q){raw, bits};
}

static struct q q_mul(struct q a, struct q b)
{
    return q_of(plain_srdhm((int32_t)a.raw, (int32_t)b.raw), a.bits + b.bits);
}

static struct q q_add(struct q a, struct q b)
{
    assert_int_equal(a.bits, b.bits);
    return q_of((int32_t)(a.raw + b.raw), a.bits);
}

/* The same real value with other integer bits, rounded or saturated. */
static struct q q_rescale(struct q a, int bits)
{
    if (bits >= a.bits) {
        return q_of(plain_rounding_shift((int32_t)a.raw, bits - a.bits), bits);
    }
    /* gemmlowp saturates from one below the exact bound on. */
    const int64_t limit = ((int64_t)1 << (31 - (a.bits - bits))) - 1;
    const int64_t exact = a.raw * ((int64_t)1 << (a.bits - bits));
    const int64_t bounded = a.raw > limit ? INT32_MAX : a.raw < -limit ? INT32_MIN : exact;
    return q_of(saturate(bounded), bits);
}

static struct q q_real(long double value, int bits)
{
    return q_of(saturate((__int128)roundl(value * ldexpl(1, 31 - bits))), bits);
}

/* Taylor series around -1/8 for -1/4 <= a < 0. */
static struct q plain_exp_quarter(struct q a)
{
    const struct q center = q_real(expl(-0.125L), 0);
    const struct q x = q_add(a, q_real(0.125L, 0));
    const struct q x2 = q_mul(x, x);
    const struct q x3 = q_mul(x2, x);
    struct q x4_over_4 = q_mul(x2, x2);
    x4_over_4.raw = plain_rounding_shift((int32_t)x4_over_4.raw, 2);
    struct q rest = q_add(q_mul(q_add(x4_over_4, x3), q_real(1.0L / 3, 0)), x2);
    rest.raw = plain_rounding_shift((int32_t)rest.raw, 1);
    return q_add(center, q_mul(center, q_add(x, rest)));
}

static struct q plain_exp(struct q a)
{
    if (a.raw == 0) {
        return q_of(INT32_MAX, 0);
    }
    const int64_t quarter = (int64_t)1 << (29 - a.bits);
    int64_t fraction = a.raw % quarter;
    fraction = fraction == 0 ? -quarter : fraction;
    struct q result = plain_exp_quarter(q_rescale(q_of(fraction, a.bits), 0));
    int64_t quarters = (fraction - a.raw) / quarter;
    for (int power = -2; quarters > 0; power++, quarters /= 2) {
        if (quarters % 2) {
            result = q_mul(result, q_real(expl(-ldexpl(1, power)), 0));
        }
    }
    return result;
}

/* Newton-Raphson for 1 / half, half = (1 + a) / 2. */
static struct q plain_inverse_half(struct q a)
{
    const struct q half = q_of((a.raw + INT32_MAX + 1) / 2, 0);
    const struct q one = q_real(1, 2);
    struct q x = q_add(q_real(48.0L / 17, 2), q_mul(half, q_real(-32.0L / 17, 2)));
    for (int i = 0; i < 3; i++) {
        const struct q error = q_of(one.raw - q_mul(half, x).raw, 2);
        x = q_add(x, q_rescale(q_mul(x, error), 2));
    }
    return x;
}

static struct q plain_logistic(struct q a)
{
    if (a.raw == 0) {
        return q_real(0.5L, 0);
    }
    const int64_t size = a.raw > 0 ? a.raw : -a.raw;
    struct q x = plain_inverse_half(plain_exp(q_of(-size, a.bits)));
    x.bits = 1; /* half of it */
    x = q_rescale(x, 0);
    return a.raw > 0 ? x : q_of(INT32_MAX - x.raw, 0);
}

static struct q plain_tanh(struct q a)
{
    if (a.raw == 0) {
        return q_of(0, 0);
    }
    const int64_t size = a.raw > 0 ? a.raw : -a.raw;
    struct q x = plain_inverse_half(plain_exp(q_of(-size, a.bits + 1)));
    x = q_rescale(q_of(x.raw - q_real(1, 2).raw, 2), 0);
    return q_of(a.raw > 0 ? x.raw : -x.raw, 0);
}

static long double real_of(struct q a)
{
    return ldexpl((long double)a.raw, a.bits - 31);
}

static void test_exp(void **state)
{
    (void)state;
    seed_random(14);
    for (int32_t i = 0; i < 100000; i++) {
        const int bits = random_between(0, 5);
        const int32_t raw = -((int32_t)(random_u32() >> 1) >> random_between(0, 30));
        const struct q a = q_of(raw, bits);
        const int32_t result = kl_exp_negative(raw, bits);
        assert_int_equal(result, plain_exp(a).raw);
        assert_true(fabsl(real_of(q_of(result, 0)) - expl(real_of(a))) < 4e-7L);
    }
    assert_int_equal(kl_exp_negative(0, 5), INT32_MAX);
    assert_int_equal(kl_exp_negative(INT32_MIN, 5), plain_exp(q_of(INT32_MIN, 5)).raw);
}

static void test_reciprocal(void **state)
{
    (void)state;
    seed_random(15);
    for (int32_t i = 0; i < 100000; i++) {
        const int32_t raw = (int32_t)(random_u32() >> 1) >> random_between(0, 31);
        const int32_t result = kl_one_over_one_plus(raw);
        struct q expected = plain_inverse_half(q_of(raw, 0));
        expected.bits = 1;
        assert_int_equal(result, q_rescale(expected, 0).raw);
        const long double x = real_of(q_of(raw, 0));
        assert_true(fabsl(real_of(q_of(result, 0)) - 1 / (1 + x)) < 1e-8L);
    }
}

static void test_logistic_and_tanh(void **state)
{
    (void)state;
    seed_random(16);
    for (int32_t i = 0; i < 100000; i++) {
        int32_t raw = (int32_t)random_u32() >> random_between(0, 31);
        raw = raw > INT32_MIN ? raw : 0;
        const long double x = real_of(q_of(raw, 4));
        const int32_t logistic = kl_logistic_q4(raw);
        const int32_t hyperbolic = kl_tanh_q4(raw);
        assert_int_equal(logistic, plain_logistic(q_of(raw, 4)).raw);
        assert_int_equal(hyperbolic, plain_tanh(q_of(raw, 4)).raw);
        assert_true(fabsl(real_of(q_of(logistic, 0)) - 1 / (1 + expl(-x))) < 4e-7L);
        assert_true(fabsl(real_of(q_of(hyperbolic, 0)) - tanhl(x)) < 8e-7L);
    }
}

static struct kl_logistic_s8 random_logistic(void)
{
    const double scale = ldexp(1.0 + random_between(0, 1 << 20) / 1048576.0, random_between(-9, 1));
    int exponent;
    const double fraction = frexp(scale * 134217728.0, &exponent);
    return (struct kl_logistic_s8){random_between(INT8_MIN, INT8_MAX),
                                   (int32_t)floor(15 * 134217728.0 / ldexp(1, exponent)),
                                   (int32_t)llround(fraction * 2147483648.0), exponent};
}

/* A function of the centred input in Q4.27, or the ends of int8 beyond the radius. */
static int32_t plain_sigmoidal(const struct kl_logistic_s8 *p, int32_t value,
                               struct q (*function)(struct q), int out_bits, int32_t offset)
{
    const int32_t x = value - p->in_zero_point;
    if (x <= -p->in_range_radius) {
        return INT8_MIN;
    }
    if (x >= p->in_range_radius) {
        return INT8_MAX;
    }
    const struct q y = function(q_of(plain_requantize(x, p->in_multiplier, p->in_left_shift), 4));
    return plain_clamp(plain_rounding_shift((int32_t)y.raw, 31 - out_bits) + offset, INT8_MIN,
                       INT8_MAX);
}

static void test_logistic_s8(void **state)
{
    (void)state;
    seed_random(17);
    for (int32_t i = 0; i < 200; i++) {
        const struct kl_logistic_s8 p = random_logistic();
        for (int32_t v = INT8_MIN; v <= INT8_MAX; v++) {
            assert_int_equal(kl_logistic_s8(&p, (int8_t)v),
                             plain_sigmoidal(&p, v, plain_logistic, 8, -128));
            assert_int_equal(kl_tanh_s8(&p, (int8_t)v), plain_sigmoidal(&p, v, plain_tanh, 7, 0));
        }
    }
}

static int32_t saturate_16(int64_t value)
{
    return plain_clamp(value, INT16_MIN, INT16_MAX);
}

/* Rounded product of two Q0.15 values. */
static int32_t mul_16(int32_t a, int32_t b)
{
    const int64_t twice = (int64_t)a * b * 2 + (1 << 15);
    return saturate_16(twice >= 0 ? twice / 65536 : -((-twice + 65535) / 65536));
}

static int32_t plain_hard_swish(const struct kl_hard_swish_s8 *p, int32_t value)
{
    const int32_t x = (value - p->in_zero_point) * 128;
    int32_t gate = x;
    if (p->reluish_exponent > 0) {
        gate = saturate_16((int64_t)gate * (1 << (p->reluish_exponent - 1)));
        gate = saturate_16(2 * (int64_t)mul_16(gate, p->reluish_multiplier));
    } else {
        gate = plain_rounding_shift(mul_16(gate, p->reluish_multiplier), -p->reluish_exponent);
    }
    gate = (gate + 32768) / 2;
    const int32_t product = gate * mul_16(x, p->out_multiplier) / 32768;
    return plain_clamp(plain_rounding_shift(product, -p->out_exponent) + p->out_zero_point,
                       INT8_MIN, INT8_MAX);
}

static void test_hard_swish_s8(void **state)
{
    (void)state;
    seed_random(18);
    for (int32_t i = 0; i < 300; i++) {
        const struct kl_hard_swish_s8 p = {
            random_between(INT8_MIN, INT8_MAX),          random_between(INT8_MIN, INT8_MAX),
            (int16_t)random_between(1 << 14, INT16_MAX), (int8_t)random_between(-8, 9),
            (int16_t)random_between(1 << 14, INT16_MAX), (int8_t)random_between(-15, -1)};
        for (int32_t v = INT8_MIN; v <= INT8_MAX; v++) {
            assert_int_equal(kl_hard_swish_s8(&p, (int8_t)v), plain_hard_swish(&p, v));
        }
    }
}

static void test_piecewise_s8(void **state)
{
    (void)state;
    seed_random(19);
    for (int32_t i = 0; i < 300; i++) {
        const int32_t in = random_between(INT8_MIN, INT8_MAX);
        const int32_t out = random_between(INT8_MIN, INT8_MAX);
        const int32_t m1 = random_between(1 << 30, INT32_MAX), s1 = random_between(-6, 4);
        const int32_t m2 = random_between(-INT32_MAX, INT32_MAX), s2 = random_between(-9, 4);
        const struct kl_leaky_relu_s8 leaky = {in, out, m1, s1, m2, s2};
        const int32_t min = random_between(INT8_MIN, INT8_MAX);
        const struct kl_requantize_s8 requantize = {in,  m1,  s1,
                                                    out, min, random_between(min, INT8_MAX)};
        for (int32_t v = INT8_MIN; v <= INT8_MAX; v++) {
            const int32_t above = plain_requantize(v - in, m1, s1);
            const int32_t y = v >= in ? above : plain_requantize(v - in, m2, s2);
            assert_int_equal(kl_leaky_relu_s8(&leaky, (int8_t)v),
                             plain_clamp((int64_t)y + out, INT8_MIN, INT8_MAX));
            assert_int_equal(kl_requantize_s8(&requantize, (int8_t)v),
                             plain_clamp((int64_t)above + out, min, requantize.max));
        }
    }
}

/* Softmax of one vector: exponentials in Q0.31, their sum in Q12.19, 1 / sum by halves. */
static void plain_softmax(const struct kl_softmax_s8 *p, const int8_t *x, int8_t *y)
{
    int32_t max = INT8_MIN;
    struct q sum = q_of(0, 12);
    struct q e[64];
    for (int32_t i = 0; i < p->width; i++) {
        max = x[i] > max ? x[i] : max;
    }
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t diff = x[i] - max;
        e[i] = q_of(0, 0);
        if (diff >= p->diff_min) {
            e[i] = plain_exp(q_of(plain_requantize(diff, p->multiplier, p->left_shift), 5));
            sum = q_add(sum, q_rescale(e[i], 12));
        }
    }
    /* sum = 2^halvings * (1 + rest), 0 <= rest < 1 */
    int halvings = 0;
    while (sum.raw >> (halvings + 20) != 0) {
        halvings++;
    }
    const int64_t mantissa = sum.raw * ((int64_t)1 << (12 - halvings)); /* Q1.31 */
    struct q inverse = plain_inverse_half(q_of(mantissa - ((int64_t)1 << 31), 0));
    inverse.bits = 1;
    inverse = q_rescale(inverse, 0);
    for (int32_t i = 0; i < p->width; i++) {
        const int32_t product = (int32_t)q_mul(inverse, e[i]).raw;
        y[i] = (int8_t)plain_clamp(plain_rounding_shift(product, halvings + 31 - 8) - 128, INT8_MIN,
                                   INT8_MAX);
    }
}

static void test_softmax_s8(void **state)
{
    (void)state;
    seed_random(27);
    for (int32_t i = 0; i < 2000; i++) {
        int8_t x[64], expected[64];
        const int32_t left_shift = random_between(5, 31);
        const struct kl_softmax_s8 p = {random_between(1, 64), random_between(1 << 30, INT32_MAX),
                                        left_shift, -(int32_t)((31LL << 26) >> left_shift)};
        random_s8(x, sizeof x);
        plain_softmax(&p, x, expected);
        struct kl_rows in = {.base = (unsigned char *)x, .stride = p.width, .count = 1};
        const unsigned char *y = run_kernel(KL_KERNEL_SOFTMAX_S8, &p, &in, 1, (size_t)p.width);
        assert_memory_equal(y, expected, (size_t)p.width);
        pool_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_high_mul),
        cmocka_unit_test(test_rounding_shift),
        cmocka_unit_test(test_requantize),
        cmocka_unit_test(test_requantize_channels),
        cmocka_unit_test(test_exp),
        cmocka_unit_test(test_reciprocal),
        cmocka_unit_test(test_logistic_and_tanh),
        cmocka_unit_test(test_logistic_s8),
        cmocka_unit_test(test_hard_swish_s8),
        cmocka_unit_test(test_piecewise_s8),
        cmocka_unit_test(test_softmax_s8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
