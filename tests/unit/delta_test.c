/* SPDX-License-Identifier: Apache-2.0 */
/* Patches: every pair of images comes out, in any parts; every refusal has its code, and the
 * unaltered patch is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/delta.h"
#include "port/host/flash_model.h"
#include "release/delta.h"
#include "support/random.h"

enum { SECTOR = 256, SLOT = 16 * SECTOR, FLASH = 2 * SLOT, DEVICE_RAM = 8192 };

static uint32_t memory[FLASH];
static struct kl_flash_model model;
static const struct kl_flash_area base = {&model.flash, 0, SLOT};
static const struct kl_flash_area result = {&model.flash, SLOT, SLOT};
static uint8_t old_image[SLOT], new_image[SLOT];
static struct kl_buffer patch;

static void start_device(uint32_t write_bytes)
{
    kl_flash_model_init(&model, memory, FLASH, SECTOR, write_bytes, 1);
    assert_int_equal(model.flash.write(&model, 0, old_image, SLOT), 0);
}

static void make(uint32_t old_bytes, uint32_t new_bytes)
{
    struct kl_diag diag = {0};
    struct kl_delta_counts counts;
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    kl_buffer_free(&patch);
    patch = KL_BUFFER(1 << 20);
    assert_int_equal(kl_delta_make((struct kl_bytes){old_image, old_bytes},
                                   (struct kl_bytes){new_image, new_bytes}, arena, &patch, &counts,
                                   &diag),
                     KL_OK);
    assert_int_equal(counts.copied_bytes + counts.literal_bytes, new_bytes);
    kl_arena_free(arena);
}

/* Feed the patch in parts of `part` bytes; what the last call said. */
static int apply(const char *bytes, size_t count, size_t part)
{
    struct kl_delta delta;
    int error = kl_delta_begin(&delta, &base, &result);
    for (size_t at = 0; at < count && error == KL_DELTA_OK; at += part) {
        assert_int_equal(kl_delta_received(&delta), at);
        error =
            kl_delta_feed(&delta, bytes + at, (uint32_t)(count - at < part ? count - at : part));
    }
    return error;
}

/* Apply the patch to a device with the old image. */
static int apply_anew(void)
{
    start_device(8);
    return apply(patch.data, patch.size, 50);
}

/* Random images; the new one is the old one with `insert` bytes before `at`, and every `every`th
 * byte changed. */
static void draw_images(uint32_t seed, uint32_t at, uint32_t insert, uint32_t every)
{
    struct kt_random random = {seed};
    for (uint32_t i = 0; i < SLOT; i++) {
        old_image[i] = (uint8_t)kt_random_next(&random);
    }
    for (uint32_t i = 0; i < SLOT; i++) {
        new_image[i] = i < at            ? old_image[i]
                       : i < at + insert ? (uint8_t)kt_random_next(&random)
                                         : old_image[i - insert];
        new_image[i] = (uint8_t)(new_image[i] + (i % every == 0 ? kt_random_next(&random) % 7 : 0));
    }
}

static int set_up(void **state)
{
    (void)state;
    draw_images(1, 500, 20, 97);
    make(2000, 2300);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kl_buffer_free(&patch);
    return 0;
}

static void test_ram(void **state)
{
    (void)state;
    assert_true(sizeof(struct kl_delta) <= DEVICE_RAM);
}

static void test_parts(void **state)
{
    static const size_t parts[] = {1, 2, 7, 79, 80, 81, 192, 193, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        start_device(4);
        assert_int_equal(apply(patch.data, patch.size, parts[i]), KL_DELTA_DONE);
        assert_memory_equal(model.data + SLOT, new_image, 2300);
        assert_int_equal(model.violations, 0);
    }
}

static void test_images(void **state)
{
    struct kt_random random = {7};
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t sizes[2];
        for (int k = 0; k < 2; k++) {
            sizes[k] = (uint32_t)kt_random_between(&random, k, i < 50 ? 12 : SLOT);
        }
        draw_images(i, (uint32_t)kt_random_between(&random, 0, SLOT),
                    (uint32_t)kt_random_between(&random, 0, 40),
                    (uint32_t)kt_random_between(&random, 1, 300));
        make(sizes[0], sizes[1]);
        start_device(1u << i % 4);
        assert_int_equal(apply(patch.data, patch.size, 1 + i), KL_DELTA_DONE);
        assert_memory_equal(model.data + SLOT, new_image, sizes[1]);
    }
}

