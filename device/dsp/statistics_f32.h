/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STATISTICS of rows of floats. With m the mean and mk the mean of (x - m)^k: the standard
 * deviation is sqrt(m2), the skewness m3 / m2^1.5, the kurtosis m4 / m2^2 - 3 (0 of a normal
 * distribution), crest the largest magnitude over the root of the mean square. Of a constant row
 * the last three, and what would divide by zero, are 0. A zero crossing is a pair of neighbours of
 * which one is below 0 and the other is not.
 */
#ifndef KINGLET_DSP_STATISTICS_F32_H
#define KINGLET_DSP_STATISTICS_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/math_log_f32.h"

/* What one pass over the values finds, and another one around their mean. */
struct kl_moments_f32 {
    float sum, squares, min, max;
    int32_t crossings;
    float mean, m2, m3, m4;
};

static inline void kl_moments_plain(const float *x, int32_t count, struct kl_moments_f32 *m)
{
    float sum = 0.0f, squares = 0.0f, min = x[0], max = x[0];
    int32_t crossings = 0, below = x[0] < 0.0f;
    for (int32_t i = 0; i < count; i++) {
        const float value = x[i];
        sum += value;
        squares += value * value;
        min = value < min ? value : min;
        max = value > max ? value : max;
        crossings += (value < 0.0f) != below;
        below = value < 0.0f;
    }
    m->sum = sum, m->squares = squares, m->min = min, m->max = max;
    m->crossings = crossings;
}

static inline void kl_moments_central(const float *x, int32_t count, struct kl_moments_f32 *m)
{
    const float mean = m->sum / (float)count;
    float m2 = 0.0f, m3 = 0.0f, m4 = 0.0f;
    for (int32_t i = 0; i < count; i++) {
        const float distance = x[i] - mean;
        const float square = distance * distance;
        m2 += square;
        m3 += square * distance;
        m4 += square * square;
    }
    m->mean = mean;
    m->m2 = m2 / (float)count, m->m3 = m3 / (float)count, m->m4 = m4 / (float)count;
}

/* 0 for a row of equal values: its mean, rounded, may be none of them. */
static inline float kl_statistic_over(const struct kl_moments_f32 *m, float sum, float divisor)
{
    return m->max > m->min && divisor > 0.0f ? sum / divisor : 0.0f;
}

static inline float kl_statistic_kurtosis(const struct kl_moments_f32 *m)
{
    const float square = m->m2 * m->m2; /* 0 where m2 is tiny */
    return m->max > m->min && square > 0.0f ? m->m4 / square - 3.0f : 0.0f;
}

static inline float kl_statistic_crest(const struct kl_moments_f32 *m, float rms)
{
    const float peak = -m->min > m->max ? -m->min : m->max;
    return kl_statistic_over(m, peak, rms);
}

static inline float kl_statistic(const struct kl_moments_f32 *m, int32_t count,
                                 enum kl_statistic which)
{
    switch (which) {
    case KL_STATISTIC_MEAN: return m->mean;
    case KL_STATISTIC_STD: return kl_sqrtf(m->m2);
    case KL_STATISTIC_RMS: return kl_sqrtf(m->squares / (float)count);
    case KL_STATISTIC_MIN: return m->min;
    case KL_STATISTIC_MAX: return m->max;
    case KL_STATISTIC_SKEWNESS: return kl_statistic_over(m, m->m3, m->m2 * kl_sqrtf(m->m2));
    case KL_STATISTIC_KURTOSIS: return kl_statistic_kurtosis(m);
    case KL_STATISTIC_ZERO_CROSSINGS: return (float)m->crossings;
    default: return kl_statistic_crest(m, kl_sqrtf(m->squares / (float)count));
    }
}

/* in: rows of `width` floats. out: rows of one float for each bit of `which`. No scratch. */
static inline void kl_statistics_f32(const struct kl_statistics *p, const struct kl_rows *in,
                                     const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = (const float *)(const void *)kl_row(in, row);
        float *y = (float *)(void *)kl_row(out, row);
        struct kl_moments_f32 m;
        kl_moments_plain(x, p->width, &m);
        kl_moments_central(x, p->width, &m);
        for (int32_t i = 0; i < KL_STATISTIC_COUNT; i++) {
            if (p->which >> i & 1) {
                *y++ = kl_statistic(&m, p->width, (enum kl_statistic)i);
            }
        }
    }
}

#endif
