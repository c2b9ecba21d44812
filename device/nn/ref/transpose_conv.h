/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TRANSPOSE_CONV int8, int16 with int8 weights, and float32; weights [out_c][k_h][k_w][in_c].
 * Source of the definition: reference/transpose_conv.h and integer_ops/transpose_conv.h of
 * TensorFlow Lite Micro. Of one output element, contributions are added in the order of the input.
 */
#ifndef KINGLET_NN_REF_TRANSPOSE_CONV_H
#define KINGLET_NN_REF_TRANSPOSE_CONV_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/conv2d_s16.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/requantize.h"
#include "nn/ref/runs.h"

static inline void kl_add_run_s8(const void *params, const struct kl_run *run, union kl_sum *sum)
{
    const struct kl_conv2d_s8 *p = params;
    const int8_t *x = run->x;
    const int8_t *w = p->weights + run->w;
    const int32_t zero_point = p->in_zero_point;
    int32_t acc = sum->s32;
    for (int32_t i = 0; i < run->count; i++) {
        acc += (x[i] - zero_point) * w[i];
    }
    sum->s32 = acc;
}

static inline void kl_finish_sum_s8(const void *params, int32_t channel, const union kl_sum *sum,
                                    void *pixel)
{
    const struct kl_conv2d_s8 *p = params;
    const int32_t acc = sum->s32 + p->bias[channel];
    const int32_t scaled = kl_requantize(acc, p->rq.multiplier[channel], p->rq.shift[channel]);
    ((int8_t *)pixel)[channel] = kl_output_s8(scaled, p->rq.out_zero_point, p->rq.min, p->rq.max);
}

static const struct kl_arithmetic kl_arithmetic_s8 = {1, 1, kl_add_run_s8, kl_finish_sum_s8};

static inline void kl_add_run_f32(const void *params, const struct kl_run *run, union kl_sum *sum)
{
    const struct kl_conv2d_f32 *p = params;
    const float *x = run->x;
    const float *w = p->weights + run->w;
    float acc = sum->f32;
    for (int32_t i = 0; i < run->count; i++) {
        acc += x[i] * w[i];
    }
    sum->f32 = acc;
}

static inline void kl_finish_sum_f32(const void *params, int32_t channel, const union kl_sum *sum,
                                     void *pixel)
{
    const struct kl_conv2d_f32 *p = params;
    ((float *)pixel)[channel] = kl_limit_f32(sum->f32 + p->bias[channel], p->min, p->max);
}

static const struct kl_arithmetic kl_arithmetic_f32 = {4, 4, kl_add_run_f32, kl_finish_sum_f32};

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. The bias holds no zero
 * points; groups 1, dilation 1. No scratch.
 */
static inline void kl_transpose_conv_s8(const struct kl_conv2d_s8 *p, const struct kl_rows *in,
                                        const struct kl_rows *out, void *scratch)
{
    const struct kl_convolution c = {&p->win, 1, p, in};
    (void)scratch;
    kl_convolve_transposed(&c, &kl_arithmetic_s8, out);
}

/* As kl_transpose_conv_s8, of int16. */
static inline void kl_transpose_conv_s16(const struct kl_conv2d_s16 *p, const struct kl_rows *in,
                                         const struct kl_rows *out, void *scratch)
{
    const struct kl_convolution c = {&p->win, 1, p, in};
    (void)scratch;
    kl_convolve_transposed(&c, &kl_arithmetic_s16, out);
}

/* As kl_transpose_conv_s8, of float32. */
static inline void kl_transpose_conv_f32(const struct kl_conv2d_f32 *p, const struct kl_rows *in,
                                         const struct kl_rows *out, void *scratch)
{
    const struct kl_convolution c = {&p->win, 1, p, in};
    (void)scratch;
    kl_convolve_transposed(&c, &kl_arithmetic_f32, out);
}

#endif
