/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of every command: its envelope, and the keys that others rely on.
 * cli_json_test KINGLET */
#include "cli_driver.h"

#include <string.h>

#include "base/hash.h"

/* The n-th input of the result is this file, with its hash. */
static void expect_input(const json_t *result, size_t n, const char *path)
{
    char sha256[KL_SHA256_HEX_BYTES];
    const json_t *input = json_array_get(json_object_get(result, "inputs"), n);
    struct kl_arena *arena = kl_arena_create((size_t)32 << 20);
    assert_non_null(arena);
    struct kl_bytes file = read_bytes(path, arena);
    kl_sha256_hex(file.data, file.size, sha256);
    assert_string_equal(json_string_value(json_object_get(input, "path")), path);
    assert_string_equal(json_string_value(json_object_get(input, "sha256")), sha256);
    kl_arena_free(arena);
}

static bool is_ok(const json_t *result)
{
    return json_is_true(json_object_get(result, "ok"));
}

/* A metric with this unit and provenance; returns its whole number. */
static json_int_t count(const json_t *result, const char *name, const char *unit,
                        const char *provenance)
{
    const json_t *value = metric(result, name);
    const json_t *entry = json_object_get(json_object_get(result, "metrics"), name);
    if (!json_is_integer(value)) {
        fail_msg("%s is no whole number", name);
    }
    assert_string_equal(json_string_value(json_object_get(entry, "unit")), unit);
    assert_string_equal(json_string_value(json_object_get(entry, "provenance")), provenance);
    return json_integer_value(value);
}

/* Every metric of the result is complete, whatever it is called. */
static void check_all_metrics(json_t *result)
{
    const char *name;
    json_t *entry;
    json_object_foreach(json_object_get(result, "metrics"), name, entry)
    {
        assert_non_null(metric(result, name));
        assert_int_equal(json_object_size(entry), 3);
    }
}

static void test_inspect(void **state)
{
    (void)state;
    assert_int_equal(kinglet("inspect k.tflite --json"), DONE);
    json_t *result = result_of("inspect");
    check_all_metrics(result);
    expect_input(result, 0, "k.tflite");
    assert_true(is_ok(result));
    assert_true(count(result, "ram.arena", "bytes", "counted") > 0);
    const json_t *ops = json_object_get(result, "operators");
    assert_int_equal(json_array_size(ops), count(result, "operators", "1", "counted"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(ops, 0), "op")),
                        "CONV_2D");
    json_decref(result);
    assert_int_equal(kinglet("inspect k.tflite --json --dump-after remove-dead"), DONE);
    result = result_of("inspect");
    assert_non_null(strstr(json_string_value(json_object_get(result, "dump")), "= SOFTMAX"));
    json_decref(result);
}

static void test_run(void **state)
{
    (void)state;
    struct kl_arena *arena = kl_arena_create((size_t)32 << 20);
    assert_non_null(arena);
    struct kl_bytes expected = read_bytes("out", arena);
    assert_int_equal(kinglet("run k.tflite --input in --json"), DONE);
    json_t *result = result_of("run");
    check_all_metrics(result);
    expect_input(result, 0, "k.tflite");
    expect_input(result, 1, "in");
    const json_t *output = json_array_get(json_object_get(result, "outputs"), 0);
    const json_t *values = json_object_get(output, "values");
    assert_int_equal(json_array_size(values), expected.size);
    for (size_t i = 0; i < expected.size; i++) {
        assert_int_equal(json_integer_value(json_array_get(values, i)),
                         (signed char)expected.data[i]);
    }
    json_decref(result);
    kl_arena_free(arena);
}

static void test_compile(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --board rv32-virt -o c --json"), DONE);
    json_t *result = result_of("compile");
    check_all_metrics(result);
    expect_input(result, 0, "k.tflite");
    assert_string_equal(json_string_value(json_object_get(result, "board")), "rv32-virt");
    assert_true(count(result, "firmware.flash", "bytes", "counted") >
                count(result, "flash.constants", "bytes", "counted"));
    assert_true(count(result, "firmware.ram", "bytes", "counted") >
                count(result, "ram.arena", "bytes", "counted"));
    json_decref(result);
}

static void test_verify(void **state)
{
    (void)state;
    assert_int_equal(kinglet("verify k.tflite --board rv32-virt --cases 2 --json"), DONE);
    json_t *result = result_of("verify");
    check_all_metrics(result);
    assert_true(is_ok(result));
    assert_true(json_is_true(metric(result, "exact")));
    assert_int_equal(count(result, "compared", "1", "counted"), 24);
    assert_true(json_is_null(metric(result, "first_difference")));
    json_decref(result);
}

