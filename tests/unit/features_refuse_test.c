/* SPDX-License-Identifier: Apache-2.0 */
/* Feature pipelines that are refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "features/features.h"

static const struct {
    const char *steps, *words;
} bad_steps[] = {
    {"[spektrum]", "p.yaml:3: step '?': unknown step 'spektrum'; did you mean 'spectrum'?"},
    {"[mel: {bands: 10}]", "step 'mel': it needs a spectrum"},
    {"[spectrum: {length: 100}]", "power of two"},
    {"[spectrum: {length: 64}]", "not shorter"},
    {"[frame: {length: 30 ms, hop: 10 ms, window: han}]", "did you mean 'hann'?"},
    {"[frame: {length: 2 s}]", "a frame of 2000 samples of an input of 100"},
    {"[frame: {hop: 10}]", "option 'length' is missing"},
    {"[frame: {length: 10, lenght: 3}]", "unknown option 'lenght'; did you mean 'length'?"},
    {"[frame: {length: 0}]", "expected 1 to"},
    {"[{frame: {length: 10}}, {frame: {length: 5}}]", "not framed yet"},
    {"[spectrum, {mel: {bands: 400}}]", "has no bin of the spectrum"},
    {"[spectrum, {mel: {bands: 4, low: 400 Hz, high: 300 Hz}}]", "is not below"},
    {"[spectrum, {mel: {bands: 4, high: 600 Hz}}]", "above half the rate"},
    {"[spectrum, {bands: [10 Hz]}]", "expected a list of 2 to 64"},
    {"[spectrum, {bands: [20 Hz, 10 Hz]}]", "is not above"},
    {"[spectrum, log]", "a floor or an offset above 0 is needed"},
    {"[spectrum, {dct: {coefficients: 100}}]", "at most as many as values"},
    {"[spectrum, {bins: {low: 20 Hz, high: 10 Hz}}]", "no bin lies from 20 to 10 Hz"},
    {"[{bins: {high: 20 Hz}}]", "step 'bins': it needs a spectrum"},
    {"[spectrum, {decimate: 2}]", "it works on a signal"},
    {"[decimate]", "one sample of so many is kept"},
    {"[decimate: 101]", "one sample of 101 of a signal of 100"},
    {"[join: [[decimate: 5], [spectrum, bins: {low: 400 Hz}, dct: {coefficients: 99}]]]",
     "99 coefficients of 13 values"},
    {"[absolute: 1]", "it has no options"},
    {"[{frame: {length: 10}}, {centre: {over: frame}}]", "did you mean 'frames'?"},
    {"[centre]", "step 'centre': over one frame alone every value becomes 0"},
    {"[{frame: {length: 60}}, spectrum, standardise]", "say 'over: values'"},
    {"[spectrum, {standardise: {over: frames}}]", "say 'over: values'"},
    {"[dynamic-range]", "how far below the largest value"},
    {"[dynamic-range: 0]", "a range above 0 is needed"},
    {"[dynamic-range: loud]", "range: expected a number"},
    {"[join: [[statistics], [dynamic-range: 6]]]", "works on one frame"},
    {"[statistics: [mean, median]]", "unknown statistic 'median'"},
    {"[filter: {kind: low-pass, low: 5 Hz}]", "a low-pass filter takes high"},
    {"[filter: {kind: band-pass, low: 50 Hz, high: 40 Hz}]", "that rise"},
    {"[{statistics: [mean]}, {filter: {kind: low-pass, high: 5 Hz}}, {frame: {length: 4}}]",
     "not framed yet"},
    {"[{frame: {length: 10}}, {statistics: [mean]}, average, spectrum]", "have ended before"},
    {"[{statistics: [mean, std]}, {normalise: {mean: [1], std: [1, 1]}}]", "1 numbers for 2"},
    {"[{statistics: [mean]}, {normalise: {mean: 0, std: 0}}]", "is not above 0"},
    {"[join: [[statistics]]]", "expected 2 to"},
    {"[grey]", "it works on images"},
    {"[micro-frontend]", "without a window"},
    {"7", "expected a list of steps"},
    {"[[spectrum]]", "expected the name of a step"},
};

static void refuse(const char *text, const char *words)
{
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    struct kl_graph *graph;
    struct kl_diag diag = {0};
    assert_non_null(arena);
    assert_int_not_equal(
        kl_features_graph((struct kl_bytes){(const unsigned char *)text, strlen(text)}, "p.yaml",
                          arena, &graph, &diag),
        KL_OK);
    if (!strstr(diag.message, words)) {
        fail_msg("'%s' does not say '%s', of\n%s", diag.message, words, text);
    }
    kl_arena_free(arena);
}

static void test_refused_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_steps / sizeof bad_steps[0]; i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "features: 1\ninput: {type: float32, samples: 100, rate: 1 kHz}\nsteps: %s\n",
                 bad_steps[i].steps);
        refuse(text, bad_steps[i].words);
    }
}

static void test_refused_texts(void **state)
{
    (void)state;
    refuse("", "empty");
    refuse("[1]", "expected the keys");
    refuse("features: 2\n", "expected 'features: 1'");
    refuse("features: 1\n", "key 'input' is missing");
    refuse("features: 1\nsteps: []\nstep: 1\n", "p.yaml:3: unknown key 'step'");
    refuse("features: 1\ninput: {samples: 4}\nsteps: []\n", "option 'type' is missing");
    refuse("features: 1\ninput: {type: int8, samples: 4}\nsteps: []\n", "unknown type 'int8'");
    refuse("features: 1\ninput: {type: float32}\nsteps: []\n", "samples, or height and width");
    refuse("features: 1\ninput: {type: uint8, samples: 4}\nsteps: []\n", "an image is uint8");
    refuse("features: 1\ninput: {type: float32, samples: 4 s}\nsteps: []\n",
           "needs the input's rate");
    refuse("features: 1\ninput: {type: float32, samples: 4, rate: 0}\nsteps: []\n", "no rate");
    refuse("features: 1\ninput: {type: float32, samples: 4, channels: 65}\nsteps: []\n",
           "more than 64");
    refuse("features: 1\ninput: {type: float32, samples: 4}\nsteps: []\n", "no step changes");
    refuse("features: 1\ninput: {type: float32, samples: 4}\n", "expected a list of steps");
    refuse("features: 1\ninput: {type: float32, samples: 4, stream: true}\nsteps: [statistics]\n",
           "a stream needs the step 'frame'");
    refuse("features: 1\ninput: {type: float32, samples: 4, stream: true}\n"
           "steps: [preemphasis, frame: {length: 2}]\n",
           "in a stream it is the first step");
    refuse("features: 1\ninput: {type: float32, samples: 4, every: 2}\nsteps: [statistics]\n",
           "'every' belongs to one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_steps),
        cmocka_unit_test(test_refused_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
