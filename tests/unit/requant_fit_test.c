/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cheap requantisation forms against the definition, accumulator by accumulator, and what the
 * proof refuses.
 */
#include "kernel_support.h"

#include "plan/requant_fit.h"

enum { CHANNELS = 300, SPAN = 6000 };

/* A channel whose accumulators span most results, some only a few, near 0 or far from it. */
static struct kl_requant_channel random_channel(void)
{
    static const int32_t zero_points[] = {-128, -128, -128, 0, 127, -5, 77};
    const int32_t half = random_between(1, SPAN);
    const int32_t middle =
        random_chance(80) ? random_between(-half, half) : random_between(-(1 << 24), 1 << 24);
    struct kl_requant_channel c = {.multiplier = random_between(1 << 30, INT32_MAX),
                                   .shift = random_between(-9, -1),
                                   .zero_point = zero_points[random_between(0, 6)],
                                   .min = INT8_MIN,
                                   .max = INT8_MAX,
                                   .low = middle - half,
                                   .high = middle + half};
    c.bias = random_between(c.low, c.high);
    if (random_chance(10)) {
        c.multiplier = random_chance(50) ? 1 << 30 : INT32_MAX;
    }
    if (random_chance(10)) {
        c.shift = random_between(-31, 3);
    }
    if (random_chance(40)) {
        c.min = c.zero_point;
        c.max = random_between(c.min, INT8_MAX);
    }
    return c;
}

/* The definition by its slow, independent form. */
static int32_t plain_result(const struct kl_requant_channel *c, int32_t acc)
{
    return plain_clamp((int64_t)plain_requantize(acc, c->multiplier, c->shift) + c->zero_point,
                       c->min, c->max);
}

/* Accumulators for which the form is not the definition. */
static int32_t wrong_results(const struct kl_requant_channel *c, const struct kl_requant_fit *fit)
{
    int32_t wrong = 0;
    for (int32_t acc = c->low; acc <= c->high; acc++) {
        wrong += kl_requant_evaluate(fit, c, acc) != plain_result(c, acc);
    }
    return wrong;
}

static void test_thresholds(void **state)
{
    (void)state;
    seed_random(70);
    for (int32_t i = 0; i < CHANNELS; i++) {
        const struct kl_requant_channel c = random_channel();
        struct kl_requant_curve curve;
        assert_true(kl_requant_trace(&c, &curve));
        assert_int_equal(curve.first, plain_result(&c, c.low));
        assert_int_equal(curve.last, plain_result(&c, c.high));
        int32_t steps = 0;
        for (int32_t acc = c.low + 1; acc <= c.high; acc++) {
            for (int32_t r = plain_result(&c, acc - 1); r < plain_result(&c, acc); r++) {
                assert_int_equal(curve.at[steps++], acc);
            }
        }
        assert_int_equal(steps, curve.last - curve.first);
    }
}

/* How often each form was found. */
struct found {
    int32_t linear_1, linear_256, split, exact;
};

static void check_fits(const struct kl_requant_channel *c, struct found *found)
{
    struct kl_requant_curve curve;
    struct kl_requant_fit fit;
    const bool clamp = kl_requant_needs_clamp(c);
    assert_true(kl_requant_trace(c, &curve));
    for (int32_t scale = 1; scale <= 256; scale *= 256) {
        struct kl_requant_need need = kl_requant_any(c, scale, kl_requant_max_shift(c, scale));
        need.clamp = clamp;
        if (need.shift >= 0 && kl_requant_fit_linear(&curve, &need, &fit)) {
            *(scale == 1 ? &found->linear_1 : &found->linear_256) += 1;
            assert_int_equal(wrong_results(c, &fit), 0);
        }
        const int32_t widen = scale == 1 ? 8 : 0;
        need.shift = kl_requant_max_shift(c, scale << widen);
        if (need.shift >= 0 && kl_requant_fit_split(&curve, &need, widen, &fit)) {
            found->split++;
            assert_int_equal(wrong_results(c, &fit), 0);
        }
    }
    if (kl_requant_fit_exact(&curve, clamp, &fit)) {
        found->exact++;
        assert_int_equal(wrong_results(c, &fit), 0);
    } else {
        assert_true(c->shift >= 0 || c->shift < -KL_REQUANT_MAX_SHIFT);
    }
}

static void test_forms_equal_the_definition(void **state)
{
    struct found found = {0};
    (void)state;
    seed_random(71);
    for (int32_t i = 0; i < CHANNELS; i++) {
        const struct kl_requant_channel c = random_channel();
        check_fits(&c, &found);
    }
    print_message(
        "of %d channels: linear %d (scale 1), %d (scale 256), split %d of two, exact %d\n",
        CHANNELS, found.linear_1, found.linear_256, found.split, found.exact);
    assert_true(found.linear_1 > CHANNELS / 3);
    assert_true(found.linear_256 > CHANNELS / 2);
    assert_true(found.split > 3 * CHANNELS / 2);
    assert_true(found.exact > 3 * CHANNELS / 4);
}

