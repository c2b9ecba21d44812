/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SVDF: a filter over features and time, factored. Each filter weighs the features of the new
 * input to one number, keeps the last `memory` of these numbers, and weighs them over time;
 * `rank` filters add up to one output.
 * Source of the definition: tensorflow/lite/micro/kernels/svdf_common.cc of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_SVDF_H
#define KINGLET_NN_REF_SVDF_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/*
 * The oldest number of a filter makes room for `newest`, and all are weighed over time, the oldest
 * first. Sums wrap around like the definition's.
 */
typedef uint32_t kl_svdf_time_fn(const struct kl_svdf_s8 *p, int32_t filter, unsigned char *state,
                                 int32_t newest);

static inline uint32_t kl_svdf_time_s8(const struct kl_svdf_s8 *p, int32_t filter,
                                       unsigned char *state, int32_t newest)
{
    int8_t *kept = (int8_t *)state + filter * p->memory;
    const int8_t *weights = (const int8_t *)p->time + filter * p->memory;
    uint32_t sum = 0;
    for (int32_t i = 0; i < p->memory; i++) {
        kept[i] = i + 1 < p->memory ? kept[i + 1] : (int8_t)newest;
        sum += (uint32_t)(weights[i] * (kept[i] - p->state_zero_point));
    }
    return sum;
}

static inline uint32_t kl_svdf_time_s16(const struct kl_svdf_s8 *p, int32_t filter,
                                        unsigned char *state, int32_t newest)
{
    int16_t *kept = (int16_t *)(void *)state + filter * p->memory;
    const int16_t *weights = (const int16_t *)p->time + filter * p->memory;
    uint32_t sum = 0;
    for (int32_t i = 0; i < p->memory; i++) {
        kept[i] = i + 1 < p->memory ? kept[i + 1] : (int16_t)newest;
        sum += (uint32_t)(weights[i] * kept[i]);
    }
    return sum;
}

/* What the filter makes of the input, in the state's quantisation. */
static inline int32_t kl_svdf_feature_s8(const struct kl_svdf_s8 *p, int32_t filter,
                                         const int8_t *x)
{
    const int8_t *weights = p->features + filter * p->inputs;
    int32_t sum = p->feature_bias[filter];
    for (int32_t i = 0; i < p->inputs; i++) {
        sum += weights[i] * x[i];
    }
    const int32_t scaled = kl_requantize(sum, p->state_multiplier, p->state_shift);
    return kl_clamp_s32(scaled, p->state_min - p->state_zero_point,
                        p->state_max - p->state_zero_point) +
           p->state_zero_point;
}

__attribute__((always_inline)) static inline void kl_svdf_rows_s8(const struct kl_svdf_s8 *p,
                                                                  const struct kl_rows *in,
                                                                  const struct kl_rows *out,
                                                                  kl_svdf_time_fn *time)
{
    for (int32_t row = out[0].first; row < out[0].first + out[0].count; row++) {
        const int8_t *x = kl_row_s8(in, row);
        int8_t *y = kl_row_s8(&out[0], row);
        unsigned char *state = kl_row(&out[1], row);
        for (int32_t unit = 0; unit < p->units; unit++) {
            uint32_t sum = (uint32_t)p->bias[unit];
            for (int32_t filter = unit * p->rank; filter < (unit + 1) * p->rank; filter++) {
                sum += time(p, filter, state, kl_svdf_feature_s8(p, filter, x));
            }
            const int32_t scaled = kl_requantize((int32_t)sum, p->out_multiplier, p->out_shift);
            y[unit] = kl_output_s8(scaled, p->out_zero_point, INT8_MIN, INT8_MAX);
        }
    }
}

/* in[0]: rows of `inputs` int8. out[0]: rows of `units` int8. out[1]: the state, rows of
 * units * rank * memory int8. No scratch. */
static inline void kl_svdf_s8(const struct kl_svdf_s8 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_svdf_rows_s8(p, in, out, kl_svdf_time_s8);
}

/* The same with a state and time weights of int16. */
static inline void kl_svdf_s8_s16(const struct kl_svdf_s8 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_svdf_rows_s8(p, in, out, kl_svdf_time_s16);
}

static inline float kl_svdf_time_f32(float *state, const float *weights, int32_t memory,
                                     float newest)
{
    float sum = 0.0f;
    for (int32_t i = 0; i < memory; i++) {
        const float value = i + 1 < memory ? state[i + 1] : newest;
        state[i] = value;
        sum += weights[i] * value;
    }
    return sum;
}

/* in[0]: rows of `inputs` floats. out[0]: rows of `units` floats. out[1]: the state, rows of
 * units * rank * memory floats. No scratch. */
static inline void kl_svdf_f32(const struct kl_svdf_f32 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out[0].first; row < out[0].first + out[0].count; row++) {
        const float *x = kl_row_f32(in, row);
        float *y = kl_row_f32(&out[0], row);
        float *state = kl_row_f32(&out[1], row);
        const float *features = p->features;
        const float *time = p->time;
        for (int32_t unit = 0; unit < p->units; unit++) {
            float sum = p->bias[unit];
            for (int32_t r = 0; r < p->rank; r++) {
                float newest = 0.0f;
                for (int32_t i = 0; i < p->inputs; i++) {
                    newest += *features++ * x[i];
                }
                sum += kl_svdf_time_f32(state, time, p->memory, newest);
                state += p->memory;
                time += p->memory;
            }
            y[unit] = kl_limit_f32(sum, p->min, p->max);
        }
    }
}

#endif
