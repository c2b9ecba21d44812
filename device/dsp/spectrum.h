/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Around a Fourier transform of 16 bits: window, scale, energy.
 * Source of the definitions: signal/src/window.cc, fft_auto_scale.cc, max_abs.cc and energy.cc of
 * TensorFlow Lite Micro.
 */
#ifndef KINGLET_DSP_SPECTRUM_H
#define KINGLET_DSP_SPECTRUM_H

#include <stdint.h>

#include "kinglet/nn.h"

/* Place of the highest bit that is set, counted from 1; 0 for 0. */
static inline int32_t kl_highest_bit(uint32_t value)
{
    return value ? 32 - __builtin_clz(value) : 0;
}

/* in, out: rows of `width` int16. In place allowed. No scratch. */
static inline void kl_signal_window(const struct kl_signal_window *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int16_t *x = (const int16_t *)(const void *)kl_row(in, row);
        int16_t *y = (int16_t *)(void *)kl_row(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            const int32_t value = (x[i] * p->window[i]) >> p->shift;
            y[i] = (int16_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
        }
    }
}

/* in[0]: one row of `width` int16. out[0]: the same, shifted to the left as far as all fit;
 * out[1]: by how many bits, one int32. In place allowed. No scratch. */
static inline void kl_signal_auto_scale(const struct kl_signal_auto_scale *p,
                                        const struct kl_rows *in, const struct kl_rows *out,
                                        void *scratch)
{
    const int16_t *x = (const int16_t *)(const void *)kl_row(in, 0);
    int16_t *y = (int16_t *)(void *)kl_row(&out[0], 0);
    int16_t largest = 0;
    (void)scratch;
    for (int32_t i = 0; i < p->width; i++) {
        /* The size of -32768 is -32768, as in the definition. */
        if (x[i] > largest) {
            largest = x[i];
        } else if (-x[i] > largest) {
            largest = (int16_t)-x[i];
        }
    }
    int32_t bits = 16 - kl_highest_bit((uint32_t)largest) - 1;
    bits = bits < 0 ? 0 : bits;
    for (int32_t i = 0; i < p->width; i++) {
        y[i] = (int16_t)(x[i] * (1 << bits));
    }
    *(int32_t *)(void *)kl_row(&out[1], 0) = bits;
}

/* in: one row of `bins` complex int16. out: `bins` uint32; those outside start .. end-1 are 0. No
 * scratch. */
static inline void kl_signal_energy(const struct kl_signal_energy *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    const int16_t *x = (const int16_t *)(const void *)kl_row(in, 0);
    uint32_t *y = (uint32_t *)(void *)kl_row(out, 0);
    (void)scratch;
    for (int32_t i = 0; i < p->bins; i++) {
        const int32_t real = x[2 * i], imaginary = x[2 * i + 1];
        const uint32_t sum = (uint32_t)(real * real) + (uint32_t)(imaginary * imaginary);
        y[i] = i >= p->start && i < p->end ? sum : 0;
    }
}

#endif
