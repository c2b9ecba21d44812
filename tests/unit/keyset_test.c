/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets: what is refused and why, rotation, revocation, and power cuts everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "image_make.h"
#include "kinglet/keyset.h"
#include "port/host/flash_model.h"

/* docs/spec/keyset.md */
enum { HEAD = 12, ENTRY = 100, BODY_MAX = HEAD + 17 * ENTRY };
enum { SECTOR = 512, HALF = 4 * SECTOR, SECURITY = 3 * SECTOR + 2 * HALF, STAGE = 8 * SECTOR };
enum { BYTES = SECURITY + STAGE, ALL = 15, SIGNS_KEYS = 4, SIGNS_FIRMWARE = 1 };

static uint32_t memory[BYTES];
static struct kl_flash_model model;
static const struct kl_flash_area security = {&model.flash, 0, SECURITY};
static const struct kl_flash_area stage = {&model.flash, SECURITY, STAGE};
static struct test_key root, next, other;
static uint8_t body[BODY_MAX];
static uint32_t body_bytes;
static struct kl_key_set built_in;

static void begin_body(uint32_t version)
{
    const uint8_t head[HEAD] = {'K', 'L', 'K', 'S', (uint8_t)version};
    memcpy(body, head, sizeof head);
    body_bytes = HEAD;
}

static void add_key(const struct test_key *key, uint8_t roles, uint8_t is_revoked)
{
    uint8_t *entry = body + body_bytes;
    memset(entry, 0, ENTRY);
    entry[0] = roles;
    entry[1] = is_revoked;
    memcpy(entry + 4, key->public_key.id, 32);
    memcpy(entry + 36, key->public_key.point + 1, 64);
    body_bytes += ENTRY;
    body[8]++;
}

/* Put the body into flash as an image. */
static void upload(const struct test_key *key, uint32_t counter, struct kl_image *image)
{
    static struct test_image made;
    static uint8_t padded[TEST_IMAGE_MAX];
    const struct test_image_wish wish = {.kind = KL_IMAGE_KEYS,
                                         .version = {1, 0, 0, counter},
                                         .body = body,
                                         .body_bytes = body_bytes,
                                         .counter = counter,
                                         .key = key};
    test_image_make(&wish, &made);
    memset(padded, 0xff, sizeof padded);
    memcpy(padded, made.bytes, made.size);
    assert_int_equal(kl_area_erase(&stage, 0, STAGE), 0);
    assert_int_equal(kl_area_write(&stage, 0, padded, (made.size + 7) / 8 * 8), 0);
    assert_int_equal(kl_image_open(&stage, image), 0);
}

/* Version 2: `next` comes, `other` is revoked. */
static void upload_second(struct kl_image *image)
{
    begin_body(2);
    add_key(&root, SIGNS_KEYS, 0);
    add_key(&other, ALL, 1);
    add_key(&next, SIGNS_FIRMWARE, 0);
    upload(&root, 2, image);
}

static void begin_world(uint64_t seed)
{
    kl_flash_model_init(&model, memory, BYTES, SECTOR, 8, seed);
    begin_body(1);
    add_key(&root, SIGNS_KEYS, 0);
    add_key(&other, ALL, 0);
    assert_int_equal(kl_key_set_parse(body, body_bytes, &built_in), KL_KEY_SET_OK);
}

static int set_up(void **state)
{
    (void)state;
    test_key_make(1, &root);
    test_key_make(2, &next);
    test_key_make(3, &other);
    begin_world(1);
    return 0;
}

static uint32_t loaded(void)
{
    struct kl_key_set set;
    assert_int_equal(kl_key_set_load(&security, &built_in, &set), KL_KEY_SET_OK);
    return set.version;
}

