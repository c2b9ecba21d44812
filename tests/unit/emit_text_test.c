/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of generated C: identifiers, comments, numbers; and the same bytes every time. */
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "emit/emit.h"
#include "emit/model_text.h"
#include "flow/model_job.h"
#include "random.h"
#include "small_models.h"
#include "tflite_writer.h"

static void test_identifiers(void **state)
{
    static const char *const cases[][2] = {
        {"keyword.tflite", "keyword"},
        {"dir.with.dots/A-b c.v2.tflite", "a_b_c_v2"},
        {"plain", "plain"},
        {"", "model_"},
        {"/", "model_"},
        {".tflite", "model_"},
        {"3d.tflite", "model_3d"},
        {"_x.tflite", "model__x"},
        {"int.tflite", "model_int"},
        {"DOUBLE.tflite", "model_double"},
        {"while", "model_while"},
        {"kinglet.tflite", "model_kinglet"},
        {"kl.tflite", "model_kl"},
        {"kl_harness.tflite", "model_kl_harness"},
        {"klaxon.tflite", "klaxon"},
        {"\xc3\xa4.tflite", "model___"},
        {"a\xe2\x82\xac.tflite", "a___"},
        {"x\";}*\n", "x_____"},
    };
    char name[48];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kl_emit_identifier(cases[i][0], name);
        assert_string_equal(name, cases[i][1]);
    }
}

/* Whatever the name: a letter, then letters, digits and underscores, at most 40. */
static void test_identifiers_of_any_bytes(void **state)
{
    struct kt_random random = {1};
    (void)state;
    for (int32_t i = 0; i < 20000; i++) {
        char path[128] = {0};
        char name[48];
        int32_t length = kt_random_between(&random, 0, 120);
        for (int32_t k = 0; k < length; k++) {
            path[k] = (char)kt_random_between(&random, 1, 255);
        }
        memset(name, 'Z', sizeof name);
        kl_emit_identifier(path, name);
        size_t used = strnlen(name, sizeof name);
        assert_true(used >= 1 && used <= 40);
        assert_true(name[0] >= 'a' && name[0] <= 'z');
        for (size_t k = 0; k < used; k++) {
            bool fine = islower((unsigned char)name[k]) || isdigit((unsigned char)name[k]) ||
                        name[k] == '_';
            assert_true(fine);
        }
    }
}

static void test_comments_cannot_be_left(void **state)
{
    static const char *const hostile[] = {
        "*/ int evil; /*", "a\nb\r\n#error no", "end \\", "/*/**/*/", "*", "\x1b[31m\xff"};
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct kl_buffer text = KL_BUFFER(4096);
        kl_emit_comment_text(&text, hostile[i]);
        assert_int_equal(text.size, strlen(hostile[i]));
        assert_null(strstr(text.data, "*/"));
        assert_null(strstr(text.data, "/*"));
        assert_null(strpbrk(text.data, "\n\r\\\x1b\xff"));
        kl_buffer_free(&text);
    }
}

static void check_float(float value)
{
    struct kl_buffer text = KL_BUFFER(4096);
    char *end;
    kl_emit_float(&text, value);
    float back = strtof(text.data, &end);
    assert_string_equal(end, "f");
    assert_memory_equal(&back, &value, sizeof value);
    kl_buffer_free(&text);
}

static void test_floats_round_trip(void **state)
{
    static const float special[] = {0.0f,    -0.0f,    1.0f,         0.1f,         FLT_MAX,
                                    FLT_MIN, -FLT_MAX, FLT_TRUE_MIN, -FLT_EPSILON, 16777217.0f};
    struct kt_random random = {2};
    (void)state;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        check_float(special[i]);
    }
    for (int32_t i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)kt_random_next(&random);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            check_float(value);
        }
    }
}

/* Parse the numbers between the braces of an emitted array back. */
static void check_array(const struct kl_plan_constant *constant, const char *expected)
{
    struct kl_buffer text = KL_BUFFER(1 << 20);
    kl_emit_array(&text, constant, "table");
    assert_string_equal(text.data, expected);
    kl_buffer_free(&text);
}

static void test_arrays(void **state)
{
    static const int8_t bytes[] = {-128, 0, 127};
    static const int32_t words[] = {INT32_MIN, -1, INT32_MAX};
    static const uint16_t halves[] = {0, 65535};
    static const float floats[] = {-0.5f, 3.0f};
    (void)state;
    check_array(&(struct kl_plan_constant){.data = bytes, .bytes = 3, .dtype = KL_S8},
                "static const int8_t table[3] = {\n    -128, 0, 127,\n};\n");
    check_array(&(struct kl_plan_constant){.data = words, .bytes = 12, .dtype = KL_S32},
                "static const int32_t table[3] = {\n    INT32_MIN, -1, 2147483647,\n};\n");
    check_array(&(struct kl_plan_constant){.data = halves, .bytes = 4, .dtype = KL_U16},
                "static const uint16_t table[2] = {\n    0, 65535,\n};\n");
    check_array(&(struct kl_plan_constant){.data = floats, .bytes = 8, .dtype = KL_F32},
                "static const float table[2] = {\n    -0x1p-1f, 0x1.8p+1f,\n};\n");
}

