/* SPDX-License-Identifier: Apache-2.0 */
#include "tflite_check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct check {
    struct kl_bytes file;
    char *message;
    bool failed;
};

/* What a field of a table is. Scalars and elements of vectors have `bytes`. */
enum kind { END, SCALAR, TEXT, VECTOR, TABLE, TABLES, OPTIONS, CONTENT };

struct field {
    int32_t id;
    enum kind kind;
    uint32_t bytes;
    const struct field *child;
};

static const struct field opcode_fields[] = {{0, SCALAR, 1, NULL},
                                             {1, TEXT, 0, NULL},
                                             {2, SCALAR, 4, NULL},
                                             {3, SCALAR, 4, NULL},
                                             {0, END, 0, NULL}};
static const struct field quant_fields[] = {
    {2, VECTOR, 4, NULL}, {3, VECTOR, 8, NULL}, {6, SCALAR, 4, NULL}, {0, END, 0, NULL}};
static const struct field tensor_fields[] = {
    {0, VECTOR, 4, NULL},        {1, SCALAR, 1, NULL}, {2, SCALAR, 4, NULL}, {3, TEXT, 0, NULL},
    {4, TABLE, 0, quant_fields}, {5, SCALAR, 1, NULL}, {0, END, 0, NULL}};
/* Options have fields of 1 or 4 bytes by the operator; their own check is that of the importer. */
static const struct field op_fields[] = {
    {0, SCALAR, 4, NULL},  {1, VECTOR, 4, NULL}, {2, VECTOR, 4, NULL}, {3, SCALAR, 1, NULL},
    {4, OPTIONS, 0, NULL}, {5, VECTOR, 1, NULL}, {0, END, 0, NULL}};
static const struct field subgraph_fields[] = {
    {0, TABLES, 0, tensor_fields}, {1, VECTOR, 4, NULL}, {2, VECTOR, 4, NULL},
    {3, TABLES, 0, op_fields},     {4, TEXT, 0, NULL},   {0, END, 0, NULL}};
static const struct field buffer_fields[] = {{0, CONTENT, 1, NULL}, {0, END, 0, NULL}};
static const struct field model_fields[] = {
    {0, SCALAR, 4, NULL}, {1, TABLES, 0, opcode_fields}, {2, TABLES, 0, subgraph_fields},
    {3, TEXT, 0, NULL},   {4, TABLES, 0, buffer_fields}, {0, END, 0, NULL}};

static void __attribute__((format(printf, 2, 3))) fail(struct check *c, const char *format, ...)
{
    va_list args;
    if (!c->failed) {
        va_start(args, format);
        vsnprintf(c->message, KT_CHECK_BYTES, format, args);
        va_end(args);
    }
    c->failed = true;
}

/* The little-endian number of `bytes` bytes at `at`, which must be aligned to them. */
static uint64_t number(struct check *c, size_t at, uint32_t bytes)
{
    uint64_t value = 0;
    if (at % bytes != 0 || at > c->file.size || bytes > c->file.size - at) {
        fail(c, "byte %zu: a number of %u bytes is not aligned, or outside of the file", at, bytes);
        return 0;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        value |= (uint64_t)c->file.data[at + i] << (8 * i);
    }
    return value;
}

/* Where the reference at `at` leads. */
static size_t follow(struct check *c, size_t at)
{
    size_t distance = (size_t)number(c, at, 4);
    if (distance == 0) {
        fail(c, "byte %zu: a reference to itself", at);
    }
    return at + distance;
}

/* Place of field `id` of a table; 0: absent. */
static size_t field_at(struct check *c, size_t table, int32_t id)
{
    size_t vtable = table - (size_t)(int32_t)number(c, table, 4);
    size_t bytes = (size_t)number(c, vtable, 2);
    size_t extent = (size_t)number(c, vtable + 2, 2);
    if (c->failed || bytes < 4 || bytes % 2 || bytes > c->file.size - vtable || extent < 4 ||
        extent > c->file.size - table) {
        fail(c, "byte %zu: the table's vtable is malformed", table);
        return 0;
    }
    size_t slot = 4 + 2 * (size_t)id;
    size_t offset = slot < bytes ? (size_t)number(c, vtable + slot, 2) : 0;
    if (offset != 0 && (offset < 4 || offset >= extent)) {
        fail(c, "byte %zu: field %d lies outside of its table", table, id);
    }
    return offset ? table + offset : 0;
}

static size_t vector(struct check *c, size_t at, uint32_t element, uint32_t alignment,
                     size_t *count)
{
    size_t to = follow(c, at);
    *count = (size_t)number(c, to, 4);
    if (!c->failed && (*count > c->file.size || *count * element > c->file.size - to - 4 ||
                       (*count && (to + 4) % alignment))) {
        fail(c, "byte %zu: a vector is not aligned to %u, or leaves the file", to, alignment);
    }
    return to + 4;
}

