/* SPDX-License-Identifier: Apache-2.0 */
/* Loading playbooks: files, steps, gates, documents, chapters, and what must fit together. */
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
#include "playbook_check.h"

static const struct kl_step *step_of(const struct playbook_check *c, const char *name)
{
    const struct kl_step *step = kl_playbook_step(c->playbook, name);
    assert_non_null(step);
    return step;
}

/* Steps. */

static void test_steps_of_each_kind(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "people: {jane: {name: Jane Doe}}\n"
                           "chapters:\n"
                           "  model:\n"
                           "    steps:\n"
                           "      - name: list\n"
                           "        title: A list\n"
                           "        run: [echo, \"it's\", \"\", a b]\n"
                           "        timeout: 2 min\n"
                           "        outputs: [out/a, ./b]\n"
                           "        metrics: {acc: {match: \"acc ([0-9]{1,3})\", unit: ms}}\n"
                           "      - {name: shell, run: echo $HOME, needs: [list]}\n"
                           "      - {name: look, assess: feasibility, reads: [data.splits]}\n"
                           "      - name: said\n"
                           "        statement: {text: good, by: jane, date: 2026-11-23,\n"
                           "                    valid_for: 36 h, metrics: {n: 3}}\n"
                           "      - name: open\n"
                           "        statement: {text: not yet, by: jane}\n");
    playbook_check_sound(c);
    const struct kl_step *list = step_of(c, "list");
    assert_int_equal(list->kind, KL_STEP_RUN);
    assert_string_equal(list->title, "A list");
    assert_string_equal(list->chapter, "model");
    assert_string_equal(list->command, "echo 'it'\\''s' '' 'a b'");
    assert_string_equal(list->argv[1], "it's");
    assert_null(list->argv[4]);
    assert_int_equal(list->timeout_ms, 120000);
    assert_string_equal(list->outputs[1], "./b");
    assert_null(list->outputs[2]);
    assert_int_equal(list->metric_count, 1);
    assert_string_equal(list->metrics[0].unit, "ms");
    assert_string_equal(list->metrics[0].provenance, "stated");
    const struct kl_step *shell = step_of(c, "shell");
    assert_string_equal(shell->argv[0], "/bin/sh");
    assert_string_equal(shell->argv[2], "echo $HOME");
    assert_string_equal(shell->command, "echo $HOME");
    assert_string_equal(shell->title, "shell");
    assert_int_equal(shell->timeout_ms, 3600000);
    const struct kl_step *look = step_of(c, "look");
    assert_int_equal(look->kind, KL_STEP_ASSESS);
    assert_string_equal(look->command, "kinglet playbook assess feasibility playbook.yaml --json");
    assert_string_equal(look->reads[0], "data.splits");
    assert_non_null(look->reads[1]); /* what the assessment reads by itself */
    const struct kl_step *said = step_of(c, "said");
    assert_int_equal(said->kind, KL_STEP_STATEMENT);
    assert_string_equal(said->by, "Jane Doe");
    assert_int_equal(said->date.day, 23);
    assert_int_equal(said->valid_days, 1);
    assert_non_null(kl_yaml_get(said->stated, "n"));
    assert_string_equal(step_of(c, "open")->by, "");
    assert_int_equal(kl_playbook_chapter(c->playbook, "model")->step_count, 5);
    assert_int_equal(c->playbook->step_count, 5);
}

struct wrong {
    const char *text;
    const char *says;
};

