/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet train` from a table of numbers to a model that runs. */
#include "cli_driver.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

/* Two rings around a centre, a row each: x, y, ring, radius. */
static const char make_rings[] =
    "awk 'BEGIN { srand(3); print \"x,y,ring,radius\"; for (i = 0; i < 300; i++) { r = i % 2 ? 10 "
    ": 4;"
    " a = rand() * 6.2831853; r += rand() - 0.5; printf \"%.5f,%.5f,%s,%.5f\\n\", 50 + r * cos(a),"
    " r * sin(a), i % 2 ? \"outer\" : \"inner\", r } }' > rings.csv && "
    "awk -F, '{ print $1 \",\" $2 \",\" $4 }' rings.csv > radii.csv && "
    "awk -F, 'NR == 1 || $3 == \"inner\" || NR % 7 == 0 { print $1 \",\" $2 \",\" $3 }' rings.csv "
    "> odd.csv && "
    "$K data import rings.csv -o rings --kind table --label-column ring --channels x,y && "
    "$K data import radii.csv -o radii --kind table --target-column radius && "
    "$K data import odd.csv -o odd --kind table --label-column ring";

static int set_up(void **state)
{
    (void)state;
    return shell(make_rings);
}

static double number(const json_t *result, const char *name)
{
    return json_number_value(metric(result, name));
}

static void test_classes(void **state)
{
    (void)state;
    assert_int_equal(
        kinglet("train mlp --data rings --epochs 40 --rate 0.02 -o rings-model --json"), DONE);
    json_t *result = result_of("train");
    assert_true(number(result, "test.accuracy") > 0.9);
    assert_true(number(result, "test.accuracy.low") < number(result, "test.accuracy"));
    assert_int_equal(json_array_size(json_object_get(result, "history")), 40);
    const json_t *test = json_object_get(result, "test");
    assert_string_equal(json_string_value(json_object_get(test, "read")),
                        "once, after the training");
    assert_int_equal(json_array_size(json_object_get(test, "classes")), 2);
    const double accuracy = number(result, "test.accuracy");
    json_decref(result);
    assert_int_equal(kinglet("evaluate rings-model/model.tflite --data rings --json"), DONE);
    result = result_of("evaluate");
    assert_true(number(result, "accuracy") == accuracy);
    json_decref(result);
    assert_int_equal(shell("grep -q '<svg' rings-model/training.html"), DONE);
    /* The model takes raw inputs: the middle is the inner ring. */
    const float middle[2] = {54, 0}, outside[2] = {50, -10};
    write_bytes("middle.bin", (struct kl_bytes){(const unsigned char *)middle, sizeof middle});
    write_bytes("outside.bin", (struct kl_bytes){(const unsigned char *)outside, sizeof outside});
    struct kl_arena *arena = kl_arena_create(1 << 20);
    float answers[2][2];
    assert_int_equal(kinglet("run rings-model/model.tflite --input middle.bin --output a.bin"),
                     DONE);
    assert_int_equal(kinglet("run rings-model/model.tflite --input outside.bin --output b.bin"),
                     DONE);
    memcpy(answers[0], read_bytes("a.bin", arena).data, sizeof answers[0]);
    memcpy(answers[1], read_bytes("b.bin", arena).data, sizeof answers[1]);
    assert_true((answers[0][0] > answers[0][1]) != (answers[1][0] > answers[1][1]));
    kl_arena_free(arena);
}

static void test_same_bytes(void **state)
{
    (void)state;
    assert_int_equal(kinglet("train mlp --data rings --epochs 3 --seed 4 -o one"), DONE);
    assert_int_equal(kinglet("train mlp --data rings --epochs 3 --seed 4 -o two"), DONE);
    assert_int_equal(kinglet("train mlp --data rings --epochs 3 --seed 5 -o three"), DONE);
    assert_same_file("one/model.tflite", "two/model.tflite");
    assert_same_file("one/model.checkpoint", "two/model.checkpoint");
    assert_int_not_equal(shell("cmp -s one/model.tflite three/model.tflite"), 0);
}

/* Ctrl-C keeps the best, and --resume ends where an unbroken run would have. */
static void test_interrupt_and_resume(void **state)
{
    (void)state;
    assert_int_equal(kinglet("train mlp --data rings --epochs 300 --batch 4 -o whole"), DONE);
    assert_int_equal(
        shell("$K train mlp --data rings --epochs 300 --batch 4 -o part & pid=$!;"
              "while ! [ -s part/model.checkpoint ]; do sleep 0.02; done; kill -INT $pid; "
              "wait $pid"),
        DONE);
    expect_text("stopped");
    assert_int_equal(shell("[ -s part/model.tflite ]"), DONE);
    assert_int_equal(kinglet("train mlp --data rings --epochs 300 --batch 4 -o part --resume"),
                     DONE);
    assert_same_file("whole/model.checkpoint", "part/model.checkpoint");
    assert_same_file("whole/model.tflite", "part/model.tflite");
    assert_int_equal(kinglet("train mlp --data rings --epochs 300 -o part --resume"), BAD);
    expect_text("belongs to another training");
    assert_int_equal(
        kinglet("train mlp --data rings --epochs 300 --batch 4 --mask 1 -o part --resume"), BAD);
    expect_text("belongs to another training");
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(
        kinglet("train mlp-regression --data radii --epochs 60 --rate 0.02 -o values --json"),
        DONE);
    json_t *result = result_of("train");
    assert_true(number(result, "test.mean_squared_error") < 3); /* the variance is 9 */
    const double error = number(result, "test.mean_squared_error");
    json_decref(result);
    /* The written model is what was tested. */
    assert_int_equal(kinglet("evaluate values/model.tflite --data radii --json"), DONE);
    result = result_of("evaluate");
    assert_true(number(result, "mean_squared_error") == error);
    json_decref(result);
    assert_int_equal(
        kinglet("train mlp-regression --data radii --epochs 4 --cross-validate 3 --json"), DONE);
    result = result_of("train");
    const json_t *folds = json_object_get(result, "folds");
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < 3; i++) {
        least = fmin(least, json_number_value(json_array_get(folds, i)));
        most = fmax(most, json_number_value(json_array_get(folds, i)));
    }
    assert_true(least > 0 && number(result, "test.mean_squared_error") > least &&
                number(result, "test.mean_squared_error") < most);
    assert_int_equal(number(result, "test.items"), 300);
    json_decref(result);
}

static void test_anomalies(void **state)
{
    (void)state;
    assert_int_equal(kinglet("train autoencoder --data odd --task anomalies --normal inner --set "
                             "units=16 --set code=2 --epochs 30 --rate 0.02 --json"),
                     DONE);
    json_t *result = result_of("train");
    assert_true(number(result, "test.auc") > 0.8);
    json_decref(result);
}

static void test_from_and_folds(void **state)
{
    (void)state;
    assert_int_equal(kinglet("train mlp --data rings --epochs 2 -o first"), DONE);
    assert_int_equal(
        kinglet("train mlp --data rings --epochs 1 --from first/model.checkpoint -o second"), DONE);
    expect_text("6 of 6 tensors began with");
    assert_int_equal(kinglet("train mlp --data rings --epochs 2 --cross-validate 3"), DONE);
    expect_text("all folds");
    expect_text("of 300 items right");
    assert_int_equal(kinglet("train mlp --data rings --epochs 5 --rate 0.02 --cross-validate 3 "
                             "--int8 --json"),
                     DONE);
    json_t *result = result_of("train");
    const json_t *int8 = json_object_get(result, "int8");
    assert_int_equal(json_integer_value(json_object_get(int8, "items")), 300);
    assert_true(number(result, "int8.accuracy") > 0.5);
    assert_true(number(result, "int8.difference.low") <= number(result, "int8.difference"));
    assert_true(fabs(number(result, "int8.accuracy") - number(result, "int8.accuracy_float") -
                     number(result, "int8.difference")) < 1e-9);
    json_decref(result);
    assert_int_equal(kinglet("train mlp --data rings --epochs 2 --int8"), BAD);
    expect_text("give --cross-validate");
}

/* A float model continues as what it is: batch norms are in its weights already. */
static void test_from_float_model(void **state)
{
    (void)state;
    write_words("normed.yaml",
                "format: kinglet.network/1\n"
                "name: normed\n"
                "input: [2]\n"
                "parameters: {classes: 2, units: 24}\n"
                "layers: [dense: units, batch_norm, relu, dropout: 0.1,\n"
                "         dense: units, batch_norm, relu, dense: classes, softmax]\n");
    assert_int_equal(shell("$K data split rings -o parts --seed 2"), DONE);
    assert_int_equal(kinglet("train normed.yaml --data parts --epochs 12 --rate 0.02 -o before"),
                     DONE);
    assert_int_equal(kinglet("train normed.yaml --data parts --epochs 1 --rate 1e-9 --from "
                             "before/model.tflite -o after"),
                     DONE);
    expect_text("3 of 3 layers began with");
    struct kl_arena *arena = kl_arena_create(1 << 20);
    const float points[3][2] = {{54, 0}, {57, 1}, {50, -10}};
    for (int i = 0; i < 3; i++) {
        write_bytes("point.bin",
                    (struct kl_bytes){(const unsigned char *)points[i], sizeof points[i]});
        assert_int_equal(kinglet("run before/model.tflite --input point.bin --output a.bin"), DONE);
        assert_int_equal(kinglet("run after/model.tflite --input point.bin --output b.bin"), DONE);
        const float *a = (const float *)(const void *)read_bytes("a.bin", arena).data;
        const float *b = (const float *)(const void *)read_bytes("b.bin", arena).data;
        assert_true(a[0] - b[0] < 1e-4f && b[0] - a[0] < 1e-4f);
    }
    kl_arena_free(arena);
    /* Another number of units is another network; other classes are other last layers only. */
    assert_int_equal(kinglet("train normed.yaml --data parts --epochs 1 --set units=20 --from "
                             "before/model.tflite"),
                     BAD);
    expect_text("has no FULLY_CONNECTED with weights [20,2] for layer");
    assert_int_equal(kinglet("train normed.yaml --data parts --epochs 1 --set classes=5 --from "
                             "before/model.tflite"),
                     DONE);
    expect_text("2 of 3 layers began with");
    assert_int_equal(kinglet("train normed.yaml --data parts --raw --from before/model.tflite"),
                     BAD);
    expect_text("decided by the model of --from");
}

/* An int8 model, retrained a little, stays near in bytes when its scales are kept. */
static void test_freeze_quantisation(void **state)
{
    (void)state;
    assert_int_equal(kinglet("quantise before/model.tflite --data parts -o old.tflite"), DONE);
    assert_int_equal(kinglet("train normed.yaml --data parts --epochs 1 --rate 1e-9 --from "
                             "old.tflite --freeze-quantisation -o same"),
                     DONE);
    assert_same_file("old.tflite", "same/int8.tflite");
    assert_int_equal(kinglet("train normed.yaml --data parts --epochs 1 --rate 2e-5 --from "
                             "old.tflite --freeze-quantisation -o near --json"),
                     DONE);
    json_t *result = result_of("train");
    const json_t *frozen = json_object_get(result, "frozen");
    json_int_t kept = json_integer_value(json_object_get(frozen, "different"));
    json_decref(result);
    assert_int_equal(
        kinglet("quantise near/model.tflite --data parts --like old.tflite -o like.tflite "
                "--json"),
        DONE);
    result = result_of("quantise");
    assert_true(number(result, "file.different") == (double)kept);
    json_decref(result);
    assert_same_file("near/int8.tflite", "like.tflite");
    assert_int_equal(kinglet("quantise near/model.tflite --data parts -o own.tflite"), DONE);
    struct kl_arena *arena = kl_arena_create(1 << 20);
    size_t own =
        kl_bytes_different(read_bytes("old.tflite", arena), read_bytes("own.tflite", arena));
    kl_arena_free(arena);
    assert_true(kept > 0 && (size_t)kept < own / 2);
    assert_int_equal(kinglet("quantise rings-model/model.tflite --data parts --like old.tflite -o "
                             "x.tflite"),
                     BAD);
    expect_text("is not this one in integers");
    assert_int_equal(kinglet("quantise near/model.tflite --data parts --like old.tflite --int16 -o "
                             "x.tflite"),
                     BAD);
    expect_text("--like takes the whole quantisation");
    assert_int_equal(kinglet("train normed.yaml --data parts --freeze-quantisation -o x"), BAD);
    expect_text("name it with --from MODEL.tflite");
}

/* Weights must not have seen what is tested: the split is that of their training. */
static void test_split_seed(void **state)
{
    (void)state;
    assert_int_equal(kinglet("train mlp --data rings --epochs 1 --seed 9 --split-seed 4 -o nine"),
                     DONE);
    assert_int_equal(shell("grep -q '\"split_seed\": 4' nine/training.json && "
                           "grep -q '\"format\": \"kinglet.training/1\"' nine/training.json && "
                           "mkdir -p alone && cp nine/model.tflite alone/"),
                     DONE);
    for (int i = 0; i < 2; i++) {
        const char *from = i ? "nine/model.tflite" : "nine/model.checkpoint";
        assert_int_equal(kinglet("train mlp --data rings --epochs 1 --seed 9 --from %s", from),
                         BAD);
        expect_text("was trained with --split-seed 4");
        assert_int_equal(
            kinglet("train mlp --data rings --epochs 1 --split-seed 4 --from %s", from), DONE);
    }
    assert_int_equal(kinglet("train mlp --data rings --epochs 1 --from alone/model.tflite"), BAD);
    expect_text("no training.json beside it says how the data were split");
    /* A split of its own is another one, unless the training was made with it. */
    for (int i = 0; i < 2; i++) {
        const char *from = i ? "nine/model.tflite" : "nine/model.checkpoint";
        assert_int_equal(kinglet("train mlp --data parts --epochs 1 --from %s", from), BAD);
        expect_text("with a split by a hash of the group, and here it is of the data set");
    }
    assert_int_equal(shell("$K data split rings -o parts-anew --seed 3 && "
                           "$K train mlp --data parts --epochs 1 -o own"),
                     DONE);
    assert_int_equal(kinglet("train mlp --data parts-anew --epochs 1 --from own/model.tflite"),
                     BAD);
    expect_text("was trained on another split of the same data");
    assert_int_equal(kinglet("train mlp --data parts --epochs 1 --from own/model.checkpoint"),
                     DONE);
    assert_int_equal(kinglet("train mlp --data parts --epochs 1 --from alone/model.tflite"), DONE);
    expect_text("it may have seen what is tested here");
}

/* A table whose split came with it, and has one row on two sides; copies of one group. */
static void test_leaks(void **state)
{
    (void)state;
    assert_int_equal(
        shell("mkdir -p leaky/train leaky/test && for r in inner outer; do "
              "grep $r rings.csv | head -40 | cut -d, -f1,2 > leaky/train/${r}_1.csv; "
              "grep $r rings.csv | tail -40 | cut -d, -f1,2 > leaky/test/${r}_2.csv; done && "
              "cp leaky/train/inner_1.csv leaky/test/inner_3.csv && "
              "$K data import leaky -o leaky-data --pattern '{split}/{label}_{}' "
              "--source-rate 100"),
        DONE);
    assert_int_equal(kinglet("train mlp --data leaky-data --window 1 --shape 2 --epochs 2 --json"),
                     DONE);
    json_t *result = result_of("train");
    assert_int_equal(number(result, "data.leaks"), 1);
    assert_int_equal(number(result, "data.shared_groups"), 0);
    assert_int_equal(number(result, "test.items"), 120);
    assert_int_equal(number(result, "test.groups"), 3);
    json_decref(result);
    assert_int_equal(kinglet("train mlp --data leaky-data --window 1 --shape 2 --epochs 2"), DONE);
    expect_text("1 item has the samples of an item in another part");
    expect_text("120 items of 3 groups: the interval takes them as independent and is too narrow");
    assert_int_equal(kinglet("train forest --data leaky-data --window 1431655766"), BAD);
    expect_text("an example of 2 channels has at most 134217728 frames");
    assert_int_equal(kinglet("train forest --data leaky-data --window 3000"), BAD);
    expect_text("an item has 6000 values, and forest takes at most 4096 features");
}

/* Windows of recordings: a slow and a fast oscillation. */
static void test_series(void **state)
{
    (void)state;
    assert_int_equal(
        shell("mkdir -p waves && awk 'BEGIN { srand(1); for (f = 0; f < 40; f++) { "
              "name = \"waves/\" (f % 2 ? \"fast\" : \"slow\") \"_\" f \".csv\"; "
              "print \"x,y\" > name; for (i = 0; i < 200; i++) { a = i * (f % 2 ? 0.6 : 0.2) + f; "
              "printf \"%.4f,%.4f\\n\", sin(a), cos(a) + rand() > name } close(name) } }' && "
              "$K data import waves -o series --pattern '{label}_{}' --source-rate 100"),
        DONE);
    assert_int_equal(kinglet("train cnn-1d --data series --window 64 --hop 32 --epochs 4"), DONE);
    expect_text("100.00 % of");
    assert_int_equal(kinglet("train gru --data series --window 32 --epochs 2 -o recurrent"), DONE);
    assert_int_equal(kinglet("inspect recurrent/model.tflite"), DONE);
    assert_int_equal(kinglet("train gru --data series --window 32 --epochs 1 --from "
                             "recurrent/model.tflite"),
                     DONE);
    expect_text("7 of 7 layers began with");
}

/* Tones of two pitches through a pipeline: trained, quantised, and the same bits on a board. */
static void test_features(void **state)
{
    (void)state;
    write_words("tones.yaml", "features: 1\n"
                              "input: {type: int16, samples: 1024, rate: 4 kHz, stream: true}\n"
                              "steps:\n"
                              "  - frame: {length: 256, hop: 128, window: hann}\n"
                              "  - spectrum\n"
                              "  - mel: {bands: 10}\n"
                              "  - log: {floor: 1e-4}\n");
    assert_int_equal(
        shell("mkdir -p tones && awk 'BEGIN { srand(2); for (f = 0; f < 60; f++) { "
              "name = \"tones/\" (f % 2 ? \"high\" : \"low\") \"_\" f \".csv\"; print \"v\" > name;"
              "for (i = 0; i < (f % 5 ? 2100 : 900); i++) { a = i * (f % 2 ? 1.1 : 0.9); "
              "printf \"%d\\n\", 5000 * sin(a) + 9000 * rand() - 4500 > name } close(name) } }' && "
              "$K data import tones -o tones-data --pattern '{label}_{}' --source-rate 4000"),
        DONE);
    assert_int_equal(kinglet("train tiny-conv --data tones-data --features tones.yaml --epochs 6 "
                             "--rate 0.005 -o tones-model --json"),
                     DONE);
    json_t *result = result_of("train");
    assert_true(number(result, "test.accuracy") > 0.8);
    const json_t *data = json_object_get(result, "data");
    assert_int_equal(json_integer_value(json_object_get(data, "padded")), 12);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(result, "features"), "name")),
        "tones.yaml");
    json_decref(result);
    assert_int_equal(kinglet("quantise tones-model/model.tflite --data tones-data --features "
                             "tones.yaml -o tones-int8.tflite --json"),
                     DONE);
    result = result_of("quantise");
    assert_true(number(result, "accuracy") > 0.8);
    json_decref(result);
    assert_int_equal(kinglet("verify tones-int8.tflite --features tones.yaml --board mps2-an386 "
                             "-o tones-board"),
                     DONE);
    expect_text("exact");
    assert_int_equal(kinglet("quantise tones-model/model.tflite --inputs in --features tones.yaml "
                             "-o x.tflite"),
                     BAD);
    expect_text("files of --inputs hold features themselves");
    assert_int_equal(kinglet("train mlp --data tones-data --features mfcc"), BAD);
    expect_text("4000 samples per second, and the pipeline mfcc takes 16000");
}

/* A finished model on data that are only tested, by recording and by condition. */
static void test_evaluate(void **state)
{
    (void)state;
    assert_int_equal(shell("mkdir -p others/test && for f in high_1 high_3 low_2 low_4; do "
                           "cp tones/$f.csv others/test/${f}_near.csv; done && "
                           "cp tones/low_6.csv others/test/high_6_far.csv && "
                           "$K data import others -o others-data --pattern "
                           "'{split}/{label}_{group}_{place}' --source-rate 4000 "
                           "--classes high,low"),
                     DONE);
    static const char command[] = "evaluate tones-int8.tflite --data others-data --features "
                                  "tones.yaml --against tones-model/model.tflite";
    char text[300];
    snprintf(text, sizeof text, "%s --by place --hop 512 --json", command);
    assert_int_equal(kinglet("%s", text), DONE);
    json_t *result = result_of("evaluate");
    assert_int_equal(number(result, "items"), 15); /* three windows each */
    assert_int_equal(number(result, "rows"), 2);
    assert_true(fabs(number(result, "difference")) < 0.2);
    const json_t *far = json_array_get(json_object_get(result, "rows"), 0);
    const json_t *near = json_array_get(json_object_get(result, "rows"), 1);
    const double right = (double)(json_integer_value(json_object_get(far, "right")) +
                                  json_integer_value(json_object_get(near, "right")));
    assert_true(fabs(number(result, "accuracy") - right / 15.0) < 1e-9 && right > 8);
    assert_string_equal(json_string_value(json_object_get(far, "name")), "far");
    assert_string_equal(json_string_value(json_object_get(far, "class")), "high");
    assert_string_equal(json_string_value(json_object_get(far, "answer")), "low");
    assert_null(json_string_value(json_object_get(near, "class")));
    json_decref(result);
    snprintf(text, sizeof text, "%s --by group", command);
    assert_int_equal(kinglet("%s", text), DONE);
    expect_text("low, wrongly");
    assert_int_equal(kinglet("evaluate tones-int8.tflite --data others-data --features tones.yaml "
                             "--part train"),
                     BAD);
    expect_text("the part 'train' has no item");
    assert_int_equal(kinglet("evaluate tones-int8.tflite --data others-data --by room "
                             "--features tones.yaml"),
                     BAD);
    expect_text("no item has this tag");
    assert_int_equal(kinglet("evaluate tones-int8.tflite --data others-data --window 64"), BAD);
    assert_int_equal(kinglet("evaluate tones-int8.tflite"), BAD);
    expect_text("--data is missing");
    assert_int_equal(kinglet("evaluate tones-int8.tflite --data others-data --part some"), BAD);
    expect_text("train, validation, test or all");
}

/* Rows of several classes are neither right nor wrong. */
static void test_evaluate_rows(void **state)
{
    (void)state;
    assert_int_equal(kinglet("evaluate tones-int8.tflite --data others-data --features tones.yaml "
                             "--by place --hop 512 --json"),
                     DONE);
    json_t *result = result_of("evaluate");
    assert_int_equal(number(result, "rows"), 2);
    assert_int_equal(number(result, "rows.of_one_class"), 1);
    assert_int_equal(number(result, "rows.right"), 0);
    assert_int_equal(number(result, "groups"), 5);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(result, "features"), "samples")),
        "numbers of int16");
    json_decref(result);
    assert_int_equal(kinglet("evaluate tones-int8.tflite --data others-data --features tones.yaml "
                             "--by place --hop 512"),
                     DONE);
    expect_text("15 items of 5 groups: the interval takes them as independent");
    expect_text("0 of the 1 with items of one class are mostly answered rightly");
}

/* A data set without a split: the part is said, and all of it can be taken. */
static void test_evaluate_all(void **state)
{
    (void)state;
    assert_int_equal(kinglet("evaluate rings-model/model.tflite --data rings"), DONE);
    expect_text("the data set has no split: this part was made by a hash of the group");
    assert_int_equal(kinglet("evaluate rings-model/model.tflite --data rings --part all"), DONE);
    expect_text("all part: ");
    expect_text("of 300 items right");
}

/* What a model does is said when the data do not tell it. */
static void test_evaluate_tasks(void **state)
{
    static const struct {
        const char *train, *model;
    } detectors[] = {{"autoencoder --set units=16 --set code=2 --epochs 30 --rate 0.02", "tflite"},
                     {"k-means --set centres=12", "json"},
                     {"gmm --set components=6", "json"}};
    (void)state;
    assert_int_equal(shell("$K data import rings.csv -o both --kind table --label-column ring "
                           "--target-column radius"),
                     DONE);
    assert_int_equal(kinglet("evaluate values/model.tflite --data both"), BAD);
    expect_text("--task says what the model does");
    assert_int_equal(kinglet("evaluate values/model.tflite --data both --task values"), DONE);
    expect_text("mean squared error");
    assert_int_equal(kinglet("evaluate values/model.tflite --data radii"), DONE);
    expect_text("mean squared error");
    assert_int_equal(kinglet("evaluate values/model.tflite --data radii --task anomalies"), BAD);
    expect_text("have no classes");
    assert_int_equal(kinglet("evaluate values/model.tflite --data both --task numbers"), BAD);
    expect_text("--task is classes, values or anomalies");
    assert_int_equal(kinglet("evaluate values/model.tflite --data both --normal inner"), BAD);
    expect_text("--normal is for --task anomalies");
    for (size_t i = 0; i < sizeof detectors / sizeof detectors[0]; i++) {
        assert_int_equal(kinglet("train %s --data odd --task anomalies --normal inner -o detector "
                                 "--json",
                                 detectors[i].train),
                         DONE);
        json_t *result = result_of("train");
        const double auc = number(result, "test.auc");
        json_decref(result);
        assert_int_equal(kinglet("evaluate detector/model.%s --data odd --task anomalies --normal "
                                 "inner --json",
                                 detectors[i].model),
                         DONE);
        result = result_of("evaluate");
        assert_true(auc > 0.8 && fabs(number(result, "auc") - auc) < 1e-3);
        json_decref(result);
    }
}

static void finds_anomalies(const char *name, const char *setting, const char *error)
{
    assert_int_equal(
        kinglet("train %s --data odd --task anomalies --normal inner --set %s -o odd-model "
                "--json",
                name, setting),
        DONE);
    json_t *result = result_of("train");
    assert_true(number(result, "test.auc") > 0.9);
    assert_true(number(result, error) != 0);
    json_decref(result);
    assert_int_equal(kinglet("inspect odd-model/model.json"), DONE);
}

static void test_classical(void **state)
{
    (void)state;
    assert_int_equal(kinglet("train forest --data rings -o trees --json"), DONE);
    json_t *result = result_of("train");
    assert_true(number(result, "test.accuracy") > 0.9);
    json_decref(result);
    assert_int_equal(kinglet("inspect trees/model.json"), DONE);
    assert_int_equal(kinglet("train forest --data rings -o again"), DONE);
    assert_same_file("trees/model.json", "again/model.json");
    finds_anomalies("k-means", "centres=12", "test.mean_squared_error");
    finds_anomalies("gmm", "components=6", "test.negative_log_likelihood");
    assert_int_equal(kinglet("train gmm --data odd --task anomalies --set centres=2"), BAD);
    expect_text("has no parameter 'centres'; it has components");
    assert_int_equal(kinglet("train forest --data rings --epochs 3"), BAD);
    expect_text("--epochs is for networks; forest has no use for it");
    assert_int_equal(kinglet("train forest --data rings --balance"), BAD);
    expect_text("--balance is for networks");
    assert_int_equal(kinglet("train forest --data rings --cross-validate 3"), DONE);
    expect_text("of 300 items right");
    assert_int_equal(kinglet("train forest --data rings --set width=2"), BAD);
    expect_text("it has trees, depth and leaf");
    assert_int_equal(kinglet("train k-means --data rings"), BAD);
    expect_text("--task anomalies");
}

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(kinglet("train mlp"), BAD);
    expect_text("--data is missing");
    assert_int_equal(kinglet("train mlpp --data rings"), BAD);
    expect_text("neither a file nor a network of the zoo");
    assert_int_equal(kinglet("train mlp --data nothing"), BAD);
    assert_int_equal(kinglet("train ds-cnn --data rings"), BAD);
    expect_text("--shape gives their values other dimensions");
    assert_int_equal(kinglet("train mlp --data rings --set depth=3"), BAD);
    expect_text("no parameter 'depth'");
    assert_int_equal(kinglet("train mlp --data rings --optimiser newton"), BAD);
    expect_text("sgd, adam or adamw");
    assert_int_equal(kinglet("train mlp --data rings --shape 3x3"), BAD);
    expect_text("another number of values");
    assert_int_equal(kinglet("train mlp --data rings --mask 1x-1"), BAD);
    expect_text("--mask is up to three sizes");
    assert_int_equal(kinglet("train mlp --data rings --mask 3"), BAD);
    expect_text("larger than items of [2]");
    assert_int_equal(kinglet("train mlp --data rings --window 4"), BAD);
    expect_text("--window and --hop are for series");
    assert_int_equal(kinglet("train mlp --data rings --resume"), BAD);
    expect_text("--resume needs -o");
    assert_int_equal(shell("$K data import rings.csv -o more --kind table --label-column ring "
                           "--channels x,y --classes inner,outer,none"),
                     DONE);
    assert_int_equal(kinglet("train mlp --data more"), BAD);
    expect_text("class 'none' has no item to train on");
    assert_int_equal(kinglet("train mlp --data rings --epochs 20 --optimiser sgd --rate 100"),
                     FAILED);
    expect_text("no longer a number");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_classes, set_up),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_interrupt_and_resume),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_anomalies),
        cmocka_unit_test(test_from_and_folds),
        cmocka_unit_test(test_from_float_model),
        cmocka_unit_test(test_freeze_quantisation),
        cmocka_unit_test(test_split_seed),
        cmocka_unit_test(test_leaks),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_evaluate),
        cmocka_unit_test(test_evaluate_rows),
        cmocka_unit_test(test_evaluate_all),
        cmocka_unit_test(test_evaluate_tasks),
        cmocka_unit_test(test_classical),
        cmocka_unit_test(test_refusals),
    };
    return CLI_MAIN("train", tests);
}
