/* SPDX-License-Identifier: Apache-2.0 */
/* kl_requantize_channels in C: its definition. Part of nn/ref/requantize.h. */
#ifndef KINGLET_NN_REF_REQUANTIZE_CHANNELS_C_H
#define KINGLET_NN_REF_REQUANTIZE_CHANNELS_C_H

/*
 * Accumulators of the channels channel .. channel+count-1 to their int8 results at `out`.
 * Out of line: the loops that make accumulators need all registers for themselves.
 */
KL_NOINLINE __attribute__((unused)) static void
kl_requantize_channels(const struct kl_requant *rq, int32_t channel, int32_t count,
                       const int32_t *acc, int8_t *out)
{
    const int32_t *multiplier = rq->multiplier + channel;
    const int8_t *shift = rq->shift + channel;
    const int32_t zero_point = rq->out_zero_point, min = rq->min, max = rq->max;
    for (int32_t i = 0; i < count; i++) {
        const int32_t scaled = kl_requantize(acc[i], multiplier[i], shift[i]);
        out[i] = kl_output_s8(scaled, zero_point, min, max);
    }
}

#endif
