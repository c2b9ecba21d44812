/* SPDX-License-Identifier: Apache-2.0 */
/* Items of a data set as training sees them: windows, padding, and features that have the bits of
 * the pipeline itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "flow/execute.h"
#include "flow/learn_data.h"
#include "flow/model_job.h"
#include "flow/ptq_data.h"
#include "folder.h"
#include "random.h"
#include "test_job.h"

enum { ITEMS = 6, FRAMES = 700, WINDOW = 400, SHORT = 250, FEATURES_MAX = 512 };

/* Samples of int16, and the same as a data set of shares of 1 holds them. */
static int16_t numbers[ITEMS * FRAMES];
static float shares[ITEMS * FRAMES];
static struct kl_data_item items[ITEMS];
static const char *const classes[] = {"even", "odd"};
static struct kl_dataset dataset;

static int set_up(void **state)
{
    struct kt_random rng = {11};
    for (int32_t i = 0; i < ITEMS * FRAMES; i++) {
        double tone = 9000 * sin(0.05 * i + 1e-5 * i * i);
        numbers[i] = (int16_t)(tone + (double)kt_random_float(&rng, -500, 500));
        shares[i] = (float)numbers[i] / 32768.0f;
    }
    for (int32_t i = 0; i < ITEMS; i++) {
        items[i] = (struct kl_data_item){.name = "item",
                                         .group = i % 2 ? "a" : "b",
                                         .tags = "",
                                         .origin = "",
                                         .label = i % 2,
                                         .target = NAN,
                                         .frames = i == ITEMS - 1 ? SHORT : FRAMES,
                                         .width = 1,
                                         .offset = (uint64_t)i * FRAMES * sizeof shares[0],
                                         .split = KL_SPLIT_TRAIN,
                                         .fold = -1};
    }
    dataset = (struct kl_dataset){.facts = {.kind = KL_DATA_SERIES,
                                            .rate = 8000,
                                            .unit = "",
                                            .channel_count = 1,
                                            .class_count = 2,
                                            .classes = classes},
                                  .path = "set",
                                  .count = ITEMS,
                                  .items = items,
                                  .samples = (const unsigned char *)shares,
                                  .samples_bytes = sizeof shares};
    return open_job(state);
}

static const char *in_folder(const char *name)
{
    const char *path = kl_arena_printf(arena, "%s/%s", kt_folder, name);
    assert_non_null(path);
    return path;
}

/* A pipeline of WINDOW samples with these words in its input; returns its path. */
static const char *pipeline(const char *type, const char *words, const char *steps)
{
    const char *text = kl_arena_printf(arena,
                                       "features: 1\n"
                                       "input: {type: %s, samples: %d, rate: 8 kHz%s}\n"
                                       "steps:\n%s",
                                       type, (int)WINDOW, words, steps);
    const char *path = in_folder("pipeline.yaml");
    must_work(kl_file_write(path, text, strlen(text), &diag));
    return path;
}

static const char spectra[] = "  - frame: {length: 128, hop: 64, window: hann}\n"
                              "  - spectrum\n"
                              "  - mel: {bands: 12}\n"
                              "  - log: {floor: 1e-6}\n";

/* What the engine makes of WINDOW samples, as `kinglet run PIPELINE` does. */
static int32_t run_alone(const char *path, const void *samples, unsigned char *out)
{
    struct kl_model_job job;
    unsigned char *memory;
    must_work(kl_model_job_open(&job, path, &diag));
    must_work(kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag));
    must_work(kl_execute_arena(job.plan, job.arena, &memory, &diag));
    kl_execute_load(job.plan, samples, memory);
    must_work(kl_execute(job.plan, memory, &diag));
    int32_t bytes = (int32_t)job.plan->outputs[0].tensor->bytes;
    assert_true(bytes <= FEATURES_MAX * (int32_t)sizeof(float));
    kl_execute_store(job.plan, memory, out);
    kl_model_job_free(&job);
    return bytes;
}

static struct kl_learn_rule rule_of(const char *path)
{
    struct kl_learn_rule rule = {.need = KL_NEED_LABEL};
    must_work(kl_data_features_open(path, arena, &rule.features, &diag));
    return rule;
}

static void expect_refusal(const struct kl_learn_rule *rule, const char *words)
{
    struct kl_learn_data data;
    assert_int_not_equal(kl_learn_data_make(&dataset, rule, arena, &data, &diag), KL_OK);
    if (!strstr(diag.message, words)) {
        fail_msg("'%s' lacks '%s'", diag.message, words);
    }
    kl_diag_clear(&diag);
}

