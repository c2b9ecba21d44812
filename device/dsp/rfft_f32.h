/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REAL_FFT: Fourier transform of real floats. The even and odd elements are one complex signal of
 * half the length; it is transformed in place by stages of radix 4 (the first one of radix 8 where
 * the length asks for it), and the two halves are put together. Every operation and its order is
 * fixed, so all machines give the same bits.
 * Source of the method: Cooley and Tukey 1965; the real signal as in Sorensen et al. 1987.
 */
#ifndef KINGLET_DSP_RFFT_F32_H
#define KINGLET_DSP_RFFT_F32_H

#include <stdint.h>

#include "kinglet/nn.h"

struct kl_complex_f32 {
    float r, i;
};

static inline struct kl_complex_f32 kl_plus_f32(struct kl_complex_f32 a, struct kl_complex_f32 b)
{
    return (struct kl_complex_f32){a.r + b.r, a.i + b.i};
}

static inline struct kl_complex_f32 kl_minus_f32(struct kl_complex_f32 a, struct kl_complex_f32 b)
{
    return (struct kl_complex_f32){a.r - b.r, a.i - b.i};
}

static inline struct kl_complex_f32 kl_times_f32(struct kl_complex_f32 a, struct kl_complex_f32 b)
{
    return (struct kl_complex_f32){a.r * b.r - a.i * b.i, a.r * b.i + a.i * b.r};
}

/* a - i b and a + i b */
static inline struct kl_complex_f32 kl_minus_i_f32(struct kl_complex_f32 a, struct kl_complex_f32 b)
{
    return (struct kl_complex_f32){a.r + b.i, a.i - b.r};
}

static inline struct kl_complex_f32 kl_plus_i_f32(struct kl_complex_f32 a, struct kl_complex_f32 b)
{
    return (struct kl_complex_f32){a.r - b.i, a.i + b.r};
}

/* Radix of the first stage: the others divide half by 4. */
static inline int32_t kl_rfft_first_radix(int32_t half)
{
    /* The bits of powers of 4. */
    return half & 0x55555555 ? 4 : 8;
}

/* Floats of kl_rfft_f32.twiddle. */
static inline int32_t kl_rfft_twiddles(int32_t half)
{
    int32_t count = 0;
    for (int32_t m = kl_rfft_first_radix(half); m < half; m *= 4) {
        count += 6 * m;
    }
    return count;
}

/* Complex element `index` of a row of `width` floats, zeros behind them. */
static inline struct kl_complex_f32 kl_rfft_load(const float *x, int32_t width, int32_t index)
{
    const int32_t from = 2 * index;
    return (struct kl_complex_f32){from < width ? x[from] : 0.0f,
                                   from + 1 < width ? x[from + 1] : 0.0f};
}

/* The transform of the elements order[0], order[step], .. of the samples into y[0] .. y[3]. */
__attribute__((always_inline)) static inline void kl_rfft_4(const struct kl_rfft_f32 *p,
                                                            const float *samples,
                                                            const uint16_t *order, int32_t step,
                                                            struct kl_complex_f32 *y)
{
    const struct kl_complex_f32 a = kl_rfft_load(samples, p->width, order[0]);
    const struct kl_complex_f32 b = kl_rfft_load(samples, p->width, order[step]);
    const struct kl_complex_f32 c = kl_rfft_load(samples, p->width, order[2 * step]);
    const struct kl_complex_f32 d = kl_rfft_load(samples, p->width, order[3 * step]);
    const struct kl_complex_f32 plus = kl_plus_f32(a, c), minus = kl_minus_f32(a, c);
    const struct kl_complex_f32 sum = kl_plus_f32(b, d), rest = kl_minus_f32(b, d);
    y[0] = kl_plus_f32(plus, sum);
    y[1] = kl_minus_i_f32(minus, rest);
    y[2] = kl_minus_f32(plus, sum);
    y[3] = kl_plus_i_f32(minus, rest);
}

