/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet threshold` from recordings to a detector's configuration beside the model. */
#include "cli_driver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Recordings of noise, and of slow and fast waves in it; a value per line. */
static const char make_waves[] =
    "mkdir -p waves && awk 'BEGIN { srand(4); for (i = 0; i < 90; i++) { c = i % 3;"
    " name = c == 0 ? \"noise\" : c == 1 ? \"slow\" : \"fast\"; file = \"waves/\" name \"_\" i "
    "\".csv\"; print \"x\" > file; n = c == 0 ? 200 : 60 + int(rand() * 40);"
    " for (t = 0; t < n; t++) printf \"%.5f\\n\", rand() - 0.5 + (c ? 1.2 * sin(t * (c == 1 ? 0.4 "
    ": 1.3) + i) : 0) > file; close(file) } }' && "
    "$K data import waves -o w --pattern '{label}_{}' --source-rate 100 && "
    "$K data split w --seed 1 && "
    "$K train mlp --data w --window 20 --hop 5 --shape 20 --epochs 25 --set units=32 -o m && "
    "$K train autoencoder --data w --window 20 --shape 20 --task anomalies --normal noise --set "
    "units=16 --set code=4 --epochs 20 -o ae && "
    "$K train k-means --data w --window 20 --shape 20 --task anomalies --normal noise -o km && "
    "$K quantise m/model.tflite --data w --window 20 -o q.tflite";

static int set_up(void **state)
{
    (void)state;
    return shell(make_waves);
}

static double number(const json_t *result, const char *name)
{
    return json_number_value(metric(result, name));
}

static void test_thresholds(void **state)
{
    (void)state;
    assert_int_equal(kinglet("threshold q.tflite --data w --false-alarms 100/h --hop 5 -o t.json "
                             "--page t.html --json"),
                     DONE);
    json_t *result = result_of("threshold");
    assert_true(number(result, "validation.false_alarms_per_hour") <= 100);
    assert_true(number(result, "validation.missed") < 0.5);
    assert_true(number(result, "validation.false_time") < 0.05);
    assert_true(number(result, "test.events") > 5);
    assert_true(number(result, "ece.calibrated") <= number(result, "ece") + 0.02);
    const json_t *test = json_object_get(result, "test");
    assert_string_equal(json_string_value(json_object_get(test, "read")),
                        "once, with the thresholds as they are");
    assert_true(json_is_false(json_object_get(result, "shown"))); /* minutes show no rate */
    json_decref(result);
    assert_int_equal(shell("grep -q '<svg' t.html"), DONE);
    /* The same again gives the same file. */
    assert_int_equal(kinglet("threshold q.tflite --data w --false-alarms 100/h --hop 5 -o t2.json"),
                     DONE);
    assert_same_file("t.json", "t2.json");
    expect_text("of the test part do not show the wanted rate at 95 %: it takes ");
}

static void test_beside_the_model(void **state)
{
    (void)state;
    assert_int_equal(kinglet("threshold q.tflite --data w --false-alarms 100/h --hop 5 -o t.json"),
                     DONE);
    assert_int_equal(
        kinglet("compile q.tflite --board mps2-an386 --events t.json --no-build -o code"), DONE);
    assert_int_equal(shell("grep -q 'const struct kl_events_config q_events = {' code/model.c && "
                           "grep -q 'define Q_EVENTS_BYTES' code/model.h && "
                           "grep -q 'KL_EVENTS_NEVER, 0}, /. .: noise' code/model.c"),
                     DONE);
    /* Only what was exported, with the warnings of a careful firmware. */
    assert_int_equal(shell("${CC:-cc} -std=c11 -Wall -Wextra -Wconversion -Werror -Icode -c "
                           "code/model.c -o model.o"),
                     DONE);
    assert_int_equal(
        kinglet("compile m/model.tflite --board mps2-an386 --events t.json --no-build -o o"),
        FAILED);
    expect_text("another model");
    assert_int_equal(kinglet("compile q.tflite --board mps2-an386 --events t.json --pack -o o"),
                     BAD);
    expect_text("a pack holds no thresholds");
    write_words("bad.json", "{\"kinglet_events\": 1, \"model\": {}}");
    assert_int_equal(
        kinglet("compile q.tflite --board mps2-an386 --events bad.json --no-build -o o"), BAD);
    expect_text("bad.json: 'sha256'");
}

/* A firmware's lines for the detector, as the guide has them: fast waves become one event. */
static const char firmware[] =
    "#include <stdalign.h>\n"
    "#include <stdio.h>\n"
    "#include \"model.h\"\n"
    "static alignas(KL_ARENA_ALIGN) unsigned char arena[Q_ARENA_BYTES];\n"
    "static alignas(4) unsigned char events[Q_EVENTS_BYTES];\n"
    "int main(void)\n"
    "{\n"
    "    uint16_t which = 99;\n"
    "    int begun = 0;\n"
    "    if (!kl_events_reset(&q_events, events, sizeof events)) {\n"
    "        return 1;\n"
    "    }\n"
    "    for (int i = 0; i < 40; i++) {\n"
    "        signed char *in = kl_model_input(&q_model, arena, 0);\n"
    "        if (fread(in, 1, Q_INPUT_0_BYTES, stdin) != Q_INPUT_0_BYTES) {\n"
    "            return 2;\n"
    "        }\n"
    "        kl_model_run(&q_model, arena);\n"
    "        begun += kl_events_push(&q_events, events, kl_model_output(&q_model, arena, 0), "
    "&which)\n"
    "                 == KL_EVENT_BEGUN;\n"
    "    }\n"
    "    printf(\"%d of class %d, on: %d\\n\", begun, which, (int)kl_events_active(events));\n"
    "    return 0;\n"
    "}\n";

static void test_as_a_firmware(void **state)
{
    (void)state;
    write_words("detector.c", firmware);
    assert_int_equal(shell("${CC:-cc} -std=c11 -Wall -Wextra -Wconversion -Werror "
                           "-ffp-contract=off -Icode detector.c code/model.c -lm -o detector"),
                     DONE);
    unsigned char wave[800];
    for (int t = 0; t < 800; t++) {
        wave[t] = (unsigned char)(signed char)(60 * sin(t * 1.3));
    }
    write_bytes("wave", (struct kl_bytes){wave, sizeof wave});
    assert_int_equal(shell("./detector < wave"), DONE);
    expect_text("1 of class 0, on: 0"); /* fast, noise, slow */
}

static void test_scores(void **state)
{
    (void)state;
    const char *const models[][2] = {{"ae/model.tflite", "error"}, {"km/model.json", "least"}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kinglet("threshold %s --data w --normal noise --score %s --hop 5 "
                                 "--false-alarms 200/h -o s.json --json",
                                 models[i][0], models[i][1]),
                         DONE);
        json_t *result = result_of("threshold");
        assert_true(number(result, "validation.false_alarms_per_hour") <= 200);
        assert_true(number(result, "test.missed") < 0.9);
        assert_true(number(result, "test.false_time") < 0.1);
        json_decref(result);
        assert_int_equal(
            kinglet("compile %s --board mps2-an386 --events s.json --no-build -o s", models[i][0]),
            DONE);
        assert_int_equal(shell("grep -q 'OUTPUT 0: float32..,1.' s/model.h"), DONE);
    }
    assert_int_equal(
        kinglet("threshold m/model.tflite --data w --normal noise --false-alarms 1/h -o s.json"),
        BAD);
    expect_text("--score error or least");
}

/* A stream of features says how far it looks back: 20 frames, in steps of 4. */
static void test_streaming(void **state)
{
    (void)state;
    write_words("stream.yaml", "features: 1\n"
                               "input: {type: float32, samples: 20, rate: 100 Hz, stream: true}\n"
                               "steps:\n"
                               "  - frame: {length: 8, hop: 4}\n"
                               "  - spectrum\n");
    assert_int_equal(kinglet("train mlp --data w --features stream.yaml --epochs 4 -o sm"), DONE);
    assert_int_equal(kinglet("threshold sm/model.tflite --features stream.yaml --data w "
                             "--false-alarms 200/h -o s.json --json"),
                     DONE);
    json_t *result = result_of("threshold");
    assert_int_equal(json_integer_value(json_object_get(result, "pause")), 4);
    json_decref(result);
}

/* Recordings whose labels have nothing to do with them: of validation, train and, of three parts,
 * test. */
static int make_hum(const char *name, int parts)
{
    char line[700];
    snprintf(
        line, sizeof line,
        "rm -rf hum && mkdir hum && awk 'BEGIN { srand(9); split(\"validation train test\", part,"
        " \" \"); for (i = 0; i < 240; i++) { file = \"hum/\" part[i %% %d + 1] \"_\" (i %% 4 < 2 ?"
        " \"noise\" : i %% 8 < 4 ? \"slow\" : \"fast\") \"_\" i \".csv\"; print \"x\" > file; for "
        "(t"
        " = 0; t < 100; t++) printf \"%%.5f\\n\", 2 * (rand() + rand() - 1) > file; close(file) }"
        " }' && $K data import hum -o %s --pattern '{split}_{label}_{}' --source-rate 100 "
        "--classes noise,slow,fast --replace",
        parts, name);
    return shell(line);
}

/* The wanted rate is shown when the test part is as long as it takes with its false alarms. */
static void test_shown(void **state)
{
    static const struct {
        const char *data;
        int per_hour;
    } runs[] = {{"w", 5000}, {"w", 10}, {"h3", 500}};
    bool shown[3];
    (void)state;
    assert_int_equal(make_hum("h3", 3), DONE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            kinglet("threshold m/model.tflite --data %s --false-alarms %d/h --hop 5 -o "
                    "t.json --json",
                    runs[i].data, runs[i].per_hour),
            DONE);
        json_t *result = result_of("threshold");
        shown[i] = json_is_true(json_object_get(result, "shown"));
        double needed = json_number_value(json_object_get(result, "hours_needed"));
        assert_true(needed > 0 && shown[i] == (needed <= number(result, "test.hours")));
        /* More than without one: -log(0.05) / rate. */
        assert_true((number(result, "test.false_alarms") > 0) ==
                    (needed * runs[i].per_hour > 2.9958));
        json_decref(result);
    }
    assert_true(shown[0] && !shown[1]);
}

/* Scores that hold nothing of the classes: next to nothing may be found. */
static void test_noise(void **state)
{
    (void)state;
    assert_int_equal(make_hum("h", 2), DONE);
    assert_int_equal(kinglet("threshold m/model.tflite --data h --false-alarms 60/h --hop 5 -o "
                             "h.json --json"),
                     DONE);
    json_t *result = result_of("threshold");
    assert_true(number(result, "validation.events") == 60);
    assert_true(number(result, "validation.missed") > 0.85);
    assert_true(number(result, "validation.false_time") < 0.02);
    assert_true(number(result, "validation.false_alarms_per_hour") <= 60);
    /* No test part: nothing is said about one. */
    assert_true(json_is_null(json_object_get(result, "test")));
    assert_true(json_is_null(json_object_get(result, "shown")));
    json_decref(result);
    assert_int_equal(kinglet("threshold m/model.tflite --data h --false-alarms 60/h --hop 5 -o "
                             "h.json --page h.html"),
                     DONE);
    expect_text("Without a test part nothing shows the wanted rate");
    assert_int_equal(shell("grep -q 'There is no test part' h.html"), DONE);
}

/* A broken sensor in one recording says nothing about the size of the others' scores. */
static void test_outlier(void **state)
{
    (void)state;
    assert_int_equal(
        shell(
            "rm -rf stuck && mkdir stuck && for f in waves/*.csv; do n=${f##*_}; n=${n%.csv}; "
            "case $((n / 3 % 3)) in 0) s=train ;; 1) s=validation ;; *) s=test ;; esac; cp $f "
            "stuck/${s}_${f#waves/}; done && sed -i '50s/.*/1e6/' stuck/validation_noise_3.csv && "
            "$K data import stuck -o st --pattern '{split}_{label}_{}' --source-rate 100 "
            "--replace"),
        DONE);
    assert_int_equal(kinglet("threshold km/model.json --data st --normal noise --score least --hop "
                             "5 --false-alarms 200/h -o st.json --json"),
                     DONE);
    json_t *result = result_of("threshold");
    const json_t *output = json_object_get(result, "output");
    assert_true(json_number_value(json_object_get(output, "steps")) > 1);
    assert_true(number(result, "test.missed") < 0.9);
    assert_true(number(result, "test.false_time") < 0.1);
    json_decref(result);
    /* Where all scores are one and the same there is no threshold. */
    assert_int_equal(shell("sed 's/^[-0-9].*/0.5/' -i stuck/*.csv && $K data import stuck -o flat "
                           "--pattern '{split}_{label}_{}' --source-rate 100 --replace"),
                     DONE);
    assert_int_equal(kinglet("threshold km/model.json --data flat --normal noise --score least "
                             "--false-alarms 200/h -o flat.json"),
                     BAD);
    expect_text("no threshold for 'unusual'");
}

static void test_bad_usage(void **state)
{
    static const char *const bad[][2] = {
        {"--false-alarms 3", "a rate such as 1/h"},
        {"--false-alarms 1/h --background nix", "has no class 'nix'"},
        {"--false-alarms 1/h --background noise --background slow --background fast",
         "none has events"},
        {"--false-alarms 1/h --hop 21", "would pass over frames"},
        {"--false-alarms 1/h --low", "add --normal"},
        {"--false-alarms 1/h --score error", "--normal CLASS"},
        {"--false-alarms 1/h --mean 300", "--mean is from 1 to 256"},
        {"--false-alarms 1/h --hysteresis 100", "--hysteresis is"},
        {"--false-alarms 1/h --window 19", "--window 19 is too short"},
        {"--false-alarms 1/h --window 2000000000", "--window 2000000000 is too long"},
        {"--false-alarms 1/h --pause 65536", "--pause is 0 to 65535"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(kinglet("threshold q.tflite --data w %s -o x.json", bad[i][0]), BAD);
        expect_text(bad[i][1]);
    }
    assert_int_equal(kinglet("threshold q.tflite --data w -o x.json"), BAD);
    expect_text("--false-alarms");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_thresholds, set_up),
        cmocka_unit_test(test_beside_the_model),
        cmocka_unit_test(test_as_a_firmware),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_streaming),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_outlier),
        cmocka_unit_test(test_bad_usage),
    };
    return CLI_MAIN("threshold", tests);
}
