/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of evidence: what it keeps, and that every way of changing it is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "playbook_folder.h"

static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* A record as a run makes it, of a step that gave one figure. */
static json_t *make_record(const char *step, int value)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:i, s:b, s:b, s:[], s:[], s:[], s:[], "
        "s:[], s:s, "
        "s:s, s:{s:s, s:b, s:{s:{s:i, s:s, s:s}}}}",
        "step", step, "chapter", "model", "kind", "run", "command", "true", "tool", "0.1.0",
        "fingerprint", hash, "definition", hash, "started", "2026-11-23T10:00:00Z", "seconds", 0.5,
        "status", 0, "ok", 1, "finished", 1, "inputs", "outputs", "found", "needs", "reads",
        "message", "", "log", "", "result", "schema", "kinglet.result/1", "ok", 1, "metrics", "n",
        "value", value, "unit", "1", "provenance", "counted");
    assert_non_null(json);
    return json;
}

static enum kl_err append(struct playbook_folder *f, const char *step, int value)
{
    json_t *json = make_record(step, value);
    f->diag = (struct kl_diag){0};
    enum kl_err err = kl_evidence_append(&f->evidence, json, &f->diag);
    json_decref(json);
    return err;
}

/* Records 1 a, 2 b, 3 a, 4 c. */
static void make_chain(struct playbook_folder *f)
{
    int lock;
    playbook_folder_load(f, "");
    assert_int_equal(kl_evidence_lock(f->playbook, &lock, &f->diag), KL_OK);
    assert_int_equal(append(f, "a", 1), KL_OK);
    assert_int_equal(append(f, "b", 2), KL_OK);
    assert_int_equal(append(f, "a", 3), KL_OK);
    assert_int_equal(append(f, "c", 4), KL_OK);
    close(lock);
}

/* Read anew: there must be exactly one fault, with this text in it. */
static void expect_fault(struct playbook_folder *f, const char *text)
{
    playbook_folder_reload(f);
    for (size_t i = 0; i < f->evidence.fault_count; i++) {
        if (f->evidence.fault_count != 1 || !strstr(f->evidence.faults[i], text)) {
            print_error("fault: %s\n", f->evidence.faults[i]);
        }
    }
    assert_int_equal(f->evidence.fault_count, 1);
    assert_non_null(strstr(f->evidence.faults[0], text));
    /* A gap is known as one: "is missing", "are missing", or what is wrong with HEAD. */
    bool gap = strstr(text, "missing") || strstr(text, "HEAD is") || strstr(text, "HEAD names rec");
    assert_ptr_equal(f->evidence.gap, gap ? f->evidence.faults[0] : NULL);
    /* And nothing more is added to such a chain. */
    assert_int_equal(append(f, "d", 5), KL_EINPUT);
    assert_string_equal(f->diag.message, f->evidence.faults[0]);
}

static void rename_file(struct playbook_folder *f, const char *from, const char *to)
{
    char path[512];
    snprintf(path, sizeof path, "%s", playbook_folder_path(f, from));
    assert_int_equal(rename(path, playbook_folder_path(f, to)), 0);
}

/* Change the first place where `from` stands in a file; both have the same length. */
static void edit(struct playbook_folder *f, const char *name, const char *from, const char *to)
{
    char text[65536];
    snprintf(text, sizeof text, "%s", playbook_folder_read(f, name));
    char *at = strstr(text, from);
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    playbook_folder_write(f, name, text);
}

static void test_no_folder(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(f, "");
    assert_int_equal(f->evidence.count, 0);
    assert_int_equal(f->evidence.fault_count, 0);
    assert_null(kl_evidence_latest(&f->evidence, "a"));
}

static void test_chain(void **state)
{
    struct playbook_folder *f = *state;
    char head[128];
    make_chain(f);
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.fault_count, 0);
    assert_int_equal(f->evidence.count, 4);
    const struct kl_record *first = kl_evidence_next(&f->evidence, "a", NULL);
    const struct kl_record *second = kl_evidence_next(&f->evidence, "a", first);
    assert_int_equal(first->number, 1);
    assert_int_equal(second->number, 3);
    assert_null(kl_evidence_next(&f->evidence, "a", second));
    assert_ptr_equal(kl_evidence_latest(&f->evidence, "a"), second);
    assert_string_equal(second->chapter, "model");
    assert_true(second->ok && second->finished && second->result);
    const json_t *previous = json_object_get(f->evidence.records[1].json, "previous");
    assert_string_equal(json_string_value(previous), first->sha256);
    assert_true(json_is_null(json_object_get(first->json, "previous")));
    snprintf(head, sizeof head, "4 %s\n", f->evidence.records[3].sha256);
    assert_string_equal(playbook_folder_read(f, "evidence/HEAD"), head);
    assert_true(playbook_folder_has(f, "evidence/000003-a.json"));
}

