/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_pairs.h"

#include "plan/exact_channel.h"

/* The third word behind the weights of a pair, see struct kl_pairs_s8. */
enum { UPPER_SHIFT_BIT = 8, LINEAR = 1 << 13, LAST = 1 << 14, SINGLE = 1 << 15, ADDEND_BIT = 16 };

/* Sums that leave room for the factor 256. */
enum { UPPER_SUM_LIMIT = 1 << 23 };

enum { UPPER_SCALE = 256, MAX_BLOCK = 4 };

/* One channel on its way into a pair. */
struct lane {
    const int8_t *weights; /* NULL: none that count */
    struct kl_exact_channel exact;
};

/* The last words of one lane. */
struct finish {
    int32_t start, multiplier, shift, addend;
};

int32_t kl_pairs_inputs(int32_t lines, int32_t line)
{
    return lines * ((line + 3) / 4 * 4);
}

static struct lane lane_of(const struct kl_pairs_source *s, int32_t channel)
{
    int64_t taps = (int64_t)s->lines * s->line;
    const int8_t *weights = s->weights + channel * taps;
    const struct kl_channel_taps inputs = {weights, taps, 1, INT8_MIN, INT8_MAX};
    struct kl_exact_channel exact = kl_exact_channel_of(&s->rq, channel, s->bias[channel], &inputs);
    return (struct lane){exact.is_constant ? NULL : weights, exact};
}

bool kl_pairs_fit(const struct kl_pairs_source *source)
{
    for (int32_t i = 0; i < source->channels; i++) {
        struct lane lane = lane_of(source, i);
        if (!kl_exact_fits(&lane.exact)) {
            return false;
        }
    }
    return true;
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
    return UPPER_SCALE * weight_at(s, &pair[1], input) + weight_at(s, &pair[0], input);
}

static bool can_share(const struct kl_pairs_source *s, const struct lane pair[2])
{
    const struct kl_requant_channel *upper = &pair[1].exact.channel;
    if (!pair[1].exact.is_constant &&
        (upper->low < -UPPER_SUM_LIMIT || upper->high >= UPPER_SUM_LIMIT)) {
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

/* Multiplier 2^30 and shift 0 halve twice in the exact form, and once more in the linear one. */
static struct finish constant_finish(const struct lane *lane, bool linear)
{
    return (struct finish){.start = lane->exact.result * (linear ? 8 : 4),
                           .multiplier = linear ? 1 << 30 : (int32_t)(2u << 30)};
}

static struct finish exact_finish(const struct lane *lane)
{
    const struct kl_requant_channel *c = &lane->exact.channel;
    if (lane->exact.is_constant) {
        return constant_finish(lane, false);
    }
    return (struct finish){.start = c->bias,
                           .multiplier = (int32_t)((uint32_t)c->multiplier * 2),
                           .shift = -c->shift - 1};
}

/* The linear form of a channel whose sums come times `scale`; the addend may be so far from the
 * one that zero point and shift give. */
static bool linear_finish(const struct lane *lane, int32_t scale, int32_t freedom,
                          struct finish *finish)
{
    struct kl_requant_curve curve;
    struct kl_requant_fit fit;
    const struct kl_requant_channel *c = &lane->exact.channel;
    if (lane->exact.is_constant) {
        *finish = constant_finish(lane, true);
        return true;
    }
    int32_t shift = kl_requant_max_shift(c, scale);
    if (shift < 1 || !kl_requant_trace(c, &curve)) {
        return false;
    }
    struct kl_requant_need need = kl_requant_any(c, scale, shift);
    int32_t addend = kl_requant_addend(c->zero_point, shift);
    need.addend_low = addend - freedom;
    need.addend_high = addend + freedom;
    need.clamp = true; /* kl_limit_s8, when there is something to limit */
    if (!kl_requant_fit_linear(&curve, &need, &fit)) {
        return false;
    }
    *finish = (struct finish){fit.start, fit.multiplier, shift - 1, fit.addend - addend};
    return true;
}

/* Both lanes in the linear form, or both in the exact one. Returns the flags. */
static uint32_t finish_pair(const struct kl_pairs_source *s, const struct lane pair[2],
                            struct finish finish[2])
{
    bool linear = s->block == 1 && linear_finish(&pair[0], 1, INT16_MAX, &finish[0]) &&
                  linear_finish(&pair[1], UPPER_SCALE, 0, &finish[1]);
    if (linear) {
        return LINEAR;
    }
    finish[0] = exact_finish(&pair[0]);
    finish[1] = exact_finish(&pair[1]);
    finish[1].start = (int32_t)((uint32_t)finish[1].start * UPPER_SCALE);
    return 0;
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

static void put_finish(struct writer *w, const struct finish finish[2], uint32_t flags)
{
    put(w, (uint32_t)finish[0].multiplier);
    put(w, (uint32_t)finish[1].multiplier);
    put(w, (uint32_t)finish[0].shift | (uint32_t)finish[1].shift << UPPER_SHIFT_BIT | flags |
               (uint32_t)finish[0].addend << ADDEND_BIT);
}

static void put_block(struct writer *w, const struct kl_pairs_source *s,
                      const struct lane (*pairs)[2], uint32_t *flags)
{
    struct finish finish[MAX_BLOCK][2] = {0};
    for (int32_t i = 0; i < s->block && w->to; i++) {
        flags[i] |= finish_pair(s, pairs[i], finish[i]);
    }
    for (int32_t i = 0; i < s->block; i++) {
        put(w, (uint32_t)finish[i][0].start);
        put(w, (uint32_t)finish[i][1].start + (uint32_t)finish[i][0].start);
    }
    for (int32_t input = 0; input < kl_pairs_inputs(s->lines, s->line); input += 4) {
        for (int32_t i = 0; i < s->block; i++) {
            put_weights(w, s, pairs[i], input);
        }
    }
    for (int32_t i = 0; i < s->block; i++) {
        put_finish(w, finish[i], flags[i]);
    }
}

/* The next one or two channels as a pair; none left gives an empty one. Returns how many. */
static int32_t next_pair(const struct kl_pairs_source *s, int32_t channel, struct lane pair[2])
{
    static const struct lane none = {.exact = {.is_constant = true}};
    pair[0] = channel < s->channels ? lane_of(s, channel) : none;
    pair[1] = channel + 1 < s->channels ? lane_of(s, channel + 1) : none;
    if (channel + 1 < s->channels && can_share(s, pair)) {
        return 2;
    }
    pair[1] = none;
    return channel < s->channels ? 1 : 0;
}

size_t kl_pack_pairs(const struct kl_pairs_source *source, int32_t *stream)
{
    struct writer w = {stream, 0};
    for (int32_t channel = 0; channel < source->channels;) {
        struct lane pairs[MAX_BLOCK][2];
        uint32_t flags[MAX_BLOCK];
        for (int32_t i = 0; i < source->block; i++) {
            int32_t count = next_pair(source, channel, pairs[i]);
            channel += count;
            flags[i] = (count == 2 ? 0u : SINGLE) | (channel == source->channels ? LAST : 0u);
        }
        put_block(&w, source, (const struct lane(*)[2])pairs, flags);
    }
    return w.count;
}
