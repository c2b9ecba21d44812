/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image format against bytes made by hand from MCUboot's design.md and image.h, and against
 * bytes that an attacker might send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/image.h"

enum { AREA_BYTES = 256, SECTOR_BYTES = 64 };

/* The least image that has everything: 4 bytes of body, and one TLV in each area. */
static const uint8_t vector[] = {
    0x3d, 0xb8, 0xf3, 0x96, /*  0 ih_magic 0x96f3b83d */
    0x00, 0x00, 0x00, 0x21, /*  4 ih_load_addr 0x21000000 */
    0x20, 0x00,             /*  8 ih_hdr_size 32 */
    0x0c, 0x00,             /* 10 ih_protect_tlv_size 12 */
    0x04, 0x00, 0x00, 0x00, /* 12 ih_img_size 4 */
    0x10, 0x00, 0x00, 0x00, /* 16 ih_flags: IMAGE_F_NON_BOOTABLE */
    0x01, 0x02, 0x03, 0x00, /* 20 ih_ver: major 1, minor 2, revision 3 */
    0x04, 0x00, 0x00, 0x00, /* 24 ih_ver: build 4 */
    0x00, 0x00, 0x00, 0x00, /* 28 padding */
    0xde, 0xad, 0xbe, 0xef, /* 32 body */
    0x08, 0x69, 0x0c, 0x00, /* 36 protected TLV info: IMAGE_TLV_PROT_INFO_MAGIC, 12 bytes in all */
    0x50, 0x00, 0x04, 0x00, /* 40 IMAGE_TLV_SEC_CNT, 4 bytes */
    0x07, 0x00, 0x00, 0x00, /* 44 counter 7 */
    0x07, 0x69, 0x0a, 0x00, /* 48 TLV info: IMAGE_TLV_INFO_MAGIC, 10 bytes in all */
    0x50, 0x00, 0x02, 0x00, /* 52 a counter that the hash does not cover */
    0x09, 0x00,             /* 56 */
};
enum { VECTOR_BYTES = sizeof vector };

static uint8_t memory[AREA_BYTES];

static int read_memory(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    (void)context;
    memcpy(data, memory + offset, bytes);
    return 0;
}

static int refuse(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    (void)context;
    (void)offset;
    (void)data;
    (void)bytes;
    return KL_FLASH_FAILED;
}

static const struct kl_flash flash = {.bytes = AREA_BYTES,
                                      .sector_bytes = SECTOR_BYTES,
                                      .write_bytes = 4,
                                      .read = read_memory,
                                      .write = refuse};
static const struct kl_flash_area area = {&flash, 0, AREA_BYTES};

static int set_up(void **state)
{
    (void)state;
    memset(memory, 0xff, sizeof memory);
    memcpy(memory, vector, sizeof vector);
    return 0;
}

static int open_image(struct kl_image *image)
{
    return kl_image_open(&area, image);
}

static void test_vector(void **state)
{
    struct kl_image image;
    uint8_t header[KL_IMAGE_HEADER_BYTES];
    (void)state;
    assert_int_equal(open_image(&image), KL_IMAGE_OK);
    assert_int_equal(image.header.load_address, 0x21000000);
    assert_int_equal(image.header.header_bytes, 32);
    assert_int_equal(image.header.protected_bytes, 12);
    assert_int_equal(image.header.body_bytes, 4);
    assert_int_equal(image.header.flags, KL_IMAGE_NON_BOOTABLE);
    assert_int_equal(image.header.version.major, 1);
    assert_int_equal(image.header.version.minor, 2);
    assert_int_equal(image.header.version.revision, 3);
    assert_int_equal(image.header.version.build, 4);
    assert_int_equal(image.hashed_bytes, 48);
    assert_int_equal(kl_image_bytes(&image), VECTOR_BYTES);
    kl_image_header_write(header, &image.header);
    assert_memory_equal(header, vector, sizeof header);
}

