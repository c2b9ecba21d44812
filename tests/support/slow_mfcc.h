/* SPDX-License-Identifier: Apache-2.0 */
/* Mel spectra and cepstra as they are published, in double precision: the HTK Book (5.3, 5.4, 5.6)
 * and Slaney's Auditory Toolbox. */
#ifndef KINGLET_TESTS_SLOW_MFCC_H
#define KINGLET_TESTS_SLOW_MFCC_H

#include <stdbool.h>
#include <stdint.h>

struct slow_mfcc {
    int32_t length, hop, fft_length; /* samples */
    double rate, low, high;          /* Hz */
    int32_t bands, coefficients;     /* coefficients 0: the logarithms of the bands */
    bool slaney;                     /* his scale, triangles of area 1, and 10 log10 */
    double floor;
};

/* Frame `frame` of a signal of int16. */
void slow_mfcc(const struct slow_mfcc *m, const int16_t *signal, int32_t frame, double *y);

#endif
