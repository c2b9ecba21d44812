/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operators of feature pipelines compute, from the definitions, in double precision and
 * without regard to time.
 */
#ifndef KINGLET_TESTS_SLOW_FEATURES_H
#define KINGLET_TESTS_SLOW_FEATURES_H

#include <stdint.h>

/* The sum of x[n] exp(-2 pi i k n / length), k = 0 .. length / 2, as pairs; zeros behind `width`.
 */
void slow_dft(const double *x, int32_t width, int32_t length, double *y);

/* Each band: all bins times their weights, [bands][bins]. */
void slow_bands(const double *x, const double *weights, int32_t bands, int32_t bins, double *y);

/* The statistics of `which` (kinglet/nn/features.h), in the order of their bits. */
void slow_statistics(const double *x, int32_t width, uint32_t which, double *y);

/* The highest local maxima above the threshold, as pairs of place and height. */
void slow_peaks(const double *x, int32_t bins, double threshold, double bin_width, int32_t peaks,
                double *y);

/* y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2] for each section in turn, along
 * the middle axis of [outer][count][inner]; y may be x. */
void slow_biquad(const double *x, const double *sections, int32_t count_of_sections, int32_t outer,
                 int32_t count, int32_t inner, double *y);

#endif
