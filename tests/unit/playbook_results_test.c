/* SPDX-License-Identifier: Apache-2.0 */
/* Running a playbook: what commands give, how they fail, gates, statements, interrupted runs. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "playbook_folder.h"

/* One step in chapter model, given without its name. */
static void load_step(struct playbook_folder *f, const char *step)
{
    char text[4096];
    snprintf(text, sizeof text, "chapters: {model: {steps: [{name: s, %s}]}}\n", step);
    playbook_folder_load(f, text);
}

/* Run it; it must fail with a message that holds `text`. */
static void expect_failure(struct playbook_folder *f, const char *step, const char *text)
{
    load_step(f, step);
    playbook_folder_run(f);
    assert_int_equal(f->summary.failed, 1);
    if (!strstr(f->message, text)) {
        fail_msg("'%s' is not in: %s", text, f->message);
    }
}

static const json_t *result(struct playbook_folder *f, const char *step)
{
    const struct kl_record *record = kl_evidence_latest(&f->evidence, step);
    assert_non_null(record);
    return record->result;
}

static double metric(struct playbook_folder *f, const char *name)
{
    const json_t *metrics = json_object_get(result(f, "s"), "metrics");
    return json_number_value(json_object_get(json_object_get(metrics, name), "value"));
}

static void write_envelope(struct playbook_folder *f, const char *ok)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"schema\": \"kinglet.result/1\", \"ok\": %s, \"metrics\": {\"ram.total\": "
             "{\"value\": 16000, \"unit\": \"bytes\", \"provenance\": \"counted\"}}}\n",
             ok);
    playbook_folder_write(f, "envelope.json", text);
}

static void test_envelope(void **state)
{
    struct playbook_folder *f = *state;
    write_envelope(f, "true");
    load_step(f, "run: 'cat envelope.json; echo note >&2', inputs: [envelope.json]");
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_int_equal(metric(f, "ram.total"), 16000);
    const struct kl_record *record = kl_evidence_latest(&f->evidence, "s");
    assert_true(record->ok && record->finished);
    assert_string_equal(json_string_value(json_object_get(record->json, "log")), "note");
    /* Its check does not hold: it did its work all the same. */
    write_envelope(f, "false");
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_false(kl_evidence_latest(&f->evidence, "s")->ok);
    assert_int_equal(f->summary.failed, 0);
    load_step(f, "run: 'cat envelope.json; exit 1', inputs: [envelope.json]");
    write_envelope(f, "true");
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_false(kl_evidence_latest(&f->evidence, "s")->ok);
    assert_true(kl_evidence_latest(&f->evidence, "s")->finished);
}

/* Files that only the envelope names count from then on, unless the command made them itself. */
static void test_found_inputs(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "cfg", "1\n");
    playbook_folder_write(f, "own", "1\n");
    playbook_folder_write(f, "tool.sh",
                          "h() { sha256sum $1 | cut -c1-64; }\n"
                          "e() { echo \"{\\\"path\\\": \\\"$1\\\", \\\"sha256\\\": "
                          "\\\"$(h $1)\\\"}\"; }\n"
                          "echo x > tmp\n"
                          "echo '{\"schema\": \"kinglet.result/1\", \"ok\": true, \"metrics\": "
                          "{}, \"inputs\": ['\n"
                          "e cfg; echo ,; e tmp; echo ,; e own; echo ']}'\n"
                          "rm tmp; test -e keep || echo 2 > own\n");
    const char *step = "run: 'sh tool.sh', inputs: [tool.sh]";
    expect_failure(f, step, "own changed while the step ran");
    playbook_folder_write(f, "keep", "");
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_string_equal(playbook_folder_run(f), "");
    playbook_folder_write(f, "cfg", "2\n");
    assert_string_equal(playbook_folder_step(f, "s").reason, "cfg changed");
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_string_equal(playbook_folder_run(f), "");
}

