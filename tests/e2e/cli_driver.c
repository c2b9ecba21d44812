/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "folder.h"
#include "slow_reference.h"
#include "small_models.h"
#include "tflite_writer.h"

enum { MAX_WORDS = 32, SHA256_DIGITS = 64 };

#define OUTPUT_LIMIT ((size_t)4 << 20)
#define FILE_LIMIT ((size_t)16 << 20)

const char *const boards[] = {"mps2-an386", "rv32-virt", NULL};
const char *program;

static struct kl_buffer output;

const char *text(void)
{
    return output.data ? output.data : "";
}

static int run(const char *const *argv)
{
    int status = -1;
    struct kl_diag diag = {0};
    kl_buffer_free(&output);
    output = KL_BUFFER(OUTPUT_LIMIT);
    assert_int_equal(kl_command_run(argv, &output, &status, &diag), KL_OK);
    return status;
}

int kinglet(const char *format, ...)
{
    char words[1024], *rest = NULL;
    const char *argv[MAX_WORDS] = {program};
    int count = 1;
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    for (char *word = strtok_r(words, " ", &rest); word && count < MAX_WORDS - 1;
         word = strtok_r(NULL, " ", &rest)) {
        argv[count++] = word;
    }
    return run(argv);
}

int shell(const char *line)
{
    const char *const argv[] = {"sh", "-c", line, NULL};
    return run(argv);
}

void expect_text(const char *wanted)
{
    if (!strstr(text(), wanted)) {
        fail_msg("no '%s' in: %s", wanted, text());
    }
}

static const char *string_at(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    if (!value) {
        fail_msg("no text '%s' in: %s", key, text());
    }
    return value;
}

json_t *result_of(const char *command)
{
    json_error_t error;
    json_t *result = json_loads(text(), JSON_REJECT_DUPLICATES, &error), *input;
    size_t i;
    if (!result) {
        fail_msg("no JSON: %s: %s", error.text, text());
    }
    assert_string_equal(string_at(result, "schema"), "kinglet.result/1");
    assert_string_equal(string_at(json_object_get(result, "tool"), "name"), "kinglet");
    assert_string_equal(string_at(json_object_get(result, "tool"), "version"), KINGLET_VERSION);
    assert_string_equal(string_at(result, "command"), command);
    assert_true(json_is_boolean(json_object_get(result, "ok")));
    assert_true(json_is_array(json_object_get(result, "inputs")));
    assert_true(json_is_object(json_object_get(result, "metrics")));
    json_array_foreach(json_object_get(result, "inputs"), i, input)
    {
        const char *sha256 = string_at(input, "sha256");
        assert_int_equal(strspn(sha256, "0123456789abcdef"), SHA256_DIGITS);
        assert_int_equal(strlen(sha256), SHA256_DIGITS);
        assert_true(strlen(string_at(input, "path")) > 0);
    }
    return result;
}

static bool is_one_of(const char *value, const char *const *list)
{
    while (*list && strcmp(*list, value) != 0) {
        list++;
    }
    return *list != NULL;
}

const json_t *metric(const json_t *result, const char *name)
{
    static const char *const units[] = {"bytes", "instructions", "cycles", "ms", "s", "J", "1",
                                        NULL};
    static const char *const provenances[] = {"measured",  "counted", "modelled", "datasheet",
                                              "estimated", "stated",  NULL};
    const json_t *metric = json_object_get(json_object_get(result, "metrics"), name);
    if (!metric || !json_object_get(metric, "value")) {
        fail_msg("no metric %s in: %s", name, text());
    }
    assert_true(is_one_of(string_at(metric, "unit"), units));
    assert_true(is_one_of(string_at(metric, "provenance"), provenances));
    return json_object_get(metric, "value");
}

void write_bytes(const char *path, struct kl_bytes bytes)
{
    struct kl_diag diag = {0};
    assert_int_equal(kl_file_write(path, bytes.data, bytes.size, &diag), KL_OK);
}

void write_words(const char *path, const char *words)
{
    write_bytes(path, (struct kl_bytes){(const unsigned char *)words, strlen(words)});
}

struct kl_bytes read_bytes(const char *path, struct kl_arena *arena)
{
    struct kl_bytes bytes;
    struct kl_diag diag = {0};
    if (kl_file_read(path, FILE_LIMIT, arena, &bytes, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return bytes;
}

void assert_same_file(const char *a, const char *b)
{
    struct kl_arena *arena = kl_arena_create(2 * FILE_LIMIT);
    assert_non_null(arena);
    struct kl_bytes x = read_bytes(a, arena);
    struct kl_bytes y = read_bytes(b, arena);
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.data, y.data, x.size);
    kl_arena_free(arena);
}

void write_tiny_board(int flash_bytes, int ram_bytes)
{
    char description[1024];
    snprintf(description, sizeof(description),
             "name: tiny\n"
             "title: a board that is too small\n"
             "core: cortex-m4f\n"
             "port: mps2\n"
             "toolchain: arm-none-eabi-\n"
             "cflags: [-mcpu=cortex-m4, -mthumb, -mfloat-abi=hard, -mfpu=fpv4-sp-d16]\n"
             "clock: 25 MHz\n"
             "fpu: true\n"
             "flash: {origin: 0x00000000, size: %d}\n"
             "ram: {origin: 0x20000000, size: %d}\n"
             "sources: [made up for a test]\n",
             flash_bytes, ram_bytes);
    write_words("tiny.yaml", description);
}

static void write_keyword(void *context, const struct kt_case *c)
{
    struct kl_bytes in[KT_MAX_IO], out[KT_MAX_IO];
    (void)context;
    kt_case_inputs(c, 1, in);
    kt_slow_run(c->model, in, out);
    write_bytes("k.tflite", kt_write(c->model));
    write_bytes("in", in[0]);
    write_bytes("out", out[0]);
    unsigned char *wrong = kt_alloc(c->model, out[0].size, 1);
    memcpy(wrong, out[0].data, out[0].size);
    wrong[0] ^= 1;
    write_bytes("wrong", (struct kl_bytes){wrong, out[0].size});
    write_bytes("short", (struct kl_bytes){in[0].data, in[0].size - 1});
}

static int set_up(void **state)
{
    (void)state;
    return kt_small_model("keyword", write_keyword, NULL) ? 0 : -1;
}

int cli_run(int argc, char **argv, const char *name, const struct CMUnitTest *tests, size_t count)
{
    char folder[KT_FOLDER_BYTES];
    if (argc != 2 || !kt_make_folder(folder) || chdir(folder) != 0) {
        fprintf(stderr, "usage: %s KINGLET\n", argv[0]);
        return 2;
    }
    program = argv[1];
    setenv("K", program, 1);
    int failed = _cmocka_run_group_tests(name, tests, count, set_up, NULL);
    if (chdir("/") == 0) {
        kt_remove_folder(folder);
    }
    kl_buffer_free(&output);
    return failed;
}
