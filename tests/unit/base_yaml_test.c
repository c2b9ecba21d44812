/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as a tree: structure, lines, limits, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/yaml.h"

enum { MEMORY_LIMIT = 64 << 20 };

static const struct kl_yaml_limits usual = {.bytes = 1 << 20, .nodes = 200000, .depth = 16};

static int setup(void **state)
{
    *state = kl_arena_create(MEMORY_LIMIT);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    kl_arena_free(*state);
    return 0;
}

static const struct kl_yaml *parse(void **state, const char *text)
{
    struct kl_diag diag = {0};
    const struct kl_yaml *root;
    if (kl_yaml_parse(text, strlen(text), "t.yaml", &usual, *state, &root, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return root;
}

static void assert_refused_bytes(void **state, const char *text, size_t bytes,
                                 const struct kl_yaml_limits *limits, enum kl_err err,
                                 const char *message)
{
    struct kl_diag diag = {0};
    const struct kl_yaml *root;
    enum kl_err got = kl_yaml_parse(text, bytes, "t.yaml", limits, *state, &root, &diag);
    if (got != err || !strstr(diag.message, message)) {
        fail_msg("'%.80s': error %d '%s' instead of %d '%s'", text, got, diag.message, err,
                 message);
    }
    assert_int_equal(diag.err, err);
    assert_null(strchr(diag.message, '\n'));
    assert_null(root);
}

static void assert_json(const struct kl_yaml *node, const char *expected)
{
    json_t *json = kl_yaml_json(node);
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void test_structure(void **state)
{
    const struct kl_yaml *root = parse(state, "# comment\n"
                                              "name: pump\n"
                                              "list:\n"
                                              "  - 1\n"
                                              "  - {a: b, 'c d': \"e\\tf\"}\n"
                                              "text: |\n"
                                              "  two\n"
                                              "  lines\n"
                                              "empty:\n");
    assert_int_equal(root->kind, KL_YAML_MAP);
    assert_int_equal(root->count, 4);
    assert_string_equal(root->keys[2]->text, "text");
    assert_int_equal(root->keys[2]->line, 6);
    assert_string_equal(root->origin, "t.yaml");
    const struct kl_yaml *list = kl_yaml_get(root, "list");
    assert_int_equal(list->kind, KL_YAML_LIST);
    assert_int_equal(list->count, 2);
    assert_null(list->keys);
    assert_int_equal(list->items[0]->line, 4);
    assert_true(list->items[0]->plain);
    const struct kl_yaml *map = list->items[1];
    assert_int_equal(map->line, 5);
    assert_string_equal(kl_yaml_text(kl_yaml_get(map, "c d"), NULL), "e\tf");
    assert_false(kl_yaml_get(map, "c d")->plain);
    const struct kl_yaml *text = kl_yaml_get(root, "text");
    assert_string_equal(text->text, "two\nlines\n");
    assert_false(text->plain);
    assert_string_equal(kl_yaml_get(root, "empty")->text, "");
    assert_int_equal(kl_yaml_get(root, "empty")->count, 0);
}

static void test_lookup(void **state)
{
    const struct kl_yaml *root =
        parse(state, "battery: {life: 365 d}\n"
                     "steps: [{name: a}, {name: b, out: [x, y]}]\n"
                     "metrics: {accuracy.test: 0.9, accuracy: {train: 0.95}}\n");
    assert_string_equal(kl_yaml_text(kl_yaml_path(root, "battery.life"), NULL), "365 d");
    assert_string_equal(kl_yaml_text(kl_yaml_path(root, "steps.1.name"), NULL), "b");
    assert_string_equal(kl_yaml_text(kl_yaml_path(root, "steps.1.out.0"), NULL), "x");
    assert_string_equal(kl_yaml_text(kl_yaml_path(root, "metrics.accuracy.test"), NULL), "0.9");
    assert_string_equal(kl_yaml_text(kl_yaml_path(root, "metrics.accuracy.train"), NULL), "0.95");
    assert_int_equal(kl_yaml_path(root, "steps.0")->kind, KL_YAML_MAP);
    static const char *const nowhere[] = {"",
                                          ".",
                                          "battery.",
                                          "battery..life",
                                          "battery.life.x",
                                          "batter",
                                          "steps.2",
                                          "steps.-1",
                                          "steps.1x.name",
                                          "steps..name",
                                          "battery.lif",
                                          "steps.0.",
                                          "steps.99999999999999999999999.name"};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        if (kl_yaml_path(root, nowhere[i])) {
            fail_msg("'%s' is somewhere", nowhere[i]);
        }
    }
    assert_null(kl_yaml_path(NULL, "a"));
    assert_null(kl_yaml_get(NULL, "a"));
    assert_null(kl_yaml_get(kl_yaml_get(root, "steps"), "name"));
    assert_string_equal(kl_yaml_text(kl_yaml_get(root, "steps"), "else"), "else");
    assert_string_equal(kl_yaml_text(NULL, "else"), "else");
}

static void test_flags(void **state)
{
    const struct kl_yaml *list = parse(state, "[true, false, yes, 'true', True, [true], 1]");
    bool value = false;
    assert_true(kl_yaml_flag(list->items[0], &value));
    assert_true(value);
    assert_true(kl_yaml_flag(list->items[1], &value));
    assert_false(value);
    for (size_t i = 2; i < list->count; i++) {
        assert_false(kl_yaml_flag(list->items[i], &value));
    }
    assert_false(kl_yaml_flag(NULL, &value));
}

static void test_json(void **state)
{
    assert_json(NULL, "null");
    assert_json(parse(state, "{z: 1, a: -2.5e3, m: [0, -0.5, 1E2]}"),
                "{\"z\":1,\"a\":-2500.0,\"m\":[0,-0.5,100.0]}");
}

static void test_json_of_scalars(void **state)
{
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"[null]", "[null]"},
        {"[~]", "[null]"},
        {"{a: }", "{\"a\":null}"},
        {"['']", "[\"\"]"},
        {"['null']", "[\"null\"]"},
        {"['1']", "[\"1\"]"},
        {"[true, false, 'true', yes]", "[true,false,\"true\",\"yes\"]"},
        {"[007, 0x10, 1_000, +1, .5, 5., 1e, 1.e3, -, '-']",
         "[\"007\",\"0x10\",\"1_000\",\"+1\",\".5\",\"5.\",\"1e\",\"1.e3\",\"-\",\"-\"]"},
        {"[9223372036854775807, 9223372036854775808]",
         "[9223372036854775807,\"9223372036854775808\"]"},
        {"[1e999, -1e999, .inf, .nan]", "[\"1e999\",\"-1e999\",\".inf\",\".nan\"]"},
        {"[20 ms, 1.2.3, 2026-11-23]", "[\"20 ms\",\"1.2.3\",\"2026-11-23\"]"},
        {"a: |\n  1\n", "{\"a\":\"1\\n\"}"},
        {"&x 5", "5"},
        {"[&x {a: 1}, *x]", "[{\"a\":1},{\"a\":1}]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_json(parse(state, rows[i].yaml), rows[i].json);
    }
}

static void test_empty(void **state)
{
    static const char *const texts[] = {
        "",           "\n\n",         "# only a comment",    "---\n",
        "---\n...\n", "\xef\xbb\xbf", "\xef\xbb\xbf# mark\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_null(parse(state, texts[i]));
    }
    assert_non_null(parse(state, "''"));
    assert_non_null(parse(state, "\xef\xbb\xbf"
                                 "a: 1\n"));
}

static void test_line_ends(void **state)
{
    const struct kl_yaml *root = parse(state, "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 3\r\n");
    assert_string_equal(kl_yaml_get(root, "b")->text, "x\ny\n");
    assert_int_equal(kl_yaml_get(root, "c")->line, 5);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3: the key 'a' appears twice (first on line 1)"},
        {"{a: 1, b: {c: 1, c: 2}}", "t.yaml:1: the key 'c' appears twice (first on line 1)"},
        {"b: 1\na: 1\nb: 2\na: 2\n", "t.yaml:3: the key 'b' appears twice (first on line 1)"},
        {"a: 1\n'a': 2\n", "t.yaml:2: the key 'a' appears twice"},
        {"? [1, 2]\n: 3\n", "t.yaml:1: a key must be a text"},
        {"a: 1\n{b: c}: 3\n", "t.yaml:2: a key must be a text"},
        {"- &l [1]\n- *l : 2\n", "t.yaml:2: a key must be a text"},
        {"'': 1\n", "t.yaml:1: a key is empty"},
        {"? \n: 1\n", "t.yaml:1: a key is empty"},
        {"x: &x {a: 1}\ny:\n  <<: *x\n", "t.yaml:3: merge keys"},
        {"a: &a [*a]\n", "t.yaml:1: the alias '*a' contains itself"},
        {"a: &a\n  b: *a\n", "t.yaml:2: the alias '*a' contains itself"},
        {"a: *b\n", "t.yaml:1: the alias '*b' has no anchor '&b'"},
        {"a: 1\n---\nb: 2\n", "t.yaml:2: a second document"},
        {"a: 1\n...\n---\n", "t.yaml:3: a second document"},
        {"a: !!str 5\n", "t.yaml:1: the tag '!!str' is not supported"},
        {"a: !mine {}\n", "t.yaml:1: the tag '!mine' is not supported"},
        {"a: !!python/object:os.system []\n", "t.yaml:1: the tag '!!python/object:os.system'"},
        {"a: \"x\\0y\"\n", "t.yaml:1: a text contains a NUL byte"},
        {"a: \"x\\ey\"\n", "t.yaml:1: a text contains a control character"},
        {"\"x\\Ny\": 1\n", "t.yaml:1: a text contains a control character"},
        {"a: \"x\\ry\"\n", "t.yaml:1: a text contains '\\r'"},
        {"a: \"\\uD800\"\n", "t.yaml:1: "},
        {"a: [1, 2", "t.yaml:1: "},
        {"a: 1\nb: [1, 2\n", "t.yaml:2: "},
        {"a: 1\n\tb: 2\n", "t.yaml:2: "},
        {"a:\n\t- 1\n", "blanks, not by tabs"},
        {"a: 1\nb: c: d\n", "t.yaml:2: mapping values are not allowed"},
        {"a: @x\n", "in quotes"},
        {"a: 'x\n", "t.yaml:1: "},
        {"a: 1\n b: 2\n", "t.yaml:2: "},
        {"a:\n  b: 1\n c: 2\n", "t.yaml:3: "},
        {"%YAML 3.0\n---\na: 1\n", "t.yaml:1: "},
        {"a: 1\n}\n", "t.yaml:2: "},
        {"ok: 1\nbad: \x01\n", "t.yaml:2: a control character; save the file as UTF-8"},
        {"ok: 1\r\nbad: \xff\n", "t.yaml:2: a byte that is not UTF-8"},
        {"ok: 1\rbad: \x7f\n", "t.yaml:2: a control character"},
        {"a\xef\xbb\xbf: 1\n", "t.yaml:1: a byte-order mark"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_refused_bytes(state, rows[i].text, strlen(rows[i].text), &usual, KL_EINPUT,
                             rows[i].message);
    }
    assert_refused_bytes(state, "a: b\0c", 6, &usual, KL_EINPUT, "t.yaml:1: a NUL byte");
    assert_refused_bytes(state, "a: 1\0", 5, &usual, KL_EINPUT, "t.yaml:1: a NUL byte");
    static const char wide[] = "\xff\xfe"
                               "a\0:\0";
    assert_refused_bytes(state, wide, 6, &usual, KL_EINPUT, "not UTF-8");
}

/* A long key is quoted in part, without cutting through a character. */
static void test_quoted_texts(void **state)
{
    struct kl_buffer text = KL_BUFFER(4000);
    struct kl_diag diag = {0};
    const struct kl_yaml *root = parse(state, "a:\n  \"line\\nend\": 1\n");
    const struct kl_yaml *key = kl_yaml_get(root, "a")->keys[0];
    assert_int_equal(kl_yaml_fail(key, &diag, "unknown key '%s'", key->text), KL_EINPUT);
    assert_string_equal(diag.message, "t.yaml:2: unknown key 'line end'");
    for (int i = 0; i < 1000; i++) {
        kl_buffer_printf(&text, "\u20ac");
    }
    kl_diag_clear(&diag);
    kl_yaml_fail(key, &diag, "x%s", text.data);
    kl_buffer_free(&text);
    size_t length = strlen(diag.message);
    assert_in_range(length, 1000, sizeof diag.message - 1);
    assert_memory_equal(diag.message + length - 3, "\xe2\x82\xac", 3);
}

static void test_limits(void **state)
{
    const struct kl_yaml_limits small = {.bytes = 60, .nodes = 10, .depth = 3};
    const struct kl_yaml *root;
    struct kl_diag diag = {0};
    const char *fits = "[1, 2, 3, 4, 5, 6, 7, 8, 9]";
    assert_int_equal(kl_yaml_parse(fits, strlen(fits), "t", &small, *state, &root, &diag), KL_OK);
    const char *more = "[1, 2, 3, 4, 5, 6,\n 7, 8, 9, 0]";
    assert_refused_bytes(state, more, strlen(more), &small, KL_ELIMIT,
                         "t.yaml:2: more than 10 values");
    const char *deep = "[[3]]";
    assert_int_equal(kl_yaml_parse(deep, strlen(deep), "t", &small, *state, &root, &diag), KL_OK);
    assert_refused_bytes(state, "[[[4]]]", 7, &small, KL_ELIMIT, "nested more than 3 deep");
    assert_refused_bytes(state, "[[[]]]x", 6, &(struct kl_yaml_limits){100, 100, 2}, KL_ELIMIT,
                         "nested more than 2 deep");
    char text[62];
    memset(text, ' ', sizeof text);
    assert_refused_bytes(state, text, 61, &small, KL_ELIMIT, "61 bytes are more than the 60");
    assert_int_equal(kl_yaml_parse(text, 60, "t", &small, *state, &root, &diag), KL_OK);
}

/* Aliases count as what they stand for: in number and in depth. */
static void test_aliases_count(void **state)
{
    const struct kl_yaml_limits small = {.bytes = 1000, .nodes = 10, .depth = 4};
    const struct kl_yaml *root;
    struct kl_diag diag = {0};
    const char *fits = "[&a [1, 2], *a, *a]"; /* 1 + 3 * 3 */
    assert_int_equal(kl_yaml_parse(fits, strlen(fits), "t", &small, *state, &root, &diag), KL_OK);
    assert_ptr_equal(root->items[0], root->items[2]);
    const char *more = "[&a [1, 2], *a, *a, 1]";
    assert_refused_bytes(state, more, strlen(more), &small, KL_ELIMIT, "more than 10 values");
    const char *deep = "[&a [1], &b [*a], [*b]]";
    assert_int_equal(kl_yaml_parse("[&a [1], &b [*a]]", 17, "t", &small, *state, &root, &diag),
                     KL_OK);
    assert_refused_bytes(state, deep, strlen(deep), &small, KL_ELIMIT, "nested more than 4 deep");
}

/* A file in which each line stands for nine times the one before. */
static void test_billion_laughs(void **state)
{
    struct kl_buffer text = KL_BUFFER(2000);
    kl_buffer_printf(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 14; i++) {
        kl_buffer_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++) {
            kl_buffer_printf(&text, "*a%d, ", i - 1);
        }
        kl_buffer_printf(&text, "]\n");
    }
    assert_false(text.failed);
    assert_refused_bytes(state, text.data, text.size, &usual, KL_ELIMIT, "more than 200000 values");
    kl_buffer_free(&text);
}

