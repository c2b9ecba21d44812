/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feature pipelines from their text: against published definitions computed slowly, against the
 * golden features of the integer front end (when they are there), as streams, and in front of a
 * model.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "base/hash.h"
#include "features/design.h"
#include "features/features.h"
#include "features_run.h"
#include "flow/execute.h"
#include "flow/model_job.h"
#include "graph_build.h"
#include "random.h"
#include "slow_features.h"
#include "slow_mfcc.h"

enum { SECOND = 16000, MAX_FEATURES = FEATURES_RUN_VALUES };

static int16_t speech[SECOND];

/* A tone that rises through all bands, and noise. */
static int fill_speech(void **state)
{
    struct kt_random rng = {7};
    (void)state;
    for (int32_t i = 0; i < SECOND; i++) {
        double t = i / (double)SECOND;
        double tone = 9000.0 * sin(2.0 * acos(-1.0) * (100.0 * t + 1800.0 * t * t));
        speech[i] = (int16_t)(tone + (double)kt_random_float(&rng, -700.0f, 700.0f));
    }
    return 0;
}

static struct kl_bytes preset(const char *name)
{
    char path[80];
    snprintf(path, sizeof path, "features/%s.yaml", name);
    const struct kl_builtin *found = kl_builtin_find(path);
    assert_non_null(found);
    return (struct kl_bytes){found->data, found->size};
}

/* ---- definitions ------------------------------------------------------------------------- */

static void check_mfcc(const char *name, const struct slow_mfcc *m, double tolerance)
{
    static float found[MAX_FEATURES];
    double expected[128];
    size_t bytes;
    int32_t width = m->coefficients ? m->coefficients : m->bands;
    features_run(preset(name), speech, found, &bytes);
    assert_int_equal(bytes, 49 * (size_t)width * sizeof(float));
    for (int32_t frame = 0; frame < 49; frame += 6) {
        slow_mfcc(m, speech, frame, expected);
        for (int32_t i = 0; i < width; i++) {
            double seen = (double)found[frame * width + i];
            if (!(fabs(seen - expected[i]) <= tolerance)) {
                fail_msg("%s: frame %d, %d: %.9g, expected %.9g", name, frame, i, seen,
                         expected[i]);
            }
        }
    }
}

static void test_mfcc(void **state)
{
    const struct slow_mfcc m = {480, 320, 512, 16000.0, 20.0, 4000.0, 40, 10, false, 1e-10};
    (void)state;
    check_mfcc("mfcc", &m, 2e-4); /* of values up to 100 */
}

static void test_log_mel(void **state)
{
    const struct slow_mfcc m = {480, 320, 512, 16000.0, 20.0, 8000.0, 40, 0, true, 1e-10};
    (void)state;
    check_mfcc("log-mel", &m, 2e-4); /* dB */
}

static void test_statistics(void **state)
{
    enum { SAMPLES = 200, AXES = 3, SORTS = 9 };
    static float found[MAX_FEATURES], values[SAMPLES * AXES];
    struct kt_random rng = {11};
    size_t bytes;
    (void)state;
    for (int32_t i = 0; i < SAMPLES * AXES; i++) {
        values[i] = kt_random_float(&rng, -3.0f, 3.0f);
    }
    features_run(preset("statistics"), values, found, &bytes);
    assert_int_equal(bytes, AXES * SORTS * sizeof(float));
    for (int32_t axis = 0; axis < AXES; axis++) {
        double x[SAMPLES], expected[SORTS];
        for (int32_t i = 0; i < SAMPLES; i++) {
            x[i] = (double)values[i * AXES + axis];
        }
        slow_statistics(x, SAMPLES, (1u << SORTS) - 1, expected);
        for (int32_t i = 0; i < SORTS; i++) {
            assert_true(fabs((double)found[axis * SORTS + i] - expected[i]) < 1e-4);
        }
    }
}

