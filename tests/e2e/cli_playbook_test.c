/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands about playbooks, boards and CI as a user calls them: what is open, what comes next,
 * bad input of every kind, and JSON. cli_playbook_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char begin[] = "playbook: 1\n"
                            "product: {name: door, title: Door, version: 0.1.0, owner: Jane}\n"
                            "people: {jane: {name: Jane, role: owner}}\n"
                            "requirements: {ram: 24 KiB}\n"
                            "chapters:\n";

/* A step that works, and a statement that waits for a person; a gate for each. */
static const char open_chapters[] =
    "  use_case:\n"
    "    measures:\n"
    "      - {name: calls, unit: calls a year, baseline: 100, target: 50, how: counted}\n"
    "      - {name: visits, unit: visits a year, baseline: 10, target: 5, how: counted}\n"
    "    steps:\n"
    "      - {name: size, run: 'echo ram 20', metrics: {ram: {match: 'ram ([0-9]+)', unit: KiB}}}\n"
    "    gates:\n"
    "      - {name: fits, that: size.ram <= requirements.ram}\n"
    "  test:\n"
    "    steps:\n"
    "      - name: heard\n"
    "        statement:\n"
    "          text: We said the words a hundred times.\n"
    "%s"
    "          metrics: {share: 93 %%}\n"
    "    gates:\n"
    "      - {name: right, that: heard.share >= 90 %%}\n"
    "  learning:\n"
    "    success: [{measure: calls, value: 40, date: 2026-01-02}]\n"
    "    lessons: [{lesson: Ask first, from: the pilot}]\n";

static void write_playbook(const char *folder, const char *chapters)
{
    char path[128];
    char words[4096];
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/playbook.yaml", folder);
    snprintf(words, sizeof words, "%s%s", begin, chapters);
    write_words(path, words);
}

static void write_open(const char *folder, const char *signature)
{
    char chapters[2048];
    snprintf(chapters, sizeof chapters, open_chapters, signature);
    write_playbook(folder, chapters);
}

static const char signature[] = "          by: jane\n          date: 2026-01-02\n";

/* What is below the folder, as names with sizes. */
static void list(const char *folder, const char *file)
{
    char line[256];
    snprintf(line, sizeof line, "find %s -printf '%%p %%s\\n' | sort > %s", folder, file);
    assert_int_equal(shell(line), DONE);
}

/* The command is refused with one line that holds the words, nothing on standard output, and
 * nothing below "bad" changes. */
static void refused(const char *command, const char *words)
{
    char line[512];
    list("bad", "before");
    snprintf(line, sizeof line, "$K %s 2>message", command);
    if (shell(line) != BAD) {
        fail_msg("%s: not refused: %s", command, text());
    }
    assert_string_equal(text(), "");
    assert_int_equal(shell("cat message"), DONE);
    const char *end = strchr(text(), '\n');
    if (!end || end[1] || strncmp(text(), "kinglet: ", 9) != 0 || !strstr(text(), words)) {
        fail_msg("%s: no one line with '%s': %s", command, words, text());
    }
    list("bad", "after");
    assert_same_file("before", "after");
}

static void test_an_open_statement_is_no_failure(void **state)
{
    (void)state;
    write_open("open", "");
    assert_int_equal(kinglet("playbook run --playbook open"), FAILED);
    expect_text("  step  done     size          ");
    expect_text("  gate  passed   fits          20 KiB <= 24 KiB\n");
    expect_text("  step  open     heard         nobody has stated it yet");
    expect_text("  gate  missing  right         heard is not stated yet\n");
    expect_text("executed 1 step, 0 up to date, 1 open\nstopped at gate right, chapter test\n");
    expect_text("  heard         state it: fill in by: and date: (open/playbook.yaml:18)\n");
    expect_text("then `kinglet playbook run --playbook open` goes on");
    assert_null(strstr(text(), "FAILED"));
    assert_int_equal(kinglet("playbook status open"), FAILED);
    expect_text("  step  open     heard ");
    expect_text("door 0.1.0: 2 gates: 1 passed, 1 missing\n");
    assert_int_equal(kinglet("playbook run use_case --playbook open"), DONE);
}