/* Every window of every item has the features that the pipeline makes of its samples. */
static void expect_same_bits(const char *alone, struct kl_learn_rule *rule)
{
    struct kl_learn_data data;
    float values[FEATURES_MAX], wanted[FEATURES_MAX];
    must_work(kl_learn_data_make(&dataset, rule, arena, &data, &diag));
    const struct kl_learn_set *set = kl_learn_part(&data, KL_PART_TRAIN);
    assert_int_equal(set->count, (ITEMS - 1) * (1 + (FRAMES - WINDOW) / rule->hop) + 1);
    assert_int_equal(data.padded, 1);
    for (int32_t i = 0; i < set->count; i++) {
        int32_t item = data.part[KL_PART_TRAIN].item[i];
        int16_t samples[WINDOW] = {0};
        if (item == ITEMS - 1) {
            memcpy(samples + (WINDOW - SHORT) / 2, numbers + item * FRAMES,
                   SHORT * sizeof(int16_t));
        } else {
            int32_t first = data.part[KL_PART_TRAIN].window[i] * rule->hop;
            memcpy(samples, numbers + item * FRAMES + first, sizeof samples);
        }
        size_t bytes = (size_t)run_alone(alone, samples, (unsigned char *)wanted);
        assert_int_equal(bytes, (size_t)kl_shape_elements(&set->shape) * sizeof(float));
        must_work(set->read(set->context, i, values, &diag));
        assert_memory_equal(values, wanted, bytes);
        assert_int_equal(set->labels[i], item % 2);
    }
}

static void test_same_bits(void **state)
{
    (void)state;
    struct kl_learn_rule rule = rule_of(pipeline("int16", "", spectra));
    rule.hop = 100;
    expect_same_bits(in_folder("pipeline.yaml"), &rule);
    assert_int_equal(rule.features->shape.rank, 2);
    assert_int_equal(rule.features->shape.dim[0], 5);
    assert_int_equal(rule.features->shape.dim[1], 12);
}

/* Samples as numbers instead of shares, as CSV files have them. */
static void test_numbers(void **state)
{
    (void)state;
    struct kl_learn_rule rule = rule_of(pipeline("int16", "", spectra));
    rule.hop = 150;
    for (int32_t i = 0; i < ITEMS * FRAMES; i++) {
        shares[i] = (float)numbers[i];
    }
    expect_same_bits(in_folder("pipeline.yaml"), &rule);
}

/* What the samples are is decided neither by copies, which may be louder, nor by what is tested,
 * and the data set itself may say it. */
static void test_what_samples_are(void **state)
{
    (void)state;
    struct kl_learn_rule rule = rule_of(pipeline("int16", "", spectra));
    rule.hop = 300;
    items[0].origin = "id of another";
    items[1].split = KL_SPLIT_TEST;
    for (int32_t i = 0; i < 2 * FRAMES; i++) {
        shares[i] = 3.0f;
    }
    must_work(kl_data_features_fit(rule.features, &dataset, &diag));
    assert_string_equal(rule.features->samples_are, "shares of full scale");
    items[0].origin = "";
    rule = rule_of(in_folder("pipeline.yaml"));
    must_work(kl_data_features_fit(rule.features, &dataset, &diag));
    assert_string_equal(rule.features->samples_are, "numbers of int16");
    dataset.facts.unit = KL_DATA_FULL_SCALE;
    rule = rule_of(in_folder("pipeline.yaml"));
    must_work(kl_data_features_fit(rule.features, &dataset, &diag));
    json_t *json = kl_data_features_json(rule.features);
    assert_string_equal(json_string_value(json_object_get(json, "samples")),
                        "shares of full scale");
    json_decref(json);
}

/* A sample that is no number has no features. */
static void test_no_number(void **state)
{
    static const char *const types[] = {"int16", "float32"};
    (void)state;
    for (size_t t = 0; t < 2; t++) {
        struct kl_learn_data data;
        float values[FEATURES_MAX];
        struct kl_learn_rule rule = rule_of(pipeline(types[t], "", spectra));
        shares[FRAMES + 5] = t == 0 ? NAN : INFINITY;
        must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
        const struct kl_learn_set *set = kl_learn_part(&data, KL_PART_TRAIN);
        must_work(set->read(set->context, 0, values, &diag));
        assert_int_equal(set->read(set->context, 1, values, &diag), KL_EINPUT);
        assert_non_null(strstr(diag.message, "sample 5 of example 1 is no finite number"));
        kl_diag_clear(&diag);
    }
}

