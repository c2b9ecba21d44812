/* SPDX-License-Identifier: Apache-2.0 */
/* The newest good pack runs, and the other one when it is bad, whenever power fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "image_make.h"
#include "kinglet/model_slots.h"
#include "port/host/flash_model.h"

enum { SECTOR = 256, SLOT = 6 * SECTOR, BYTES = 2 * SLOT, BODY_BYTES = 400 };

static uint32_t memory[BYTES];
static struct kl_flash_model model;
static struct kl_flash_map map;
static struct test_key key;
static struct kl_model_slots slots;
static int bad_version, tests;

static int test_pack(void *context, const struct kl_image *image)
{
    (void)context;
    tests++;
    return image->header.version.major != bad_version ? 0 : -1;
}

static void install(int slot, int version)
{
    static struct test_image made;
    static uint8_t padded[TEST_IMAGE_MAX];
    const struct test_image_wish wish = {.kind = KL_IMAGE_MODEL,
                                         .version = {(uint8_t)version, 0, 0, 0},
                                         .body_bytes = BODY_BYTES,
                                         .key = &key};
    test_image_make(&wish, &made);
    memset(padded, 0xff, sizeof padded);
    memcpy(padded, made.bytes, made.size);
    assert_int_equal(kl_area_erase(&map.model[slot], 0, SLOT), 0);
    assert_int_equal(kl_area_write(&map.model[slot], 0, padded, (made.size + 7) / 8 * 8), 0);
}

static void begin(uint64_t seed)
{
    kl_flash_model_init(&model, memory, BYTES, SECTOR, 8, seed);
    map.model[0] = (struct kl_flash_area){&model.flash, 0, SLOT};
    map.model[1] = (struct kl_flash_area){&model.flash, SLOT, SLOT};
    slots = (struct kl_model_slots){
        .map = &map,
        .rules = {.keys = &key.public_key, .key_count = 1, .kind = KL_IMAGE_MODEL},
        .test = test_pack};
    bad_version = tests = 0;
}

static int set_up(void **state)
{
    (void)state;
    test_key_make(1, &key);
    begin(1);
    return 0;
}

static int choose(void)
{
    struct kl_image image;
    return kl_model_slots_choose(&slots, &image);
}

static void test_choice(void **state)
{
    struct kl_image image;
    (void)state;
    assert_int_equal(choose(), KL_MODEL_NONE);
    install(0, 1);
    assert_int_equal(choose(), 0);
    assert_int_equal(choose(), 0);
    assert_int_equal(tests, 1); /* it is known by now */
    install(1, 2);
    assert_int_equal(choose(), 1);
    install(0, 3);
    assert_int_equal(kl_model_slots_choose(&slots, &image), 0);
    assert_int_equal(image.header.version.major, 3);
    assert_int_equal(tests, 3);
    assert_int_equal(kl_model_slots_fail(&image), 0);
    assert_int_equal(choose(), 1);
    bad_version = 4;
    install(0, 4);
    assert_int_equal(choose(), 1);
    assert_int_equal(choose(), 1);
    assert_int_equal(tests, 4);
    bad_version = 0;
    install(0, 5);
    slots.rules.key_count = 0; /* nobody is trusted */
    assert_int_equal(choose(), KL_MODEL_NONE);
    slots.rules.key_count = 1;
    assert_int_equal(choose(), 0);
    assert_int_equal(model.violations, 0);
}

static jmp_buf reset;

static int hang(void *context, const struct kl_image *image)
{
    (void)context;
    if (image->header.version.major == 2) {
        tests++;
        longjmp(reset, 1); /* the watchdog */
    }
    return 0;
}

static void test_hangs(void **state)
{
    (void)state;
    install(0, 1);
    install(1, 2);
    slots.test = hang;
    (void)setjmp(reset);
    assert_true(tests <= KL_MODEL_TRIES);
    assert_int_equal(choose(), 0);
    assert_int_equal(tests, KL_MODEL_TRIES);
}

static void choose_with_cuts(int bad, const uint64_t *after, const enum kl_cut_place *place,
                             int cuts)
{
    begin(after[0] * 9 + after[1] * 31 + place[0] * 3 + place[1]);
    install(0, 1);
    assert_int_equal(choose(), 0);
    install(1, 2);
    bad_version = bad;
    int wanted = bad == 2 ? 0 : 1;
    for (int i = 0; i < cuts; i++) {
        kl_flash_model_cut(&model, after[i], place[i]);
        int chosen = choose();
        assert_true(chosen == wanted || model.is_off);
        kl_flash_model_power_on(&model);
    }
    for (int look = 0; look < 6; look++) {
        assert_int_equal(choose(), wanted);
    }
}

static void test_cuts(void **state)
{
    enum { OPERATIONS = 4 };
    (void)state;
    for (int i = 0; i < 2 * OPERATIONS * OPERATIONS * KL_CUT_PLACES * KL_CUT_PLACES; i++) {
        int rest = i / 2;
        const uint64_t after[2] = {(uint64_t)(rest % OPERATIONS),
                                   (uint64_t)(rest / OPERATIONS % OPERATIONS)};
        rest /= OPERATIONS * OPERATIONS;
        const enum kl_cut_place place[2] = {(enum kl_cut_place)(rest % KL_CUT_PLACES),
                                            (enum kl_cut_place)(rest / KL_CUT_PLACES)};
        choose_with_cuts(i % 2 ? 2 : 0, after, place, 1);
        choose_with_cuts(i % 2 ? 2 : 0, after, place, 2);
    }
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test_setup(test_choice, set_up),
        cmocka_unit_test_setup(test_hangs, set_up),
        cmocka_unit_test_setup(test_cuts, set_up),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