static void test_signed_it_holds(void **state)
{
    (void)state;
    write_open("open", signature);
    assert_int_equal(kinglet("playbook run --playbook open"), DONE);
    expect_text("executed 0 steps, 1 up to date, 1 statement recorded\nevery gate here passed; "
                "`kinglet playbook report open` writes the report\n");
    assert_int_equal(kinglet("playbook run --playbook open"), DONE);
    expect_text("executed 0 steps, 2 up to date\n");
    assert_int_equal(kinglet("playbook status open"), DONE);
}

/* Why a step failed is said once, with its own words and the place to mend. */
static void test_a_failed_step_is_said_once(void **state)
{
    (void)state;
    write_playbook("failing",
                   "  test:\n"
                   "    steps:\n"
                   "      - {name: a, run: 'echo no such sensor >&2; exit 3', metrics: {n: {match: "
                   "'(1)'}}}\n"
                   "      - {name: b, run: 'echo 1', needs: [a], metrics: {n: {match: '(1)'}}}\n"
                   "      - {name: c, assess: battery}\n"
                   "    gates: [{name: g, that: a.n == 1}, {name: h, that: 1 > 2}]\n");
    assert_int_equal(kinglet("playbook run --playbook failing"), FAILED);
    expect_text("  step  FAILED   a             exit status 3: no such sensor\n");
    expect_text("  step  not run  b             step a, which it needs, failed\n");
    expect_text("  step  FAILED   c             playbook.yaml:4: the assessment battery needs ");
    expect_text("  gate  FAILED   g             a failed\n");
    expect_text("  a             mend the step (failing/playbook.yaml:8)\n");
    expect_text("  h             make the gate hold, or waive it until a day");
    assert_null(strstr(text(), "  g             make"));
    expect_text(" 2 failed, 1 not run\n");
}

static void test_all_products(void **state)
{
    (void)state;
    mkdir("all", 0700);
    write_open("all/a", signature);
    write_open("all/b", "");
    mkdir("all/c", 0700);
    write_words("all/c/playbook.yaml", "playbook: [\n");
    assert_int_equal(kinglet("playbook run --playbook all/a"), DONE);
    assert_int_equal(kinglet("playbook status --all all"), FAILED);
    expect_text(
        "holds  door                  0.1.0         2       2       0      0        0       "
        "0   1 of 2  all/a/playbook.yaml\n");
    expect_text("ERROR  all/c/playbook.yaml:");
    expect_text("3 products, 1 with all gates passed or waived (33 %); 2 of 4 gates passed\n"
                "2 of 4 stated measures of success reached their targets (50 %); 2 have been "
                "measured\n");
    expect_text("  Ask first (2 products)\n");
    assert_int_equal(shell("$K playbook status --all all --json 2>/dev/null"), FAILED);
    json_t *result = result_of("playbook status");
    assert_int_equal(json_integer_value(metric(result, "measures.reached")), 2);
    assert_true(json_number_value(metric(result, "measures.reached_share")) == 0.5);
    assert_int_equal(json_integer_value(metric(result, "products.holding")), 1);
    json_decref(result);
}

