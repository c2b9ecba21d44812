/* SPDX-License-Identifier: Apache-2.0 */
/* Steps over all frames of a pipeline, against their definitions in double precision. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "features_run.h"
#include "flow/execute.h"
#include "flow/model_job.h"
#include "random.h"

enum { SAMPLES = 1600, HOP = 80, FRAMES = SAMPLES / HOP, WIDTH = 3, VALUES = FRAMES * WIDTH };

static int16_t speech[2 * SAMPLES];

/* Noise that gets louder and quieter. */
static int fill_speech(void **state)
{
    struct kt_random rng = {7};
    (void)state;
    for (int32_t i = 0; i < 2 * SAMPLES; i++) {
        double level = 8000.0 * pow(sin(2.0 * acos(-1.0) * i / 700.0), 8.0) + 2.0;
        speech[i] = (int16_t)(level * (double)kt_random_float(&rng, -1.0f, 1.0f));
    }
    return 0;
}

/* Levels of frames in dB, and further steps. */
static const char *levels(const char *input, const char *steps)
{
    static char text[400];
    snprintf(text, sizeof text,
             "features: 1\n"
             "input: {type: int16, samples: %d, rate: 16 kHz%s}\n"
             "steps: [frame: {length: %d}, statistics: [std, rms, max], "
             "maximum: 1e-5, log: {base: dB, floor: 1e-9}%s]\n",
             SAMPLES, input, HOP, steps);
    return text;
}

/* (x - mean) / deviation of `count` values that lie `step` apart. */
static void slow_standardise(const float *x, int32_t count, int32_t step, double *y)
{
    double mean = 0.0, variance = 0.0;
    for (int32_t i = 0; i < count; i++) {
        mean += (double)x[i * step] / count;
    }
    for (int32_t i = 0; i < count; i++) {
        variance += pow((double)x[i * step] - mean, 2.0) / count;
    }
    for (int32_t i = 0; i < count; i++) {
        y[i * step] = ((double)x[i * step] - mean) / sqrt(variance);
    }
}

static void check_near(const float *found, const double *expected, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!(fabs((double)found[i] - expected[i]) < 1e-4)) {
            fail_msg("value %d: %.9g, expected %.9g", i, (double)found[i], expected[i]);
        }
    }
}

/* Each feature over the frames, each frame over its values, or all alike. */
static void test_standardise(void **state)
{
    float plain[VALUES], found[VALUES];
    double expected[VALUES];
    (void)state;
    features_run_text(levels("", ""), speech, plain, VALUES);
    features_run_text(levels("", ", standardise"), speech, found, VALUES);
    for (int32_t i = 0; i < WIDTH; i++) {
        slow_standardise(plain + i, FRAMES, WIDTH, expected + i);
    }
    check_near(found, expected, VALUES);
    features_run_text(levels("", ", standardise: {over: values}"), speech, found, VALUES);
    for (int32_t i = 0; i < FRAMES; i++) {
        slow_standardise(plain + i * WIDTH, WIDTH, 1, expected + (ptrdiff_t)i * WIDTH);
    }
    check_near(found, expected, VALUES);
    features_run_text(levels("", ", standardise: {over: all}"), speech, found, VALUES);
    slow_standardise(plain, VALUES, 1, expected);
    check_near(found, expected, VALUES);
}

/* All values are those of the signal, or of its channels' vectors. */
static void test_without_frames(void **state)
{
    static const char signal[] = "features: 1\n"
                                 "input: {type: float32, samples: 5, channels: 2}\n"
                                 "steps: [standardise: {over: all}]\n";
    static const char vectors[] = "features: 1\n"
                                  "input: {type: float32, samples: 5, channels: 2}\n"
                                  "steps: [multiply: 1, statistics: [mean, std, rms, min, max], "
                                  "dynamic-range: 4]\n";
    static const float values[10] = {1, 9, -2, 8, 3, 7, -4, 6, 5, 5};
    float found[10];
    double expected[10];
    (void)state;
    features_run_text(signal, values, found, 10);
    slow_standardise(values, 10, 1, expected);
    check_near(found, expected, 10);
    features_run_text(vectors, values, found, 10);
    for (int32_t i = 0; i < 5; i++) { /* 9 is the largest of all */
        assert_true(found[i] == 5.0f);
    }
    assert_true(found[5] == 7.0f && found[8] == 5.0f && found[9] == 9.0f);
}