static void text(struct check *c, size_t at)
{
    size_t count;
    size_t first = vector(c, at, 1, 1, &count);
    if (!c->failed && (first + count >= c->file.size || c->file.data[first + count] != 0)) {
        fail(c, "byte %zu: a text without a zero behind it", first);
    }
}

static void table(struct check *c, size_t at, const struct field *fields);

static void tables(struct check *c, size_t at, const struct field *fields)
{
    size_t count;
    size_t first = vector(c, at, 4, 4, &count);
    for (size_t i = 0; i < count && !c->failed; i++) {
        table(c, follow(c, first + 4 * i), fields);
    }
}

static void field(struct check *c, size_t at, const struct field *f)
{
    size_t count;
    switch (f->kind) {
    case SCALAR: number(c, at, f->bytes); break;
    case TEXT: text(c, at); break;
    case VECTOR: vector(c, at, f->bytes, f->bytes, &count); break;
    case TABLE: table(c, follow(c, at), f->child); break;
    case OPTIONS: field_at(c, follow(c, at), 0); break;
    case TABLES: tables(c, at, f->child); break;
    case CONTENT: vector(c, at, 1, 16, &count); break;
    case END: break;
    }
}

static void table(struct check *c, size_t at, const struct field *fields)
{
    for (const struct field *f = fields; f->kind != END && !c->failed; f++) {
        size_t place = field_at(c, at, f->id);
        if (place && !c->failed) {
            field(c, place, f);
        }
    }
}

static struct kl_bytes content(struct check *c, size_t first, size_t index)
{
    size_t count = 0;
    size_t at = field_at(c, follow(c, first + 4 * index), 0);
    size_t data = at ? vector(c, at, 1, 16, &count) : 0;
    return (struct kl_bytes){c->file.data + data, count};
}

static void contents_differ(struct check *c, size_t model)
{
    size_t count;
    size_t first = vector(c, field_at(c, model, 4), 4, 4, &count);
    if (!c->failed && content(c, first, 0).size != 0) {
        fail(c, "buffer 0 is not empty");
    }
    for (size_t i = 1; i < count && !c->failed; i++) {
        struct kl_bytes a = content(c, first, i);
        for (size_t k = 0; k < i; k++) {
            struct kl_bytes b = content(c, first, k);
            if (a.size == b.size && memcmp(a.data, b.data, a.size) == 0) {
                fail(c, "buffers %zu and %zu have the same content", k, i);
            }
        }
    }
}

struct code {
    int64_t byte, word, version;
    size_t custom;
};

static struct code code(struct check *c, size_t first, size_t index)
{
    size_t at = follow(c, first + 4 * index);
    size_t fields[4];
    for (int32_t i = 0; i < 4; i++) {
        fields[i] = field_at(c, at, i);
    }
    return (struct code){.byte = fields[0] ? (int8_t)number(c, fields[0], 1) : 0,
                         .word = fields[3] ? (int32_t)number(c, fields[3], 4) : 0,
                         .version = fields[2] ? (int32_t)number(c, fields[2], 4) : 1,
                         .custom = fields[1] ? follow(c, fields[1]) + 4 : 0};
}

static bool same_name(const struct check *c, size_t a, size_t b)
{
    return (a == 0) == (b == 0) &&
           (a == 0 || strcmp((const char *)c->file.data + a, (const char *)c->file.data + b) == 0);
}

static void codes_differ(struct check *c, size_t model)
{
    size_t count;
    size_t first = vector(c, field_at(c, model, 1), 4, 4, &count);
    for (size_t i = 0; i < count && !c->failed; i++) {
        struct code a = code(c, first, i);
        if (a.byte != (a.word < 127 ? a.word : 127) || a.version < 1) {
            fail(c, "operator code %zu: %lld, %lld, version %lld", i, (long long)a.byte,
                 (long long)a.word, (long long)a.version);
        }
        for (size_t k = 0; k < i; k++) {
            struct code b = code(c, first, k);
            if (a.word == b.word && a.version == b.version && same_name(c, a.custom, b.custom)) {
                fail(c, "operator codes %zu and %zu are the same", k, i);
            }
        }
    }
}

int32_t kt_tflite_version(struct kl_bytes file, int32_t builtin)
{
    char message[KT_CHECK_BYTES];
    struct check c = {.file = file, .message = message};
    size_t count;
    size_t first = vector(&c, field_at(&c, follow(&c, 0), 1), 4, 4, &count);
    for (size_t i = 0; i < count; i++) {
        struct code found = code(&c, first, i);
        if (found.word == builtin) {
            return (int32_t)found.version;
        }
    }
    return -1;
}

bool kt_tflite_check(struct kl_bytes file, char message[KT_CHECK_BYTES])
{
    struct check c = {.file = file, .message = message};
    if (file.size < 8 || memcmp(file.data + 4, "TFL3", 4) != 0) {
        fail(&c, "the identifier TFL3 is missing");
        return false;
    }
    size_t model = follow(&c, 0);
    table(&c, model, model_fields);
    if (!c.failed) {
        contents_differ(&c, model);
        codes_differ(&c, model);
    }
    return !c.failed;
}
