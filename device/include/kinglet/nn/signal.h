/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of signal operators. device/dsp says what they compute. */
#ifndef KINGLET_NN_SIGNAL_H
#define KINGLET_NN_SIGNAL_H

#include <stdint.h>

struct kl_signal_window {
    int32_t width;
    int32_t shift;         /* 0 .. 31 */
    const int16_t *window; /* [width] */
};

struct kl_signal_auto_scale {
    int32_t width;
};

struct kl_rfft_s16 {
    int32_t width;          /* samples; zeros up to `length` */
    int32_t length;         /* a power of two */
    const int16_t *twiddle; /* [length/2][2] exp(-2 pi i k / (length/2)), Q0.15 */
    const int16_t *join;    /* [length/4][2] exp(-pi i ((k + 1) / (length/2) + 1/2)), Q0.15 */
};

struct kl_signal_energy {
    int32_t bins;
    int32_t start, end; /* 0 <= start <= end <= bins */
};

/* Bands 0 .. channels; the first has no channel below it. */
struct kl_filter_bank {
    int32_t channels;
    const int16_t *weights, *counterweights;
    const int16_t *first_bin, *first_weight, *widths; /* [channels + 1] */
};

struct kl_filter_bank_root {
    int32_t channels;
};

struct kl_noise_subtraction {
    int32_t channels;
    int32_t smoothing[2], one_minus_smoothing[2]; /* of even and odd channels */
    int32_t min_signal_remaining;
    int32_t smoothing_bits, bits; /* 0 .. 31 */
    int32_t clamping;
};

struct kl_pcan {
    int32_t channels;
    int32_t snr_shift;   /* 0 .. 63 */
    const int16_t *gain; /* [125] */
};

struct kl_filter_bank_log {
    int32_t channels;
    int32_t output_scale;
    int32_t correction_bits; /* 0 .. 31 */
    const uint16_t *table;   /* [129] log2(1 + k / 128) - k / 128, Q0.16 */
};

/*
 * Frames of a stream: each is the first `frame` of the last `window` samples. There is one every
 * `period` steps, first after `first` steps; what comes between is zeros.
 */
struct kl_signal_frames {
    int32_t step;   /* samples that come at a time, >= 1 */
    int32_t steps;  /* in one run */
    int32_t window; /* >= step */
    int32_t frame;  /* <= window */
    int32_t first;  /* >= 1 */
    int32_t period; /* >= 1 */
    int32_t repeat; /* how often the very first step is there before itself */
};

struct kl_overlap_add {
    int32_t frame;  /* samples */
    int32_t step;   /* from frame to frame, 1 .. frame */
    int32_t frames; /* in one run */
};

#endif
