/* SPDX-License-Identifier: Apache-2.0 */
/* Running a playbook: what is executed, in which order, and what is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "playbook_folder.h"

/* Three steps in a row and one beside them; each counts how often it ran. */
#define CHAIN(prepare)                                                                            \
    "chapters:\n"                                                                                 \
    "  data:\n"                                                                                   \
    "    steps:\n"                                                                                \
    "      - {name: prepare, run: '" prepare "', inputs: [raw.txt], outputs: [data.txt]}\n"       \
    "  model:\n"                                                                                  \
    "    steps:\n"                                                                                \
    "      - {name: train, run: 'echo x >> n2; tr a-z A-Z < data.txt > model.bin; echo acc 0.9'," \
    "         inputs: [data.txt], outputs: [model.bin],\n"                                        \
    "         metrics: {accuracy: {match: 'acc ([0-9.]+)', provenance: measured}}}\n"             \
    "      - {name: other, run: 'echo x >> n3', inputs: [other.txt]}\n"                           \
    "  test:\n"                                                                                   \
    "    steps:\n"                                                                                \
    "      - {name: try, run: 'echo x >> n4; wc -c < model.bin', inputs: [model.bin]}\n"

static void open_chain(struct playbook_folder *f)
{
    playbook_folder_write(f, "raw.txt", "abc");
    playbook_folder_write(f, "other.txt", "o");
    playbook_folder_load(f, CHAIN("echo x >> n1; cat raw.txt > data.txt"));
}

static void test_order_and_second_run(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    assert_string_equal(playbook_folder_run(f), "prepare ok, train ok, other ok, try ok");
    assert_int_equal(f->summary.executed, 4);
    assert_string_equal(playbook_folder_read(f, "model.bin"), "ABC");
    playbook_folder_reload(f);
    assert_string_equal(playbook_folder_run(f), "");
    assert_int_equal(f->summary.executed, 0);
    assert_int_equal(f->summary.fresh, 4);
    assert_string_equal(playbook_folder_read(f, "n1"), "x\n");
    assert_string_equal(playbook_folder_read(f, "n4"), "x\n");
}

/* One byte: its dependants run again, and nothing else. */
static void test_one_changed_byte(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    playbook_folder_run(f);
    playbook_folder_write(f, "raw.txt", "abd");
    assert_string_equal(playbook_folder_step(f, "prepare").reason, "input raw.txt changed");
    assert_string_equal(playbook_folder_step(f, "train").reason, "step prepare is out of date");
    assert_int_equal(playbook_folder_step(f, "other").state, KL_STEP_FRESH);
    assert_string_equal(playbook_folder_run(f), "prepare ok, train ok, try ok");
    assert_string_equal(playbook_folder_read(f, "n3"), "x\n");
    assert_string_equal(playbook_folder_read(f, "model.bin"), "ABD");
}

/* A step that ran again and gave the same keeps what needs it up to date. */
static void test_early_cutoff(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    playbook_folder_run(f);
    playbook_folder_load(f, CHAIN("echo y >> n1; cat < raw.txt > data.txt"));
    assert_string_equal(playbook_folder_step(f, "prepare").reason, "the command changed");
    assert_string_equal(playbook_folder_run(f), "prepare ok");
    assert_int_equal(f->summary.fresh, 3);
    assert_int_equal(playbook_folder_step(f, "try").state, KL_STEP_FRESH);
}

static void test_force(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    playbook_folder_run(f);
    const char *const chapters[] = {"data", NULL};
    struct kl_run_options options = {.jobs = 1, .force = true, .chapters = chapters};
    assert_int_equal(playbook_folder_try(f, options), KL_OK);
    assert_string_equal(f->ran, "prepare ok");
    assert_string_equal(playbook_folder_read(f, "n1"), "x\nx\n");
}

/* A dry run says what and why, and leaves no trace. */
static void test_dry_run(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    struct kl_run_options options = {.jobs = 1, .dry = true};
    assert_int_equal(playbook_folder_try(f, options), KL_OK);
    assert_string_equal(f->ran, "prepare never, train never, other never, try never");
    assert_int_equal(f->summary.executed, 4);
    assert_false(playbook_folder_has(f, "n1"));
    assert_false(playbook_folder_has(f, "evidence"));
    playbook_folder_run(f);
    playbook_folder_write(f, "other.txt", "p");
    assert_int_equal(playbook_folder_try(f, options), KL_OK);
    assert_string_equal(f->ran, "other stale");
}

/* Only a chapter, and the steps of others that it needs. */
static void test_chapters(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    const char *const chapters[] = {"test", NULL};
    struct kl_run_options options = {.jobs = 1, .chapters = chapters};
    assert_int_equal(playbook_folder_try(f, options), KL_OK);
    assert_string_equal(f->ran, "prepare ok, train ok, try ok");
    const char *const typo[] = {"tset", NULL};
    options.chapters = typo;
    assert_int_equal(playbook_folder_try(f, options), KL_EUSAGE);
    assert_non_null(strstr(f->diag.message, "has no chapter 'tset'; did you mean 'test'?"));
}

