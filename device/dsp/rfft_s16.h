/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fourier transform of real int16, and its inverse: the even and odd elements as one complex signal
 * of half the length, steps of radix 4 (and one of 2) that divide by their radix, and the parts put
 * together. Each product is rounded to Q0.15; sums wrap. Source of the definition: kiss_fft 1.3
 * (kiss_fft.c, kiss_fftr.c with FIXED_POINT 16), which signal/src/rfft_int16.cc and irfft_int16.cc
 * of TensorFlow Lite Micro call.
 */
#ifndef KINGLET_DSP_RFFT_S16_H
#define KINGLET_DSP_RFFT_S16_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/nn.h"

struct kl_complex_s16 {
    int16_t r, i;
};

static inline int16_t kl_q15(int32_t product)
{
    return (int16_t)((int32_t)((uint32_t)product + (1u << 14)) >> 15);
}

static inline struct kl_complex_s16 kl_complex_add(struct kl_complex_s16 a, struct kl_complex_s16 b)
{
    return (struct kl_complex_s16){(int16_t)(a.r + b.r), (int16_t)(a.i + b.i)};
}

static inline struct kl_complex_s16 kl_complex_sub(struct kl_complex_s16 a, struct kl_complex_s16 b)
{
    return (struct kl_complex_s16){(int16_t)(a.r - b.r), (int16_t)(a.i - b.i)};
}

static inline struct kl_complex_s16 kl_complex_mul(struct kl_complex_s16 a, struct kl_complex_s16 b)
{
    return (struct kl_complex_s16){
        kl_q15((int32_t)((uint32_t)(a.r * b.r) - (uint32_t)(a.i * b.i))),
        kl_q15((int32_t)((uint32_t)(a.r * b.i) + (uint32_t)(a.i * b.r)))};
}

static inline struct kl_complex_s16 kl_complex_div(struct kl_complex_s16 a, int32_t divisor)
{
    const int32_t factor = INT16_MAX / divisor;
    return (struct kl_complex_s16){kl_q15(a.r * factor), kl_q15(a.i * factor)};
}

static inline struct kl_complex_s16 kl_twiddle(const int16_t *table, int32_t index)
{
    return (struct kl_complex_s16){table[2 * index], table[2 * index + 1]};
}

/* One butterfly of four elements `m` apart; `step`: from one twiddle to the next. */
static inline void kl_butterfly_4(struct kl_complex_s16 *x, int32_t m, const int16_t *table,
                                  int32_t step, bool inverse)
{
    const int32_t second = inverse ? 3 * m : m;
    const struct kl_complex_s16 a = kl_complex_div(x[0], 4);
    const struct kl_complex_s16 b =
        kl_complex_mul(kl_complex_div(x[m], 4), kl_twiddle(table, step));
    const struct kl_complex_s16 c =
        kl_complex_mul(kl_complex_div(x[2 * m], 4), kl_twiddle(table, 2 * step));
    const struct kl_complex_s16 d =
        kl_complex_mul(kl_complex_div(x[3 * m], 4), kl_twiddle(table, 3 * step));
    const struct kl_complex_s16 minus = kl_complex_sub(a, c), plus = kl_complex_add(a, c);
    const struct kl_complex_s16 sum = kl_complex_add(b, d), rest = kl_complex_sub(b, d);
    const struct kl_complex_s16 turned = {rest.i, (int16_t)-rest.r};
    x[0] = kl_complex_add(plus, sum);
    x[2 * m] = kl_complex_sub(plus, sum);
    x[second] = kl_complex_add(minus, turned);
    x[4 * m - second] = kl_complex_sub(minus, turned);
}

static inline void kl_butterfly_2(struct kl_complex_s16 *x, int32_t m, const int16_t *table,
                                  int32_t step)
{
    const struct kl_complex_s16 a = kl_complex_div(x[0], 2);
    const struct kl_complex_s16 b =
        kl_complex_mul(kl_complex_div(x[m], 2), kl_twiddle(table, step));
    x[m] = kl_complex_sub(a, b);
    x[0] = kl_complex_add(a, b);
}

/* Source of element `place` of the first stage: its digits in reverse. */
static inline int32_t kl_fft_source(int32_t place, int32_t length)
{
    int32_t source = 0, weight = 1;
    for (int32_t rest = length; rest > 1;) {
        const int32_t radix = rest % 4 == 0 ? 4 : 2;
        rest /= radix;
        source += place / rest * weight;
        place %= rest;
        weight *= radix;
    }
    return source;
}

