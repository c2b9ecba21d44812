/* SPDX-License-Identifier: Apache-2.0 */
/* The security counter only rises, whenever power fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/counters.h"
#include "port/host/flash_model.h"

enum { SECTOR = 64, BYTES = 2 * SECTOR, RAISES = 40 };

static uint32_t memory[BYTES];
static struct kl_flash_model model;
static const struct kl_flash_area area = {&model.flash, 0, BYTES};

static int set_up(void **state)
{
    (void)state;
    kl_flash_model_init(&model, memory, BYTES, SECTOR, 8, 5);
    return 0;
}

static uint32_t counter(void)
{
    uint32_t value;
    assert_int_equal(kl_counter_read(&area, &value), KL_COUNTER_OK);
    return value;
}

static void test_rises(void **state)
{
    (void)state;
    assert_int_equal(counter(), 0);
    for (uint32_t i = 1; i < RAISES; i++) {
        assert_int_equal(kl_counter_raise(&area, 10 * i), KL_COUNTER_OK);
        assert_int_equal(counter(), 10 * i);
        assert_int_equal(kl_counter_raise(&area, 10 * i - 5), KL_COUNTER_OK);
        assert_int_equal(counter(), 10 * i);
    }
    assert_true(model.wear[0] > 0 && model.wear[1] > 0); /* both sectors were used again */
    uint64_t operations = model.operations;
    assert_int_equal(kl_counter_raise(&area, 0), KL_COUNTER_OK);
    assert_int_equal(model.operations, operations);
}

/* Raise it many times with one cut: at every look it is what it was, or what it is to be. */
static void raise_with_cut(uint64_t at, enum kl_cut_place place, uint64_t *operations)
{
    kl_flash_model_init(&model, memory, BYTES, SECTOR, 8, at * KL_CUT_PLACES + (uint64_t)place);
    kl_flash_model_cut(&model, at, place);
    for (uint32_t wanted = 1; wanted < RAISES; wanted++) {
        bool is_raised = kl_counter_raise(&area, wanted) == KL_COUNTER_OK;
        if (model.is_off) {
            kl_flash_model_power_on(&model);
            for (int look = 0; look < 8; look++) {
                uint32_t found = counter();
                assert_true(found == wanted || found == wanted - 1);
            }
            is_raised = kl_counter_raise(&area, wanted) == KL_COUNTER_OK;
        }
        assert_true(is_raised);
        assert_int_equal(counter(), wanted);
    }
    *operations = model.operations;
}

static void test_cuts(void **state)
{
    uint64_t operations = 1;
    (void)state;
    for (uint64_t at = 0; at < operations; at++) {
        for (int place = 0; place < KL_CUT_PLACES; place++) {
            raise_with_cut(at, (enum kl_cut_place)place, &operations);
        }
    }
    assert_true(operations > RAISES);
}

static void test_small_area(void **state)
{
    const struct kl_flash_area small = {&model.flash, 0, SECTOR};
    uint32_t value;
    (void)state;
    assert_int_equal(kl_counter_read(&small, &value), KL_COUNTER_FLASH);
    assert_int_equal(kl_counter_raise(&small, 1), KL_COUNTER_FLASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rises, set_up),
        cmocka_unit_test_setup(test_cuts, set_up),
        cmocka_unit_test_setup(test_small_area, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
