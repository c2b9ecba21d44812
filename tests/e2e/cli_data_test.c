/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data sets as a user makes them: import, stats, split, augment, card; and public data sets, each
 * with the line of the guide, where they are there. cli_data_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_int_t number(const json_t *result, const char *name)
{
    return json_integer_value(metric(result, name));
}

/* 16 recordings of 4 machines, each of two classes, as rec/CLASS_MACHINE_N.csv. */
static void write_recordings(void)
{
    assert_int_equal(
        shell("mkdir -p rec; s=7; for m in a b c d; do for l in ok bad; do for n in 1 2; do "
              "for i in $(seq 200); do s=$(((s * 1103515245 + 12345) % 2147483648)); "
              "echo $((s / 65536 % 2000 - 1000)); done > rec/${l}_${m}_$n.csv; done; done; done"),
        0);
}

static void import_recordings(void)
{
    write_recordings();
    assert_int_equal(kinglet("data import rec -o d --pattern {label}_{group}_{take} "
                             "--source-rate 100 --tag room=lab --licence CC0 --replace"),
                     DONE);
    expect_text("series of 16 items, 1 channel at 100 Hz, 32.0 s, 2 classes");
}

static void test_import(void **state)
{
    (void)state;
    import_recordings();
    assert_int_equal(kinglet("data import rec -o d2 --pattern {label}_{group}_{} --json"), DONE);
    json_t *result = result_of("data import");
    assert_int_equal(number(result, "data.items"), 16);
    assert_int_equal(number(result, "import.files"), 16);
    assert_int_equal(number(result, "import.skipped"), 0);
    const json_t *dataset = json_object_get(result, "dataset");
    assert_int_equal(json_string_length(json_object_get(dataset, "content")), 64);
    json_decref(result);
}

static void test_import_refuses(void **state)
{
    (void)state;
    import_recordings();
    assert_int_equal(kinglet("data import rec"), BAD);
    expect_text("-o is missing");
    assert_int_equal(kinglet("data import rec -o d"), BAD);
    expect_text("--replace");
    assert_int_equal(kinglet("data import nowhere -o n"), BAD);
    assert_int_equal(kinglet("data import rec -o n --kind wave"), BAD);
    expect_text("--kind is series or table");
    assert_int_equal(kinglet("data import rec -o n --pattern {label"), BAD);
    assert_int_equal(kinglet("data import rec -o n --channels 2"), BAD);
    expect_text("there is no channel '2'");
    write_words("rec/zzz.csv", "1\nnan\n");
    assert_int_equal(kinglet("data import rec -o n --max-skipped 0"), BAD);
    expect_text("zzz.csv: line 2, column 1: not a finite number");
    assert_int_equal(access("n", F_OK), -1);
    assert_int_equal(kinglet("data import rec -o n --pattern {label}_{group}_{}"), DONE);
    expect_text("skipped: zzz.csv: its name does not match");
    assert_int_equal(unlink("rec/zzz.csv"), 0);
    assert_int_equal(shell("ls -d n.tmp* 2>/dev/null"), 2);
}

static void test_stats(void **state)
{
    (void)state;
    import_recordings();
    assert_int_equal(kinglet("data stats d --verify"), DONE);
    expect_text("room=lab: 16 items");
    expect_text("duplicates: 0 the same, 0 nearly");
    assert_int_equal(kinglet("data stats d --json"), DONE);
    json_t *result = result_of("data stats");
    assert_int_equal(number(result, "quality.faults"), 0);
    assert_int_equal(number(result, "data.groups"), 4);
    assert_int_equal(json_array_size(json_object_get(result, "classes")), 2);
    json_decref(result);
    assert_int_equal(shell("printf x | dd of=d/samples.bin conv=notrunc 2>/dev/null"), 0);
    assert_int_equal(kinglet("data stats d --verify"), FAILED);
    expect_text("are not those that were imported");
    assert_int_equal(kinglet("data stats rec"), BAD);
    expect_text("it has no dataset.json");
}

