/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the MVE kernels in C: their definition, and what the host computes. */
#ifndef KINGLET_NN_MVE_VECTOR_C_H
#define KINGLET_NN_MVE_VECTOR_C_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mve.h"
#include "nn/ref/requantize.h"

/* Copy `count` bytes; the places do not overlap. */
static inline void kl_mve_copy(int8_t *to, const int8_t *from, int32_t count)
{
    memcpy(to, from, (uint32_t)count);
}

/* The runs of `pixels` pixels. */
static inline void kl_mve_gather(const struct kl_mve_gather *g, int8_t *to, const int8_t *from,
                                 int32_t pixels)
{
    for (int32_t i = 0; i < pixels; i++) {
        for (int32_t row = 0; row < g->rows; row++) {
            memcpy(to + i * g->to_apart + row * g->to_step,
                   from + i * g->from_apart + row * g->from_step, (uint32_t)g->bytes);
        }
    }
}

/* Fill `count` bytes. */
static inline void kl_mve_fill(int8_t *to, int32_t value, int32_t count)
{
    memset(to, value, (uint32_t)count);
}

/* bias + sum of weights * inputs, for all pixels and channels. */
static inline void kl_mve_tile(const struct kl_mve_tile *t)
{
    const int8_t *const x[KL_MVE_PIXELS] = {t->x0, t->x1, t->x2};
    const int32_t inputs = t->blocks * KL_MVE_INPUTS;
    const int32_t channels = (int32_t)(t->bias_end - t->bias);
    for (int32_t i = 0; i < channels * KL_MVE_PIXELS; i++) {
        const int32_t c = i / KL_MVE_PIXELS, pixel = i % KL_MVE_PIXELS;
        const int8_t *w = t->weights + c / 2 * 2 * inputs + c % 2 * KL_MVE_INPUTS;
        int32_t sum = t->bias[c];
        for (int32_t k = 0; k < inputs; k++) {
            sum += x[pixel][k] * w[k / KL_MVE_INPUTS * 2 * KL_MVE_INPUTS + k % KL_MVE_INPUTS];
        }
        t->acc[kl_mve_sum_at(c, pixel)] = sum;
    }
}

/* Weight of the first (0) or the second (1) of two channels. */
static inline int32_t kl_mve_weight_s4(int8_t both, int32_t channel)
{
    const uint32_t bits = (uint32_t)both >> 4 * channel & 15u;
    return (int32_t)(bits ^ 8u) - 8;
}

/* kl_mve_tile with weights of 4 bits. */
static inline void kl_mve_tile_s4(const struct kl_mve_tile *t)
{
    const int8_t *const x[KL_MVE_PIXELS] = {t->x0, t->x1, t->x2};
    const int32_t inputs = t->blocks * KL_MVE_INPUTS;
    const int32_t channels = (int32_t)(t->bias_end - t->bias);
    for (int32_t i = 0; i < channels * KL_MVE_PIXELS; i++) {
        const int32_t c = i / KL_MVE_PIXELS, pixel = i % KL_MVE_PIXELS;
        int32_t sum = t->bias[c];
        for (int32_t k = 0; k < inputs; k++) {
            sum += x[pixel][k] * kl_mve_weight_s4(t->weights[c / 2 * inputs + k], c % 2);
        }
        t->acc[kl_mve_sum_at(c, pixel)] = sum;
    }
}

/* Four channels of a vector: acc[i] = bias[i] + sum of weights * inputs; weights: see struct
 * kl_fully_connected_mve_s8. */
static inline void kl_mve_dot4(const int8_t *x, const int8_t *w, int32_t inputs,
                               const int32_t *bias, int32_t acc[4])
{
    for (int32_t i = 0; i < 4; i++) {
        acc[i] = bias[i];
        for (int32_t k = 0; k < inputs; k++) {
            const int32_t block = k / KL_MVE_INPUTS * 4 + i;
            acc[i] += x[k] * w[block * KL_MVE_INPUTS + k % KL_MVE_INPUTS];
        }
    }
}

/* kl_mve_dot4 with weights of 4 bits. */
static inline void kl_mve_dot4_s4(const int8_t *x, const int8_t *w, int32_t inputs,
                                  const int32_t *bias, int32_t acc[4])
{
    for (int32_t i = 0; i < 4; i++) {
        acc[i] = bias[i];
        for (int32_t k = 0; k < inputs; k++) {
            const int32_t block = k / KL_MVE_INPUTS * 2 + i / 2;
            const int8_t both = w[block * KL_MVE_INPUTS + k % KL_MVE_INPUTS];
            acc[i] += x[k] * kl_mve_weight_s4(both, i % 2);
        }
    }
}

/* The result of one sum; `at`: the channel's place in the tables. */
static inline int8_t kl_mve_result(const struct kl_channels_mve *ch, int32_t at, int32_t sum)
{
    const int32_t scaled = kl_requantize(sum, ch->multiplier[at], ch->shift[at]);
    return kl_output_s8(scaled, ch->out_zero_point, ch->min, ch->max);
}

/* Channels 0 .. count - 1 of one vector, whose sums lie side by side. */
static inline void kl_mve_requantize_row(const struct kl_channels_mve *ch, const int32_t *acc,
                                         int32_t count, int8_t *out)
{
    for (int32_t c = 0; c < count; c++) {
        out[c] = kl_mve_result(ch, c, acc[c]);
    }
}

/* Channels 0 .. count - 1 of the pixels of a tile. The last pixel is written first: one that is
 * not there may have the place of another. */
static inline void kl_mve_requantize_tile(const struct kl_channels_mve *ch, const int32_t *acc,
                                          int32_t count, int8_t *const out[KL_MVE_PIXELS])
{
    for (int32_t pixel = KL_MVE_PIXELS - 1; pixel >= 0; pixel--) {
        for (int32_t c = 0; c < count; c++) {
            out[pixel][c] = kl_mve_result(ch, c, acc[kl_mve_sum_at(c, pixel)]);
        }
    }
}

/* One output row. x: [k_h] rows of `pitch` bytes with borders; weights and tables: see struct
 * kl_depthwise_mve_s8. */
static inline void kl_mve_depthwise_row(const struct kl_depthwise_mve_s8 *p, const int8_t *x,
                                        int32_t pitch, int8_t *out)
{
    const struct kl_window *win = &p->win;
    const int32_t channels = win->out_c, taps = win->k_h * win->k_w;
    for (int32_t i = 0; i < win->out_w * channels; i++) {
        const int32_t c = i % channels, block = c / 8 * 8;
        const int32_t at = block + c % 2 * 4 + c % 8 / 2; /* even channels first */
        const int8_t *w = p->weights + block * taps + c % 8;
        const int8_t *first = x + i / channels * win->stride_w * channels + c;
        int32_t acc = p->channels.bias[at];
        for (int32_t t = 0; t < taps; t++) {
            acc += first[t / win->k_w * pitch + t % win->k_w * win->dil_w * channels] * w[8 * t];
        }
        out[i] = kl_mve_result(&p->channels, at, acc);
    }
}

#endif