/* Files that are no playbook: the same answer from every command that reads one. */
static void test_files_that_are_no_playbook(void **state)
{
    static const char *const commands[] = {"playbook check bad/%s",
                                           "playbook status bad/%s",
                                           "playbook log bad/%s",
                                           "playbook report bad/%s",
                                           "playbook diff bad/ok bad/%s",
                                           "playbook run --playbook bad/%s",
                                           "playbook assess success bad/%s",
                                           "select bad/%s"};
    static const struct {
        const char *file, *words;
    } files[] = {
        {"empty.yaml", "bad/empty.yaml: the file is empty"},
        {"half.yaml", "bad/half.yaml:2: "},
        {"list.yaml", "bad/list.yaml:1: expected keys with values"},
        {"huge.yaml", "bad/huge.yaml: 10000000 bytes, more than the limit of 1048576"},
        {"bytes.yaml", "bad/bytes.yaml:1: a byte that is not UTF-8"},
        {"folder.yaml", "bad/folder.yaml/playbook.yaml: No such file or directory; "},
        {"pipe.yaml", "bad/pipe.yaml: not a regular file"},
        {"loop.yaml", "bad/loop.yaml: Too many levels"},
        {"nowhere.yaml", "bad/nowhere.yaml: No such file or directory; `kinglet playbook"}};
    (void)state;
    assert_int_equal(shell("mkdir -p bad/folder.yaml && cd bad && : > empty.yaml && printf "
                           "'playbook: 1\\nproduct: {name: x' > half.yaml && echo '[1]' > "
                           "list.yaml && head -c 10000000 /dev/zero | tr '\\0' '#' > huge.yaml && "
                           "printf '\\377\\376a' > bytes.yaml && mkfifo pipe.yaml && ln -s "
                           "loop.yaml loop.yaml"),
                     DONE);
    write_open("bad/ok", "");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        for (size_t k = 0; k < sizeof commands / sizeof commands[0]; k++) {
            char command[256];
            char filled[160];
            /* Only this one place is filled in. */
            const char *at = strstr(commands[k], "%s");
            snprintf(filled, sizeof filled, "%.*s%s", (int)(at - commands[k]), commands[k],
                     files[i].file);
            snprintf(command, sizeof command, "%s%s", filled, at + 2);
            refused(command, files[i].words);
        }
    }
}

/* A playbook that can be read and is wrong: check lists all, the rest names the first. */
static void test_playbooks_with_errors(void **state)
{
    (void)state;
    write_playbook("bad/wrong", "  test: 3\n  tset: {}\n");
    assert_int_equal(kinglet("playbook check bad/wrong"), FAILED);
    expect_text("bad/wrong/playbook.yaml:6: ");
    expect_text("2 errors");
    refused("playbook run --playbook bad/wrong", "bad/wrong/playbook.yaml:6: ");
    refused("playbook report bad/wrong", "`kinglet playbook check` lists all");
    refused("playbook diff bad/ok bad/wrong", "bad/wrong/playbook.yaml:6: ");
    refused("playbook assess success bad/wrong", "bad/wrong/playbook.yaml:6: ");
    assert_int_equal(kinglet("playbook status bad/wrong"), FAILED);
    expect_text("the file has 2 errors: `kinglet playbook check bad/wrong`");
}

