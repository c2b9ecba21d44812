/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of kernels that take channels in pairs (kinglet/nn/armv7em.h). */
#include "nn/armv7em/pairs_c.h"
#include "nn/pack/check.h"

enum { PAIR_START = 2, PAIR_END = 3 }; /* words of a pair in front of its weights and behind */

/* A stream that is being checked. */
struct stream {
    const struct kl_check *check;
    const int32_t *words;   /* of the block */
    uint32_t block;         /* pairs in a block */
    uint32_t weights_words; /* of a block */
};

/* The three words behind a pair's weights. How many channels the pair has, or 0: malformed. */
static int32_t check_pair(const int32_t *end, uint32_t block, int32_t left)
{
    enum { MAX_SHIFT = 30 };
    const uint32_t flags = (uint32_t)end[2];
    const int32_t count = flags & KL_PAIR_SINGLE ? 1 : 2;
    const bool last = (flags & KL_PAIR_LAST) != 0;
    const bool linear = (flags & KL_PAIR_LINEAR) != 0;
    const bool lower = (linear || end[0] < 0) && (flags & 0xff) <= MAX_SHIFT;
    const bool upper = count == 1 || ((linear || end[1] < 0) && (flags >> 8 & 0x1f) <= MAX_SHIFT);
    const bool form = !linear || block == 1;
    return lower && upper && form && count <= left && last == (count == left) ? count : 0;
}

/* The blocks of one stream; s->words moves on behind them. */
static bool check_stream(struct stream *s, int32_t channels)
{
    const uint32_t words = kl_plus(s->weights_words, (PAIR_START + PAIR_END) * s->block);
    while (channels > 0) {
        if (!kl_check_constant(s->check, s->words, words, 4)) {
            return false;
        }
        const int32_t *end = s->words + PAIR_START * s->block + s->weights_words;
        for (uint32_t pair = 0; pair < s->block && channels > 0; pair++, end += PAIR_END) {
            const int32_t count = check_pair(end, s->block, channels);
            if (count == 0) {
                return false;
            }
            channels -= count;
        }
        s->words += words;
    }
    return true;
}

bool kl_check_pairs(const struct kl_check *check, const struct kl_pairs_s8 *pairs, int32_t groups,
                    int32_t channels, uint32_t block)
{
    struct stream stream = {check, pairs->stream, block,
                            kl_times((uint32_t)pairs->inputs / 2, block)};
    for (int32_t group = 0; group < groups; group++) {
        if (!check_stream(&stream, channels)) {
            return false;
        }
    }
    return kl_check_limits(pairs->out_zero_point, pairs->min, pairs->max, 1);
}

/* The streams of blocks of `block` channels in 4 bits; scratch memory holds one of them unpacked,
 * and `more` bytes. */
static bool check_pairs_s4(const struct kl_check *check, const struct kl_pairs_s8 *pairs,
                           int32_t channels, const int32_t block[2], uint32_t group, uint32_t more)
{
    const uint32_t inputs = (uint32_t)pairs->inputs;
    struct stream stream = {check, pairs->stream, group, kl_times(inputs / 4, group)};
    const uint32_t room = block[1] < 0 ? 0 : (uint32_t)block[1];
    if (inputs % 4 != 0 || !kl_within(block[0], 1, channels) ||
        kl_plus(kl_times(room, 4), more) > check->scratch_bytes) {
        return false;
    }
    for (int32_t channel = 0; channel < channels; channel += block[0]) {
        const int32_t left = channels - channel;
        const int32_t *words = stream.words;
        if (!check_stream(&stream, left < block[0] ? left : block[0])) {
            return false;
        }
        const uint32_t packed = (uint32_t)(stream.words - words);
        const uint32_t groups = packed / (stream.weights_words + (PAIR_START + PAIR_END) * group);
        if (kl_plus(packed, kl_times(groups, stream.weights_words)) > room ||
            block[0] > INT32_MAX - channel) {
            return false;
        }
    }
    return kl_check_limits(pairs->out_zero_point, pairs->min, pairs->max, 1);
}

static uint32_t next_multiple_of_4(uint32_t count)
{
    return kl_plus(count, 3) & ~3u;
}

/* The window of a convolution with so many inputs in the stream. */
static bool check_inputs(struct kl_check *check, const struct kl_window *win, int32_t groups,
                         int32_t in_zero_point, int32_t inputs)
{
    if (!kl_check_window(check, win, 1) || !kl_groups_divide(win, groups) ||
        !kl_within(in_zero_point, INT8_MIN, INT8_MAX) || inputs < 1) {
        return false;
    }
    const int32_t depth = win->in_c / groups;
    const uint32_t line = next_multiple_of_4(kl_times((uint32_t)win->k_w, (uint32_t)depth));
    return (uint32_t)inputs == kl_times((uint32_t)win->k_h, line);
}

bool kl_conv2d_pairs_s8_check(const struct kl_conv2d_pairs_s8 *p, struct kl_check *check)
{
    return check_inputs(check, &p->win, p->groups, p->in_zero_point, p->pairs.inputs) &&
           kl_times((uint32_t)p->pairs.inputs, 9) <= check->scratch_bytes &&
           kl_check_pairs(check, &p->pairs, p->groups, p->win.out_c / p->groups, 1);
}

bool kl_conv2d_pairs_s4_check(const struct kl_conv2d_pairs_s4 *p, struct kl_check *check)
{
    const int32_t block[2] = {p->block, p->block_words};
    return check_inputs(check, &p->win, 1, p->in_zero_point, p->pairs.inputs) &&
           check_pairs_s4(check, &p->pairs, p->win.out_c, block, 1,
                          kl_times((uint32_t)p->pairs.inputs, 9));
}

/* Vectors of in_c inputs, `inputs` in the stream; *more: bytes of scratch memory for one. */
static bool check_vectors(struct kl_check *check, int32_t in_c, int32_t out_c, int32_t inputs,
                          uint32_t *more)
{
    const bool whole = in_c == inputs;
    *more = whole ? 0 : (uint32_t)inputs;
    return in_c >= 1 && out_c >= 1 && (uint32_t)inputs == next_multiple_of_4((uint32_t)in_c) &&
           kl_check_in(check, 0, kl_out_rows(check), (uint32_t)in_c, whole ? 4 : 1) &&
           kl_check_out(check, 0, (uint32_t)out_c, 1);
}

bool kl_fully_connected_pairs_s8_check(const struct kl_fully_connected_pairs_s8 *p,
                                       struct kl_check *check)
{
    uint32_t more;
    return check_vectors(check, p->in_c, p->out_c, p->pairs.inputs, &more) &&
           more <= check->scratch_bytes && kl_check_pairs(check, &p->pairs, 1, p->out_c, 4);
}

bool kl_fully_connected_pairs_s4_check(const struct kl_fully_connected_pairs_s4 *p,
                                       struct kl_check *check)
{
    const int32_t block[2] = {p->block, p->block_words};
    uint32_t more;
    return check_vectors(check, p->in_c, p->out_c, p->pairs.inputs, &more) &&
           check_pairs_s4(check, &p->pairs, p->out_c, block, 4, more);
}
