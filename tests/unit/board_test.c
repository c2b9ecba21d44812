/* SPDX-License-Identifier: Apache-2.0 */
/* Board files: what is read from good ones, and the message for each kind of bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "target/board.h"
#include "base/nearest.h"
#include "target/quantity.h"

enum { ARENA_BYTES = 1 << 22, MAX_LINES = 32 };

/* A complete board, one key a line; tests replace, drop or add lines. */
static const char *const good_lines[] = {
    "name: demo",
    "title: A board",
    "core: cortex-m4f",
    "port: demo",
    "toolchain: arm-none-eabi-",
    "cflags: [-mcpu=cortex-m4, -mthumb]",
    "clock: 25 MHz",
    "fpu: true",
    "flash: {origin: 0x08000000, size: 512 KiB}",
    "ram: {origin: 0x20000000, size: 64KiB}",
    "sources: [\"a data sheet\"]",
};
enum { GOOD_LINES = sizeof good_lines / sizeof good_lines[0] };

struct fixture {
    struct kl_arena *arena;
    struct kl_diag diag;
    const struct kl_board *board;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->arena = kl_arena_create(ARENA_BYTES);
    *state = f;
    return f->arena ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kl_arena_free(f->arena);
    free(f);
    return 0;
}

/* The good board with line `index` replaced (NULL: dropped) and a line added (NULL: none). The
 * text is an exact copy on the heap, so that reading past it is seen. */
static enum kl_err parse_changed(struct fixture *f, size_t index, const char *line,
                                 const char *added)
{
    struct kl_buffer text = KL_BUFFER(1 << 20);
    for (size_t i = 0; i < GOOD_LINES; i++) {
        const char *current = i == index ? line : good_lines[i];
        if (current) {
            kl_buffer_printf(&text, "%s\n", current);
        }
    }
    if (added) {
        kl_buffer_printf(&text, "%s\n", added);
    }
    char *exact = malloc(text.size);
    assert_non_null(exact);
    memcpy(exact, text.data, text.size);
    kl_diag_clear(&f->diag);
    f->board = NULL;
    enum kl_err err = kl_board_parse(exact, text.size, "demo.yaml", f->arena, &f->board, &f->diag);
    free(exact);
    kl_buffer_free(&text);
    return err;
}

static void expect_refused(struct fixture *f, enum kl_err err, const char *message)
{
    if (err != KL_EINPUT || !strstr(f->diag.message, message)) {
        fail_msg("expected '%s', got %d: %s", message, (int)err, f->diag.message);
    }
    assert_null(f->board);
}

static void good_board_is_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse_changed(f, GOOD_LINES, NULL, NULL), KL_OK);
    assert_string_equal(f->board->name, "demo");
    assert_string_equal(f->board->title, "A board");
    assert_string_equal(f->board->core, "cortex-m4f");
    assert_string_equal(f->board->toolchain, "arm-none-eabi-");
    assert_string_equal(f->board->cflags[1], "-mthumb");
    assert_null(f->board->cflags[2]);
    assert_int_equal(f->board->clock_hz, 25000000);
    assert_true(f->board->has_fpu);
    assert_int_equal(f->board->flash.origin, 0x08000000);
    assert_int_equal(f->board->flash.bytes, 512 * 1024);
    assert_int_equal(f->board->ram.bytes, 64 * 1024);
    assert_string_equal(f->board->sources[0], "a data sheet");
    assert_null(f->board->emulation.machine);
}

static void emulation_is_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        parse_changed(f, GOOD_LINES, NULL,
                      "emulation: {program: qemu-system-arm, machine: m1, arguments: [-m, 16M], "
                      "mailbox: {origin: 0x60000000, size: 1 MiB}}"),
        KL_OK);
    assert_string_equal(f->board->emulation.machine, "m1");
    assert_string_equal(f->board->emulation.arguments[1], "16M");
    assert_null(f->board->emulation.arguments[2]);
    assert_int_equal(f->board->emulation.mailbox.bytes, 1 << 20);
    assert_int_equal(
        parse_changed(f, GOOD_LINES, NULL, "emulation: {program: qemu-system-arm, machine: m1}"),
        KL_OK);
    assert_null(f->board->emulation.arguments[0]);
    assert_int_equal(f->board->emulation.mailbox.bytes, 0);
}

