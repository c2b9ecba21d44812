/* SPDX-License-Identifier: Apache-2.0 */
/* Labels that are wrong are doubted, and corrected labels become a new version. */
#include "cli_driver.h"

/* Four clouds, a row each; every 20th label is changed, and noted with the right one. */
static const char make_clouds[] =
    "awk 'BEGIN { srand(6); print \"x,y,cloud\"; for (i = 1; i <= 400; i++) { c = int(rand() * 4);"
    " l = c; if (i % 20 == 0) { l = (c + 1) % 4; print \"clouds.csv#\" i \"\\tc\" c > \"right\" }"
    " printf \"%.4f,%.4f,c%d\\n\", int(c / 2) * 4 + rand() * 2, c % 2 * 4 + rand() * 2, l } }' > "
    "clouds.csv && $K data import clouds.csv -o clouds --kind table --label-column cloud";

static int set_up(void **state)
{
    (void)state;
    return shell(make_clouds);
}

static double number(const json_t *result, const char *name)
{
    return json_number_value(metric(result, name));
}

static void test_doubts(void **state)
{
    (void)state;
    for (int forest = 0; forest < 2; forest++) {
        assert_int_equal(kinglet("train %s --data clouds --cross-validate 4 --label-errors "
                                 "doubts.tsv --json",
                                 forest ? "forest" : "mlp --epochs 25 --rate 0.01"),
                         DONE);
        json_t *result = result_of("train");
        assert_true(number(result, "labels.items") == 400);
        assert_true(number(result, "labels.doubted") >= 13);
        assert_true(number(result, "labels.doubted") <= 24);
        json_decref(result);
        /* Of the 20 at least 13 are doubted, with the right class as the likely one. */
        assert_int_equal(shell("awk -F'\\t' 'NR == FNR { r[$1] = $2; next } r[$1] == $3 { n++ } "
                               "END { exit n < 13 }' right doubts.tsv"),
                         DONE);
    }
    assert_int_equal(kinglet("train mlp --data clouds --label-errors doubts.tsv"), BAD);
    expect_text("--cross-validate");
}

static void test_relabel(void **state)
{
    (void)state;
    assert_int_equal(shell("(printf 'item\\tlabel\\n'; sed 1d right; printf 'clouds.csv#1\\t\\n') "
                           "> table.tsv"),
                     DONE);
    assert_int_equal(kinglet("data relabel clouds --table table.tsv -o mended --json"), DONE);
    json_t *result = result_of("data relabel");
    assert_true(number(result, "relabel.rows") == 20);
    assert_true(number(result, "relabel.changed") == 19);
    assert_true(number(result, "relabel.removed") == 1);
    assert_true(number(result, "data.items") == 399);
    json_decref(result);
    static const char *const bad[][2] = {
        {"item\\tlabel\\nclouds.csv#1\\tc9\\n", "bad.tsv:2: the data set has no class 'c9'"},
        {"item\\tlabel\\nclouds.csv#401\\tc1\\n", "no item 'clouds.csv#401'"},
        {"item\\tlabel\\nclouds.csv#1\\tc1\\nclouds.csv#1\\tc2\\n", "two labels for item"},
        {"item\\nclouds.csv#1\\n", "must name the columns"},
        {"item\\tlabel\\nclouds.csv#1\\n", "another number of columns"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[200];
        snprintf(line, sizeof line, "printf '%s' > bad.tsv", bad[i][0]);
        assert_int_equal(shell(line), DONE);
        assert_int_equal(kinglet("data relabel clouds --table bad.tsv -o no"), BAD);
        expect_text(bad[i][1]);
        assert_int_equal(shell("[ ! -e no ]"), DONE);
    }
    assert_int_equal(kinglet("data relabel clouds -o no"), BAD);
    expect_text("--table");
}

/* Copies follow the item that they were made from, unless they are named. */
static void test_copies(void **state)
{
    (void)state;
    assert_int_equal(
        shell("mkdir -p few && for i in a_1 a_2 a_3 a_4 b_5; do (echo v; for t in 1 2 3 4 5 6; do "
              "echo $((t * ${i#*_})); done) > few/train_$i.csv; done && "
              "$K data import few -o few-d --pattern '{split}_{label}_{}' --source-rate 10 && "
              "$K data augment few-d -o few-more --copies 2 --gain 6 && printf 'item,label\n"
              "train_a_1.csv,b\ntrain_a_2.csv,\ntrain_a_3.csv,b\ntrain_a_3.csv~2,a\n' > few.csv"),
        DONE);
    assert_int_equal(kinglet("data relabel few-more --table few.csv -o few-right --json"), DONE);
    json_t *result = result_of("data relabel");
    assert_true(number(result, "relabel.changed") == 5);
    assert_true(number(result, "relabel.removed") == 3);
    json_decref(result);
    assert_int_equal(
        shell("printf '1.csv b\n1.csv~1 b\n1.csv~2 b\n3.csv b\n3.csv~1 b\n3.csv~2 a\n4.csv a\n"
              "4.csv~1 a\n4.csv~2 a\n5.csv b\n5.csv~1 b\n5.csv~2 b\n' > wanted && "
              "sed 1d few-right/items.tsv | cut -f 2,3 | sed 's/.*_//' | tr '\\t' ' ' | sort | "
              "cmp - wanted"),
        DONE);
    /* The folder is named as a data set, which a step of a playbook need not list. */
    assert_int_equal(
        shell("$K data relabel few-more --table few.csv -o few-right --replace --json | "
              "tr -d ' \n' | grep -q '\"path\":\"few-more\",\"sha256\":\"[0-9a-f]*\","
              "\"of\":\"dataset\"'"),
        DONE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_doubts, set_up),
        cmocka_unit_test(test_relabel),
        cmocka_unit_test(test_copies),
    };
    return CLI_MAIN("label-errors", tests);
}
