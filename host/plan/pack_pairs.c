/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_pairs.h"

#include <limits.h>

#include "nn/ref/requantize.h"

/* The third word behind the weights of a pair. */
static const uint32_t last_pair = (uint32_t)1 << 30, single = (uint32_t)1 << 31;

/* Leaves room for 2 * zero point + 1. */
enum { SUM_LIMIT = 1 << 30, UPPER_SUM_LIMIT = 1 << 23 };

int32_t kl_pairs_inputs(int32_t lines, int32_t line)
{
    return lines * ((line + 3) / 4 * 4);
}

static const int8_t *weights_of(const struct kl_pairs_source *s, int32_t channel)
{
    return s->weights + (int64_t)channel * s->lines * s->line;
}

/* Smallest and largest sum of a channel over all int8 inputs. */
struct range {
    int64_t min, max;
};

static struct range sums_of(const struct kl_pairs_source *s, int32_t channel)
{
    const int8_t *w = weights_of(s, channel);
    struct range r = {s->bias[channel], s->bias[channel]};
    for (int32_t t = 0; t < s->lines * s->line; t++) {
        r.min += w[t] * (w[t] > 0 ? INT8_MIN : INT8_MAX);
        r.max += w[t] * (w[t] > 0 ? INT8_MAX : INT8_MIN);
    }
    return r;
}

/* Does the left shift of a positive `shift` keep the sum? Then results grow with sums. */
static bool keeps(int64_t sum, int32_t shift)
{
    int64_t shifted = shift > 0 ? sum * ((int64_t)1 << shift) : sum;
    return shifted >= INT32_MIN && shifted <= INT32_MAX;
}

static int32_t result_of(const struct kl_pairs_source *s, int32_t channel, int64_t sum)
{
    const struct kl_requant *rq = &s->rq;
    int32_t scaled = kl_requantize((int32_t)sum, rq->multiplier[channel], rq->shift[channel]);
    return kl_output_s8(scaled, rq->out_zero_point, rq->min, rq->max);
}

/* Has the channel the same result for all inputs? */
static bool is_constant(const struct kl_pairs_source *s, int32_t channel, int32_t *result)
{
    struct range r = sums_of(s, channel);
    int32_t shift = s->rq.shift[channel];
    if (!keeps(r.min, shift) || !keeps(r.max, shift)) {
        return false;
    }
    *result = result_of(s, channel, r.max);
    return *result == result_of(s, channel, r.min);
}

bool kl_pairs_fit(const struct kl_pairs_source *source)
{
    for (int32_t c = 0; c < source->channels; c++) {
        struct range r = sums_of(source, c);
        int32_t result;
        bool exact = r.min >= -SUM_LIMIT && r.max <= SUM_LIMIT && source->rq.shift[c] < 0 &&
                     source->rq.multiplier[c] > 0;
        if (!exact && !is_constant(source, c, &result)) {
            return false;
        }
    }
    return true;
}

/* One channel of a pair; weights NULL: none that count. */
struct lane {
    const int8_t *weights;
    int32_t bias, multiplier, shift;
};

/* A quarter of the bias, whatever the inputs. */
static struct lane constant_lane(int32_t value)
{
    return (struct lane){NULL, 4 * value, 1 << 30, -1};
}

static struct lane lane_of(const struct kl_pairs_source *s, int32_t channel)
{
    int32_t result;
    if (is_constant(s, channel, &result)) {
        return constant_lane(result - s->rq.out_zero_point);
    }
    return (struct lane){weights_of(s, channel), s->bias[channel], s->rq.multiplier[channel],
                         s->rq.shift[channel]};
}

/* input: of the stream. */
static int32_t weight_at(const struct kl_pairs_source *s, const struct lane *lane, int32_t input)
{
    int32_t padded = kl_pairs_inputs(1, s->line);
    int32_t column = input % padded;
    return lane->weights && column < s->line ? lane->weights[input / padded * s->line + column] : 0;
}

static int32_t half_at(const struct kl_pairs_source *s, const struct lane pair[2], int32_t input)
{
    return 256 * weight_at(s, &pair[1], input) + weight_at(s, &pair[0], input);
}

/* Do channel and channel + 1 fit one pair? */
static bool share_pair(const struct kl_pairs_source *s, int32_t channel)
{
    const struct lane pair[2] = {lane_of(s, channel), lane_of(s, channel + 1)};
    struct range upper = sums_of(s, channel + 1);
    if (pair[1].weights && (upper.min < -UPPER_SUM_LIMIT || upper.max >= UPPER_SUM_LIMIT)) {
        return false;
    }
    for (int32_t i = 0; i < kl_pairs_inputs(s->lines, s->line); i++) {
        int32_t half = half_at(s, pair, i);
        if (half < INT16_MIN || half > INT16_MAX) {
            return false;
        }
    }
    return true;
}

/* Words one after the other, or only their number. */
struct writer {
    int32_t *to;
    size_t count;
};

static void put(struct writer *w, uint32_t word)
{
    if (w->to) {
        w->to[w->count] = (int32_t)word;
    }
    w->count++;
}

static void put_weights(struct writer *w, const struct kl_pairs_source *s,
                        const struct lane pair[2], int32_t input)
{
    for (int32_t odd = 0; odd < 2; odd++) {
        uint32_t low = (uint32_t)half_at(s, pair, input + odd) & 0xffffu;
        put(w, low | (uint32_t)half_at(s, pair, input + 2 + odd) << 16);
    }
}

static uint32_t factor_of(const struct lane *lane)
{
    return (uint32_t)lane->multiplier * 2;
}

/* A block; `flags`: of each pair. */
static void put_block(struct writer *w, const struct kl_pairs_source *s,
                      const struct lane (*pairs)[2], const uint32_t *flags)
{
    for (int32_t i = 0; i < s->block; i++) {
        put(w, (uint32_t)pairs[i][0].bias);
        put(w, (uint32_t)pairs[i][1].bias * 256 + (uint32_t)pairs[i][0].bias);
    }
    for (int32_t input = 0; input < kl_pairs_inputs(s->lines, s->line); input += 4) {
        for (int32_t i = 0; i < s->block; i++) {
            put_weights(w, s, pairs[i], input);
        }
    }
    for (int32_t i = 0; i < s->block; i++) {
        put(w, factor_of(&pairs[i][0]));
        put(w, factor_of(&pairs[i][1]));
        put(w, (uint32_t)(-pairs[i][0].shift - 1) | (uint32_t)(-pairs[i][1].shift - 1) << 8 |
                   flags[i]);
    }
}

enum { MAX_BLOCK = 4 };

size_t kl_pack_pairs(const struct kl_pairs_source *source, int32_t *stream)
{
    const struct lane none = constant_lane(0);
    struct writer w = {stream, 0};
    for (int32_t channel = 0; channel < source->channels;) {
        struct lane pairs[MAX_BLOCK][2];
        uint32_t flags[MAX_BLOCK] = {0};
        for (int32_t i = 0; i < source->block; i++) {
            bool there = channel < source->channels;
            bool both = channel + 1 < source->channels && share_pair(source, channel);
            pairs[i][0] = there ? lane_of(source, channel) : none;
            pairs[i][1] = both ? lane_of(source, channel + 1) : none;
            channel += both ? 2 : there ? 1 : 0;
            flags[i] = (both ? 0 : single) | (channel == source->channels ? last_pair : 0);
        }
        put_block(&w, source, (const struct lane(*)[2])pairs, flags);
    }
    return w.count;
}
