/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that steps need: windows, mel filters, cosine transforms, recursive filters. */
#ifndef KINGLET_FEATURES_DESIGN_H
#define KINGLET_FEATURES_DESIGN_H

#include <stdbool.h>
#include <stdint.h>

enum design_window {
    WINDOW_NONE,
    WINDOW_RECTANGULAR,
    WINDOW_HANN,
    WINDOW_HAMMING,
    WINDOW_BLACKMAN
};

/* Value i of a window of `length`; symmetric: the last value equals the first; else the window is
 * one period of the function, as spectra want it. Source: Harris 1978. */
double design_window(enum design_window window, int32_t i, int32_t length, bool symmetric);

enum design_mel {
    MEL_HTK,   /* 2595 log10(1 + f / 700) (the HTK Book, 5.4) */
    MEL_SLANEY /* linear below 1 kHz, 27 steps to each factor of 6.4 above (Slaney 1998) */
};

double design_mel(enum design_mel scale, double hertz);
double design_mel_hertz(enum design_mel scale, double mel);

struct design_mel_bank {
    enum design_mel scale;
    double low, high; /* Hz */
    double bin_width; /* Hz between two bins */
    bool area;        /* triangles of area 1, by their width in Hz; else of height 1 */
    bool in_mel;      /* sides straight over mel; else over Hz */
    int32_t bands, bins;
};

/* Triangles that begin and end at the peaks of their neighbours, whose peaks are equally far apart
 * in mel: weights [bands][bins]. */
void design_mel_bank(const struct design_mel_bank *bank, float *weights);

/* The orthonormal DCT-II: matrix [coefficients][values], with the lifter 1 + L/2 sin(pi k / L) (0:
 * none). Source: Rao and Yip 1990; the HTK Book, 5.6. */
void design_dct(int32_t coefficients, int32_t values, double lifter, float *matrix);

enum design_filter { FILTER_LOWPASS, FILTER_HIGHPASS, FILTER_BANDPASS };

enum { DESIGN_MAX_ORDER = 8 };

struct design_butterworth {
    enum design_filter filter;
    int32_t
        order; /* of the prototype, 1 .. DESIGN_MAX_ORDER; a band-pass has twice as many poles */
    double low, high; /* cut-off as a share of the rate, 0 < low < high < 0.5; one of them counts
                       * for low-pass (high) and high-pass (low) */
};

/* Sections b0, b1, b2, a1, a2 (up to DESIGN_MAX_ORDER of them); returns how many. The magnitude is
 * 1/sqrt(2) at a cut-off. Source: Butterworth 1930, by the bilinear transform with the cut-off
 * frequencies prewarped. */
int32_t design_butterworth(const struct design_butterworth *design, float *sections);

#endif
