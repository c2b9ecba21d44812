/* SPDX-License-Identifier: Apache-2.0 */
/* The FlatBuffers reader against bytes made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import/flatbuffer.h"

/*
 * A file whose root table has six fields: int8 -2, uint32 7, float 1.5, a vector of two int32,
 * a string, and a table that has no fields of its own.
 */
enum {
    AT_VTABLE = 8,
    AT_TABLE = 24,
    AT_VECTOR_REF = 36,
    AT_VECTOR = 48,
    AT_STRING = 60,
    AT_SUB_VTABLE = 68,
    AT_SUB = 72,
    FILE_BYTES = 76
};

static const unsigned char good_file[FILE_BYTES] = {
    24,   0, 0,    0,    'T',  'E',  'S',  'T', /* root table, identifier */
    16,   0, 24,   0,    20,   0,    4,    0,    8, 0, 12, 0,
    16,   0, 0,    0,                                         /* vtable: sizes, five fields, pad */
    16,   0, 0,    0,                                         /* table: back to its vtable */
    7,    0, 0,    0,                                         /* field 1 at 4 */
    0,    0, 0xc0, 0x3f,                                      /* field 2 at 8: 1.5f */
    12,   0, 0,    0,                                         /* field 3 at 12: vector */
    20,   0, 0,    0,                                         /* field 4 at 16: string */
    0xfe, 0, 0,    0,                                         /* field 0 at 20 */
    2,    0, 0,    0,    0xff, 0xff, 0xff, 0xff, 5, 0, 0,  0, /* vector {-1, 5} */
    3,    0, 0,    0,    'a',  'b',  'c',  0,                 /* string */
    4,    0, 4,    0,    4,    0,    0,    0,                 /* an empty table */
};

struct file {
    unsigned char *memory;
    struct kl_bytes bytes;
    struct kl_diag diag;
    struct flat_reader reader;
    struct flat_table root;
};

/* The good file with one byte changed (`at` < 0: none), cut to `size`, at an odd address. */
static struct file open_changed(int at, unsigned char value, size_t size)
{
    struct file f = {.memory = malloc(size + 1)};
    assert_non_null(f.memory);
    memcpy(f.memory + 1, good_file, size);
    if (at >= 0) {
        f.memory[1 + at] = value;
    }
    f.bytes = (struct kl_bytes){f.memory + 1, size};
    return f;
}

static enum kl_err open_file(struct file *f)
{
    return flat_open(&f->reader, f->bytes, "TEST", &f->diag, &f->root);
}

static void reads_fields_at_any_alignment(void **state)
{
    (void)state;
    struct file f = open_changed(-1, 0, FILE_BYTES);
    assert_int_equal(open_file(&f), KL_OK);
    struct flat_reader *r = &f.reader;
    assert_int_equal(flat_i8(r, f.root, 0, 0), -2);
    assert_int_equal(flat_u8(r, f.root, 0, 0), 0xfe);
    assert_int_equal(flat_u32(r, f.root, 1, 0), 7);
    assert_true(flat_f32(r, f.root, 2, 0) == 1.5f);
    struct flat_vector list = flat_vector(r, f.root, 3, 4);
    assert_int_equal(list.count, 2);
    assert_int_equal(flat_i32_at(r, list, 0), -1);
    assert_int_equal(flat_i32_at(r, list, 1), 5);
    struct flat_vector text = flat_vector(r, f.root, 4, 1);
    assert_int_equal(text.count, 3);
    assert_memory_equal(r->data + text.at, "abc", 3);
    assert_int_equal(r->err, KL_OK);
    free(f.memory);
}

static void absent_fields_give_their_default(void **state)
{
    (void)state;
    struct file f = open_changed(-1, 0, FILE_BYTES);
    assert_int_equal(open_file(&f), KL_OK);
    struct flat_reader *r = &f.reader;
    assert_int_equal(flat_i32(r, f.root, 6, -9), -9);
    assert_int_equal(flat_u32(r, f.root, 60000, 3), 3);
    assert_true(flat_u64(r, f.root, 7, 1) == 1);
    assert_true(flat_bool(r, f.root, 7, true));
    struct flat_table absent = flat_table(r, f.root, 6);
    assert_int_equal(absent.at, 0);
    assert_int_equal(flat_i32(r, absent, 0, 4), 4); /* a field of an absent table */
    assert_int_equal(flat_vector(r, absent, 0, 4).count, 0);
    assert_int_equal(r->err, KL_OK);
    free(f.memory);
}

