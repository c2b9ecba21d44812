/* SPDX-License-Identifier: Apache-2.0 */
/* kl_tile_pairs, kl_expand_lane and kl_expand_tile in C: their definition, and what runs on other
 * cores. */
#ifndef KINGLET_NN_ARMV7EM_TILE_C_H
#define KINGLET_NN_ARMV7EM_TILE_C_H

#include <string.h>

#include "kinglet/nn.h"
#include "nn/armv7em/pairs_c.h"

/* All channels of a stream with blocks of one pair. Returns where the stream ends. */
KL_NOINLINE __attribute__((unused)) static const int32_t *kl_tile_pairs(const int32_t *stream,
                                                                        struct kl_tile *t)
{
    for (uint32_t last = 0; !last; last = (uint32_t)stream[-1] & KL_PAIR_LAST) {
        const uint32_t *words = t->words;
        uint32_t a[KL_TILE_PIXELS], b[KL_TILE_PIXELS];
        for (int32_t i = 0; i < KL_TILE_PIXELS; i++) {
            a[i] = (uint32_t)stream[0];
            b[i] = (uint32_t)stream[1];
        }
        stream += 2;
        for (int32_t k = 0; k < t->inputs; k += 2, words += KL_TILE_PIXELS) {
            const uint32_t weights = (uint32_t)*stream++;
            for (int32_t i = 0; i < KL_TILE_PIXELS; i++) {
                a[i] = kl_smlad(words[i], kl_sxtb16(weights), a[i]);
                b[i] = kl_smlad(words[i], weights, b[i]);
            }
        }
        for (int32_t i = KL_TILE_PIXELS - 1; i >= 0; i--) {
            t->out[i] += kl_pair_results(a[i], b[i], stream, t->rounding, t->out[i]);
        }
        stream += 3;
    }
    return stream;
}

/* 4 * count inputs of one pixel, one after the other at x, to its words of a tile. */
static inline void kl_expand_lane(uint32_t *words, const int8_t *x, int32_t count)
{
    for (int32_t i = 0; i < count; i++, x += 4, words += 2 * KL_TILE_PIXELS) {
        uint32_t word;
        memcpy(&word, x, sizeof word);
        words[0] = kl_sxtb16(word);
        words[KL_TILE_PIXELS] = kl_sxtb16_odd(word);
    }
}

/* The same for all pixels of a tile: 4 * count inputs of pixel i at x + i * step. */
static inline void kl_expand_tile(uint32_t *words, const int8_t *x, int32_t step, int32_t count)
{
    for (int32_t i = 0; i < KL_TILE_PIXELS; i++) {
        kl_expand_lane(words + i, x + i * step, count);
    }
}

#endif
