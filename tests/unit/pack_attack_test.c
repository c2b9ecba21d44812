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

/* Each field of each step, one at a time; of variants a part of the fields. */
static void test_extreme_fields(void **state)
{
    struct pack_attack_outcome outcome = {0, 0};
    (void)state;
    for (int32_t i = 0; i < pack_attack_count(); i++) {
        pack_attack_fields(i, pack_attack_is_variant(i) ? 12 : 1, &outcome);
    }
    print_message("%d packs: %d fields accepted, %d refused\n", (int)pack_attack_count(),
                  (int)outcome.accepted, (int)outcome.refused);
    assert_true(outcome.accepted > outcome.refused / 20);
    assert_true(outcome.refused > outcome.accepted);
}

static void test_random_edits(void **state)
{
    enum { ATTACKS = 40000 };
    struct pack_attack_outcome outcome = {0, 0};
    (void)state;
    pack_attack_randomly(ATTACKS, 2024, &outcome);
    /* Both outcomes were seen often. */
    assert_in_range(outcome.accepted, ATTACKS / 20, ATTACKS / 2);
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