static void test_split(void **state)
{
    (void)state;
    import_recordings();
    assert_int_equal(kinglet("data split d --fractions 50,25,25 --json"), DONE);
    json_t *result = result_of("data split");
    assert_int_equal(number(result, "split.groups"), 4);
    assert_int_equal(number(result, "split.leaks_exact"), 0);
    assert_int_equal(json_array_size(json_object_get(result, "sides")), 3);
    json_decref(result);
    assert_int_equal(kinglet("data split d --leave-one-group-out -o folds"), DONE);
    expect_text("fold 3");
    assert_int_equal(kinglet("data split d --like folds --json"), DONE);
    assert_int_equal(kinglet("data split d --folds 9"), BAD);
    expect_text("4 groups cannot be split into 9 parts");
    assert_int_equal(kinglet("data split d --folds 3 --fractions 1,1,1"), BAD);
    assert_int_equal(kinglet("data split d --fractions 70,30"), BAD);
}

/* The same recording under another machine's name: refused until both stay together. */
static void test_split_refuses_leaks(void **state)
{
    (void)state;
    write_recordings();
    assert_int_equal(shell("cp rec/ok_a_1.csv rec/ok_b_1.csv"), 0);
    assert_int_equal(kinglet("data import rec -o d --pattern {label}_{group}_{} --replace"), DONE);
    assert_int_equal(kinglet("data split d --leave-one-group-out"), FAILED);
    expect_text("1 pair of items with the same samples would be on two sides");
    assert_int_equal(kinglet("data split d --leave-one-group-out --join-duplicates"), DONE);
    expect_text("3 groups");
}

static void test_augment_and_card(void **state)
{
    (void)state;
    import_recordings();
    assert_int_equal(kinglet("data augment d -o more --gain 3"), BAD);
    expect_text("nothing is in the training split");
    assert_int_equal(kinglet("data split d --fractions 50,25,25"), DONE);
    assert_int_equal(kinglet("data augment d -o more --gain 3 --noise 20:30 --copies 2 --json"),
                     DONE);
    json_t *result = result_of("data augment");
    assert_int_equal(number(result, "augment.kept"), 16);
    assert_int_equal(number(result, "data.items"), 16 + number(result, "augment.made"));
    json_decref(result);
    assert_int_equal(kinglet("data augment d -o again --gain 3 --noise 20:30 --copies 2"), DONE);
    assert_same_file("more/samples.bin", "again/samples.bin");
    write_words("gaps.md", "Nobody recorded at night.\n");
    assert_int_equal(kinglet("data card d -o card --notes gaps.md --title Pumps"), DONE);
    assert_int_equal(shell("grep -q 'licence | CC0' card/data-card.md && "
                           "grep -q 'recorded at night' card/data-card.md && "
                           "grep -q '<h1>Pumps</h1>' card/data-card.html"),
                     0);
}

/* Each public data set by its line of the guide. */
static void test_public_data_sets(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int items;
    } sets[] = {
        {"fsdd --pattern {label}_{group}_{}", 240},
        {"cwru_bearing --pattern {label} --source-rate 12000 --source-rate normal*=48000 "
         "--rate 12000 --segment 1",
         17},
        {"har_accelerometer/cgestures --pattern {}_{label} --source-rate 100", 15},
        {"har_accelerometer/har_record_exercises_1 --pattern {}_{label} --source-rate 100", 92},
        {"fan_vibration --labels folder --source-rate 200", 90},
        {"sklearn/iris.csv --kind table --skip-lines 1 --label-column last "
         "--classes setosa,versicolor,virginica",
         150},
        {"sklearn/digits.csv.gz --kind table --label-column last", 1797},
        {"tflm_mnist_lstm --pattern sample{label}", 10},
        {"tflm_person_detection --pattern {label}", 2},
        {"magic_wand_digits", 700},
    };
    const char *models = getenv("KINGLET_MODELS");
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/datasets",
             models ? models : KINGLET_SOURCE_DIR "/../shared/models");
    if (access(folder, R_OK) != 0) {
        print_message("no folder %s: public data sets are not imported\n", folder);
        skip();
    }
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        assert_int_equal(kinglet("data import %s/%s -o set%zu --json", folder, sets[i].line, i),
                         DONE);
        json_t *result = result_of("data import");
        assert_int_equal(number(result, "data.items"), sets[i].items);
        json_decref(result);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_import_refuses),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_refuses_leaks),
        cmocka_unit_test(test_augment_and_card),
        cmocka_unit_test(test_public_data_sets),
    };
    return CLI_MAIN("cli-data", tests);
}
