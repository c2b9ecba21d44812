/* SPDX-License-Identifier: Apache-2.0 */
/* From files to a data set: labels, groups, ranges, rates, and what is skipped or refused. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/import.h"
#include "data/pattern.h"
#include "data/writer.h"
#include "data_files.h"
#include "folder.h"

struct fixture {
    struct kl_arena *arena;
    struct kl_import import;
    struct kl_import_report report;
    struct kl_table table;
    struct kl_dataset dataset;
    struct kl_diag diag;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f || !kt_data_folder()) {
        return -1;
    }
    f->arena = kl_arena_create((size_t)1 << 30);
    f->import = (struct kl_import){.max_skipped = 2, .any_share = true, .made_by = "test"};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kl_dataset_close(&f->dataset);
    kl_import_free(&f->report);
    kl_arena_free(f->arena);
    free(f);
    kt_remove_folder(kt_data_path(""));
    return 0;
}

/* Import in/ to out/ and open what was written. */
static const struct kl_dataset *import(struct fixture *f)
{
    f->import.path = kt_data_path("in");
    f->import.output = kt_data_path("out");
    if (kl_import_run(&f->import, f->arena, &f->report, &f->diag) != KL_OK ||
        kl_dataset_open(f->import.output, f->arena, &f->dataset, &f->diag) != KL_OK ||
        kl_dataset_verify(&f->dataset, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    assert_string_equal(f->dataset.content, f->report.written.content);
    return &f->dataset;
}

static void assert_refused(struct fixture *f, const char *message)
{
    f->import.path = kt_data_path("in");
    f->import.output = kt_data_path("out");
    assert_int_not_equal(kl_import_run(&f->import, f->arena, &f->report, &f->diag), KL_OK);
    if (!strstr(f->diag.message, message)) {
        fail_msg("'%s' instead of '%s'", f->diag.message, message);
    }
    kl_import_free(&f->report);
    kl_diag_clear(&f->diag);
    assert_int_not_equal(access(kt_data_path("out"), F_OK), 0);
}

static const struct kl_data_item *item(const struct kl_dataset *d, const char *name)
{
    for (int32_t i = 0; i < d->count; i++) {
        if (strcmp(d->items[i].name, name) == 0) {
            return &d->items[i];
        }
    }
    fail_msg("no item %s", name);
    return NULL;
}

static void assert_label(const struct kl_dataset *d, const char *name, const char *label)
{
    assert_string_equal(d->facts.classes[item(d, name)->label], label);
}

static void read_table(struct fixture *f, const char *text)
{
    const struct kl_bytes bytes = {(const unsigned char *)text, strlen(text)};
    if (kl_table_parse(bytes, f->arena, &f->table, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    f->import.table = &f->table;
}

static void test_names_say_label_and_group(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/test/yes_ann_1.csv", "1,2\n3,4\n");
    kt_data_text("in/train/no_bob_2.csv", "5,6\n");
    f->import.pattern = "{split}/{label}_{group}_{take}";
    f->import.tags = "room=lab";
    const struct kl_dataset *d = import(f);
    assert_int_equal(d->count, 2);
    assert_label(d, "test/yes_ann_1.csv", "yes");
    assert_string_equal(item(d, "test/yes_ann_1.csv")->group, "ann");
    assert_string_equal(item(d, "test/yes_ann_1.csv")->tags, "take=1,room=lab");
    assert_int_equal(item(d, "test/yes_ann_1.csv")->split, KL_SPLIT_TEST);
    assert_int_equal(item(d, "train/no_bob_2.csv")->split, KL_SPLIT_TRAIN);
    char value[KL_DATA_TEXT];
    assert_true(kl_data_tag("take=1,room=lab", "room", value));
    assert_string_equal(value, "lab");
    assert_false(kl_data_tag("take=1,room=lab", "oom", value));
    const float *values = kl_dataset_values(d, item(d, "test/yes_ann_1.csv"));
    assert_true(values[0] == 1 && values[3] == 4);
}

static void test_folders_say_the_label(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/on/a.csv", "1\n2\n");
    kt_data_text("in/off/a.csv", "3\n4\n");
    kt_data_text("in/off/notes.txt", "no data");
    f->import.pattern = "{label}/{}";
    const struct kl_dataset *d = import(f);
    assert_label(d, "on/a.csv", "on");
    assert_string_equal(d->facts.classes[0], "off"); /* sorted */
    assert_string_equal(item(d, "on/a.csv")->group, "on/a.csv");
    assert_int_equal(f->report.ignored, 1);
}

static void test_a_table_says_it(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "1\n2\n");
    kt_data_text("in/b.csv", "3\n4\n");
    read_table(f, "file,label,group,target,load\na.csv,ok,m1,0.25,3 kW\nb.csv,bad,m2,,\n"
                  "c.csv,bad,m2,,\n");
    const struct kl_dataset *d = import(f);
    assert_label(d, "a.csv", "ok");
    assert_true(item(d, "a.csv")->target == 0.25);
    assert_true(isnan(item(d, "b.csv")->target));
    assert_string_equal(item(d, "a.csv")->tags, "load=3 kW");
    assert_int_equal(f->report.noticed, 3); /* c.csv is not there; each class has one item */
    assert_string_equal(f->report.notices[0].file, "c.csv");
}

static void test_time_ranges(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "time,x\n0,0\n1,1\n2,2\n3,3\n4,4\n5,5\n");
    read_table(f, "file,start_s,end_s,label\na.csv,3,6,run\na.csv,0,2,idle\n");
    const struct kl_dataset *d = import(f);
    assert_int_equal(d->count, 2);
    assert_label(d, "a.csv@3", "run");
    assert_int_equal(item(d, "a.csv@3")->frames, 3);
    assert_true(kl_dataset_values(d, item(d, "a.csv@3"))[0] == 3);
    assert_string_equal(item(d, "a.csv@0")->group, "a.csv");
    kl_dataset_close(&f->dataset);
    kl_import_free(&f->report);
    f->import.replace = true;
    f->import.max_skipped = 0;
    read_table(f, "file,start_s,end_s,label\na.csv,3,9,run\n");
    assert_int_equal(kl_import_run(&f->import, f->arena, &f->report, &f->diag), KL_EINPUT);
    assert_non_null(strstr(f->diag.message, "not within its 6 s"));
}

static void test_one_rate_for_all(void **state)
{
    struct fixture *f = *state;
    float values[480];
    for (int i = 0; i < 480; i++) {
        values[i] = (float)(0.5 * sin(i * 0.02));
    }
    kt_data_wav("in/a.wav", values, 120, 12000);
    kt_data_wav("in/b.wav", values, 480, 48000);
    f->import.max_skipped = 0;
    assert_refused(f, "its rate is 48000 Hz, that of the files before 12000 Hz; --rate");
    f->import.rate = 12000;
    const struct kl_dataset *d = import(f);
    assert_int_equal(item(d, "a.wav")->frames, 120);
    assert_int_equal(item(d, "b.wav")->frames, 120);
    assert_int_equal(f->report.resampled, 1);
    assert_true(d->facts.rate == 12000);
}

static void test_rates_of_files_that_do_not_say_it(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "1\n2\n3\n4\n5\n6\n");
    kt_data_text("in/normal.csv", "1\n2\n3\n4\n5\n6\n");
    f->import.source_rates[0] = "1";
    f->import.source_rates[1] = "norm*=2";
    f->import.source_rate_count = 2;
    f->import.rate = 1;
    f->import.segment = 1.5;
    const struct kl_dataset *d = import(f);
    assert_int_equal(item(d, "a.csv@0")->frames, 2);
    assert_int_equal(item(d, "normal.csv@0")->frames, 2); /* 3 frames at 2 Hz */
    f->import.source_rates[1] = "norm*=fast";
    kl_dataset_close(&f->dataset);
    kl_import_free(&f->report);
    f->import.output = kt_data_path("other");
    assert_int_equal(kl_import_run(&f->import, f->arena, &f->report, &f->diag), KL_EUSAGE);
}

static void test_bad_files_are_named_and_skipped(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a_x.csv", "1\n2\n");
    kt_data_text("in/b_x.csv", "1\nnan\n");
    kt_data_text("in/c.csv", "1\n2\n");
    f->import.pattern = "{label}_{}";
    const struct kl_dataset *d = import(f);
    assert_int_equal(d->count, 1);
    assert_int_equal(f->report.skipped, 2);
    assert_string_equal(f->report.skips[0].file, "b_x.csv");
    assert_non_null(strstr(f->report.skips[0].message, "line 2, column 1"));
    assert_non_null(strstr(f->report.skips[1].message, "does not match the pattern"));
}

static void test_too_many_bad_files(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "1\n2\n");
    kt_data_text("in/b.csv", "x\ny\n");
    kt_data_text("in/c.csv", "1,2\n");
    kt_data_text("in/d.csv", "");
    assert_refused(f, "3 files could not be used; --max-skipped allows 2");
    f->import.max_skipped = 3;
    assert_int_equal(import(f)->count, 1);
}