/* Of a data set the result names the version. One that was replaced meanwhile is noticed. */
static void test_found_data_sets(void **state)
{
    struct playbook_folder *f = *state;
    char tool[1024];
    const char *step = "run: 'sh tool.sh', inputs: [tool.sh]";
    snprintf(tool, sizeof tool,
             "echo '{\"schema\": \"kinglet.result/1\", \"ok\": true, \"metrics\": {}, "
             "\"inputs\": [{\"path\": \"d\", \"of\": \"data set\", \"sha256\": "
             "\"%064d\"}]}'\ntest -e keep || cp other d/dataset.json\n",
             7);
    playbook_folder_write(f, "tool.sh", tool);
    snprintf(tool, sizeof tool, "{\"content\": \"%064d\", \"version\": \"%064d\"}", 5, 7);
    playbook_folder_write(f, "d/dataset.json", tool);
    playbook_folder_write(f, "other", "{\"version\": \"9\"}");
    expect_failure(f, step, "d changed while the step ran");
    playbook_folder_write(f, "keep", "");
    expect_failure(f, step, "d changed while the step ran");
    playbook_folder_write(f, "d/dataset.json", tool);
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_string_equal(playbook_folder_run(f), "");
}

/* A message that is cut in the middle of a character is still a text. */
static void test_long_message(void **state)
{
    struct playbook_folder *f = *state;
    char step[2048] = "run: [";
    size_t used = strlen(step);
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(step + used, sizeof step - used, "\u00e9\u20ac");
    }
    snprintf(step + used, sizeof step - used, "]");
    expect_failure(f, step, "\u00e9\u20ac");
    assert_int_equal(f->evidence.count, 1);
}

static void test_refused_envelopes(void **state)
{
    struct playbook_folder *f = *state;
    expect_failure(f, "run: \"echo '{\\\"schema\\\": \\\"kinglet.result/1\\\"}'\"",
                   "what it printed is no result: it needs \"ok\"");
    expect_failure(f, "run: \"echo '{\\\"schema\\\": \\\"kinglet.result/2\\\"}'\"",
                   "its \"schema\" must be \"kinglet.result/1\"");
    expect_failure(f,
                   "run: \"echo '{\\\"schema\\\": \\\"kinglet.result/1\\\", \\\"ok\\\": true, "
                   "\\\"metrics\\\": {\\\"m\\\": {\\\"value\\\": 1, \\\"unit\\\": \\\"1\\\", "
                   "\\\"provenance\\\": \\\"guessed\\\"}}}'\"",
                   "metric m: its \"provenance\" must be measured, counted");
    expect_failure(f, "run: 'kinglet echo --json'", "it printed no result although --json");
    assert_null(kl_evidence_latest(&f->evidence, "s")->result);
}

/* Text is no result, but nothing is wrong with it either. */
static void test_plain_command(void **state)
{
    struct playbook_folder *f = *state;
    load_step(f, "run: 'echo all is well'");
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_int_equal(json_object_size(json_object_get(result(f, "s"), "metrics")), 0);
    const struct kl_record *record = kl_evidence_latest(&f->evidence, "s");
    assert_string_equal(json_string_value(json_object_get(record->json, "log")), "all is well");
}

static void test_patterns(void **state)
{
    struct playbook_folder *f = *state;
    const char *metrics = "metrics: {loss: {match: 'loss ([-+0-9.e]+)', provenance: measured}, "
                          "time: {match: '^took ([0-9]+) ms$', unit: ms}}";
    char step[512];
    /* The last match counts, in either stream; NULs do not hide what follows. */
    snprintf(step, sizeof step,
             "run: 'printf \"loss 0.5\\nx\\0y\\nloss 2.5e-1\\n\"; echo took 12 ms >&2', %s",
             metrics);
    load_step(f, step);
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_true(metric(f, "loss") == 0.25);
    assert_true(metric(f, "time") == 12);
    const json_t *all = json_object_get(result(f, "s"), "metrics");
    const json_t *time = json_object_get(all, "time");
    assert_string_equal(json_string_value(json_object_get(time, "unit")), "ms");
    assert_string_equal(json_string_value(json_object_get(time, "provenance")), "stated");
    snprintf(step, sizeof step, "run: 'echo loss 1', %s", metrics);
    expect_failure(f, step, "metric time: no line that it printed matches its pattern");
    expect_failure(f, "run: 'echo n = twelve', metrics: {n: {match: 'n = ([a-z]+)'}}",
                   "metric n: there is no plain number in the last line that matches");
    expect_failure(f, "run: 'echo n = 1; exit 1', metrics: {n: {match: 'n = ([0-9]+)'}}",
                   "exit status 1: n = 1");
}

