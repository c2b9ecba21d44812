/* SPDX-License-Identifier: Apache-2.0 */
/* The trailer: bytes made by hand from the specification, and what becomes of torn entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/trailer.h"
#include "port/host/flash_model.h"

enum { SECTOR = 1024, SECTORS = 16, BYTES = SECTOR * SECTORS, HALF = SECTOR, FLAGS = SECTOR };

static uint32_t memory[BYTES];
static struct kl_flash_model model;
static const struct kl_flash_area slot = {&model.flash, 0, BYTES};
static struct kl_journal journal;

/* MCUboot's boot_img_magic, as design.md prints it. */
static const uint8_t magic[] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};

static int set_up(void **state)
{
    (void)state;
    assert_true(kl_flash_model_bytes(BYTES, SECTOR, 8) <= sizeof memory);
    kl_flash_model_init(&model, memory, BYTES, SECTOR, 8, 3);
    return 0;
}

/* 16 sectors: 2 * 16 + 64 entries of 8 bytes in each half, so one sector each, and one of flags. */
static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(kl_trailer_sectors(&slot), 3);
    assert_int_equal(kl_image_room(&slot), 12 * SECTOR);
    const struct kl_flash_area small = {&model.flash, 0, 4 * SECTOR};
    assert_int_equal(kl_image_room(&small), 0);
}

static void test_flags(void **state)
{
    static const uint8_t set[8] = {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    (void)state;
    assert_int_equal(kl_trailer_request(&slot), KL_SWAP_NONE);
    assert_int_equal(kl_trailer_ask(&slot, KL_SWAP_TEST), KL_TRAILER_OK);
    assert_memory_equal(model.data + BYTES - 16, magic, sizeof magic);
    assert_int_equal(model.data[BYTES - 24], 0xff);
    assert_int_equal(kl_trailer_request(&slot), KL_SWAP_TEST);
    assert_int_equal(kl_trailer_ask(&slot, KL_SWAP_PERMANENT), KL_TRAILER_OK);
    assert_memory_equal(model.data + BYTES - 24, set, sizeof set);
    assert_int_equal(kl_trailer_request(&slot), KL_SWAP_PERMANENT);
    assert_true(kl_trailer_is_ok(&slot));
    assert_int_equal(kl_trailer_erase_flags(&slot), KL_TRAILER_OK);
    assert_int_equal(kl_trailer_request(&slot), KL_SWAP_NONE);
    kl_trailer_note(&slot, KL_JOURNAL_SWAPPED);
    assert_memory_equal(model.data + BYTES - 32, set, sizeof set);
}

static struct kl_journal_entry entry(enum kl_journal_kind kind, uint16_t value)
{
    return (struct kl_journal_entry){(uint8_t)kind, KL_SWAP_TEST, value};
}

static void reopen(void)
{
    assert_int_equal(kl_journal_open(&slot, &journal), KL_TRAILER_OK);
}

static void test_journal_bytes(void **state)
{
    /* Begin and test, round 1, 4 sectors: w = 0x00040112, x = 0x401de033 by another program. */
    static const uint8_t bytes[] = {0x12, 0x01, 0x04, 0x00, 0x08, 0x60, 0x1d, 0x40};
    (void)state;
    reopen();
    assert_int_equal(journal.last.kind, KL_JOURNAL_NONE);
    assert_int_equal(kl_journal_begin(&journal, entry(KL_JOURNAL_BEGIN, 4)), KL_TRAILER_OK);
    const uint8_t *second_half = model.data + BYTES - FLAGS - HALF;
    assert_memory_equal(second_half, bytes, sizeof bytes);
    assert_memory_equal(second_half + 8, bytes, sizeof bytes); /* once more, to settle it */
    assert_int_equal(kl_area_is_erased(&slot, BYTES - FLAGS - 2 * HALF, HALF), 1);
}

/* The last entry of the newest round counts, in whatever half that is. */
static void test_rounds(void **state)
{
    (void)state;
    reopen();
    for (uint16_t round = 1; round < 600; round++) {
        assert_int_equal(kl_journal_begin(&journal, entry(KL_JOURNAL_BEGIN, round % 8)),
                         KL_TRAILER_OK);
        assert_int_equal(kl_journal_append(&journal, entry(KL_JOURNAL_STEP, 1)), KL_TRAILER_OK);
        reopen();
        assert_int_equal(journal.last.kind, KL_JOURNAL_STEP);
        assert_int_equal(journal.sectors, round % 8);
        assert_false(journal.is_settled);
        assert_int_equal(kl_journal_settle(&journal), KL_TRAILER_OK);
        reopen();
        assert_true(journal.is_settled);
        assert_int_equal(journal.used, 4);
    }
}

/* A torn entry may be read or not; once settled, the state stays what it was taken for. */
static void test_torn_entries(void **state)
{
    int read_new = 0, read_old = 0;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        set_up(state);
        model.random = seed;
        reopen();
        assert_int_equal(kl_journal_begin(&journal, entry(KL_JOURNAL_BEGIN, 4)), KL_TRAILER_OK);
        kl_flash_model_cut(&model, 0, KL_CUT_MIDDLE);
        assert_int_equal(kl_journal_append(&journal, entry(KL_JOURNAL_STEP, 1)), KL_TRAILER_FULL);
        kl_flash_model_power_on(&model);
        reopen();
        const uint8_t kind = journal.last.kind;
        read_new += kind == KL_JOURNAL_STEP;
        read_old += kind == KL_JOURNAL_BEGIN;
        assert_int_equal(kl_journal_settle(&journal), KL_TRAILER_OK);
        for (int look = 0; look < 20; look++) {
            reopen();
            assert_int_equal(journal.last.kind, kind);
        }
    }
    assert_true(read_new > 0 && read_old > 0);
}

