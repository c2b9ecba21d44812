/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of files and folders, paths compared by their text, and the words of commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "playbook/evidence/clean.h"
#include "playbook/evidence/content.h"
#include "playbook/evidence/paths.h"
#include "playbook/evidence/words.h"
#include "playbook_folder.h"

/* The hash of a path of the folder, in a static buffer; the message when there is none. */
static const char *hash(struct playbook_folder *f, const char *name, const char *const *skip)
{
    static char text[1200];
    struct kl_content *content = kl_content_create();
    struct kl_content_budget budget = {0};
    struct kl_diag diag = {0};
    assert_non_null(content);
    if (kl_content_hash(content, playbook_folder_path(f, name), name, skip, &budget, text, &diag) !=
        KL_OK) {
        snprintf(text, sizeof text, "%s", diag.message);
    }
    kl_content_free(content);
    return text;
}

/* FIPS 180-4's example "abc", and the list of a folder as the specification gives it. */
static void test_known_hashes(void **state)
{
    struct playbook_folder *f = *state;
    char list[512], expected[KL_SHA256_HEX_BYTES], link[KL_SHA256_HEX_BYTES];
    const char *abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    playbook_folder_write(f, "d/sub/x", "abc");
    assert_string_equal(hash(f, "d/sub/x", NULL), abc);
    assert_int_equal(symlink("sub/x", playbook_folder_path(f, "d/l")), 0);
    kl_sha256_hex("sub/x", 5, link);
    int length = snprintf(list, sizeof list, "link %s l%cfile %s sub/x", link, 0, abc);
    kl_sha256_hex(list, (size_t)length + 1, expected);
    assert_string_equal(hash(f, "d", NULL), expected);
    const char *const skip[] = {"l", NULL};
    length = snprintf(list, sizeof list, "file %s sub/x", abc);
    kl_sha256_hex(list, (size_t)length + 1, expected);
    assert_string_equal(hash(f, "d", skip), expected);
}

static void test_refused_paths(void **state)
{
    struct playbook_folder *f = *state;
    assert_string_equal(hash(f, "none", NULL), "none is missing");
    assert_int_equal(mkdir(playbook_folder_path(f, "d"), 0700), 0);
    assert_int_equal(mkfifo(playbook_folder_path(f, "d/pipe"), 0600), 0);
    assert_string_equal(hash(f, "d/pipe", NULL), "d/pipe: neither a file nor a folder");
    assert_string_equal(hash(f, "d", NULL), "d/pipe: neither a file nor a folder");
}

/* A name may hold what would break a message, or the JSON that it gets into. */
static void test_names_in_messages(void **state)
{
    struct playbook_folder *f = *state;
    assert_int_equal(mkdir(playbook_folder_path(f, "d"), 0700), 0);
    assert_int_equal(mkfifo(playbook_folder_path(f, "d/a\nb\x1b\xff"), 0600), 0);
    assert_string_equal(hash(f, "d", NULL), "d/a b ?: neither a file nor a folder");
}

/* A file of the size and time that it had before, but with another content. */
static void test_remembered_hashes(void **state)
{
    struct playbook_folder *f = *state;
    struct kl_content *content = kl_content_create();
    char first[KL_SHA256_HEX_BYTES], again[KL_SHA256_HEX_BYTES];
    struct kl_diag diag = {0};
    assert_non_null(content);
    for (int i = 0; i < 200; i++) {
        struct kl_content_budget budget = {0};
        playbook_folder_write(f, "x", i % 2 ? "one" : "two");
        assert_int_equal(kl_content_hash(content, playbook_folder_path(f, "x"), "x", NULL, &budget,
                                         i % 2 ? again : first, &diag),
                         KL_OK);
        if (i > 0) {
            assert_string_not_equal(first, again);
        }
    }
    kl_content_free(content);
}

/* A sparse file that is larger than one step may read is refused before it is read. */
static void test_too_large(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "big", "");
    assert_int_equal(truncate(playbook_folder_path(f, "big"), ((off_t)4 << 30) + 1), 0);
    assert_non_null(strstr(hash(f, "big", NULL), "may have at most 100000 files and 4 GiB"));
}

