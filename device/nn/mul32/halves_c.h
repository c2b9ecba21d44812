/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of halves.h in C: their definition, and what runs on other cores. */
#ifndef KINGLET_NN_MUL32_HALVES_C_H
#define KINGLET_NN_MUL32_HALVES_C_H

#include "kinglet/nn.h"
#include "nn/ref/requant_forms.h"

/* The sums of all inputs times four channels of the stream. Returns where these end. */
KL_NOINLINE __attribute__((unused)) static const int8_t *kl_halves_multiply(const int8_t *stream,
                                                                            struct kl_halves *h)
{
    const uint32_t *words = h->words;
    for (int32_t i = 0; i < KL_HALVES_CHANNELS * KL_HALVES_PAIRS; i++) {
        const int32_t c = i / KL_HALVES_PAIRS;
        h->sums[i].upper = c < h->channels ? (uint32_t)h->bias[c] : 0;
        h->sums[i].total = h->sums[i].upper * 65537u;
    }
    while (words < h->end) {
        const int32_t inputs = 1 + stream[KL_HALVES_CHANNELS];
        for (int32_t i = 0; i < KL_HALVES_CHANNELS * KL_HALVES_PAIRS; i++) {
            const int8_t *w = stream + i / KL_HALVES_PAIRS;
            uint32_t acc = KL_HALVES_START;
            for (int32_t k = 0; k < inputs; k++) {
                acc += (uint32_t)*w * words[k * KL_HALVES_PAIRS + i % KL_HALVES_PAIRS];
                w += KL_HALVES_CHANNELS + (k == 0);
            }
            h->sums[i].total += acc;
            h->sums[i].upper += (uint32_t)((int32_t)acc >> 16);
        }
        words += inputs * KL_HALVES_PAIRS;
        stream += inputs * KL_HALVES_CHANNELS + 1;
    }
    return stream;
}

/* The sums of four pixels to their results, the last pixel first. */
KL_NOINLINE __attribute__((unused)) static void kl_halves_finish(const struct kl_halves *h)
{
    for (int32_t c = 0; c < h->channels; c++) {
        const int32_t multiplier = (int32_t)((uint32_t)h->multiplier[c] * 2);
        for (int32_t lane = KL_TILE_PIXELS - 1; lane >= 0; lane--) {
            const struct kl_halves_sum *sum = &h->sums[c * KL_HALVES_PAIRS + lane / 2];
            const uint32_t upper = sum->upper;
            const uint32_t lower = sum->total - (upper << 16) - (uint32_t)h->started;
            h->out[lane][c] = (int8_t)kl_requant_exact_late(
                (int32_t)(lane % 2 ? upper : lower), multiplier, h->rounding, -1 - h->shift[c]);
        }
    }
}

/* `count` inputs of each of four pixels, those of pixel i one after the other at x + i * step. */
static inline void kl_halves_spread_four(uint32_t *words, const int8_t *x, int32_t step,
                                         int32_t count)
{
    const int8_t *x1 = x + step, *x2 = x1 + step, *x3 = x2 + step;
    for (int32_t i = 0; i < count; i++, words += KL_HALVES_PAIRS) {
        words[0] = ((uint32_t)x1[i] << 16) + (uint32_t)x[i];
        words[1] = ((uint32_t)x3[i] << 16) + (uint32_t)x2[i];
    }
}

#endif
