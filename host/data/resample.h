/* SPDX-License-Identifier: Apache-2.0 */
/* Change of the sampling rate. */
#ifndef KINGLET_DATA_RESAMPLE_H
#define KINGLET_DATA_RESAMPLE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

/*
 * Resample [frames][channels] from rate `from` to rate `to`: convolution with a sinc of 64 zero
 * crossings to each side under a Kaiser window with beta 9 (J. F. Kaiser and R. W. Schafer, On the
 * use of the I0-sinh window for spectrum analysis, 1980), its values from a table by linear
 * interpolation. Up to 0.90 of the lower Nyquist frequency a sine comes out as it is, with an error
 * below -80 dB; from that Nyquist frequency on less than -80 dB is left of it. Before the first and
 * behind the last frame the signal is taken to stay as it is there. *out_frames is floor((frames -
 * 1) * to / from) + 1. KL_EUSAGE when a rate is more than 1000 times the other, KL_ELIMIT past 2^28
 * values.
 */
struct kl_resampling {
    const float *in;
    int32_t frames, channels;
    double from, to; /* rates */
};
enum kl_err kl_resample(const float *kernel, const struct kl_resampling *what,
                        struct kl_arena *arena, float **out, int32_t *out_frames,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* The table for it, made once; lives in the arena. */
enum kl_err kl_resample_kernel(struct kl_arena *arena, const float **kernel,
                               struct kl_diag *diag) KL_MUST_CHECK;

#endif
