/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program as a user calls it, on a small model of the suite's own writer: results, exit
 * statuses, JSON, and what happens with wrong input. cli_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <string.h>

#include "onnx_writer.h"
#include "tflite_writer.h"

static void test_run_gives_the_expected_output(void **state)
{
    (void)state;
    assert_int_equal(kinglet("run k.tflite --input in --output own"), DONE);
    assert_same_file("own", "out");
    assert_int_equal(kinglet("run k.tflite --input in --repeat 3 --json"), DONE);
    json_t *result = result_of("run");
    assert_true(json_array_size(json_object_get(result, "inputs")) >= 2);
    json_decref(result);
}

static void test_inspect_shows_the_model(void **state)
{
    (void)state;
    assert_int_equal(kinglet("inspect k.tflite"), DONE);
    expect_text("DEPTHWISE_CONV_2D");
    expect_text("SOFTMAX");
    assert_null(strstr(text(), " \n"));
    assert_int_equal(kinglet("inspect k.tflite --json"), DONE);
    json_t *result = result_of("inspect");
    assert_int_equal(json_integer_value(metric(result, "unsupported")), 0);
    assert_true(json_integer_value(metric(result, "macs")) > 0);
    json_decref(result);
}

/* All at once, by name; and no other command takes the model. */
static void test_unsupported_operators_are_named(void **state)
{
    (void)state;
    struct kt_model *model = kt_model_create("unsupported operators");
    int32_t t[5];
    for (int32_t i = 0; i < 5; i++) {
        t[i] = kt_tensor_add(model, "t", KT_F32, KT_LIST(1, 4));
    }
    kt_op_add1(model, KT_CUMSUM, kt_options_default(), KT_LIST(t[0], t[1]), t[2]);
    kt_op_add1(model, KT_CUMSUM, kt_options_default(), KT_LIST(t[2], t[1]), t[4]);
    int32_t custom = kt_op_add1(model, KT_CUSTOM, kt_options_default(), KT_LIST(t[4]), t[3]);
    kt_op_at(model, custom)->custom_code = "Wings";
    kt_inputs(model, KT_LIST(t[0], t[1]));
    kt_outputs(model, KT_LIST(t[3]));
    write_bytes("u.tflite", kt_write(model));
    kt_model_free(model);
    assert_int_equal(kinglet("inspect u.tflite"), FAILED);
    expect_text("CUMSUM x2 (operators 0, 1): ");
    expect_text("operator 2 (CUSTOM:Wings): ");
    assert_int_equal(kinglet("compile u.tflite --board mps2-an386 -o u"), BAD);
    expect_text("CUMSUM");
}

/* The same of an ONNX file, whose graph cannot be shown. */
static void test_refused_nodes_are_listed(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 4));
    kt_onnx_node(m, "", "Unfold", KT_NAMES("x", "->", "y"));
    kt_onnx_node(m, "com.example", "Wings", KT_NAMES("y", "->", "z"));
    kt_onnx_output(m, "z");
    write_bytes("u.onnx", kt_onnx_pack(m));
    kt_onnx_free(m);
    assert_int_equal(kinglet("inspect u.onnx"), FAILED);
    expect_text("Unfold");
    expect_text("com.example.Wings");
    assert_int_equal(kinglet("inspect u.onnx --json"), FAILED);
    json_t *result = result_of("inspect");
    json_t *second = json_array_get(json_object_get(result, "unsupported"), 1);
    assert_int_equal(json_integer_value(metric(result, "unsupported")), 2);
    assert_string_equal(json_string_value(json_object_get(second, "op")), "Wings");
    assert_int_equal(json_integer_value(json_object_get(second, "index")), 1);
    json_decref(result);
    assert_int_equal(kinglet("compile u.onnx --board mps2-an386 -o u"), BAD);
    expect_text("Unfold");
}

static void test_compile_is_reproducible(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o a --no-build"), DONE);
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o b --no-build"), DONE);
    assert_same_file("a/model.c", "b/model.c");
    assert_same_file("a/model.h", "b/model.h");
}

