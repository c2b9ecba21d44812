/* SPDX-License-Identifier: Apache-2.0 */
/* kl_vector_pairs in C: its definition, and what runs on other cores. */
#ifndef KINGLET_NN_ARMV7EM_VECTOR_C_H
#define KINGLET_NN_ARMV7EM_VECTOR_C_H

#include <string.h>

#include "kinglet/nn.h"
#include "nn/armv7em/pairs_c.h"

#define KL_VECTOR_PAIRS 4

/* All channels of the stream, which has blocks of four pairs. */
KL_NOINLINE __attribute__((unused)) static void kl_vector_pairs(const int32_t *stream,
                                                                const struct kl_vector *v)
{
    int8_t *out = v->out;
    for (;;) {
        uint32_t acc[2 * KL_VECTOR_PAIRS];
        memcpy(acc, stream, sizeof acc);
        stream += 2 * KL_VECTOR_PAIRS;
        for (const int8_t *x = v->x; x < v->end; x += 4) {
            uint32_t word;
            memcpy(&word, x, sizeof word);
            for (int32_t i = 0; i < 2 * KL_VECTOR_PAIRS; i += 2, stream += 2) {
                const uint32_t even = (uint32_t)stream[0], odd = (uint32_t)stream[1];
                acc[i] = kl_smlad(kl_sxtb16(word), kl_sxtb16(even), acc[i]);
                acc[i] = kl_smlad(kl_sxtb16_odd(word), kl_sxtb16(odd), acc[i]);
                acc[i + 1] = kl_smlad(kl_sxtb16(word), even, acc[i + 1]);
                acc[i + 1] = kl_smlad(kl_sxtb16_odd(word), odd, acc[i + 1]);
            }
        }
        for (int32_t i = 0; i < 2 * KL_VECTOR_PAIRS; i += 2, stream += 3) {
            out += kl_pair_results(acc[i], acc[i + 1], stream, v->rounding, out);
            if ((uint32_t)stream[2] & KL_PAIR_LAST) {
                return;
            }
        }
    }
}

#endif
