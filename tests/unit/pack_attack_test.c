/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits of valid packs: of each field, and at random. Whatever the validator accepts must run
 * without reading or writing out of bounds; the sanitizer build sees that. The fuzz target does the
 * same with edits that look for new paths.
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
        if (!is_attacked(layout)) {
            fail_msg("no pack has the parameters of %s", kl_kernel_id_name((enum kl_kernel_id)k));
        }
    }
}

static void test_unedited_packs_are_accepted(void **state)
{
    (void)state;
    for (int32_t i = 0; i < pack_attack_count(); i++) {
        const uint8_t number[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
        assert_true(pack_attack(number, sizeof number));
    }
}

/* Each field of each step, one at a time. */
static void test_extreme_fields(void **state)
{
    struct pack_attack_outcome outcome = {0, 0};
    (void)state;
    for (int32_t i = 0; i < pack_attack_count(); i++) {
        pack_attack_fields(i, &outcome);
    }
    print_message("%d packs: %d fields accepted, %d refused\n", (int)pack_attack_count(),
                  (int)outcome.accepted, (int)outcome.refused);
    assert_true(outcome.accepted > outcome.refused / 20);
    assert_true(outcome.refused > outcome.accepted);
}

static void test_random_edits(void **state)
{
    enum { ATTACKS = 40000, MAX_EDITS = 4, NUMBER_BYTES = 2, EDIT_BYTES = 5 };
    struct kt_random random = {2024};
    int32_t accepted = 0;
    (void)state;
    for (int32_t i = 0; i < ATTACKS; i++) {
        uint8_t data[NUMBER_BYTES + EDIT_BYTES * MAX_EDITS];
        const size_t edits = (size_t)kt_random_between(&random, 1, MAX_EDITS);
        for (size_t k = 0; k < sizeof data; k++) {
            data[k] = (uint8_t)kt_random_next(&random);
        }
        data[1] %= PACK_ATTACK_RAW >> 8;
        accepted += pack_attack(data, NUMBER_BYTES + EDIT_BYTES * edits);
    }
    /* Both outcomes were seen often. */
    assert_in_range(accepted, ATTACKS / 20, ATTACKS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_check_is_attacked),
        cmocka_unit_test(test_unedited_packs_are_accepted),
        cmocka_unit_test(test_extreme_fields),
        cmocka_unit_test(test_random_edits),
    };
    return cmocka_run_group_tests_name("pack attack", tests, begin, end);
}
