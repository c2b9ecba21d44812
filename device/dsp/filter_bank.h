/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the energies of a spectrum to the features of a microphone: filters, square root, noise,
 * gain, logarithm. Source of the definitions: signal/src/filter_bank.cc, square_root_32.cc,
 * square_root_64.cc, filter_bank_spectral_subtraction.cc, pcan_argc_fixed.cc, log.cc and
 * filter_bank_log.cc of TensorFlow Lite Micro.
 */
#ifndef KINGLET_DSP_FILTER_BANK_H
#define KINGLET_DSP_FILTER_BANK_H

#include <stdint.h>

#include "dsp/spectrum.h"
#include "kinglet/nn.h"

/* in: one row of uint32 energies. out: `channels` uint64. What a band gives to the channel below it
 * is its weight, what it gives to the one above, its counterweight. No scratch. */
static inline void kl_filter_bank(const struct kl_filter_bank *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    const uint32_t *energy = (const uint32_t *)(const void *)kl_row(in, 0);
    uint64_t *y = (uint64_t *)(void *)kl_row(out, 0);
    uint64_t sum = 0;
    (void)scratch;
    for (int32_t band = 0; band <= p->channels; band++) {
        const uint32_t *x = energy + p->first_bin[band];
        const int16_t *weight = p->weights + p->first_weight[band];
        const int16_t *counter = p->counterweights + p->first_weight[band];
        uint64_t next = 0;
        for (int32_t i = 0; i < p->widths[band]; i++) {
            sum += (uint64_t)weight[i] * x[i];
            next += (uint64_t)counter[i] * x[i];
        }
        if (band > 0) {
            y[band - 1] = sum;
        }
        sum = next;
    }
}

/* Square root, rounded; at most 2^bits - 1 for numbers of 2 * bits bits. */
static inline uint32_t kl_square_root(uint64_t value, int32_t bits)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << (2 * bits - 2); bit > 0; bit >>= 2) {
        if (value >= root + bit) {
            value -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)(value > root && root != (UINT64_C(1) << bits) - 1 ? root + 1 : root);
}

/* in[0]: one row of `channels` uint64; in[1]: one int32, bits to shift results to the right by.
 * out: `channels` uint32. No scratch. */
static inline void kl_filter_bank_root(const struct kl_filter_bank_root *p,
                                       const struct kl_rows *in, const struct kl_rows *out,
                                       void *scratch)
{
    const uint64_t *x = (const uint64_t *)(const void *)kl_row(&in[0], 0);
    const int32_t shift = *(const int32_t *)(const void *)kl_row(&in[1], 0) & 31;
    uint32_t *y = (uint32_t *)(void *)kl_row(out, 0);
    (void)scratch;
    for (int32_t i = 0; i < p->channels; i++) {
        y[i] = kl_square_root(x[i], x[i] >> 32 ? 32 : 16) >> shift;
    }
}

/* in: one row of `channels` uint32. out[0]: without the noise; out[1]: state, the estimated noise.
 * No scratch. */
static inline void kl_noise_subtraction(const struct kl_noise_subtraction *p,
                                        const struct kl_rows *in, const struct kl_rows *out,
                                        void *scratch)
{
    const uint32_t *x = (const uint32_t *)(const void *)kl_row(in, 0);
    uint32_t *y = (uint32_t *)(void *)kl_row(&out[0], 0);
    uint32_t *noise = (uint32_t *)(void *)kl_row(&out[1], 0);
    (void)scratch;
    for (int32_t i = 0; i < p->channels; i++) {
        const uint32_t fresh = (uint32_t)p->smoothing[i & 1];
        const uint32_t old = (uint32_t)p->one_minus_smoothing[i & 1];
        const uint32_t signal = x[i] << p->smoothing_bits;
        uint32_t estimate =
            (uint32_t)(((uint64_t)signal * fresh + (uint64_t)noise[i] * old) >> p->bits);
        noise[i] = estimate;
        if (estimate > signal) {
            estimate = signal;
            noise[i] = p->clamping ? signal : noise[i];
        }
        const uint32_t least =
            (uint32_t)(((uint64_t)x[i] * (uint32_t)p->min_signal_remaining) >> p->bits);
        const uint32_t rest = (signal - estimate) >> p->smoothing_bits;
        y[i] = rest > least ? rest : least;
    }
}

