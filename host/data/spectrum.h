/* SPDX-License-Identifier: Apache-2.0 */
/* Power spectra for the comparison of recordings; not the features of a model. In double precision,
 * and without the tables that the transform of device/dsp is given by a plan. */
#ifndef KINGLET_DATA_SPECTRUM_H
#define KINGLET_DATA_SPECTRUM_H

#include <stddef.h>

enum { KL_SPECTRUM_MOST = 4096 };

/* Power of frequencies 0 .. count/2 - 1 of `count` values under a Hann window, without their mean.
 * `count` is a power of two from 8 to KL_SPECTRUM_MOST. Radix-2, decimation in time. */
void kl_spectrum(const double *values, size_t count, double *power);

#endif
