/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D int16 with int8 weights; DEPTHWISE_CONV_2D and FULLY_CONNECTED come as special cases.
 * Source of the definition: integer_ops/conv.h, depthwise_conv.h and fully_connected.h of
 * TensorFlow Lite Micro, and MultiplyByQuantizedMultiplier for int64 in its common.cc.
 */
#ifndef KINGLET_NN_REF_CONV2D_S16_H
#define KINGLET_NN_REF_CONV2D_S16_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/requantize.h"
#include "nn/ref/runs.h"

/* So many products of int16 and int8 add up inside int32. */
#define KL_PRODUCTS_S16 256

static inline int32_t kl_dot_s16(const int16_t *x, const int8_t *w, int32_t count)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += x[i] * w[i];
    }
    return sum;
}

static inline void kl_add_run_s16(const void *params, const struct kl_run *run, union kl_sum *sum)
{
    const struct kl_conv2d_s16 *p = params;
    const int16_t *x = run->x;
    const int8_t *w = p->weights + run->w;
    for (int32_t done = 0; done < run->count; done += KL_PRODUCTS_S16) {
        const int32_t count = kl_min_s32(run->count - done, KL_PRODUCTS_S16);
        sum->s64 += kl_dot_s16(x + done, w + done, count);
    }
}

static inline void kl_finish_sum_s16(const void *params, int32_t channel, const union kl_sum *sum,
                                     void *pixel)
{
    const struct kl_conv2d_s16 *p = params;
    const int64_t acc = sum->s64 + p->bias[channel];
    const int32_t multiplier = p->rq16.multiplier[channel], shift = p->rq16.shift[channel];
    const int32_t scaled = p->rq16.narrow ? kl_requantize((int32_t)acc, multiplier, shift)
                                          : kl_requantize_s64(acc, multiplier, shift);
    ((int16_t *)pixel)[channel] = (int16_t)kl_clamp_s32(scaled, p->rq16.min, p->rq16.max);
}

static const struct kl_arithmetic kl_arithmetic_s16 = {2, 2, kl_add_run_s16, kl_finish_sum_s16};

/* in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. No scratch. */
static inline void kl_conv2d_s16(const struct kl_conv2d_s16 *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    const struct kl_convolution c = {&p->win, p->groups, p, in};
    (void)scratch;
    kl_convolve(&c, &kl_arithmetic_s16, out);
}

#endif
