/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The float operators of feature pipelines, over random shapes: what a planned graph of one
 * operator computes, against the slow definitions and, for the transform, against FFTW.
 */
#include <fftw3.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/execute.h"
#include "graph_build.h"
#include "kinglet/nn/features.h"
#include "random.h"
#include "slow_features.h"

enum { MAX_VALUES = 1 << 15 };

static struct kt_random rng;
static float values[MAX_VALUES];
static double wide[MAX_VALUES], expected[MAX_VALUES + 2];

/* Random values in -size .. size as floats and as doubles. */
static void fill(int32_t count, float size)
{
    for (int32_t i = 0; i < count; i++) {
        values[i] = kt_random_float(&rng, -size, size);
        wide[i] = (double)values[i];
    }
}

static struct kl_tensor *constant(struct kl_graph *graph, enum kl_dtype dtype,
                                  struct kl_shape shape, const void *data)
{
    struct kl_tensor *tensor = gb_tensor(graph, "constant", dtype, shape);
    gb_fill(graph, tensor, data);
    return tensor;
}

/* Plan the graph, run it on `input`, and give its output, which lives as long as the graph. */
static const void *run(struct kl_graph *graph, const void *input)
{
    struct kl_plan *plan;
    struct kl_diag diag = {0};
    unsigned char *memory = NULL;
    gb_accept(graph);
    if (kl_plan_create(graph, NULL, graph->arena, &plan, &diag) != KL_OK ||
        kl_execute_arena(plan, graph->arena, &memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    kl_execute_load(plan, input, memory);
    assert_int_equal(kl_execute(plan, memory, &diag), KL_OK);
    return kl_execute_io(plan, &plan->outputs[0], memory);
}

/* No element is farther off than `share` of `scale`. */
static void compare(const float *actual, int32_t count, double share, double scale,
                    const char *what)
{
    for (int32_t i = 0; i < count; i++) {
        if (!(fabs((double)actual[i] - expected[i]) <= share * scale)) {
            fail_msg("%s: element %d is %.9g, expected %.9g", what, i, (double)actual[i],
                     expected[i]);
        }
    }
}

static double largest_expected(int32_t count)
{
    double largest = 0.0;
    for (int32_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(expected[i]));
    }
    return largest;
}

/* ---- framing ----------------------------------------------------------------------------- */

static void frames(enum kl_dtype in_type, enum kl_dtype out_type)
{
    int32_t length = kt_random_between(&rng, 1, 40), hop = kt_random_between(&rng, 1, 50);
    int32_t channels = kt_random_between(&rng, 1, 3), count = kt_random_between(&rng, 1, 5);
    int32_t spare = kt_random_between(&rng, 0, hop - 1);
    int32_t samples = (count - 1) * hop + length + spare;
    int32_t asked = kt_random_between(&rng, -1, count);
    int32_t frame = asked < 0 ? 0 : asked >= count ? count - 1 : asked;
    static int16_t shorts[MAX_VALUES];
    struct kl_graph *graph = gb_create();
    fill(samples * channels, 20000.0f);
    for (int32_t i = 0; i < samples * channels; i++) {
        shorts[i] = (int16_t)values[i];
        wide[i] = in_type == KL_S16 ? shorts[i] : wide[i];
    }
    struct kl_tensor *in = channels == 1
                               ? gb_input(graph, "signal", in_type, GB_SHAPE(samples))
                               : gb_input(graph, "signal", in_type, GB_SHAPE(samples, channels));
    struct kl_tensor *out = gb_tensor(graph, "frame", out_type, GB_SHAPE(channels, length));
    struct kl_tensor *const inputs[] = {
        in, gb_scalar(graph, asked),
        out_type == KL_F32 ? constant(graph, KL_F32, GB_SHAPE(length), values) : NULL};
    gb_op(graph, KL_OP_FRAME, out_type == KL_F32 ? 3 : 2, inputs, GB_LIST(out))->attr.frame.hop =
        hop;
    gb_output(graph, out);
    const void *found = run(graph, in_type == KL_S16 ? (const void *)shorts : values);
    for (int32_t c = 0; c < channels; c++) {
        for (int32_t i = 0; i < length; i++) {
            double sample = wide[(frame * hop + i) * channels + c];
            int32_t at = c * length + i;
            double seen = out_type == KL_F32 ? (double)((const float *)found)[at]
                                             : (double)((const int16_t *)found)[at];
            double weight = out_type == KL_F32 ? (double)values[i] : 1.0;
            assert_true(seen == (double)((float)sample * (float)weight));
        }
    }
    gb_free(graph);
}

static void test_frame(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 100; i++) {
        frames(KL_F32, KL_F32);
        frames(KL_S16, KL_F32);
        frames(KL_S16, KL_S16);
    }
}