/* What the step made is gone, or is not what it made: it is made again. */
static void test_outputs(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    playbook_folder_run(f);
    playbook_folder_write(f, "model.bin", "by hand");
    assert_string_equal(playbook_folder_step(f, "train").reason,
                        "output model.bin was changed after the step had made it");
    assert_string_equal(playbook_folder_run(f), "train ok");
    playbook_folder_remove(f, "data.txt");
    assert_string_equal(playbook_folder_step(f, "prepare").reason, "output data.txt is missing");
    assert_string_equal(playbook_folder_run(f), "prepare ok");
    assert_string_equal(playbook_folder_read(f, "model.bin"), "ABC");
}

static void test_missing_input(void **state)
{
    struct playbook_folder *f = *state;
    open_chain(f);
    playbook_folder_remove(f, "other.txt");
    assert_string_equal(playbook_folder_step(f, "other").reason,
                        "it never ran; input other.txt is missing");
    assert_string_equal(playbook_folder_run(f), "prepare ok, train ok, other failed");
    assert_string_equal(f->message, "input other.txt is missing");
    assert_false(playbook_folder_has(f, "n3"));
}

/* Folders count with all that is below them, but for version control's own files. */
static void test_folders(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "set/a/1.txt", "1");
    playbook_folder_write(f, "set/2.txt", "2");
    playbook_folder_write(f, "set/.git/index", "i");
    playbook_folder_load(f, "chapters: {data: {steps: [{name: count, inputs: [set], outputs: "
                            "[list], run: 'find set -name \"*.txt\" | sort > list'}]}}\n");
    assert_string_equal(playbook_folder_run(f), "count ok");
    assert_string_equal(playbook_folder_run(f), "");
    playbook_folder_write(f, "set/.git/index", "j");
    assert_string_equal(playbook_folder_run(f), "");
    playbook_folder_write(f, "set/b/3.txt", "3");
    assert_string_equal(playbook_folder_run(f), "count ok");
    playbook_folder_remove(f, "set/a/1.txt");
    assert_string_equal(playbook_folder_step(f, "count").reason, "input set changed");
    assert_string_equal(playbook_folder_run(f), "count ok");
    assert_string_equal(playbook_folder_read(f, "list"), "set/2.txt\nset/b/3.txt\n");
}

/* The same bytes under another name are another folder; a moved mode or time is not. */
static void test_folder_names_count(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "set/a", "1");
    playbook_folder_load(
        f, "chapters: {data: {steps: [{name: look, inputs: [set], run: 'ls set'}]}}\n");
    playbook_folder_run(f);
    playbook_folder_write(f, "set/a", "1");
    assert_string_equal(playbook_folder_run(f), "");
    playbook_folder_remove(f, "set/a");
    playbook_folder_write(f, "set/b", "1");
    assert_string_equal(playbook_folder_run(f), "look ok");
}

/* Parts of the playbook that a step reads. */
static void test_reads(void **state)
{
    struct playbook_folder *f = *state;
    const char *steps = "chapters: {test: {steps: [{name: plan, run: 'true', reads: "
                        "[requirements.latency]}, {name: free, run: 'true'}]}}\n";
    char text[512];
    snprintf(text, sizeof text, "requirements: {latency: 20 ms, ram: 32 KiB}\n%s", steps);
    playbook_folder_load(f, text);
    assert_string_equal(playbook_folder_run(f), "plan ok, free ok");
    snprintf(text, sizeof text, "requirements: {latency: 20 ms, ram: 16 KiB}\n%s", steps);
    playbook_folder_load(f, text);
    assert_string_equal(playbook_folder_run(f), "");
    snprintf(text, sizeof text, "requirements: {latency: 10 ms, ram: 16 KiB}\n%s", steps);
    playbook_folder_load(f, text);
    assert_string_equal(playbook_folder_step(f, "plan").reason,
                        "requirements.latency changed in the playbook");
    assert_string_equal(playbook_folder_run(f), "plan ok");
}

/* Files named by the words of a kinglet command are inputs; what it makes is not. */
static void test_words(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "a.txt", "1");
    playbook_folder_load(f, "chapters: {model: {steps: [\n"
                            "  {name: copy, run: [kinglet, cp, a.txt, b.txt]},\n"
                            "  {name: show, run: 'kinglet cat \"a.txt\" > c.txt'}]}}\n");
    assert_string_equal(playbook_folder_run(f), "copy ok, show ok");
    assert_string_equal(playbook_folder_run(f), "");
    playbook_folder_write(f, "a.txt", "2");
    assert_string_equal(playbook_folder_step(f, "copy").reason, "input a.txt changed");
    assert_string_equal(playbook_folder_run(f), "copy ok, show ok");
    assert_string_equal(playbook_folder_read(f, "b.txt"), "2");
    playbook_folder_remove(f, "b.txt");
    assert_string_equal(playbook_folder_step(f, "copy").reason, "output b.txt is missing");
    assert_string_equal(playbook_folder_run(f), "copy ok");
    assert_string_equal(playbook_folder_read(f, "c.txt"), "2");
}

