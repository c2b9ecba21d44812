/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `kinglet select` and `kinglet boards` as a user calls them, and what the other commands say of
 * boards that have no port. cli_select_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two real boards that are counted on the two emulated ones, to keep the test short. */
static const char two_boards[] = "--board nano-33-ble-sense --board gd32vf103";

static json_t *select_json(const char *words)
{
    assert_int_equal(kinglet("select k.tflite %s %s --json", two_boards, words), DONE);
    return result_of("select");
}

/* Counts are kept in the test's folder, not in the user's. */
static void use_own_cache(void)
{
    char here[1024];
    char cache[1100];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(cache, sizeof cache, "%s/cache", here);
    setenv("XDG_CACHE_HOME", cache, 1);
}

static const json_t *row(const json_t *result, size_t index)
{
    return json_array_get(json_object_get(result, "boards"), index);
}

static void test_select_counts_and_scores(void **state)
{
    (void)state;
    use_own_cache();
    json_t *result = select_json("--no-cache");
    assert_int_equal(json_integer_value(metric(result, "candidates")), 2);
    assert_int_equal(json_array_size(json_object_get(result, "matrix")), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *ram = json_object_get(row(result, i), "ram");
        const json_t *latency = json_object_get(row(result, i), "latency");
        assert_string_equal(json_string_value(json_object_get(ram, "provenance")), "counted");
        assert_true(json_integer_value(json_object_get(ram, "value")) > 0);
        assert_true(json_number_value(json_object_get(latency, "value")) > 0);
    }
    assert_true(json_number_value(json_object_get(row(result, 0), "total")) >=
                json_number_value(json_object_get(row(result, 1), "total")));
    json_decref(result);
}

/* What `profile` counts on the emulated board is what `select` takes for the board's core. */
static void check_agreement(const char *in_profile, const char *in_select)
{
    assert_int_equal(kinglet("profile k.tflite --board mps2-an386 %s --json", in_profile), DONE);
    json_t *profile = result_of("profile");
    assert_int_equal(kinglet("select k.tflite --board mps2-an386 --no-cache %s --json", in_select),
                     DONE);
    json_t *result = result_of("select");
    assert_int_equal(json_integer_value(metric(result, "winner.ram")),
                     json_integer_value(metric(profile, "ram.total")));
    assert_int_equal(json_integer_value(metric(result, "winner.flash")),
                     json_integer_value(metric(profile, "flash.total")));
    double cycles = json_number_value(metric(result, "winner.latency")) * 25e6;
    double counted = (double)json_integer_value(metric(profile, "cycles"));
    assert_true(cycles > counted - 0.5 && cycles < counted + 0.5);
    json_decref(result);
    json_decref(profile);
}

static void test_select_agrees_with_profile(void **state)
{
    (void)state;
    check_agreement("", "");
    check_agreement("--features mfcc", "--pipeline mfcc");
}

/* The cache gives the same result, and damage to it costs time only. */
static void test_the_cache_changes_nothing(void **state)
{
    (void)state;
    json_t *fresh = select_json("--no-cache");
    json_t *first = select_json("");
    assert_int_equal(shell("test $(ls cache/kinglet/cores | wc -l) = 2"), 0);
    json_t *second = select_json("");
    assert_int_equal(shell("for f in cache/kinglet/cores/*; do sed -i 's/: [1-9]/: \"x/' $f; done"),
                     0);
    json_t *third = select_json("");
    assert_int_equal(shell("for f in cache/kinglet/cores/*; do : >$f; done"), 0);
    json_t *fourth = select_json("");
    assert_true(json_equal(fresh, first));
    assert_true(json_equal(first, second));
    assert_true(json_equal(first, third));
    assert_true(json_equal(first, fourth));
    assert_int_equal(shell("grep -q '\"arena\": [1-9]' cache/kinglet/cores/*"), 0);
    json_decref(fresh);
    json_decref(first);
    json_decref(second);
    json_decref(third);
    json_decref(fourth);
}