/* What is written computes the same, and is written the same again. */
static void test_export_keeps_the_results(void **state)
{
    (void)state;
    assert_int_equal(kinglet("export k.tflite -o e1.tflite --json"), DONE);
    json_t *result = result_of("export");
    assert_true(json_integer_value(metric(result, "operators")) > 0);
    json_decref(result);
    assert_int_equal(kinglet("export e1.tflite -o e2.tflite"), DONE);
    assert_same_file("e1.tflite", "e2.tflite");
    assert_int_equal(kinglet("run e1.tflite --input in --output own"), DONE);
    assert_same_file("own", "out");
    assert_int_equal(kinglet("export k.tflite -o e3.tflite --optimise"), DONE);
    assert_int_equal(kinglet("run e3.tflite --input in --output own"), DONE);
    assert_same_file("own", "out");
    assert_int_equal(kinglet("export k.tflite"), BAD);
    expect_text("-o OUT.tflite is missing");
}

static void test_export_names_what_a_file_cannot_hold(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 4));
    kt_onnx_node(m, "", "Erf", KT_NAMES("x", "->", "y"));
    kt_onnx_node(m, "", "Softplus", KT_NAMES("y", "->", "z"));
    kt_onnx_output(m, "z");
    write_bytes("erf.onnx", kt_onnx_pack(m));
    kt_onnx_free(m);
    assert_int_equal(kinglet("export erf.onnx -o e.tflite"), BAD);
    expect_text("ERF (TFLite has no such operator), SOFTPLUS (");
}

/* A float layer becomes one of integers; everything else is said. */
static void test_quantise_says_how_close_it_is(void **state)
{
    (void)state;
    struct kt_onnx *m = kt_onnx_create(13, 0);
    float inputs[8] = {0.5f, -1, 0.25f, 2, 1, 0.75f, -0.5f, 0};
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 4));
    kt_onnx_node(m, "", "Relu", KT_NAMES("x", "->", "y"));
    kt_onnx_node(m, "", "Erf", KT_NAMES("y", "->", "z"));
    kt_onnx_output(m, "z");
    write_bytes("f.onnx", kt_onnx_pack(m));
    kt_onnx_free(m);
    write_bytes("f.bin", (struct kl_bytes){(const unsigned char *)inputs, sizeof inputs});
    assert_int_equal(kinglet("quantise f.onnx --inputs f.bin -o q.tflite"), BAD);
    expect_text("ERF (TFLite has no such operator)");
    assert_int_equal(kinglet("quantise k.tflite --inputs in -o q.tflite"), BAD);
    expect_text("nothing to quantise");
    assert_int_equal(kinglet("quantise f.onnx --inputs short -o q.tflite"), BAD);
    expect_text("no whole number of inputs");
    assert_int_equal(kinglet("quantise f.onnx --inputs f.bin -o q.tflite --method best"), BAD);
    expect_text("there are minmax, percentile, mse and entropy");
    assert_int_equal(kinglet("quantise f.onnx --data nowhere -o q.tflite"), BAD);
    m = kt_onnx_create(13, 0);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 4));
    kt_onnx_node(m, "", "Relu", KT_NAMES("x", "->", "y"));
    kt_onnx_node(m, "", "Sin", KT_NAMES("y", "->", "z"));
    kt_onnx_output(m, "z");
    write_bytes("s.onnx", kt_onnx_pack(m));
    kt_onnx_free(m);
    assert_int_equal(kinglet("quantise s.onnx --inputs f.bin -o q.tflite --layers"), DONE);
    expect_text("stays float: operator 1 (SIN)");
    expect_text("outputs: nothing was compared, since none is of integers");
    assert_int_equal(kinglet("inspect q.tflite"), DONE);
    assert_int_equal(kinglet("quantise s.onnx --inputs f.bin -o q.tflite --json"), DONE);
    json_t *result = result_of("quantise");
    assert_int_equal(json_integer_value(metric(result, "calibration.items")), 2);
    assert_int_equal(json_integer_value(metric(result, "operators.integer")), 1);
    assert_int_equal(json_array_size(json_object_get(result, "layers")), 1);
    json_decref(result);
}

