/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/text.h"

#include <assert.h>
#include <float.h>
#include <string.h>

enum { LINE_COLUMNS = 100 };

const char *kl_emit_ctype(enum kl_dtype dtype)
{
    switch (dtype) {
    case KL_F32: return "float";
    case KL_S8: return "int8_t";
    case KL_U8:
    case KL_BOOL: return "uint8_t";
    case KL_S16: return "int16_t";
    case KL_U16:
    case KL_F16: return "uint16_t";
    case KL_S32: return "int32_t";
    case KL_U32: return "uint32_t";
    case KL_S64: return "int64_t";
    default: return "uint64_t";
    }
}

void kl_emit_float(struct kl_buffer *text, float value)
{
    if (value == FLT_MAX || value == -FLT_MAX) {
        kl_buffer_printf(text, "%s0x1.fffffep+127f", value < 0 ? "-" : "");
    } else {
        kl_buffer_printf(text, "%af", (double)value);
    }
}

/* Decimal digits of `value` at the end of `digits`; returns where they begin. Models hold
 * hundreds of thousands of numbers: printf would take most of a compile's time. */
static char *decimal(int64_t value, char *end)
{
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--end = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        *--end = '-';
    }
    return end;
}

static int64_t integer_at(const unsigned char *data, size_t index, enum kl_dtype dtype)
{
    size_t bytes = kl_dtype_bytes(dtype);
    uint64_t raw = 0;
    memcpy(&raw, data + index * bytes, bytes);
    switch (dtype) {
    case KL_S8: return (int8_t)raw;
    case KL_S16: return (int16_t)raw;
    case KL_S32: return (int32_t)raw;
    default: return (int64_t)raw;
    }
}

/* INT32_MIN and INT64_MIN have no literal of their own in C. */
static void emit_integer(struct kl_buffer *text, int64_t value, enum kl_dtype dtype)
{
    if (dtype == KL_S32 && value == INT32_MIN) {
        kl_buffer_printf(text, "INT32_MIN");
    } else if (dtype == KL_S64 || dtype == KL_U64 || dtype == KL_U32 || dtype == KL_F64) {
        kl_buffer_printf(text, "(%s)0x%llx", kl_emit_ctype(dtype), (unsigned long long)value);
    } else {
        char digits[24];
        char *end = digits + sizeof digits;
        char *first = decimal(value, end);
        kl_buffer_append(text, first, (size_t)(end - first));
    }
}

static void emit_element(struct kl_buffer *text, const struct kl_plan_constant *constant,
                         size_t index)
{
    if (constant->dtype == KL_F32) {
        float value;
        memcpy(&value, (const unsigned char *)constant->data + index * sizeof value, sizeof value);
        kl_emit_float(text, value);
    } else {
        emit_integer(text, integer_at(constant->data, index, constant->dtype), constant->dtype);
    }
}

void kl_emit_array(struct kl_buffer *text, const struct kl_plan_constant *constant,
                   const char *name)
{
    size_t count = constant->bytes / kl_dtype_bytes(constant->dtype);
    kl_buffer_printf(text, "static const %s %s[%zu] = {\n    ", kl_emit_ctype(constant->dtype),
                     name, count);
    size_t line = text->size - 4;
    for (size_t i = 0; i < count; i++) {
        size_t before = text->size;
        emit_element(text, constant, i);
        kl_buffer_append(text, ",", 1);
        if (text->size - line > LINE_COLUMNS && !text->failed) {
            /* The element does not fit: move it to a new line. */
            char element[64];
            size_t length = text->size - before;
            memcpy(element, text->data + before, length);
            text->size = before - 1;
            kl_buffer_append(text, "\n    ", 5);
            line = text->size - 4;
            kl_buffer_append(text, element, length);
        }
        kl_buffer_append(text, " ", i + 1 < count ? 1 : 0);
    }
    kl_buffer_printf(text, "\n};\n");
}

const char *kl_emit_constant_name(const struct kl_emit_names *names, const void *data)
{
    for (int32_t i = 0; i < names->plan->constant_count; i++) {
        if (names->plan->constants[i].data == data) {
            return names->names[i];
        }
    }
    assert(false && "parameters point to a constant that the plan does not know");
    return "0";
}

static const void *pointer_at(const unsigned char *data)
{
    const void *pointer;
    memcpy(&pointer, data, sizeof pointer);
    return pointer;
}

static void emit_number(struct kl_buffer *text, const struct kl_field *field,
                        const unsigned char *data, int32_t index)
{
    if (field->type == KL_FIELD_F32) {
        float value;
        memcpy(&value, data + (size_t)index * sizeof value, sizeof value);
        kl_emit_float(text, value);
    } else {
        int32_t value;
        memcpy(&value, data + (size_t)index * sizeof value, sizeof value);
        emit_integer(text, value, KL_S32);
    }
}

static void emit_numbers(struct kl_buffer *text, const struct kl_field *field,
                         const unsigned char *data)
{
    if (field->count == 1) {
        emit_number(text, field, data, 0);
        return;
    }
    kl_buffer_printf(text, "{");
    for (int32_t i = 0; i < field->count; i++) {
        bool opens = field->inner && i % field->inner == 0;
        bool closes = field->inner && (i + 1) % field->inner == 0;
        kl_buffer_printf(text, "%s%s", i ? ", " : "", opens ? "{" : "");
        emit_number(text, field, data, i);
        kl_buffer_printf(text, "%s", closes ? "}" : "");
    }
    kl_buffer_printf(text, "}");
}

static void emit_field(struct kl_buffer *text, const struct kl_emit_names *names,
                       const struct kl_field *field, const unsigned char *data, int indent)
{
    kl_buffer_printf(text, ".%s = ", field->name);
    switch (field->type) {
    case KL_FIELD_STRUCT: kl_emit_struct(text, names, field->fields, data, indent + 4); break;
    case KL_FIELD_POINTER:
        kl_buffer_printf(text, "%s",
                         pointer_at(data) ? kl_emit_constant_name(names, pointer_at(data)) : "0");
        break;
    default: emit_numbers(text, field, data); break;
    }
}

void kl_emit_struct(struct kl_buffer *text, const struct kl_emit_names *names,
                    const struct kl_field *fields, const void *data, int indent)
{
    struct kl_buffer one = KL_BUFFER(text->max);
    kl_buffer_printf(text, "{\n%*s", indent, "");
    size_t column = (size_t)indent;
    for (const struct kl_field *field = fields; field->name; field++) {
        one.size = 0;
        emit_field(&one, names, field, (const unsigned char *)data + field->offset, indent);
        bool wraps = column + one.size + 2 > LINE_COLUMNS || field->type == KL_FIELD_STRUCT;
        if (field != fields && wraps) {
            text->size--; /* the space after the last comma */
            kl_buffer_printf(text, "\n%*s", indent, "");
            column = (size_t)indent;
        }
        kl_buffer_append(text, one.data, one.size);
        kl_buffer_printf(text, field[1].name ? ", " : "");
        column += one.size + 2;
        if (field->type == KL_FIELD_STRUCT) {
            column = LINE_COLUMNS; /* what follows a nested struct begins a line */
        }
    }
    text->failed = text->failed || one.failed;
    kl_buffer_free(&one);
    kl_buffer_printf(text, ",\n%*s}", indent - 4, "");
}
