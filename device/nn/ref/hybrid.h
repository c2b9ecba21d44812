/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers with float32 activations and int8 weights: each image (or vector) is quantised when the
 * layer runs. Sums are exact; the scale of image times weights and the bias come after. Source of
 * the definition: PortableSymmetricQuantizeFloats and PortableAsymmetricQuantizeFloats in
 * kernels/internal/portable_tensor_utils.cc of TensorFlow Lite; here all in single precision.
 */
#ifndef KINGLET_NN_REF_HYBRID_H
#define KINGLET_NN_REF_HYBRID_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/quantize.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/runs.h"

/* One image in the making: real = scale * (quantised - zero_point). */
struct kl_hybrid_image {
    const struct kl_hybrid *p;
    float scale;
    int32_t zero_point;
};

/* Smallest and largest value of the image, with 0 among them. */
static inline void kl_hybrid_range(const struct kl_hybrid *p, const struct kl_rows *in,
                                   int32_t first, float range[2])
{
    range[0] = range[1] = 0.0f;
    for (int32_t y = first; y < first + p->win.in_h; y++) {
        const float *x = kl_row_f32(in, y);
        for (int32_t i = 0; i < p->win.in_w * p->win.in_c; i++) {
            range[0] = x[i] < range[0] ? x[i] : range[0];
            range[1] = x[i] > range[1] ? x[i] : range[1];
        }
    }
}

/* Scale and zero point for values min .. max. Infinity and values beyond half of the largest float
 * make no sense, but do no harm. */
static inline void kl_hybrid_scale(struct kl_hybrid_image *image, float min, float max)
{
    image->scale = 1.0f;
    image->zero_point = 0;
    if (!(max - min > 0.0f)) {
        return;
    }
    if (!image->p->asymmetric) {
        image->scale = (max > -min ? max : -min) / 127.0f;
        return;
    }
    image->scale = (max - min) / 255.0f;
    /* From the end that the other end is nearer to. */
    const float from_min = -128.0f - min / image->scale;
    const float from_max = 127.0f - max / image->scale;
    const float zero =
        128.0f - min / image->scale < 127.0f + max / image->scale ? from_min : from_max;
    image->zero_point = kl_clamp_s32(kl_round_f32(zero), INT8_MIN, INT8_MAX);
}

/* Quantise the image that starts at row `first` into `to`, dense. */
static inline void kl_hybrid_quantize(struct kl_hybrid_image *image, const struct kl_rows *in,
                                      int32_t first, int8_t *to)
{
    const struct kl_hybrid *p = image->p;
    const int32_t width = p->win.in_w * p->win.in_c;
    const int32_t low = p->asymmetric ? INT8_MIN : -INT8_MAX;
    float range[2];
    kl_hybrid_range(p, in, first, range);
    kl_hybrid_scale(image, range[0], range[1]);
    const float inverse = 1.0f / image->scale;
    for (int32_t y = first; y < first + p->win.in_h; y++, to += width) {
        const float *x = kl_row_f32(in, y);
        for (int32_t i = 0; i < width; i++) {
            const int32_t q = kl_round_f32((float)image->zero_point + x[i] * inverse);
            to[i] = (int8_t)kl_clamp_s32(q, low, INT8_MAX);
        }
    }
}

static inline void kl_add_run_hybrid(const void *params, const struct kl_run *run,
                                     union kl_sum *sum)
{
    const struct kl_hybrid_image *image = params;
    const int8_t *x = run->x;
    const int8_t *w = image->p->weights + run->w;
    int32_t acc = sum->s32;
    for (int32_t i = 0; i < run->count; i++) {
        acc += (x[i] - image->zero_point) * w[i];
    }
    sum->s32 = acc;
}

static inline void kl_finish_sum_hybrid(const void *params, int32_t channel,
                                        const union kl_sum *sum, void *pixel)
{
    const struct kl_hybrid_image *image = params;
    const struct kl_hybrid *p = image->p;
    const float value = (float)sum->s32 * (p->weight_scale[channel] * image->scale);
    ((float *)pixel)[channel] = kl_limit_f32(value + p->bias[channel], p->min, p->max);
}

static const struct kl_arithmetic kl_arithmetic_hybrid = {1, 4, kl_add_run_hybrid,
                                                          kl_finish_sum_hybrid};

/*
 * in: rows (n, y) of in_w * in_c floats. out: rows (n, y) of out_w * out_c floats. scratch: one
 * image, in_h * in_w * in_c bytes.
 */
static inline void kl_hybrid(const struct kl_hybrid *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    const int32_t end = out->first + out->count, height = p->win.out_h;
    const struct kl_rows quantised = {
        .base = scratch, .stride = p->win.in_w * p->win.in_c, .count = p->win.in_h};
    for (int32_t row = out->first, next; row < end; row = next) {
        const int32_t n = row / height;
        struct kl_hybrid_image image = {.p = p};
        const struct kl_convolution c = {&p->win, p->groups, &image, &quantised};
        next = kl_min_s32((n + 1) * height, end);
        kl_hybrid_quantize(&image, in, n * p->win.in_h, scratch);
        for (int32_t y = row; y < next; y++) {
            const struct kl_rows line = {
                .base = kl_row(out, y), .first = y - n * height, .count = 1};
            kl_convolve(&c, &kl_arithmetic_hybrid, &line);
        }
    }
}

#endif
