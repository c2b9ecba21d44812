/* SPDX-License-Identifier: Apache-2.0 */
/* Each step of augmentation does what it says, to copies of training items only. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/augment.h"
#include "data_files.h"
#include "folder.h"

enum { FRAMES = 400 };

struct fixture {
    struct kl_arena *arena;
    struct kl_dataset d, made;
    struct kl_augment augment;
    struct kl_augment_report report;
    struct kl_diag diag;
};

static const char *const channels[] = {"x", "y", "z"};

static struct kl_data_facts facts_of(enum kl_data_kind kind)
{
    return (struct kl_data_facts){.kind = kind,
                                  .rate = kind == KL_DATA_SERIES ? 100 : 0,
                                  .channel_count = kind == KL_DATA_SERIES ? 3 : 1,
                                  .channels = channels,
                                  .unit = "",
                                  .source = "",
                                  .licence = "",
                                  .made_by = "test",
                                  .rule.method = ""};
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f || !kt_data_folder()) {
        return -1;
    }
    f->arena = kl_arena_create((size_t)256 << 20);
    f->augment = (struct kl_augment){.copies = 1, .seed = 3, .noise_snr = {(double)NAN, 0}};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kl_dataset_close(&f->d);
    kl_dataset_close(&f->made);
    kl_arena_free(f->arena);
    free(f);
    kt_remove_folder(kt_data_path(""));
    return 0;
}

static void append(struct fixture *f, struct kl_data_writer *writer, enum kl_data_kind kind,
                   const char *name, enum kl_data_split split, const void *samples)
{
    const struct kl_data_facts facts = facts_of(kind);
    const struct kl_data_item item = {.name = name,
                                      .group = name,
                                      .tags = "",
                                      .origin = "",
                                      .target = (double)NAN,
                                      .fold = -1,
                                      .frames = kind == KL_DATA_SERIES ? FRAMES : 8,
                                      .width = kind == KL_DATA_SERIES ? 1 : 8,
                                      .split = split};
    assert_int_equal(kl_data_writer_append(writer, &facts, &item,
                                           split == KL_SPLIT_TEST ? "b" : "a", samples, &f->diag),
                     KL_OK);
}

/* A training item "t" of class a and a test item "e" of class b. */
static void make(struct fixture *f, enum kl_data_kind kind)
{
    float(*values)[3] = kl_arena_alloc(f->arena, FRAMES, sizeof *values);
    uint8_t pixels[64];
    const struct kl_data_facts facts = facts_of(kind);
    struct kl_data_writer *writer;
    for (int i = 0; i < FRAMES; i++) {
        for (int c = 0; c < 3; c++) {
            values[i][c] = (float)(sin(0.1 * i * (c + 1)) + c);
        }
    }
    for (int i = 0; i < 64; i++) {
        pixels[i] = (uint8_t)(10 * (i % 8) + i / 8); /* brighter to the right */
    }
    const void *samples = kind == KL_DATA_SERIES ? (const void *)values : pixels;
    assert_int_equal(kl_data_writer_create(kt_data_path("d"), false, &writer, &f->diag), KL_OK);
    append(f, writer, kind, "t", KL_SPLIT_TRAIN, samples);
    append(f, writer, kind, "e", KL_SPLIT_TEST, samples);
    assert_int_equal(kl_data_writer_finish(writer, &facts, &f->made, &f->diag), KL_OK);
    kl_data_writer_free(writer);
    memset(&f->made, 0, sizeof f->made);
    assert_int_equal(kl_dataset_open(kt_data_path("d"), f->arena, &f->d, &f->diag), KL_OK);
}

static enum kl_err try_augment(struct fixture *f, const char *name)
{
    struct kl_data_writer *writer;
    struct kl_dataset written;
    assert_int_equal(kl_data_writer_create(kt_data_path(name), false, &writer, &f->diag), KL_OK);
    enum kl_err err = kl_augment_run(&f->d, &f->augment, writer, &f->report, &f->diag);
    if (!err) {
        assert_int_equal(kl_data_writer_finish(writer, &f->d.facts, &written, &f->diag), KL_OK);
    }
    kl_data_writer_free(writer);
    return err;
}

