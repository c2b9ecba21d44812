/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as the expected output: kl_verify_expected on single values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/verify.h"

#define TOLERANCE 1e-5

static bool accepts(enum kl_dtype dtype, const void *actual, const void *expected)
{
    struct kl_tensor tensor = {.name = "out",
                               .dtype = dtype,
                               .shape = {.rank = 1, .dim = {1}},
                               .bytes = kl_dtype_bytes(dtype)};
    struct kl_plan plan = {.output_count = 1, .outputs = {{.tensor = &tensor}}};
    struct kl_verify_case c = {.expected = expected, .runs = 1};
    struct kl_verify_result result = {0};
    kl_verify_expected(&plan, &c, actual, TOLERANCE, &result);
    assert_int_equal(result.expected_ok, !result.first_unexpected.found);
    return result.expected_ok;
}

static bool accepts_float(float actual, float expected)
{
    return accepts(KL_F32, &actual, &expected);
}

static bool accepts_int(int64_t actual, int64_t expected)
{
    return accepts(KL_S64, &actual, &expected);
}

static void floats_within_the_tolerance(void **state)
{
    (void)state;
    assert_true(accepts_float(1.000005f, 1.0f));
    assert_false(accepts_float(1.00002f, 1.0f));
    assert_true(accepts_float(100.0005f, 100.0f));
    assert_true(accepts_float(0.000005f, 0.0f));
    assert_true(accepts_float(-0.0f, 0.0f));
}

static void what_is_no_number(void **state)
{
    (void)state;
    assert_true(accepts_float(NAN, -NAN));
    assert_false(accepts_float(NAN, 0.0f));
    assert_false(accepts_float(0.0f, NAN));
}

static void infinities(void **state)
{
    (void)state;
    assert_true(accepts_float(INFINITY, INFINITY));
    assert_false(accepts_float(INFINITY, -INFINITY));
    assert_false(accepts_float(3.0e38f, INFINITY));
    assert_false(accepts_float(INFINITY, 3.0e38f));
}

static void integers_exactly(void **state)
{
    (void)state;
    assert_true(accepts_int(INT64_MAX, INT64_MAX));
    assert_false(accepts_int(INT64_MAX, INT64_MAX - 1)); /* one double for both */
    assert_false(accepts_int(1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_within_the_tolerance),
        cmocka_unit_test(what_is_no_number),
        cmocka_unit_test(infinities),
        cmocka_unit_test(integers_exactly),
    };
    return cmocka_run_group_tests_name("verify_expected", tests, NULL, NULL);
}