/* More than the list holds at first; what was read before stays as it was. */
static void test_many(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(f, "");
    int lock;
    assert_int_equal(kl_evidence_lock(f->playbook, &lock, &f->diag), KL_OK);
    close(lock);
    assert_int_equal(append(f, "a", 0), KL_OK);
    const struct kl_record *first = kl_evidence_latest(&f->evidence, "a");
    for (int i = 1; i < 40; i++) {
        assert_int_equal(append(f, i % 2 ? "b" : "a", i), KL_OK);
    }
    assert_int_equal(first->number, 1);
    assert_int_equal(kl_evidence_next(&f->evidence, "a", first)->number, 3);
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.count, 40);
    assert_int_equal(f->evidence.fault_count, 0);
}

static void test_changed_record(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    edit(f, "evidence/000002-b.json", "\"value\": 2", "\"value\": 9");
    expect_fault(f, "evidence/000002-b.json was changed after it was written: its hash is not the "
                    "one that record 3 names; restore it from version control");
}

static void test_changed_last_record(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    edit(f, "evidence/000004-c.json", "\"value\": 4", "\"value\": 9");
    expect_fault(f, "evidence/000004-c.json was changed after it was written: its hash is not the "
                    "one that ");
}

/* Both the record and the hash of it in its successor: then the successor is not what the next one
 * says. */
static void test_changed_link(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    edit(f, "evidence/000002-b.json", "\"value\": 2", "\"value\": 9");
    edit(f, "evidence/000003-a.json", "\"previous\": \"", "\"previous\": \"");
    char to[80], from[80];
    snprintf(from, sizeof from, "%s", f->evidence.records[1].sha256);
    snprintf(to, sizeof to, "%s", hash);
    edit(f, "evidence/000003-a.json", from, to);
    expect_fault(f, "evidence/000003-a.json was changed after it was written: its hash is not the "
                    "one that record 4 names");
    /* Nothing vouches any more for what stands before the break. */
    assert_non_null(f->evidence.records[0].fault);
    assert_non_null(f->evidence.records[1].fault);
    assert_non_null(f->evidence.records[2].fault);
    assert_null(f->evidence.records[3].fault);
}

static void test_broken_json(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    edit(f, "evidence/000002-b.json", "\"value\":", "\"value\"!");
    expect_fault(f, "evidence/000002-b.json was changed after it was written: line ");
    assert_int_equal(f->evidence.count, 3);
}

static void test_gap(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    playbook_folder_remove(f, "evidence/000002-b.json");
    expect_fault(f, "evidence/000002-*.json is missing: record 3 follows; restore it");
}

static void test_cut_beginning(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    playbook_folder_remove(f, "evidence/000001-a.json");
    playbook_folder_remove(f, "evidence/000002-b.json");
    expect_fault(f, "records 1 to 2 are missing");
}

static void test_removed_last(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    playbook_folder_remove(f, "evidence/000004-c.json");
    expect_fault(f, "evidence/000004-*.json is missing: HEAD names it as the last record");
}

static void test_head(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    playbook_folder_write(f, "evidence/HEAD", "what\n");
    expect_fault(f, "evidence/HEAD is not as kinglet writes it");
    playbook_folder_remove(f, "evidence/HEAD");
    expect_fault(f, "evidence/HEAD is missing: it would name record 4");
    char head[128];
    snprintf(head, sizeof head, "2 %s\n", f->evidence.records[1].sha256);
    playbook_folder_write(f, "evidence/HEAD", head);
    expect_fault(f, "evidence/HEAD names record 2 as the last one, but there are records up to 4");
}