/* More files are skipped than used: only when the user has said how many may be. */
static void test_most_files_are_bad(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "1\n2\n");
    kt_data_text("in/b.csv", "nan\n");
    kt_data_text("in/c.csv", "x,y\n");
    f->import.any_share = false;
    assert_refused(f, "2 of 3 files could not be used");
    kt_data_text("in/d.csv", "3\n");
    assert_int_equal(import(f)->count, 2);
}

static void test_nothing_to_import(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/readme.txt", "hello");
    assert_refused(f, "nothing to import");
}

static void test_labels_outside_of_the_classes(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/t.csv", "1,0\n2,1\n3,2\n");
    f->import.read.kind = KL_DATA_TABLE;
    f->import.read.label_column = "last";
    f->import.classes = "cat,dog,cow,hen";
    const struct kl_dataset *d = import(f);
    assert_label(d, "t.csv#2", "dog");
    assert_int_equal(d->facts.class_count, 4);
    bool found = false;
    for (int64_t i = 0; i < f->report.noticed; i++) {
        found = found || (strcmp(f->report.notices[i].file, "hen") == 0 &&
                          strstr(f->report.notices[i].message, "no items"));
    }
    assert_true(found);
    kl_dataset_close(&f->dataset);
    kl_import_free(&f->report);
    f->import.classes = "cat,dog";
    f->import.max_skipped = 0;
    f->import.output = kt_data_path("two");
    assert_int_equal(kl_import_run(&f->import, f->arena, &f->report, &f->diag), KL_EINPUT);
    assert_non_null(strstr(f->diag.message, "its label '2' is none of --classes"));
}