/* The copy of the training item; the second of three items. */
static const struct kl_data_item *copy(struct fixture *f)
{
    kl_dataset_close(&f->made);
    if (try_augment(f, "made") != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    assert_int_equal(kl_dataset_open(kt_data_path("made"), f->arena, &f->made, &f->diag), KL_OK);
    assert_int_equal(f->made.count, 2 + f->augment.copies);
    const struct kl_data_item *item = &f->made.items[1];
    assert_string_equal(item->origin, f->d.items[0].id);
    assert_int_equal(item->split, KL_SPLIT_TRAIN);
    assert_string_equal(item->group, "t");
    assert_string_equal(item->name, "t~1");
    assert_string_equal(f->made.items[0].id, f->d.items[0].id);
    return item;
}

static const float *before(const struct fixture *f)
{
    return kl_dataset_values(&f->d, &f->d.items[0]);
}

static void assert_said(const struct kl_data_item *item, const char *step)
{
    char said[KL_DATA_TEXT];
    assert_true(kl_data_tag(item->tags, "augment", said));
    if (!strstr(said, step)) {
        fail_msg("no '%s' in '%s'", step, said);
    }
}

static void test_noise(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    f->augment.noise_snr = (struct kl_augment_range){20, 20};
    const struct kl_data_item *item = copy(f);
    const float *after = kl_dataset_values(&f->made, item);
    for (int c = 0; c < 3; c++) {
        double noise = 0;
        for (int i = 0; i < FRAMES; i++) {
            noise += pow((double)(after[3 * i + c] - before(f)[3 * i + c]), 2) / FRAMES;
        }
        assert_true(fabs(10 * log10(0.5 / noise) - 20) < 1); /* a sine has power 0.5 */
    }
    assert_said(item, "noise 20 dB");
}

static void test_gain(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    f->augment.gain = 6;
    const struct kl_data_item *item = copy(f);
    const float *after = kl_dataset_values(&f->made, item);
    double factor = (double)after[5] / (double)before(f)[5];
    assert_true(factor > 0.5 && factor < 2 && fabs(factor - 1) > 1e-3);
    for (int i = 0; i < 3 * FRAMES; i++) {
        assert_true(fabs((double)after[i] - factor * (double)before(f)[i]) < 1e-5);
    }
}

static void test_shift(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    f->augment.shift = 1;
    const float *after = kl_dataset_values(&f->made, copy(f));
    int found = 0;
    for (int by = -100; by <= 100; by++) {
        found += by != 0 && memcmp(after + 3 * 150, before(f) + 3 * (150 - by), 300) == 0;
    }
    assert_int_equal(found, 1);
}

static void test_stretch(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    f->augment.stretch = 0.2;
    const struct kl_data_item *item = copy(f);
    assert_in_range(item->frames, FRAMES / 1.2 - 1, FRAMES / 0.8 + 1);
    assert_int_not_equal(item->frames, FRAMES);
    double speed = (FRAMES - 1.0) / (item->frames - 1);
    const float *after = kl_dataset_values(&f->made, item);
    assert_true(fabs((double)after[3 * 100] - sin(0.1 * 100 * speed)) < 0.05);
}

/* A rotation keeps lengths, and turns every frame alike. */
static void test_rotation(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    f->augment.rotate = 90;
    const float *after = kl_dataset_values(&f->made, copy(f));
    double most = 0;
    for (int i = 0; i < FRAMES; i++) {
        double a = 0;
        double b = 0;
        double product = 0;
        double turned = 0;
        for (int c = 0; c < 3; c++) {
            a += pow((double)before(f)[3 * i + c], 2);
            b += pow((double)after[3 * i + c], 2);
            product += (double)before(f)[3 * i + c] * (double)before(f)[3 * (i / 2) + c];
            turned += (double)after[3 * i + c] * (double)after[3 * (i / 2) + c];
            most = fmax(most, fabs((double)(after[3 * i + c] - before(f)[3 * i + c])));
        }
        assert_true(fabs(a - b) < 1e-4 && fabs(product - turned) < 1e-4);
    }
    assert_true(most > 0.05);
}

static void test_scale_and_jitter(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    f->augment.scale = 0.3;
    f->augment.jitter = 0.01;
    const struct kl_data_item *item = copy(f);
    assert_said(item, "scale");
    assert_said(item, "jitter 0.01");
    const float *after = kl_dataset_values(&f->made, item);
    double factor_y = (double)after[1] / (double)before(f)[1];
    double factor_z = (double)after[2] / (double)before(f)[2];
    assert_true(factor_y > 0.6 && factor_y < 1.4 && fabs(factor_y - factor_z) > 1e-3);
}

static void test_background(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    f->augment.background = "b";
    f->augment.background_snr = (struct kl_augment_range){10, 10};
    assert_int_equal(try_augment(f, "x"), KL_EINPUT); /* its only item is a test item */
    assert_non_null(strstr(f->diag.message, "no training item has the class 'b'"));
    kl_diag_clear(&f->diag);
    f->d.items[1].split = KL_SPLIT_TRAIN;
    struct kl_data_writer *writer;
    assert_int_equal(kl_data_writer_create(kt_data_path("y"), false, &writer, &f->diag), KL_OK);
    struct kl_dataset written;
    assert_int_equal(kl_augment_run(&f->d, &f->augment, writer, &f->report, &f->diag), KL_OK);
    assert_int_equal(kl_data_writer_finish(writer, &f->d.facts, &written, &f->diag), KL_OK);
    assert_said(&written.items[1], "background 10 dB");
    assert_string_not_equal(written.items[1].id, written.items[0].id);
    kl_data_writer_free(writer);
}

/* All folds have copies, and none hears another one's background. */
static void test_folds(void **state)
{
    struct fixture *f = *state;
    struct kl_dataset written;
    struct kl_data_writer *writer;
    make(f, KL_DATA_SERIES);
    for (int i = 0; i < 2; i++) {
        f->d.items[i].split = KL_SPLIT_NONE;
        f->d.items[i].fold = i;
    }
    f->augment.copies = 2;
    f->augment.background = "b";
    f->augment.background_snr = (struct kl_augment_range){10, 10};
    assert_int_equal(kl_data_writer_create(kt_data_path("y"), false, &writer, &f->diag), KL_OK);
    assert_int_equal(kl_augment_run(&f->d, &f->augment, writer, &f->report, &f->diag), KL_OK);
    assert_int_equal(kl_data_writer_finish(writer, &f->d.facts, &written, &f->diag), KL_OK);
    assert_int_equal(f->report.made, 4);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(written.items[i].fold, i / 3);
    }
    assert_string_equal(written.items[1].id, f->d.items[0].id);
    kl_data_writer_free(writer);
    f->d.items[1].fold = 0;
    assert_int_equal(kl_data_writer_create(kt_data_path("z"), false, &writer, &f->diag), KL_OK);
    assert_int_equal(kl_augment_run(&f->d, &f->augment, writer, &f->report, &f->diag), KL_OK);
    assert_int_equal(kl_data_writer_finish(writer, &f->d.facts, &written, &f->diag), KL_OK);
    assert_said(&written.items[1], "background 10 dB");
    kl_data_writer_free(writer);
}