static void repeat(char *text, size_t bytes, const char *part)
{
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= bytes; at += length) {
        memcpy(text + at, part, length);
    }
}

/* Inputs that make careless readers slow or use the stack up; each is answered in seconds. */
static void test_hostile_sizes(void **state)
{
    enum { BYTES = 1 << 20 };
    static const char *const parts[] = {"[",      "{",     "- ",   "? ", "[[],", "{a: ",    "!a ",
                                        "&a ",    "*a ",   "a: [", "\"", "'",    "|\n",     "%a\n",
                                        "---\n",  "...\n", "\t",   ",",  ":",    "- - -\n", "&a [",
                                        "a:\n- ", "#",     "\n",   "x ", "!<",   "\\"};
    char *text = calloc(1, BYTES + 1);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const struct kl_yaml *root;
        struct kl_diag diag = {0};
        struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
        clock_t start = clock();
        memset(text, ' ', BYTES);
        repeat(text, BYTES, parts[i]);
        enum kl_err err = kl_yaml_parse(text, BYTES, "t.yaml", &usual, arena, &root, &diag);
        assert_true(err == KL_OK || diag.message[0] != '\0');
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (seconds > 20) {
            fail_msg("'%s' takes %.1f s", parts[i], seconds);
        }
        kl_arena_free(arena);
    }
    free(text);
    (void)state;
}