/* Names of classes that are numbers are names. */
static void test_classes_named_by_numbers(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/t.csv", "7,1\n8,2\n9,3\n");
    f->import.read.kind = KL_DATA_TABLE;
    f->import.read.label_column = "last";
    f->import.classes = "1,2,3";
    const struct kl_dataset *d = import(f);
    assert_label(d, "t.csv#1", "1");
    assert_label(d, "t.csv#2", "2");
    assert_label(d, "t.csv#3", "3");
}

/* What a recording lost is said once, however many items it is cut into. */
static void test_parts_do_not_repeat_what_is_lost(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "time_ms,x\n0,1\n10,2\n20,3\n40,4\n50,5\n60,6\n70,7\n");
    f->import.segment = 0.02;
    const struct kl_dataset *d = import(f);
    assert_int_equal(d->count, 3);
    assert_int_equal(item(d, "a.csv@0")->lost, 1);
    assert_int_equal(item(d, "a.csv@2")->lost + item(d, "a.csv@4")->lost, 0);
}

static void test_constant_channels_are_noticed(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "x,y\n1,5\n2,5\n3,5\n");
    import(f);
    assert_int_equal(f->report.noticed, 1);
    assert_non_null(strstr(f->report.notices[0].message, "channel 'y' has the same value"));
}

static void test_channels_and_downmix(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "x,y,z\n1,2,6\n3,4,8\n");
    f->import.read.channels = "x,z";
    f->import.downmix = true;
    const struct kl_dataset *d = import(f);
    assert_int_equal(d->facts.channel_count, 1);
    assert_true(kl_dataset_values(d, &d->items[0])[0] == 3.5f);
}

