/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the coder of patches expects: the part that device and host share. Binary decisions with
 * adaptive probabilities, as in the range coder of LZMA (I. Pavlov, LZMA specification); contexts
 * are our own, chosen by measurement (docs/adr/0047).
 */
#ifndef KINGLET_UPDATE_DELTA_MODEL_H
#define KINGLET_UPDATE_DELTA_MODEL_H

#include "kinglet/delta.h"

/*
 * The probability that a decision is 0, in 1/8192, stands in the upper 13 bits; the lower 3 count
 * how often it was met, up to 7, so that the first ones teach more than later ones. It never
 * leaves 1..8191, since a step is at most half of the way.
 */
enum {
    KL_DELTA_PROBABILITY_BITS = 13,
    KL_DELTA_COUNT_BITS = 3,
    KL_DELTA_COUNT_MAX = 7,
    KL_DELTA_TOP = 1 << 24 /* the coder's range is at least this */
};

static inline uint32_t kl_delta_probability(uint16_t state)
{
    return state >> KL_DELTA_COUNT_BITS;
}

static inline uint16_t kl_delta_learn(uint16_t state, uint32_t bit)
{
    static const uint8_t shifts[KL_DELTA_COUNT_MAX + 1] = {1, 2, 2, 3, 3, 4, 4, 5};
    uint32_t p = kl_delta_probability(state), count = state & KL_DELTA_COUNT_MAX;
    uint32_t shift = shifts[count];
    p = bit ? p - (p >> shift) : p + (((1u << KL_DELTA_PROBABILITY_BITS) - p) >> shift);
    count += count < KL_DELTA_COUNT_MAX;
    return (uint16_t)(p << KL_DELTA_COUNT_BITS | count);
}

void kl_delta_model_reset(struct kl_delta_model *model);

/* Which probability tells whether this byte changes. */
uint32_t kl_delta_change_context(const struct kl_delta_model *model);

/* Which tree holds the value of a change. */
uint32_t kl_delta_value_context(const struct kl_delta_model *model);

/* Remember a difference, 0 or not. */
void kl_delta_note(struct kl_delta_model *model, uint8_t difference);

/* The numbers of an operation. */
enum kl_delta_number { KL_DELTA_COPY, KL_DELTA_SEEK, KL_DELTA_LITERAL };

/* Small differences of either sign as small numbers: 0, -1, 1, -2 are 0, 1, 2, 3. */
static inline uint8_t kl_delta_zigzag(uint8_t difference)
{
    return (uint8_t)(difference << 1 ^ (difference & 0x80 ? 0xff : 0));
}

static inline uint8_t kl_delta_unzigzag(uint8_t number)
{
    return (uint8_t)(number >> 1 ^ (number & 1 ? 0xff : 0));
}

#endif