/* Many keys: equal ones are found without comparing each with each. */
static void test_many_keys(void **state)
{
    enum { KEYS = 60000 };
    struct kl_buffer text = KL_BUFFER(1 << 20);
    for (int i = 0; i < KEYS; i++) {
        kl_buffer_printf(&text, "k%d: 1\n", i);
    }
    const struct kl_yaml *root;
    struct kl_diag diag = {0};
    assert_int_equal(kl_yaml_parse(text.data, text.size, "t", &usual, *state, &root, &diag), KL_OK);
    assert_int_equal(root->count, KEYS);
    assert_int_equal(kl_yaml_get(root, "k59999")->line, KEYS);
    kl_buffer_printf(&text, "k777: 1\n");
    assert_refused_bytes(state, text.data, text.size, &usual, KL_EINPUT,
                         "t.yaml:60001: the key 'k777' appears twice (first on line 778)");
    kl_buffer_free(&text);
}

static void test_many_anchors(void **state)
{
    struct kl_buffer text = KL_BUFFER(8000);
    for (int i = 0; i < 256; i++) {
        kl_buffer_printf(&text, "- &a%d x\n", i);
    }
    kl_buffer_printf(&text, "- *a0\n");
    assert_int_equal(parse(state, text.data)->count, 257);
    kl_buffer_printf(&text, "- &more x\n");
    assert_refused_bytes(state, text.data, text.size, &usual, KL_ELIMIT,
                         "t.yaml:258: more than 256 anchors");
    kl_buffer_free(&text);
}

