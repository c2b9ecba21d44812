/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RESIZE_BILINEAR int8 and float32. Source of the definition: reference/resize_bilinear.h
 * (ResizeBilinearInteger, ResizeBilinear) of TensorFlow Lite Micro. The planner works out the
 * pixels and parts.
 */
#ifndef KINGLET_NN_REF_RESIZE_BILINEAR_H
#define KINGLET_NN_REF_RESIZE_BILINEAR_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"

/* Rounded half away from zero. Parts are -KL_RESIZE_ONE .. KL_RESIZE_ONE, so that the sum fits. */
static inline int8_t kl_bilinear_s8(const int8_t pixel[4], int32_t y_part, int32_t x_part)
{
    const int32_t y_rest = KL_RESIZE_ONE - y_part, x_rest = KL_RESIZE_ONE - x_part;
    const int32_t sum = pixel[0] * (y_rest * x_rest) + pixel[1] * (y_rest * x_part) +
                        pixel[2] * (y_part * x_rest) + pixel[3] * (y_part * x_part);
    const int32_t one = KL_RESIZE_ONE * KL_RESIZE_ONE;
    return (int8_t)((sum + (sum > 0 ? one / 2 : -one / 2)) / one);
}

/* in: rows (n, y) of the input's width. out: rows (n, y) of out_w pixels. No scratch. */
static inline void kl_resize_bilinear_s8(const struct kl_resize_bilinear *p,
                                         const struct kl_rows *in, const struct kl_rows *out,
                                         void *scratch)
{
    const int16_t *row_part = p->row_part, *col_part = p->col_part;
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int32_t y = row % p->out_h, image = row / p->out_h * p->in_h;
        const int8_t *upper = kl_row_s8(in, image + p->row[2 * y]);
        const int8_t *lower = kl_row_s8(in, image + p->row[2 * y + 1]);
        int8_t *to = kl_row_s8(out, row);
        for (int32_t x = 0; x < p->out_w; x++, to += p->channels) {
            const int32_t left = p->col[2 * x] * p->channels;
            const int32_t right = p->col[2 * x + 1] * p->channels;
            for (int32_t c = 0; c < p->channels; c++) {
                const int8_t pixel[4] = {upper[left + c], upper[right + c], lower[left + c],
                                         lower[right + c]};
                to[c] = kl_bilinear_s8(pixel, row_part[y], col_part[x]);
            }
        }
    }
}

/* Multiplies and adds in the order of the source. */
static inline float kl_bilinear_f32(const float pixel[4], float y_part, float x_part)
{
    const float y_rest = 1.0f - y_part, x_rest = 1.0f - x_part;
    return pixel[0] * y_rest * x_rest + pixel[2] * y_part * x_rest + pixel[1] * y_rest * x_part +
           pixel[3] * y_part * x_part;
}

/* As kl_resize_bilinear_s8, of floats. */
static inline void kl_resize_bilinear_f32(const struct kl_resize_bilinear *p,
                                          const struct kl_rows *in, const struct kl_rows *out,
                                          void *scratch)
{
    const float *row_part = p->row_part, *col_part = p->col_part;
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int32_t y = row % p->out_h, image = row / p->out_h * p->in_h;
        const float *upper = kl_row_f32(in, image + p->row[2 * y]);
        const float *lower = kl_row_f32(in, image + p->row[2 * y + 1]);
        float *to = kl_row_f32(out, row);
        for (int32_t x = 0; x < p->out_w; x++, to += p->channels) {
            const int32_t left = p->col[2 * x] * p->channels;
            const int32_t right = p->col[2 * x + 1] * p->channels;
            for (int32_t c = 0; c < p->channels; c++) {
                const float pixel[4] = {upper[left + c], upper[right + c], lower[left + c],
                                        lower[right + c]};
                to[c] = kl_bilinear_f32(pixel, row_part[y], col_part[x]);
            }
        }
    }
}

#endif
