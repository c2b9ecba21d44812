/* SPDX-License-Identifier: Apache-2.0 */
/* Output channels for kernels that have the exact form of nn/ref/requant_forms.h only. Private to
 * plan/. */
#ifndef KINGLET_PLAN_EXACT_CHANNEL_H
#define KINGLET_PLAN_EXACT_CHANNEL_H

#include "plan/requant_fit.h"

struct kl_exact_channel {
    struct kl_requant_channel channel;
    bool is_exact;    /* the form computes it: its shift is -1 or less (outputs seldom have half the
                       * scale of accumulators), and its sums leave room for rounding in int32 */
    bool is_constant; /* it has one result for all inputs, and needs no weights */
    int32_t result;   /* of a constant channel, without the zero point */
};

/* Channel `channel` of `rq`, with its weights. */
struct kl_exact_channel kl_exact_channel_of(const struct kl_requant *rq, int32_t channel,
                                            int32_t bias, const struct kl_channel_taps *taps);

/* Tables of a kernel's constants, one entry per channel. */
struct kl_exact_tables {
    int32_t *bias, *multiplier;
    int8_t *shift;
};

/* Entry `channel`; of a constant channel for sums without products. */
void kl_exact_enter(const struct kl_exact_tables *tables, int32_t channel,
                    const struct kl_exact_channel *exact);

/*
 * Weights [tap][channel] of a depthwise convolution, 0 for constant channels, and tables. False,
 * and what was written is of no use, when a channel has no exact form.
 */
bool kl_exact_depthwise(const struct kl_depthwise_s8 *source, int8_t *weights,
                        const struct kl_exact_tables *tables);

/* The kernels that have nothing else can compute it. */
static inline bool kl_exact_fits(const struct kl_exact_channel *channel)
{
    return channel->is_exact || channel->is_constant;
}

#endif