static void test_metrics_file(void **state)
{
    struct playbook_folder *f = *state;
    write_envelope(f, "true");
    load_step(f, "run: 'cp envelope.json m.json; echo noise', metrics_file: m.json");
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_int_equal(metric(f, "ram.total"), 16000);
    assert_string_equal(playbook_folder_run(f), "");
    expect_failure(f, "run: 'echo forgot it', metrics_file: m.json",
                   "it did not write its metrics file: m.json is an old one: forgot it");
    expect_failure(f, "run: 'true', metrics_file: none.json", "none.json: cannot open");
    expect_failure(f, "run: 'echo {{ > m.json', metrics_file: m.json", "m.json:1: ");
}

static void test_failures(void **state)
{
    struct playbook_folder *f = *state;
    expect_failure(f, "run: 'echo first; echo broken pipe >&2; exit 3'",
                   "exit status 3: broken pipe");
    const struct kl_record *record = kl_evidence_latest(&f->evidence, "s");
    assert_false(record->finished);
    assert_int_equal(playbook_folder_step(f, "s").state, KL_STEP_FAILED);
    assert_string_equal(playbook_folder_step(f, "s").reason, "exit status 3: broken pipe");
    expect_failure(f, "run: 'kill -SEGV $$'", "it was ended by signal 11 (Segmentation fault)");
    expect_failure(f, "run: [no-such-program-here, x]", "no-such-program-here");
    expect_failure(f, "run: 'true', outputs: [made]",
                   "output made is missing; the step lists it under outputs and has to make it");
    /* A failed step is tried again each time. */
    playbook_folder_run(f);
    assert_int_equal(f->summary.failed, 1);
}

static void test_time_limit(void **state)
{
    struct playbook_folder *f = *state;
    time_t begin = time(NULL);
    expect_failure(f, "timeout: 1 s, run: 'echo waiting; sleep 60; echo done'",
                   "it did not end within its time limit of 1 s (\"timeout\" sets it): waiting");
    assert_in_range(time(NULL) - begin, 1, 20);
}

static void test_long_output(void **state)
{
    struct playbook_folder *f = *state;
    load_step(f, "run: 'yes kinglet | head -c 9000000; echo the end >&2'");
    assert_string_equal(playbook_folder_run(f), "s ok");
    const struct kl_record *record = kl_evidence_latest(&f->evidence, "s");
    const char *log = json_string_value(json_object_get(record->json, "log"));
    assert_in_range(strlen(log), 4000, 4200);
    assert_string_equal(log + strlen(log) - 7, "the end");
}

/* What a terminal would not show is not kept. */
/* Many short lines: people see the last few. */
static void test_lines_of_a_failure(void **state)
{
    struct playbook_folder *f = *state;
    load_step(f, "run: 'seq 100; exit 3'");
    assert_string_equal(playbook_folder_run(f), "s failed");
    assert_string_equal(f->message, "exit status 3: 100\n93\n94\n95\n96\n97\n98\n99\n100");
}

static void test_odd_output(void **state)
{
    struct playbook_folder *f = *state;
    load_step(f, "run: 'printf \"a\\001b\\377c\\r50 %%\\r99 %%\\n\\n\\nend  \\n\"'");
    assert_string_equal(playbook_folder_run(f), "s ok");
    const struct kl_record *record = kl_evidence_latest(&f->evidence, "s");
    assert_string_equal(json_string_value(json_object_get(record->json, "log")),
                        "a b?c\n50 %\n99 %\nend");
}

