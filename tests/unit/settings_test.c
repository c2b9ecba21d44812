/* SPDX-License-Identifier: Apache-2.0 */
/* Settings in a modelled flash: values, limits, wear, and flash that holds or does something else.
 * Power cuts are in tests/power. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/settings.h"
#include "port/host/flash_model.h"

enum { SECTOR = 512, SECTORS = 4, FLASH = SECTOR * SECTORS, WRITE = 8 };

static struct kl_flash_model model;
static struct kl_flash_area area;
static struct kl_settings settings;
static uint32_t memory[FLASH];

static int set_up(void **state)
{
    (void)state;
    kl_flash_model_init(&model, memory, FLASH, SECTOR, WRITE, 1);
    area = (struct kl_flash_area){&model.flash, 0, FLASH};
    return kl_settings_open(&settings, &area);
}

static void assert_value(uint16_t number, const char *text)
{
    char value[KL_SETTING_BYTES_MAX];
    assert_int_equal(kl_settings_get(&settings, number, value, sizeof value), strlen(text));
    assert_memory_equal(value, text, strlen(text));
}

static void test_values(void **state)
{
    (void)state;
    char value[4];
    assert_int_equal(kl_settings_get(&settings, 7, value, sizeof value), KL_SETTINGS_NONE);
    assert_int_equal(kl_settings_set(&settings, 7, "seven", 5), 0);
    assert_int_equal(kl_settings_set(&settings, 65535, "", 0), 0);
    assert_int_equal(kl_settings_set(&settings, 7, "sieben", 6), 0);
    assert_value(7, "sieben");
    assert_value(65535, "");
    assert_int_equal(kl_settings_get(&settings, 7, value, sizeof value), KL_SETTINGS_SIZE);
    assert_int_equal(kl_settings_open(&settings, &area), 0);
    assert_value(7, "sieben");
    assert_int_equal(kl_settings_next(&settings, 0), 7);
    assert_int_equal(kl_settings_next(&settings, 8), 65535);
    assert_int_equal(kl_settings_next(&settings, 65536), KL_SETTINGS_NONE);
    assert_int_equal(kl_settings_delete(&settings, 7), 0);
    assert_int_equal(kl_settings_delete(&settings, 7), KL_SETTINGS_NONE);
    assert_int_equal(kl_settings_open(&settings, &area), 0);
    assert_int_equal(kl_settings_get(&settings, 7, value, sizeof value), KL_SETTINGS_NONE);
    assert_int_equal(kl_settings_next(&settings, 0), 65535);
}

/* What is set already is not written again. */
static void test_same(void **state)
{
    (void)state;
    assert_int_equal(kl_settings_set(&settings, 1, "one", 3), 0);
    uint64_t operations = model.operations;
    assert_int_equal(kl_settings_set(&settings, 1, "one", 3), 0);
    assert_int_equal(kl_settings_open(&settings, &area), 0);
    assert_int_equal(model.operations, operations);
}

static void test_limits(void **state)
{
    (void)state;
    char value[KL_SETTING_BYTES_MAX + 1] = {1};
    uint16_t number = 0;
    int error;
    assert_int_equal(kl_settings_set(&settings, 1, value, sizeof value), KL_SETTINGS_SIZE);
    while ((error = kl_settings_set(&settings, number, value, KL_SETTING_BYTES_MAX)) == 0) {
        number++;
    }
    assert_int_equal(error, KL_SETTINGS_FULL);
    assert_int_equal(number, (SECTOR - 128) / 80); /* all that a sector has room for */
    assert_int_equal(kl_settings_get(&settings, number, value, sizeof value), KL_SETTINGS_NONE);
    value[0] = 2; /* in the place of what is there, there is room */
    assert_int_equal(kl_settings_set(&settings, 0, value, KL_SETTING_BYTES_MAX), 0);
    assert_int_equal(kl_settings_delete(&settings, 1), 0);
    assert_int_equal(kl_settings_set(&settings, number, value, KL_SETTING_BYTES_MAX), 0);
    assert_int_equal(kl_settings_open(&settings, &area), 0);
    for (uint16_t i = 0; i <= number; i++) {
        int length = kl_settings_get(&settings, i, value, sizeof value);
        assert_int_equal(length, i == 1 ? KL_SETTINGS_NONE : KL_SETTING_BYTES_MAX);
    }
}

/* One value that changes all the time wears all sectors alike. */
static void test_wear(void **state)
{
    (void)state;
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(kl_settings_set(&settings, 3, &i, sizeof i), 0);
    }
    for (int i = 0; i < SECTORS; i++) {
        least = model.wear[i] < least ? model.wear[i] : least;
        most = model.wear[i] > most ? model.wear[i] : most;
    }
    print_message("5000 changes: each sector erased %u to %u times\n", least, most);
    assert_true(most - least <= 1);
    assert_true(most <= 5000 / SECTORS / 14); /* of sixteen entries in a sector, one is the copy */
    assert_int_equal(model.violations, 0);
}

static void test_unknown_flash(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < FLASH; i++) {
        model.data[i] = (uint8_t)(i * 7);
    }
    memset(model.written, 1, FLASH / WRITE);
    assert_int_equal(kl_settings_open(&settings, &area), 0);
    assert_int_equal(kl_settings_next(&settings, 0), KL_SETTINGS_NONE);
    assert_int_equal(kl_settings_set(&settings, 1, "one", 3), 0);
    assert_value(1, "one");
}

/* A bit that has changed costs one value, and no more. */
static void test_damage(void **state)
{
    (void)state;
    char value[KL_SETTING_BYTES_MAX];
    assert_int_equal(kl_settings_set(&settings, 1, "one", 3), 0);
    assert_int_equal(kl_settings_set(&settings, 2, "two", 3), 0);
    assert_int_equal(kl_settings_set(&settings, 3, "three", 5), 0);
    model.data[settings.sector.offset + 128 + 24 + 8] ^= 1; /* the first byte of "two" */
    assert_int_equal(kl_settings_open(&settings, &area), 0);
    assert_value(1, "one");
    assert_value(3, "three");
    assert_int_equal(kl_settings_get(&settings, 2, value, sizeof value), KL_SETTINGS_NONE);
}

static void test_bad_flash(void **state)
{
    (void)state;
    struct kl_flash_area small = {&model.flash, 0, SECTOR};
    assert_int_equal(kl_settings_set(&settings, 1, "one", 3), 0);
    model.is_worn = true;
    assert_int_equal(kl_settings_set(&settings, 1, "two", 3), KL_SETTINGS_FLASH);
    assert_value(1, "one");
    assert_int_equal(kl_settings_open(&settings, &small), KL_SETTINGS_FLASH);
    model.is_off = true;
    assert_int_equal(kl_settings_open(&settings, &area), KL_SETTINGS_FLASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_values, set_up),
        cmocka_unit_test_setup(test_same, set_up),
        cmocka_unit_test_setup(test_limits, set_up),
        cmocka_unit_test_setup(test_wear, set_up),
        cmocka_unit_test_setup(test_unknown_flash, set_up),
        cmocka_unit_test_setup(test_damage, set_up),
        cmocka_unit_test_setup(test_bad_flash, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