/* ---- transform --------------------------------------------------------------------------- */

static void transform(int32_t rows, int32_t width, int32_t length)
{
    struct kl_graph *graph = gb_create();
    int32_t bins = length / 2 + 1;
    fill(rows * width, 1.0f);
    struct kl_tensor *in = gb_input(graph, "x", KL_F32, GB_SHAPE(rows, width));
    struct kl_tensor *out = gb_tensor(graph, "y", KL_F32, GB_SHAPE(rows, bins, 2));
    gb_op(graph, KL_OP_REAL_FFT, GB_LIST(in), GB_LIST(out))->attr.real_fft.length = length;
    gb_output(graph, out);
    const float *found = run(graph, values);
    double *signal = fftw_malloc(sizeof *signal * (size_t)length);
    fftw_complex *spectrum = fftw_malloc(sizeof *spectrum * (size_t)bins);
    fftw_plan plan = fftw_plan_dft_r2c_1d(length, signal, spectrum, FFTW_ESTIMATE);
    for (int32_t row = 0; row < rows; row++) {
        for (int32_t i = 0; i < length; i++) {
            signal[i] = i < width ? wide[row * width + i] : 0.0;
        }
        fftw_execute(plan);
        memcpy(expected, spectrum, sizeof *spectrum * (size_t)bins);
        /* Rounding errors of a transform grow with the root of the logarithm of its length;
         * relative to the size of the spectrum they are below this. */
        compare(found + row * bins * 2, 2 * bins, 4e-7, sqrt((double)width), "against FFTW");
        if (length <= 256) {
            slow_dft(wide + row * width, width, length, expected);
            compare(found + row * bins * 2, 2 * bins, 4e-7, sqrt((double)width), "by definition");
        }
    }
    fftw_destroy_plan(plan);
    fftw_free(signal);
    fftw_free(spectrum);
    gb_free(graph);
}

static void test_transform(void **state)
{
    (void)state;
    for (int32_t length = 8; length <= 16384; length *= 2) {
        transform(1, length, length);
        transform(length <= 1024 ? 3 : 1, kt_random_between(&rng, 1, length), length);
    }
}

/* ---- spectra ----------------------------------------------------------------------------- */

static void test_squared_magnitude(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 20; i++) {
        int32_t rows = kt_random_between(&rng, 1, 4), bins = kt_random_between(&rng, 1, 60);
        struct kl_graph *graph = gb_create();
        fill(rows * bins * 2, 3.0f);
        struct kl_tensor *in = gb_input(graph, "x", KL_F32, GB_SHAPE(rows, bins, 2));
        struct kl_tensor *out = gb_tensor(graph, "y", KL_F32, GB_SHAPE(rows, bins));
        gb_op(graph, KL_OP_SQUARED_MAGNITUDE, GB_LIST(in), GB_LIST(out));
        gb_output(graph, out);
        const float *found = run(graph, values);
        for (int32_t k = 0; k < rows * bins; k++) {
            expected[k] = wide[2 * k] * wide[2 * k] + wide[2 * k + 1] * wide[2 * k + 1];
        }
        compare(found, rows * bins, 2e-7, 18.0, "squared magnitude");
        gb_free(graph);
    }
}

