/* SPDX-License-Identifier: Apache-2.0 */
#include "import/flatbuffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    HEADER_BYTES = 8, /* offset of the root table, file identifier */
    OFFSET_BYTES = 4, /* a reference, relative to its own place */
    VTABLE_HEADER_BYTES = 4,
    IDENTIFIER_BYTES = 4
};

/* Little-endian loads; they compile to plain loads where the host allows it. */
static uint16_t load_u16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t load_u32(const unsigned char *p)
{
    return (uint32_t)load_u16(p) | (uint32_t)load_u16(p + 2) << 16;
}

static uint64_t load_u64(const unsigned char *p)
{
    return (uint64_t)load_u32(p) | (uint64_t)load_u32(p + 4) << 32;
}

static float load_f32(const unsigned char *p)
{
    uint32_t bits = load_u32(p);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

enum kl_err flat_fail(struct flat_reader *reader, size_t at, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (reader->err == KL_OK) {
        reader->err = KL_EINPUT;
        kl_fail(reader->diag, KL_EINPUT, "%s: byte %zu: %s", reader->where, at, text);
    }
    return reader->err;
}

/* Do `bytes` bytes from `at` lie inside the file? */
static bool inside(const struct flat_reader *reader, size_t at, uint64_t bytes)
{
    return at <= reader->size && bytes <= reader->size - at;
}

static struct flat_table open_table(struct flat_reader *reader, size_t at)
{
    const struct flat_table absent = {0};
    if (!inside(reader, at, OFFSET_BYTES)) {
        flat_fail(reader, at, "a table lies outside the file of %zu bytes", reader->size);
        return absent;
    }
    int64_t vtable = (int64_t)at - (int32_t)load_u32(reader->data + at);
    if (vtable < 0 || !inside(reader, (size_t)vtable, VTABLE_HEADER_BYTES)) {
        flat_fail(reader, at, "the table's vtable lies outside the file of %zu bytes",
                  reader->size);
        return absent;
    }
    const unsigned char *v = reader->data + vtable;
    struct flat_table table = {at, (size_t)vtable, load_u16(v), load_u16(v + 2)};
    if (table.vtable_bytes < VTABLE_HEADER_BYTES || table.bytes < OFFSET_BYTES ||
        !inside(reader, table.vtable, table.vtable_bytes) || !inside(reader, at, table.bytes)) {
        flat_fail(reader, table.vtable, "the vtable's sizes (%u and %u) do not fit the file",
                  table.vtable_bytes, table.bytes);
        return absent;
    }
    return table;
}

enum kl_err flat_open(struct flat_reader *reader, struct kl_bytes file, const char *identifier,
                      struct kl_diag *diag, struct flat_table *root)
{
    *reader = (struct flat_reader){file.data, file.size, KL_OK, diag, "file"};
    *root = (struct flat_table){0};
    if (file.size < HEADER_BYTES) {
        return flat_fail(reader, 0, "%zu bytes are too few for a FlatBuffers file; it is %s",
                         file.size, file.size ? "truncated" : "empty");
    }
    if (memcmp(file.data + OFFSET_BYTES, identifier, IDENTIFIER_BYTES) != 0) {
        return flat_fail(reader, OFFSET_BYTES, "the file identifier is not \"%.4s\"", identifier);
    }
    *root = open_table(reader, load_u32(file.data));
    return reader->err;
}

/* Offset of a stored field of `bytes` bytes, or 0 when it is absent or an error occurred. */
static size_t field_at(struct flat_reader *reader, struct flat_table table, unsigned field,
                       unsigned bytes)
{
    size_t entry = VTABLE_HEADER_BYTES + 2 * (size_t)field;
    if (reader->err != KL_OK || table.at == 0 || entry + 2 > table.vtable_bytes) {
        return 0;
    }
    unsigned offset = load_u16(reader->data + table.vtable + entry);
    if (offset == 0) {
        return 0;
    }
    if (offset < OFFSET_BYTES || offset + bytes > table.bytes) {
        flat_fail(reader, table.vtable + entry,
                  "field %u at %u of its table lies outside the table's %u bytes", field, offset,
                  table.bytes);
        return 0;
    }
    return table.at + offset;
}

int32_t flat_i8(struct flat_reader *reader, struct flat_table table, unsigned field, int8_t absent)
{
    size_t at = field_at(reader, table, field, 1);
    return at ? (int8_t)reader->data[at] : absent;
}

uint8_t flat_u8(struct flat_reader *reader, struct flat_table table, unsigned field, uint8_t absent)
{
    size_t at = field_at(reader, table, field, 1);
    return at ? reader->data[at] : absent;
}

bool flat_bool(struct flat_reader *reader, struct flat_table table, unsigned field, bool absent)
{
    return flat_u8(reader, table, field, absent) != 0;
}

uint32_t flat_u32(struct flat_reader *reader, struct flat_table table, unsigned field,
                  uint32_t absent)
{
    size_t at = field_at(reader, table, field, 4);
    return at ? load_u32(reader->data + at) : absent;
}

int32_t flat_i32(struct flat_reader *reader, struct flat_table table, unsigned field,
                 int32_t absent)
{
    return (int32_t)flat_u32(reader, table, field, (uint32_t)absent);
}

uint64_t flat_u64(struct flat_reader *reader, struct flat_table table, unsigned field,
                  uint64_t absent)
{
    size_t at = field_at(reader, table, field, 8);
    return at ? load_u64(reader->data + at) : absent;
}

float flat_f32(struct flat_reader *reader, struct flat_table table, unsigned field, float absent)
{
    size_t at = field_at(reader, table, field, 4);
    return at ? load_f32(reader->data + at) : absent;
}

/* Where the reference at `at` (4 bytes inside the file) leads, or 0 after an error. */
static size_t follow(struct flat_reader *reader, size_t at)
{
    uint32_t offset = load_u32(reader->data + at);
    if (offset < OFFSET_BYTES || !inside(reader, at, offset)) {
        flat_fail(reader, at, "a reference of %u bytes leads outside the file of %zu bytes", offset,
                  reader->size);
        return 0;
    }
    return at + offset;
}

struct flat_table flat_table(struct flat_reader *reader, struct flat_table table, unsigned field)
{
    size_t at = field_at(reader, table, field, OFFSET_BYTES);
    size_t target = at ? follow(reader, at) : 0;
    return target ? open_table(reader, target) : (struct flat_table){0};
}

struct flat_vector flat_vector(struct flat_reader *reader, struct flat_table table, unsigned field,
                               unsigned element_bytes)
{
    size_t at = field_at(reader, table, field, OFFSET_BYTES);
    size_t target = at ? follow(reader, at) : 0;
    if (!target) {
        return (struct flat_vector){0};
    }
    uint32_t count = inside(reader, target, 4) ? load_u32(reader->data + target) : UINT32_MAX;
    if (!inside(reader, target, 4 + (uint64_t)count * element_bytes)) {
        flat_fail(reader, target,
                  "a vector of %u elements of %u bytes runs past the end of the file of %zu bytes",
                  count, element_bytes, reader->size);
        return (struct flat_vector){0};
    }
    return (struct flat_vector){target + 4, count};
}

int32_t flat_i32_at(const struct flat_reader *reader, struct flat_vector vector, uint32_t index)
{
    assert(index < vector.count);
    return (int32_t)load_u32(reader->data + vector.at + 4 * (size_t)index);
}

int64_t flat_i64_at(const struct flat_reader *reader, struct flat_vector vector, uint32_t index)
{
    assert(index < vector.count);
    return (int64_t)load_u64(reader->data + vector.at + 8 * (size_t)index);
}

float flat_f32_at(const struct flat_reader *reader, struct flat_vector vector, uint32_t index)
{
    assert(index < vector.count);
    return load_f32(reader->data + vector.at + 4 * (size_t)index);
}

struct flat_table flat_table_at(struct flat_reader *reader, struct flat_vector vector,
                                uint32_t index)
{
    assert(index < vector.count);
    if (reader->err != KL_OK) {
        return (struct flat_table){0};
    }
    size_t target = follow(reader, vector.at + 4 * (size_t)index);
    return target ? open_table(reader, target) : (struct flat_table){0};
}
