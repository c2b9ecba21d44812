/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors in files: what NumPy writes, what is refused and how, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "flow/tensor_file.h"
#include "folder.h"
#include "random.h"

enum { FILE_BYTES = 16384 };

static char path[64];

static int make_folder(void **state)
{
    if (kt_folder_open(state) != 0) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/tensor.npy", kt_folder);
    return 0;
}

static struct kl_tensor tensor_of(enum kl_dtype dtype, struct kl_shape shape)
{
    return (struct kl_tensor){.name = "scores",
                              .dtype = dtype,
                              .shape = shape,
                              .bytes = (size_t)kl_shape_elements(&shape) * kl_dtype_bytes(dtype)};
}

/* The tensor that most tests read: int16 [2,3]. */
static struct kl_tensor small_tensor(void)
{
    return tensor_of(KL_S16, (struct kl_shape){2, {2, 3}});
}

static const int16_t small_content[6] = {1, -2, 3, -4, 32767, -32768};

static void write_bytes(const void *data, size_t bytes)
{
    unlink(path); /* some file systems flush what replaces a file's content: slow */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

/* A .npy file in `file`: version, header text padded as NumPy pads it, content. */
static size_t npy(unsigned char *file, int version, const char *header, const void *content,
                  size_t bytes)
{
    size_t start = version == 1 ? 10 : 12;
    size_t length = strlen(header);
    size_t padded = (start + length + 1 + 63) / 64 * 64 - start;
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (unsigned char)version;
    file[7] = 0;
    for (size_t i = 8; i < start; i++) {
        file[i] = (unsigned char)(padded >> (8 * (i - 8)));
    }
    memset(file + start, ' ', padded - 1);
    memcpy(file + start, header, length);
    file[start + padded - 1] = '\n';
    memcpy(file + start + padded, content, bytes);
    return start + padded + bytes;
}

/* Reading the file into `tensor` gives `content`. */
static void reads(const struct kl_tensor *tensor, const void *content)
{
    unsigned char data[256];
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_diag diag = {0};
    memset(data, 0xee, sizeof data);
    if (kl_tensor_read(path, tensor, data, sha256, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    assert_memory_equal(data, content, tensor->bytes);
    assert_int_equal(data[tensor->bytes], 0xee);
}

/* Reading the file is refused, with the path and these words. */
static void refused(const struct kl_tensor *tensor, const char *words)
{
    unsigned char data[256];
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_diag diag = {0};
    assert_int_equal(kl_tensor_read(path, tensor, data, sha256, &diag), KL_EINPUT);
    assert_memory_equal(diag.message, path, strlen(path));
    if (!strstr(diag.message, words)) {
        fail_msg("'%s' does not say '%s'", diag.message, words);
    }
}

static const char good_header[] = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";

static void test_versions(void **state)
{
    unsigned char file[FILE_BYTES];
    struct kl_tensor tensor = small_tensor();
    (void)state;
    for (int version = 1; version <= 3; version++) {
        write_bytes(file, npy(file, version, good_header, small_content, sizeof small_content));
        reads(&tensor, small_content);
    }
    size_t bytes = npy(file, 1, good_header, small_content, sizeof small_content);
    file[6] = 4;
    write_bytes(file, bytes);
    refused(&tensor, ".npy format version 4; 1 to 3 are known");
    file[6] = 0;
    write_bytes(file, bytes);
    refused(&tensor, ".npy format version 0");
}

/* The header of the small tensor's file, accepted or refused. */
static void header_reads(const char *header)
{
    unsigned char file[FILE_BYTES];
    struct kl_tensor tensor = small_tensor();
    write_bytes(file, npy(file, 1, header, small_content, sizeof small_content));
    reads(&tensor, small_content);
}

static void header_refused(const char *header, const char *words)
{
    unsigned char file[FILE_BYTES];
    struct kl_tensor tensor = small_tensor();
    write_bytes(file, npy(file, 1, header, small_content, sizeof small_content));
    refused(&tensor, words);
}

static void test_headers(void **state)
{
    (void)state;
    header_reads("{'shape': (2,3), 'fortran_order':False,'descr':'<i2'}");
    header_reads("{'descr': \"<i2\", 'fortran_order': False, 'shape': (1, 2, 1, 3), }");
    header_reads("{'descr': '<i2', 'fortran_order': False, 'shape': (2L, 3L), }");
    header_refused("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }",
                   "column-major order");
    header_refused("{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }",
                   "elements are '>i2',");
    header_refused("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }",
                   "'scores' needs '<i2' (int16)");
    header_refused("{'descr': '<i2x', 'fortran_order': False, 'shape': (2, 3), }", "elements are");
    header_refused("{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (2, 3), }",
                   "elements are");
    header_refused("{'fortran_order': False, 'shape': (2, 3), }", "damaged .npy header");
    header_refused("{'descr': '<i2', 'shape': (2, 3), }", "damaged .npy header");
    header_refused("{'descr': '<i2', 'fortran_order': False, }", "damaged .npy header");
    header_refused("", "damaged .npy header");
}

static void test_shapes(void **state)
{
    static const char *const wrong[] = {"(3, 2)",    "(6,)",
                                        "(2,)",      "(2, 3, 2)",
                                        "(2, 3",     "()",
                                        "(2, -3)",   "(2, x)",
                                        "(0, 2, 3)", "(2, 3, 0)",
                                        "None",      "(2.0, 3)",
                                        "((2), 3)",  "(2, 3, 1, 1, 1, 1, 1, 1, 9)"};
    char header[256];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(header, sizeof header, "{'descr': '<i2', 'fortran_order': False, 'shape': %s, }",
                 wrong[i]);
        header_refused(header, "its shape is not [2,3], which 'scores' needs");
    }
}

static void test_scalars(void **state)
{
    unsigned char file[FILE_BYTES];
    float value = 2.5f;
    struct kl_tensor scalar = tensor_of(KL_F32, (struct kl_shape){0});
    struct kl_tensor one = tensor_of(KL_F32, (struct kl_shape){2, {1, 1}});
    (void)state;
    write_bytes(file, npy(file, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }",
                          &value, sizeof value));
    reads(&scalar, &value);
    reads(&one, &value);
}

/* The header ends right behind a key: nothing beyond it may be read. */
static void test_header_that_fills_its_room(void **state)
{
    enum { ROOM = 4096 };
    static const char tail[] = "'fortran_order':False,'shape':(2,3),'descr':";
    static unsigned char file[FILE_BYTES];
    struct kl_tensor tensor = small_tensor();
    (void)state;
    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = ROOM & 255;
    file[9] = ROOM >> 8;
    memset(file + 10, ' ', ROOM);
    memcpy(file + 10 + ROOM - strlen(tail), tail, strlen(tail));
    write_bytes(file, 10 + ROOM + 12);
    refused(&tensor, "elements are ");
}

static void test_truncated_anywhere(void **state)
{
    unsigned char file[FILE_BYTES];
    struct kl_tensor tensor = small_tensor();
    (void)state;
    for (int version = 1; version <= 2; version++) {
        size_t bytes = npy(file, version, good_header, small_content, sizeof small_content);
        for (size_t cut = 0; cut < bytes; cut++) {
            write_bytes(file, cut);
            /* One length is the raw tensor's own, but the file still begins as a .npy. */
            refused(&tensor, cut == tensor.bytes ? ".npy header" : "");
        }
        memset(file + bytes, 0, 1);
        write_bytes(file, bytes + 1);
        refused(&tensor, "13 bytes; 'scores' is int16[2,3], 12 bytes");
    }
}

static void test_header_lengths(void **state)
{
    static const uint32_t lengths[] = {4097, 0xffff, 0x10000, 0x7fffffff, 0xffffffff};
    unsigned char file[FILE_BYTES];
    struct kl_tensor tensor = small_tensor();
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t bytes = npy(file, 2, good_header, small_content, sizeof small_content);
        for (int k = 0; k < 4; k++) {
            file[8 + k] = (unsigned char)(lengths[i] >> (8 * k));
        }
        write_bytes(file, bytes);
        refused(&tensor, ".npy header of ");
    }
}