/* A picture has the features that the pipeline makes of its pixels. */
static void test_image(void **state)
{
    enum { SIDE = 8, PIXELS = SIDE * SIDE };
    static const char text[] = "features: 1\n"
                               "input: {type: uint8, height: 8, width: 8}\n"
                               "steps:\n"
                               "  - resize: {height: 4, width: 4}\n"
                               "  - multiply: 0.00392156862745098\n";
    static uint8_t pixels[ITEMS * PIXELS];
    const char *path = in_folder("image.yaml");
    struct kl_learn_data data;
    float values[FEATURES_MAX], wanted[FEATURES_MAX], most = 0;
    (void)state;
    must_work(kl_file_write(path, text, strlen(text), &diag));
    for (int32_t i = 0; i < ITEMS * PIXELS; i++) {
        pixels[i] = (uint8_t)(37 * i + i / 5);
    }
    for (int32_t i = 0; i < ITEMS; i++) {
        items[i].frames = items[i].width = SIDE;
        items[i].offset = (uint64_t)i * PIXELS;
    }
    dataset.facts.kind = KL_DATA_IMAGE;
    dataset.facts.rate = 0;
    dataset.samples = pixels;
    dataset.samples_bytes = sizeof pixels;
    struct kl_learn_rule rule = rule_of(path);
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    const struct kl_learn_set *set = kl_learn_part(&data, KL_PART_TRAIN);
    assert_int_equal(set->count, ITEMS);
    for (int32_t i = 0; i < ITEMS; i++) {
        size_t bytes = (size_t)run_alone(path, pixels + i * PIXELS, (unsigned char *)wanted);
        assert_int_equal(bytes, 16 * sizeof(float));
        must_work(set->read(set->context, i, values, &diag));
        assert_memory_equal(values, wanted, bytes);
        most = fmaxf(most, values[3]);
    }
    assert_true(most > 0.2f);
}

/* A stream is learnt from as the whole signal. */
static void test_stream(void **state)
{
    (void)state;
    struct kl_learn_rule rule = rule_of(pipeline("int16", ", stream: true, every: 2", spectra));
    rule.hop = 300;
    assert_int_equal(rule.features->facts.samples, WINDOW);
    expect_same_bits(pipeline("int16", "", spectra), &rule);
}

/* Features of integers become floats by their scale. */
static void test_integers(void **state)
{
    static const char steps[] = "  - frame: {length: 128, hop: 64}\n"
                                "  - micro-frontend: {bands: 10, high: 3900 Hz}\n";
    struct kl_learn_data data;
    float values[FEATURES_MAX];
    int8_t wanted[FEATURES_MAX * sizeof(float)];
    (void)state;
    struct kl_learn_rule rule = rule_of(pipeline("int16", "", steps));
    assert_true(rule.features->facts.scale > 0);
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    const struct kl_learn_set *set = kl_learn_part(&data, KL_PART_TRAIN);
    must_work(set->read(set->context, 1, values, &diag));
    int32_t count =
        run_alone(in_folder("pipeline.yaml"), numbers + FRAMES, (unsigned char *)wanted);
    assert_int_equal(count, kl_shape_elements(&set->shape));
    int32_t others = 0;
    for (int32_t i = 0; i < count; i++) {
        const struct kl_features_facts *facts = &rule.features->facts;
        assert_true(values[i] == facts->scale * (float)(wanted[i] - facts->zero_point));
        others += wanted[i] != wanted[0];
    }
    assert_true(others > count / 2);
}

/* What was computed is kept, also for other parts of the same data set. */
static void test_kept(void **state)
{
    struct kl_learn_data data, again;
    float first[FEATURES_MAX], second[FEATURES_MAX];
    (void)state;
    struct kl_learn_rule rule = rule_of(pipeline("int16", "", spectra));
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    const struct kl_learn_set *set = kl_learn_part(&data, KL_PART_TRAIN);
    size_t bytes = (size_t)kl_shape_elements(&set->shape) * sizeof(float);
    must_work(set->read(set->context, 2, first, &diag));
    memset(shares, 0, sizeof shares);
    must_work(kl_learn_data_make(&dataset, &rule, arena, &again, &diag));
    set = kl_learn_part(&again, KL_PART_TRAIN);
    must_work(set->read(set->context, 2, second, &diag));
    assert_memory_equal(first, second, bytes);
    /* Other windows are other examples. */
    rule.hop = 100;
    must_work(kl_learn_data_make(&dataset, &rule, arena, &again, &diag));
    set = kl_learn_part(&again, KL_PART_TRAIN);
    must_work(set->read(set->context, 2, second, &diag));
    assert_memory_not_equal(first, second, bytes);
}