/* Texts stand in the list of steps. */
static const struct wrong wrong_steps[] = {
    {"{name: a}", "step 'a' needs exactly one of run:, assess: and statement:"},
    {"{name: a, run: x, assess: feasibility}", "needs exactly one of"},
    {"{name: a, assess: feasibilty}", "unknown assessment 'feasibilty'; did you mean "
                                      "'feasibility'?"},
    {"{name: a, run: x}, {name: a, run: y}", "the step name 'a' appears twice (first at "},
    {"{name: a, run: x, needs: [bb]}, {name: bbb, run: x}", "there is no step 'bb'; did you mean "
                                                            "'bbb'?"},
    {"{name: a, run: x, needs: [a]}", "the step needs itself"},
    {"{name: a, run: x, timeout: 0 s}", "the time limit '0 s' is not between 1 ms and 30 d"},
    {"{name: a, run: x, timeout: 31 d}", "is not between"},
    {"{name: a, run: x, reads: [requirments]}", "'requirments' is no part of a playbook"},
    {"{name: a, run: x, outputs: [../b]}", "'../b' is not below the playbook's folder"},
    {"{name: a, run: x, outputs: [/tmp/b]}", "'/tmp/b' is not below"},
    {"{name: a, run: x, outputs: [b/../../c]}", "is not below"},
    {"{name: a, run: x, outputs: [.]}", "is not below"},
    {"{name: a, run: x, outputs: [./evidence/b]}", "evidence/ is kept by kinglet alone"},
    {"{name: a, run: x, metrics_file: /etc/m}", "'/etc/m' is not below"},
    {"{name: a, run: x, outputs: [b]}, {name: c, run: x, outputs: [./b/]}",
     "'./b/' is written by step a, too"},
    {"{name: a, run: x, outputs: [b]}, {name: c, run: x, outputs: [b/d]}", "written by step a"},
    {"{name: a, run: x, inputs: [b/c], outputs: [b]}", "it would be out of date as soon as it is"},
    {"{name: a, run: x, metrics_file: m}, {name: b, run: x, metrics_file: ./m}",
     "'./m' is written by step a, too"},
    {"{name: a, run: x, metrics_file: m}, {name: b, run: x, outputs: [m]}",
     "'m' is written by step a, too"},
    {"{name: a, run: x, metrics_file: m}, {name: b, run: x, inputs: [m]}",
     "'m' is or holds the metrics file of step a"},
    {"{name: b, run: x, inputs: [d]}, {name: a, run: x, metrics_file: d/m}",
     "'d' is or holds the metrics file of step a"},
    {"{name: a, run: x, metrics_file: m, inputs: [m]}", "it would be out of date as soon as it is"},
    {"{name: a, run: x, inputs: [./evidence]}", "write reads: [evidence] instead"},
    {"{name: a, run: x, inputs: [evidence/HEAD]}", "write reads: [evidence] instead"},
    {"{name: a, assess: feasibility, outputs: [b]}", "'outputs' belongs to steps that run"},
    {"{name: a, statement: {text: t, by: b, date: 2026-11-24}}", "which has not come yet"},
    {"{name: a, statement: {text: t, by: b, date: 2026-11-01, metrics: {n: many}}}",
     "'many' is no figure"},
    {"{name: a, run: x, metrics: {m: {match: \"(a\"}}}", "no POSIX extended regular expression"},
    {"{name: a, run: x, metrics: {m: {match: abc}}}", "exactly one group"},
    {"{name: a, run: x, metrics: {m: {match: \"(a)(b)\"}}}", "exactly one group"},
    {"{name: a, run: x, metrics: {m: {match: '(a)\\1'}}}", "back reference"},
    {"{name: a, run: x, metrics: {m: {match: '((a{9}){9})'}}}", "at most one {}"},
    {"{name: a, run: x, metrics: {m: {match: '(a{999})'}}}", "more than 99 repetitions"},
    {"{name: a, run: x, metrics: {m: {match: '(a)', unit: bogus}}}", "unknown unit 'bogus'"},
};

static void load_steps(struct playbook_check *c, const char *steps)
{
    char text[2000];
    snprintf(text, sizeof text, "chapters:\n  test:\n    steps: [%s]\n", steps);
    playbook_check_text(c, text);
}

static void test_wrong_steps_are_named(void **state)
{
    for (size_t i = 0; i < sizeof wrong_steps / sizeof wrong_steps[0]; i++) {
        load_steps(*state, wrong_steps[i].text);
        playbook_check_finds(*state, KL_FINDING_ERROR, 5, wrong_steps[i].says);
    }
}

/* A metrics file is an output like others when it is listed as one. */
static void test_metrics_files_may_be_outputs(void **state)
{
    struct playbook_check *c = *state;
    load_steps(c, "{name: a, run: x, metrics_file: d/m, outputs: [d]}, "
                  "{name: b, run: x, inputs: [d/m]}, {name: c, run: x, inputs: [d]}, "
                  "{name: e, run: x, metrics_file: n}");
    assert_int_equal(c->findings.errors, 0);
}