/* ReLU channels get the linear form with one shared addend, as conv kernels want it. */
static void test_shared_addend(void **state)
{
    (void)state;
    seed_random(72);
    for (int32_t i = 0; i < CHANNELS; i++) {
        struct kl_requant_channel c = {.multiplier = random_between(1 << 30, INT32_MAX),
                                       .shift = random_between(-9, -3),
                                       .zero_point = INT8_MIN,
                                       .min = INT8_MIN,
                                       .max = INT8_MAX,
                                       .bias = random_between(-500, 500)};
        struct kl_requant_curve curve;
        struct kl_requant_fit fit;
        c.low = c.bias - SPAN;
        c.high = c.bias + SPAN;
        assert_true(kl_requant_trace(&c, &curve));
        struct kl_requant_need need = kl_requant_any(&c, 256, 8);
        need.start_low = INT32_MIN;
        need.addend_low = need.addend_high = kl_requant_addend(c.zero_point, need.shift);
        assert_true(kl_requant_fit_linear(&curve, &need, &fit));
        assert_int_equal(fit.addend, need.addend_low);
        assert_int_equal(wrong_results(&c, &fit), 0);
    }
}

static void test_limits_are_kept(void **state)
{
    (void)state;
    seed_random(73);
    int32_t found = 0;
    for (int32_t i = 0; i < CHANNELS; i++) {
        const struct kl_requant_channel c = random_channel();
        struct kl_requant_curve curve;
        struct kl_requant_fit fit;
        struct kl_requant_need need = kl_requant_any(&c, 1, kl_requant_max_shift(&c, 1));
        if (need.shift < 0) {
            continue;
        }
        need.addend_low = kl_requant_addend(c.zero_point, need.shift) - 100;
        need.addend_high = need.addend_low + 255;
        need.start_low = c.bias - 1000;
        need.start_high = c.bias + 20000;
        need.clamp = true;
        assert_true(kl_requant_trace(&c, &curve));
        if (kl_requant_fit_linear(&curve, &need, &fit)) {
            found++;
            assert_in_range(fit.addend - need.addend_low, 0, 255);
            assert_in_range(fit.start - need.start_low, 0, 21000);
            assert_int_equal(wrong_results(&c, &fit), 0);
        }
    }
    assert_true(found > CHANNELS / 4);
}

static void mutate(struct kl_requant_fit *fit)
{
    int32_t *const constants[] = {&fit->start, &fit->multiplier, &fit->addend, &fit->below};
    int32_t *constant = constants[random_between(0, fit->form == KL_REQUANT_SPLIT ? 3 : 2)];
    const int32_t by = random_between(1, 1 << random_between(0, 20));
    *constant = (int32_t)((uint32_t)*constant + (uint32_t)(random_chance(50) ? by : -by));
}

/* The proof accepts a changed constant only if no result changed, and then it may. */
static void test_proof_rejects_wrong_constants(void **state)
{
    int32_t rejected = 0, harmless = 0;
    (void)state;
    seed_random(74);
    for (int32_t i = 0; i < 3 * CHANNELS; i++) {
        const struct kl_requant_channel c = random_channel();
        struct kl_requant_curve curve;
        struct kl_requant_fit fit;
        struct kl_requant_need need = kl_requant_any(&c, 256, kl_requant_max_shift(&c, 256));
        need.clamp = true;
        assert_true(kl_requant_trace(&c, &curve));
        const bool fits = i % 3 == 0   ? kl_requant_fit_exact(&curve, true, &fit)
                          : i % 3 == 1 ? kl_requant_fit_split(&curve, &need, 0, &fit)
                                       : kl_requant_fit_linear(&curve, &need, &fit);
        if (!fits) {
            continue;
        }
        mutate(&fit);
        if (kl_requant_prove(&curve, &fit)) {
            assert_int_equal(wrong_results(&c, &fit), 0);
            harmless++;
        } else {
            rejected++;
        }
    }
    print_message("%d changed constants rejected, %d harmless\n", rejected, harmless);
    assert_true(rejected > CHANNELS && harmless > 0);
}