static void test_rotation(void **state)
{
    struct kl_key_set set;
    struct kl_public_key keys[KL_KEY_SET_MAX];
    struct kl_image image;
    (void)state;
    assert_int_equal(loaded(), 1);
    set = built_in;
    upload_second(&image);
    assert_int_equal(kl_key_set_take(&security, &image, &set), KL_KEY_SET_OK);
    assert_int_equal(set.version, 2);
    memset(&set, 0, sizeof set);
    assert_int_equal(kl_key_set_load(&security, &built_in, &set), KL_KEY_SET_OK);
    assert_int_equal(set.version, 2);
    assert_int_equal(kl_key_set_keys(&set, KL_ROLE_FIRMWARE, keys), 2);
    assert_memory_equal(keys[0].id, other.public_key.id, 32);
    assert_int_equal(keys[0].is_revoked, 1);
    assert_memory_equal(&keys[1], &next.public_key, sizeof keys[1]);
    assert_int_equal(kl_key_set_valid(&set, KL_ROLE_MODELS), 0);
    for (uint32_t version = 3; version < 8; version++) { /* both halves, more than once */
        begin_body(version);
        add_key(&root, SIGNS_KEYS, 0);
        upload(&root, version, &image);
        assert_int_equal(kl_key_set_take(&security, &image, &set), KL_KEY_SET_OK);
        assert_int_equal(loaded(), version);
    }
    assert_int_equal(model.violations, 0);
    built_in.version = 9; /* a firmware with a later one */
    assert_int_equal(loaded(), 9);
}

static int take(const struct test_key *key, uint32_t counter)
{
    struct kl_key_set set;
    struct kl_image image;
    upload(key, counter, &image);
    assert_int_equal(kl_key_set_load(&security, &built_in, &set), KL_KEY_SET_OK);
    int error = kl_key_set_take(&security, &image, &set);
    assert_int_equal(loaded(), error ? 1 : 2);
    return error;
}

static void test_refusals(void **state)
{
    (void)state;
    begin_body(2);
    add_key(&root, SIGNS_KEYS, 0);
    assert_int_equal(take(&next, 2), KL_VERIFY_UNKNOWN_KEY);
    assert_int_equal(take(&root, 3), KL_KEY_SET_COUNTER);
    begin_body(1);
    add_key(&root, SIGNS_KEYS, 0);
    assert_int_equal(take(&root, 1), KL_KEY_SET_OLD);
    begin_body(2);
    add_key(&root, SIGNS_KEYS, 1);
    add_key(&next, ALL - SIGNS_KEYS, 0);
    assert_int_equal(take(&root, 2), KL_KEY_SET_DEAD_END);
    built_in.keys[1].key.is_revoked = 1;
    begin_body(2);
    add_key(&root, SIGNS_KEYS, 0);
    assert_int_equal(take(&other, 2), KL_VERIFY_REVOKED_KEY);
    built_in.keys[1] = (struct kl_key_entry){other.public_key, SIGNS_FIRMWARE};
    assert_int_equal(take(&other, 2), KL_VERIFY_UNKNOWN_KEY); /* it may not sign sets */
    assert_int_equal(take(&root, 2), KL_KEY_SET_OK);
}

/* A changed byte of the body, and what is said of it. */
static void test_body(void **state)
{
    static const struct {
        uint32_t at;
        uint8_t value;
        int error;
    } changes[] = {{0, 'X', KL_KEY_SET_MAGIC},
                   {4, 0, KL_KEY_SET_FORM},
                   {8, 0, KL_KEY_SET_FORM},
                   {8, 1, KL_KEY_SET_FORM},
                   {8, 17, KL_KEY_SET_FORM},
                   {9, 1, KL_KEY_SET_FORM},
                   {10, 1, KL_KEY_SET_FORM},
                   {HEAD, 0, KL_KEY_SET_ENTRY},
                   {HEAD, 16, KL_KEY_SET_ENTRY},
                   {HEAD + 1, 2, KL_KEY_SET_ENTRY},
                   {HEAD + 3, 1, KL_KEY_SET_ENTRY},
                   {HEAD + 4, 1, KL_KEY_SET_ID},
                   {HEAD + ENTRY - 1, 1, KL_KEY_SET_ID}};
    struct kl_key_set set;
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint8_t before = body[changes[i].at];
        body[changes[i].at] = changes[i].value;
        assert_int_not_equal(before, changes[i].value);
        assert_int_equal(kl_key_set_parse(body, body_bytes, &set), changes[i].error);
        body[changes[i].at] = before;
    }
    assert_int_equal(kl_key_set_parse(body, body_bytes, &set), KL_KEY_SET_OK);
    assert_int_equal(kl_key_set_parse(body, body_bytes - 1, &set), KL_KEY_SET_FORM);
    assert_int_equal(kl_key_set_parse(body, HEAD - 1, &set), KL_KEY_SET_MAGIC);
    add_key(&root, ALL, 0);
    assert_int_equal(kl_key_set_parse(body, body_bytes, &set), KL_KEY_SET_TWICE);
}