/* The same of 8 elements: of the even and the odd ones, turned by eighths of a circle. */
static inline void kl_rfft_8(const struct kl_rfft_f32 *p, const float *samples,
                             const uint16_t *order, struct kl_complex_f32 *y)
{
    const float s = 0.70710678118654752f; /* sqrt(1/2) */
    struct kl_complex_f32 even[4], odd[4];
    kl_rfft_4(p, samples, order, 2, even);
    kl_rfft_4(p, samples, order + 1, 2, odd);
    const struct kl_complex_f32 odd_1 = {s * (odd[1].r + odd[1].i), s * (odd[1].i - odd[1].r)};
    const struct kl_complex_f32 odd_3 = {s * (odd[3].i - odd[3].r), s * -(odd[3].r + odd[3].i)};
    y[0] = kl_plus_f32(even[0], odd[0]);
    y[4] = kl_minus_f32(even[0], odd[0]);
    y[1] = kl_plus_f32(even[1], odd_1);
    y[5] = kl_minus_f32(even[1], odd_1);
    y[2] = kl_minus_i_f32(even[2], odd[2]);
    y[6] = kl_plus_i_f32(even[2], odd[2]);
    y[3] = kl_plus_f32(even[3], odd_3);
    y[7] = kl_minus_f32(even[3], odd_3);
}

/* The first stage, which has no twiddles, from the samples to the row that all others work in. */
static inline void kl_rfft_first(const struct kl_rfft_f32 *p, const float *samples,
                                 struct kl_complex_f32 *y)
{
    const int32_t half = p->length / 2;
    if (kl_rfft_first_radix(half) == 4) {
        for (int32_t block = 0; block < half; block += 4) {
            kl_rfft_4(p, samples, p->order + block, 1, y + block);
        }
    } else {
        for (int32_t block = 0; block < half; block += 8) {
            kl_rfft_8(p, samples, p->order + block, y + block);
        }
    }
}

/* One butterfly of four elements `m` apart, with twiddles w. */
static inline void kl_rfft_butterfly(struct kl_complex_f32 *x, int32_t m,
                                     const struct kl_complex_f32 w[3])
{
    const struct kl_complex_f32 a = x[0], b = kl_times_f32(x[m], w[0]);
    const struct kl_complex_f32 c = kl_times_f32(x[2 * m], w[1]);
    const struct kl_complex_f32 d = kl_times_f32(x[3 * m], w[2]);
    const struct kl_complex_f32 plus = kl_plus_f32(a, c), minus = kl_minus_f32(a, c);
    const struct kl_complex_f32 sum = kl_plus_f32(b, d), rest = kl_minus_f32(b, d);
    x[0] = kl_plus_f32(plus, sum);
    x[m] = kl_minus_i_f32(minus, rest);
    x[2 * m] = kl_minus_f32(plus, sum);
    x[3 * m] = kl_plus_i_f32(minus, rest);
}

/* All stages but the first, in place. Twiddles stay in registers while the blocks go by. */
static inline void kl_rfft_stages(struct kl_complex_f32 *x, int32_t half, const float *table)
{
    for (int32_t m = kl_rfft_first_radix(half); m < half; m *= 4) {
        for (int32_t k = 0; k < m; k++, table += 6) {
            const struct kl_complex_f32 w[3] = {
                {table[0], table[1]}, {table[2], table[3]}, {table[4], table[5]}};
            for (int32_t block = k; block < half; block += 4 * m) {
                kl_rfft_butterfly(x + block, m, w);
            }
        }
    }
}

/* From the transform of half the length to that of the real signal, in place. */
static inline void kl_rfft_join_f32(struct kl_complex_f32 *x, int32_t half, const float *table)
{
    const struct kl_complex_f32 dc = x[0];
    x[0] = (struct kl_complex_f32){dc.r + dc.i, 0.0f};
    x[half] = (struct kl_complex_f32){dc.r - dc.i, 0.0f};
    for (int32_t k = 1; k <= half / 2; k++, table += 2) {
        const struct kl_complex_f32 a = x[k], b = x[half - k];
        const struct kl_complex_f32 even = {0.5f * (a.r + b.r), 0.5f * (a.i - b.i)};
        const struct kl_complex_f32 odd = {a.r - b.r, a.i + b.i};
        const struct kl_complex_f32 turned =
            kl_times_f32(odd, (struct kl_complex_f32){table[0], table[1]});
        x[k] = kl_plus_f32(even, turned);
        x[half - k] = (struct kl_complex_f32){even.r - turned.r, turned.i - even.i};
    }
}

/* in: rows of `width` floats. out: rows of length/2 + 1 complex floats. No scratch. */
static inline void kl_rfft_f32(const struct kl_rfft_f32 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        struct kl_complex_f32 *x = (struct kl_complex_f32 *)(void *)kl_row(out, row);
        kl_rfft_first(p, (const float *)(const void *)kl_row(in, row), x);
        kl_rfft_stages(x, p->length / 2, p->twiddle);
        kl_rfft_join_f32(x, p->length / 2, p->join);
    }
}

#endif
