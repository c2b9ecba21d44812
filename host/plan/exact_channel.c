/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/exact_channel.h"

#include "nn/ref/requantize.h"

/* Sums that leave room for 2 * zero point + 1. */
enum { SUM_LIMIT = 1 << 30 };

/* A constant channel: multiplier 2^30 and shift -1 divide by 4. */
enum { CONSTANT_SCALE = 4, CONSTANT_MULTIPLIER = 1 << 30, CONSTANT_SHIFT = -1 };

/* Does the left shift of a positive `shift` keep the sum? Then results grow with sums. */
static bool keeps(int64_t sum, int32_t shift)
{
    int64_t shifted = shift > 0 ? sum * ((int64_t)1 << shift) : sum;
    return shifted >= INT32_MIN && shifted <= INT32_MAX;
}

static int32_t result_of(const struct kl_requant_channel *c, int32_t sum)
{
    return kl_output_s8(kl_requantize(sum, c->multiplier, c->shift), c->zero_point, c->min, c->max);
}

struct kl_exact_channel kl_exact_channel_of(const struct kl_requant *rq, int32_t channel,
                                            int32_t bias, const struct kl_channel_taps *taps)
{
    struct kl_exact_channel exact = {.channel = kl_requant_channel_of(rq, channel, bias, taps)};
    const struct kl_requant_channel *c = &exact.channel;
    exact.is_exact =
        c->low >= -SUM_LIMIT && c->high <= SUM_LIMIT && c->shift < 0 && c->multiplier >= 1 << 30;
    if (keeps(c->low, c->shift) && keeps(c->high, c->shift) &&
        result_of(c, c->low) == result_of(c, c->high)) {
        exact.is_constant = true;
        exact.result = result_of(c, c->low) - c->zero_point;
    }
    return exact;
}

void kl_exact_enter(const struct kl_exact_tables *tables, int32_t channel,
                    const struct kl_exact_channel *exact)
{
    const bool constant = exact->is_constant;
    const struct kl_requant_channel *c = &exact->channel;
    tables->bias[channel] = constant ? exact->result * CONSTANT_SCALE : c->bias;
    tables->multiplier[channel] = constant ? CONSTANT_MULTIPLIER : c->multiplier;
    tables->shift[channel] = (int8_t)(constant ? CONSTANT_SHIFT : c->shift);
}

bool kl_exact_depthwise(const struct kl_depthwise_s8 *source, int8_t *weights,
                        const struct kl_exact_tables *tables)
{
    const int32_t channels = source->win.out_c, taps = source->win.k_h * source->win.k_w;
    for (int32_t c = 0; c < channels; c++) {
        const int8_t *from = source->weights + c;
        const struct kl_channel_taps inputs = {from, taps, channels, INT8_MIN, INT8_MAX};
        const struct kl_exact_channel exact =
            kl_exact_channel_of(&source->rq, c, source->bias[c], &inputs);
        if (!kl_exact_fits(&exact)) {
            return false;
        }
        for (int32_t tap = 0; tap < taps; tap++) {
            weights[tap * channels + c] = exact.is_constant ? 0 : from[tap * channels];
        }
        kl_exact_enter(tables, c, &exact);
    }
    return true;
}
