/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, folders and streams that are not as they should be: each gets one message that
 * names it and the right exit status, and leaves nothing behind. cli_files_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The commands that take a model, with options that are right. */
static const char *const uses[] = {
    "inspect %s",
    "run %s --input in",
    "compile %s --board mps2-an386 -o never",
    "verify %s --board mps2-an386",
    "profile %s --board rv32-virt",
};

/* One line, which begins with the program's name and contains the words. */
static void expect_message(const char *words)
{
    const char *end = strchr(text(), '\n');
    assert_memory_equal(text(), "kinglet: ", 9);
    assert_true(end && end[1] == '\0');
    expect_text(words);
}

/* Every command refuses the model with these words. */
static void model_is_refused(const char *model, const char *words)
{
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        char command[256];
        /* The formats are the constants above. */
        const char *hole = strstr(uses[i], "%s");
        snprintf(command, sizeof command, "%.*s%s%s", (int)(hole - uses[i]), uses[i], model,
                 hole + 2);
        assert_int_equal(kinglet("%s", command), BAD);
        expect_message(words);
    }
    assert_int_equal(access("never", F_OK), -1);
}

static void test_models_that_are_none(void **state)
{
    (void)state;
    model_is_refused("nowhere.tflite", "nowhere.tflite: cannot open: No such file");
    write_words("empty.tflite", "");
    model_is_refused("empty.tflite", "empty.tflite: ");
    model_is_refused(".", ".: not a regular file");
    model_is_refused("k.tflite/x", "k.tflite/x: cannot open: Not a directory");
    model_is_refused("/dev/null", "/dev/null: not a regular file");
    write_words("text.tflite", "This is a letter, not a model. It is long enough to be one.\n");
    model_is_refused("text.tflite", "text.tflite: neither a TensorFlow Lite model");
}

/* A pipe that nobody writes to must not hang the program. */
static void test_a_pipe_is_no_model(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("pipe.tflite", 0600), 0);
    model_is_refused("pipe.tflite", "pipe.tflite: not a regular file");
    assert_int_equal(kinglet("run k.tflite --input pipe.tflite"), BAD);
    expect_message("pipe.tflite: not a regular file");
}

static void test_half_a_model(void **state)
{
    (void)state;
    assert_int_equal(shell("head -c 1000 k.tflite > half.tflite"), 0);
    model_is_refused("half.tflite", "half.tflite: ");
}

static void test_files_without_permission(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        skip(); /* nothing is forbidden to root */
    }
    assert_int_equal(shell("cp k.tflite locked.tflite && chmod 000 locked.tflite"), 0);
    model_is_refused("locked.tflite", "locked.tflite: cannot open: Permission denied");
    assert_int_equal(mkdir("locked", 0555), 0);
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o locked --no-build"), BAD);
    expect_text("locked");
    assert_int_equal(kinglet("run k.tflite --input in --output locked/out"), BAD);
    expect_text("locked/out");
}

static void test_output_folders_that_cannot_be(void **state)
{
    (void)state;
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o in"), BAD);
    expect_text("in: cannot create folder: a file of that name is in the way");
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o in/deeper --no-build"), BAD);
    expect_text("in: cannot create folder");
    assert_int_equal(kinglet("compile k.tflite --board mps2-an386 -o /proc/kinglet"), BAD);
    expect_text("/proc/kinglet: cannot create folder");
}

static void test_outputs_that_cannot_be_written(void **state)
{
    (void)state;
    assert_int_equal(kinglet("run k.tflite --input in --output nowhere/out"), BAD);
    expect_message("nowhere/out: cannot create: No such file or directory");
    assert_int_equal(kinglet("run k.tflite --input in --output ."), BAD);
    assert_int_equal(kinglet("run k.tflite --input in --output /dev/full"), BAD);
    expect_message("/dev/full: cannot write: No space left on device");
    assert_int_equal(kinglet("run k.tflite --input in --output a --output b"), BAD);
    expect_text("the model has 1 output; --output is given 2 times");
    assert_int_equal(shell("ls | grep tmp"), 1); /* no half-written file stays */
}

/* A device stays what it is; it is not replaced by a file of its name. */
static void test_devices_as_outputs(void **state)
{
    struct stat status;
    (void)state;
    assert_int_equal(kinglet("run k.tflite --input in --output /dev/null"), DONE);
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    assert_int_equal(shell("$K run k.tflite --input in --output /dev/stdout | head -c 12 > piped "
                           "&& cmp piped out"),
                     0);
}

/* What was printed and got lost is an error, also for results in JSON. */
static void test_full_standard_output(void **state)
{
    static const char *const commands[] = {"boards",           "--help",
                                           "inspect k.tflite", "inspect k.tflite --json",
                                           "boards --json",    "run k.tflite --input in"};
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "$K %s > /dev/full", commands[i]);
        assert_int_equal(shell(line), BAD);
        expect_message("cannot write");
    }
}

static void test_a_reader_that_leaves_early(void **state)
{
    (void)state;
    assert_int_equal(shell("$K inspect k.tflite --tensors | true"), 0);
    assert_string_equal(text(), "");
}