/* What lies further below the largest value of all is raised to that distance; the rest stays. */
static void test_dynamic_range(void **state)
{
    float plain[VALUES], found[VALUES];
    float largest = -INFINITY;
    int32_t raised = 0;
    (void)state;
    features_run_text(levels("", ""), speech, plain, VALUES);
    features_run_text(levels("", ", dynamic-range: 12.5"), speech, found, VALUES);
    for (int32_t i = 0; i < VALUES; i++) {
        largest = fmaxf(largest, plain[i]);
    }
    for (int32_t i = 0; i < VALUES; i++) {
        float expected = fmaxf(plain[i], largest - 12.5f);
        assert_true(found[i] == expected);
        raised += expected != plain[i];
    }
    assert_in_range(raised, VALUES / 8, VALUES - VALUES / 8);
}

/* A louder recording, and one whose silence is digital, have the same features. */
static void test_gain_and_noise_do_not_count(void **state)
{
    static const char steps[] = ", dynamic-range: 12, standardise: {over: all}";
    static int16_t other[SAMPLES];
    float found[VALUES], changed[VALUES];
    double expected[VALUES];
    (void)state;
    features_run_text(levels("", steps), speech, found, VALUES);
    for (int32_t i = 0; i < SAMPLES; i++) {
        other[i] = (int16_t)(speech[i] / 200 * 200);
    }
    features_run_text(levels("", ", standardise: {over: all}"), other, changed, VALUES);
    assert_true(fabsf(changed[0] - found[0]) > 0.1f);
    for (int32_t i = 0; i < SAMPLES; i++) {
        other[i] = (int16_t)(abs(speech[i]) < 8 ? 0 : 4 * speech[i]);
    }
    features_run_text(levels("", steps), other, changed, VALUES);
    for (int32_t i = 0; i < VALUES; i++) {
        expected[i] = (double)found[i];
    }
    check_near(changed, expected, VALUES);
}

/* A stream has the features of the samples that it saw last. */
static void test_stream(void **state)
{
    static const char steps[] = ", dynamic-range: 12, standardise: {over: all}";
    struct kl_model_job job;
    struct kl_diag diag = {0};
    unsigned char *memory = NULL;
    float whole[VALUES];
    (void)state;
    features_run_text(levels("", steps), speech + SAMPLES, whole, VALUES);
    struct kl_bytes text = features_bytes(levels(", stream: true", steps));
    if (kl_model_job_open_bytes(&job, "stream.yaml", text, &diag) != KL_OK ||
        kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK ||
        kl_execute_arena(job.plan, job.arena, &memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    for (int32_t at = 0; at < 2 * SAMPLES; at += HOP) {
        kl_execute_load(job.plan, (const unsigned char *)(speech + at), memory);
        assert_int_equal(kl_execute(job.plan, memory, &diag), KL_OK);
    }
    assert_int_equal(job.plan->outputs[0].tensor->bytes, sizeof whole);
    assert_memory_equal(kl_execute_io(job.plan, &job.plan->outputs[0], memory), whole,
                        sizeof whole);
    kl_model_job_free(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standardise),   cmocka_unit_test(test_without_frames),
        cmocka_unit_test(test_dynamic_range), cmocka_unit_test(test_gain_and_noise_do_not_count),
        cmocka_unit_test(test_stream),
    };
    return cmocka_run_group_tests(tests, fill_speech, NULL);
}
