/* SPDX-License-Identifier: Apache-2.0 */
/* Every reason to refuse an image has a code of its own, and the unaltered image is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "image_make.h"

enum { BODY_BYTES = 1000, SECTOR_BYTES = 4096 };

static struct test_key key, other;
static struct test_image image;
static uint8_t memory[TEST_IMAGE_MAX];
static const struct kl_device_class device = {{1, 2, 3}, {4, 5, 6}, "board-a"};

static int read_memory(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    (void)context;
    memcpy(data, memory + offset, bytes);
    return 0;
}

static const struct kl_flash flash = {
    .bytes = TEST_IMAGE_MAX, .sector_bytes = SECTOR_BYTES, .write_bytes = 8, .read = read_memory};
static const struct kl_flash_area area = {&flash, 0, TEST_IMAGE_MAX};
static struct kl_verify_rules rules;
static struct test_image_wish wish;

static void install(void)
{
    memset(memory, 0xff, sizeof memory);
    memcpy(memory, image.bytes, image.size);
}

static int set_up(void **state)
{
    (void)state;
    test_key_make(1, &key);
    test_key_make(2, &other);
    rules = (struct kl_verify_rules){&key.public_key, 1, &device, KL_IMAGE_FIRMWARE, 3, NULL, NULL};
    wish = (struct test_image_wish){.kind = KL_IMAGE_FIRMWARE,
                                    .version = {1, 2, 3, 0},
                                    .body_bytes = BODY_BYTES,
                                    .counter = 3,
                                    .device = &device,
                                    .key = &key};
    test_image_make(&wish, &image);
    install();
    return 0;
}

static int verify(void)
{
    struct kl_image found;
    int error = kl_image_open(&area, &found);
    return error ? error : kl_verify(&found, &rules);
}

/* The image of `wish`, which differs in one thing from one that is taken. */
static int verify_made(void)
{
    test_image_make(&wish, &image);
    install();
    return verify();
}

/* Change every byte of the image, one at a time: no change is taken. */
static void test_every_byte(void **state)
{
    int seen_hash = 0, seen_signature = 0, seen_key = 0;
    (void)state;
    assert_int_equal(verify(), KL_VERIFY_OK);
    for (uint32_t i = 0; i < image.size; i += i < 40 || i > 32 + BODY_BYTES ? 1 : 37) {
        memory[i] ^= 0x40;
        int error = verify();
        memory[i] ^= 0x40;
        assert_int_not_equal(error, KL_VERIFY_OK);
        seen_hash += error == KL_VERIFY_HASH;
        seen_signature += error == KL_VERIFY_SIGNATURE;
        seen_key += error == KL_VERIFY_UNKNOWN_KEY;
    }
    assert_true(seen_hash > 0 && seen_signature > 0 && seen_key > 0);
    assert_int_equal(verify(), KL_VERIFY_OK);
}

static void test_tampered(void **state)
{
    (void)state;
    memory[20]++; /* the version, in the header */
    assert_int_equal(verify(), KL_VERIFY_HASH);
    install();
    memory[32 + BODY_BYTES - 1]++;
    assert_int_equal(verify(), KL_VERIFY_HASH);
    install();
    memory[32 + BODY_BYTES + 4 + 4]++; /* the vendor, in the protected entries */
    assert_int_equal(verify(), KL_VERIFY_HASH);
    install();
    memory[image.size - 1]++; /* the signature */
    assert_int_equal(verify(), KL_VERIFY_SIGNATURE);
    install();
    memset(memory + image.size - 40, 0xff, 40); /* the upload ended early */
    assert_int_equal(verify(), KL_VERIFY_SIGNATURE);
}

