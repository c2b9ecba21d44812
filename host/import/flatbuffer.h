/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds-checked reader of FlatBuffers from untrusted sources. Format: "FlatBuffer
 * Internals" of the FlatBuffers documentation.
 *
 * Nothing is assumed about alignment, the host's byte order or the order of parts in the
 * file. Every offset leads to one read and the caller's schema bounds the depth, so offsets
 * that form a cycle cannot hang the reader.
 *
 * Errors are sticky: the first one is recorded in the reader and its diagnostics, and from
 * then on every function returns what an absent field would give. Callers may read a group
 * of fields and check `err` once; they must check it before they trust what they read.
 */
#ifndef KINGLET_IMPORT_FLATBUFFER_H
#define KINGLET_IMPORT_FLATBUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

struct flat_reader {
    const unsigned char *data;
    size_t size;
    enum kl_err err; /* KL_OK until the first error */
    struct kl_diag *diag;
    const char *where; /* what is being read, in front of each message; never NULL */
};

/* A table whose vtable and extent lie inside the file. `at` 0: absent. */
struct flat_table {
    size_t at;
    size_t vtable;
    uint16_t vtable_bytes;
    uint16_t bytes;
};

/* A vector whose elements lie inside the file. `at` is the offset of the first; 0: absent,
 * with `count` 0. */
struct flat_vector {
    size_t at;
    uint32_t count;
};

/* Start reading `file`, which must hold the four-character `identifier`; `root` is its
 * root table. The reader refers to `file` and `diag`. */
enum kl_err flat_open(struct flat_reader *reader, struct kl_bytes file, const char *identifier,
                      struct kl_diag *diag, struct flat_table *root) KL_MUST_CHECK;

/* Record "WHERE: byte AT: message" unless there is an error already; returns the error. */
enum kl_err flat_fail(struct flat_reader *reader, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Scalar fields, by their number in the schema; `absent` when the field is not stored. */
int32_t flat_i8(struct flat_reader *reader, struct flat_table table, unsigned field, int8_t absent);
uint8_t flat_u8(struct flat_reader *reader, struct flat_table table, unsigned field,
                uint8_t absent);
bool flat_bool(struct flat_reader *reader, struct flat_table table, unsigned field, bool absent);
int32_t flat_i32(struct flat_reader *reader, struct flat_table table, unsigned field,
                 int32_t absent);
uint32_t flat_u32(struct flat_reader *reader, struct flat_table table, unsigned field,
                  uint32_t absent);
uint64_t flat_u64(struct flat_reader *reader, struct flat_table table, unsigned field,
                  uint64_t absent);
float flat_f32(struct flat_reader *reader, struct flat_table table, unsigned field, float absent);

/* Fields that refer to a table (also the value of a union) or to a vector of elements of
 * `element_bytes` bytes; strings are vectors of bytes. Absent: `at` 0. */
struct flat_table flat_table(struct flat_reader *reader, struct flat_table table, unsigned field);
struct flat_vector flat_vector(struct flat_reader *reader, struct flat_table table, unsigned field,
                               unsigned element_bytes);

/* Element `index` (< count) of a vector of that type. */
int32_t flat_i32_at(const struct flat_reader *reader, struct flat_vector vector, uint32_t index);
int64_t flat_i64_at(const struct flat_reader *reader, struct flat_vector vector, uint32_t index);
float flat_f32_at(const struct flat_reader *reader, struct flat_vector vector, uint32_t index);

/* Element `index` (< count) of a vector of tables (read with 4 bytes an element). */
struct flat_table flat_table_at(struct flat_reader *reader, struct flat_vector vector,
                                uint32_t index);

#endif