static void test_walk(void **state)
{
    struct kl_image image;
    struct kl_tlv tlv = {0};
    (void)state;
    assert_int_equal(open_image(&image), KL_IMAGE_OK);
    assert_int_equal(kl_image_next_tlv(&image, &tlv), KL_IMAGE_OK);
    assert_int_equal(tlv.type, KL_TLV_SECURITY_COUNTER);
    assert_int_equal(tlv.offset, 44);
    assert_int_equal(tlv.bytes, 4);
    assert_int_equal(kl_image_next_tlv(&image, &tlv), KL_IMAGE_OK);
    assert_int_equal(tlv.offset, 56);
    assert_int_equal(tlv.bytes, 2);
    assert_int_equal(kl_image_next_tlv(&image, &tlv), KL_IMAGE_ABSENT);
}

/* A value is taken from the part that the hash covers, never from the other. */
static void test_protected_part(void **state)
{
    struct kl_image image;
    struct kl_tlv tlv;
    uint32_t counter = 0;
    (void)state;
    assert_int_equal(open_image(&image), KL_IMAGE_OK);
    assert_int_equal(kl_image_get(&image, KL_TLV_SECURITY_COUNTER, &counter, 4), KL_IMAGE_OK);
    assert_int_equal(counter, 7);
    assert_int_equal(kl_image_get(&image, KL_TLV_SECURITY_COUNTER, &counter, 2), KL_IMAGE_TLV);
    assert_int_equal(kl_image_find(&image, KL_TLV_SECURITY_COUNTER, false, &tlv), KL_IMAGE_OK);
    assert_int_equal(tlv.offset, 56);
    memory[40] = KL_TLV_DEPENDENCY; /* now the unprotected part alone has one */
    assert_int_equal(kl_image_get(&image, KL_TLV_SECURITY_COUNTER, &counter, 4), KL_IMAGE_ABSENT);
}

/* Without protected TLVs, and with two empty TLV areas. */
static void test_empty_parts(void **state)
{
    struct kl_image image;
    struct kl_tlv tlv = {0};
    (void)state;
    memory[10] = 0;
    memcpy(memory + 36, vector + 48, VECTOR_BYTES - 48);
    assert_int_equal(open_image(&image), KL_IMAGE_OK);
    assert_int_equal(image.hashed_bytes, 36);
    assert_int_equal(kl_image_next_tlv(&image, &tlv), KL_IMAGE_OK);
    assert_int_equal(tlv.offset, 44);
    assert_int_equal(kl_image_next_tlv(&image, &tlv), KL_IMAGE_ABSENT);
    memory[10] = 4;
    memcpy(memory + 36, (const uint8_t[]){0x08, 0x69, 4, 0, 0x07, 0x69, 4, 0}, 8);
    assert_int_equal(open_image(&image), KL_IMAGE_OK);
    tlv = (struct kl_tlv){0};
    assert_int_equal(kl_image_next_tlv(&image, &tlv), KL_IMAGE_ABSENT);
}

/* One byte of the vector changed, and what kl_image_open or the walk says to it. */
static void test_malformed(void **state)
{
    static const struct {
        uint8_t at, value;
        int error;
    } cases[] = {
        {0, 0x3c, KL_IMAGE_NONE},       {3, 0x97, KL_IMAGE_NONE},      {8, 31, KL_IMAGE_HEADER},
        {9, 0x80, KL_IMAGE_TRUNCATED},  {12, 220, KL_IMAGE_TRUNCATED}, {12, 200, KL_IMAGE_TLV},
        {10, 11, KL_IMAGE_TLV},         {11, 1, KL_IMAGE_TRUNCATED},   {36, 0x07, KL_IMAGE_TLV},
        {38, 13, KL_IMAGE_TLV},         {48, 0x08, KL_IMAGE_TLV},      {50, 3, KL_IMAGE_TLV},
        {51, 0xff, KL_IMAGE_TRUNCATED}, {50, 209, KL_IMAGE_TRUNCATED}, {42, 5, KL_IMAGE_TLV},
        {42, 0xff, KL_IMAGE_TLV},       {42, 3, KL_IMAGE_TLV},         {54, 3, KL_IMAGE_TLV},
        {50, 9, KL_IMAGE_TLV},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kl_image image;
        struct kl_tlv tlv = {0};
        set_up(state);
        memory[cases[i].at] = cases[i].value;
        int error = open_image(&image);
        while (!error) {
            error = kl_image_next_tlv(&image, &tlv);
        }
        assert_int_equal(error, cases[i].error);
    }
}