static void test_images(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_IMAGE);
    const uint8_t *was = kl_dataset_pixels(&f->d, &f->d.items[0]);
    f->augment.brightness = 0.5;
    const struct kl_data_item *item = copy(f);
    const uint8_t *now = kl_dataset_pixels(&f->made, item);
    double light = now[63] / (double)was[63];
    assert_true(light >= 0.5 && light <= 1.5);
    for (int i = 0; i < 64; i++) {
        assert_true(fabs(now[i] - light * was[i]) < 2);
    }
    assert_said(item, "brightness");
}

/* Of 20 copies about half are mirrored, the others unchanged; nothing else is done. */
static void test_flips(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_IMAGE);
    f->augment.flip = true;
    f->augment.copies = 20;
    copy(f);
    int flipped = 0;
    const uint8_t *was = kl_dataset_pixels(&f->d, &f->d.items[0]);
    for (int k = 1; k <= 20; k++) {
        const uint8_t *now = kl_dataset_pixels(&f->made, &f->made.items[k]);
        bool same = memcmp(now, was, 64) == 0;
        for (int i = 0; !same && i < 64; i++) {
            assert_int_equal(now[i], was[i / 8 * 8 + 7 - i % 8]);
        }
        flipped += !same;
    }
    assert_in_range(flipped, 4, 16);
}

static void test_crop_and_turn(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_IMAGE);
    f->augment.crop = 0.5;
    f->augment.turn = 20;
    const struct kl_data_item *item = copy(f);
    assert_said(item, "crop");
    assert_said(item, "turn");
    const uint8_t *now = kl_dataset_pixels(&f->made, item);
    assert_true(now[32 + 7] > now[32]); /* still brighter to the right */
    assert_memory_not_equal(now, kl_dataset_pixels(&f->d, &f->d.items[0]), 64);
}

static void test_same_seed_same_copies(void **state)
{
    struct fixture *f = *state;
    char id[KL_SHA256_HEX_BYTES];
    make(f, KL_DATA_SERIES);
    f->augment.noise_snr = (struct kl_augment_range){10, 30};
    memcpy(id, copy(f)->id, sizeof id);
    char content[KL_SHA256_HEX_BYTES];
    memcpy(content, f->made.content, sizeof content);
    kt_remove_folder(kt_data_path("made"));
    assert_string_equal(copy(f)->id, id);
    assert_string_equal(f->made.content, content);
    kt_remove_folder(kt_data_path("made"));
    f->augment.seed = 4;
    assert_string_not_equal(copy(f)->id, id);
}

static void test_refuses(void **state)
{
    struct fixture *f = *state;
    make(f, KL_DATA_SERIES);
    assert_int_equal(try_augment(f, "x"), KL_EUSAGE);
    kl_diag_clear(&f->diag);
    f->augment.flip = true;
    assert_int_equal(try_augment(f, "x"), KL_EUSAGE);
    assert_non_null(strstr(f->diag.message, "of kind series"));
    kl_diag_clear(&f->diag);
    f->augment.flip = false;
    f->augment.gain = 3;
    f->d.items[0].split = KL_SPLIT_NONE;
    assert_int_equal(try_augment(f, "x"), KL_EINPUT);
    assert_non_null(strstr(f->diag.message, "nothing is in the training split"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_noise),         TEST(test_gain),     TEST(test_shift),
        TEST(test_stretch),       TEST(test_rotation), TEST(test_scale_and_jitter),
        TEST(test_background),    TEST(test_images),   TEST(test_flips),
        TEST(test_crop_and_turn), TEST(test_refuses),  TEST(test_same_seed_same_copies),
        TEST(test_folds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
