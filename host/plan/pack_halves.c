/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_halves.h"

#include <stdlib.h>

enum { CHANNELS = 4, INPUT_BYTES = 8 };

static int64_t filter_of(const struct kl_conv2d_s8 *s)
{
    return (int64_t)s->win.k_h * s->win.k_w * (s->win.in_c / s->groups);
}

static struct kl_exact_channel channel_of(const struct kl_conv2d_s8 *s, int32_t channel)
{
    const int64_t filter = filter_of(s);
    const struct kl_channel_taps taps = {s->weights + channel * filter, filter, 1, INT8_MIN,
                                         INT8_MAX};
    return kl_exact_channel_of(&s->rq, channel, s->bias[channel], &taps);
}

bool kl_halves_fit(const struct kl_conv2d_s8 *source)
{
    for (int32_t c = 0; c < source->win.out_c; c++) {
        const struct kl_exact_channel channel = channel_of(source, c);
        if (!kl_exact_fits(&channel)) {
            return false;
        }
    }
    return true;
}

int64_t kl_halves_scratch(const struct kl_conv2d_s8 *source)
{
    return filter_of(source) * INPUT_BYTES;
}

/* Four channels on their way into the stream; those that are not there or constant have no
 * weights. */
struct four {
    const int8_t *weights[CHANNELS];
    int64_t filter;
};

static int32_t weight_at(const struct four *four, int32_t i, int64_t input)
{
    return four->weights[i] ? four->weights[i][input] : 0;
}

/* How many inputs from `first` on one block can hold: as many as the halves of its sums allow. */
static int64_t block_inputs(const struct four *four, int64_t first)
{
    int32_t sum[CHANNELS] = {0};
    int64_t inputs = 0;
    for (; inputs < KL_HALVES_INPUTS && first + inputs < four->filter; inputs++) {
        for (int32_t i = 0; i < CHANNELS; i++) {
            sum[i] += abs(weight_at(four, i, first + inputs));
            if (sum[i] > KL_HALVES_WEIGHTS) {
                return inputs;
            }
        }
    }
    return inputs;
}

/* Bytes one after the other, or only their number. */
struct writer {
    int8_t *to;
    size_t count;
};

static void put(struct writer *w, int64_t byte)
{
    if (w->to) {
        w->to[w->count] = (int8_t)byte;
    }
    w->count++;
}

static void put_four(struct writer *w, const struct four *four)
{
    for (int64_t first = 0; first < four->filter;) {
        const int64_t end = first + block_inputs(four, first);
        for (int64_t input = first; input < end; input++) {
            for (int32_t i = 0; i < CHANNELS; i++) {
                put(w, weight_at(four, i, input));
            }
            if (input == first) {
                put(w, end - first - 1);
            }
        }
        first = end;
    }
}

size_t kl_pack_halves(const struct kl_conv2d_s8 *source, const struct kl_halves_pack *pack)
{
    const int32_t channels = source->win.out_c / source->groups;
    struct writer w = {pack ? pack->stream : NULL, 0};
    for (int32_t c = 0; c < source->win.out_c;) {
        struct four four = {.filter = filter_of(source)};
        const int32_t left = channels - c % channels;
        const int32_t count = left < CHANNELS ? left : CHANNELS;
        for (int32_t i = 0; i < count; i++, c++) {
            const struct kl_exact_channel exact = channel_of(source, c);
            four.weights[i] = exact.is_constant ? NULL : source->weights + c * four.filter;
            if (pack) {
                kl_exact_enter(&pack->tables, c, &exact);
            }
        }
        put_four(&w, &four);
    }
    return w.count;
}