/* One accumulator beside a threshold is enough. */
static void test_proof_sees_a_single_accumulator(void **state)
{
    (void)state;
    seed_random(75);
    int32_t caught = 0;
    for (int32_t i = 0; i < CHANNELS; i++) {
        struct kl_requant_channel c = random_channel();
        struct kl_requant_curve curve;
        struct kl_requant_fit fit;
        assert_true(kl_requant_trace(&c, &curve));
        if (curve.first == curve.last || !kl_requant_fit_exact(&curve, true, &fit)) {
            continue;
        }
        const int32_t step = random_between(0, curve.last - curve.first - 1);
        curve.at[step] += random_chance(50) ? 1 : -1;
        if (curve.at[step] > c.low && curve.at[step] <= c.high) {
            assert_false(kl_requant_prove(&curve, &fit));
            caught++;
        }
    }
    assert_true(caught > CHANNELS / 2);
}

static void test_overflow_is_refused(void **state)
{
    struct kl_requant_channel c = {.multiplier = 1 << 30,
                                   .shift = 4,
                                   .min = INT8_MIN,
                                   .max = INT8_MAX,
                                   .low = -(1 << 27),
                                   .high = 1 << 27};
    struct kl_requant_curve curve;
    struct kl_requant_fit fit;
    (void)state;
    assert_false(kl_requant_trace(&c, &curve)); /* (1 << 27) << 4 wraps */
    c.shift = 3;
    assert_true(kl_requant_trace(&c, &curve));
    c.shift = -8;
    c.multiplier = -5;
    assert_false(kl_requant_trace(&c, &curve)); /* falls */
    c.multiplier = 1 << 30;
    assert_true(kl_requant_trace(&c, &curve));
    /* 256 * (1 << 27) wraps in the kernel's sum: however the constants are, no form */
    const struct kl_requant_need need = kl_requant_any(&c, 256, 10);
    assert_false(kl_requant_fit_linear(&curve, &need, &fit));
    assert_false(kl_requant_fit_split(&curve, &need, 0, &fit));
    assert_true(kl_requant_fit_exact(&curve, false, &fit));
    fit.scale = 256;
    assert_false(kl_requant_prove(&curve, &fit));
    fit.scale = 1;
    fit.addend = INT32_MAX - (1 << 20); /* the last sum wraps */
    assert_false(kl_requant_prove(&curve, &fit));
}

/* Multiplier 0, accumulators of one value, biases near the end of int32. */
static void test_constant_channels(void **state)
{
    (void)state;
    seed_random(76);
    for (int32_t i = 0; i < CHANNELS; i++) {
        struct kl_requant_channel c = random_channel();
        struct kl_requant_curve curve;
        struct kl_requant_fit fit;
        if (random_chance(50)) {
            c.multiplier = 0;
            c.shift = 0;
        } else {
            c.bias = c.low = c.high = random_between(-(1 << 30), 1 << 30);
        }
        if (!kl_requant_trace(&c, &curve)) {
            continue;
        }
        struct kl_requant_need need = kl_requant_any(&c, 256, 9);
        need.addend_low = need.addend_high = kl_requant_addend(c.zero_point, 9);
        need.start_low = INT32_MIN;
        assert_true(kl_requant_fit_linear(&curve, &need, &fit));
        assert_int_equal(wrong_results(&c, &fit), 0);
        assert_true(c.low < c.high || kl_requant_fit_split(&curve, &need, 0, &fit));
        assert_int_equal(wrong_results(&c, &fit), 0);
        assert_true(c.low < c.high || kl_requant_fit_exact(&curve, false, &fit));
        assert_int_equal(wrong_results(&c, &fit), 0);
    }
}

static void test_accumulator_range(void **state)
{
    const int8_t weights[] = {3, 99, -2, 99, 0, 99};
    const int32_t multiplier = 1 << 30;
    const int8_t shift = -7;
    const struct kl_requant rq = {&multiplier, &shift, 4, -20, 100};
    const struct kl_channel_taps taps = {weights, 3, 2, -128, 127};
    (void)state;
    const struct kl_requant_channel c = kl_requant_channel_of(&rq, 0, 1000, &taps);
    assert_int_equal(c.low, 1000 - 3 * 128 - 2 * 127);
    assert_int_equal(c.high, 1000 + 3 * 127 + 2 * 128);
    assert_int_equal(c.bias, 1000);
    assert_int_equal(c.multiplier, multiplier);
    assert_int_equal(c.shift, -7);
    assert_true(c.zero_point == 4 && c.min == -20 && c.max == 100);
}

static int release(void **state)
{
    (void)state;
    pool_release();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_forms_equal_the_definition),
        cmocka_unit_test(test_shared_addend),
        cmocka_unit_test(test_limits_are_kept),
        cmocka_unit_test(test_proof_rejects_wrong_constants),
        cmocka_unit_test(test_proof_sees_a_single_accumulator),
        cmocka_unit_test(test_overflow_is_refused),
        cmocka_unit_test(test_constant_channels),
        cmocka_unit_test(test_accumulator_range),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
