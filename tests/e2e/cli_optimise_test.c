/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet optimise`: where the ladder ends, what it reads, and what it says. */
#include "cli_driver.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Two rings around a centre, a row each, in parts; a data set without a test part; radii. */
static const char make_data[] =
    "awk 'BEGIN { srand(3); print \"x,y,ring,radius\"; for (i = 0; i < 600; i++) { "
    "r = i % 2 ? 10 : 4; a = rand() * 6.2831853; r += rand() - 0.5; "
    "printf \"%.5f,%.5f,%s,%.5f\\n\", 50 + r * cos(a), r * sin(a), i % 2 ? \"outer\" : \"inner\", "
    "r "
    "} }' > rings.csv && "
    "awk -F, '{ print $1 \",\" $2 \",\" $4 }' rings.csv > radii.csv && "
    "$K data import rings.csv -o rings --kind table --label-column ring --channels x,y && "
    "$K data split rings && cp -r rings spoilt && cp -r rings untested && "
    "$K data split untested --fractions 80,20,0 && "
    "$K data import radii.csv -o radii --kind table --target-column radius && "
    "$K train mlp --data rings --epochs 20 --rate 0.02 -o model && "
    "$K train mlp-regression --data radii --epochs 20 --rate 0.02 -o values && "
    "$K train forest --data rings --set trees=5 -o forest";

static char cache[PATH_MAX]; /* of counts: a model is compiled once for all tests */

static int set_up(void **state)
{
    (void)state;
    return shell("mkdir cache") || setenv("XDG_CACHE_HOME", realpath("cache", cache), 1) ||
           shell(make_data);
}

/* "kinglet optimise WORDS" where no compiler is found: figures of code are then estimates. */
static int optimise(const char *words)
{
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    int status = kinglet("optimise %s", words);
    setenv("PATH", path, 1);
    free(path);
    return status;
}

static double number(const json_t *result, const char *name)
{
    return json_number_value(metric(result, name));
}

static const json_t *rung_of(const json_t *result, const char *name)
{
    size_t i;
    json_t *rung;
    json_array_foreach(json_object_get(result, "rungs"), i, rung)
    {
        if (strcmp(json_string_value(json_object_get(rung, "name")), name) == 0) {
            return rung;
        }
    }
    return NULL;
}

static double figure(const json_t *rung, const char *name)
{
    const json_t *figures = json_object_get(rung, "figures");
    return json_number_value(json_object_get(json_object_get(figures, name), "value"));
}

/* Run the command of a rung; its model is the same as that file. */
static void reproduces(const json_t *rung, const char *path)
{
    char line[512];
    snprintf(line, sizeof line, "PATH=$(dirname $K):$PATH; %s && cmp model.tflite %s",
             json_string_value(json_object_get(rung, "command")), path);
    assert_int_equal(shell(line), DONE);
}

/* The float model is too large, and the next rung is not: the ladder ends there. */
static void test_ends_at_the_first(void **state)
{
    (void)state;
    assert_int_equal(kinglet("optimise model/model.tflite --data rings --board mps2-an386 "
                             "--require file<=5000B --require accuracy>=90%% -o first --json"),
                     DONE);
    json_t *result = result_of("optimise");
    assert_int_equal(json_array_size(json_object_get(result, "rungs")), 2);
    assert_string_equal(json_string_value(json_object_get(result, "chosen")), "int8");
    assert_true(json_is_true(metric(result, "met")));
    const json_t *floats = rung_of(result, "as-is"), *chosen = rung_of(result, "int8");
    assert_false(json_is_true(json_object_get(floats, "met")));
    assert_true(figure(floats, "file") > 5000 && figure(chosen, "file") <= 5000);
    assert_int_equal(json_array_size(json_object_get(chosen, "tries")), 4);
    assert_true(number(result, "difference.low") < 0 && number(result, "difference.high") > 0);
    assert_true(number(result, "recall.inner") >= 0.9);
    /* What was chosen lies there, and is what the command makes. */
    reproduces(chosen, "first/model.tflite");
    json_decref(result);
    assert_int_equal(
        shell("grep -q '<svg' first/ladder.html && grep -q 'whisker' first/ladder.html "
              "&& grep -q '`int8` | chosen' first/ladder.md"),
        DONE);
}

/* Make every sample of the part that is no finite number, in the file. */
static void spoil(const char *folder, const char *part)
{
    struct kl_arena *arena = kl_arena_create(16 << 20);
    char path[256], *row, *rest;
    snprintf(path, sizeof path, "%s/samples.bin", folder);
    struct kl_bytes samples = read_bytes(path, arena);
    unsigned char *data = kl_arena_copy(arena, samples.data, samples.size);
    snprintf(path, sizeof path, "%s/items.tsv", folder);
    struct kl_bytes table = read_bytes(path, arena);
    char *rows = kl_arena_printf(arena, "%.*s", (int)table.size, (const char *)table.data);
    int spoilt = 0;
    for (row = strtok_r(rows, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest)) {
        char *split = strrchr(row, '\t');
        *split = '\0';
        if (strcmp(split + 1, part) == 0) {
            const float none = NAN;
            memcpy(data + strtoull(strrchr(row, '\t') + 1, NULL, 10), &none, sizeof none);
            spoilt++;
        }
    }
    assert_true(spoilt > 50);
    snprintf(path, sizeof path, "%s/samples.bin", folder);
    write_bytes(path, (struct kl_bytes){data, samples.size});
    kl_arena_free(arena);
}

/* With a test part that cannot be read the ladder climbs as before, and fails only once it has
 * chosen: nothing before looks at the test part. */
static void test_reads_the_test_part_last(void **state)
{
    (void)state;
    assert_int_equal(optimise("model/model.tflite --data rings --board mps2-an386 "
                              "--require ram.arena<=1B -o not --json"),
                     FAILED);
    json_t *whole = result_of("optimise");
    spoil("spoilt", "test");
    assert_int_equal(optimise("model/model.tflite --data spoilt --board mps2-an386 "
                              "--require ram.arena<=1B -o not --json"),
                     FAILED);
    json_t *spoilt = result_of("optimise");
    assert_int_equal(json_integer_value(metric(spoilt, "test.read")), 0);
    assert_int_equal(json_array_size(json_object_get(spoilt, "rungs")), 7);
    for (size_t i = 0; i < 7; i++) {
        const json_t *a = json_array_get(json_object_get(whole, "rungs"), i);
        const json_t *b = json_array_get(json_object_get(spoilt, "rungs"), i);
        assert_true(json_equal(json_object_get(a, "sha256"), json_object_get(b, "sha256")));
        assert_true(json_equal(json_object_get(a, "tries"), json_object_get(b, "tries")));
    }
    json_decref(whole);
    json_decref(spoilt);
    assert_int_equal(optimise("model/model.tflite --data spoilt --board mps2-an386 "
                              "--require file<=5000B -o not"),
                     BAD);
    expect_text("is no finite number");
    assert_int_equal(optimise("model/model.tflite --data rings --board mps2-an386 "
                              "--require file<=5000B -o once --json"),
                     DONE);
    json_t *result = result_of("optimise");
    assert_int_equal(json_integer_value(metric(result, "test.read")), 1);
    assert_true(number(result, "test.items") > 50);
    assert_true(number(result, "test.accuracy") > 0.9);
    assert_true(number(result, "test.difference.low") < 0);
    json_decref(result);
}

static void test_says_what_is_missed(void **state)
{
    (void)state;
    assert_int_equal(optimise("model/model.tflite --data rings --board mps2-an386 "
                              "--require ram.arena<=1B --require accuracy>=50% -o missed"),
                     FAILED);
    expect_text("no rung meets everything");
    expect_text("ram.arena<=1B: ");
    expect_text("missed by ");
    assert_int_equal(shell("test -e missed/model.tflite"), 1);
    assert_int_equal(shell("grep -q 'ram.arena<=1B: .* missed by' missed/ladder.md"), DONE);
}

static void test_prefers(void **state)
{
    (void)state;
    assert_int_equal(optimise("model/model.tflite --data rings --board mps2-an386 "
                              "--prefer file -o preferred --json"),
                     DONE);
    json_t *result = result_of("optimise");
    size_t i;
    json_t *rung;
    json_array_foreach(json_object_get(result, "rungs"), i, rung)
    {
        assert_true(json_object_get(rung, "skipped") ||
                    figure(rung, "file") >= number(result, "file"));
    }
    assert_true(figure(rung_of(result, "as-is"), "file") > number(result, "file"));
    json_decref(result);
}

/* A step of a playbook, with gates over what was chosen. */
static void test_step(void **state)
{
    (void)state;
    write_words("playbook.yaml",
                "playbook: 1\n"
                "product: {name: rings, title: Rings, version: 0.1.0, owner: jane}\n"
                "people: {jane: {name: Jane, role: owner}}\n"
                "chapters:\n"
                "  optimisation:\n"
                "    steps:\n"
                "      - name: ladder\n"
                "        run: [kinglet, optimise, model/model.tflite, --data, rings, --board, "
                "mps2-an386, --require, file <= 5000 B, -o, step, --json]\n"
                "        inputs: [model/model.tflite, rings]\n"
                "        outputs: [step/model.tflite]\n"
                "    gates:\n"
                "      - {name: fits, that: ladder.met}\n"
                "      - {name: right, that: ladder.accuracy >= 90 %}\n"
                "      - {name: as-good, that: ladder.difference.low >= -10 %, demand: counted}\n"
                "      - {name: once, that: ladder.test.read == 1 and ladder.file <= 5000 B}\n");
    assert_int_equal(shell("PATH=$(dirname $K):$PATH $K playbook run"), DONE);
    assert_int_equal(shell("$K playbook status"), DONE);
    assert_same_file("step/model.tflite", "first/model.tflite");
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(optimise("values/model.tflite --data radii --board mps2-an386 "
                              "--require file<=4500B -o radius --json"),
                     DONE);
    json_t *result = result_of("optimise");
    assert_string_equal(json_string_value(json_object_get(result, "task")), "values");
    assert_true(number(result, "mean_squared_error") > 0);
    assert_true(number(result, "difference.low") <= number(result, "difference"));
    assert_null(json_object_get(json_object_get(result, "metrics"), "accuracy"));
    reproduces(rung_of(result, json_string_value(json_object_get(result, "chosen"))),
               "radius/model.tflite");
    json_decref(result);
}

/* An autoencoder repeats its scaled input, and has seen one class only. */
static void test_anomalies(void **state)
{
    (void)state;
    assert_int_equal(
        shell("$K train autoencoder --data rings --task anomalies --normal inner --set "
              "units=8 --set code=2 --epochs 5 --rate 0.02 -o repeats --json > trained"),
        DONE);
    assert_int_equal(optimise("repeats/model.tflite --data rings --board mps2-an386 --task "
                              "anomalies --normal inner --require flash<=1500B -o odd --json"),
                     DONE);
    json_t *result = result_of("optimise");
    assert_string_equal(json_string_value(json_object_get(result, "chosen")), "int8");
    assert_true(number(result, "test.auc") > 0.5);
    reproduces(rung_of(result, "int8"), "odd/model.tflite");
    /* The model as it is has the error that its training stated. */
    struct kl_arena *arena = kl_arena_create(1 << 20);
    struct kl_bytes bytes = read_bytes("trained", arena);
    json_t *trained = json_loadb((const char *)bytes.data, bytes.size, 0, NULL);
    double stated = number(trained, "test.mean_squared_error");
    double found = number(result, "test.as_is.mean_squared_error");
    assert_true(fabs(stated - found) <= 1e-4 * stated);
    json_decref(trained);
    json_decref(result);
    kl_arena_free(arena);
}

/* Whatever the model says of what is unusual, the ladder judges it as training did. */
static void test_unusual(void **state)
{
    (void)state;
    /* As many centres as values of an item: it is none that repeats its input. */
    static const char *const models[] = {"k-means --set centres=2", "gmm --set components=2"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kinglet("train %s --data rings --task anomalies --normal inner -o usual%d "
                                 "--json",
                                 models[i], i),
                         DONE);
        json_t *trained = result_of("train");
        assert_int_equal(kinglet("optimise usual%d/model.json --data rings --task anomalies "
                                 "--normal inner --board mps2-an386 --all -o usual-ladder%d --json",
                                 i, i),
                         DONE);
        json_t *result = result_of("optimise");
        assert_true(number(trained, "test.auc") > 0.6);
        assert_true(fabs(number(result, "test.auc") - number(trained, "test.auc")) < 1e-9);
        json_decref(trained);
        json_decref(result);
    }
}

static void test_classical(void **state)
{
    (void)state;
    assert_int_equal(optimise("forest/model.json --data rings --board mps2-an386 --all "
                              "--require accuracy>=80% -o trees"),
                     DONE);
    expect_text("does not apply: a classical model has no layers");
    assert_same_file("forest/model.json", "trees/model.json");
}

/* Ctrl-C keeps the rungs that are finished: it comes when the first one has been counted. */
static void test_interrupt(void **state)
{
    (void)state;
    if (shell("command -v arm-none-eabi-gcc > /dev/null") != DONE) {
        skip();
    }
    assert_int_equal(
        shell("XDG_CACHE_HOME=$PWD/counts $K optimise model/model.tflite --data rings --board "
              "mps2-an386 --require 'ram.arena<=1B' -o broken > said 2>&1 & pid=$!; "
              "while ! ls counts/kinglet/cores/*.json > counted 2>&1 && kill -0 $pid; do sleep "
              "0.05; done; kill -INT $pid; wait $pid; status=$?; cat said; exit $status"),
        FAILED);
    expect_text("stopped");
    expect_text("as-is misses least");
    assert_int_equal(shell("test -s broken/ladder.html"), DONE);
}

static void refused(const char *options, const char *words)
{
    assert_int_equal(optimise(options), BAD);
    expect_text(words);
}

static void test_bad_input(void **state)
{
    (void)state;
    refused("model/model.tflite --board mps2-an386 --all -o x", "missing: --data");
    refused("model/model.tflite --data rings --board mps2-an386 -o x", "nothing is required");
    refused("model/model.tflite --data rings --board abacus --all -o x", "unknown board");
    refused("model/model.tflite --data untested --board mps2-an386 --all -o x",
            "has no part for the test");
    refused("model/model.tflite --data rings --board mps2-an386 --require latency<=20KiB -o x",
            "is a time such as 20 ms, but");
    refused("model/model.tflite --data rings --board mps2-an386 --require accuracy>=95 -o x",
            "per cent without the unit");
    refused("model/model.tflite --data rings --board mps2-an386 --require acuracy>=95% -o x",
            "did you mean 'accuracy'?");
    refused("model/model.tflite --data rings --board mps2-an386 --require flash -o x",
            "is neither true nor false");
    refused("model/model.tflite --data rings --board mps2-an386 --prefer beauty -o x",
            "a rung has no such figure");
    refused("k.tflite --data rings --board mps2-an386 --all -o x",
            "k.tflite has 12 outputs, rings has 2 classes");
    refused("values/model.tflite --data rings --board mps2-an386 --all -o x",
            "--task anomalies, one that gives values");
    refused("model/model.tflite --data rings --board mps2-an386 --all -o rings.csv/x", "rings.csv");
    /* A file size limit stands for a disk that is full when the results are written. */
    assert_int_equal(shell("trap '' XFSZ; ulimit -f 4; $K optimise model/model.tflite --data rings "
                           "--board mps2-an386 --require 'file <= 1MiB' -o full"),
                     BAD);
    expect_text("cannot write");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ends_at_the_first, set_up),
        cmocka_unit_test(test_reads_the_test_part_last),
        cmocka_unit_test(test_says_what_is_missed),
        cmocka_unit_test(test_prefers),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_anomalies),
        cmocka_unit_test(test_unusual),
        cmocka_unit_test(test_classical),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_bad_input),
    };
    return CLI_MAIN("optimise", tests);
}
