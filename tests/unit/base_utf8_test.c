/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as text, and cutting text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void test_check(void **state)
{
    static const struct {
        const char *text;
        size_t bytes, good;
        const char *fault;
    } rows[] = {
        {"", 0, 0, NULL},
        {"plain\ttext\r\n", 12, 12, NULL},
        {"\xc2\xa0", 2, 2, NULL},                   /* U+00A0 */
        {"\xe2\x82\xac", 3, 3, NULL},               /* U+20AC */
        {"\xf0\x9f\x90\xa6", 4, 4, NULL},           /* U+1F426 */
        {"\xf4\x8f\xbf\xbd", 4, 4, NULL},           /* U+10FFFD */
        {"ab\0", 3, 2, "a NUL byte"},               /* NUL */
        {"a\x01", 2, 1, "a control character"},     /* C0 */
        {"a\x7f", 2, 1, "a control character"},     /* DEL */
        {"a\xc2\x85", 3, 1, "a control character"}, /* C1 */
        {"\xe2\x80\xa8", 3, 0, "a line separator of Unicode"},
        {"\xe2\x80\xa9", 3, 0, "a line separator of Unicode"},
        {"\xef\xbb\xbf", 3, 0, "a byte-order mark or a code that is no character"},
        {"\xef\xbf\xbf", 3, 0, "a byte-order mark or a code that is no character"},
        {"a\x80", 2, 1, "a byte that is not UTF-8"},            /* no lead */
        {"a\xff", 2, 1, "a byte that is not UTF-8"},            /* never used */
        {"\xc0\x80", 2, 0, "a byte that is not UTF-8"},         /* NUL in two bytes */
        {"\xe0\x80\xaf", 3, 0, "a byte that is not UTF-8"},     /* too long */
        {"\xf0\x80\x80\xaf", 4, 0, "a byte that is not UTF-8"}, /* too long */
        {"\xed\xa0\x80", 3, 0, "a byte that is not UTF-8"},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, 0, "a byte that is not UTF-8"}, /* U+110000 */
        {"\xf8\x88\x80\x80", 4, 0, "a byte that is not UTF-8"}, /* five bytes */
        {"\xe2\x82", 2, 0, "a byte that is not UTF-8"},         /* cut off */
        {"\xe2\x28\xac", 3, 0, "a byte that is not UTF-8"},     /* no continuation */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *fault = NULL;
        assert_int_equal(kl_utf8_check(rows[i].text, rows[i].bytes, &fault), rows[i].good);
        if (rows[i].fault) {
            assert_string_equal(fault, rows[i].fault);
        } else {
            assert_null(fault);
        }
    }
}

/* Every place at which a text of all lengths can be cut leaves a text. */
static void test_cut(void **state)
{
    static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa6z";
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};
    (void)state;
    for (size_t limit = 0; limit < sizeof expected / sizeof expected[0]; limit++) {
        assert_int_equal(kl_utf8_cut(text, limit), expected[limit]);
    }
    assert_int_equal(kl_utf8_cut("", 0), 0);
    assert_int_equal(kl_utf8_cut("ab\xe2\x82", 10), 2); /* was cut through before */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests_name("base utf8", tests, NULL, NULL);
}