/* The example of docs/spec/delta.md. */
static void test_specified(void **state)
{
    static const uint8_t specified[] = {
        0x4b, 0x4c, 0x44, 0x31, 0x0c, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x57, 0x00, 0x00,
        0x00, 0xce, 0x3c, 0xb2, 0x86, 0x80, 0x72, 0x74, 0xcb, 0x9b, 0x24, 0xaa, 0x05, 0x04, 0xc7,
        0xe6, 0xa0, 0xa5, 0x4b, 0xdc, 0xfb, 0xaa, 0x5a, 0xf9, 0xd6, 0xbd, 0x3f, 0x9d, 0x67, 0x93,
        0xa8, 0x56, 0xb7, 0xf1, 0x6d, 0xb8, 0x41, 0x5b, 0x10, 0x94, 0x05, 0x78, 0x25, 0x41, 0x38,
        0x8f, 0x30, 0x65, 0xb4, 0xb0, 0xa3, 0x3a, 0xd5, 0x1a, 0xbf, 0x65, 0x9f, 0xf3, 0xa5, 0xb4,
        0x3b, 0x1e, 0xef, 0x0c, 0x8d, 0x00, 0xea, 0x20, 0x3c, 0x14, 0x87, 0x00};
    (void)state;
    memcpy(old_image, "kinglet 1.0\n", 12);
    memcpy(new_image, "kinglet 1.1\n", 12);
    make(12, 12);
    assert_int_equal(patch.size, sizeof specified);
    assert_memory_equal(patch.data, specified, sizeof specified);
    assert_int_equal(apply_anew(), KL_DELTA_DONE);
    assert_memory_equal(model.data + SLOT, "kinglet 1.1\n", 12);
}

/* Weights that have all changed a little are copied, and cost little. */
static void test_weights(void **state)
{
    struct kt_random random = {3};
    (void)state;
    draw_images(5, 0, 0, SLOT);
    for (uint32_t i = 0; i < SLOT; i++) {
        new_image[i] = (uint8_t)(old_image[i] + kt_random_between(&random, -1, 1));
    }
    make(SLOT, SLOT);
    assert_int_equal(apply_anew(), KL_DELTA_DONE);
    assert_in_range(patch.size, KL_DELTA_HEADER_BYTES, SLOT * 23 / 100);
}

static void test_other_base(void **state)
{
    (void)state;
    assert_int_equal(apply_anew(), KL_DELTA_DONE);
    start_device(8);
    model.data[10] ^= 1;
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_BASE);
    assert_int_equal(kl_area_is_erased(&result, 0, SLOT), 1);
}

/* What lies in the slot stays until the base is known to be right. */
static void test_nothing_lost(void **state)
{
    (void)state;
    start_device(8);
    assert_int_equal(model.flash.write(&model, SLOT, old_image, SLOT), 0);
    uint64_t operations = model.operations;
    patch.data[16] ^= 1;
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_BASE);
    assert_int_equal(model.operations, operations);
}

static void test_stale(void **state)
{
    (void)state;
    start_device(8);
    assert_int_equal(model.flash.write(&model, SLOT, old_image, SLOT), 0);
    model.data[SLOT] ^= 1;
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_STALE);
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_DONE);
}

/* A second run finds the result, and writes no more than the last sector. */
static void test_resumed(void **state)
{
    (void)state;
    assert_int_equal(apply_anew(), KL_DELTA_DONE);
    uint64_t operations = model.operations;
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_DONE);
    assert_in_range(model.operations - operations, 1, SLOT / SECTOR + SECTOR / 8);
    assert_int_equal(model.wear[SLOT / SECTOR], 1);
}

static void test_format(void **state)
{
    (void)state;
    patch.data[3] = '2';
    assert_int_equal(apply_anew(), KL_DELTA_FORMAT);
    patch.data[3] = '1';
    assert_int_equal(apply_anew(), KL_DELTA_DONE);
    memset(patch.data + 12, 0, 4); /* shorter than its header */
    assert_int_equal(apply_anew(), KL_DELTA_FORMAT);
}