/* All stages in place. The stage of radix 2, if there is one, is the first. */
static inline void kl_fft_s16(struct kl_complex_s16 *x, int32_t length, const int16_t *table,
                              bool inverse)
{
    int32_t m = 1;
    while (m < length) {
        /* log2(length / m) odd: only then a radix of 2 is left. */
        const int32_t radix = (length / m) & 0x55555555 ? 4 : 2;
        const int32_t step = length / (m * radix);
        for (int32_t block = 0; block < length; block += m * radix) {
            for (int32_t k = 0; k < m; k++) {
                if (radix == 4) {
                    kl_butterfly_4(x + block + k, m, table, k * step, inverse);
                } else {
                    kl_butterfly_2(x + block + k, m, table, k * step);
                }
            }
        }
        m *= radix;
    }
}

/* What the even and the odd samples add to bin k, and take from its mirror image. */
struct kl_rfft_halves_s16 {
    struct kl_complex_s16 even, odd;
};

/* Of bin k, 1 .. length / 4, in either direction: the twiddles say which. */
static inline struct kl_rfft_halves_s16
kl_rfft_halves_s16(const struct kl_rfft_s16 *p, const struct kl_complex_s16 *x, int32_t k)
{
    const struct kl_complex_s16 last = x[p->length / 2 - k], mirrored = {last.r, (int16_t)-last.i};
    const struct kl_complex_s16 a = kl_complex_div(x[k], 2), b = kl_complex_div(mirrored, 2);
    return (struct kl_rfft_halves_s16){
        kl_complex_add(a, b), kl_complex_mul(kl_complex_sub(a, b), kl_twiddle(p->join, k - 1))};
}

static inline void kl_rfft_join(const struct kl_rfft_s16 *p, const struct kl_complex_s16 *x,
                                struct kl_complex_s16 *y)
{
    const int32_t half = p->length / 2;
    const struct kl_complex_s16 dc = kl_complex_div(x[0], 2);
    y[0] = (struct kl_complex_s16){(int16_t)(dc.r + dc.i), 0};
    y[half] = (struct kl_complex_s16){(int16_t)(dc.r - dc.i), 0};
    for (int32_t k = 1; k <= half / 2; k++) {
        const struct kl_rfft_halves_s16 h = kl_rfft_halves_s16(p, x, k);
        y[k] = (struct kl_complex_s16){(int16_t)((h.even.r + h.odd.r) >> 1),
                                       (int16_t)((h.even.i + h.odd.i) >> 1)};
        y[half - k] = (struct kl_complex_s16){(int16_t)((h.even.r - h.odd.r) >> 1),
                                              (int16_t)((h.odd.i - h.even.i) >> 1)};
    }
}

/* in: rows of `width` int16, zeros behind them. out: rows of length/2 + 1 complex int16.
 * Scratch: length int16. */
static inline void kl_rfft_s16(const struct kl_rfft_s16 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    struct kl_complex_s16 *x = scratch;
    const int32_t half = p->length / 2;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int16_t *samples = (const int16_t *)(const void *)kl_row(in, row);
        for (int32_t i = 0; i < half; i++) {
            const int32_t from = 2 * kl_fft_source(i, half);
            x[i].r = from < p->width ? samples[from] : 0;
            x[i].i = from + 1 < p->width ? samples[from + 1] : 0;
        }
        kl_fft_s16(x, half, p->twiddle, false);
        kl_rfft_join(p, x, (struct kl_complex_s16 *)(void *)kl_row(out, row));
    }
}

/* A spectrum as that of the complex signal that holds the even and the odd samples. */
static inline void kl_irfft_part(const struct kl_rfft_s16 *p, const struct kl_complex_s16 *x,
                                 struct kl_complex_s16 *y)
{
    const int32_t half = p->length / 2;
    const struct kl_complex_s16 ends = {(int16_t)(x[0].r + x[half].r),
                                        (int16_t)(x[0].r - x[half].r)};
    y[0] = kl_complex_div(ends, 2);
    for (int32_t k = 1; k <= half / 2; k++) {
        const struct kl_rfft_halves_s16 h = kl_rfft_halves_s16(p, x, k);
        const struct kl_complex_s16 rest = kl_complex_sub(h.even, h.odd);
        y[k] = kl_complex_add(h.even, h.odd);
        y[half - k] = (struct kl_complex_s16){rest.r, (int16_t)-rest.i};
    }
}

/* in: rows of length/2 + 1 complex int16. out: rows of `length` int16. The twiddles are those of
 * kl_rfft_s16, conjugated. Scratch: length int16. */
static inline void kl_irfft_s16(const struct kl_rfft_s16 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    struct kl_complex_s16 *x = scratch;
    const int32_t half = p->length / 2;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        struct kl_complex_s16 *y = (struct kl_complex_s16 *)(void *)kl_row(out, row);
        kl_irfft_part(p, (const struct kl_complex_s16 *)(const void *)kl_row(in, row), x);
        for (int32_t i = 0; i < half; i++) {
            y[i] = x[kl_fft_source(i, half)];
        }
        kl_fft_s16(y, half, p->twiddle, true);
    }
}

#endif
