/* SPDX-License-Identifier: Apache-2.0 */
/* SQUARED_MAGNITUDE, BAND_SUMS and PEAKS: what becomes of a spectrum of floats. */
#ifndef KINGLET_DSP_BANDS_F32_H
#define KINGLET_DSP_BANDS_F32_H

#include <stdint.h>

#include "kinglet/nn.h"

/* in: rows of `bins` complex floats. out: rows of `bins` floats; over the input, if each row begins
 * where the input's does or before. No scratch. */
static inline void kl_squared_magnitude_f32(const struct kl_squared_magnitude *p,
                                            const struct kl_rows *in, const struct kl_rows *out,
                                            void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = (const float *)(const void *)kl_row(in, row);
        float *y = (float *)(void *)kl_row(out, row);
        for (int32_t i = 0; i < p->bins; i++) {
            const float real = x[2 * i], imaginary = x[2 * i + 1];
            y[i] = real * real + imaginary * imaginary;
        }
    }
}

/* in: rows of `bins` floats. out: rows of `bands` floats, products added in order. No scratch. */
static inline void kl_bands_f32(const struct kl_bands_f32 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = (const float *)(const void *)kl_row(in, row);
        float *y = (float *)(void *)kl_row(out, row);
        const float *weight = p->weights;
        for (int32_t band = 0; band < p->bands; band++) {
            const float *bin = x + p->first[band];
            const float *end = bin + p->count[band];
            float sum = 0.0f;
            while (bin < end) {
                sum += *bin++ * *weight++;
            }
            y[band] = sum;
        }
    }
}

/* Put a peak among the `count` peaks of y that come highest first; the lowest one leaves. Of equal
 * peaks the one that came first stands first. */
static inline void kl_peak_insert(float *y, int32_t count, float place, float height)
{
    int32_t at = count - 1;
    if (!(height > y[2 * at + 1])) {
        return;
    }
    for (; at > 0 && height > y[2 * at - 1]; at--) {
        y[2 * at] = y[2 * at - 2];
        y[2 * at + 1] = y[2 * at - 1];
    }
    y[2 * at] = place;
    y[2 * at + 1] = height;
}

/*
 * in: rows of `bins` floats. out: rows of `peaks` pairs of place and height, highest first; zeros
 * where there are no more. A peak is higher than the bin before it, not lower than the one behind
 * it, above the threshold, which is at least 0, and neither the first nor the last bin. No scratch.
 */
static inline void kl_peaks_f32(const struct kl_peaks *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = (const float *)(const void *)kl_row(in, row);
        float *y = (float *)(void *)kl_row(out, row);
        for (int32_t i = 0; i < 2 * p->peaks; i++) {
            y[i] = 0.0f;
        }
        for (int32_t i = 1; i < p->bins - 1; i++) {
            if (x[i] > p->threshold && x[i] > x[i - 1] && x[i] >= x[i + 1]) {
                kl_peak_insert(y, p->peaks, (float)i * p->bin_width, x[i]);
            }
        }
    }
}

#endif