static void each_required_key_is_missed_by_name(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < GOOD_LINES; i++) {
        char message[64];
        snprintf(message, sizeof message, "board: key '%.*s' is missing",
                 (int)strcspn(good_lines[i], ":"), good_lines[i]);
        expect_refused(f, parse_changed(f, i, NULL, NULL), message);
    }
}

static void unknown_keys_are_refused_with_line_and_nearest(void **state)
{
    struct fixture *f = *state;
    expect_refused(f, parse_changed(f, GOOD_LINES, NULL, "flahs: 1"),
                   "demo.yaml:12: unknown key 'flahs'; did you mean 'flash'?");
    expect_refused(f, parse_changed(f, GOOD_LINES, NULL, "something: 1"),
                   "demo.yaml:12: unknown key 'something'");
    assert_null(strstr(f->diag.message, "did you mean"));
    expect_refused(f, parse_changed(f, 8, "flash: {orign: 0, size: 1}", NULL),
                   "demo.yaml:9: unknown key 'orign'; did you mean 'origin'?");
    expect_refused(f, parse_changed(f, GOOD_LINES, NULL, "name: again"),
                   "demo.yaml:12: key 'name' appears twice");
    expect_refused(f, parse_changed(f, GOOD_LINES, NULL, "[1]: x"), "unknown key '?'");
}