/* What sums up a chapter cannot come before it. */
static void test_what_reads_evidence_comes_late(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "chapters:\n"
                           "  data:\n"
                           "    steps:\n"
                           "      - {name: early, run: x, inputs: [sum]}\n"
                           "  model:\n"
                           "    steps:\n"
                           "      - {name: late, run: x, reads: [evidence], outputs: [sum]}\n"
                           "      - {name: same, run: x, needs: [late]}\n"
                           "      - {name: plain, run: x}\n"
                           "  test:\n"
                           "    steps:\n"
                           "      - {name: after, run: x, needs: [same]}\n");
    playbook_check_finds(c, KL_FINDING_ERROR, 6, "early needs late, which is about the results of");
    assert_int_equal(c->findings.errors, 1);
}

static void test_circles_of_steps_are_named_as_a_whole(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "chapters:\n"
                           "  test:\n"
                           "    steps:\n"
                           "      - {name: free, run: x}\n"
                           "      - {name: a, run: x, needs: [c, free]}\n"
                           "      - {name: b, run: x, inputs: [made/of/a]}\n"
                           "      - {name: c, run: x, needs: [b]}\n"
                           "      - {name: behind, run: x, needs: [c]}\n"
                           "      - {name: maker, run: x, outputs: [made], needs: [a]}\n"
                           "      - {name: p, run: x, needs: [q]}\n"
                           "      - {name: q, run: x, needs: [p]}\n");
    char path[600];
    snprintf(path, sizeof path,
             "circle: a (%s/playbook.yaml:7) needs c (%s/playbook.yaml:9) needs b "
             "(%s/playbook.yaml:8) needs maker (%s/playbook.yaml:11) needs a; remove",
             c->folder, c->folder, c->folder, c->folder);
    playbook_check_finds(c, KL_FINDING_ERROR, 7, path);
    playbook_check_finds(c, KL_FINDING_ERROR, 12, "circle: p (");
    assert_int_equal(c->findings.errors, 2);
}

static void test_inputs_that_are_not_there_are_only_a_warning(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_write(c, "here.txt", "x");
    load_steps(c, "{name: a, run: x, inputs: [here.txt, gone.txt, made/x, /etc]},"
                  "{name: b, run: x, outputs: [made], inputs: [gone.txt]}");
    playbook_check_sound(c);
    playbook_check_finds(c, KL_FINDING_WARNING, 5, "'gone.txt' is not there, and no step makes it");
    size_t warnings = 0;
    for (size_t i = 0; i < c->findings.count; i++) {
        warnings += c->findings.items[i].kind == KL_FINDING_WARNING;
    }
    assert_int_equal(warnings, 1);
}

/* Gates and waivers. */

static void test_gates_and_waivers(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c,
                        "people: {jane: {name: Jane Doe}}\n"
                        "requirements: {ram: 32 KiB}\n"
                        "chapters:\n"
                        "  test:\n"
                        "    steps: [{name: m, run: x}]\n"
                        "    gates:\n"
                        "      - {name: fits, that: m.ram <= requirements.ram, demand: measured}\n"
                        "      - {name: quick, that: m.latency <= requirements.latency, why: w}\n"
                        "waivers:\n"
                        "  - {gate: fits, reason: later, by: jane, until: 2026-11-23}\n");
    playbook_check_sound(c);
    const struct kl_gate *fits = kl_playbook_gate(c->playbook, "fits");
    assert_string_equal(fits->that, "m.ram <= requirements.ram");
    assert_string_equal(fits->demand, "measured");
    assert_null(fits->why);
    assert_string_equal(fits->waiver->by, "Jane Doe");
    assert_int_equal(fits->waiver->until.day, 23);
    const struct kl_gate *quick = kl_playbook_gate(c->playbook, "quick");
    assert_null(quick->waiver);
    assert_null(quick->demand);
    assert_ptr_equal(kl_playbook_chapter(c->playbook, "test")->gates[1], quick);
    playbook_check_finds(c, KL_FINDING_MISSING, 10,
                         "gate quick compares with "
                         "requirements.latency, which is not stated");
    assert_null(kl_playbook_gate(c->playbook, "none"));
}