static void test_existing_data_sets_are_kept(void **state)
{
    struct fixture *f = *state;
    kt_data_text("in/a.csv", "1\n2\n");
    import(f);
    kl_import_free(&f->report);
    assert_int_equal(kl_import_run(&f->import, f->arena, &f->report, &f->diag), KL_EUSAGE);
    assert_non_null(strstr(f->diag.message, "--replace"));
    kl_import_free(&f->report);
    kl_diag_clear(&f->diag);
    kt_data_text("in/b.csv", "3\n");
    f->import.replace = true;
    kl_dataset_close(&f->dataset);
    assert_int_equal(import(f)->count, 2);
    kl_import_free(&f->report);
    kt_data_text("mine/file", "x");
    f->import.output = kt_data_path("mine");
    assert_int_equal(kl_import_run(&f->import, f->arena, &f->report, &f->diag), KL_EUSAGE);
}

/* A killed writer leaves its unfinished folder; the next one removes it, and nothing else. */
static void test_leftovers_are_removed(void **state)
{
    struct fixture *f = *state;
    char own[64];
    snprintf(own, sizeof own, "out.tmp%ld/lock", (long)getpid());
    kt_data_text("in/a.csv", "1\n2\n");
    kt_data_text("out.tmp1/samples.bin", "x"); /* its writer is gone, whoever has its number now */
    kt_data_text("out.tmp1/lock", "");
    kt_data_text("out.tmp999999998/dataset.json", "{}");
    kt_data_text("out.tmp999999998/lock", "");
    kt_data_text("out.tmp99999999x/lock", "x");
    kt_data_text("other.tmp999999999/lock", "x");
    /* Numbers that no process here has, or this one has, of writers in another container. */
    kt_data_text("out.tmp999999999/lock", "");
    kt_data_text(own, "");
    const char *const held[] = {"out.tmp999999999/lock", own};
    int locks[2];
    for (int i = 0; i < 2; i++) {
        locks[i] = open(kt_data_path(held[i]), O_RDWR | O_CLOEXEC);
        assert_true(locks[i] >= 0);
        assert_int_equal(flock(locks[i], LOCK_EX), 0);
    }
    import(f);
    assert_int_not_equal(access(kt_data_path("out.tmp1"), F_OK), 0);
    assert_int_equal(access(kt_data_path("out.tmp999999998/dataset.json"), F_OK), 0);
    assert_int_equal(access(kt_data_path("out.tmp99999999x/lock"), F_OK), 0);
    assert_int_equal(access(kt_data_path("other.tmp999999999/lock"), F_OK), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(access(kt_data_path(held[i]), F_OK), 0);
        close(locks[i]);
    }
    assert_int_not_equal(access(kt_data_path("out/lock"), F_OK), 0); /* no part of a version */
}

/* The same content in another order of files, and with another split, has the same hash. */
static void test_content_hash(void **state)
{
    struct fixture *f = *state;
    char content[KL_SHA256_HEX_BYTES];
    kt_data_text("in/a.csv", "1\n2\n");
    kt_data_text("in/b.csv", "3\n4\n");
    read_table(f, "file,label,split\na.csv,p,train\nb.csv,q,test\n");
    const struct kl_dataset *d = import(f);
    memcpy(content, d->content, sizeof content);
    struct kl_data_item items[2] = {d->items[1], d->items[0]};
    struct kl_dataset other = *d;
    struct kl_data_writer *writer;
    struct kl_dataset written;
    other.items = items;
    assert_int_equal(kl_data_writer_create(kt_data_path("other"), false, &writer, &f->diag), KL_OK);
    struct kl_data_item splits[2] = {{.fold = 1}, {.fold = 0}};
    assert_int_equal(kl_data_writer_keep(writer, &other, splits, &f->diag), KL_OK);
    assert_int_equal(kl_data_writer_finish(writer, &d->facts, &written, &f->diag), KL_OK);
    assert_string_equal(written.content, content);
    assert_string_not_equal(written.version, d->version);
    kl_data_writer_free(writer);
    kl_dataset_close(&f->dataset);
    assert_int_equal(kl_dataset_open(kt_data_path("other"), f->arena, &f->dataset, &f->diag),
                     KL_OK);
    assert_int_equal(f->dataset.items[0].fold, 1);
    assert_int_equal(kl_dataset_verify(&f->dataset, &f->diag), KL_OK);
}