static void test_messages_go_to_standard_error(void **state)
{
    (void)state;
    assert_int_equal(shell("$K inspect nowhere.tflite 2> err > std; s=$?; wc -c < std; exit $s"),
                     BAD);
    expect_text("0");
    assert_int_equal(shell("grep -c 'kinglet: nowhere' err"), 0);
}

static void test_inputs_of_wrong_size(void **state)
{
    (void)state;
    assert_int_equal(kinglet("run k.tflite --input short"), BAD);
    expect_message("short: 489 bytes; 'features' is int8[1,49,10,1], 490 bytes");
    assert_int_equal(kinglet("run k.tflite --input k.tflite"), BAD);
    expect_text("'features' is int8[1,49,10,1], 490 bytes");
    assert_int_equal(kinglet("verify k.tflite --board mps2-an386 --input in --expect in"), BAD);
    expect_message("in: 490 bytes; 'probabilities' is int8[1,12], 12 bytes");
}

/* Names that are nearly right are answered with the right one. */
static void test_nearest_names(void **state)
{
    static const struct {
        const char *command, *message;
    } cases[] = {
        {"inspct k.tflite", "unknown command 'inspct'; did you mean 'inspect'?"},
        {"profiel k.tflite", "did you mean 'profile'?"},
        {"sing k.tflite", "unknown command 'sing'; `kinglet --help` lists all"},
        {"inspect k.tflite --tensor", "unknown option '--tensor'; did you mean '--tensors'?"},
        {"inspect k.tflite --jsno", "did you mean '--json'?"},
        {"run k.tflite --inputs=in", "unknown option '--inputs'; did you mean '--input'?"},
        {"run k.tflite --wings", "unknown option '--wings'; --help lists the options"},
        {"run k.tflite -x", "unknown option '-x'"},
        {"verify k.tflite --board mps2-an368", "mps2-an386"},
        {"verify k.tflite --board RV32-virt", "rv32-virt"},
        {"inspect k.tflite --dump-after fuse-pad", "fuse-pads"},
        {"compile k.tflite --board mps2-an386 -o x --kernels al", "auto, shared or each"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(kinglet("%s", cases[i].command), BAD);
        expect_text(cases[i].message);
    }
}

static void test_options(void **state)
{
    static const struct {
        const char *command, *message;
    } cases[] = {
        {"run k.tflite --input in --repeat x", "--repeat takes a whole number, not 'x'"},
        {"run k.tflite --input in --repeat -1", "--repeat takes a whole number"},
        {"run k.tflite --input in --repeat 99999999999999999999", "--repeat takes a whole number"},
        {"run k.tflite --input in --repeat", "--repeat needs a value: N"},
        {"inspect k.tflite --map=yes", "--map takes no value"},
        {"inspect k.tflite k.tflite", "unexpected argument 'k.tflite'"},
        {"run k.tflite --input in --repeat 0", "--repeat must be at least 1"},
        {"run k.tflite --input in --repeat 2 --repeat 3", "--repeat is given twice"},
        {"run k.tflite --input --output x", "--input needs a value: F"},
        {"run k.tflite --input in --output=", "--output: an empty file name"},
        {"run k.tflite", ": 'features' int8[1,49,10,1] (490 bytes)"},
        {"inspect k.tflite --json=1", "--json takes no value"},
        {"inspect", "MODEL is missing; usage: kinglet inspect MODEL [options]"},
        {"compile k.tflite --board mps2-an386 -o", "-o needs a value: DIR"},
        {"compile k.tflite -o a -o b", "-o is given twice"},
        {"boards rv32-virt --board rv32-virt", "unexpected argument 'rv32-virt' beside --board"},
        {"help sing", "unknown command 'sing'"},
        {"verify k.tflite", "--board is missing"},
        {"verify k.tflite --board mps2-an386 --cases 0", "--cases must be at least 1"},
        {"verify k.tflite --board mps2-an386 --expect out", "--expect needs --input"},
        {"verify k.tflite --board nowhere.yaml", "nowhere.yaml"},
        {"verify k.tflite --board k.yaml", "k.yaml"},
    };
    (void)state;
    write_words("k.yaml", "name: [\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(kinglet("%s", cases[i].command), BAD);
        expect_text(cases[i].message);
    }
    assert_int_equal(shell("$K run '' --input in"), BAD);
    expect_message("an empty file name");
    assert_int_equal(kinglet("run --input=in --repeat=2 -- k.tflite"), DONE);
    assert_int_equal(shell("cp k.tflite -- -odd && $K inspect -- -odd"), DONE);
}

static void test_dump_after(void **state)
{
    (void)state;
    assert_int_equal(kinglet("inspect k.tflite --dump-after import"), DONE);
    expect_text(" = RESHAPE ");
    expect_text("subgraph 0 ");
    assert_null(strstr(text(), "supported"));
}

static void test_version(void **state)
{
    (void)state;
    assert_int_equal(kinglet("--version"), DONE);
    assert_string_equal(text(), "kinglet " KINGLET_VERSION "\n");
    assert_int_equal(kinglet("%s", ""), BAD);
    expect_text("usage: kinglet COMMAND");
}

/* Refused with what is needed and what is there, before building or after linking. */
static void test_what_does_not_fit(void **state)
{
    (void)state;
    write_tiny_board(12 * 1024, 12 * 1024);
    assert_int_equal(kinglet("profile k.tflite --board tiny.yaml"), FAILED);
    expect_message("does not fit tiny: RAM needs ");
    expect_text(", stack of the test firmware 8192), the board has 12288");
    write_tiny_board(4 * 1024, 1 << 20);
    assert_int_equal(kinglet("compile k.tflite --board tiny.yaml -o tiny"), FAILED);
    expect_text("kinglet: does not fit tiny: flash needs ");
    expect_text(" bytes for constants alone, the board has 4096");
    assert_int_equal(access("tiny/model.c", F_OK), -1);
    write_tiny_board(12 * 1024, 1 << 20);
    assert_int_equal(kinglet("compile k.tflite --board tiny.yaml -o tiny"), FAILED);
    expect_text("kinglet: does not fit tiny: flash needs ");
    expect_text("the board has 12288; RAM needs ");
    expect_text(", the board has 1048576");
    assert_int_equal(access("tiny/firmware/firmware.elf", F_OK), -1);
}

/* Without a result a script would have to read messages. */
static void test_a_failed_check_has_a_result(void **state)
{
    (void)state;
    write_tiny_board(4 * 1024, 1 << 20);
    assert_int_equal(shell("$K compile k.tflite --board tiny.yaml -o tiny --json 2>/dev/null"),
                     FAILED);
    json_t *result = json_loads(text(), 0, NULL);
    assert_non_null(result);
    assert_true(json_is_false(json_object_get(result, "ok")));
    assert_non_null(strstr(json_string_value(json_object_get(result, "message")), "flash needs "));
    assert_int_equal(json_array_size(json_object_get(result, "inputs")), 2); /* model and board */
    json_decref(result);
}

/* Files that are opened later must not take the place of closed standard files. */
static void test_closed_standard_files(void **state)
{
    (void)state;
    assert_int_equal(shell("$K verify k.tflite --board mps2-an386 --cases 1 <&-"), DONE);
    expect_text("exact");
    assert_int_equal(shell("$K profile k.tflite --board mps2-an386 <&- 2>&-"), DONE);
    expect_text("instructions");
}

/* The firmware's makefile obeys its own variables, not those of a make around it. */
static void test_an_outer_make(void **state)
{
    (void)state;
    assert_int_equal(
        shell("MAKEFLAGS='CC=false n' $K compile k.tflite --board mps2-an386 -o outer"), DONE);
    assert_int_equal(access("outer/firmware/firmware.elf", F_OK), 0);
}

/* The board file that comes with the program, with one line replaced, as odd.yaml. */
static void write_odd_board(const char *key, const char *value)
{
    char line[512];
    snprintf(line, sizeof line,
             "sed 's/^\\( *%s:\\) .*/\\1 %s/' '%s/boards/mps2-an386.yaml' > odd.yaml", key, value,
             KINGLET_SOURCE_DIR);
    assert_int_equal(shell(line), DONE);
}

/* The emulator says why it ended; a broken channel is only the symptom. */
static void test_the_reason_of_an_emulator_that_ends(void **state)
{
    (void)state;
    write_odd_board("machine", "nosuch");
    assert_int_equal(kinglet("verify k.tflite --board odd.yaml --cases 1"), BAD);
    expect_text("unsupported machine type");
    write_odd_board("core", "cortex-m85");
    assert_int_equal(kinglet("profile k.tflite --board odd.yaml"), BAD);
    expect_text("no timings for core 'cortex-m85'");
    write_odd_board("port", "nowhere");
    assert_int_equal(kinglet("verify k.tflite --board odd.yaml --cases 1"), BAD);
    expect_text("there is no port 'nowhere'");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_that_are_none),
        cmocka_unit_test(test_a_pipe_is_no_model),
        cmocka_unit_test(test_half_a_model),
        cmocka_unit_test(test_files_without_permission),
        cmocka_unit_test(test_output_folders_that_cannot_be),
        cmocka_unit_test(test_outputs_that_cannot_be_written),
        cmocka_unit_test(test_devices_as_outputs),
        cmocka_unit_test(test_full_standard_output),
        cmocka_unit_test(test_a_reader_that_leaves_early),
        cmocka_unit_test(test_messages_go_to_standard_error),
        cmocka_unit_test(test_inputs_of_wrong_size),
        cmocka_unit_test(test_nearest_names),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_dump_after),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_a_failed_check_has_a_result),
        cmocka_unit_test(test_closed_standard_files),
        cmocka_unit_test(test_an_outer_make),
        cmocka_unit_test(test_the_reason_of_an_emulator_that_ends),
    };
    return CLI_MAIN("cli files", tests);
}