/* An anchor that is given again means the newer value from there on. */
static void test_anchor_again(void **state)
{
    assert_json(parse(state, "[&a 1, *a, &a 2, *a]"), "[1,1,2,2]");
}

static void test_no_memory(void **state)
{
    char text[] = "[a, b, c, {d: e, f: [g]}, &h h, *h]";
    const struct kl_yaml *root;
    size_t limit = 0;
    enum kl_err err;
    (void)state;
    do {
        struct kl_diag diag = {0};
        struct kl_arena *arena = kl_arena_create(limit += 16);
        err = kl_yaml_parse(text, strlen(text), "t.yaml", &usual, arena, &root, &diag);
        assert_true(err == KL_OK || err == KL_ELIMIT);
        assert_true(err == KL_OK || strstr(diag.message, "memory"));
        kl_arena_free(arena);
    } while (err != KL_OK && limit < 100000);
    assert_int_equal(err, KL_OK);
    assert_true(limit > 500);
}

#define KL_CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KL_CASE(test_structure),     KL_CASE(test_lookup),          KL_CASE(test_flags),
        KL_CASE(test_json),          KL_CASE(test_json_of_scalars), KL_CASE(test_empty),
        KL_CASE(test_line_ends),     KL_CASE(test_refused),         KL_CASE(test_quoted_texts),
        KL_CASE(test_limits),        KL_CASE(test_aliases_count),   KL_CASE(test_billion_laughs),
        KL_CASE(test_hostile_sizes), KL_CASE(test_many_keys),       KL_CASE(test_many_anchors),
        KL_CASE(test_anchor_again),  KL_CASE(test_no_memory),
    };
    return cmocka_run_group_tests_name("base yaml", tests, NULL, NULL);
}
