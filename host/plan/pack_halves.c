/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_halves.h"

#include <stdlib.h>

#include "plan/pack_s4.h"

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
    int32_t count; /* that are there */
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

/* Up to four channels from `channel` on, of one group; their constants go into the tables. */
static struct four take_four(const struct kl_conv2d_s8 *source, int32_t channel,
                             const struct kl_exact_tables *tables)
{
    const int32_t channels = source->win.out_c / source->groups;
    const int32_t left = channels - channel % channels;
    struct four four = {.filter = filter_of(source), .count = left < CHANNELS ? left : CHANNELS};
    for (int32_t i = 0; i < four.count; i++) {
        const struct kl_exact_channel exact = channel_of(source, channel + i);
        four.weights[i] = exact.is_constant ? NULL : source->weights + (channel + i) * four.filter;
        if (tables) {
            kl_exact_enter(tables, channel + i, &exact);
        }
    }
    return four;
}

size_t kl_pack_halves(const struct kl_conv2d_s8 *source, const struct kl_halves_pack *pack)
{
    struct writer w = {pack ? pack->stream : NULL, 0};
    for (int32_t c = 0; c < source->win.out_c;) {
        const struct four four = take_four(source, c, pack ? &pack->tables : NULL);
        put_four(&w, &four);
        c += four.count;
    }
    return w.count;
}

int64_t kl_halves_words_s4(const struct kl_conv2d_s8 *source)
{
    return (source->win.out_c + CHANNELS - 1) / CHANNELS * ((filter_of(source) + 1) / 2);
}

int64_t kl_halves_four_bytes(const struct kl_conv2d_s8 *source)
{
    const int64_t filter = filter_of(source);
    return filter * CHANNELS + (filter + KL_HALVES_INPUTS - 1) / KL_HALVES_INPUTS;
}

void kl_pack_halves_s4(const struct kl_conv2d_s8 *source, int32_t *words,
                       const struct kl_exact_tables *tables)
{
    for (int32_t c = 0; c < source->win.out_c; c += CHANNELS) {
        const struct four four = take_four(source, c, tables);
        for (int64_t input = 0; input < four.filter; input += 2) {
            int8_t two[2 * CHANNELS] = {0};
            for (int32_t i = 0; i < CHANNELS; i++) {
                two[i] = (int8_t)weight_at(&four, i, input);
                two[CHANNELS + i] =
                    (int8_t)(input + 1 < four.filter ? weight_at(&four, i, input + 1) : 0);
            }
            words += kl_pack_s4(two, sizeof two, words);
        }
    }
}