static void bands(int32_t rows, int32_t bins, int32_t count)
{
    float *weights = calloc((size_t)(bins * count), sizeof *weights);
    double *wide_weights = calloc((size_t)(bins * count), sizeof *wide_weights);
    struct kl_graph *graph = gb_create();
    assert_true(weights && wide_weights);
    for (int32_t b = 0; b < count; b++) {
        /* Some bands are empty, and some have a hole. */
        int32_t first = kt_random_between(&rng, 0, bins), last = kt_random_between(&rng, 0, bins);
        for (int32_t i = first; i < last; i++) {
            weights[b * bins + i] = i % 5 == 3 ? 0.0f : kt_random_float(&rng, -1.0f, 1.0f);
            wide_weights[b * bins + i] = (double)weights[b * bins + i];
        }
    }
    fill(rows * bins, 1.0f);
    struct kl_tensor *in = gb_input(graph, "x", KL_F32, GB_SHAPE(rows, bins));
    struct kl_tensor *out = gb_tensor(graph, "y", KL_F32, GB_SHAPE(rows, count));
    gb_op(graph, KL_OP_BAND_SUMS,
          GB_LIST(in, constant(graph, KL_F32, GB_SHAPE(count, bins), weights)), GB_LIST(out));
    gb_output(graph, out);
    const float *found = run(graph, values);
    for (int32_t row = 0; row < rows; row++) {
        slow_bands(wide + row * bins, wide_weights, count, bins, expected + row * count);
    }
    compare(found, rows * count, 1e-6, sqrt((double)bins), "bands");
    free(weights);
    free(wide_weights);
    gb_free(graph);
}

static void test_bands(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 50; i++) {
        bands(kt_random_between(&rng, 1, 3), kt_random_between(&rng, 1, 80),
              kt_random_between(&rng, 1, 20));
    }
}

static void peaks(int32_t rows, int32_t bins, int32_t count, float threshold)
{
    struct kl_graph *graph = gb_create();
    for (int32_t i = 0; i < rows * bins; i++) { /* few values, so that many are equal */
        values[i] = (float)kt_random_between(&rng, 0, 6);
        wide[i] = (double)values[i];
    }
    struct kl_tensor *in = gb_input(graph, "x", KL_F32, GB_SHAPE(rows, bins));
    struct kl_tensor *out = gb_tensor(graph, "y", KL_F32, GB_SHAPE(rows, count, 2));
    gb_op(graph, KL_OP_PEAKS, GB_LIST(in), GB_LIST(out))->attr.peaks =
        (struct kl_attr_peaks){threshold, 12.5f};
    gb_output(graph, out);
    const float *found = run(graph, values);
    for (int32_t row = 0; row < rows; row++) {
        slow_peaks(wide + row * bins, bins, (double)threshold, 12.5, count,
                   expected + row * count * 2);
    }
    compare(found, rows * count * 2, 0.0, 1.0, "peaks");
    gb_free(graph);
}

static void test_peaks(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 100; i++) {
        peaks(kt_random_between(&rng, 1, 3), kt_random_between(&rng, 1, 40),
              kt_random_between(&rng, 1, 6), (float)kt_random_between(&rng, 0, 4));
    }
}

/* ---- signals ----------------------------------------------------------------------------- */

static void statistics(int32_t rows, int32_t width, uint32_t which, bool flat)
{
    struct kl_graph *graph = gb_create();
    int32_t count = __builtin_popcount(which);
    fill(rows * width, 2.0f);
    for (int32_t i = 0; flat && i < rows * width; i++) {
        values[i] = 0.1f; /* whose sums are rounded */
        wide[i] = (double)0.1f;
    }
    struct kl_tensor *in = gb_input(graph, "x", KL_F32, GB_SHAPE(rows, width));
    struct kl_tensor *out = gb_tensor(graph, "y", KL_F32, GB_SHAPE(rows, count));
    gb_op(graph, KL_OP_STATISTICS, GB_LIST(in), GB_LIST(out))->attr.statistics.which = which;
    gb_output(graph, out);
    const float *found = run(graph, values);
    for (int32_t row = 0; row < rows; row++) {
        slow_statistics(wide + row * width, width, which, expected + row * count);
    }
    compare(found, rows * count, 4e-6, fmax(1.0, largest_expected(rows * count)), "statistics");
    gb_free(graph);
}

