/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of custom operators' options, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import/flexbuffer.h"

/* {"T": 7, "a": -1}: names, places of the names, the header, values, types, the root. */
static const uint8_t good[] = {'T', 0, 'a', 0, 2, 5, 4, 2, 1, 2, 7, 255, 4, 4, 4, 9 << 2, 1};

static void test_reads_integers(void **state)
{
    (void)state;
    struct flex_map map;
    int64_t value;
    assert_true(flex_open((struct kl_bytes){good, sizeof good}, &map));
    assert_int_equal(map.count, 2);
    assert_true(flex_integer(&map, "T", &value));
    assert_int_equal(value, 7);
    assert_true(flex_integer(&map, "a", &value));
    assert_int_equal(value, -1);
    assert_false(flex_integer(&map, "b", &value));
}

static void test_refuses_other_types(void **state)
{
    (void)state;
    uint8_t bytes[sizeof good];
    struct flex_map map;
    int64_t value;
    memcpy(bytes, good, sizeof good);
    bytes[12] = 3 << 2; /* a float */
    assert_true(flex_open((struct kl_bytes){bytes, sizeof bytes}, &map));
    assert_false(flex_integer(&map, "T", &value));
    bytes[15] = 10 << 2; /* the root: a vector */
    assert_false(flex_open((struct kl_bytes){bytes, sizeof bytes}, &map));
}

/* In memory of exactly that size, so that a sanitizer sees a byte too far. */
static void look_up(const uint8_t *from, size_t size)
{
    uint8_t *bytes = malloc(size + !size);
    struct flex_map map;
    int64_t value;
    assert_non_null(bytes);
    memcpy(bytes, from, size);
    if (flex_open((struct kl_bytes){bytes, size}, &map)) {
        (void)flex_integer(&map, "T", &value);
        (void)flex_integer(&map, "a", &value);
        (void)flex_integer(&map, "none", &value);
    }
    free(bytes);
}

static void test_stays_inside_damaged_bytes(void **state)
{
    (void)state;
    uint8_t bytes[sizeof good];
    for (size_t size = 0; size < sizeof good; size++) {
        look_up(good, size);
        look_up(good + size, sizeof good - size);
    }
    for (size_t i = 0; i < sizeof good; i++) {
        for (int value = 0; value < 256; value++) {
            memcpy(bytes, good, sizeof good);
            bytes[i] = (uint8_t)value;
            look_up(bytes, sizeof bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_integers),
        cmocka_unit_test(test_refuses_other_types),
        cmocka_unit_test(test_stays_inside_damaged_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
