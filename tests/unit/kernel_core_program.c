/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware of kernel_core_test.c: the innermost loops that are written in a core's own instructions
 * against their definitions in C, over CASES random shapes, alignments and values. Ends with status
 * 0, or with 1 + the number of the check that failed.
 */
#include "kernel_core.h"

#include <string.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mul32.h"
#include "nn/mul32/halves.h"
#include "nn/mul32/window_tile.h"
#include "nn/ref/depthwise_s8.h"
#include "nn/ref/dot_s8.h"
#include "nn/ref/requantize.h"

/* The definitions, under names of their own; once more where the core has nothing else. */
#undef KINGLET_NN_MUL32_HALVES_C_H
#undef KINGLET_NN_MUL32_WINDOW_TILE_C_H
#undef KINGLET_NN_REF_DEPTHWISE_ADD_S8_C_H
#undef KINGLET_NN_REF_DOT_S8_C_H
#undef KINGLET_NN_REF_REQUANTIZE_CHANNELS_C_H
#define kl_dot_s8 define_dot_s8
#define kl_requantize_channels define_requantize_channels
#define kl_depthwise_add_s8 define_depthwise_add_s8
#define kl_halves_multiply define_halves_multiply
#define kl_halves_finish define_halves_finish
#define kl_halves_spread_four define_halves_spread_four
#define kl_windows define_windows
#define kl_windows_1 define_windows_1
#define kl_windows_3_by_1 define_windows_3_by_1
#define kl_windows_5_by_1 define_windows_5_by_1
#define kl_windows_3_by_2 define_windows_3_by_2
#define kl_windows_5_by_2 define_windows_5_by_2
#include "nn/mul32/halves_c.h"
#include "nn/mul32/window_tile_c.h"
#include "nn/ref/depthwise_add_s8_c.h"
#include "nn/ref/dot_s8_c.h"
#include "nn/ref/requantize_channels_c.h"
#undef kl_dot_s8
#undef kl_requantize_channels
#undef kl_depthwise_add_s8
#undef kl_halves_multiply
#undef kl_halves_finish
#undef kl_halves_spread_four
#undef kl_windows
#undef kl_windows_1
#undef kl_windows_3_by_1
#undef kl_windows_5_by_1
#undef kl_windows_3_by_2
#undef kl_windows_5_by_2

enum { BYTES = 256, CHANNELS = 40, GUARD = 4 };

int main(void);

static uint32_t state = 1;

uint32_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

int32_t between(int32_t low, int32_t high)
{
    return low + (int32_t)(random_bits() % (uint32_t)(high - low + 1));
}

void fill(int8_t *bytes, int32_t count)
{
    static const int8_t ends[] = {-128, -127, -1, 0, 1, 127};
    for (int32_t i = 0; i < count; i++) {
        const uint32_t bits = random_bits();
        bytes[i] = bits % 4 == 0 ? ends[bits / 4 % sizeof ends] : (int8_t)(bits >> 8);
    }
}