/* Ranges, comparison and accuracy from the parts of a data set. */
static void test_quantise_takes_a_data_set(void **state)
{
    (void)state;
    enum { ROWS = 200, ROW_BYTES = 64 };
    char rows[ROWS * ROW_BYTES];
    size_t used = 0;
    for (int i = 0; i < ROWS; i++) {
        int label = i % 4;
        used +=
            (size_t)snprintf(rows + used, sizeof rows - used, "%d.%d,%d.25,%d.5,%d.%d,c%d\n",
                             label == 0, i % 7, label == 1, label == 2, label == 3, i % 5, label);
    }
    write_bytes("rows.csv", (struct kl_bytes){(const unsigned char *)rows, used});
    assert_int_equal(kinglet("data import rows.csv -o rows --kind table --label-column last"),
                     DONE);
    struct kt_onnx *m = kt_onnx_create(13, 0);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 4));
    kt_onnx_node(m, "", "Relu", KT_NAMES("x", "->", "y"));
    kt_onnx_output(m, "y");
    write_bytes("r.onnx", kt_onnx_pack(m));
    kt_onnx_free(m);
    if (kinglet("quantise r.onnx --data rows -o q.tflite --items 20 --json") == BAD) {
        expect_text("-DKINGLET_LEARN=ON");
        skip();
    }
    json_t *result = result_of("quantise");
    assert_int_equal(json_integer_value(metric(result, "calibration.items")), 20);
    assert_true(json_integer_value(metric(result, "test.items")) > 10);
    assert_true(json_real_value(metric(result, "accuracy.float")) == 1.0);
    assert_true(json_real_value(metric(result, "accuracy")) == 1.0);
    assert_true(json_real_value(metric(result, "accuracy.difference")) == 0.0);
    const json_t *data = json_object_get(result, "data");
    assert_true(json_is_true(json_object_get(data, "split_here")));
    assert_true(json_is_true(json_object_get(data, "test_read")));
    assert_int_equal(json_string_length(json_object_get(data, "version")), 64);
    assert_string_equal(json_string_value(json_object_get(result, "compared_on")),
                        "validation examples");
    json_decref(result);
    assert_int_equal(kinglet("quantise r.onnx --data rows -o q.tflite --no-test --seed 3 --json"),
                     DONE);
    result = result_of("quantise");
    data = json_object_get(result, "data");
    assert_int_equal(json_integer_value(json_object_get(data, "seed")), 3);
    assert_true(json_is_false(json_object_get(data, "test_read")));
    assert_null(json_object_get(json_object_get(result, "metrics"), "accuracy"));
    json_decref(result);
    assert_int_equal(kinglet("quantise r.onnx --data rows -o q.tflite --inputs in"), BAD);
    expect_text("--data is instead of");
}

static void test_verify_is_exact_on_every_board(void **state)
{
    (void)state;
    for (size_t i = 0; boards[i]; i++) {
        int status =
            kinglet("verify k.tflite --board %s --input in --expect out --json", boards[i]);
        json_t *result = result_of("verify");
        assert_int_equal(status, DONE);
        assert_true(json_is_true(metric(result, "exact")));
        assert_true(json_integer_value(metric(result, "compared")) > 0);
        assert_true(json_is_null(metric(result, "first_difference")));
        json_decref(result);
        assert_int_equal(kinglet("verify k.tflite --board %s --seed 5 --cases 2", boards[i]), DONE);
    }
}

static void test_verify_finds_a_wrong_expectation(void **state)
{
    (void)state;
    const char *command = "verify k.tflite --board mps2-an386 --input in --expect wrong";
    assert_int_equal(kinglet("%s", command), FAILED);
    assert_int_equal(kinglet("%s --json", command), FAILED);
}

