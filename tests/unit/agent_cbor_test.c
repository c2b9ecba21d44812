/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "kinglet/cbor.h"

/* Examples of RFC 8949, appendix A. */
static const struct {
    int64_t value;
    uint32_t bytes;
    uint8_t encoding[9];
} integers[] = {
    {0, 1, {0x00}},
    {10, 1, {0x0a}},
    {23, 1, {0x17}},
    {24, 2, {0x18, 0x18}},
    {100, 2, {0x18, 0x64}},
    {1000, 3, {0x19, 0x03, 0xe8}},
    {1000000, 5, {0x1a, 0x00, 0x0f, 0x42, 0x40}},
    {1000000000000, 9, {0x1b, 0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00}},
    {-1, 1, {0x20}},
    {-10, 1, {0x29}},
    {-100, 2, {0x38, 0x63}},
    {-1000, 3, {0x39, 0x03, 0xe7}},
    {255, 2, {0x18, 0xff}},
    {256, 3, {0x19, 0x01, 0x00}},
    {65535, 3, {0x19, 0xff, 0xff}},
    {65536, 5, {0x1a, 0x00, 0x01, 0x00, 0x00}},
    {INT64_MIN, 9, {0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

static void test_integers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        uint8_t data[9];
        struct kl_cbor_writer writer = {data, sizeof data, 0, false};
        kl_cbor_put_int(&writer, integers[i].value);
        assert_false(writer.failed);
        assert_int_equal(writer.bytes, integers[i].bytes);
        assert_memory_equal(data, integers[i].encoding, writer.bytes);

        struct kl_cbor_reader reader = {data, writer.bytes, 0};
        struct kl_cbor_item item;
        assert_true(kl_cbor_next(&reader, &item));
        assert_int_equal(reader.offset, writer.bytes);
        assert_int_equal(item.type, integers[i].value < 0 ? KL_CBOR_NEGATIVE : KL_CBOR_UINT);
        assert_true((integers[i].value < 0 ? -1 - (int64_t)item.value : (int64_t)item.value) ==
                    integers[i].value);
    }
}

/* {"a": 1, "data": h'0102', "list": [true, "x"], "n": -1} */
static uint32_t write_sample(uint8_t *data, uint32_t capacity, bool *failed)
{
    struct kl_cbor_writer writer = {data, capacity, 0, false};
    kl_cbor_put_map(&writer, 4);
    kl_cbor_put_text(&writer, "a");
    kl_cbor_put_uint(&writer, 1);
    kl_cbor_put_text(&writer, "data");
    kl_cbor_put_bytes(&writer, "\x01\x02", 2);
    kl_cbor_put_text(&writer, "list");
    kl_cbor_put_array(&writer, 2);
    kl_cbor_put_bool(&writer, true);
    kl_cbor_put_text(&writer, "x");
    kl_cbor_put_text(&writer, "n");
    kl_cbor_put_int(&writer, -1);
    *failed = writer.failed;
    return writer.bytes;
}

static void test_map_round_trip(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0xa4, 0x61, 'a',  0x01, 0x64, 'd',  'a', 't',
                                       'a',  0x42, 0x01, 0x02, 0x64, 'l',  'i', 's',
                                       't',  0x82, 0xf5, 0x61, 'x',  0x61, 'n', 0x20};
    uint8_t data[64];
    bool failed;
    uint32_t bytes = write_sample(data, sizeof data, &failed);
    assert_false(failed);
    assert_int_equal(bytes, sizeof expected);
    assert_memory_equal(data, expected, sizeof expected);
    assert_true(kl_cbor_is_map(data, bytes));

    uint32_t number, string_bytes;
    const uint8_t *string;
    assert_true(kl_cbor_map_uint(data, bytes, "a", &number));
    assert_int_equal(number, 1);
    assert_true(kl_cbor_map_string(data, bytes, "data", KL_CBOR_BYTES, &string, &string_bytes));
    assert_int_equal(string_bytes, 2);
    assert_memory_equal(string, "\x01\x02", 2);
    assert_false(kl_cbor_map_string(data, bytes, "data", KL_CBOR_TEXT, &string, &string_bytes));
    assert_false(kl_cbor_map_string(data, bytes, "list", KL_CBOR_ARRAY, &string, &string_bytes));
    assert_false(kl_cbor_map_uint(data, bytes, "n", &number));
    assert_false(kl_cbor_map_uint(data, bytes, "dat", &number));
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    assert_true(kl_cbor_map_find(data, bytes, "list", &value));
    assert_true(kl_cbor_next(&value, &item));
    assert_int_equal(item.type, KL_CBOR_ARRAY);
    assert_int_equal(item.value, 2);
    assert_true(kl_cbor_next(&value, &item));
    assert_int_equal(item.type, KL_CBOR_SIMPLE);
    assert_int_equal(item.value, 21);
}