/* A tone of 250 Hz on the second axis is its highest peak, and the loudest band. */
static void test_spectrum(void **state)
{
    enum { SAMPLES = 1024, AXES = 3, WIDTH = 12 };
    static float found[MAX_FEATURES], values[SAMPLES * AXES];
    size_t bytes;
    (void)state;
    for (int32_t i = 0; i < SAMPLES; i++) {
        values[i * AXES + 1] = (float)sin(2.0 * acos(-1.0) * 250.0 * i / 3200.0);
    }
    features_run(preset("spectrum"), values, found, &bytes);
    assert_int_equal(bytes, AXES * WIDTH * sizeof(float));
    const float *axis = found + WIDTH;
    for (int32_t band = 0; band < 6; band++) {
        assert_true(band == 3 || axis[band] < axis[3] - 20.0f); /* 200 .. 400 Hz */
    }
    assert_true(axis[6] == 250.0f && axis[7] > 1000.0f);
    assert_true(found[6] == 0.0f && found[7] == 0.0f); /* nothing on the first axis */
}

static void check_rate(const char *name, double rate)
{
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    struct kl_features_facts facts;
    struct kl_graph *graph;
    struct kl_diag diag = {0};
    assert_non_null(arena);
    assert_int_equal(kl_features_whole(preset(name), name, arena, &graph, &facts, &diag), KL_OK);
    assert_true(facts.rate == rate);
    kl_arena_free(arena);
}

/* Noise whose level rises 161 times a second: that line and its double stand out of the envelope's
 * spectrum, at any gain. */
static void test_envelope(void **state)
{
    enum { SAMPLES = 4096, BINS = 134 };
    static float values[SAMPLES], found[MAX_FEATURES], louder[MAX_FEATURES];
    struct kt_random rng = {3};
    size_t bytes;
    (void)state;
    for (int32_t i = 0; i < SAMPLES; i++) {
        double since = fmod(161.0 * i / 12000.0, 1.0) / 161.0;
        values[i] = kt_random_float(&rng, -1.0f, 1.0f) * (float)exp(-800.0 * since);
    }
    features_run(preset("envelope"), values, found, &bytes);
    assert_int_equal(bytes, BINS * sizeof(float));
    for (int32_t i = 0; i < SAMPLES; i++) {
        values[i] *= 40.0f;
    }
    features_run(preset("envelope"), values, louder, &bytes);
    for (int32_t i = 0; i < BINS; i++) {
        double hertz = (3 + i) * 1500.0 / 512.0; /* 8.8 Hz is the first of at least 8 Hz */
        bool beside = fabs(hertz - 161.0) < 9.0 || fabs(hertz - 322.0) < 9.0;
        assert_true(beside || found[i] < found[52] - 8.0f);
        assert_true(fabsf(found[i] - louder[i]) < 0.01f);
    }
    assert_true(found[107] > found[80] + 8.0f);
    check_rate("envelope", 12000.0); /* of the samples, not of the envelope */
}

/* One sample of three, less their mean, for each channel. */
static void test_signal_steps(void **state)
{
    static const char text[] = "features: 1\n"
                               "input: {type: float32, samples: 8, channels: 2}\n"
                               "steps: [absolute, decimate: 3, centre: {over: values}, "
                               "statistics: [max]]\n";
    static const float values[8 * 2] = {-1, 8, 9, 9, 9, 9, 2, -5, 9, 9, 9, 9, -6, 5, 9, 9};
    float found[2];
    (void)state;
    features_run_text(text, values, found, 2);
    assert_true(found[0] == 3.0f && found[1] == 2.0f); /* of 1 2 6, and of 8 5 5 */
}

/* Bins are those of the whole spectrum from one frequency to another. */
static void test_bins(void **state)
{
    static const char head[] = "features: 1\ninput: {type: int16, samples: 64, rate: 640 Hz}\n";
    char text[200];
    float all[33], some[4];
    (void)state;
    snprintf(text, sizeof text, "%ssteps: [spectrum]\n", head);
    features_run_text(text, speech, all, 33);
    snprintf(text, sizeof text, "%ssteps: [spectrum, bins: {low: 20 Hz, high: 50 Hz}]\n", head);
    features_run_text(text, speech, some, 4);
    assert_memory_equal(some, all + 2, sizeof some);
}

/* ---- filters ----------------------------------------------------------------------------- */