/* The board is right, the expectation is not: the result says both, and the status fails. */
static void test_verify_with_a_wrong_expectation(void **state)
{
    (void)state;
    assert_int_equal(kinglet("verify k.tflite --board mps2-an386 --input in --expect wrong --json"),
                     FAILED);
    json_t *result = result_of("verify");
    check_all_metrics(result);
    expect_input(result, 0, "k.tflite");
    assert_int_equal(json_array_size(json_object_get(result, "inputs")), 3);
    assert_false(is_ok(result));
    assert_true(json_is_true(metric(result, "exact")));
    assert_true(json_is_false(metric(result, "expected_ok")));
    assert_true(json_number_value(metric(result, "expected_difference")) == 1.0);
    json_decref(result);
}

static void check_layers(const json_t *result)
{
    static const char *const sums[] = {"macs", "instructions", "cycles"};
    const json_t *layers = json_object_get(result, "layers"), *layer;
    size_t i;
    assert_true(json_array_size(layers) >= 8);
    for (size_t k = 0; k < sizeof sums / sizeof sums[0]; k++) {
        json_int_t sum = 0;
        json_array_foreach(layers, i, layer)
        {
            assert_true(json_is_integer(json_object_get(layer, sums[k])));
            assert_true(json_is_string(json_object_get(layer, "op")));
            sum += json_integer_value(json_object_get(layer, sums[k]));
        }
        assert_int_equal(sum, json_integer_value(metric(result, sums[k])));
    }
}

static void test_profile(void **state)
{
    (void)state;
    for (size_t b = 0; boards[b]; b++) {
        assert_int_equal(kinglet("profile k.tflite --board %s --json", boards[b]), DONE);
        json_t *result = result_of("profile");
        check_all_metrics(result);
        expect_input(result, 0, "k.tflite");
        count(result, "instructions", "instructions", "counted");
        count(result, "cycles", "cycles", "modelled");
        json_int_t ram = count(result, "ram.arena", "bytes", "counted") +
                         count(result, "ram.data", "bytes", "counted") +
                         count(result, "ram.bss", "bytes", "counted") +
                         count(result, "ram.stack", "bytes", "counted");
        json_int_t flash = count(result, "flash.code", "bytes", "counted") +
                           count(result, "flash.constants", "bytes", "counted") +
                           count(result, "ram.data", "bytes", "counted");
        assert_int_equal(count(result, "ram.total", "bytes", "counted"), ram);
        assert_int_equal(count(result, "flash.total", "bytes", "counted"), flash);
        assert_true(count(result, "ram.stack", "bytes", "counted") > 0);
        check_layers(result);
        json_decref(result);
    }
}

static void test_boards(void **state)
{
    (void)state;
    assert_int_equal(kinglet("boards --json"), DONE);
    json_t *result = result_of("boards"), *board;
    size_t i, seen = 0;
    json_array_foreach(json_object_get(result, "boards"), i, board)
    {
        const char *name = json_string_value(json_object_get(board, "name"));
        seen += strcmp(name, boards[0]) == 0 || strcmp(name, boards[1]) == 0;
        assert_true(json_array_size(json_object_get(board, "sources")) > 0);
        assert_true(json_integer_value(json_object_get(board, "ram_bytes")) > 0);
    }
    assert_int_equal(seen, 2);
    json_decref(result);
}

/* An error is a message, not half a document. */
static void test_errors_print_no_json(void **state)
{
    (void)state;
    assert_int_equal(kinglet("run nowhere.tflite --input in --json"), BAD);
    assert_memory_equal(text(), "kinglet: nowhere.tflite", 23);
    assert_int_equal(kinglet("compile k.tflite --board mps2-an387 -o x --json"), BAD);
    assert_memory_equal(text(), "kinglet: ", 9);
}

/* A file name that is not UTF-8 must not break the document. */
static void test_names_that_are_not_utf8(void **state)
{
    (void)state;
    assert_int_equal(shell("f=$(printf 'a\\377\\\"b.tflite'); cp k.tflite \"$f\" && "
                           "$K inspect \"$f\" --json"),
                     DONE);
    json_error_t error;
    json_t *result = json_loads(text(), JSON_REJECT_DUPLICATES, &error);
    assert_non_null(result);
    const json_t *input = json_array_get(json_object_get(result, "inputs"), 0);
    assert_true(json_is_string(json_object_get(input, "path")));
    assert_int_equal(json_string_length(json_object_get(input, "sha256")), 64);
    json_decref(result);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inspect),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_compile),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_verify_with_a_wrong_expectation),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_boards),
        cmocka_unit_test(test_errors_print_no_json),
        cmocka_unit_test(test_names_that_are_not_utf8),
    };
    return CLI_MAIN("cli json", tests);
}