static void test_refusals(void **state)
{
    (void)state;
    struct kl_learn_rule rule = rule_of(pipeline("int16", "", spectra));
    dataset.facts.rate = 16000;
    expect_refusal(&rule, "resample with `kinglet data import --rate 8000`");
    dataset.facts.rate = 0;
    expect_refusal(&rule, "set does not say its rate, and the pipeline");
    dataset.facts.rate = 8000;
    dataset.facts.channel_count = 3;
    expect_refusal(&rule, "has 3 channels, and the pipeline");
    dataset.facts.channel_count = 1;
    dataset.facts.kind = KL_DATA_TABLE;
    expect_refusal(&rule, "takes series, and set holds none");
    dataset.facts.kind = KL_DATA_SERIES;
    shares[4] = 1e6f;
    expect_refusal(&rule, "neither shares of 1 nor numbers");
    shares[4] = 0;
    rule.window = 128;
    expect_refusal(&rule, "takes 400 samples of a channel; leave the option out");
    rule.window = 0;
    rule.shape = (struct kl_shape){2, {7, 7}};
    expect_refusal(&rule, "--shape [7,7] has another number of values than an item: 60");
    assert_int_equal(kl_data_features_open("mfc", arena, &rule.features, &diag), KL_EUSAGE);
    assert_non_null(strstr(diag.message, "no feature pipeline is called 'mfc'"));
}

static void expect_counts(const struct kl_learn_rule *rule, int32_t train, int32_t validation,
                          int32_t test, struct kl_learn_data *data)
{
    must_work(kl_learn_data_make(&dataset, rule, arena, data, &diag));
    assert_int_equal(data->part[KL_PART_TRAIN].set.count, train);
    assert_int_equal(data->part[KL_PART_VALIDATION].set.count, validation);
    assert_int_equal(data->part[KL_PART_TEST].set.count, test);
    assert_int_equal(data->left_out, ITEMS - train - validation - test);
}

/* Copies are learnt from and never tested, whoever made the split. */
static void test_copies(void **state)
{
    struct kl_learn_data data;
    (void)state;
    struct kl_learn_rule rule = {.need = KL_NEED_LABEL, .window = FRAMES, .untrained = true};
    static const enum kl_data_split splits[ITEMS] = {KL_SPLIT_TRAIN,      KL_SPLIT_TRAIN,
                                                     KL_SPLIT_VALIDATION, KL_SPLIT_VALIDATION,
                                                     KL_SPLIT_TEST,       KL_SPLIT_TEST};
    for (int32_t i = 0; i < ITEMS; i++) {
        items[i].split = splits[i];
        items[i].origin = i % 2 ? "id of another" : "";
    }
    expect_counts(&rule, 2, 1, 1, &data);
    rule.undivided = true;
    expect_counts(&rule, 0, 0, 3, &data);
    assert_false(data.split_here);
    rule.undivided = false;
    for (int32_t i = 0; i < ITEMS; i++) {
        items[i].split = KL_SPLIT_NONE;
        items[i].group = "one for all";
    }
    bool seen[KL_PARTS] = {0};
    while (!seen[KL_PART_TRAIN] || !seen[KL_PART_VALIDATION] || !seen[KL_PART_TEST]) {
        rule.seed++;
        must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
        for (int k = 0; k < KL_PARTS; k++) {
            int32_t count = data.part[k].set.count;
            assert_true(count == 0 || count == (k == KL_PART_TRAIN ? ITEMS : ITEMS / 2));
            seen[k] = seen[k] || count > 0;
        }
    }
}

