/* SPDX-License-Identifier: Apache-2.0 */
/* The event log in a modelled flash: order, starts, what falls out, and flash that fails. Power
 * cuts are in tests/power. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/event_log.h"
#include "port/host/flash_model.h"

enum { SECTOR = 256, SECTORS = 3, FLASH = SECTOR * SECTORS, EACH = (SECTOR - 64) / 24 };

static struct kl_flash_model model;
static struct kl_flash_area area;
static struct kl_log event_log;
static uint32_t memory[FLASH];

static int set_up(void **state)
{
    (void)state;
    kl_flash_model_init(&model, memory, FLASH, SECTOR, 8, 1);
    area = (struct kl_flash_area){&model.flash, 0, FLASH};
    return kl_log_open(&event_log, &area);
}

static void test_order(void **state)
{
    struct kl_log_record record;
    (void)state;
    assert_int_equal(kl_log_next(&event_log, 0, &record), KL_LOG_END);
    assert_int_equal(kl_log_add(&event_log, 5, KL_LOG_START, 1, 0), 0);
    assert_int_equal(kl_log_add(&event_log, 6, KL_LOG_REFUSED, 7, (uint32_t)-32), 0);
    assert_int_equal(kl_log_open(&event_log, &area), 0); /* the device starts again */
    assert_int_equal(kl_log_add(&event_log, 1, KL_LOG_START, 2, 0), 0);
    assert_int_equal(kl_log_next(&event_log, 0, &record), 0);
    assert_int_equal(record.seconds, 5);
    assert_int_equal(record.event, KL_LOG_START);
    uint32_t first = record.number;
    assert_int_equal(kl_log_next(&event_log, first + 1, &record), 0);
    assert_int_equal(record.number, first + 1);
    assert_int_equal((int32_t)record.b, -32);
    uint16_t start = record.start;
    assert_int_equal(kl_log_next(&event_log, first + 2, &record), 0);
    assert_int_equal(record.start, start + 1);
    assert_int_equal(kl_log_next(&event_log, first + 3, &record), KL_LOG_END);
}

/* The oldest records fall out, a sector at a time; all sectors wear alike. */
static void test_round(void **state)
{
    struct kl_log_record record;
    uint32_t count = 0, from = 0, last = 0;
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(kl_log_add(&event_log, i, KL_LOG_PRODUCT, i, 0), 0);
    }
    while (kl_log_next(&event_log, from, &record) == 0) {
        assert_true(count == 0 || record.a == last + 1);
        last = record.a;
        from = record.number + 1;
        count++;
    }
    assert_int_equal(last, 999);
    assert_in_range(count, (SECTORS - 1) * EACH, SECTORS * EACH);
    for (int i = 0; i < SECTORS; i++) {
        assert_in_range(model.wear[i], 1000 / EACH / SECTORS - 1, 1000 / EACH / SECTORS + 1);
    }
    assert_int_equal(model.violations, 0);
}

static void test_unknown_flash(void **state)
{
    struct kl_log_record record;
    (void)state;
    memset(model.data, 0x5a, FLASH);
    memset(model.written, 1, FLASH / 8);
    assert_int_equal(kl_log_open(&event_log, &area), 0);
    assert_int_equal(kl_log_next(&event_log, 0, &record), KL_LOG_END);
    assert_int_equal(kl_log_add(&event_log, 1, KL_LOG_START, 0, 0), 0);
    assert_int_equal(kl_log_next(&event_log, 0, &record), 0);
}

static void test_bad_flash(void **state)
{
    struct kl_flash_area small = {&model.flash, 0, SECTOR};
    struct kl_log_record record;
    struct kl_log other;
    (void)state;
    assert_int_equal(kl_log_add(&event_log, 1, KL_LOG_START, 0, 0), 0);
    model.data[64] ^= 1; /* one bit of the record */
    assert_int_equal(kl_log_next(&event_log, 0, &record), KL_LOG_END);
    model.is_worn = true;
    assert_int_equal(kl_log_add(&event_log, 1, KL_LOG_START, 0, 0), KL_LOG_FLASH);
    assert_int_equal(kl_log_open(&other, &small), KL_LOG_FLASH);
    model.is_off = true;
    assert_int_equal(kl_log_next(&event_log, 0, &record), KL_LOG_FLASH);
    assert_int_equal(kl_log_open(&event_log, &area), KL_LOG_FLASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order, set_up),
        cmocka_unit_test_setup(test_round, set_up),
        cmocka_unit_test_setup(test_unknown_flash, set_up),
        cmocka_unit_test_setup(test_bad_flash, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