enum { KL_PCAN_GAINS = 125 }; /* 3 of small noises; from the third octave of 32 on, 4 of each */

/* The gain for a noise: in each octave a polynomial of three coefficients. */
static inline uint32_t kl_pcan_gain(const int16_t *table, uint32_t noise)
{
    if (noise <= 2) {
        return (uint32_t)table[noise];
    }
    const int32_t octave = kl_highest_bit(noise);
    const int16_t *c = table + 4 * octave - 6;
    const uint32_t scaled = octave < 11 ? noise << (11 - octave) : noise >> (octave - 11);
    const int32_t fraction = (int32_t)(scaled & 0x3ff);
    uint32_t sum = (uint32_t)((c[2] * fraction) >> 5) + ((uint32_t)c[1] << 5);
    sum *= (uint32_t)fraction;
    const int32_t rounded = (int32_t)(sum + (1u << 14)) >> 15;
    return (uint32_t)(int16_t)(rounded + c[0]);
}

/* x^2 / 4 below 2, else x - 1: from 12 fractional bits to 6. */
static inline uint32_t kl_pcan_shrink(uint32_t x)
{
    return x < 2u << 12 ? (x * x) >> 20 : (x >> 6) - (1u << 6);
}

/* in[0]: one row of `channels` uint32, the signal; in[1]: the noise. out: like in[0]; in place
 * allowed. No scratch. */
static inline void kl_pcan(const struct kl_pcan *p, const struct kl_rows *in,
                           const struct kl_rows *out, void *scratch)
{
    const uint32_t *x = (const uint32_t *)(const void *)kl_row(&in[0], 0);
    const uint32_t *noise = (const uint32_t *)(const void *)kl_row(&in[1], 0);
    uint32_t *y = (uint32_t *)(void *)kl_row(out, 0);
    (void)scratch;
    for (int32_t i = 0; i < p->channels; i++) {
        const uint64_t gained = (uint64_t)x[i] * kl_pcan_gain(p->gain, noise[i]);
        y[i] = kl_pcan_shrink((uint32_t)(gained >> p->snr_shift));
    }
}

enum { KL_LOG2_ENTRIES = 129 };

/* log2(x) in Q16.16 for x > 0: straight lines between 129 values of log2(1 + f) - f. */
static inline uint32_t kl_log2_q16(const uint16_t *table, uint32_t x)
{
    const int32_t whole = kl_highest_bit(x) - 1;
    const uint32_t above = x - (1u << whole);
    const int32_t fraction = (int32_t)(whole < 16 ? above << (16 - whole) : above >> (whole - 16));
    const int32_t segment = fraction >> 9;
    const int32_t rise = table[segment + 1] - table[segment];
    const int32_t between = (rise * (fraction - segment * 512)) >> 16;
    return ((uint32_t)whole << 16) + (uint32_t)(fraction + table[segment] + between);
}

/* in: one row of `channels` uint32. out: int16, output_scale * log(x). No scratch. */
static inline void kl_filter_bank_log(const struct kl_filter_bank_log *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    const uint32_t *x = (const uint32_t *)(const void *)kl_row(in, 0);
    int16_t *y = (int16_t *)(void *)kl_row(out, 0);
    (void)scratch;
    for (int32_t i = 0; i < p->channels; i++) {
        const uint32_t scaled = x[i] << p->correction_bits;
        uint32_t value = 0;
        if (scaled > 1) {
            /* 45426 / 2^16 = log(2) */
            const uint64_t log2 = kl_log2_q16(p->table, scaled);
            const uint32_t natural = (uint32_t)((45426 * log2 + (1u << 15)) >> 16);
            value = ((uint32_t)p->output_scale * natural + (1u << 15)) >> 16;
        }
        y[i] = (int16_t)(value < INT16_MAX ? value : INT16_MAX);
    }
}

#endif