/* Texts are the keys of a chapter, or those of a file. */
static const struct wrong wrong_gates[] = {
    {"chapters: {test: {gates: [{name: g, that: 1 < 2}, {name: g, that: 1 < 2}]}}",
     "the gate name 'g' appears twice"},
    {"chapters: {test: {gates: [{name: g, that: requirements.rma < 3 KiB}]}}", "requirements.ram"},
    {"requirements: {ram: 3 KiB}\nchapters: {test: {gates: [{name: g, that: requirements.ram < "
     "3 s}]}}",
     "gate g: column 1"},
    {"chapters: {test: {gates: [{name: g, that: \"1 < (\"}]}}", "gates[1].that: column 6"},
    {"waivers: [{gate: g, reason: r, by: b, until: 2027-01-01}]", "there is no gate 'g'"},
    {"chapters: {test: {gates: [{name: gate, that: 1 < 2}]}}\n"
     "waivers: [{gate: gat, reason: r, by: b, until: 2027-01-01}]",
     "there is no gate 'gat'; did you mean 'gate'?"},
    {"chapters: {test: {gates: [{name: g, that: 1 < 2}]}}\n"
     "waivers: [{gate: g, reason: r, by: Bob, until: 2026-11-22}]",
     "the waiver of gate 'g' ended on 2026-11-22; mend what the gate asks for, or let Bob decide"},
    {"chapters: {test: {gates: [{name: g, that: 1 < 2}]}}\n"
     "waivers: [{gate: g, reason: r, by: b, until: 2027-01-01},\n"
     "          {gate: g, reason: s, by: b, until: 2027-01-02}]",
     "gate 'g' is waived twice"},
};

static void test_wrong_gates_are_named(void **state)
{
    for (size_t i = 0; i < sizeof wrong_gates / sizeof wrong_gates[0]; i++) {
        playbook_check_text(*state, wrong_gates[i].text);
        playbook_check_finds(*state, KL_FINDING_ERROR, 0, wrong_gates[i].says);
    }
}

static void test_incomplete_waivers_waive_nothing(void **state)
{
    struct playbook_check *c = *state;
    static const char *const waivers[] = {"by: b, until: 2027-01-01", "reason: r, by: b",
                                          "reason: r, until: 2027-01-01",
                                          "reason: r, by: \"\", until: 2027-01-01"};
    for (size_t i = 0; i < sizeof waivers / sizeof waivers[0]; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "chapters: {test: {gates: [{name: g, that: 1 < 2}]}}\nwaivers: [{gate: g, %s}]\n",
                 waivers[i]);
        playbook_check_text(c, text);
        assert_true(c->findings.errors > 0);
        assert_null(kl_playbook_gate(c->playbook, "g")->waiver);
    }
}

static void test_people_who_are_not_listed_are_a_warning(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "people: {jane: {name: Jane Doe}}\n"
                           "chapters: {test: {gates: [{name: g, that: 1 < 2}]}}\n"
                           "waivers: [{gate: g, reason: r, by: John, until: 2027-01-01}]\n");
    playbook_check_finds(c, KL_FINDING_WARNING, 5, "'John' is not among the people");
    playbook_check_sound(c);
}

/* Documents. */

static void test_documents(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_write(c, "own.md", "# {{product.title}}");
    playbook_check_text(c, "chapters:\n"
                           "  test:\n"
                           "    documents:\n"
                           "      - {name: plan, template: own.md}\n"
                           "      - {name: other, title: Other, template: own.md, output: o.md}\n");
    playbook_check_sound(c);
    const struct kl_chapter *test = kl_playbook_chapter(c->playbook, "test");
    assert_int_equal(test->document_count, 2);
    assert_string_equal(test->documents[0]->output, "documents/plan.md");
    assert_string_equal(test->documents[0]->title, "plan");
    assert_string_equal(test->documents[1]->output, "o.md");
    static const struct wrong wrongs[] = {
        {"{name: a, template: gone.md}", "neither a built-in template nor a file 'gone.md'"},
        {"{name: a, template: own.md}, {name: a, template: own.md, output: b}",
         "the document name 'a' appears twice"},
        {"{name: a, template: own.md}, {name: b, template: own.md, output: documents/a.md}",
         "is written by document a, too"},
        {"{name: a, template: own.md, output: ../a.md}", "is not below"},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        char text[300];
        snprintf(text, sizeof text, "chapters: {test: {documents: [%s]}}\n", wrongs[i].text);
        playbook_check_text(c, text);
        playbook_check_finds(c, KL_FINDING_ERROR, 3, wrongs[i].says);
    }
}

/* Chapters. */