/* The counts of two runs are the same, and the parts fit the whole. */
static void test_profile_counts_exactly(void **state)
{
    (void)state;
    static const char *const names[] = {"cycles",     "ram.arena",       "ram.data",
                                        "ram.bss",    "ram.stack",       "ram.total",
                                        "flash.code", "flash.constants", "flash.total"};
    for (size_t b = 0; boards[b]; b++) {
        json_int_t instructions[2] = {0}, parts = 0;
        for (int run = 0; run < 2; run++) {
            assert_int_equal(kinglet("profile k.tflite --board %s --input in --json", boards[b]),
                             DONE);
            json_t *result = result_of("profile"), *layer;
            size_t i;
            instructions[run] = json_integer_value(metric(result, "instructions"));
            parts = 0;
            json_array_foreach(json_object_get(result, "layers"), i, layer)
            {
                assert_true(json_is_string(json_object_get(layer, "op")));
                assert_true(json_integer_value(json_object_get(layer, "cycles")) > 0);
                assert_true(json_is_integer(json_object_get(layer, "macs")));
                parts += json_integer_value(json_object_get(layer, "instructions"));
            }
            for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                assert_true(json_integer_value(metric(result, names[i])) >= 0);
            }
            json_decref(result);
        }
        assert_true(instructions[0] > 0 && instructions[0] == instructions[1]);
        assert_true(parts > 0 && parts <= instructions[0]);
    }
}

static void test_what_does_not_fit_says_both_numbers(void **state)
{
    (void)state;
    static const struct {
        int flash, ram;
        const char *what, *number;
    } sizes[] = {{1 << 20, 8192, "RAM", "8192"}, {6144, 1 << 20, "flash", "6144"}};
    for (size_t i = 0; i < 2; i++) {
        write_tiny_board(sizes[i].flash, sizes[i].ram);
        assert_int_equal(kinglet("compile k.tflite --board tiny.yaml -o tiny%d", (int)i), FAILED);
        expect_text("does not fit");
        expect_text(sizes[i].what);
        expect_text(sizes[i].number);
    }
}

static void test_bad_usage_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *command, *message;
    } bad[] = {
        {"", "usage"},
        {"sing k.tflite", "sing"},
        {"run", ""},
        {"run nowhere.tflite --input in", "nowhere.tflite"},
        {"run in --input in", "in"},
        {"run k.tflite", "--input"},
        {"run k.tflite --input short", "short"},
        {"run k.tflite --input in --input in", "--input"},
        {"run k.tflite --input in --wings", "--wings"},
        {"verify k.tflite --board mps2-an3866", "mps2-an386"},
        {"verify k.tflite --board mps2-an386 --input short", "short"},
        {"compile k.tflite --board mps2-an386", "-o"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int status = kinglet("%s", bad[i].command);
        if (status != BAD) {
            fail_msg("'kinglet %s' ended with %d: %s", bad[i].command, status, text());
        }
        expect_text(bad[i].message);
    }
}

static void test_help_is_no_error(void **state)
{
    (void)state;
    static const char *const commands[] = {"inspect", "run",     "compile",
                                           "verify",  "profile", "boards"};
    assert_int_equal(kinglet("--help"), DONE);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        expect_text(commands[i]);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        assert_int_equal(kinglet("%s --help", commands[i]), DONE);
        expect_text("--json");
        assert_int_equal(kinglet("help %s", commands[i]), DONE);
        expect_text("--json");
    }
    assert_int_equal(kinglet("boards rv32-virt"), DONE);
    expect_text("sources");
    assert_int_equal(kinglet("boards --json"), DONE);
    json_decref(result_of("boards"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_gives_the_expected_output),
        cmocka_unit_test(test_inspect_shows_the_model),
        cmocka_unit_test(test_unsupported_operators_are_named),
        cmocka_unit_test(test_refused_nodes_are_listed),
        cmocka_unit_test(test_compile_is_reproducible),
        cmocka_unit_test(test_export_keeps_the_results),
        cmocka_unit_test(test_export_names_what_a_file_cannot_hold),
        cmocka_unit_test(test_quantise_says_how_close_it_is),
        cmocka_unit_test(test_quantise_takes_a_data_set),
        cmocka_unit_test(test_verify_is_exact_on_every_board),
        cmocka_unit_test(test_verify_finds_a_wrong_expectation),
        cmocka_unit_test(test_profile_counts_exactly),
        cmocka_unit_test(test_what_does_not_fit_says_both_numbers),
        cmocka_unit_test(test_bad_usage_is_refused),
        cmocka_unit_test(test_help_is_no_error),
    };
    return CLI_MAIN("cli", tests);
}