/* Random bytes behind a right magic: whatever is found lies in the area, and the walk ends. */
static void test_random_bytes(void **state)
{
    uint32_t random = 1;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct kl_image image;
        struct kl_tlv tlv = {0};
        set_up(state);
        for (int changes = 0; changes < 3; changes++) {
            random = random * 1664525 + 1013904223;
            memory[4 + (random >> 8) % (VECTOR_BYTES - 4)] = (uint8_t)(random >> 24);
        }
        int error = open_image(&image), entries = 0;
        while (!error) {
            assert_true(kl_image_bytes(&image) <= AREA_BYTES);
            error = kl_image_next_tlv(&image, &tlv);
            assert_true(error || (uint32_t)tlv.offset + tlv.bytes <= kl_image_bytes(&image));
            assert_true(entries++ < AREA_BYTES);
        }
    }
}

static void test_areas(void **state)
{
    struct kl_flash_area half = {&flash, 2 * SECTOR_BYTES, 2 * SECTOR_BYTES};
    uint8_t data[8];
    (void)state;
    assert_true(kl_area_valid(&half));
    assert_int_equal(kl_area_read(&half, 2 * SECTOR_BYTES - 8, data, 8), KL_FLASH_OK);
    assert_int_equal(kl_area_read(&half, 2 * SECTOR_BYTES - 7, data, 8), KL_FLASH_RANGE);
    assert_int_equal(kl_area_read(&half, UINT32_MAX, data, 8), KL_FLASH_RANGE);
    assert_int_equal(kl_area_read(&half, 0, data, UINT32_MAX), KL_FLASH_RANGE);
    assert_int_equal(kl_area_write(&half, 2, data, 4), KL_FLASH_ALIGN);
    assert_int_equal(kl_area_write(&half, 4, data, 6), KL_FLASH_ALIGN);
    assert_int_equal(kl_area_write(&half, 4, data, 4), KL_FLASH_FAILED);
    assert_int_equal(kl_area_write(&half, 2 * SECTOR_BYTES, data, 4), KL_FLASH_RANGE);
    assert_int_equal(kl_area_erase(&half, 4, SECTOR_BYTES), KL_FLASH_ALIGN);
    assert_int_equal(kl_area_erase(&half, 0, 3 * SECTOR_BYTES), KL_FLASH_RANGE);
    assert_int_equal(kl_area_is_erased(&half, 0, 2 * SECTOR_BYTES), 1);
    assert_int_equal(kl_area_is_erased(&area, 0, AREA_BYTES), 0);
    memory[AREA_BYTES - 1] = 0x7f;
    assert_int_equal(kl_area_is_erased(&half, 0, 2 * SECTOR_BYTES), 0);
    half.offset = 8;
    assert_false(kl_area_valid(&half));
    half = (struct kl_flash_area){&flash, SECTOR_BYTES, AREA_BYTES};
    assert_false(kl_area_valid(&half));
}

static void test_versions(void **state)
{
    const struct kl_image_version a = {1, 2, 300, 9}, b = {1, 3, 0, 0}, c = {1, 2, 300, 1};
    (void)state;
    assert_true(kl_image_version_compare(&a, &b) < 0);
    assert_true(kl_image_version_compare(&b, &a) > 0);
    assert_int_equal(kl_image_version_compare(&a, &c), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_vector, set_up),
        cmocka_unit_test_setup(test_walk, set_up),
        cmocka_unit_test_setup(test_protected_part, set_up),
        cmocka_unit_test_setup(test_empty_parts, set_up),
        cmocka_unit_test_setup(test_malformed, set_up),
        cmocka_unit_test_setup(test_random_bytes, set_up),
        cmocka_unit_test_setup(test_areas, set_up),
        cmocka_unit_test(test_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
