/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_features.h"

#include <math.h>
#include <stdlib.h>

#include "kinglet/nn/features.h"

void slow_dft(const double *x, int32_t width, int32_t length, double *y)
{
    for (int32_t k = 0; k <= length / 2; k++) {
        double real = 0.0, imaginary = 0.0;
        for (int32_t n = 0; n < width; n++) {
            double phase = 2.0 * acos(-1.0) * (double)((int64_t)k * n % length) / length;
            real += x[n] * cos(phase);
            imaginary -= x[n] * sin(phase);
        }
        y[2 * k] = real;
        y[2 * k + 1] = imaginary;
    }
}

void slow_bands(const double *x, const double *weights, int32_t bands, int32_t bins, double *y)
{
    for (int32_t b = 0; b < bands; b++) {
        y[b] = 0.0;
        for (int32_t i = 0; i < bins; i++) {
            y[b] += x[i] * weights[b * bins + i];
        }
    }
}

/* The mean of (x - centre)^power. */
static double moment(const double *x, int32_t width, double centre, int32_t power)
{
    double sum = 0.0;
    for (int32_t i = 0; i < width; i++) {
        sum += pow(x[i] - centre, power);
    }
    return sum / width;
}

static double largest(const double *x, int32_t width, double sign)
{
    double found = sign * x[0];
    for (int32_t i = 1; i < width; i++) {
        found = fmax(found, sign * x[i]);
    }
    return found;
}

static double crossings(const double *x, int32_t width)
{
    double count = 0.0;
    for (int32_t i = 1; i < width; i++) {
        count += (x[i - 1] < 0.0) != (x[i] < 0.0) ? 1.0 : 0.0;
    }
    return count;
}

static double statistic(const double *x, int32_t width, int32_t which)
{
    double mean = moment(x, width, 0.0, 1), variance = moment(x, width, mean, 2);
    double rms = sqrt(moment(x, width, 0.0, 2));
    double peak = fmax(largest(x, width, 1.0), largest(x, width, -1.0));
    switch (which) {
    case KL_STATISTIC_MEAN: return mean;
    case KL_STATISTIC_STD: return sqrt(variance);
    case KL_STATISTIC_RMS: return rms;
    case KL_STATISTIC_MIN: return -largest(x, width, -1.0);
    case KL_STATISTIC_MAX: return largest(x, width, 1.0);
    case KL_STATISTIC_SKEWNESS:
        return variance > 0.0 ? moment(x, width, mean, 3) / pow(variance, 1.5) : 0.0;
    case KL_STATISTIC_KURTOSIS:
        return variance > 0.0 ? moment(x, width, mean, 4) / (variance * variance) - 3.0 : 0.0;
    case KL_STATISTIC_ZERO_CROSSINGS: return crossings(x, width);
    default: return variance > 0.0 ? peak / rms : 0.0;
    }
}

void slow_statistics(const double *x, int32_t width, uint32_t which, double *y)
{
    for (int32_t i = 0; i < KL_STATISTIC_COUNT; i++) {
        if (which & (1u << i)) {
            *y++ = statistic(x, width, i);
        }
    }
}

static int is_peak(const double *x, int32_t bins, int32_t at, double threshold)
{
    return at > 0 && at < bins - 1 && x[at] > threshold && x[at] > x[at - 1] && x[at] >= x[at + 1];
}

/* How many peaks come before this one: higher ones, and as high ones at lower bins. */
static int32_t rank_of(const double *x, int32_t bins, int32_t at, double threshold)
{
    int32_t rank = 0;
    for (int32_t i = 0; i < bins; i++) {
        rank += is_peak(x, bins, i, threshold) && (x[i] > x[at] || (x[i] == x[at] && i < at));
    }
    return rank;
}

void slow_peaks(const double *x, int32_t bins, double threshold, double bin_width, int32_t peaks,
                double *y)
{
    for (int32_t i = 0; i < 2 * peaks; i++) {
        y[i] = 0.0;
    }
    for (int32_t i = 0; i < bins; i++) {
        int32_t rank = is_peak(x, bins, i, threshold) ? rank_of(x, bins, i, threshold) : peaks;
        if (rank < peaks) {
            y[2 * rank] = i * bin_width;
            y[2 * rank + 1] = x[i];
        }
    }
}

/* One section over `count` elements `step` apart. */
static void section(const double *c, const double *x, double *y, int32_t count, int32_t step)
{
    double x1 = 0.0, x2 = 0.0, y1 = 0.0, y2 = 0.0;
    for (int32_t i = 0; i < count; i++) {
        double in = x[i * step];
        double out = c[0] * in + c[1] * x1 + c[2] * x2 - c[3] * y1 - c[4] * y2;
        x2 = x1, x1 = in, y2 = y1, y1 = out;
        y[i * step] = out;
    }
}

void slow_biquad(const double *x, const double *sections, int32_t count_of_sections, int32_t outer,
                 int32_t count, int32_t inner, double *y)
{
    for (int32_t o = 0; o < outer; o++) {
        for (int32_t i = 0; i < inner; i++) {
            int32_t at = o * count * inner + i;
            for (int32_t s = 0; s < count_of_sections; s++) {
                section(sections + 5 * s, (s == 0 ? x : y) + at, y + at, count, inner);
            }
        }
    }
}
