/* SPDX-License-Identifier: Apache-2.0 */
/* FNV-1a against values of its authors' list (draft-eastlake-fnv, test vectors of 64 bits). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hash.h"

static void test_fnv1a(void **state)
{
    (void)state;
    assert_true(kl_fnv1a(KL_FNV1A, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(kl_fnv1a(KL_FNV1A, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(kl_fnv1a(KL_FNV1A, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(kl_fnv1a(kl_fnv1a(KL_FNV1A, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fnv1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