static void refuses_bad_headers(void **state)
{
    (void)state;
    static const struct {
        int at;
        unsigned char value;
        size_t size;
        const char *message;
    } cases[] = {
        {-1, 0, 0, "byte 0: 0 bytes are too few"},
        {-1, 0, 7, "byte 0: 7 bytes are too few"},
        {4, 'X', FILE_BYTES, "byte 4: the file identifier is not \"TEST\""},
        {3, 0x80, FILE_BYTES, "a table lies outside the file"},
        {0, FILE_BYTES - 3, FILE_BYTES, "a table lies outside the file"},
        {AT_TABLE, 25, FILE_BYTES, "byte 24: the table's vtable lies outside"},
        {AT_TABLE + 3, 0x80, FILE_BYTES, "byte 24: the table's vtable lies outside"},
        {AT_VTABLE, 2, FILE_BYTES, "byte 8: the vtable's sizes"},
        {AT_VTABLE + 1, 1, FILE_BYTES, "byte 8: the vtable's sizes"},
        {AT_VTABLE + 2, 3, FILE_BYTES, "byte 8: the vtable's sizes"},
        {AT_VTABLE + 3, 1, FILE_BYTES, "byte 8: the vtable's sizes"},
        {-1, 0, AT_TABLE + 23, "byte 8: the vtable's sizes"},
        {-1, 0, AT_TABLE + 2, "a table lies outside the file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct file f = open_changed(cases[i].at, cases[i].value, cases[i].size);
        assert_int_equal(open_file(&f), KL_EINPUT);
        if (!strstr(f.diag.message, cases[i].message)) {
            fail_msg("case %zu: \"%s\" has no \"%s\"", i, f.diag.message, cases[i].message);
        }
        free(f.memory);
    }
}

static void refuses_fields_outside_their_table(void **state)
{
    (void)state;
    static const unsigned char offsets[] = {1, 3, 21, 24, 255};
    for (size_t i = 0; i < sizeof offsets; i++) {
        struct file f = open_changed(AT_VTABLE + 6, offsets[i], FILE_BYTES); /* field 1 */
        assert_int_equal(open_file(&f), KL_OK);
        assert_int_equal(flat_u32(&f.reader, f.root, 1, 11), 11);
        assert_int_equal(f.reader.err, KL_EINPUT);
        assert_non_null(strstr(f.diag.message, "byte 14: field 1"));
        free(f.memory);
    }
}

static void refuses_references_and_vectors_outside_the_file(void **state)
{
    (void)state;
    static const struct {
        int at;
        unsigned char value;
        size_t size;
        const char *message;
    } cases[] = {
        {AT_VECTOR_REF, 0, FILE_BYTES, "byte 36: a reference of 0 bytes"},
        {AT_VECTOR_REF, 200, FILE_BYTES, "byte 36: a reference of 200 bytes leads outside"},
        {AT_VECTOR_REF + 3, 0xff, FILE_BYTES, "leads outside the file"},
        {AT_VECTOR_REF, FILE_BYTES - AT_VECTOR_REF - 2, FILE_BYTES, "runs past the end"},
        {AT_VECTOR, 8, FILE_BYTES, "byte 48: a vector of 8 elements of 4 bytes runs past"},
        {AT_VECTOR + 3, 0x40, FILE_BYTES, "runs past the end"},
        {AT_VECTOR + 3, 0xff, FILE_BYTES, "runs past the end"},
        {-1, 0, AT_STRING - 1, "byte 48: a vector of 2 elements of 4 bytes runs past"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct file f = open_changed(cases[i].at, cases[i].value, cases[i].size);
        assert_int_equal(open_file(&f), KL_OK);
        assert_int_equal(flat_vector(&f.reader, f.root, 3, 4).count, 0);
        assert_int_equal(f.reader.err, KL_EINPUT);
        if (!strstr(f.diag.message, cases[i].message)) {
            fail_msg("case %zu: \"%s\" has no \"%s\"", i, f.diag.message, cases[i].message);
        }
        free(f.memory);
    }
}

static void errors_are_sticky_and_the_first_wins(void **state)
{
    (void)state;
    struct file f = open_changed(AT_VECTOR_REF, 0, FILE_BYTES);
    assert_int_equal(open_file(&f), KL_OK);
    f.reader.where = "here";
    assert_int_equal(flat_vector(&f.reader, f.root, 3, 4).at, 0);
    assert_int_equal(flat_u32(&f.reader, f.root, 1, 11), 11); /* stored, but no longer read */
    assert_int_equal(flat_fail(&f.reader, 1, "another"), KL_EINPUT);
    assert_int_equal(strncmp(f.diag.message, "here: byte 36: ", 15), 0);
    free(f.memory);
}

/* A vector of tables whose elements lead to the vector itself: each is read once, then it is
 * either a table by its bytes or an error. */
static void tables_in_vectors_are_checked_each(void **state)
{
    (void)state;
    struct file f = open_changed(AT_VECTOR + 4, AT_SUB - AT_VECTOR - 4, FILE_BYTES);
    memset(f.memory + 1 + AT_VECTOR + 5, 0, 3);
    assert_int_equal(open_file(&f), KL_OK);
    struct flat_vector list = flat_vector(&f.reader, f.root, 3, 4);
    assert_int_equal(list.count, 2);
    struct flat_table sub = flat_table_at(&f.reader, list, 0);
    assert_int_equal(sub.at, AT_SUB);
    assert_int_equal(sub.vtable, AT_SUB_VTABLE);
    assert_int_equal(flat_table_at(&f.reader, list, 1).at, 0);
    assert_int_equal(f.reader.err, KL_EINPUT);
    free(f.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields_at_any_alignment),
        cmocka_unit_test(absent_fields_give_their_default),
        cmocka_unit_test(refuses_bad_headers),
        cmocka_unit_test(refuses_fields_outside_their_table),
        cmocka_unit_test(refuses_references_and_vectors_outside_the_file),
        cmocka_unit_test(errors_are_sticky_and_the_first_wins),
        cmocka_unit_test(tables_in_vectors_are_checked_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