/* (a * b + 2^30) >> 31 with all 64 bits. */
static int32_t wide_high_mul(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

int32_t any_value(void)
{
    static const int32_t ends[] = {INT32_MIN, INT32_MIN + 1, -65536, -1, 0, 1, 65535, INT32_MAX};
    const uint32_t bits = random_bits();
    return bits % 8 == 0 ? ends[bits / 8 % 8] : (int32_t)random_bits() >> (bits >> 8 & 31u);
}

int32_t any_multiplier(void)
{
    return between(0, 9) == 0 ? 0 : (1 << 30) + (any_value() & ((1 << 30) - 1));
}

static int check_high_mul(void)
{
    const int32_t a = any_value();
    const int32_t b = any_value();
    const int32_t value = between(-32767, 32767), left = between(15, 30);
    const int32_t multiplier = any_value() & INT32_MAX;
    const int64_t wide = ((int64_t)value * multiplier + (1 << (30 - left))) >> (31 - left);
    return (a == INT32_MIN && b == INT32_MIN) ||
           (kl_high_mul(a, b) == wide_high_mul(a, b) &&
            kl_high_mul_halves(a, b) == wide_high_mul(a, b) &&
            kl_high_mul_short_halves(value, left, multiplier) == (int32_t)wide);
}

static int check_dot(void)
{
    static int8_t x[BYTES], w[BYTES];
    int32_t acc[4 + GUARD], wanted[4 + GUARD];
    const int32_t count = between(0, 50), at = between(0, 3);
    const int32_t stride = between(0, 1) * between(count, 60);
    fill(x, BYTES);
    fill(w, BYTES);
    for (int32_t i = 0; i < 4 + GUARD; i++) {
        acc[i] = wanted[i] = between(-100000, 100000);
    }
    kl_dot_s8(acc, x + at, w + at, stride, count);
    define_dot_s8(wanted, x + at, w + at, stride, count);
    return memcmp(acc, wanted, sizeof acc) == 0;
}

static int check_requantize(void)
{
    static int32_t multiplier[CHANNELS], acc[CHANNELS];
    static int8_t shift[CHANNELS];
    int8_t out[CHANNELS + GUARD], wanted[CHANNELS + GUARD];
    const int32_t channel = between(0, 7), count = between(1, CHANNELS - 8);
    const int32_t min = between(-128, 127);
    const struct kl_requant rq = {multiplier, shift, between(-128, 127), min, between(min, 127)};
    for (int32_t i = 0; i < CHANNELS; i++) {
        multiplier[i] = any_multiplier();
        shift[i] = (int8_t)(between(0, 5) == 0 ? between(-31, 30) : between(-12, 0));
        acc[i] = any_value() >> between(0, 20);
    }
    memset(out, 0x55, sizeof out);
    memset(wanted, 0x55, sizeof wanted);
    kl_requantize_channels(&rq, channel, count, acc, out);
    define_requantize_channels(&rq, channel, count, acc, wanted);
    return memcmp(out, wanted, sizeof out) == 0;
}

static int check_depthwise(void)
{
    static int8_t bytes[6][CHANNELS];
    int32_t from[CHANNELS], acc[CHANNELS], wanted[CHANNELS];
    struct kl_tap_s8 taps[KL_DEPTHWISE_TAPS];
    const int32_t count = between(1, CHANNELS - 4), at = between(0, 3);
    for (int32_t i = 0; i < CHANNELS; i++) {
        from[i] = between(-100000, 100000);
        acc[i] = wanted[i] = i;
    }
    for (int32_t i = 0; i < KL_DEPTHWISE_TAPS; i++) {
        fill(bytes[2 * i], CHANNELS);
        fill(bytes[2 * i + 1], CHANNELS);
        taps[i] = (struct kl_tap_s8){bytes[2 * i] + at, bytes[2 * i + 1] + at};
    }
    kl_depthwise_add_s8(acc, from, taps, count);
    define_depthwise_add_s8(wanted, from, taps, count);
    return memcmp(acc, wanted, sizeof acc) == 0;
}

enum { INPUTS = 48, STREAM = INPUTS * (KL_HALVES_CHANNELS + 1) };

/* A stream of four channels with blocks of any lengths. Returns its end. */
static int8_t *fill_stream(int8_t *stream, int32_t inputs)
{
    while (inputs > 0) {
        const int32_t most = inputs < KL_HALVES_INPUTS ? inputs : KL_HALVES_INPUTS;
        const int32_t block = between(1, most);
        fill(stream, block * KL_HALVES_CHANNELS + 1);
        stream[KL_HALVES_CHANNELS] = (int8_t)(block - 1);
        stream += block * KL_HALVES_CHANNELS + 1;
        inputs -= block;
    }
    return stream;
}

static int check_halves(void)
{
    static int8_t stream[STREAM], x[4 * (INPUTS + 4)];
    static uint32_t words[INPUTS * KL_HALVES_PAIRS + GUARD];
    static uint32_t wanted_words[INPUTS * KL_HALVES_PAIRS + GUARD];
    static int32_t bias[KL_HALVES_CHANNELS], multiplier[KL_HALVES_CHANNELS];
    static int8_t shift[KL_HALVES_CHANNELS];
    int8_t out[KL_TILE_PIXELS][KL_HALVES_CHANNELS + GUARD], wanted[sizeof out];
    const int32_t inputs = between(1, INPUTS), step = between(0, INPUTS), at = between(0, 3);
    struct kl_halves h = {.words = words,
                          .end = words + inputs * KL_HALVES_PAIRS,
                          .bias = bias,
                          .multiplier = multiplier,
                          .shift = shift,
                          .rounding = 2 * between(-128, 127) + 1,
                          .started = between(1, INPUTS) * KL_HALVES_START,
                          .channels = between(1, KL_HALVES_CHANNELS)};
    fill(x, sizeof x);
    memset(words, 0x55, sizeof words);
    memset(wanted_words, 0x55, sizeof words);
    kl_halves_spread_four(words, x + at, step, inputs);
    define_halves_spread_four(wanted_words, x + at, step, inputs);
    for (int32_t i = 0; i < KL_HALVES_CHANNELS; i++) {
        bias[i] = any_value();
        multiplier[i] = (1 << 30) + (any_value() & ((1 << 30) - 1));
        shift[i] = (int8_t)between(-31, -1);
    }
    const int8_t *end = fill_stream(stream, inputs);
    struct kl_halves defined = h;
    int good =
        kl_halves_multiply(stream, &h) == end && define_halves_multiply(stream, &defined) == end;
    good = good && memcmp(words, wanted_words, sizeof words) == 0 &&
           memcmp(h.sums, defined.sums, sizeof h.sums) == 0;
    memset(out, 0x55, sizeof out);
    memset(wanted, 0x55, sizeof wanted);
    for (int32_t i = 0; i < KL_TILE_PIXELS; i++) {
        h.out[i] = out[i];
        defined.out[i] = wanted + i * (int32_t)sizeof out[0];
    }
    kl_halves_finish(&h);
    define_halves_finish(&defined);
    return good && memcmp(out, wanted, sizeof out) == 0;
}

static int check_windows(void)
{
    static void (*const tiles[])(const struct kl_window_tile *) = {
        kl_windows_1, kl_windows_3_by_1, kl_windows_5_by_1, kl_windows_3_by_2, kl_windows_5_by_2};
    static void (*const defined[])(const struct kl_window_tile *) = {
        define_windows_1, define_windows_3_by_1, define_windows_5_by_1, define_windows_3_by_2,
        define_windows_5_by_2};
    enum { MOST = 12, PIXELS = 11 };
    static int8_t rows[3][MOST * PIXELS + 4], weights[9 * MOST], shift[MOST];
    static int32_t bias[MOST], multiplier[MOST];
    int8_t out[5 * MOST + GUARD], wanted[sizeof out];
    const int32_t at = between(0, 3), kind = between(0, 4);
    struct kl_window_tile t = {.row = {rows[0] + at, rows[2], rows[1] + at},
                               .weights = weights,
                               .bias = bias,
                               .multiplier = multiplier,
                               .shift = shift,
                               .rounding = 2 * between(-128, 127) + 1,
                               .out = out,
                               .channels = between(1, MOST)};
    fill(rows[0], sizeof rows);
    fill(weights, sizeof weights);
    for (int32_t i = 0; i < MOST; i++) {
        bias[i] = any_value() / 4;
        multiplier[i] = (1 << 30) + (any_value() & ((1 << 30) - 1));
        shift[i] = (int8_t)between(-31, -1);
    }
    memset(out, 0x55, sizeof out);
    memset(wanted, 0x55, sizeof wanted);
    tiles[kind](&t);
    t.out = wanted;
    defined[kind](&t);
    return memcmp(out, wanted, sizeof out) == 0;
}

int main(void)
{
    int (*const checks[])(void) = {check_high_mul,   check_dot,         check_requantize,
                                   check_depthwise,  check_halves,      check_windows,
                                   check_add_linear, check_mul,         check_mean,
                                   check_max_pool,   check_average_pool};
    for (int32_t i = 0; i < CASES; i++) {
        for (int32_t k = 0; k < (int32_t)(sizeof checks / sizeof checks[0]); k++) {
            if (!checks[k]()) {
                return 1 + k;
            }
        }
    }
    return 0;
}