/* An input that changes while the step runs: nobody knows what the step saw. */
static void test_input_changes_meanwhile(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "in", "1");
    expect_failure(f, "run: 'cat in; echo 2 > in', inputs: [in]",
                   "in changed while the step ran, so its result was not kept");
    assert_int_equal(f->evidence.count, 0);
}

/* The playbook itself changes while a step runs that reads it. */
static void test_playbook_changes_meanwhile(void **state)
{
    struct playbook_folder *f = *state;
    expect_failure(f, "run: 'echo >> playbook.yaml', reads: [product]",
                   "playbook.yaml changed while the step ran");
}

/* A failed step stops what needs it, not what stands beside it, and the chapters behind it. */
static void test_failure_and_others(void **state)
{
    struct playbook_folder *f = *state;
    const char *text = "chapters: {model: {steps: [{name: a, run: 'test -e fixed'}, {name: b, run: "
                       "'true', needs: [a]}, {name: c, run: 'true', needs: [b]}, {name: d, run: "
                       "'true'}]}, test: {steps: [{name: e, run: 'true'}]}}\n";
    playbook_folder_load(f, text);
    assert_string_equal(playbook_folder_run(f), "a failed, b never, c never, d ok");
    assert_string_equal(f->message, "not run: step b, which it needs, did not run");
    assert_int_equal(f->summary.failed, 1);
    assert_int_equal(f->summary.skipped, 2);
    assert_int_equal(playbook_folder_try(f, (struct kl_run_options){.keep_going = true, .jobs = 1}),
                     KL_OK);
    assert_string_equal(f->ran, "a failed, b never, c never, e ok");
    playbook_folder_write(f, "fixed", "");
    assert_string_equal(playbook_folder_run(f), "a ok, b ok, c ok");
}

#define GATED                                                                                 \
    "chapters: {model: {steps: [{name: m, run: 'echo acc $(cat in)', inputs: [in], metrics: " \
    "{acc: {match: 'acc (.*)'}}}], gates: [{name: good, that: m.acc >= 0.9}, {name: sane, "   \
    "that: m.acc <= 1}]}, test: {steps: [{name: e, run: 'true'}]}}\n"

static void test_gates(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "in", "0.8");
    playbook_folder_load(f, GATED);
    assert_string_equal(playbook_folder_run(f), "m ok");
    assert_non_null(f->summary.stopped_at);
    assert_string_equal(f->summary.stopped_at->name, "good");
    assert_int_equal(f->summary.open_gates, 1);
    assert_int_equal(playbook_folder_try(f, (struct kl_run_options){.keep_going = true}), KL_OK);
    assert_string_equal(f->ran, "e ok");
    assert_null(f->summary.stopped_at);
    assert_int_equal(f->summary.open_gates, 1);
    playbook_folder_write(f, "in", "0.95");
    assert_string_equal(playbook_folder_run(f), "m ok");
    assert_null(f->summary.stopped_at);
    assert_int_equal(f->summary.open_gates, 0);
}

static void test_waiver(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "in", "0.8");
    playbook_folder_load(f, GATED "waivers: [{gate: good, reason: pilot only, by: Jane Doe, until: "
                                  "2026-12-31}]\n");
    assert_string_equal(playbook_folder_run(f), "m ok, e ok");
    assert_null(f->summary.stopped_at);
    struct kl_judgement judgement;
    assert_int_equal(kl_judge(f->playbook, &f->evidence, f->today, &judgement, &f->diag), KL_OK);
    assert_int_equal(judgement.waived, 1);
    assert_int_equal(judgement.passed, 1);
    assert_true(judgement.all_hold);
}

/* A statement of this day about the result of a measurement. */
static void load_statement(struct playbook_folder *f, const char *day)
{
    char text[1024];
    snprintf(text, sizeof text,
             "chapters: {model: {steps: [{name: m, run: 'echo n $(cat in)', inputs: [in], metrics: "
             "{n: {match: 'n (.*)'}}}, {name: s, needs: [m], statement: {text: It went well., by: "
             "Jane Doe, date: %s, valid_for: 30 d, metrics: {sites: 3, time: 20 ms, passed: "
             "true}}}]}}\n",
             day);
    playbook_folder_load(f, text);
}