/* Without compilers the plan is all that is known: arena and constants. */
static void test_without_compilers_memory_is_estimated(void **state)
{
    (void)state;
    assert_int_equal(shell("PATH=/nowhere $K select k.tflite --board nano-33-ble-sense --board "
                           "esp32-devkitc --no-cache --json"),
                     DONE);
    json_t *result = result_of("select");
    assert_int_equal(kinglet("inspect k.tflite --json"), DONE);
    json_t *inspect = result_of("inspect");
    for (size_t i = 0; i < 2; i++) {
        const json_t *ram = json_object_get(row(result, i), "ram");
        const json_t *latency = json_object_get(row(result, i), "latency");
        assert_string_equal(json_string_value(json_object_get(ram, "provenance")), "estimated");
        assert_true(json_integer_value(json_object_get(ram, "value")) >
                    json_integer_value(metric(inspect, "ram.arena")));
        assert_true(json_is_null(json_object_get(latency, "value")));
    }
    json_decref(inspect);
    json_decref(result);
}

static void test_limits_exclude_with_a_sentence(void **state)
{
    (void)state;
    assert_int_equal(kinglet("select k.tflite %s --sensors microphone", two_boards), DONE);
    expect_text("excluded");
    expect_text("gd32vf103          sensors: microphone is needed, the board has none");
    expect_text("nano-33-ble-sense");
    assert_int_equal(kinglet("select k.tflite %s --ram 1KiB --json", two_boards), FAILED);
    json_t *result = result_of("select");
    assert_true(json_is_null(json_object_get(result, "winner")));
    json_decref(result);
    expect_text("the limit is 1 KiB");
}

static void test_a_page_is_written(void **state)
{
    (void)state;
    assert_int_equal(kinglet("select k.tflite %s --page choice.html", two_boards), DONE);
    expect_text("wrote choice.html");
    assert_int_equal(shell("grep -q 'Decision matrix' choice.html && grep -q '<svg' choice.html"),
                     0);
    assert_int_equal(kinglet("select k.tflite %s --page new/folder/x.html", two_boards), DONE);
    assert_int_equal(shell("cmp choice.html new/folder/x.html"), 0);
    assert_int_equal(kinglet("select k.tflite %s --page k.tflite/x.html", two_boards), BAD);
}

/* A measurement in the board's file takes the place of the model. */
static void test_history_replaces_the_model(void **state)
{
    (void)state;
    assert_int_equal(shell("{ cat \"" KINGLET_SOURCE_DIR
                           "/boards/nano-33-ble-sense.yaml\"; echo 'history:'; printf '  - {model: "
                           "%s, latency: 12.5 ms, date: 2026-11-23, by: Jane Doe}\\n' "
                           "$(sha256sum k.tflite | cut -c1-12); } >mine.yaml"),
                     0);
    assert_int_equal(kinglet("select k.tflite --board mine.yaml --json"), DONE);
    json_t *result = result_of("select");
    assert_true(json_number_value(metric(result, "winner.latency")) == 0.0125);
    const json_t *latency = json_object_get(row(result, 0), "latency");
    assert_string_equal(json_string_value(json_object_get(latency, "provenance")), "measured");
    assert_int_equal(json_array_size(json_object_get(result, "inputs")), 2);
    json_decref(result);
    assert_int_equal(kinglet("boards mine.yaml"), DONE);
    expect_text("latency 12.5 ms");
}

static void test_a_playbook_asks(void **state)
{
    (void)state;
    write_words("playbook.yaml", "playbook: 1\n"
                                 "product: {name: p, title: P, version: 0.1.0}\n"
                                 "requirements: {latency: 2 s, ram: 32 KiB}\n"
                                 "chapters:\n"
                                 "  hardware:\n"
                                 "    need: {radios: [ble]}\n"
                                 "    models: [k.tflite]\n"
                                 "    candidates: [nano-33-ble-sense, gd32vf103]\n"
                                 "    weights: {cost: 1, memory: 2}\n");
    assert_int_equal(kinglet("select --json"), DONE);
    json_t *result = result_of("select");
    assert_string_equal(json_string_value(json_object_get(result, "winner")), "nano-33-ble-sense");
    assert_int_equal(json_integer_value(metric(result, "excluded")), 1);
    json_decref(result);
    assert_int_equal(kinglet("select playbook.yaml --ram 1KiB"), FAILED);
    expect_text("the limit is 1 KiB");
    assert_int_equal(kinglet("select playbook.yaml k.tflite"), BAD);
    expect_text("behind a playbook");
    assert_int_equal(shell("sed -i '/models/d' playbook.yaml"), 0);
    assert_int_equal(kinglet("select ."), BAD);
    expect_text("chapters.hardware.models");
    assert_int_equal(shell("rm playbook.yaml"), 0);
}