static void test_words_that_mean_nothing(void **state)
{
    static const char *const rows[][2] = {
        {"playbook rnu", "unknown command 'playbook rnu'; did you mean 'playbook run'?"},
        {"playbook run usecase --playbook bad/ok", "has no chapter 'usecase'; did you mean"},
        {"playbook run --playbook bad/ok --jobs many", "--jobs takes a whole number, not 'many'"},
        {"playbook run --today 2020 --playbook bad/ok", "--today takes a day such as"},
        {"playbook run --dryrun", "unknown option '--dryrun'; did you mean '--dry-run'?"},
        {"playbook log --step hear bad/ok", "has no step 'hear'; did you mean 'heard'?"},
        {"playbook assess sucess bad/ok", "unknown assessment 'sucess'; did you mean 'success'?"},
        {"playbook diff bad/ok", "B is missing; usage: kinglet playbook diff A B"},
        {"playbook diff bad/empty.json bad/ok", "bad/empty.json: "},
        {"playbook report --format doc bad/ok", "--format takes html, markdown and pdf, not 'doc'"},
        {"playbook schema me", "unexpected argument 'me'"},
        {"playbook init bad/new", "--template is missing; `kinglet playbook init --list`"},
        {"playbook init bad/new --template kyword", "did you mean 'keyword'?\n"},
        {"playbook init bad/new --template bad/empty.yaml", "the key 'playbook: 1' is missing"},
        {"playbook init bad/new --template bad/huge.yaml", "more than the limit of"},
        {"playbook init bad/new --template blank --name 'A B'", "--name takes letters, digits"},
        {"playbook init bad/new --template blank --owner 'a\"b'", "--owner takes one line"},
        {"playbook init bad/ok --template blank", "is there already and stays as it is; --force"},
        {"playbook init bad/ok/playbook.yaml --template blank",
         "a file of that name is in the way"},
        {"playbook status --all nowhere", "nowhere: No such file or directory"},
        {"playbook status --all bad/folder.yaml", "no playbook.yaml here or in a folder below"},
        {"select bad/ok", "no model to choose for; list its files in"},
        {"select short", "short"},
        {"select k.tflite --latency 5kg", "5kg"},
        {"select k.tflite --weight lateny=1", "did you mean 'latency'"},
        {"select k.tflite --board nano-33-ble-sens", "did you mean 'nano-33-ble-sense'"},
        {"boards mps2-an358", "did you mean 'mps2-an385'"},
        {"boards bad/half.yaml", "bad/half.yaml:2: "},
        {"boards bad/folder.yaml", "bad/folder.yaml: not a regular file"},
        {"boards bad/huge.yaml", "more than the limit of 16384 bytes"},
        {"ci init githb", "did you mean 'github'?"},
        {"ci init", "PLATFORM is missing; usage: kinglet ci init PLATFORM"},
        {"ci init github --url 'https://x/$(id)'", "cannot stand in a pipeline"},
        {"ci init github --playbook ../x", "must be a path inside the repository"}};
    (void)state;
    write_words("bad/empty.json", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        refused(rows[i][0], rows[i][1]);
    }
}

/* What cannot be written is refused; a file is whole or as it was. */
static void test_places_that_cannot_be_written(void **state)
{
    (void)state;
    write_open("bad/blocked", signature);
    write_words("bad/blocked/evidence", "a file where the folder belongs\n");
    refused("playbook run --playbook bad/blocked", "bad/blocked/evidence");
    write_words("bad/ok/report", "a file where the folder belongs\n");
    refused("playbook report bad/ok", "bad/ok/report: cannot create folder: a file of that name");
    assert_int_equal(
        shell("(trap '' XFSZ; ulimit -f 4; $K playbook init bad/full --template keyword)"), BAD);
    expect_text("bad/full/playbook.schema.json: cannot write: ");
    assert_int_equal(shell("test -e bad/full/playbook.yaml"), 1);
    write_open("bad/limit", signature);
    assert_int_equal(shell("(trap '' XFSZ; ulimit -f 0; $K playbook run --playbook bad/limit)"),
                     BAD);
    expect_text("bad/limit/evidence/");
    assert_int_equal(shell("$K playbook run --playbook bad/limit"), DONE);
}

/* After an interruption the next run goes on; what hung is gone. */
static void test_interrupted(void **state)
{
    (void)state;
    write_playbook("stopped", "  use_case:\n"
                              "    steps:\n"
                              "      - {name: quick, run: 'echo 1', metrics: {n: {match: '(1)'}}}\n"
                              "      - {name: slow, run: 'test -e stopped-once || { touch "
                              "stopped-once; sleep 300; }; echo 1', needs: [quick], metrics: {n: "
                              "{match: '(1)'}}}\n");
    assert_int_equal(shell("$K playbook run --playbook stopped > log 2>&1 & p=$!\n"
                           "n=0; until test -e stopped/stopped-once || test $n = 300; do sleep "
                           "0.1; n=$((n+1)); done\n"
                           "kill -TERM $p; wait $p"),
                     FAILED);
    assert_int_equal(shell("cat log"), DONE);
    expect_text("interrupted; what was done is kept, `kinglet playbook run` goes on\n");
    assert_int_equal(kinglet("playbook run --playbook stopped"), DONE);
    expect_text("executed 1 step, 1 up to date\n");
}