static void test_statistics(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 200; i++) {
        statistics(kt_random_between(&rng, 1, 3), kt_random_between(&rng, 3, 400),
                   (uint32_t)kt_random_between(&rng, 1, (1 << KL_STATISTIC_COUNT) - 1),
                   i % 10 == 0);
    }
    statistics(2, 1, (1u << KL_STATISTIC_COUNT) - 1, false);
}

/* Sections whose poles lie inside of the circle of radius 0.9. */
static void biquad(int32_t outer, int32_t count, int32_t inner, int32_t sections)
{
    float c[5 * 4];
    double wide_c[5 * 4];
    struct kl_graph *graph = gb_create();
    for (int32_t s = 0; s < sections; s++) {
        float radius = kt_random_float(&rng, 0.1f, 0.9f), angle = kt_random_float(&rng, 0.0f, 3.0f);
        float *section = c + 5 * s;
        for (int32_t i = 0; i < 3; i++) {
            section[i] = kt_random_float(&rng, -0.3f, 0.3f);
        }
        section[3] = -2.0f * radius * cosf(angle);
        section[4] = radius * radius;
    }
    for (int32_t i = 0; i < 5 * sections; i++) {
        wide_c[i] = (double)c[i];
    }
    fill(outer * count * inner, 1.0f);
    struct kl_tensor *in = gb_input(graph, "x", KL_F32, GB_SHAPE(outer, count, inner));
    struct kl_tensor *out = gb_tensor(graph, "y", KL_F32, GB_SHAPE(outer, count, inner));
    gb_op(graph, KL_OP_BIQUAD, GB_LIST(in, constant(graph, KL_F32, GB_SHAPE(sections, 5), c)),
          GB_LIST(out))
        ->attr.biquad.axis = 1;
    gb_output(graph, out);
    const float *found = run(graph, values);
    slow_biquad(wide, wide_c, sections, outer, count, inner, expected);
    compare(found, outer * count * inner, 2e-5, fmax(1.0, largest_expected(outer * count * inner)),
            "filters");
    gb_free(graph);
}

static void test_biquad(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 50; i++) {
        biquad(kt_random_between(&rng, 1, 3), kt_random_between(&rng, 1, 100),
               kt_random_between(&rng, 1, 3), kt_random_between(&rng, 1, 4));
    }
}

/* ---- refusals ---------------------------------------------------------------------------- */

static void refuse_transform(int32_t width, int32_t length, int32_t bins, const char *words)
{
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "x", KL_F32, GB_SHAPE(width));
    struct kl_tensor *out = gb_tensor(graph, "y", KL_F32, GB_SHAPE(bins, 2));
    gb_op(graph, KL_OP_REAL_FFT, GB_LIST(in), GB_LIST(out))->attr.real_fft.length = length;
    gb_output(graph, out);
    gb_refuse(graph, words);
    gb_free(graph);
}

static void test_wrong_shapes(void **state)
{
    (void)state;
    refuse_transform(12, 12, 7, "powers of two");
    refuse_transform(17, 16, 9, "17 samples");
    refuse_transform(4, 4, 3, "powers of two");
    refuse_transform(16, 16, 8, "[9,2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame),  cmocka_unit_test(test_transform),
        cmocka_unit_test(test_bands),  cmocka_unit_test(test_squared_magnitude),
        cmocka_unit_test(test_peaks),  cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_biquad), cmocka_unit_test(test_wrong_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
