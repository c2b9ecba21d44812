/* SPDX-License-Identifier: Apache-2.0 */
#include "base/statistics.h"

#include <math.h>

/* Halvings until a double does not change any more, from any start. */
enum { HALVINGS = 1100 };

double kl_normal_below(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

double kl_normal_quantile(double p)
{
    if (!(p > 0)) {
        return -INFINITY;
    }
    if (!(p < 1)) {
        return INFINITY;
    }
    double low = -40;
    double high = 40;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) {
            break;
        }
        if (kl_normal_below(middle) < p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + (high - low) / 2;
}

/* ln of n over k, times p^k q^(n-k). */
static double log_binomial(int64_t k, int64_t n, double p)
{
    double N = (double)n;
    double K = (double)k;
    return lgamma(N + 1) - lgamma(K + 1) - lgamma(N - K + 1) + K * log(p) + (N - K) * log1p(-p);
}

/* The sum of the terms from `k` downwards (step -1) or upwards (step 1), with `term` the one at
 * k. Terms fall on that side of the mean, so the rest is nothing once they are tiny. */
static double tail(int64_t k, int64_t n, double odds, double term, int step)
{
    double sum = 0;
    for (int64_t i = k; i >= 0 && i <= n && term > sum * 1e-18; i += step) {
        sum += term;
        double i_ = (double)i;
        double n_ = (double)n;
        term *= step < 0 ? i_ / ((n_ - i_ + 1) * odds) : (n_ - i_) * odds / (i_ + 1);
    }
    return sum;
}

double kl_binomial_at_most(int64_t k, int64_t n, double p)
{
    if (k < 0) {
        return 0;
    }
    if (k >= n || p <= 0) {
        return 1;
    }
    if (p >= 1) {
        return 0;
    }
    double odds = p / (1 - p);
    if ((double)k <= (double)n * p) {
        return fmin(1, tail(k, n, odds, exp(log_binomial(k, n, p)), -1));
    }
    return fmax(0, 1 - tail(k + 1, n, odds, exp(log_binomial(k + 1, n, p)), 1));
}

struct kl_interval kl_wilson(double k, double n, double confidence)
{
    if (!(n > 0)) {
        return (struct kl_interval){0, 1};
    }
    double z = kl_normal_quantile(0.5 + confidence / 2);
    double p = k / n;
    double scale = 1 + z * z / n;
    double middle = (p + z * z / (2 * n)) / scale;
    double half = z / scale * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    /* The ends of the scale are exact, not only but for rounding. */
    return (struct kl_interval){k <= 0 ? 0 : fmax(0, middle - half),
                                k >= n ? 1 : fmin(1, middle + half)};
}

struct kl_interval kl_paired_interval(int64_t gained, int64_t lost, int64_t n, double confidence)
{
    if (n <= 0) {
        return (struct kl_interval){-1, 1};
    }
    double z = kl_normal_quantile(0.5 + confidence / 2);
    double plus = (double)gained + 0.5, minus = (double)lost + 0.5, all = (double)n + 2;
    double middle = (plus - minus) / all;
    double half = z * sqrt(fmax(plus + minus - (plus - minus) * (plus - minus) / all, 0)) / all;
    return (struct kl_interval){fmax(middle - half, -1), fmin(middle + half, 1)};
}

/* The p at which "at most k of n" has the probability `chance`; it falls as p grows. */
static double binomial_bound(int64_t k, int64_t n, double chance)
{
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (kl_binomial_at_most(k, n, middle) > chance) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

struct kl_interval kl_clopper_pearson(int64_t k, int64_t n, double confidence)
{
    struct kl_interval interval = {0, 1};
    double alpha = 1 - confidence;
    if (n > 0 && k > 0) {
        interval.low = binomial_bound(k - 1, n, 1 - alpha / 2);
    }
    if (n > 0 && k < n) {
        interval.high = binomial_bound(k, n, alpha / 2);
    }
    return interval;
}

/* A count of samples from a formula: at least one, bounded. */
static int64_t count_of(double n)
{
    if (!(n < (double)KL_STATISTICS_MOST)) {
        return KL_STATISTICS_MOST;
    }
    return n < 1 ? 1 : (int64_t)ceil(n);
}

static bool inside(double share)
{
    return share > 0 && share < 1;
}

static double wilson_width(double p, double n, double confidence)
{
    struct kl_interval interval = kl_wilson(p * n, n, confidence);
    return interval.high - interval.low;
}

int64_t kl_samples_for_margin(double p, double margin, double confidence)
{
    if (!(p >= 0 && p <= 1) || !inside(margin) || !inside(confidence)) {
        return 0;
    }
    double z = kl_normal_quantile(0.5 + confidence / 2);
    int64_t high = count_of(z * z * p * (1 - p) / (margin * margin));
    int64_t low = 0; /* too few */
    while (high < KL_STATISTICS_MOST && wilson_width(p, (double)high, confidence) > 2 * margin) {
        low = high;
        high *= 2;
    }
    /* The width falls as n grows, so the fewest can be found by halving. */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (wilson_width(p, (double)middle, confidence) > 2 * margin) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high < KL_STATISTICS_MOST ? high : KL_STATISTICS_MOST;
}

int64_t kl_samples_to_tell(double p0, double p1, double alpha, double power)
{
    if (!inside(p0) || !(p1 >= 0 && p1 <= 1) || p0 == p1 || !inside(alpha) || !inside(power)) {
        return 0;
    }
    double root = (kl_normal_quantile(1 - alpha) * sqrt(p0 * (1 - p0)) +
                   kl_normal_quantile(power) * sqrt(p1 * (1 - p1))) /
                  (p1 - p0);
    return count_of(root * root);
}

int64_t kl_samples_to_compare(double p1, double p2, double alpha, double power)
{
    double mean = (p1 + p2) / 2;
    if (!(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1) || p1 == p2 || !inside(alpha) ||
        !inside(power)) {
        return 0;
    }
    double root = (kl_normal_quantile(1 - alpha) * sqrt(2 * mean * (1 - mean)) +
                   kl_normal_quantile(power) * sqrt(p1 * (1 - p1) + p2 * (1 - p2))) /
                  (p1 - p2);
    return count_of(root * root);
}

int64_t kl_samples_without_failure(double share, double confidence)
{
    if (!inside(share) || !inside(confidence)) {
        return 0;
    }
    return count_of(log1p(-confidence) / log1p(-share));
}

/* The fewest samples for which at most `failures` among them show the share. */
static int64_t samples_with_failures(int64_t failures, double share, double confidence, int64_t low,
                                     int64_t most)
{
    int64_t high = low + 1;
    while (high < most && kl_binomial_at_most(failures, high, share) > 1 - confidence) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (kl_binomial_at_most(failures, middle, share) > 1 - confidence) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

bool kl_plan_acceptance(double share, double typical, double confidence, double power,
                        struct kl_test_plan *plan)
{
    enum { MOST_SAMPLES = 1000000, MOST_FAILURES = 2000 };
    if (!inside(share) || !(typical >= 0 && typical < share) || !inside(confidence) ||
        !inside(power)) {
        return false;
    }
    int64_t samples = 0;
    for (int64_t failures = 0; failures <= MOST_FAILURES; failures++) {
        samples = samples_with_failures(failures, share, confidence, samples, MOST_SAMPLES);
        if (samples > MOST_SAMPLES) {
            return false;
        }
        if (kl_binomial_at_most(failures, samples, typical) >= power) {
            *plan = (struct kl_test_plan){samples, failures};
            return true;
        }
    }
    return false;
}

bool kl_plan_for_share(double share, double confidence, struct kl_test_plan *plan)
{
    return kl_plan_acceptance(share, share / 2, confidence, 0.9, plan);
}

/* Probability of at most k events when `mean` are expected. */
static double poisson_at_most(int64_t k, double mean)
{
    double sum = 0;
    for (int64_t i = 0; i <= k; i++) {
        sum += exp((double)i * log(mean) - mean - lgamma((double)i + 1));
    }
    return sum;
}

/* The expected number of events at which "at most k" has the probability 1-confidence. */
static double poisson_bound(int64_t events, double confidence)
{
    double low = 0;
    double high = (double)events + 1;
    while (poisson_at_most(events, high) > 1 - confidence && high < 1e15) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 80; i++) {
        double middle = (low + high) / 2;
        if (poisson_at_most(events, middle) > 1 - confidence) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

double kl_rate_upper(int64_t events, double time, double confidence)
{
    return time > 0 && events >= 0 && inside(confidence) ? poisson_bound(events, confidence) / time
                                                         : INFINITY;
}

double kl_time_for_rate(double rate, int64_t events, double confidence)
{
    return rate > 0 && events >= 0 && inside(confidence) ? poisson_bound(events, confidence) / rate
                                                         : INFINITY;
}