static void test_statement(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "in", "1");
    load_statement(f, "2026-11-01");
    assert_string_equal(playbook_folder_run(f), "m ok, s ok");
    assert_true(metric(f, "sites") == 3);
    assert_true(metric(f, "time") == 20);
    const json_t *time = json_object_get(json_object_get(result(f, "s"), "metrics"), "time");
    assert_string_equal(json_string_value(json_object_get(time, "unit")), "ms");
    assert_string_equal(json_string_value(json_object_get(time, "provenance")), "stated");
    const struct kl_record *record = kl_evidence_latest(&f->evidence, "s");
    assert_string_equal(json_string_value(json_object_get(record->json, "by")), "Jane Doe");
    assert_string_equal(playbook_folder_run(f), "");
}

/* What a statement was about is not the same any more: only the person can say it again. */
static void test_statement_about_another_result(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "in", "1");
    load_statement(f, "2026-11-01");
    playbook_folder_run(f);
    playbook_folder_write(f, "in", "2");
    assert_string_equal(playbook_folder_run(f), "m ok, s stale");
    assert_int_equal(f->summary.skipped, 1);
    assert_string_equal(
        f->message, "step m gave another result; Jane Doe has to state it again, with a new date");
    assert_int_equal(f->evidence.count, 3);
    load_statement(f, "2026-11-02");
    assert_string_equal(playbook_folder_step(f, "s").reason,
                        "the statement changed; step m gave another result");
    assert_string_equal(playbook_folder_run(f), "s ok");
}

static void test_expired_statement(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "in", "1");
    load_statement(f, "2026-11-02");
    playbook_folder_run(f);
    f->today = (struct kl_date){2026, 12, 2};
    assert_int_equal(playbook_folder_step(f, "s").state, KL_STEP_FRESH);
    f->today = (struct kl_date){2026, 12, 3};
    assert_int_equal(playbook_folder_step(f, "s").state, KL_STEP_EXPIRED);
    assert_non_null(strstr(playbook_folder_step(f, "s").reason, "was valid until 2026-12-02"));
    assert_string_equal(playbook_folder_run(f), "s expired");
}

/* Nobody has signed it: it is no evidence, and gates wait for it. */
static void test_open_statement(void **state)
{
    struct playbook_folder *f = *state;
    load_step(f, "statement: {text: The threat model was read.}");
    assert_string_equal(playbook_folder_run(f), "s never");
    assert_int_equal(f->evidence.count, 0);
    assert_int_equal(f->summary.skipped, 1);
    assert_int_equal(f->summary.failed, 0);
}

static volatile bool stop;

static void stop_at_start(void *user, const struct kl_run_event *event)
{
    if (event->kind == KL_RUN_START && strcmp(event->step->name, user) == 0) {
        stop = true;
    }
}

#define SLOW                                                                                      \
    "chapters: {model: {steps: [{name: a, run: 'echo x >> n'}, {name: b, needs: [a], run: 'test " \
    "-e fast || sleep 60'}]}}\n"

/* Ctrl-C: what is done is kept, and the next run goes on from there. */
static void test_stop(void **state)
{
    struct playbook_folder *f = *state;
    struct kl_run_summary summary;
    char name[] = "b";
    playbook_folder_load(f, SLOW);
    stop = false;
    struct kl_run_options options = {.program = f->program,
                                     .today = f->today,
                                     .event = stop_at_start,
                                     .user = name,
                                     .stop = &stop};
    time_t begin = time(NULL);
    assert_int_equal(kl_playbook_run(f->playbook, &f->evidence, &options, &summary, &f->diag),
                     KL_OK);
    assert_in_range(time(NULL) - begin, 0, 20);
    assert_true(summary.interrupted);
    assert_int_equal(f->evidence.count, 1);
    playbook_folder_write(f, "fast", "");
    playbook_folder_reload(f);
    assert_string_equal(playbook_folder_run(f), "b ok");
    assert_string_equal(playbook_folder_read(f, "n"), "x\n");
}

