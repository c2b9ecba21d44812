/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a flash keeps the rules of real ones, also when power fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port/host/flash_model.h"

enum { BYTES = 256, SECTOR = 64, UNIT = 8 };

static uint32_t memory[BYTES];
static struct kl_flash_model model;
static struct kl_flash_area area = {&model.flash, 0, BYTES};
static const uint8_t zeros[SECTOR];

static int set_up(void **state)
{
    (void)state;
    assert_true(kl_flash_model_bytes(BYTES, SECTOR, UNIT) <= sizeof memory);
    kl_flash_model_init(&model, memory, BYTES, SECTOR, UNIT, 1);
    return 0;
}

static void test_rules(void **state)
{
    uint8_t data[UNIT];
    (void)state;
    assert_int_equal(kl_area_is_erased(&area, 0, BYTES), 1);
    assert_int_equal(kl_area_write(&area, 8, "abcdefgh", UNIT), KL_FLASH_OK);
    assert_int_equal(kl_area_read(&area, 8, data, UNIT), KL_FLASH_OK);
    assert_memory_equal(data, "abcdefgh", UNIT);
    assert_int_equal(kl_area_write(&area, 8, zeros, UNIT), KL_FLASH_FAILED);
    assert_int_equal(model.violations, 1);
    assert_int_equal(kl_area_erase(&area, 0, SECTOR), KL_FLASH_OK);
    assert_int_equal(kl_area_is_erased(&area, 0, BYTES), 1);
    assert_int_equal(kl_area_write(&area, 8, zeros, UNIT), KL_FLASH_OK);
    assert_int_equal(model.wear[0], 1);
    assert_int_equal(model.wear[1], 0);
    assert_int_equal(model.operations, 3); /* the refused write is none */
}

static void test_cut_before_and_after(void **state)
{
    uint8_t data[2 * UNIT];
    (void)state;
    kl_flash_model_cut(&model, 1, KL_CUT_BEFORE);
    assert_int_equal(kl_area_write(&area, 0, zeros, 4 * UNIT), KL_FLASH_FAILED);
    assert_int_equal(kl_area_read(&area, 0, data, UNIT), KL_FLASH_FAILED);
    kl_flash_model_power_on(&model);
    assert_int_equal(kl_area_read(&area, 0, data, 2 * UNIT), KL_FLASH_OK);
    assert_memory_equal(data, zeros, UNIT);
    assert_int_equal(kl_area_is_erased(&area, UNIT, SECTOR - UNIT), 1);
    kl_flash_model_cut(&model, 0, KL_CUT_AFTER);
    assert_int_equal(kl_area_write(&area, UNIT, zeros, 2 * UNIT), KL_FLASH_FAILED);
    kl_flash_model_power_on(&model);
    assert_int_equal(kl_area_read(&area, UNIT, data, UNIT), KL_FLASH_OK);
    assert_memory_equal(data, zeros, UNIT);
    assert_int_equal(kl_area_is_erased(&area, 2 * UNIT, UNIT), 1);
}

/* In many torn operations all kinds of bits come about, and each can be mended by an erase only. */
static void test_torn(void **state)
{
    uint8_t a[SECTOR], b[SECTOR];
    bool fallen = false, kept = false, unstable = false;
    (void)state;
    for (int i = 0; i < 50; i++) {
        kl_flash_model_cut(&model, 0, KL_CUT_MIDDLE);
        assert_int_equal(kl_area_write(&area, 0, zeros, UNIT), KL_FLASH_FAILED);
        kl_flash_model_power_on(&model);
        assert_int_equal(kl_area_read(&area, 0, a, UNIT), KL_FLASH_OK);
        assert_int_equal(kl_area_read(&area, 0, b, UNIT), KL_FLASH_OK);
        for (int k = 0; k < UNIT; k++) {
            fallen = fallen || a[k] != 0xff;
            kept = kept || a[k] != 0;
        }
        unstable = unstable || memcmp(a, b, UNIT) != 0;
        assert_int_equal(kl_area_write(&area, 0, zeros, UNIT), KL_FLASH_FAILED);
        assert_int_equal(kl_area_is_erased(&area, UNIT, SECTOR - UNIT), 1);
        assert_int_equal(kl_area_erase(&area, 0, SECTOR), KL_FLASH_OK);
        assert_int_equal(kl_area_is_erased(&area, 0, SECTOR), 1);
    }
    assert_true(fallen && kept && unstable);
}

static void test_half_erased(void **state)
{
    uint8_t a[SECTOR], b[SECTOR];
    (void)state;
    assert_int_equal(kl_area_write(&area, 0, zeros, SECTOR), KL_FLASH_OK);
    kl_flash_model_cut(&model, 0, KL_CUT_MIDDLE);
    assert_int_equal(kl_area_erase(&area, 0, 2 * SECTOR), KL_FLASH_FAILED);
    kl_flash_model_power_on(&model);
    assert_int_equal(kl_area_read(&area, 0, a, SECTOR), KL_FLASH_OK);
    assert_int_equal(kl_area_read(&area, 0, b, SECTOR), KL_FLASH_OK);
    assert_int_not_equal(memcmp(a, b, SECTOR), 0);
    assert_int_equal(kl_area_write(&area, 0, zeros, UNIT), KL_FLASH_FAILED);
    assert_int_equal(model.wear[1], 0);
    assert_int_equal(kl_area_erase(&area, 0, SECTOR), KL_FLASH_OK);
    assert_int_equal(kl_area_is_erased(&area, 0, BYTES), 1);
}

/* The same seed and cuts give the same bytes. */
static void test_repeats(void **state)
{
    uint8_t torn[2][SECTOR];
    for (int i = 0; i < 2; i++) {
        set_up(state);
        kl_flash_model_cut(&model, 3, KL_CUT_MIDDLE);
        assert_int_equal(kl_area_write(&area, 0, zeros, SECTOR), KL_FLASH_FAILED);
        kl_flash_model_power_on(&model);
        assert_int_equal(kl_area_read(&area, 0, torn[i], SECTOR), KL_FLASH_OK);
    }
    assert_memory_equal(torn[0], torn[1], SECTOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rules, set_up),
        cmocka_unit_test_setup(test_cut_before_and_after, set_up),
        cmocka_unit_test_setup(test_torn, set_up),
        cmocka_unit_test_setup(test_half_erased, set_up),
        cmocka_unit_test_setup(test_repeats, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