static void test_own_chapters_come_behind_the_one_they_name(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "chapters:\n"
                           "  last: {title: Last, anything: [1, {two: 3}]}\n"
                           "  safety: {title: Safety, after: test, steps: [{name: s, run: x}]}\n"
                           "  audit: {title: Audit, after: safety}\n"
                           "  model: {notes: n}\n");
    playbook_check_sound(c);
    const struct kl_playbook *p = c->playbook;
    assert_int_equal(p->chapter_count, 15);
    static const char *const ids[] = {"use_case",     "hardware", "data",       "model",
                                      "optimisation", "test",     "safety",     "audit",
                                      "release",      "security", "production", "rollout",
                                      "monitoring",   "learning", "last"};
    for (size_t i = 0; i < 15; i++) {
        assert_string_equal(p->chapters[i].id, ids[i]);
        assert_int_equal(p->chapters[i].number, i + 1);
    }
    assert_string_equal(p->chapters[6].title, "Safety");
    assert_int_equal(p->chapters[6].step_count, 1);
    assert_non_null(p->chapters[3].node);
    assert_null(p->chapters[0].node);
    assert_string_equal(kl_yaml_text(kl_playbook_field(p, "last.anything.1.two"), ""), "3");
}

static void test_own_chapters_that_have_no_place(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "chapters:\n"
                           "  a: {title: A, after: b}\n"
                           "  b: {title: B, after: a}\n"
                           "  c: {title: C, after: tset}\n"
                           "  product: {title: D}\n");
    playbook_check_finds(c, KL_FINDING_ERROR, 4, "there is no chapter 'b' before this one");
    playbook_check_finds(c, KL_FINDING_ERROR, 6,
                         "there is no chapter 'tset' before this one; did "
                         "you mean 'test'?");
    playbook_check_finds(c, KL_FINDING_ERROR, 7, "'product' cannot name a chapter");
    assert_int_equal(c->playbook->chapter_count, 16);
}

/* Whole files. */

static void expect_refused(struct playbook_check *c, const char *text, enum kl_err err,
                           const char *says)
{
    playbook_check_write(c, "playbook.yaml", text);
    playbook_check_load(c);
    if (c->err != err || !strstr(c->diag.message, says)) {
        fail_msg("error %d: %s", c->err, c->diag.message);
    }
}

static void test_files_that_are_no_playbook(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_load(c);
    assert_int_equal(c->err, KL_EIO);
    assert_non_null(strstr(c->diag.message, "kinglet playbook init"));
    expect_refused(c, "", KL_EINPUT, "the file is empty");
    expect_refused(c, "- 1\n", KL_EINPUT, "playbook.yaml:1: expected keys with values");
    expect_refused(c, "a: b: c\n", KL_EINPUT, "playbook.yaml:1: ");
    playbook_check_write(c, "playbook.yaml", "playbook: 2\nproduct: {name: a, version: 1}\n");
    playbook_check_load(c);
    assert_int_equal(c->err, KL_OK);
    playbook_check_finds(c, KL_FINDING_ERROR, 1, "this program reads 'playbook: 1'");
    playbook_check_write(c, "playbook.yaml", "people: {}\n");
    playbook_check_load(c);
    assert_int_equal(c->err, KL_OK);
    playbook_check_finds(c, KL_FINDING_ERROR, 1, "playbook: must be stated");
    playbook_check_finds(c, KL_FINDING_ERROR, 1, "product: must be stated");
    assert_string_equal(c->playbook->name, "unnamed");
    assert_string_equal(c->playbook->currency, "EUR");
}

static void test_limits(void **state)
{
    struct playbook_check *c = *state;
    struct kl_buffer text = KL_BUFFER(4 << 20);
    kl_buffer_printf(&text, "chapters:\n  test:\n    steps:\n");
    for (int i = 0; i < 1001; i++) {
        kl_buffer_printf(&text, "    - {name: s%d, run: x}\n", i);
    }
    expect_refused(c, text.data, KL_ELIMIT, "more than 1000 steps");
    kl_buffer_free(&text);
    kl_buffer_printf(&text, "a:\n");
    for (int i = 0; i < 50001; i++) {
        kl_buffer_printf(&text, "- x\n");
    }
    expect_refused(c, text.data, KL_ELIMIT, "more than 50000 values");
    kl_buffer_free(&text);
}

/* Paths and fields. */