/* A crash after a record and before HEAD: the record follows, so the chain goes on behind it. */
static void test_record_without_head(void **state)
{
    struct playbook_folder *f = *state;
    char head[128];
    make_chain(f);
    snprintf(head, sizeof head, "3 %s\n", f->evidence.records[2].sha256);
    playbook_folder_write(f, "evidence/HEAD", head);
    playbook_folder_write(f, "evidence/000005-d.json.tmp4711", "{");
    playbook_folder_write(f, "evidence/HEAD.tmp47.tmp47", "4");
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.fault_count, 0);
    assert_int_equal(f->evidence.count, 4);
    assert_int_equal(append(f, "d", 5), KL_OK);
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.fault_count, 0);
    assert_int_equal(f->evidence.count, 5);
}

static void test_first_record_without_head(void **state)
{
    struct playbook_folder *f = *state;
    int lock;
    playbook_folder_load(f, "");
    assert_int_equal(kl_evidence_lock(f->playbook, &lock, &f->diag), KL_OK);
    close(lock);
    assert_int_equal(append(f, "a", 1), KL_OK);
    playbook_folder_remove(f, "evidence/HEAD");
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.fault_count, 0);
    assert_int_equal(append(f, "b", 2), KL_OK);
}

/* A power cut may leave a name without content. */
static void test_cut_off_record(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    playbook_folder_write(f, "evidence/000005-d.json", "");
    expect_fault(f, "evidence/000005-d.json was cut off while it was written; delete it");
}

/* A record of another chain behind the end of this one. */
static void test_stranger(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    char text[65536];
    snprintf(text, sizeof text, "%s", playbook_folder_read(f, "evidence/000004-c.json"));
    char *number = strstr(text, "\"number\": 4");
    assert_non_null(number);
    number[10] = '5';
    playbook_folder_write(f, "evidence/000005-c.json", text);
    expect_fault(f, "evidence/000005-c.json does not follow record 4; move it out of the folder");
}

static void test_twice(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    char text[65536];
    snprintf(text, sizeof text, "%s", playbook_folder_read(f, "evidence/000002-b.json"));
    playbook_folder_write(f, "evidence/000002-x.json", text);
    playbook_folder_reload(f);
    assert_true(f->evidence.fault_count >= 1);
    bool named = false;
    for (size_t i = 0; i < f->evidence.fault_count; i++) {
        named |= strstr(f->evidence.faults[i], "has the number of 000002-b.json") != NULL;
    }
    assert_true(named);
}

static void test_renamed(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    rename_file(f, "evidence/000002-b.json", "evidence/000002-x.json");
    expect_fault(f, "evidence/000002-x.json was renamed: number and step in it are not those");
}

static void test_foreign_files(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    playbook_folder_write(f, "evidence/.gitattributes", "* -text\n");
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.fault_count, 0);
    playbook_folder_write(f, "evidence/000002.json", "{}");
    expect_fault(f, "evidence/000002.json is no record of evidence; move it out of the folder");
}

static void test_link_is_no_record(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    rename_file(f, "evidence/000002-b.json", "elsewhere.json");
    assert_int_equal(
        symlink("../elsewhere.json", playbook_folder_path(f, "evidence/000002-b.json")), 0);
    expect_fault(f, "evidence/000002-b.json is no regular file");
}

/* A changed record is no evidence for its step, whatever it says. */
static void test_step_of_a_changed_record(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(f, "chapters: {model: {steps: [{name: a, run: 'echo n 1', metrics: {n: "
                            "{match: 'n (.*)'}}}], gates: [{name: high, that: a.n >= 1}]}}\n");
    playbook_folder_run(f);
    edit(f, "evidence/000001-a.json", "\"value\": 1", "\"value\": 7");
    playbook_folder_reload(f);
    struct kl_step_status status = playbook_folder_step(f, "a");
    assert_int_equal(status.state, KL_STEP_STALE);
    assert_non_null(strstr(status.reason, "000001-a.json was changed after it was written"));
    struct kl_judgement judgement;
    assert_int_equal(kl_judge(f->playbook, &f->evidence, f->today, &judgement, &f->diag), KL_OK);
    assert_int_equal(judgement.failed, 1);
    assert_false(judgement.all_hold);
}