/* The whole program is killed in the middle. */
static void test_crash(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(f, SLOW);
    pid_t child = fork();
    if (child == 0) {
        playbook_folder_run(f);
        _exit(0);
    }
    assert_true(child > 0);
    for (int i = 0; i < 1000 && !playbook_folder_has(f, "evidence/000001-a.json"); i++) {
        usleep(10000);
    }
    usleep(50000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    playbook_folder_write(f, "fast", "");
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.fault_count, 0);
    assert_string_equal(playbook_folder_run(f), "b ok");
}

/* A step that outlives the program for a moment, and its next execution, do not mix. */
static void test_run_behind_a_crash(void **state)
{
    struct playbook_folder *f = *state;
    load_step(f, "run: \"trap '' TERM; echo a >> n; sleep 1; echo b >> n\"");
    pid_t child = fork();
    if (child == 0) {
        playbook_folder_run(f);
        _exit(0);
    }
    assert_true(child > 0);
    for (int i = 0; i < 1000 && !playbook_folder_has(f, "n"); i++) {
        usleep(10000);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_string_equal(playbook_folder_run(f), "s ok");
    assert_string_equal(playbook_folder_read(f, "n"), "a\nb\na\nb\n");
}

static void test_second_run_at_once(void **state)
{
    struct playbook_folder *f = *state;
    int lock;
    load_step(f, "run: 'true'");
    assert_int_equal(kl_evidence_lock(f->playbook, &lock, &f->diag), KL_OK);
    assert_int_equal(playbook_folder_try(f, (struct kl_run_options){0}), KL_EIO);
    assert_non_null(strstr(f->diag.message, "another run works on this playbook"));
    close(lock);
    assert_string_equal(playbook_folder_run(f), "s ok");
}

/* Records that another run wrote since the chain was read are seen. */
static void test_chain_grew_meanwhile(void **state)
{
    struct playbook_folder *f = *state;
    struct playbook_folder other = *f;
    load_step(f, "run: 'echo x >> n'");
    other = *f;
    other.arena = NULL;
    playbook_folder_reload(&other);
    assert_string_equal(playbook_folder_run(&other), "s ok");
    kl_evidence_close(&other.evidence);
    kl_arena_free(other.arena);
    assert_int_equal(f->evidence.count, 0);
    assert_string_equal(playbook_folder_run(f), "");
    assert_int_equal(f->evidence.count, 1);
}

static void test_faults_forbid_a_run(void **state)
{
    struct playbook_folder *f = *state;
    load_step(f, "run: 'true'");
    playbook_folder_write(f, "evidence/notes.txt", "x");
    playbook_folder_reload(f);
    assert_int_equal(playbook_folder_try(f, (struct kl_run_options){0}), KL_EINPUT);
    assert_non_null(strstr(f->diag.message, "evidence/notes.txt is no record of evidence"));
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_envelope),
        TEST(test_found_inputs),
        TEST(test_found_data_sets),
        TEST(test_long_message),
        TEST(test_refused_envelopes),
        TEST(test_plain_command),
        TEST(test_patterns),
        TEST(test_metrics_file),
        TEST(test_failures),
        TEST(test_time_limit),
        TEST(test_long_output),
        TEST(test_lines_of_a_failure),
        TEST(test_odd_output),
        TEST(test_input_changes_meanwhile),
        TEST(test_playbook_changes_meanwhile),
        TEST(test_failure_and_others),
        TEST(test_gates),
        TEST(test_waiver),
        TEST(test_statement),
        TEST(test_statement_about_another_result),
        TEST(test_expired_statement),
        TEST(test_open_statement),
        TEST(test_stop),
        TEST(test_crash),
        TEST(test_run_behind_a_crash),
        TEST(test_second_run_at_once),
        TEST(test_chain_grew_meanwhile),
        TEST(test_faults_forbid_a_run),
    };
    return cmocka_run_group_tests_name("playbook results", tests, NULL, NULL);
}