static void bad_values_are_refused_by_key(void **state)
{
    static const struct {
        size_t line;
        const char *text;
        const char *message;
    } rows[] = {
        {0, "name: ../x", ":1: name: expected a name"},
        {0, "name: [a]", ":1: name: expected a name"},
        {0, "name: ''", ":1: name: expected a name"},
        {0, "name: -rf", ":1: name: expected a name"},
        {0, "name: \"a\\0b\"", ":1: name: expected a name"},
        {1, "title: \"a\\nb\"", ":2: title: expected a text"},
        {3, "port: a/b", ":4: port: expected a name"},
        {4, "toolchain: /usr/bin/arm-", ":5: toolchain: expected a name"},
        {5, "cflags: [-mthumb, -fplugin=x.so]", ":6: cflags: expected flags"},
        {5, "cflags: [\"-mthumb; touch x; true\"]", ":6: cflags: expected flags"},
        {5, "cflags: [\"-mthumb $(shell touch x)\"]", ":6: cflags: expected flags"},
        {5, "cflags: [\"-mthumb -wrapper x\"]", ":6: cflags: expected flags"},
        {5, "cflags: []", ":6: cflags: expected a list"},
        {5, "cflags: -mthumb", ":6: cflags: expected a list"},
        {5, "cflags: [[-mthumb]]", ":6: cflags: expected a text"},
        {6, "clock: 5 GHz", ":7: clock: expected a frequency"},
        {6, "clock: 0", ":7: clock: expected a frequency"},
        {6, "clock: 25 MiB", ":7: clock: expected a frequency"},
        {6, "clock: 1.5 MHz", ":7: clock: expected a frequency"},
        {7, "fpu: yes", ":8: fpu: expected true or false"},
        {8, "flash: 512 KiB", ":9: flash: expected keys and values"},
        {8, "flash: {origin: 0x100000000, size: 1}", ":9: origin: expected a 32-bit address"},
        {8, "flash: {origin: 1 KiB, size: 1}", ":9: origin: expected a 32-bit address"},
        {8, "flash: {origin: 0, size: 0}", ":9: size: expected a size"},
        {8, "flash: {origin: 0, size: 4 GiB}", ":9: size: expected a size"},
        {8, "flash: {origin: 0, size: -1}", ":9: size: expected a size"},
        {8, "flash: {origin: 0}", ":9: flash: key 'size' is missing"},
        {8, "flash: {origin: 0xffffffff, size: 2}", ":9: flash: expected a range"},
        {8, "flash: {origin: 0x2000ffff, size: 1}", "must not overlap"},
        {10, "sources: []", ":11: sources: expected a list"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_refused(f, parse_changed(f, rows[i].line, rows[i].text, NULL), rows[i].message);
    }
}

/* A board file cannot run other programs, or let QEMU do other things. */
static void emulation_is_limited(void **state)
{
    static const char *const rows[][2] = {
        {"{program: /bin/sh, machine: m}", "program: expected a name"},
        {"{program: sh, machine: m}", "program: expected a name"},
        {"{program: qemu-system-arm/../sh, machine: m}", "program: expected a name"},
        {"{program: qemu-system-arm}", "emulation: key 'machine' is missing"},
        {"{program: qemu-system-arm, machine: m, arguments: [-plugin, x.so]}", "arguments: exp"},
        {"{program: qemu-system-arm, machine: m, arguments: [-m]}", "arguments: expected pairs"},
        {"{program: qemu-system-arm, machine: m, arguments: [-m, -S]}", "arguments: expected"},
        {"{program: qemu-system-arm, machine: m, arguments: [-bios, x]}", "arguments: expected"},
        {"{program: qemu-system-arm, machine: m, mailbox: {origin: 0x20000000, size: 1}}",
         "must not overlap"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "emulation: %s", rows[i][0]);
        expect_refused(f, parse_changed(f, GOOD_LINES, NULL, line), rows[i][1]);
    }
}

static enum kl_err parse_text(struct fixture *f, const char *text)
{
    kl_diag_clear(&f->diag);
    f->board = NULL;
    return kl_board_parse(text, strlen(text), "x.yaml", f->arena, &f->board, &f->diag);
}

static void what_is_not_a_board_file_is_refused(void **state)
{
    struct fixture *f = *state;
    expect_refused(f, parse_text(f, ""), "empty");
    expect_refused(f, parse_text(f, "# nothing\n"), "empty");
    expect_refused(f, parse_text(f, "- a\n"), "x.yaml:1: board: expected keys and values");
    expect_refused(f, parse_text(f, "a: [\n"), "not YAML");
    expect_refused(f, parse_text(f, "a: b: c\n"), "x.yaml:1: not YAML");
    expect_refused(f, parse_text(f, "name: \xff\xfe\n"), "not YAML");
    expect_refused(f, parse_changed(f, GOOD_LINES, NULL, "---\nname: x"), "more than one");
    expect_refused(f, parse_changed(f, 10, "sources: &a [*a]", NULL), "sources: expected a text");
    expect_refused(f, parse_changed(f, 8, "flash: &a {origin: *a, size: 1}", NULL), "origin: exp");
}

static void large_and_deep_files_are_refused(void **state)
{
    struct fixture *f = *state;
    size_t bytes = KL_BOARD_FILE_BYTES + 1;
    char *text = malloc(bytes);
    assert_non_null(text);
    memset(text, '[', bytes);
    kl_diag_clear(&f->diag);
    assert_int_equal(kl_board_parse(text, bytes, "x.yaml", f->arena, &f->board, &f->diag),
                     KL_ELIMIT);
    kl_diag_clear(&f->diag);
    assert_int_equal(kl_board_parse(text, bytes - 1, "x.yaml", f->arena, &f->board, &f->diag),
                     KL_EINPUT);
    free(text);
}

/* Every byte of a good file replaced: read or refused, never worse. */
static void damaged_files_do_no_harm(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] = {'\0', '\n', ' ', '"', '&', '[', '{', ':', '-', '\x80', '\xff'};
    struct kl_buffer good = KL_BUFFER(1 << 16);
    for (size_t i = 0; i < GOOD_LINES; i++) {
        kl_buffer_printf(&good, "%s\n", good_lines[i]);
    }
    size_t refused = 0;
    for (size_t at = 0; at < good.size; at++) {
        for (size_t k = 0; k < sizeof bytes; k++) {
            char kept = good.data[at];
            good.data[at] = bytes[k];
            struct kl_arena *arena = kl_arena_create(1 << 20);
            kl_diag_clear(&f->diag);
            enum kl_err err =
                kl_board_parse(good.data, good.size, "x.yaml", arena, &f->board, &f->diag);
            assert_true((err == KL_OK) == (f->diag.message[0] == '\0'));
            refused += err != KL_OK;
            kl_arena_free(arena);
            good.data[at] = kept;
        }
    }
    assert_true(refused > good.size);
    kl_buffer_free(&good);
}

static void builtin_boards_are_listed_and_found(void **state)
{
    struct fixture *f = *state;
    const struct kl_board *const *boards;
    size_t count;
    assert_int_equal(kl_board_list(f->arena, &boards, &count, &f->diag), KL_OK);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            assert_true(strcmp(boards[i - 1]->name, boards[i]->name) < 0);
        }
        assert_int_equal(kl_board_find(boards[i]->name, f->arena, &f->board, &f->diag), KL_OK);
        assert_string_equal(f->board->name, boards[i]->name);
    }
    assert_int_equal(kl_board_find("mps2-an386", f->arena, &f->board, &f->diag), KL_OK);
    assert_int_equal(f->board->clock_hz, 25000000);
    assert_int_equal(f->board->ram.origin, 0x20000000);
    assert_int_equal(kl_board_find("rv32-virt", f->arena, &f->board, &f->diag), KL_OK);
    assert_false(f->board->has_fpu);
}