/* Any damage to the header is refused or harmless. */
static void test_damaged_headers(void **state)
{
    unsigned char file[FILE_BYTES];
    unsigned char data[256];
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_tensor tensor = small_tensor();
    struct kt_random random = {9};
    (void)state;
    size_t bytes = npy(file, 1, good_header, small_content, sizeof small_content);
    for (int32_t i = 0; i < 3000; i++) {
        int32_t at = kt_random_between(&random, 6, 80);
        unsigned char before = file[at];
        struct kl_diag diag = {0};
        file[at] = (unsigned char)kt_random_between(&random, 0, 255);
        write_bytes(file, bytes);
        enum kl_err err = kl_tensor_read(path, &tensor, data, sha256, &diag);
        assert_true(err == KL_EINPUT || (err == KL_OK && !memcmp(data, small_content, 12)));
        file[at] = before;
    }
}

static void test_raw(void **state)
{
    unsigned char data[256];
    char sha256[KL_SHA256_HEX_BYTES];
    char expected[KL_SHA256_HEX_BYTES];
    static unsigned char much[FILE_BYTES];
    struct kl_tensor tensor = small_tensor();
    struct kl_diag diag = {0};
    (void)state;
    write_bytes(small_content, sizeof small_content);
    reads(&tensor, small_content);
    assert_int_equal(kl_tensor_read(path, &tensor, data, sha256, &diag), KL_OK);
    kl_sha256_hex(small_content, sizeof small_content, expected);
    assert_string_equal(sha256, expected);
    write_bytes(small_content, 11);
    refused(&tensor, ": 11 bytes; 'scores' is int16[2,3], 12 bytes");
    write_bytes("", 0);
    refused(&tensor, ": 0 bytes; 'scores' is int16[2,3], 12 bytes");
    write_bytes(much, sizeof much);
    refused(&tensor, "16384 bytes, more than");
    refused(&tensor, "'scores' is int16[2,3], 12 bytes");
}

