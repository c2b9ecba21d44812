/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of the float kernels of feature pipelines; device/dsp says what they compute. See
 * kinglet/nn.h for rows and layouts.
 */
#ifndef KINGLET_NN_FEATURES_H
#define KINGLET_NN_FEATURES_H

#include <stdint.h>

/* FRAME: piece number `index` of a signal, an input. (frames - 1) * hop + length <= samples. */
struct kl_frame {
    int32_t samples, channels; /* of the signal, [samples][channels] */
    int32_t length, hop, frames;
    const float *window; /* [length] factors; NULL of the kernel that copies int16 */
};

/*
 * REAL_FFT: length is a power of two, 8 or more; half = length / 2. The radix of the first stage
 * is 4, or 8 when half is no power of 4; that of all other stages is 4.
 */
struct kl_rfft_f32 {
    int32_t width, length; /* width <= length; zeros behind it */
    const uint16_t *order; /* [half] the complex element that each place of the first stage takes */
    /* For each stage but the first, for each k below its m (the product of the radices before):
     * exp(-2 pi i k j / (4 m)) for j = 1, 2, 3. */
    const float *twiddle;
    const float *join; /* [half / 2][2] -i/2 * exp(-i pi k / half) for k = 1 .. half / 2 */
};

/* SQUARED_MAGNITUDE of `bins` complex numbers. */
struct kl_squared_magnitude {
    int32_t bins;
};

/* BAND_SUMS: band b is the sum of count[b] bins from first[b] on, each times its weight; the
 * weights of all bands lie one behind the other. */
struct kl_bands_f32 {
    int32_t bins, bands;
    const uint16_t *first, *count; /* [bands] */
    const float *weights;
};

/* STATISTICS: the sorts of `which`, in the order of their bits. */
enum kl_statistic {
    KL_STATISTIC_MEAN,
    KL_STATISTIC_STD,
    KL_STATISTIC_RMS,
    KL_STATISTIC_MIN,
    KL_STATISTIC_MAX,
    KL_STATISTIC_SKEWNESS,
    KL_STATISTIC_KURTOSIS,
    KL_STATISTIC_ZERO_CROSSINGS,
    KL_STATISTIC_CREST,
    KL_STATISTIC_COUNT
};

struct kl_statistics {
    int32_t width; /* values of a row */
    int32_t which; /* a set of bits 1 << enum kl_statistic; not empty */
};

/* PEAKS: the `peaks` highest local maxima above the threshold. */
struct kl_peaks {
    int32_t bins, peaks;
    float threshold;
    float bin_width; /* distance of two bins in the unit of the answer */
};

/* BIQUAD: sections one after the other along the axis of [outer][count][inner]. */
struct kl_biquad {
    int32_t outer, count, inner;
    int32_t sections;
    const float *coefficients; /* [sections][5]: b0, b1, b2, a1, a2; a0 is 1 */
};

#endif