/* Magnitude of the sections at a share of the rate. */
static double response(const float *sections, int32_t count, double at)
{
    double phase = 2.0 * acos(-1.0) * at, magnitude = 1.0;
    for (int32_t s = 0; s < count; s++) {
        const float *c = sections + 5 * s;
        double up[2] = {0.0, 0.0}, down[2] = {1.0, 0.0};
        for (int32_t i = 0; i < 3; i++) {
            up[0] += (double)c[i] * cos(i * phase);
            up[1] -= (double)c[i] * sin(i * phase);
            down[0] += i > 0 ? (double)c[2 + i] * cos(i * phase) : 0.0;
            down[1] -= i > 0 ? (double)c[2 + i] * sin(i * phase) : 0.0;
        }
        magnitude *= hypot(up[0], up[1]) / hypot(down[0], down[1]);
    }
    return magnitude;
}

/* The squared magnitude of the prototype is 1 / (1 + w^2n), with w warped by the tangent. */
static double butterworth(const struct design_butterworth *d, double at)
{
    const double pi = acos(-1.0);
    double w = tan(pi * at), low = tan(pi * d->low), high = tan(pi * d->high);
    double ratio = d->filter == FILTER_LOWPASS    ? w / high
                   : d->filter == FILTER_HIGHPASS ? low / w
                                                  : (w * w - low * high) / (w * (high - low));
    return 1.0 / sqrt(1.0 + pow(ratio * ratio, d->order));
}

static void test_butterworth(void **state)
{
    float sections[5 * DESIGN_MAX_ORDER];
    (void)state;
    for (int32_t kind = FILTER_LOWPASS; kind <= FILTER_BANDPASS; kind++) {
        for (int32_t order = 1; order <= DESIGN_MAX_ORDER; order++) {
            const struct design_butterworth d = {(enum design_filter)kind, order, 0.11, 0.23};
            int32_t count = design_butterworth(&d, sections);
            assert_int_equal(count, kind == FILTER_BANDPASS ? order : (order + 1) / 2);
            for (int32_t i = 1; i < 100; i++) {
                double at = i / 200.0;
                double off = response(sections, count, at) - butterworth(&d, at);
                assert_true(fabs(off) < 2e-5);
            }
        }
    }
}

/* ---- frames ------------------------------------------------------------------------------ */

/* A frame of many gives what the same samples give alone. */
static void test_frames_alone(void **state)
{
    static const char many[] = "features: 1\n"
                               "input: {type: int16, samples: 1000, rate: 1 kHz}\n"
                               "steps:\n"
                               "  - frame: {length: 100 ms, hop: 50 ms, window: hamming}\n"
                               "  - spectrum\n"
                               "  - bands: [10 Hz, 100 Hz, 500 Hz]\n"
                               "  - log: {base: 2, offset: 0.001}\n";
    static const char one[] = "features: 1\n"
                              "input: {type: int16, samples: 100, rate: 1 kHz}\n"
                              "steps:\n"
                              "  - frame: {length: 100, window: hamming}\n"
                              "  - spectrum\n"
                              "  - bands: [10 Hz, 100 Hz, 500 Hz]\n"
                              "  - log: {base: 2, offset: 0.001}\n";
    float all[19 * 2], alone[2];
    (void)state;
    features_run_text(many, speech, all, 19 * 2);
    for (int32_t frame = 0; frame < 19; frame++) {
        features_run_text(one, speech + 50 * frame, alone, 2);
        assert_memory_equal(all + 2 * frame, alone, sizeof alone);
    }
}

static void test_image(void **state)
{
    static const char text[] = "features: 1\n"
                               "input: {type: uint8, height: 4, width: 4, channels: 3}\n"
                               "steps:\n"
                               "  - grey\n"
                               "  - resize: {height: 2, width: 2}\n"
                               "  - multiply: 0.00392156862745098\n";
    uint8_t image[4 * 4 * 3];
    float found[4];
    (void)state;
    for (int32_t i = 0; i < 16; i++) { /* columns of red, and of white */
        bool white = i % 4 >= 2;
        image[3 * i] = 255;
        image[3 * i + 1] = image[3 * i + 2] = white ? 255 : 0;
    }
    features_run_text(text, image, found, 4);
    for (int32_t i = 0; i < 4; i++) {
        assert_true(fabs((double)found[i] - (i % 2 ? 1.0 : 0.299)) < 1e-6);
    }
}