static void test_fields_and_files_are_found(void **state)
{
    struct playbook_check *c = *state;
    struct kl_value value;
    playbook_check_text(c, "requirements: {latency: 20 ms, ram: , uptime: 99 %}\n"
                           "chapters: {use_case: {cost: {unit_cost: 12 EUR}}}\n");
    const struct kl_playbook *p = c->playbook;
    assert_true(kl_playbook_value(p, "requirements.latency", &value));
    assert_true(value.value > 0.0199 && value.value < 0.0201);
    assert_true(kl_playbook_value(p, "use_case.cost.unit_cost", &value));
    assert_true(kl_playbook_value(p, "chapters.use_case.cost.unit_cost", &value));
    assert_true(kl_dimension_equal(value.dimension, KL_MONEY));
    assert_false(kl_playbook_value(p, "requirements.ram", &value));
    assert_null(kl_playbook_field(p, "requirements.ram"));
    assert_false(kl_playbook_value(p, "product.title", &value));
    assert_false(kl_playbook_value(p, "requirements", &value));
    char path[128];
    snprintf(path, sizeof path, "%s/a/b", c->folder);
    assert_string_equal(kl_playbook_file(p, "a/b"), path);
    assert_string_equal(kl_playbook_file(p, "/a/b"), "/a/b");
}

static void test_the_folder_of_a_file_in_the_current_one(void **state)
{
    struct playbook_check *c = *state;
    char before[512];
    assert_non_null(getcwd(before, sizeof before));
    playbook_check_text(c, "");
    assert_int_equal(chdir(c->folder), 0);
    struct kl_diag diag = {0};
    enum kl_err err =
        kl_playbook_load("playbook.yaml", c->today, c->arena, &c->playbook, &c->findings, &diag);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(err, KL_OK);
    assert_string_equal(c->playbook->folder, ".");
    assert_string_equal(kl_playbook_file(c->playbook, "x"), "x");
}

/* The example of the format's description. */
static void test_the_documented_example_is_sound(void **state)
{
    struct playbook_check *c = *state;
    struct kl_arena *arena = kl_arena_create(4 << 20);
    struct kl_bytes page;
    struct kl_diag diag = {0};
    assert_int_equal(
        kl_file_read(KINGLET_SOURCE_DIR "/docs/spec/playbook.md", 1 << 20, arena, &page, &diag),
        KL_OK);
    char *text = kl_arena_printf(arena, "%.*s", (int)page.size, (const char *)page.data);
    char *start = strstr(text, "```yaml\n");
    assert_non_null(start);
    start += strlen("```yaml\n");
    char *end = strstr(start, "```");
    assert_non_null(end);
    *end = '\0';
    playbook_check_write(c, "playbook.yaml", start);
    playbook_check_load(c);
    assert_int_equal(c->err, KL_OK);
    playbook_check_sound(c);
    assert_int_equal(c->playbook->chapter_count, 13);
    assert_int_equal(c->playbook->gate_count, 2);
    assert_non_null(kl_playbook_gate(c->playbook, "accurate")->waiver);
    kl_arena_free(arena);
}

#define ON_FOLDER(test) \
    cmocka_unit_test_setup_teardown(test, playbook_check_open, playbook_check_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FOLDER(test_steps_of_each_kind),
        ON_FOLDER(test_wrong_steps_are_named),
        ON_FOLDER(test_metrics_files_may_be_outputs),
        ON_FOLDER(test_what_reads_evidence_comes_late),
        ON_FOLDER(test_circles_of_steps_are_named_as_a_whole),
        ON_FOLDER(test_inputs_that_are_not_there_are_only_a_warning),
        ON_FOLDER(test_gates_and_waivers),
        ON_FOLDER(test_wrong_gates_are_named),
        ON_FOLDER(test_incomplete_waivers_waive_nothing),
        ON_FOLDER(test_people_who_are_not_listed_are_a_warning),
        ON_FOLDER(test_documents),
        ON_FOLDER(test_own_chapters_come_behind_the_one_they_name),
        ON_FOLDER(test_own_chapters_that_have_no_place),
        ON_FOLDER(test_files_that_are_no_playbook),
        ON_FOLDER(test_limits),
        ON_FOLDER(test_fields_and_files_are_found),
        ON_FOLDER(test_the_folder_of_a_file_in_the_current_one),
        ON_FOLDER(test_the_documented_example_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