static void test_missing_and_odd_files(void **state)
{
    unsigned char data[256];
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_tensor tensor = small_tensor();
    struct kl_diag diag = {0};
    (void)state;
    assert_int_equal(kl_tensor_read("/nowhere/x", &tensor, data, sha256, &diag), KL_EIO);
    assert_string_equal(diag.message, "/nowhere/x: cannot open: No such file or directory");
    kl_diag_clear(&diag);
    assert_int_equal(kl_tensor_read(kt_folder, &tensor, data, sha256, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "not a regular file"));
}

static void test_round_trip(void **state)
{
    static const enum kl_dtype dtypes[] = {KL_F32, KL_S8,  KL_U8,  KL_S16,  KL_S32,
                                           KL_S64, KL_U16, KL_U32, KL_BOOL, KL_F16};
    static const struct kl_shape shapes[] = {{0}, {1, {7}}, {2, {2, 3}}, {6, {1, 2, 1, 2, 3, 1}}};
    struct kt_random random = {10};
    (void)state;
    for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++) {
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            struct kl_tensor tensor = tensor_of(dtypes[d], shapes[s]);
            unsigned char data[256];
            struct kl_diag diag = {0};
            for (size_t i = 0; i < tensor.bytes; i++) {
                data[i] = (unsigned char)kt_random_between(&random, 0, 255);
            }
            assert_int_equal(kl_tensor_write(path, &tensor, data, &diag), KL_OK);
            reads(&tensor, data);
        }
    }
}

/* Byte for byte what numpy.save writes. */
static void test_written_like_numpy(void **state)
{
    static const int8_t content[3] = {1, 2, 3};
    struct kl_tensor tensor = tensor_of(KL_S8, (struct kl_shape){1, {3}});
    struct kl_bytes file;
    struct kl_diag diag = {0};
    char expected[132] = "\x93NUMPY\x01\x00\x76\x00"
                         "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }";
    (void)state;
    struct kl_arena *arena = kl_arena_create(1 << 16);
    size_t text = 10 + strlen(expected + 10);
    memset(expected + text, ' ', 127 - text);
    expected[127] = '\n';
    memcpy(expected + 128, content, 3);
    assert_int_equal(kl_tensor_write(path, &tensor, content, &diag), KL_OK);
    assert_int_equal(kl_file_read(path, 4096, arena, &file, &diag), KL_OK);
    assert_int_equal(file.size, 131);
    assert_memory_equal(file.data, expected, 131);
    kl_arena_free(arena);
}

static void test_written_raw(void **state)
{
    char raw[64];
    struct kl_tensor tensor = small_tensor();
    struct kl_bytes file;
    struct kl_diag diag = {0};
    (void)state;
    struct kl_arena *arena = kl_arena_create(1 << 16);
    snprintf(raw, sizeof raw, "%s/out.bin", kt_folder);
    assert_int_equal(kl_tensor_write(raw, &tensor, small_content, &diag), KL_OK);
    assert_int_equal(kl_file_read(raw, 4096, arena, &file, &diag), KL_OK);
    assert_int_equal(file.size, sizeof small_content);
    assert_memory_equal(file.data, small_content, sizeof small_content);
    kl_arena_free(arena);
    unlink(raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_header_that_fills_its_room),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_header_lengths),
        cmocka_unit_test(test_damaged_headers),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_missing_and_odd_files),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_written_like_numpy),
        cmocka_unit_test(test_written_raw),
    };
    return cmocka_run_group_tests_name("flow tensor file", tests, make_folder, kt_folder_close);
}