static void test_small_area(void **state)
{
    const struct kl_flash_area small = {&model.flash, 0, SECURITY - SECTOR};
    struct kl_key_set set;
    (void)state;
    assert_int_equal(kl_key_set_load(&small, &built_in, &set), KL_KEY_SET_FLASH);
    assert_int_equal(set.version, 1);
}

enum { BEFORE = 3, AFTER = 4 };

/* A device that has had two sets, so that the next one goes where the first one lies; and that next
 * one's image. Made once. */
static void begin_rotation(uint64_t seed, struct kl_image *image)
{
    static uint32_t made_memory[BYTES];
    static struct kl_flash_model made_model;
    static struct kl_image made_image;
    if (made_image.area == NULL) {
        struct kl_key_set set = built_in;
        for (uint32_t version = 2; version <= AFTER; version++) {
            begin_body(version);
            add_key(&root, SIGNS_KEYS, 0);
            add_key(&next, SIGNS_FIRMWARE, 0);
            upload(&root, version, &made_image);
            assert_true(version == AFTER ||
                        kl_key_set_take(&security, &made_image, &set) == KL_KEY_SET_OK);
        }
        memcpy(made_memory, memory, sizeof memory);
        made_model = model;
    }
    memcpy(memory, made_memory, sizeof memory);
    model = made_model;
    model.random = seed;
    *image = made_image;
}

/* What a device does after power came on: load, and take the next set if it is not in use. Once it
 * has been in use it stays so. */
static bool power_on_and_take(const struct kl_image *image, bool *was_next)
{
    struct kl_key_set set;
    int error = kl_key_set_load(&security, &built_in, &set);
    if (!error) {
        assert_true(set.version == AFTER || (set.version == BEFORE && !*was_next));
        error = set.version == AFTER ? 0 : kl_key_set_take(&security, image, &set);
        *was_next = set.version == AFTER;
        error = error == KL_KEY_SET_OLD && *was_next ? 0 : error;
    }
    assert_true(error == 0 || model.is_off);
    return error == 0;
}

static void take_with_cuts(const uint64_t *after, const enum kl_cut_place *place, int cuts,
                           uint64_t *operations)
{
    struct kl_image image;
    bool was_next = false;
    begin_rotation(after[0] * 3 + place[0] + 17 * after[1] + 1, &image);
    uint64_t first = model.operations;
    for (int i = 0; i < cuts; i++) {
        kl_flash_model_cut(&model, after[i], place[i]);
        (void)power_on_and_take(&image, &was_next);
        kl_flash_model_power_on(&model);
    }
    for (int look = 0; look < 4; look++) {
        assert_true(power_on_and_take(&image, &was_next));
        assert_int_equal(loaded(), AFTER);
    }
    *operations = model.operations - first;
}

static void test_cuts(void **state)
{
    enum { MARK_OPERATIONS = 8 };
    uint64_t operations = 0, ignored, after[2] = {0, 0};
    enum kl_cut_place place[2] = {KL_CUT_BEFORE, KL_CUT_BEFORE};
    (void)state;
    take_with_cuts(after, place, 0, &operations);
    assert_true(operations > 100);
    for (after[0] = 0; after[0] < operations; after[0]++) {
        for (int i = 0; i < KL_CUT_PLACES; i++) {
            place[0] = (enum kl_cut_place)i;
            take_with_cuts(after, place, 1, &ignored);
        }
    }
    /* Twice in a row, where it hurts: at the erase and at the marks, then anywhere near. */
    for (uint64_t first = 0; first < 2 * MARK_OPERATIONS; first++) {
        after[0] = first < MARK_OPERATIONS ? first : operations - 1 - (first - MARK_OPERATIONS);
        for (uint64_t second = 0; second < 3 * MARK_OPERATIONS; second++) {
            for (int i = 0; i < KL_CUT_PLACES * KL_CUT_PLACES; i++) {
                place[0] = (enum kl_cut_place)(i / KL_CUT_PLACES);
                place[1] = (enum kl_cut_place)(i % KL_CUT_PLACES);
                after[1] = second;
                take_with_cuts(after, place, 2, &ignored);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rotation, set_up),
        cmocka_unit_test_setup(test_refusals, set_up),
        cmocka_unit_test_setup(test_body, set_up),
        cmocka_unit_test_setup(test_small_area, set_up),
        cmocka_unit_test_setup(test_cuts, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