static void test_lines_are_wrapped(void **state)
{
    int32_t words[500];
    struct kl_buffer text = KL_BUFFER(1 << 20);
    (void)state;
    for (int32_t i = 0; i < 500; i++) {
        words[i] = i * 4000037;
    }
    kl_emit_array(&text,
                  &(struct kl_plan_constant){.data = words, .bytes = sizeof words, .dtype = KL_S32},
                  "table");
    size_t longest = 0;
    for (const char *line = text.data; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        longest = length > longest ? length : longest;
        assert_true(length == 0 || line[length - 1] != ' ');
    }
    assert_in_range(longest, 80, 100);
    const char *at = strchr(text.data, '{') + 1;
    for (int32_t i = 0; i < 500; i++) {
        char *end;
        assert_int_equal(strtol(at, &end, 10), words[i]);
        at = end + 1; /* the comma */
    }
    kl_buffer_free(&text);
}

struct texts {
    struct kl_buffer source, header;
};

static struct texts emit_case(const struct kt_case *c)
{
    struct texts t = {KL_BUFFER(1 << 24), KL_BUFFER(1 << 20)};
    struct kl_model_job job;
    struct kl_diag diag = {0};
    assert_int_equal(kl_model_job_open_bytes(&job, "case", kt_write(c->model), &diag), KL_OK);
    assert_int_equal(kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag), KL_OK);
    struct kl_emit_options options = {
        .name = "thing", .source = "thing.tflite", .sha256 = job.sha256};
    assert_int_equal(kl_emit_model(job.plan, &options, &t.source, &t.header, &diag), KL_OK);
    kl_model_job_free(&job);
    return t;
}

/* Emit twice, from two jobs: the same bytes. And what the header promises. */
static void check_twice(void *context, const struct kt_case *c)
{
    struct texts a = emit_case(c);
    struct texts b = emit_case(c);
    (void)context;
    assert_string_equal(a.source.data, b.source.data);
    assert_string_equal(a.header.data, b.header.data);
    assert_non_null(strstr(a.header.data, "#define THING_ARENA_BYTES "));
    assert_non_null(strstr(a.header.data, "#define THING_INPUT_0_OFFSET "));
    assert_non_null(strstr(a.header.data, "extern const struct kl_model thing_model;"));
    assert_non_null(strstr(a.source.data, "const struct kl_model thing_model = {"));
    assert_null(strstr(a.source.data, "0x0x"));
    assert_null(strstr(a.source.data, "/tmp/"));
    kl_buffer_free(&a.source);
    kl_buffer_free(&a.header);
    kl_buffer_free(&b.source);
    kl_buffer_free(&b.header);
}

static void test_same_bytes_again(void **state)
{
    (void)state;
    assert_true(kt_small_model("keyword", check_twice, NULL));
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, check_twice, NULL);
    }
}

static int32_t occurrences(const char *text, const char *words)
{
    int32_t count = 0;
    for (; (text = strstr(text, words)) != NULL; text += strlen(words)) {
        count++;
    }
    return count;
}

/* Two depthwise layers, three convolutions, and one of each other kind. */
static void check_sharing(void *context, const struct kt_case *c)
{
    static const int32_t depthwise[] = {1, 1, 0};       /* shared instances */
    static const int32_t fully_connected[] = {0, 1, 0}; /* it has a step of its own */
    struct kl_model_job job;
    struct kl_diag diag = {0};
    (void)context;
    assert_int_equal(kl_model_job_open_bytes(&job, "case", kt_write(c->model), &diag), KL_OK);
    assert_int_equal(kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag), KL_OK);
    for (int kernels = KL_EMIT_AUTO; kernels <= KL_EMIT_EACH; kernels++) {
        struct texts t = {KL_BUFFER(1 << 24), KL_BUFFER(1 << 20)};
        struct kl_emit_options options = {.name = "thing",
                                          .source = "thing.tflite",
                                          .sha256 = job.sha256,
                                          .kernels = (enum kl_emit_kernels)kernels};
        assert_int_equal(kl_emit_model(job.plan, &options, &t.source, &t.header, &diag), KL_OK);
        assert_int_equal(occurrences(t.source.data, "void shared_depthwise_s8("),
                         depthwise[kernels]);
        assert_int_equal(occurrences(t.source.data, "void shared_fully_connected_s8("),
                         fully_connected[kernels]);
        assert_int_equal(occurrences(t.source.data, " shared_depthwise_s8(&params"),
                         2 * depthwise[kernels]);
        kl_buffer_free(&t.source);
        kl_buffer_free(&t.header);
    }
    kl_model_job_free(&job);
}

static void test_sharing(void **state)
{
    (void)state;
    assert_true(kt_small_model("keyword", check_sharing, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_identifiers_of_any_bytes),
        cmocka_unit_test(test_comments_cannot_be_left),
        cmocka_unit_test(test_floats_round_trip),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_lines_are_wrapped),
        cmocka_unit_test(test_same_bytes_again),
        cmocka_unit_test(test_sharing),
    };
    return cmocka_run_group_tests_name("emit text", tests, NULL, NULL);
}