/* The stream stops at its limit and says so. */
static void test_stream_limit(void **state)
{
    struct playbook_folder *f = *state;
    char hex[KL_SHA256_HEX_BYTES];
    uint64_t bytes;
    playbook_folder_write(f, "x", "abcd");
    FILE *file = fopen(playbook_folder_path(f, "x"), "r");
    assert_non_null(file);
    assert_int_not_equal(kl_sha256_stream(fileno(file), 3, &bytes, hex), 0);
    rewind(file);
    assert_int_equal(kl_sha256_stream(fileno(file), 4, &bytes, hex), 0);
    assert_int_equal(bytes, 4);
    fclose(file);
}

static void test_normal_paths(void **state)
{
    static const char *const cases[][2] = {
        {"a", "a"},
        {"./a", "a"},
        {"a//b/", "a/b"},
        {"a/./b", "a/b"},
        {"a/../b", "b"},
        {"a/b/..", "a"},
        {"..", ".."},
        {"../a", "../a"},
        {"../../a", "../../a"},
        {"a/../../b", "../b"},
        {"", "."},
        {".", "."},
        {"/", "/"},
        {"/a/", "/a"},
        {"/../a", "/a"},
        {"/a/../..", "/"},
        {"..a/b", "..a/b"},
        {"a/...", "a/..."},
        {"./..", ".."},
        {"a/..", "."},
    };
    struct playbook_folder *f = *state;
    f->arena = kl_arena_create(1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(kl_path_normal(f->arena, cases[i][0]), cases[i][1]);
    }
}

static void test_within(void **state)
{
    (void)state;
    assert_true(kl_path_within("a/b", "a"));
    assert_true(kl_path_within("a", "a"));
    assert_false(kl_path_within("ab", "a"));
    assert_false(kl_path_within("a", "a/b"));
    assert_true(kl_path_within("a", "."));
    assert_true(kl_path_within(".", "."));
    assert_false(kl_path_within("../a", "."));
    assert_false(kl_path_within("/a", "."));
    assert_true(kl_path_within("/a", "/"));
    assert_true(kl_path_within("..a", "."));
}

/* The words of a command, joined by "|". */
static const char *words(struct playbook_folder *f, const char *const *argv)
{
    static char text[512];
    const struct kl_step step = {.name = "s", .kind = KL_STEP_RUN, .argv = argv};
    const char *const *all = kl_step_words(&step, f->arena);
    assert_non_null(all);
    text[0] = '\0';
    for (size_t i = 0; all[i]; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i ? "|" : "", all[i]);
    }
    return text;
}

static const char *shell_words(struct playbook_folder *f, const char *command)
{
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    return words(f, argv);
}

static void test_words(void **state)
{
    struct playbook_folder *f = *state;
    f->arena = kl_arena_create(1 << 20);
    const char *const list[] = {"kinglet", "profile",  "./m.tflite", "--board=b/x.yaml",
                                "--json",  "m.tflite", "/abs",       "../up",
                                "a b",     "--x=",     "",           NULL};
    assert_string_equal(words(f, list), "profile|m.tflite|b/x.yaml|a b");
    assert_string_equal(shell_words(f, "kinglet run 'a b' \"c\"d e\\ f>out;x|y&&(z)"),
                        "run|a b|cd|e f|out|x|y|z");
    assert_string_equal(shell_words(f, "python3 kinglet m.tflite"), "");
    assert_string_equal(shell_words(f, "kinglet"), "");
    assert_string_equal(shell_words(f, ""), "");
    assert_string_equal(shell_words(f, "kinglet 'open"), "open");
    assert_string_equal(shell_words(f, "kinglet x\\"), "x\\");
    const char *const other[] = {"make", "m.tflite", NULL};
    assert_string_equal(words(f, other), "");
}

static void test_clean(void **state)
{
    char out[64];
    (void)state;
    static const char odd[] = "a\x1b[0m\r\xff\xc3\xa9\tx\n";
    size_t bytes = kl_clean_text(odd, sizeof odd - 1, out);
    out[bytes] = '\0';
    assert_string_equal(out, "a [0m\n?\xc3\xa9\tx\n");
    assert_true(kl_is_clean_text("a\nb\t\xc3\xa9"));
    assert_false(kl_is_clean_text("a\x01"));
    assert_false(kl_is_clean_text("\xc3"));
    assert_false(kl_is_clean_text(NULL));
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_known_hashes),      TEST(test_refused_paths),      TEST(test_names_in_messages),
        TEST(test_remembered_hashes), TEST(test_too_large),          TEST(test_stream_limit),
        TEST(test_normal_paths),      cmocka_unit_test(test_within), TEST(test_words),
        cmocka_unit_test(test_clean),
    };
    return cmocka_run_group_tests_name("playbook content", tests, NULL, NULL);
}