static void unknown_boards_get_the_nearest_name(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kl_board_find("mps2-an385", f->arena, &f->board, &f->diag), KL_EUSAGE);
    assert_non_null(strstr(f->diag.message, "did you mean 'mps2-an386'?"));
    assert_non_null(strstr(f->diag.message, "kinglet boards"));
    kl_diag_clear(&f->diag);
    assert_int_equal(kl_board_find("toaster", f->arena, &f->board, &f->diag), KL_EUSAGE);
    assert_null(strstr(f->diag.message, "did you mean"));
    kl_diag_clear(&f->diag);
    assert_int_equal(kl_board_find("../device/x", f->arena, &f->board, &f->diag), KL_EUSAGE);
}

static void board_files_of_users_work(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/kinglet-board-XXXXXX.yaml";
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    for (size_t i = 0; i < GOOD_LINES; i++) {
        assert_true(dprintf(fd, "%s\n", good_lines[i]) > 0);
    }
    close(fd);
    assert_int_equal(kl_board_find(path, f->arena, &f->board, &f->diag), KL_OK);
    assert_string_equal(f->board->name, "demo");
    unlink(path);
    assert_int_equal(kl_board_find(path, f->arena, &f->board, &f->diag), KL_EIO);
}

static void quantities_are_read_exactly(void **state)
{
    static const struct {
        const char *text;
        enum kl_quantity kind;
        int good;
        uint32_t value;
    } rows[] = {
        {"0", KL_QUANTITY_NUMBER, 1, 0},
        {"0x0", KL_QUANTITY_NUMBER, 1, 0},
        {"4294967295", KL_QUANTITY_NUMBER, 1, UINT32_MAX},
        {"0xFfffFfff", KL_QUANTITY_NUMBER, 1, UINT32_MAX},
        {"4294967296", KL_QUANTITY_NUMBER, 0, 0},
        {"99999999999999999999999999", KL_QUANTITY_NUMBER, 0, 0},
        {"0x", KL_QUANTITY_NUMBER, 0, 0},
        {"", KL_QUANTITY_NUMBER, 0, 0},
        {" 1", KL_QUANTITY_NUMBER, 0, 0},
        {"+1", KL_QUANTITY_NUMBER, 0, 0},
        {"7 B", KL_QUANTITY_NUMBER, 0, 0},
        {"0x10 KiB", KL_QUANTITY_BYTES, 1, 16384},
        {"3 GiB", KL_QUANTITY_BYTES, 1, 3221225472u},
        {"4 GiB", KL_QUANTITY_BYTES, 0, 0},
        {"4 KB", KL_QUANTITY_BYTES, 0, 0},
        {"4 KiB ", KL_QUANTITY_BYTES, 0, 0},
        {"4294967295 GiB", KL_QUANTITY_BYTES, 0, 0},
        {"32 kHz", KL_QUANTITY_FREQUENCY, 1, 32000},
        {"4 GHz", KL_QUANTITY_FREQUENCY, 1, 4000000000u},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t value = 0;
        int good = kl_quantity_parse(rows[i].text, strlen(rows[i].text), rows[i].kind, &value);
        if (good != rows[i].good || (good && value != rows[i].value)) {
            fail_msg("'%s': %d, %u", rows[i].text, good, value);
        }
    }
}

static void nearest_names_are_near(void **state)
{
    static const char *const names[] = {"flash", "ram", "clock"};
    (void)state;
    assert_string_equal(kl_nearest("flahs", names, 3), "flash");
    assert_string_equal(kl_nearest("rom", names, 3), "ram");
    assert_string_equal(kl_nearest("clok", names, 3), "clock");
    assert_null(kl_nearest("voltage", names, 3));
    assert_null(kl_nearest("ram", names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_board_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(emulation_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_required_key_is_missed_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_keys_are_refused_with_line_and_nearest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bad_values_are_refused_by_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(emulation_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_a_board_file_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_and_deep_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_files_do_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(builtin_boards_are_listed_and_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_boards_get_the_nearest_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(board_files_of_users_work, set_up, tear_down),
        cmocka_unit_test(quantities_are_read_exactly),
        cmocka_unit_test(nearest_names_are_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
