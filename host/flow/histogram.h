/* SPDX-License-Identifier: Apache-2.0 */
/* What values a tensor takes: extremes, and a histogram that grows with them; and the range that a
 * quantisation should cover. */
#ifndef KINGLET_FLOW_HISTOGRAM_H
#define KINGLET_FLOW_HISTOGRAM_H

#include <stdint.h>

#include "optimise/quantise.h"

enum { KL_HISTOGRAM_BINS = 2048 };

/* Zero-initialise. The bins divide -limit .. limit; limit is a power of two. */
struct kl_histogram {
    double limit;
    float low, high; /* exact, of all values; of no values 0 */
    int64_t count;
    int64_t bins[KL_HISTOGRAM_BINS];
};

/* False when a value is not finite. */
bool kl_histogram_add(struct kl_histogram *h, const float *values, int64_t count);

enum kl_calibration {
    KL_CALIBRATE_MINMAX,     /* all values */
    KL_CALIBRATE_PERCENTILE, /* all but `percentile` hundredths, half of them on each side */
    KL_CALIBRATE_MSE,        /* least mean squared error of rounding and limiting */
    KL_CALIBRATE_ENTROPY     /* least generalised Kullback-Leibler divergence of 256 levels */
};

/* The range by that method; `percentile` is 50 .. 100, e.g. 99.99. `wide` values have so many
 * levels that all of them are kept, whatever the method. */
struct kl_range kl_histogram_range(const struct kl_histogram *h, enum kl_calibration method,
                                   double percentile, bool wide);

#endif
