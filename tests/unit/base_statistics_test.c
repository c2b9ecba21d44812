/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics against published tables, and against the definitions that they come from. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/statistics.h"

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) {
        fail_msg("%.12g is not %.12g +- %g", value, expected, tolerance);
    }
}

static void normal_quantiles_match_tables(void **state)
{
    (void)state;
    assert_near(kl_normal_quantile(0.975), 1.959963984540054, 1e-12);
    assert_near(kl_normal_quantile(0.95), 1.644853626951472, 1e-12);
    assert_near(kl_normal_quantile(0.99), 2.326347874040841, 1e-12);
    assert_near(kl_normal_quantile(0.5), 0, 1e-12);
    assert_near(kl_normal_quantile(0.2), -0.8416212335729142, 1e-12);
    assert_near(kl_normal_quantile(1e-9), -5.997807015007686, 1e-9);
    assert_true(isinf(kl_normal_quantile(0)) && kl_normal_quantile(0) < 0);
    assert_true(isinf(kl_normal_quantile(1)) && kl_normal_quantile(1) > 0);
    for (double p = 0.01; p < 1; p += 0.01) {
        assert_near(kl_normal_below(kl_normal_quantile(p)), p, 1e-14);
    }
}

/* The same sum without any shortcut. */
static double plain_at_most(int64_t k, int64_t n, double p)
{
    double sum = 0;
    for (int64_t i = 0; i <= k; i++) {
        double term = 1;
        for (int64_t j = 1; j <= i; j++) {
            term *= (double)(n - i + j) / (double)j * p;
        }
        for (int64_t j = 0; j < n - i; j++) {
            term *= 1 - p;
        }
        sum += term;
    }
    return sum;
}

static void binomial_equals_its_definition(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 40; n += 13) {
        for (int64_t k = 0; k < n; k++) {
            for (double p = 0.05; p < 1; p += 0.15) {
                assert_near(kl_binomial_at_most(k, n, p), plain_at_most(k, n, p), 1e-12);
            }
        }
    }
    assert_near(kl_binomial_at_most(-1, 5, 0.5), 0, 0);
    assert_near(kl_binomial_at_most(5, 5, 0.5), 1, 0);
    assert_near(kl_binomial_at_most(3, 5, 0), 1, 0);
    assert_near(kl_binomial_at_most(3, 5, 1), 0, 0);
    assert_near(kl_binomial_at_most(500000, 1000000, 0.5), 0.5003989, 1e-6);
}

static void wilson_matches_its_equation(void **state)
{
    (void)state;
    /* Both ends solve (p - x)^2 = z^2 x (1 - x) / n. */
    const double z = 1.959963984540054;
    for (double n = 5; n < 2000; n *= 3) {
        for (double k = 0; k <= n; k += n / 5) {
            struct kl_interval i = kl_wilson(k, n, 0.95);
            double p = k / n;
            if (k > 0) {
                assert_near(pow(p - i.low, 2), z * z * i.low * (1 - i.low) / n, 1e-12);
            }
            if (k < n) {
                assert_near(pow(p - i.high, 2), z * z * i.high * (1 - i.high) / n, 1e-12);
            }
            assert_true(i.low <= p && p <= i.high);
        }
    }
    assert_near(kl_wilson(0, 0, 0.95).low, 0, 0);
    assert_near(kl_wilson(0, 0, 0.95).high, 1, 0);
}

static void paired_intervals_are_of_half_an_example_more(void **state)
{
    (void)state;
    /* 1,600 people asked twice whether they approve: 86 came to it, 150 left it. */
    struct kl_interval i = kl_paired_interval(86, 150, 1600, 0.95);
    assert_near(i.low, -0.0587, 5e-5);
    assert_near(i.high, -0.0212, 5e-5);
    struct kl_interval turned = kl_paired_interval(150, 86, 1600, 0.95);
    assert_near(turned.low, -i.high, 1e-15);
    assert_near(turned.high, -i.low, 1e-15);
    /* No difference among few is no certainty. */
    assert_true(kl_paired_interval(0, 0, 10, 0.95).low < -0.1);
    assert_true(kl_paired_interval(3, 0, 3, 0.95).high <= 1);
    assert_near(kl_paired_interval(0, 0, 0, 0.95).low, -1, 0);
    assert_near(kl_paired_interval(0, 0, 0, 0.95).high, 1, 0);
}

