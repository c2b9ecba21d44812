/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the boot: complete, as the design prints them, and what follows from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/boot.h"

enum { COLUMNS = 8, CELL_BYTES = 16 };

/* Words of the page for the values of a column, from 0 on. */
static const char *const states[] = {"still", "swapping", "decided", "trial", NULL};
static const char *const requests[] = {"none", "test", "permanent", NULL};
static const char *const answers[] = {"no", "yes", NULL};
static const char *const validities[] = {"invalid", "valid", NULL};
static const char *const actions[] = {"resume",  "confirm", "try",   "revert", "test",
                                      "replace", "drop",    "start", "halt",   NULL};

static int value_of(const char *word, const char *const *words)
{
    if (strcmp(word, "-") == 0) {
        return KL_BOOT_ANY;
    }
    for (int i = 0; words[i]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    fail_msg("the page has a word that no rule knows: %s", word);
    return 0;
}

/* A row of eight words, each between bars; false for other lines. */
static bool read_row(const char *line, char cells[COLUMNS][CELL_BYTES])
{
    for (int i = 0; i < COLUMNS; i++) {
        size_t length = strncmp(line, "| ", 2) == 0 ? strcspn(line + 2, " |") : 0;
        if (length == 0 || length >= CELL_BYTES) {
            return false;
        }
        memcpy(cells[i], line + 2, length);
        cells[i][length] = 0;
        line += 2 + length + 1;
    }
    return strcmp(line, "|\n") == 0;
}

static void check_row(char cells[COLUMNS][CELL_BYTES], const struct kl_boot_rule *r)
{
    assert_int_equal(value_of(cells[0], states), r->state);
    assert_int_equal(value_of(cells[1], requests), r->request);
    assert_int_equal(value_of(cells[2], answers), r->is_ok);
    assert_int_equal(value_of(cells[3], answers), r->is_tried);
    assert_int_equal(value_of(cells[4], validities), r->primary_valid);
    assert_int_equal(value_of(cells[5], validities), r->update_valid);
    assert_int_equal(value_of(cells[6], validities), r->backup_valid);
    assert_int_equal(value_of(cells[7], actions), r->action);
}

static void test_page(void **state)
{
    char line[256], cells[COLUMNS][CELL_BYTES];
    uint32_t rows = 0;
    (void)state;
    FILE *page = fopen(KINGLET_SOURCE_DIR "/docs/design/boot.md", "r");
    assert_non_null(page);
    while (fgets(line, sizeof line, page)) {
        bool is_head = strncmp(line, "| state", 7) == 0 || strncmp(line, "|--", 3) == 0;
        if (!is_head && read_row(line, cells)) {
            assert_true(rows < kl_boot_rule_count);
            check_row(cells, &kl_boot_rules[rows++]);
        }
    }
    (void)fclose(page);
    assert_int_equal(rows, kl_boot_rule_count);
}

/* Every view there can be. */
static bool next_view(struct kl_boot_view *v, uint32_t number)
{
    static const struct kl_journal_entry journals[] = {
        {KL_JOURNAL_NONE, 0, 0},
        {KL_JOURNAL_BEGIN, KL_SWAP_TEST, 4},
        {KL_JOURNAL_STEP, KL_SWAP_REVERT, 2},
        {KL_JOURNAL_SWAPPED, KL_SWAP_TEST, 0},
        {KL_JOURNAL_SWAPPED, KL_SWAP_PERMANENT, 0},
        {KL_JOURNAL_SWAPPED, KL_SWAP_REVERT, 0},
        {KL_JOURNAL_STARTED, KL_SWAP_TEST, KL_BOOT_TRIES - 1},
        {KL_JOURNAL_STARTED, KL_SWAP_TEST, KL_BOOT_TRIES},
        {KL_JOURNAL_CONFIRMED, KL_SWAP_TEST, 0},
    };
    enum { JOURNALS = sizeof journals / sizeof journals[0], REQUESTS = 3 };
    *v = (struct kl_boot_view){
        .is_ok = number & 1,
        .primary_valid = number & 2,
        .update_valid = number & 4,
        .backup_valid = number & 8,
        .request = (enum kl_swap_type)(KL_SWAP_NONE + (number >> 4) % REQUESTS),
        .journal = journals[(number >> 4) / REQUESTS % JOURNALS],
    };
    return number < 16 * REQUESTS * JOURNALS;
}

/* What must never happen, whatever the rules say. */
static void test_promises(void **state)
{
    struct kl_boot_view v;
    uint32_t views = 0;
    (void)state;
    for (uint32_t i = 0; next_view(&v, i); i++, views++) {
        enum kl_boot_action action = kl_boot_decide(&v);
        bool is_swapping = v.journal.kind == KL_JOURNAL_BEGIN || v.journal.kind == KL_JOURNAL_STEP;
        bool starts = action == KL_BOOT_START || action == KL_BOOT_TRY;
        bool brings_update = action == KL_BOOT_TEST || action == KL_BOOT_REPLACE;
        assert_true(!starts || v.primary_valid);
        assert_true(!brings_update || v.update_valid);
        assert_true(action != KL_BOOT_REVERT || v.backup_valid);
        assert_int_equal(action == KL_BOOT_RESUME, is_swapping);
        if (action == KL_BOOT_HALT) {
            assert_false(v.primary_valid || v.update_valid || v.backup_valid);
        }
        if (action == KL_BOOT_TRY) {
            assert_true(v.journal.kind == KL_JOURNAL_SWAPPED || v.journal.value < KL_BOOT_TRIES);
        }
    }
    assert_int_equal(views, 432);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