/* No more entries than there is room for; what is needed for the steps is not spent on settling. */
static void test_full(void **state)
{
    (void)state;
    reopen();
    assert_int_equal(kl_journal_begin(&journal, entry(KL_JOURNAL_BEGIN, 12)), KL_TRAILER_OK);
    while (journal.capacity - journal.used > 24 + 16) {
        assert_int_equal(kl_journal_append(&journal, entry(KL_JOURNAL_BEGIN, 12)), KL_TRAILER_OK);
    }
    uint32_t used = journal.used;
    journal.is_settled = false;
    assert_int_equal(kl_journal_settle(&journal), KL_TRAILER_OK);
    assert_int_equal(journal.used, used);
    for (uint16_t step = 1; step <= 24 + 16; step++) {
        assert_int_equal(kl_journal_append(&journal, entry(KL_JOURNAL_STEP, step)), KL_TRAILER_OK);
    }
    assert_int_equal(kl_journal_append(&journal, entry(KL_JOURNAL_STEP, 99)), KL_TRAILER_FULL);
    reopen();
    assert_int_equal(journal.last.value, 24 + 16);
}

static void test_confirm(void **state)
{
    (void)state;
    assert_int_equal(kl_trailer_confirm(&slot), KL_TRAILER_OK); /* nothing brought it: it stays */
    reopen();
    assert_int_equal(kl_journal_begin(&journal, entry(KL_JOURNAL_BEGIN, 4)), KL_TRAILER_OK);
    assert_int_equal(kl_journal_append(&journal, entry(KL_JOURNAL_STARTED, 1)), KL_TRAILER_OK);
    assert_int_equal(kl_trailer_confirm(&slot), KL_TRAILER_OK);
    assert_int_equal(kl_trailer_confirm(&slot), KL_TRAILER_OK); /* again: nothing is written */
    reopen();
    assert_int_equal(journal.last.kind, KL_JOURNAL_CONFIRMED);
    assert_true(journal.is_settled);
    assert_int_equal(journal.used, 5);
    assert_int_equal(model.data[BYTES - 24], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_sizes, set_up),
        cmocka_unit_test_setup(test_flags, set_up),
        cmocka_unit_test_setup(test_journal_bytes, set_up),
        cmocka_unit_test_setup(test_rounds, set_up),
        cmocka_unit_test_setup(test_torn_entries, set_up),
        cmocka_unit_test_setup(test_full, set_up),
        cmocka_unit_test_setup(test_confirm, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
