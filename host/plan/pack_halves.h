/* SPDX-License-Identifier: Apache-2.0 */
/* Packs the weights and constants of a convolution for struct kl_conv2d_mul32_s8. Private to plan/.
 */
#ifndef KINGLET_PLAN_PACK_HALVES_H
#define KINGLET_PLAN_PACK_HALVES_H

#include <stdbool.h>
#include <stddef.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mul32.h"
#include "plan/exact_channel.h"

/* Can all channels be packed (plan/exact_channel.h)? */
bool kl_halves_fit(const struct kl_conv2d_s8 *source);

/* Constants to write. */
struct kl_halves_pack {
    int8_t *stream;
    struct kl_exact_tables tables;
};

/*
 * Write what `pack` points to, for a source that fits, or only count the bytes of the stream when
 * `pack` is NULL. A block takes as many inputs as its proof allows. A channel that has one result
 * for all inputs is packed without its weights.
 */
size_t kl_pack_halves(const struct kl_conv2d_s8 *source, const struct kl_halves_pack *pack);

/* The same of a source of one group, whose weights lie in -8 .. 7, for nn/mul32/conv2d_s4.h.
 * `words` has room for kl_halves_words_s4 of them and is zero. */
void kl_pack_halves_s4(const struct kl_conv2d_s8 *source, int32_t *words,
                       const struct kl_exact_tables *tables);

/* Words of all weights, and bytes of the stream that four channels of them become. */
int64_t kl_halves_words_s4(const struct kl_conv2d_s8 *source);
int64_t kl_halves_four_bytes(const struct kl_conv2d_s8 *source);

/* Scratch memory of the kernel, at most INT32_MAX for windows that the planner accepts. */
int64_t kl_halves_scratch(const struct kl_conv2d_s8 *source);

#endif