static void test_sizes(void **state)
{
    static const struct {
        int at, byte;
    } wrong[] = {{5, 0x11}, {7, 1}, {9, 0x11}, {11, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char kept = patch.data[wrong[i].at];
        patch.data[wrong[i].at] = (char)wrong[i].byte;
        assert_int_equal(apply_anew(), KL_DELTA_SIZE);
        patch.data[wrong[i].at] = kept;
    }
    memset(patch.data + 8, 0, 4); /* an empty result */
    assert_int_equal(apply_anew(), KL_DELTA_SIZE);
}

static void test_lengths(void **state)
{
    (void)state;
    start_device(8);
    assert_int_equal(apply(patch.data, patch.size - 1, 50), KL_DELTA_OK); /* it waits */
    start_device(8);
    kl_buffer_append(&patch, "x", 1);
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_LONG);
    patch.size--;
    assert_int_equal(apply_anew(), KL_DELTA_DONE);
    uint32_t size = (uint32_t)patch.size - 20; /* the header says so, too */
    memcpy(patch.data + 12, &size, 4);
    start_device(8);
    assert_int_equal(apply(patch.data, size, 50), KL_DELTA_SHORT);
}

/* The result is shorter than what the patch goes on with. */
static void test_goes_on(void **state)
{
    (void)state;
    uint32_t size = (uint32_t)patch.size + 40;
    for (int i = 0; i < 40; i++) {
        kl_buffer_append(&patch, "x", 1);
    }
    memcpy(patch.data + 12, &size, 4);
    assert_int_equal(apply_anew(), KL_DELTA_LONG);
}

/* A literal or a copy that is longer than the result. */
static void test_beyond_result(void **state)
{
    (void)state;
    make(2000, 2300);
    uint32_t size = 900;
    memcpy(patch.data + 8, &size, 4);
    assert_int_equal(apply_anew(), KL_DELTA_RANGE);
}

/* A copy that reads behind the end of the base: the same patch with a base that is shorter. */
static void test_beyond_base(void **state)
{
    struct kl_buffer other = patch;
    (void)state;
    patch = KL_BUFFER(1 << 20);
    make(300, 2300); /* for the hash of the shorter base */
    memcpy(other.data + 4, patch.data + 4, 4);
    memcpy(other.data + 16, patch.data + 16, KL_DELTA_HASH_BYTES);
    kl_buffer_free(&patch);
    patch = other;
    assert_int_equal(apply_anew(), KL_DELTA_RANGE);
}

static void test_other_result(void **state)
{
    (void)state;
    patch.data[48] ^= 1;
    assert_int_equal(apply_anew(), KL_DELTA_RESULT);
    patch.data[48] ^= 1;
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_DONE);
}

static void test_areas(void **state)
{
    const struct kl_flash_area overlapping = {&model.flash, SLOT - SECTOR, SLOT};
    const struct kl_flash_area outside = {&model.flash, SLOT, SLOT + SECTOR};
    struct kl_delta delta;
    (void)state;
    start_device(8);
    assert_int_equal(kl_delta_begin(&delta, &base, &result), KL_DELTA_OK);
    assert_int_equal(kl_delta_begin(&delta, &base, &overlapping), KL_DELTA_AREA);
    assert_int_equal(kl_delta_begin(&delta, &base, &outside), KL_DELTA_AREA);
    assert_int_equal(kl_delta_feed(&delta, "KLD1", 4), KL_DELTA_AREA);
}

static void test_flash_fails(void **state)
{
    (void)state;
    start_device(8);
    kl_flash_model_cut(&model, 30, KL_CUT_BEFORE);
    assert_int_equal(apply(patch.data, patch.size, 50), KL_DELTA_FLASH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ram),          TEST(test_parts),         TEST(test_images),
        TEST(test_weights),      TEST(test_specified),     TEST(test_other_base),
        TEST(test_nothing_lost), TEST(test_stale),         TEST(test_resumed),
        TEST(test_format),       TEST(test_sizes),         TEST(test_lengths),
        TEST(test_goes_on),      TEST(test_beyond_result), TEST(test_beyond_base),
        TEST(test_other_result), TEST(test_areas),         TEST(test_flash_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
