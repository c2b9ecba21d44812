/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random edits of valid packs. Whatever the validator accepts must run without reading or
 * writing out of bounds; the sanitizer build sees that. The fuzz target does the same with
 * edits that look for new paths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/pack_engine.h"
#include "nn/pack/read.h"
#include "pack_attack.h"
#include "random.h"

static int begin(void **state)
{
    (void)state;
    pack_attack_begin();
    return 0;
}

static int end(void **state)
{
    (void)state;
    pack_attack_end();
    return 0;
}

/* Is there a kernel with this parameter struct in any pack? */
static bool is_attacked(const struct kl_params_layout *layout)
{
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        if (kl_host_engine.kernels[k]->layout == layout && pack_attack_covers(k)) {
            return true;
        }
    }
    return false;
}

static void test_every_check_is_attacked(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        const struct kl_params_layout *layout = kl_host_engine.kernels[k]->layout;
        if (layout->words > 0 && !is_attacked(layout)) {
            fail_msg("no pack has the parameters of kernel %d", (int)k);
        }
    }
}

static void test_unedited_packs_are_accepted(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 250; i++) {
        assert_true(pack_attack(&i, 1));
    }
}

static void test_random_edits(void **state)
{
    enum { ATTACKS = 40000, MAX_EDITS = 4 };
    struct kt_random random = {2024};
    int32_t accepted = 0;
    (void)state;
    for (int32_t i = 0; i < ATTACKS; i++) {
        uint8_t data[1 + 5 * MAX_EDITS];
        for (size_t k = 0; k < sizeof data; k++) {
            data[k] = (uint8_t)kt_random_next(&random);
        }
        data[0] %= 250;
        accepted += pack_attack(data, 1 + 5 * (size_t)kt_random_between(&random, 1, MAX_EDITS));
    }
    /* Both outcomes were seen often. */
    assert_in_range(accepted, ATTACKS / 20, ATTACKS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_check_is_attacked),
        cmocka_unit_test(test_unedited_packs_are_accepted),
        cmocka_unit_test(test_random_edits),
    };
    return cmocka_run_group_tests_name("pack attack", tests, begin, end);
}