/* Every capacity below the size fails and stays inside its bounds; the size itself works. */
static void test_writer_bounds(void **state)
{
    (void)state;
    uint8_t data[64];
    bool failed;
    uint32_t bytes = write_sample(data, sizeof data, &failed);
    for (uint32_t capacity = 0; capacity <= bytes; capacity++) {
        memset(data, 0xEE, sizeof data);
        assert_true(write_sample(data, capacity, &failed) <= capacity);
        assert_int_equal(failed, capacity < bytes);
        assert_int_equal(data[capacity], 0xEE);
    }
}

/* No truncation of a well-formed map is well-formed. The copy is exact, for the sanitizer. */
static void test_truncations(void **state)
{
    (void)state;
    uint8_t data[64];
    bool failed;
    uint32_t bytes = write_sample(data, sizeof data, &failed);
    for (uint32_t cut = 0; cut < bytes; cut++) {
        uint8_t *exact = test_malloc(cut + 1);
        memcpy(exact, data, cut);
        uint32_t number;
        assert_false(kl_cbor_is_map(exact, cut));
        assert_false(kl_cbor_map_uint(exact, cut, "n", &number));
        test_free(exact);
    }
}

static const struct {
    const char *what;
    uint32_t bytes;
    uint8_t data[16];
} malformed[] = {
    {"empty", 0, {0}},
    {"not a map", 1, {0x01}},
    {"trailing byte", 2, {0xa0, 0x00}},
    {"indefinite map", 4, {0xbf, 0x61, 'a', 0xff}},
    {"indefinite string inside", 5, {0xa1, 0x61, 'a', 0x5f, 0xff}},
    {"reserved additional information", 4, {0xa1, 0x61, 'a', 0x1c}},
    {"count beyond the message", 2, {0xbb, 0xff}},
    {"huge map", 9, {0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    {"map whose doubled count overflows", 9, {0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0}},
    {"huge string", 12, {0xa1, 0x61, 'a', 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    {"huge array inside", 8, {0xa1, 0x61, 'a', 0x9a, 0xff, 0xff, 0xff, 0xff}},
    {"string longer than the rest", 5, {0xa1, 0x61, 'a', 0x42, 0x00}},
    {"key without a value", 3, {0xa1, 0x61, 'a'}},
    {"tag without content", 4, {0xa1, 0x61, 'a', 0xc1}},
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        struct kl_cbor_reader value;
        if (kl_cbor_is_map(malformed[i].data, malformed[i].bytes)) {
            fail_msg("accepted: %s", malformed[i].what);
        }
        /* Must only end and stay inside, whatever it answers. */
        (void)kl_cbor_map_find(malformed[i].data, malformed[i].bytes, "b", &value);
    }
}

/* Deep nesting costs no stack and no more than one pass. */
static void test_nesting(void **state)
{
    (void)state;
    enum { DEPTH = 1 << 20 };
    uint8_t *data = test_malloc(DEPTH + 4);
    memcpy(data,
           "\xa1\x61"
           "a",
           3);
    memset(data + 3, 0x81, DEPTH);
    data[3 + DEPTH] = 0x00;
    assert_true(kl_cbor_is_map(data, DEPTH + 4));
    assert_false(kl_cbor_is_map(data, DEPTH + 3));
    test_free(data);
}

static void test_first_key_wins(void **state)
{
    (void)state;
    static const uint8_t data[] = {0xa3, 0x01, 0x02, 0x61, 'a', 0x05, 0x61, 'a', 0x06};
    uint32_t number;
    assert_true(kl_cbor_map_uint(data, sizeof data, "a", &number));
    assert_int_equal(number, 5);
}

/* Pseudo-random bytes: never outside the message, never endless. */
static void test_noise(void **state)
{
    (void)state;
    uint32_t seed = 1;
    uint32_t accepted = 0;
    for (uint32_t round = 0; round < 200000; round++) {
        uint32_t bytes = 1 + round % 24;
        uint8_t *data = test_malloc(bytes);
        for (uint32_t i = 0; i < bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            data[i] = (uint8_t)(seed >> 24);
        }
        data[0] = (uint8_t)(0xa0 | (data[0] & 3));
        uint32_t number;
        accepted += kl_cbor_is_map(data, bytes);
        (void)kl_cbor_map_uint(data, bytes, "a", &number);
        test_free(data);
    }
    assert_true(accepted > 0); /* the noise does reach the end of the parser */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),       cmocka_unit_test(test_map_round_trip),
        cmocka_unit_test(test_writer_bounds),  cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_malformed),      cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_first_key_wins), cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