static void test_keys(void **state)
{
    struct kl_public_key keys[2];
    (void)state;
    wish.key = &other;
    assert_int_equal(verify_made(), KL_VERIFY_UNKNOWN_KEY);
    keys[0] = key.public_key;
    keys[1] = other.public_key;
    rules.keys = keys;
    rules.key_count = 2;
    assert_int_equal(verify(), KL_VERIFY_OK);
    keys[1].is_revoked = 1;
    assert_int_equal(verify(), KL_VERIFY_REVOKED_KEY);
    wish.key = &key;
    assert_int_equal(verify_made(), KL_VERIFY_OK);
    /* The name of a key that is trusted, over the signature of another. */
    memcpy(keys[1].id, key.public_key.id, sizeof keys[1].id);
    keys[0].id[0]++;
    keys[1].is_revoked = 0;
    assert_int_equal(verify(), KL_VERIFY_SIGNATURE);
    rules.key_count = 0;
    assert_int_equal(verify(), KL_VERIFY_UNKNOWN_KEY);
}

static void test_unsigned(void **state)
{
    (void)state;
    wish.key = NULL;
    assert_int_equal(verify_made(), KL_VERIFY_UNSIGNED);
}

static void test_purpose(void **state)
{
    struct kl_device_class asked = device;
    (void)state;
    rules.device = &asked;
    asked.board[0]++;
    assert_int_equal(verify(), KL_VERIFY_BOARD);
    asked = device;
    asked.board[6] = 0; /* a beginning of the name */
    assert_int_equal(verify(), KL_VERIFY_BOARD);
    asked = device;
    asked.vendor[15]++;
    assert_int_equal(verify(), KL_VERIFY_VENDOR);
    asked = device;
    asked.product[0]++;
    assert_int_equal(verify(), KL_VERIFY_PRODUCT);
    asked = device;
    assert_int_equal(verify(), KL_VERIFY_OK);
    wish.device = NULL;
    assert_int_equal(verify_made(), KL_VERIFY_VENDOR);
    rules.device = NULL;
    assert_int_equal(verify(), KL_VERIFY_OK);
    rules.kind = KL_IMAGE_MODEL;
    assert_int_equal(verify(), KL_VERIFY_KIND);
    wish.kind = KL_IMAGE_MODEL;
    assert_int_equal(verify_made(), KL_VERIFY_OK);
    rules.kind = KL_IMAGE_FIRMWARE;
    assert_int_equal(verify(), KL_VERIFY_KIND);
}

static void test_rollback(void **state)
{
    (void)state;
    rules.least_counter = 4;
    assert_int_equal(verify(), KL_VERIFY_ROLLBACK);
    wish.counter = 4;
    assert_int_equal(verify_made(), KL_VERIFY_OK);
    wish.counter = 0; /* none */
    assert_int_equal(verify_made(), KL_VERIFY_ROLLBACK);
    rules.least_counter = 0;
    assert_int_equal(verify(), KL_VERIFY_OK);
}

/* A longer header, as boards need whose vectors must be aligned. */
static void test_long_header(void **state)
{
    (void)state;
    wish.header_bytes = 512;
    assert_int_equal(verify_made(), KL_VERIFY_OK);
    memory[500] ^= 1;
    assert_int_equal(verify(), KL_VERIFY_HASH);
}

static int read_until(void *context, const struct kl_image *found, uint32_t offset, void *data,
                      uint32_t bytes)
{
    (void)found;
    if (offset > *(const uint32_t *)context) {
        return -99;
    }
    return read_memory(NULL, offset, data, bytes);
}

/* What is hashed comes from the caller's function, and so do its errors. */
static void test_reader(void **state)
{
    uint32_t most = UINT32_MAX;
    (void)state;
    rules.read = read_until;
    rules.context = &most;
    assert_int_equal(verify(), KL_VERIFY_OK);
    most = 600;
    assert_int_equal(verify(), -99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_byte, set_up),
        cmocka_unit_test_setup(test_tampered, set_up),
        cmocka_unit_test_setup(test_keys, set_up),
        cmocka_unit_test_setup(test_unsigned, set_up),
        cmocka_unit_test_setup(test_purpose, set_up),
        cmocka_unit_test_setup(test_rollback, set_up),
        cmocka_unit_test_setup(test_long_header, set_up),
        cmocka_unit_test_setup(test_reader, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