/* A word that is another step's output orders the two. */
static void test_words_order_steps(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(f, "chapters: {model: {steps: [\n"
                            "  {name: use, run: 'kinglet cat m.bin > n.bin'},\n"
                            "  {name: make, run: 'echo m > m.bin', outputs: [m.bin]}]}}\n");
    assert_string_equal(playbook_folder_run(f), "make ok, use ok");
    assert_string_equal(playbook_folder_read(f, "n.bin"), "m\n");
    assert_string_equal(playbook_folder_run(f), "");
}

/* Both wait for the other's file, so they end only side by side. */
static void test_side_by_side(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(
        f, "chapters: {model: {steps: [\n"
           "  {name: a, timeout: 20 s, run: 'touch a; until test -e b; do sleep 0.01; done'},\n"
           "  {name: b, timeout: 20 s, run: 'touch b; until test -e a; do sleep 0.01; done'}]}}\n");
    struct kl_run_options options = {.jobs = 2};
    assert_int_equal(playbook_folder_try(f, options), KL_OK);
    assert_int_equal(f->summary.executed, 2);
    assert_int_equal(f->summary.failed, 0);
}

/* What a command may want to know, and the program that "kinglet" means. */
static void test_environment(void **state)
{
    struct playbook_folder *f = *state;
    char expected[512];
    playbook_folder_load(f, "chapters: {model: {steps: [{name: env, run: 'echo $KINGLET "
                            "$KINGLET_STEP $KINGLET_PLAYBOOK $(command -v kinglet) > out'}]}}\n");
    assert_string_equal(playbook_folder_run(f), "env ok");
    snprintf(expected, sizeof expected, "%s env %s/playbook.yaml %s\n", f->program, f->path,
             f->program);
    assert_string_equal(playbook_folder_read(f, "out"), expected);
}

/* An assessment runs as a command of kinglet, by the playbook's name. */
static void test_assess_command(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "bin/kinglet",
                          "#!/bin/sh\necho \"$@\" > words\necho '{\"schema\": "
                          "\"kinglet.result/1\", \"ok\": true, \"metrics\": "
                          "{}}'\n");
    char command[160];
    snprintf(command, sizeof command, "chmod 700 %s", f->program);
    assert_int_equal(system(command), 0);
    playbook_folder_load(f, "chapters: {use_case: {steps: [{name: money, assess: business}]}}\n");
    assert_string_equal(playbook_folder_run(f), "money ok");
    assert_string_equal(playbook_folder_read(f, "words"),
                        "playbook assess business playbook.yaml --json\n");
    /* The file changes, but not what the assessment reads. */
    playbook_folder_load(f, "chapters: {model: {notes: hello}, use_case: {steps: [{name: money, "
                            "assess: business}]}}\n");
    assert_string_equal(playbook_folder_run(f), "");
}

/* What reads the evidence comes last in its chapter, and does not see later ones. */
static void test_reading_evidence(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "bin/kinglet",
                          "#!/bin/sh\necho '{\"schema\": \"kinglet.result/1\", "
                          "\"ok\": true, \"metrics\": {}}'\n");
    char command[160];
    snprintf(command, sizeof command, "chmod 700 %s", f->program);
    assert_int_equal(system(command), 0);
    playbook_folder_write(f, "in", "1");
    playbook_folder_write(f, "later", "1");
    playbook_folder_load(f, "chapters: {security: {steps: [{name: shown, assess: compliance}, "
                            "{name: scan, run: 'echo n $(cat in)', inputs: [in], metrics: {n: "
                            "{match: 'n ([0-9]+)'}}}]},\n  production: {steps: [{name: make, run: "
                            "'echo n $(cat later)', inputs: [later], metrics: {n: {match: 'n "
                            "([0-9]+)'}}}]}}\n");
    assert_string_equal(playbook_folder_run(f), "scan ok, shown ok, make ok");
    assert_string_equal(playbook_folder_run(f), "");
    playbook_folder_write(f, "in", "2");
    assert_string_equal(playbook_folder_run(f), "scan ok, shown ok");
    playbook_folder_write(f, "later", "2");
    assert_string_equal(playbook_folder_run(f), "make ok");
    assert_string_equal(playbook_folder_run(f), "");
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order_and_second_run),
        TEST(test_one_changed_byte),
        TEST(test_early_cutoff),
        TEST(test_force),
        TEST(test_dry_run),
        TEST(test_chapters),
        TEST(test_outputs),
        TEST(test_missing_input),
        TEST(test_folders),
        TEST(test_folder_names_count),
        TEST(test_reads),
        TEST(test_words),
        TEST(test_words_order_steps),
        TEST(test_side_by_side),
        TEST(test_environment),
        TEST(test_assess_command),
        TEST(test_reading_evidence),
    };
    return cmocka_run_group_tests_name("playbook run", tests, NULL, NULL);
}
