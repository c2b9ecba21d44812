/* SPDX-License-Identifier: Apache-2.0 */
/* Packs the weights and constants of output channels for struct kl_pairs_s8. Private to plan/. */
#ifndef KINGLET_PLAN_PACK_PAIRS_H
#define KINGLET_PLAN_PACK_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinglet/nn.h"

/* Output channels that read the same inputs: all, or those of a group. */
struct kl_pairs_source {
    const int8_t *weights; /* [channels][lines][line] */
    const int32_t *bias;   /* [channels]; the input zero point is folded in */
    struct kl_requant rq;  /* tables: [channels] */
    int32_t channels;
    int32_t lines, line; /* inputs of a channel; a line is filled up to a multiple of 4 */
    int32_t block;       /* pairs in a block: 1 or 4 */
};

/*
 * Can all channels be packed? The sums of each, over all inputs, must leave room for rounding in
 * int32, and its shift must be -1 or less: outputs seldom have half the scale of accumulators.
 * A channel that has one result for all inputs fits always.
 */
bool kl_pairs_fit(const struct kl_pairs_source *source);

/* Inputs of a channel in the stream. */
int32_t kl_pairs_inputs(int32_t lines, int32_t line);

/*
 * Write the stream, or only count its words when `stream` is NULL. Two channels share a pair when
 * the sum of the second fits 24 bits and all halves fit 16 bits; otherwise each has its own.
 * A channel that has one result for all inputs is packed without its weights.
 */
size_t kl_pack_pairs(const struct kl_pairs_source *source, int32_t *stream);

#endif
