/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D of models of the older uint8 quantisation, rewritten to int8: weights with a zero point,
 * and one rounding of the sum times a float scale, ties to even. Sources of the definition:
 * reference/conv.h of TensorFlow Lite for the sum; for the rounding the kernels that TensorFlow
 * Lite runs such models with, XNNPACK's qu8 convolutions with fp32 requantisation
 * (src/qs8-requantization/ fp32.c). TensorFlow Lite Micro has no uint8 convolution.
 */
#ifndef KINGLET_NN_REF_CONV2D_U8_H
#define KINGLET_NN_REF_CONV2D_U8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/runs.h"

static inline void kl_add_run_u8(const void *params, const struct kl_run *run, union kl_sum *sum)
{
    const struct kl_conv2d_u8 *p = params;
    const int8_t *x = run->x;
    const int8_t *w = p->weights + run->w;
    const int32_t in_zero_point = p->in_zero_point, weight_zero_point = p->weight_zero_point;
    int32_t acc = sum->s32;
    for (int32_t i = 0; i < run->count; i++) {
        acc += (x[i] - in_zero_point) * (w[i] - weight_zero_point);
    }
    sum->s32 = acc;
}

static inline void kl_finish_sum_u8(const void *params, int32_t channel, const union kl_sum *sum,
                                    void *pixel)
{
    const struct kl_conv2d_u8 *p = params;
    const float magic = 12582912.0f; /* 1.5 * 2^23: floats around it are the integers */
    const float scaled = (float)(sum->s32 + p->bias[channel]) * p->scale;
    const float limited = kl_limit_f32(scaled, (float)(p->min - p->out_zero_point),
                                       (float)(p->max - p->out_zero_point));
    const float rounded = (limited + magic) - magic;
    ((int8_t *)pixel)[channel] = (int8_t)((int32_t)rounded + p->out_zero_point);
}

static const struct kl_arithmetic kl_arithmetic_u8 = {1, 1, kl_add_run_u8, kl_finish_sum_u8};

/* in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. No scratch. */
static inline void kl_conv2d_u8(const struct kl_conv2d_u8 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    const struct kl_convolution c = {&p->win, p->groups, p, in};
    (void)scratch;
    kl_convolve(&c, &kl_arithmetic_u8, out);
}

#endif