/* ---- the integer front end --------------------------------------------------------------- */

/* Features of a made signal of whole numbers, as they were when the golden features below agreed.
 */
static void test_micro_frontend(void **state)
{
    static int8_t found[MAX_FEATURES * sizeof(float)];
    static int16_t signal[SECOND];
    struct kt_random rng = {13};
    char sha256[KL_SHA256_HEX_BYTES];
    size_t bytes;
    (void)state;
    for (int32_t i = 0; i < SECOND; i++) { /* a triangle that gets louder, and noise */
        signal[i] = (int16_t)((i % 64 - 32) * (i / 64) + kt_random_between(&rng, -300, 300));
    }
    features_run(preset("micro-frontend"), signal, found, &bytes);
    assert_int_equal(bytes, 49 * 40);
    kl_sha256_hex((const unsigned char *)found, bytes, sha256);
    assert_string_equal(sha256, "cc17144c02386bede57ad303427fa9c96b620f1baa44fd7d21fe834db19ac455");
}

/* The samples of a WAV file with the shortest header. */
static bool read_golden(const char *name, struct kl_arena *arena, struct kl_bytes *bytes)
{
    char path[1024];
    struct kl_diag diag = {0};
    const char *models = getenv("KINGLET_MODELS");
    snprintf(path, sizeof path, "%s/datasets/tflm_micro_speech/%s",
             models ? models : KINGLET_SOURCE_DIR "/../shared/models", name);
    return kl_file_read(path, 1 << 20, arena, bytes, &diag) == KL_OK;
}

static void test_golden_features(void **state)
{
    enum { HEADER = 44 };
    static const char *const names[] = {"yes", "no", "noise", "silence"};
    static int8_t found[MAX_FEATURES * sizeof(float)];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char wave_name[64], golden_name[64];
        struct kl_arena *arena = kl_arena_create(1 << 22);
        struct kl_bytes wave, golden;
        size_t bytes;
        snprintf(wave_name, sizeof wave_name, "%s_1000ms.wav", names[i]);
        snprintf(golden_name, sizeof golden_name, "%s_1000ms.features.bin", names[i]);
        assert_non_null(arena);
        if (!read_golden(wave_name, arena, &wave) || !read_golden(golden_name, arena, &golden)) {
            kl_arena_free(arena);
            print_message("no golden features beside the sources\n");
            skip();
        }
        assert_int_equal(wave.size, HEADER + 2 * SECOND);
        features_run(preset("micro-frontend"), wave.data + HEADER, found, &bytes);
        assert_int_equal(bytes, golden.size);
        assert_memory_equal(found, golden.data, bytes);
        kl_arena_free(arena);
    }
}

/* ---- streams ----------------------------------------------------------------------------- */

/* A planned pipeline with its memory. */
struct stream {
    struct kl_model_job job;
    unsigned char *memory;
};

