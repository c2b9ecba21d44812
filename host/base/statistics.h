/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much testing is enough. Shares and confidences are 0 to 1, hours and rates may have any
 * unit of time as long as both use the same.
 */
#ifndef KINGLET_BASE_STATISTICS_H
#define KINGLET_BASE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

/* Samples that no plan can ask for; what needs more gives this. */
#define KL_STATISTICS_MOST INT64_C(1000000000000)

struct kl_interval {
    double low, high;
};

/* Probability that a standard normal value is below z. */
double kl_normal_below(double z);

/* The z below which a standard normal value lies with probability p, 0 < p < 1; found by halving
 * an interval on erfc, to full precision. Outside of that: -infinity or infinity. */
double kl_normal_quantile(double p);

/* Probability of at most k successes in n trials of probability p each. */
double kl_binomial_at_most(int64_t k, int64_t n, double p);

/*
 * Wilson score interval of k successes in n trials. Source: E. B. Wilson, Probable inference, the
 * law of succession, and statistical inference, JASA 22 (1927). n <= 0: from 0 to 1.
 */
struct kl_interval kl_wilson(double k, double n, double confidence);

/*
 * Interval of the difference of two shares that are counted on the same n examples, of which
 * `gained` are right with the one only and `lost` with the other: half an example more of each
 * kind, so that no difference among few examples is no certainty. Source: A. Agresti and Y. Min,
 * Simple improved confidence intervals for comparing matched proportions, Statistics in Medicine 24
 * (2005). n <= 0: from -1 to 1.
 */
struct kl_interval kl_paired_interval(int64_t gained, int64_t lost, int64_t n, double confidence);

/*
 * Exact interval of k successes in n trials, two-sided. Source: C. J. Clopper and E. S. Pearson,
 * The use of confidence or fiducial limits, Biometrika 26 (1934). n <= 0: from 0 to 1.
 */
struct kl_interval kl_clopper_pearson(int64_t k, int64_t n, double confidence);

/*
 * Samples for estimating a share of about p to +-margin: the fewest for which the Wilson interval
 * around p is no wider than 2*margin. Starts at the normal approximation z^2 p (1-p) / margin^2.
 * Source of that: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 4.4.
 * 0 when an argument makes no sense (share outside 0..1, margin or confidence outside 0..1).
 */
int64_t kl_samples_for_margin(double p, double margin, double confidence);

/*
 * Samples to tell that a share is above p0 when it is p1 > p0 (or below, when p1 < p0): one-sided
 * test with error `alpha`, found with probability `power`. Normal approximation
 * ((z_a sqrt(p0 q0) + z_b sqrt(p1 q1)) / (p1 - p0))^2. Source: J. L. Fleiss, Statistical Methods
 * for Rates and Proportions, 2nd ed. (1981), section 1.4. 0 when an argument makes no sense.
 */
int64_t kl_samples_to_tell(double p0, double p1, double alpha, double power);

/*
 * Samples of each of two models to tell that one is right with share p1 and the other with p2,
 * each on samples of its own: one-sided test with error `alpha`, found with probability `power`.
 * With q = 1 - p and p the mean of both: ((z_a sqrt(2 p q) + z_b sqrt(p1 q1 + p2 q2)) /
 * (p1 - p2))^2. Source: Fleiss as above, chapter 3. 0 when an argument makes no sense.
 */
int64_t kl_samples_to_compare(double p1, double p2, double alpha, double power);

/*
 * Samples without one failure that show a share of failures below `share` at the confidence:
 * ln(1-confidence)/ln(1-share), about 3/share at 95 % (the rule of three; J. A. Hanley and
 * A. Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 249 (1983)).
 */
int64_t kl_samples_without_failure(double share, double confidence);

/*
 * The fewest samples, and the most failures allowed among them, for which a test shows at the
 * confidence that the share of failures is at most `share`, and which a product whose share is
 * `typical` < share passes with probability `power`. Exact binomial. False when no plan with at
 * most a million samples does that.
 */
struct kl_test_plan {
    int64_t samples, failures;
};
bool kl_plan_acceptance(double share, double typical, double confidence, double power,
                        struct kl_test_plan *plan);

/* The plan that all tests of shares use: it passes a product with half the failures that are
 * allowed with a probability of 90 %. */
bool kl_plan_for_share(double share, double confidence, struct kl_test_plan *plan);

/*
 * Upper bound of a rate after `events` in `time`, one-sided: chi^2(confidence; 2 events + 2) / 2
 * events per time. Source: F. Garwood, Fiducial limits for the Poisson distribution, Biometrika
 * 28 (1936). Found by halving an interval on the Poisson distribution.
 */
double kl_rate_upper(int64_t events, double time, double confidence);

/* Time with at most `events` that shows a rate of at most `rate`; without one:
 * -ln(1-confidence)/rate. Infinity for a rate of zero. */
double kl_time_for_rate(double rate, int64_t events, double confidence);

#endif
