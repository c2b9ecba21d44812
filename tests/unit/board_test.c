/* SPDX-License-Identifier: Apache-2.0 */
/* Board files: what is read from good ones, and the message for each kind of bad one. */
#include <math.h>
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
#include "base/nearest.h"
#include "target/board.h"

enum { ARENA_BYTES = 1 << 23, MAX_LINES = 32 };

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

/* The line of the good board that begins with this key. */
static size_t line_of(const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < GOOD_LINES; i++) {
        if (strncmp(good_lines[i], key, length) == 0 && good_lines[i][length] == ':') {
            return i;
        }
    }
    fail_msg("no line '%s'", key);
    return 0;
}

static void each_required_key_is_missed_by_name(void **state)
{
    static const char *const required[] = {"name",  "title", "core",   "clock",
                                           "flash", "ram",   "sources"};
    struct fixture *f = *state;
    for (size_t k = 0; k < sizeof required / sizeof required[0]; k++) {
        size_t i = line_of(required[k]);
        char message[64];
        snprintf(message, sizeof message, "board: key '%.*s' is missing",
                 (int)strcspn(good_lines[i], ":"), good_lines[i]);
        expect_refused(f, parse_changed(f, i, NULL, NULL), message);
    }
}

/* Flags and compiler of a board that does not state them are those of its core. */
static void what_is_not_stated_comes_from_the_core(void **state)
{
    static const char *const optional[] = {"toolchain", "cflags", "fpu"};
    struct fixture *f = *state;
    const struct kl_core *core;
    assert_int_equal(kl_core_find("cortex-m4f", f->arena, &core, &f->diag), KL_OK);
    for (size_t k = 0; k < sizeof optional / sizeof optional[0]; k++) {
        assert_int_equal(parse_changed(f, line_of(optional[k]), NULL, NULL), KL_OK);
        assert_string_equal(f->board->toolchain, core->toolchain);
        assert_true(f->board->has_fpu);
        assert_string_equal(f->board->core_facts->name, "cortex-m4f");
    }
    assert_int_equal(parse_changed(f, line_of("cflags"), NULL, NULL), KL_OK);
    assert_string_equal(f->board->cflags[0], core->cflags[0]);
}

static void cores_are_known_or_described(void **state)
{
    struct fixture *f = *state;
    size_t core = line_of("core");
    assert_int_equal(parse_changed(f, core, "core: my-own", NULL), KL_OK);
    assert_string_equal(f->board->core_facts->name, "my-own");
    assert_string_equal(f->board->core_facts->cflags[1], "-mthumb");
    assert_false(f->board->core_facts->coremark_per_mhz.known);
    const char *text = "name: x\ntitle: X\ncore: cortex-m3f\nsources: [s]\n";
    enum kl_err err =
        kl_board_parse(text, strlen(text), "demo.yaml", f->arena, &f->board, &f->diag);
    expect_refused(f, err, "demo.yaml:3: unknown core 'cortex-m3f'; did you mean 'cortex-m");
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
                   "demo.yaml:12: the key 'name' appears twice");
    expect_refused(f, parse_changed(f, GOOD_LINES, NULL, "[1]: x"), "demo.yaml:12: ");
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
        {0, "name: \"a\\0b\"", ":1: a text contains a NUL byte"},
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
        {6, "clock: 1.5 Hz", ":7: clock: expected a frequency"},
        {6, "clock: -1 Hz", ":7: clock: expected a frequency"},
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
    expect_refused(f, parse_text(f, "a: [\n"), "x.yaml:1: ");
    expect_refused(f, parse_text(f, "a: b: c\n"), "x.yaml:1: ");
    expect_refused(f, parse_text(f, "name: \xff\xfe\n"), "x.yaml:1: ");
    expect_refused(f, parse_changed(f, GOOD_LINES, NULL, "---\nname: x"), "second document");
    expect_refused(f, parse_changed(f, 10, "sources: &a [*a]", NULL), "contains itself");
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
                     KL_ELIMIT);
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
    assert_int_equal(kl_board_find("mps2-an358", f->arena, &f->board, &f->diag), KL_EUSAGE);
    assert_non_null(strstr(f->diag.message, "did you mean 'mps2-an385'?"));
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

/* A board of facts alone: nothing to build with, enough to choose by. */
static const char real_board[] =
    "name: real\n"
    "title: A real board\n"
    "core: cortex-m4f\n"
    "facts:\n"
    "  clock: [64 MHz, ds, 'page 1']\n"
    "  ram: [256 KiB, ds]\n"
    "  flash: [1 MiB, guess]\n"
    "  run_current_per_clock: [52 uA/MHz, ds, at 3 V]\n"
    "  temperature_min: [-40 C, ds]\n"
    "  sensors: [[microphone, light], ds]\n"
    "  radios: [none, ds]\n"
    "  secure_boot: [software, ds]\n"
    "  trustzone: [no, ds]\n"
    "  sleep_current: unknown\n"
    "  wake_time: 5 us\n"
    "sources:\n"
    "  ds: {title: A data sheet, url: 'https://example.org/ds', read: 2026-11-23}\n"
    "  guess: {title: Known but not seen}\n"
    "history:\n"
    "  - {model: 0123456789ab, latency: 12.5 ms, date: 2026-11-23, by: Jane Doe}\n"
    "  - {model: 0123456789abcdef, energy: 2 mJ, date: 2026-11-24, by: Jane, tool: a meter}\n";