static void test_changed_files_are_noticed(void **state)
{
    struct fixture *f = *state;
    struct kl_bytes rows;
    kt_data_text("in/a.csv", "1\n2\n3\n4\n");
    const struct kl_dataset *d = import(f);
    assert_int_equal(kl_file_read(kt_data_path("out/items.tsv"), 10000, f->arena, &rows, &f->diag),
                     KL_OK);
    kl_dataset_close(&f->dataset);
    kt_data_write("out/samples.bin", "0123456789abcdef", 16);
    assert_int_equal(kl_dataset_open(kt_data_path("out"), f->arena, &f->dataset, &f->diag), KL_OK);
    assert_int_equal(kl_dataset_verify(d, &f->diag), KL_ECHECK);
    assert_non_null(strstr(f->diag.message, "a.csv"));
    kl_diag_clear(&f->diag);
    kl_dataset_close(&f->dataset);
    char *changed = kl_arena_copy(f->arena, rows.data, rows.size);
    *strstr(changed, "a.csv") = 'b';
    kt_data_write("out/items.tsv", changed, rows.size);
    assert_int_equal(kl_dataset_open(kt_data_path("out"), f->arena, &f->dataset, &f->diag),
                     KL_EINPUT);
    assert_non_null(strstr(f->diag.message, "import the data again"));
}

static void test_patterns(void **state)
{
    (void)state;
    struct kl_pattern_match m;
    struct kl_diag diag = {0};
    assert_true(kl_pattern_match("{label}_{group}_{}", "x/0_george_12.wav", &m));
    assert_string_equal(m.fields[0].text, "0");
    assert_string_equal(m.fields[1].text, "george");
    assert_string_equal(m.fields[2].text, "12");
    assert_false(kl_pattern_match("{label}_{group}_{}", "x/0_george.wav", &m));
    assert_true(kl_pattern_match("{label}/{}", "a/b/c.csv.gz", &m));
    assert_string_equal(m.fields[0].text, "b");
    assert_string_equal(m.fields[1].text, "c");
    assert_false(kl_pattern_match("{label}/{}", "c.csv", &m));
    assert_true(kl_pattern_match("{label}", "half.life.npy", &m));
    assert_string_equal(m.fields[0].text, "half.life");
    static const char *const bad[][2] = {{"{label", "is not closed"},
                                         {"label", "no name in braces"},
                                         {"{a{b}", "is no name"},
                                         {"{a_name_that_is_longer_than_31_bytes}", "is no name"},
                                         {"{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}", "more than 16"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kl_diag_clear(&diag);
        assert_int_equal(kl_pattern_check(bad[i][0], &diag), KL_EUSAGE);
        assert_non_null(strstr(diag.message, bad[i][1]));
    }
}

static void test_windows(void **state)
{
    struct fixture *f = *state;
    float values[3];
    kt_data_text("in/a.csv", "1\n2\n3\n4\n5\n6\n");
    const struct kl_dataset *d = import(f);
    const struct kl_data_item *one = &d->items[0];
    struct kl_window_rule rule = {.frames = 3, .hop = 2};
    assert_int_equal(kl_window_count(one, &rule), 2);
    kl_window_read(d, one, &rule, 1, values);
    assert_true(values[0] == 3 && values[2] == 5);
    rule.pad = true;
    assert_int_equal(kl_window_count(one, &rule), 3);
    kl_window_read(d, one, &rule, 2, values);
    assert_true(values[0] == 5 && values[1] == 6 && values[2] == 0);
    rule = (struct kl_window_rule){.frames = 9, .hop = 1};
    assert_int_equal(kl_window_count(one, &rule), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names_say_label_and_group),
        TEST(test_folders_say_the_label),
        TEST(test_a_table_says_it),
        TEST(test_time_ranges),
        TEST(test_one_rate_for_all),
        TEST(test_rates_of_files_that_do_not_say_it),
        TEST(test_bad_files_are_named_and_skipped),
        TEST(test_too_many_bad_files),
        TEST(test_most_files_are_bad),
        TEST(test_nothing_to_import),
        TEST(test_labels_outside_of_the_classes),
        TEST(test_classes_named_by_numbers),
        TEST(test_parts_do_not_repeat_what_is_lost),
        TEST(test_constant_channels_are_noticed),
        TEST(test_channels_and_downmix),
        TEST(test_existing_data_sets_are_kept),
        TEST(test_leftovers_are_removed),
        TEST(test_content_hash),
        TEST(test_changed_files_are_noticed),
        TEST(test_patterns),
        TEST(test_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