/* Records that are no records: keys missing, or of other types. None may be taken for evidence. */
static void test_wrong_types(void **state)
{
    struct playbook_folder *f = *state;
    static const char *const changes[][2] = {
        {"\"ok\": true,\n", "\"ok\": 1234,\n"},
        {"\"inputs\": []", "\"inputs\": {}"},
        {"\"seconds\": 0.5", "\"seconds\": \"5\""},
        {"\"log\": \"\"", "\"log\": 12"},
        {"\"metrics\": {", "\"xetrics\": {"},
        {"\"unit\": \"1\"", "\"unit\": 123"},
        {"\"kind\": \"run\"", "\"kind\": \"ran\""},
        {"\"previous\": null", "\"previous\": true"},
        {"kinglet.evidence/1", "kinglet.evidence/2"},
        {"\"chapter\": \"model\"", "\"chapter\": [123456]"},
        {"\"fingerprint\": \"0", "\"fingerprint\": \"X"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        int lock;
        playbook_folder_load(f, "");
        assert_int_equal(kl_evidence_lock(f->playbook, &lock, &f->diag), KL_OK);
        close(lock);
        assert_int_equal(append(f, "a", 1), KL_OK);
        char text[65536];
        snprintf(text, sizeof text, "%s", playbook_folder_read(f, "evidence/000001-a.json"));
        char *at = strstr(text, changes[i][0]);
        assert_non_null(at);
        char changed[65536];
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, changes[i][1],
                 at + strlen(changes[i][0]));
        playbook_folder_write(f, "evidence/000001-a.json", changed);
        playbook_folder_reload(f);
        if (f->evidence.count != 0) {
            fail_msg("taken for a record: %s", changes[i][1]);
        }
        assert_true(f->evidence.fault_count >= 1);
        playbook_folder_remove(f, "evidence/000001-a.json");
        playbook_folder_remove(f, "evidence/HEAD");
    }
}

static void test_refused_appends(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    assert_int_equal(append(f, "../x", 1), KL_EINPUT);
    assert_int_equal(append(f, "", 1), KL_EINPUT);
    assert_int_equal(append(f, ".x", 1), KL_EINPUT);
    json_t *json = make_record("a", 1);
    json_object_del(json, "result");
    f->diag = (struct kl_diag){0};
    assert_int_equal(kl_evidence_append(&f->evidence, json, &f->diag), KL_EINPUT);
    assert_non_null(strstr(f->diag.message, "the record of step a is not as kinglet writes"));
    json_decref(json);
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.count, 4);
    assert_int_equal(f->evidence.fault_count, 0);
}

/* Another program added a record since the chain was read. */
static void test_append_to_an_old_view(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    struct playbook_folder other = *f;
    other.arena = NULL;
    other.evidence = (struct kl_evidence){0};
    playbook_folder_reload(&other);
    assert_int_equal(append(&other, "d", 5), KL_OK);
    kl_evidence_close(&other.evidence);
    kl_arena_free(other.arena);
    assert_int_equal(append(f, "e", 5), KL_EIO);
    assert_non_null(strstr(f->diag.message, "another program wrote into it meanwhile"));
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.fault_count, 0);
    assert_int_equal(f->evidence.count, 5);
}

static void test_record_that_is_too_large(void **state)
{
    struct playbook_folder *f = *state;
    make_chain(f);
    size_t bytes = KL_EVIDENCE_RECORD_BYTES;
    char *text = malloc(bytes + 1);
    assert_non_null(text);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    json_t *json = make_record("a", 1);
    json_object_set_new(json, "log", json_string(text));
    f->diag = (struct kl_diag){0};
    assert_int_equal(kl_evidence_append(&f->evidence, json, &f->diag), KL_ELIMIT);
    json_decref(json);
    free(text);
    playbook_folder_reload(f);
    assert_int_equal(f->evidence.count, 4);
    assert_int_equal(f->evidence.fault_count, 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_folder),
        TEST(test_chain),
        TEST(test_many),
        TEST(test_changed_record),
        TEST(test_changed_last_record),
        TEST(test_changed_link),
        TEST(test_broken_json),
        TEST(test_gap),
        TEST(test_cut_beginning),
        TEST(test_removed_last),
        TEST(test_head),
        TEST(test_record_without_head),
        TEST(test_first_record_without_head),
        TEST(test_cut_off_record),
        TEST(test_stranger),
        TEST(test_twice),
        TEST(test_renamed),
        TEST(test_foreign_files),
        TEST(test_link_is_no_record),
        TEST(test_step_of_a_changed_record),
        TEST(test_wrong_types),
        TEST(test_refused_appends),
        TEST(test_append_to_an_old_view),
        TEST(test_record_that_is_too_large),
    };
    return cmocka_run_group_tests_name("playbook evidence", tests, NULL, NULL);
}