static void facts_of_a_real_board_are_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse_text(f, real_board), KL_OK);
    const struct kl_board *b = f->board;
    const struct kl_fact *facts = b->facts;
    assert_false(kl_board_has_port(b));
    assert_int_equal(b->clock_hz, 64000000);
    assert_int_equal(b->ram.bytes, 256 * 1024);
    assert_int_equal(b->flash.bytes, 1 << 20);
    assert_true(facts[KL_FACT_ID_clock].known);
    assert_string_equal(facts[KL_FACT_ID_clock].where, "page 1");
    assert_string_equal(facts[KL_FACT_ID_clock].source->read, "2026-11-23");
    assert_null(facts[KL_FACT_ID_flash].source->read);
    assert_true(fabs(facts[KL_FACT_ID_run_current_per_clock].value.value - 52e-12) < 1e-18);
    assert_true(facts[KL_FACT_ID_temperature_min].value.value == -40);
    assert_true(kl_fact_has(&facts[KL_FACT_ID_sensors], "light"));
    assert_false(kl_fact_has(&facts[KL_FACT_ID_sensors], "micro"));
    assert_string_equal(facts[KL_FACT_ID_radios].text, "none");
    assert_true(facts[KL_FACT_ID_trustzone].known);
    assert_true(facts[KL_FACT_ID_trustzone].value.value == 0);
    assert_false(facts[KL_FACT_ID_sleep_current].known);
    assert_null(facts[KL_FACT_ID_sleep_current].text);
    assert_false(facts[KL_FACT_ID_wake_time].known); /* it has no source */
    assert_string_equal(facts[KL_FACT_ID_wake_time].text, "5 us");
    assert_false(facts[KL_FACT_ID_longevity].known);
    assert_string_equal(b->sources[0], "A data sheet, https://example.org/ds");
    assert_string_equal(b->sources[1], "Known but not seen");
    assert_null(b->sources[2]);
}

static void history_of_a_real_board_is_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse_text(f, real_board), KL_OK);
    assert_int_equal(f->board->history_count, 2);
    const struct kl_measurement *m = f->board->history;
    assert_true(m[0].has_latency && !m[0].has_energy && m[1].has_energy && !m[1].has_latency);
    assert_true(fabs(m[0].latency_seconds - 0.0125) < 1e-12);
    assert_true(fabs(m[1].energy_joules - 0.002) < 1e-12);
    assert_string_equal(m[1].tool, "a meter");
    assert_null(m[0].tool);
}

/* Each line replaces the one of the real board that begins alike. */
static void bad_facts_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *key, *line, *message;
    } rows[] = {
        {"  clock", "  clock: [64 MiB, ds]", ":5: clock: expected a rate"},
        {"  clock", "  clock: [-1 MHz, ds]", ":5: clock: expected a rate"},
        {"  clock", "  clock: [64 MHz, dss]", ":5: unknown source 'dss'; did you mean 'ds'?"},
        {"  clock", "  clock: [64 MHz, ds, [a]]", ":5: clock: expected the place in the source"},
        {"  clock", "  clcok: [64 MHz, ds]", ":5: unknown key 'clcok'; did you mean 'clock'?"},
        {"  wake_time", "  wake_time: soon", "wake_time: expected a time"},
        {"  sensors", "  sensors: [[microfone], ds]", "unknown sensors 'microfone'; did you mean"},
        {"  sensors", "  sensors: [[none, light], ds]", "sensors: expected 'none' alone"},
        {"  sensors", "  sensors: [{a: b}, ds]", "sensors: expected a list of words"},
        {"  sensors", "  sensors: [[[light]], ds]", "sensors: expected a word"},
        {"  secure_boot", "  secure_boot: [hard, ds]", ":12: unknown secure_boot 'hard'"},
        {"  trustzone", "  trustzone: [maybe, ds]", "trustzone: expected yes or no"},
        {"facts", "name_of_an_anchor: 1\nfacts:", ":4: unknown key 'name_of_an_anchor'"},
        {"  ds", "  ds: {title: t, url: 'javascript:alert(1)'}", "url: expected an address"},
        {"  ds", "  ds: {title: t, read: yesterday}", "read: expected a day"},
        {"  ds", "  ds: {title: t, read: 2026-13-01}", "read: expected a day"},
        {"  ds", "  ds: {url: 'https://x'}", "ds: key 'title' is missing"},
        {"  - {model: 0123456789ab,", "  - {model: 0123, latency: 1 s, date: 2026-01-01, by: x}",
         "model: expected 12 to 64"},
        {"  - {model: 0123456789ab,", "  - {model: 0123456789ab, date: 2026-01-01, by: x}",
         "history: expected a latency"},
        {"  - {model: 0123456789ab,",
         "  - {model: 0123456789ab, latency: 0 s, date: 2026-01-01, by: x}",
         "latency: expected a time"},
        {"  - {model: 0123456789ab,", "  - {model: 0123456789ab, latency: 1 s, date: 2026-01-01}",
         "history: key 'by' is missing"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[4096];
        const char *at = strstr(real_board, rows[i].key);
        assert_non_null(at);
        const char *end = strchr(at, '\n');
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - real_board), real_board, rows[i].line,
                 end);
        expect_refused(f, parse_text(f, text), rows[i].message);
    }
}

static void emulated_boards_need_a_port(void **state)
{
    struct fixture *f = *state;
    expect_refused(f,
                   parse_changed(f, line_of("port"), NULL,
                                 "emulation: {program: qemu-system-arm, machine: m}"),
                   "key 'port' is missing");
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
        cmocka_unit_test_setup_teardown(what_is_not_stated_comes_from_the_core, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cores_are_known_or_described, set_up, tear_down),
        cmocka_unit_test_setup_teardown(facts_of_a_real_board_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(history_of_a_real_board_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_facts_are_refused_with_their_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(emulated_boards_need_a_port, set_up, tear_down),
        cmocka_unit_test(nearest_names_are_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