static void clopper_pearson_matches_tables(void **state)
{
    (void)state;
    /* 0 and 10 of 10, and 5 of 10: the closed forms, and a value of published tables. */
    assert_near(kl_clopper_pearson(0, 10, 0.95).high, 1 - pow(0.025, 0.1), 1e-12);
    assert_near(kl_clopper_pearson(0, 10, 0.95).low, 0, 0);
    assert_near(kl_clopper_pearson(10, 10, 0.95).low, pow(0.025, 0.1), 1e-12);
    assert_near(kl_clopper_pearson(10, 10, 0.95).high, 1, 0);
    assert_near(kl_clopper_pearson(5, 10, 0.95).low, 0.187086, 1e-6);
    assert_near(kl_clopper_pearson(5, 10, 0.95).high, 0.812914, 1e-6);
    /* The exact interval contains the one of Wilson but for rounding. */
    struct kl_interval exact = kl_clopper_pearson(962, 1000, 0.95);
    struct kl_interval wilson = kl_wilson(962, 1000, 0.95);
    assert_true(exact.low < wilson.low + 1e-3 && exact.high > wilson.high - 1e-3);
}

static void margins_are_kept_and_no_more(void **state)
{
    (void)state;
    /* The text-book figure for a share of one half, 5 % and 95 % is 385. */
    int64_t n = kl_samples_for_margin(0.5, 0.05, 0.95);
    assert_true(n >= 380 && n <= 385);
    const double shares[] = {0, 0.02, 0.5, 0.9, 0.99, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        int64_t count = kl_samples_for_margin(shares[i], 0.01, 0.95);
        struct kl_interval enough = kl_wilson(shares[i] * (double)count, (double)count, 0.95);
        struct kl_interval few =
            kl_wilson(shares[i] * (double)(count - 1), (double)(count - 1), 0.95);
        assert_true(enough.high - enough.low <= 0.02);
        assert_true(few.high - few.low > 0.02);
    }
    assert_int_equal(kl_samples_for_margin(1.5, 0.05, 0.95), 0);
    assert_int_equal(kl_samples_for_margin(0.5, 0, 0.95), 0);
    assert_int_equal(kl_samples_for_margin(0.5, 0.05, 1), 0);
    assert_int_equal(kl_samples_for_margin(0.5, NAN, 0.95), 0);
    assert_int_equal(kl_samples_for_margin(0.5, 1e-12, 0.95), KL_STATISTICS_MOST);
}

static void samples_tell_two_shares_apart(void **state)
{
    (void)state;
    int64_t n = kl_samples_to_tell(0.95, 0.97, 0.05, 0.8);
    /* With that many, the approximate test errs with 5 % and finds with 80 %, both within 2 %. */
    double limit = 0.95 * (double)n + 1.6448536 * sqrt((double)n * 0.95 * 0.05);
    double errs = 1 - kl_binomial_at_most((int64_t)ceil(limit) - 1, n, 0.95);
    double finds = 1 - kl_binomial_at_most((int64_t)ceil(limit) - 1, n, 0.97);
    assert_near(errs, 0.05, 0.02);
    assert_near(finds, 0.8, 0.02);
    assert_true(kl_samples_to_tell(0.95, 0.96, 0.05, 0.8) > 3 * n);
    assert_int_equal(kl_samples_to_tell(0.95, 0.95, 0.05, 0.8), 0);
    assert_int_equal(kl_samples_to_tell(0, 0.5, 0.05, 0.8), 0);
}

static void two_models_need_twice_the_samples(void **state)
{
    (void)state;
    /* By hand: (1.644854 sqrt(2 * 0.89 * 0.11) + 0.841621 sqrt(0.09 + 0.1056))^2 / 0.02^2. */
    assert_int_equal(kl_samples_to_compare(0.9, 0.88, 0.05, 0.8), 3026);
    assert_int_equal(kl_samples_to_compare(0.88, 0.9, 0.05, 0.8), 3026);
    /* A fixed share to compare with needs about half. */
    assert_near((double)kl_samples_to_tell(0.9, 0.88, 0.05, 0.8), 3026.0 / 2, 50);
    assert_true(kl_samples_to_compare(1, 0, 0.05, 0.8) > 0);
    assert_int_equal(kl_samples_to_compare(0.9, 0.9, 0.05, 0.8), 0);
    assert_int_equal(kl_samples_to_compare(NAN, 0.9, 0.05, 0.8), 0);
    assert_int_equal(kl_samples_to_compare(0.9, 0.8, 0, 0.8), 0);
}