static void open_stream(struct stream *s, const char *preset_name, const char *input)
{
    struct kl_diag diag = {0};
    struct kl_bytes whole = preset(preset_name);
    const char *steps = strstr((const char *)whole.data, "steps:");
    struct kl_arena *arena = kl_arena_create(1 << 16);
    assert_true(arena && steps);
    int length = (int)((const char *)whole.data + whole.size - steps);
    const char *text = kl_arena_printf(arena, "features: 1\n%s%.*s", input, length, steps);
    assert_non_null(text);
    if (kl_model_job_open_bytes(&s->job, "stream.yaml", features_bytes(text), &diag) != KL_OK ||
        kl_model_job_plan(&s->job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK ||
        kl_execute_arena(s->job.plan, s->job.arena, &s->memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    kl_arena_free(arena);
}

/* After the last hop of a second, a stream holds the features of the last 49 frames of the second
 * with a hop of silence before it, which the stream begins with. */
static void check_stream(const char *name, const char *steps)
{
    enum { HOP = 320 };
    static float whole[MAX_FEATURES];
    static int16_t padded[HOP + SECOND];
    struct stream s;
    struct kl_diag diag = {0};
    char text[400];
    size_t bytes;
    memcpy(padded + HOP, speech, sizeof speech);
    snprintf(text, sizeof text,
             "features: 1\ninput: {type: int16, samples: 16320, rate: 16 kHz}\nsteps:\n"
             "  - frame: {length: 30 ms, hop: 20 ms%s\n",
             steps);
    features_run(features_bytes(text), padded, whole, &bytes);
    open_stream(&s, name, "input: {type: int16, samples: 16000, rate: 16 kHz, stream: true}\n");
    const struct kl_plan *plan = s.job.plan;
    assert_int_equal(plan->inputs[0].tensor->bytes, HOP * sizeof(int16_t));
    assert_true(plan->arena_bytes < 16000); /* no second of samples */
    for (int32_t at = 0; at < SECOND; at += HOP) {
        kl_execute_load(plan, (const unsigned char *)(speech + at), s.memory);
        assert_int_equal(kl_execute(plan, s.memory, &diag), KL_OK);
    }
    const size_t kept = plan->outputs[0].tensor->bytes;
    assert_int_equal(bytes, kept / 49 * 50);
    assert_memory_equal(kl_execute_io(plan, &plan->outputs[0], s.memory),
                        (const unsigned char *)whole + (bytes - kept), kept);
    kl_model_job_free(&s.job);
}

static void test_streams(void **state)
{
    (void)state;
    check_stream("mfcc", ", window: hann}\n"
                         "  - spectrum: {length: 512, of: power}\n"
                         "  - mel: {bands: 40, low: 20 Hz, high: 4 kHz, scale: htk}\n"
                         "  - log: {floor: 1e-10}\n"
                         "  - dct: {coefficients: 10}");
    check_stream("micro-frontend", "}\n"
                                   "  - micro-frontend");
}

/* With a period, the features change with every fifth frame only. */
static void test_every_fifth(void **state)
{
    enum { HOP = 320, RUNS = 20, BYTES = 49 * 10 * sizeof(float) };
    static unsigned char before[BYTES];
    struct stream s;
    struct kl_diag diag = {0};
    (void)state;
    open_stream(&s, "mfcc",
                "input: {type: int16, samples: 16000, rate: 16 kHz, stream: true, every: 5}\n");
    const unsigned char *now = kl_execute_io(s.job.plan, &s.job.plan->outputs[0], s.memory);
    for (int32_t i = 0; i < RUNS; i++) {
        memcpy(before, now, BYTES);
        kl_execute_load(s.job.plan, (const unsigned char *)(speech + i * HOP), s.memory);
        assert_int_equal(kl_execute(s.job.plan, s.memory, &diag), KL_OK);
        assert_int_equal(memcmp(before, now, BYTES) != 0, i % 5 == 4);
    }
    kl_model_job_free(&s.job);
}

/* ---- in front of a model ----------------------------------------------------------------- */

static const char two_bands[] = "features: 1\n"
                                "input: {type: int16, samples: 400, rate: 16 kHz}\n"
                                "steps:\n"
                                "  - frame: {length: 100, hop: 100, window: hann}\n"
                                "  - spectrum\n"
                                "  - bands: [0 Hz, 1 kHz, 8 kHz]\n"
                                "  - log: {floor: 1e-6}\n";

/* A model that only changes the sign of its quantised input. */
static struct kl_graph *model(enum kl_dtype dtype, struct kl_shape shape)
{
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "features", dtype, shape);
    struct kl_tensor *out = gb_tensor(graph, "out", dtype, shape);
    if (dtype == KL_S8) {
        gb_quantise(graph, in, 0.125f, 5);
        gb_quantise(graph, out, 0.125f, 5);
    }
    gb_op(graph, dtype == KL_S8 ? KL_OP_ABS : KL_OP_NEG, GB_LIST(in), GB_LIST(out));
    gb_output(graph, out);
    gb_accept(graph);
    return graph;
}

/* The output of the model behind the pipeline, of speech. */
static const void *run_joined(struct kl_graph *graph, const char *text)
{
    struct kl_diag diag = {0};
    struct kl_plan *plan = NULL;
    unsigned char *memory = NULL;
    if (kl_features_join(features_bytes(text), "p.yaml", graph, &diag) != KL_OK ||
        kl_optimise(graph, NULL, &diag) != KL_OK ||
        kl_plan_create(graph, NULL, graph->arena, &plan, &diag) != KL_OK ||
        kl_execute_arena(plan, graph->arena, &memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    assert_int_equal(plan->input_count, 1);
    assert_int_equal(plan->inputs[0].tensor->dtype, KL_S16);
    kl_execute_load(plan, (const unsigned char *)speech, memory);
    assert_int_equal(kl_execute(plan, memory, &diag), KL_OK);
    return kl_execute_io(plan, &plan->outputs[0], memory);
}

static void test_join(void **state)
{
    float features[4 * 2];
    struct kl_graph *graph = model(KL_S8, GB_SHAPE(1, 4, 2, 1));
    (void)state;
    features_run_text(two_bands, speech, features, 8);
    const int8_t *found = run_joined(graph, two_bands);
    for (int32_t i = 0; i < 8; i++) {
        double level = fmax(-128.0, fmin(127.0, round((double)features[i] / 0.125) + 5.0)) - 5.0;
        assert_int_equal(found[i], (int32_t)fmin(127.0, fabs(level) + 5.0));
    }
    gb_free(graph);
}

static const char integers[] = "features: 1\n"
                               "input: {type: int16, samples: 480, rate: 16 kHz}\n"
                               "steps: [frame: {length: 480}, micro-frontend]\n";

/* Features of integers times their scale, for a model of floats. */
static void test_join_floats(void **state)
{
    struct kl_graph *graph = model(KL_F32, GB_SHAPE(40));
    size_t bytes;
    int8_t features[40];
    (void)state;
    features_run(features_bytes(integers), speech, features, &bytes);
    assert_int_equal(bytes, sizeof features);
    const float *found = run_joined(graph, integers);
    const struct kl_quant *quant = NULL;
    const struct kl_subgraph *subgraph = graph->subgraphs[0];
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kl_tensor *tensor = subgraph->tensors[i];
        quant = tensor->dtype == KL_S8 && tensor->quant.count == 1 ? &tensor->quant : quant;
    }
    assert_non_null(quant);
    for (int32_t i = 0; i < 40; i++) {
        assert_true(found[i] == -quant->scale[0] * (float)(features[i] - quant->zero_point[0]));
    }
    gb_free(graph);
}

static void refuse_join(enum kl_dtype dtype, struct kl_shape shape, const char *text,
                        const char *words)
{
    struct kl_graph *graph = model(dtype, shape);
    struct kl_diag diag = {0};
    assert_int_not_equal(kl_features_join(features_bytes(text), "p.yaml", graph, &diag), KL_OK);
    if (!strstr(diag.message, words)) {
        fail_msg("'%s' does not say '%s'", diag.message, words);
    }
    gb_free(graph);
}

static void test_refuse_join(void **state)
{
    (void)state;
    refuse_join(KL_F32, GB_SHAPE(1, 5, 2), two_bands, "shape [4,2], but the model's input");
    refuse_join(KL_F32, GB_SHAPE(1, 2, 4), two_bands, "[1,2,4]");
    refuse_join(KL_S32, GB_SHAPE(40), integers, "makes int8, but the model's input 'features'");
    refuse_join(KL_S8, GB_SHAPE(40), integers, "scale 0.101");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mfcc),           cmocka_unit_test(test_log_mel),
        cmocka_unit_test(test_statistics),     cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_envelope),       cmocka_unit_test(test_signal_steps),
        cmocka_unit_test(test_bins),           cmocka_unit_test(test_butterworth),
        cmocka_unit_test(test_frames_alone),   cmocka_unit_test(test_image),
        cmocka_unit_test(test_micro_frontend), cmocka_unit_test(test_golden_features),
        cmocka_unit_test(test_streams),        cmocka_unit_test(test_every_fifth),
        cmocka_unit_test(test_join),           cmocka_unit_test(test_join_floats),
        cmocka_unit_test(test_refuse_join),
    };
    return cmocka_run_group_tests(tests, fill_speech, NULL);
}
