/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model packs as a user makes and checks them: compile, pack info, check and engine, verify and
 * profile. cli_pack_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <string.h>

static json_int_t number(const json_t *result, const char *name)
{
    return json_integer_value(metric(result, name));
}

static void test_boards_execute_the_pack(void **state)
{
    (void)state;
    for (const char *const *board = boards; *board; board++) {
        assert_int_equal(
            kinglet("verify k.tflite --pack --board %s --input in --expect out", *board), DONE);
        expect_text("exact");
        expect_text("matches");
    }
}

/* The pack's records are few, and it needs hardly more instructions than the generated C. */
static void test_profile(void **state)
{
    (void)state;
    assert_int_equal(kinglet("profile k.tflite --pack --board mps2-an386 --json"), DONE);
    json_t *pack = result_of("profile");
    assert_int_equal(kinglet("profile k.tflite --kernels shared --board mps2-an386 --json"), DONE);
    json_t *source = result_of("profile");
    json_int_t instructions = number(pack, "instructions");
    assert_true(instructions > number(source, "instructions"));
    assert_true(instructions < number(source, "instructions") * 105 / 100);
    assert_int_equal(number(pack, "ram.arena"), number(source, "ram.arena"));
    assert_in_range(number(pack, "pack.record_bytes"), 80, 4000);
    json_decref(pack);
    json_decref(source);
}

static void test_compile_and_info(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --pack --board mps2-an386 -o p --json"), DONE);
    json_t *compiled = result_of("compile");
    assert_int_equal(kinglet("pack info p/model.klm --json"), DONE);
    json_t *info = result_of("pack info");
    assert_int_equal(number(info, "pack.bytes"), number(compiled, "pack.bytes"));
    assert_int_equal(number(info, "ram.arena"), number(compiled, "ram.arena"));
    assert_string_equal(json_string_value(json_object_get(info, "name")), "k");
    assert_int_equal(json_array_size(json_object_get(info, "model_inputs")), 1);
    json_decref(compiled);
    json_decref(info);
    assert_int_equal(kinglet("pack info p/model.klm"), DONE);
    expect_text("SOFTMAX_S8");
    expect_text("int8 [1, 49, 10, 1]");
}

/* An engine without a kernel is refused by name, whatever the form of its manifest. */
static void test_check_against_a_firmware(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --pack --board mps2-an386 -o p"), DONE);
    assert_int_equal(kinglet("pack check p/model.klm --engine p/firmware/firmware.elf"), DONE);
    assert_int_equal(shell("$K pack engine p/firmware/firmware.elf > engine.json"), 0);
    assert_int_equal(kinglet("pack check p/model.klm --engine engine.json"), DONE);
    assert_int_equal(shell("sed 's/SOFTMAX_S8/GONE/' engine.json > less.json"), 0);
    assert_int_equal(kinglet("pack check p/model.klm --engine less.json"), FAILED);
    expect_text("lacks kernels that the pack needs: SOFTMAX_S8");
    assert_int_equal(shell("sed 's/\"arena_bytes\": /&1, \"was\": /' engine.json > small.json"), 0);
    assert_int_equal(kinglet("pack check p/model.klm --engine small.json"), FAILED);
    expect_text("the firmware has 1");
    assert_int_equal(shell("sed 's/\"abi\": 1/\"abi\": 2/' engine.json > other.json"), 0);
    assert_int_equal(kinglet("compile k.tflite --pack --board mps2-an386 -o q --no-build "
                             "--engine other.json"),
                     FAILED);
    expect_text("ABI");
    assert_int_equal(shell("test ! -e q/model.klm"), 0);
}

static void test_what_is_no_pack_or_engine(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --pack --board mps2-an386 -o p --no-build"), DONE);
    assert_int_equal(kinglet("pack info k.tflite"), BAD);
    expect_text("not a model pack");
    assert_int_equal(kinglet("inspect p/model.klm"), BAD);
    expect_text("p/model.klm: a model pack, which is compiled already");
    assert_int_equal(shell("head -c 600 p/model.klm > half.klm"), 0);
    assert_int_equal(kinglet("pack check half.klm"), BAD);
    expect_text("truncated");
    assert_int_equal(kinglet("pack check p/model.klm --engine k.tflite"), BAD);
    expect_text("neither an ELF file nor JSON");
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o p --engine k.tflite"), BAD);
    expect_text("add --pack");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boards_execute_the_pack),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_compile_and_info),
        cmocka_unit_test(test_check_against_a_firmware),
        cmocka_unit_test(test_what_is_no_pack_or_engine),
    };
    return CLI_MAIN("pack", tests);
}