static void runs_without_failure_follow_the_rule_of_three(void **state)
{
    (void)state;
    assert_int_equal(kl_samples_without_failure(0.05, 0.95), 59);
    assert_int_equal(kl_samples_without_failure(0.01, 0.95), 299);
    assert_int_equal(kl_samples_without_failure(0.001, 0.95), 2995);
    assert_int_equal(kl_samples_without_failure(0.5, 0.4), 1);
    assert_int_equal(kl_samples_without_failure(0, 0.95), 0);
}

static void acceptance_plans_hold_on_both_sides(void **state)
{
    (void)state;
    struct kl_test_plan plan;
    assert_true(kl_plan_acceptance(0.05, 0.02, 0.95, 0.9, &plan));
    assert_true(kl_binomial_at_most(plan.failures, plan.samples, 0.05) <= 0.05);
    assert_true(kl_binomial_at_most(plan.failures, plan.samples, 0.02) >= 0.9);
    /* One sample less no longer shows it, and one failure less is passed too rarely. */
    assert_true(kl_binomial_at_most(plan.failures, plan.samples - 1, 0.05) > 0.05);
    assert_true(plan.failures > 0);
    assert_true(kl_plan_acceptance(0.05, 0, 0.95, 0.9, &plan));
    assert_int_equal(plan.samples, 59);
    assert_int_equal(plan.failures, 0);
    /* The plans of tests: found by trying all numbers with exact arithmetic elsewhere. */
    assert_true(kl_plan_for_share(0.05, 0.95, &plan));
    assert_int_equal(plan.samples, 506);
    assert_int_equal(plan.failures, 17);
    assert_true(kl_plan_for_share(0.1, 0.95, &plan));
    assert_int_equal(plan.samples, 239);
    assert_int_equal(plan.failures, 16);
    assert_false(kl_plan_acceptance(0.05, 0.05, 0.95, 0.9, &plan));
    assert_false(kl_plan_acceptance(0.05, 0.049999, 0.95, 0.9, &plan));
    assert_false(kl_plan_acceptance(0, 0, 0.95, 0.9, &plan));
}

static void rates_follow_poisson(void **state)
{
    (void)state;
    /* -ln 0.05, and half the 95 % points of chi^2 with 4 and 8 degrees of freedom. */
    assert_near(kl_rate_upper(0, 1, 0.95), 2.995732, 1e-6);
    assert_near(kl_rate_upper(1, 1, 0.95), 9.487729 / 2, 1e-6);
    assert_near(kl_rate_upper(3, 1, 0.95), 15.507313 / 2, 1e-6);
    assert_near(kl_rate_upper(3, 10, 0.95), 1.5507313 / 2, 1e-6);
    assert_near(kl_time_for_rate(0.1, 0, 0.95), 29.95732, 1e-5);
    assert_near(kl_rate_upper(2, kl_time_for_rate(0.1, 2, 0.95), 0.95), 0.1, 1e-9);
    assert_true(isinf(kl_time_for_rate(0, 0, 0.95)));
    assert_true(isinf(kl_rate_upper(0, 0, 0.95)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantiles_match_tables),
        cmocka_unit_test(binomial_equals_its_definition),
        cmocka_unit_test(wilson_matches_its_equation),
        cmocka_unit_test(paired_intervals_are_of_half_an_example_more),
        cmocka_unit_test(clopper_pearson_matches_tables),
        cmocka_unit_test(margins_are_kept_and_no_more),
        cmocka_unit_test(samples_tell_two_shares_apart),
        cmocka_unit_test(two_models_need_twice_the_samples),
        cmocka_unit_test(runs_without_failure_follow_the_rule_of_three),
        cmocka_unit_test(acceptance_plans_hold_on_both_sides),
        cmocka_unit_test(rates_follow_poisson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