/* The same samples, or one group, in two parts. */
static void test_leaks(void **state)
{
    static const enum kl_data_split splits[ITEMS] = {KL_SPLIT_TRAIN, KL_SPLIT_TRAIN,
                                                     KL_SPLIT_TRAIN, KL_SPLIT_VALIDATION,
                                                     KL_SPLIT_TEST,  KL_SPLIT_TEST};
    static const char *const ids = "ABCAAD"; /* 3 and 4 are as 0 */
    static const char *const groups[ITEMS] = {"a", "a", "b", "b", "c", "c"};
    struct kl_learn_data data;
    char text[KL_LEAKS_TEXT_BYTES], cautions[KL_CAUTIONS_BYTES];
    (void)state;
    struct kl_learn_rule rule = {.need = KL_NEED_LABEL, .window = 100};
    for (int32_t i = 0; i < ITEMS; i++) {
        items[i].split = splits[i];
        items[i].group = groups[i];
        items[i].id[0] = ids[i];
    }
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    assert_int_equal(data.leaks, 2);
    assert_int_equal(data.shared_groups, 1);
    assert_int_equal(data.part[KL_PART_TRAIN].groups, 2);
    assert_int_equal(data.part[KL_PART_VALIDATION].groups, 1);
    assert_int_equal(data.part[KL_PART_TEST].groups, 1);
    assert_true(data.part[KL_PART_TEST].set.count > 2);
    assert_true(kl_learn_leaks_text(data.leaks, data.shared_groups, text));
    assert_non_null(
        strstr(text, "2 items have the samples of an item in another part, and 1 group is"));
    assert_true(kl_learn_cautions(&data, KL_PART_TEST, cautions));
    assert_non_null(strstr(cautions, "items of 1 group: the interval"));
    assert_non_null(strstr(cautions, text));
    items[1].origin = "D"; /* a copy of what is tested */
    items[3].group = "d";
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    assert_int_equal(data.leaks, 3);
    assert_int_equal(data.shared_groups, 0);
    rule.undivided = rule.untrained = true;
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    assert_false(kl_learn_leaks_text(data.leaks, data.shared_groups, text));
    assert_true(kl_learn_cautions(&data, KL_PART_TEST, cautions));
    assert_null(strstr(cautions, "in another part"));
}

/* Some examples of a set come from all of it. */
static void test_spread(void **state)
{
    struct kl_learn_data data;
    const unsigned char *examples;
    int64_t count;
    (void)state;
    const struct kl_learn_rule rule = {.need = KL_NEED_LABEL, .window = SHORT, .hop = FRAMES};
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    const struct kl_learn_set *set = kl_learn_part(&data, KL_PART_TRAIN);
    assert_int_equal(set->count, ITEMS);
    must_work(kl_ptq_examples(set, 3, arena, &examples, &count, &diag));
    assert_int_equal(count, 3);
    for (int32_t i = 0; i < 3; i++) {
        size_t bytes = SHORT * sizeof(float);
        assert_memory_equal(examples + (size_t)i * bytes, shares + (ptrdiff_t)2 * i * FRAMES,
                            bytes);
    }
    must_work(kl_ptq_examples(set, 100, arena, &examples, &count, &diag));
    assert_int_equal(count, ITEMS);
}

/* A window has no more values than an item may have: sizes of features are counted by 32 bits. */
static void test_large_window(void **state)
{
    (void)state;
    struct kl_learn_rule rule = {.need = KL_NEED_LABEL, .window = 1431655766};
    dataset.facts.channel_count = 3;
    expect_refusal(&rule, "an example of 3 channels has at most 89478485 frames");
}

/* Without a pipeline, an item shorter than the window has zeros on both sides. */
static void test_padding(void **state)
{
    struct kl_learn_data data;
    const struct kl_learn_rule rule = {.need = KL_NEED_LABEL, .window = WINDOW};
    float values[WINDOW];
    (void)state;
    must_work(kl_learn_data_make(&dataset, &rule, arena, &data, &diag));
    const struct kl_learn_set *set = kl_learn_part(&data, KL_PART_TRAIN);
    assert_int_equal(set->count, ITEMS);
    must_work(set->read(set->context, ITEMS - 1, values, &diag));
    enum { BEFORE = (WINDOW - SHORT) / 2 };
    for (int32_t i = 0; i < WINDOW; i++) {
        bool inside = i >= BEFORE && i < BEFORE + SHORT;
        float wanted = inside ? shares[(ITEMS - 1) * FRAMES + i - BEFORE] : 0.0f;
        assert_true(values[i] == wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_bits, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_numbers, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_what_samples_are, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_no_number, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_image, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_stream, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_integers, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_kept, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_padding, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_copies, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_leaks, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_spread, set_up, close_job),
        cmocka_unit_test_setup_teardown(test_large_window, set_up, close_job),
    };
    return cmocka_run_group_tests(tests, kt_folder_open, kt_folder_close);
}