static void test_a_reader_that_has_seen_enough(void **state)
{
    (void)state;
    assert_int_equal(shell("{ $K playbook schema; echo status $? >&2; } | head -n 1"), DONE);
    expect_text("{\n");
    expect_text("status 0\n");
    assert_null(strstr(text(), "kinglet:"));
    assert_int_equal(shell("$K playbook schema > /dev/full"), BAD);
    expect_text("kinglet: cannot write to standard output");
}

/* Every command with --json prints its envelope and nothing else. */
static void test_json(void **state)
{
    static const struct {
        const char *line, *command;
        int status;
    } rows[] = {{"playbook init new --template keyword", "playbook init", DONE},
                {"playbook init --list", "playbook init", DONE},
                {"playbook check json", "playbook check", DONE},
                {"playbook check bad/wrong", "playbook check", FAILED},
                {"playbook run --playbook json", "playbook run", FAILED},
                {"playbook run --playbook json --dry-run", "playbook run", DONE},
                {"playbook status json", "playbook status", FAILED},
                {"playbook status --all json", "playbook status", FAILED},
                {"playbook log json", "playbook log", DONE},
                {"playbook assess success json", "playbook assess", DONE},
                {"playbook assess --list", "playbook assess", DONE},
                {"playbook diff json json", "playbook diff", DONE},
                {"playbook report json --format html,markdown", "playbook report", DONE},
                {"boards", "boards", DONE},
                {"boards nano-33-ble-sense", "boards", DONE},
                {"select k.tflite --board nano-33-ble-sense", "select", DONE},
                {"select k.tflite --board microbit --ram 1KiB", "select", FAILED},
                {"ci init gitlab", "ci init", DONE}};
    (void)state;
    write_open("json", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "$K %s --json 2>messages", rows[i].line);
        int status = shell(line);
        if (status != rows[i].status) {
            fail_msg("%s: status %d: %s", rows[i].line, status, text());
        }
        json_t *result = result_of(rows[i].command);
        assert_int_equal(json_is_true(json_object_get(result, "ok")), status == DONE);
        json_decref(result);
    }
    assert_int_equal(shell("$K playbook schema --json"), DONE);
    json_error_t error;
    json_t *schema = json_loads(text(), JSON_REJECT_DUPLICATES, &error);
    assert_true(json_is_object(json_object_get(schema, "properties")));
    json_decref(schema);
}

static void test_help(void **state)
{
    static const char *const lines[] = {"help playbook run", "playbook help run",
                                        "playbook run --help", "playbook run -h"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(kinglet("%s", lines[i]), DONE);
        expect_text("usage: kinglet playbook run [CHAPTER...] [options]\n");
        expect_text("--keep-going");
    }
    assert_int_equal(kinglet("playbook help help"), DONE);
    expect_text("usage: kinglet playbook COMMAND ...\n");
    assert_int_equal(kinglet("playbook"), BAD);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_open_statement_is_no_failure),
        cmocka_unit_test(test_signed_it_holds),
        cmocka_unit_test(test_a_failed_step_is_said_once),
        cmocka_unit_test(test_all_products),
        cmocka_unit_test(test_files_that_are_no_playbook),
        cmocka_unit_test(test_playbooks_with_errors),
        cmocka_unit_test(test_words_that_mean_nothing),
        cmocka_unit_test(test_places_that_cannot_be_written),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_a_reader_that_has_seen_enough),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_help),
    };
    return CLI_MAIN("cli playbook", tests);
}