static void test_bad_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *command, *message;
    } bad[] = {
        {"select", "playbook.yaml"},
        {"select nowhere.tflite", "nowhere.tflite"},
        {"select k.tflite --latency 20KiB", "--latency takes a time such as 20 ms, not '20KiB'"},
        {"select k.tflite --ram -1KiB", "--ram takes a size"},
        {"select k.tflite --ram 5GiB", "--ram takes a size"},
        {"select k.tflite --sensors mikrophone", "did you mean 'microphone'?"},
        {"select k.tflite --price 10-to-26", "did you mean '10-to-25'?"},
        {"select k.tflite --weight csot=1", "did you mean 'cost'?"},
        {"select k.tflite --weight cost", "--weight takes NAME=NUMBER"},
        {"select k.tflite --weight cost=-1", "--weight takes NAME=NUMBER"},
        {"select k.tflite --usable 110%", "at most 100%"},
        {"select k.tflite --board nano-33-ble-sence", "did you mean 'nano-33-ble-sense'?"},
        {"select k k k k k k k k k", "unexpected argument 'k'"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (kinglet("%s", bad[i].command) != BAD) {
            fail_msg("'%s' was accepted: %s", bad[i].command, text());
        }
        expect_text(bad[i].message);
    }
}

static void test_boards_show_facts_and_sources(void **state)
{
    (void)state;
    assert_int_equal(kinglet("boards"), DONE);
    expect_text("emulated: ");
    expect_text("real: ");
    expect_text("nano-33-ble-sense");
    assert_int_equal(kinglet("boards nano-33-ble-sense"), DONE);
    expect_text("no firmware port yet");
    expect_text("unchecked");
    expect_text("compared on ");
    assert_int_equal(kinglet("boards nano-33-ble-sense --json"), DONE);
    json_t *result = result_of("boards");
    const json_t *clock = json_object_get(json_object_get(row(result, 0), "facts"), "clock");
    assert_true(json_number_value(json_object_get(clock, "value")) == 64e6);
    assert_string_equal(json_string_value(json_object_get(clock, "unit")), "Hz");
    assert_string_equal(json_string_value(json_object_get(clock, "provenance")), "datasheet");
    json_decref(result);
}

/* C files for any board; firmware only where there is a port. */
static void test_boards_without_a_port(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --board nano-33-ble-sense -o real --no-build"),
                     DONE);
    assert_int_equal(kinglet("compile k.tflite --board esp32-devkitc -o real --no-build"), DONE);
    static const char *const commands[] = {"compile k.tflite -o real2", "verify k.tflite",
                                           "profile k.tflite"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        assert_int_equal(kinglet("%s --board nano-33-ble-sense", commands[i]), BAD);
        expect_text("nano-33-ble-sense: kinglet has no firmware port for this board yet");
        expect_text("kinglet select");
        assert_int_equal(kinglet("%s --board esp32-devkitc", commands[i]), BAD);
        expect_text("no compiler");
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_select_counts_and_scores),
        cmocka_unit_test(test_select_agrees_with_profile),
        cmocka_unit_test(test_the_cache_changes_nothing),
        cmocka_unit_test(test_without_compilers_memory_is_estimated),
        cmocka_unit_test(test_limits_exclude_with_a_sentence),
        cmocka_unit_test(test_a_page_is_written),
        cmocka_unit_test(test_history_replaces_the_model),
        cmocka_unit_test(test_a_playbook_asks),
        cmocka_unit_test(test_bad_requests_are_refused),
        cmocka_unit_test(test_boards_show_facts_and_sources),
        cmocka_unit_test(test_boards_without_a_port),
    };
    return CLI_MAIN("cli-select", tests);
}
