/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR writer and reader; see kinglet/cbor.h. Encoding: RFC 8949, section 3. */
#include "kinglet/cbor.h"

#include <string.h>

enum { MAX_HEAD_BYTES = 9 };

/* Values of the additional information, the low five bits of an initial byte. */
enum { INFO_1_BYTE = 24, INFO_8_BYTES = 27 };

static void put(struct kl_cbor_writer *writer, const uint8_t *head, uint32_t head_bytes,
                const void *content, uint32_t content_bytes)
{
    uint32_t room = writer->capacity - writer->bytes;
    if (writer->failed || head_bytes > room || content_bytes > room - head_bytes) {
        writer->failed = true;
        return;
    }
    memcpy(writer->data + writer->bytes, head, head_bytes);
    writer->bytes += head_bytes;
    if (content_bytes > 0) {
        memcpy(writer->data + writer->bytes, content, content_bytes);
        writer->bytes += content_bytes;
    }
}

/* The shortest head for a major type and its value; returns its length. */
static uint32_t make_head(uint8_t head[MAX_HEAD_BYTES], enum kl_cbor_type type, uint64_t value)
{
    uint8_t major = (uint8_t)((unsigned)type << 5);
    if (value < INFO_1_BYTE) {
        head[0] = (uint8_t)(major | value);
        return 1;
    }
    uint32_t log2_bytes = 0;
    while (log2_bytes < 3 && value >> (8u << log2_bytes) != 0) {
        log2_bytes++;
    }
    uint32_t value_bytes = 1u << log2_bytes;
    head[0] = (uint8_t)(major | (INFO_1_BYTE + log2_bytes));
    for (uint32_t i = 0; i < value_bytes; i++) {
        head[1 + i] = (uint8_t)(value >> (8 * (value_bytes - 1 - i)));
    }
    return 1 + value_bytes;
}

static void put_item(struct kl_cbor_writer *writer, enum kl_cbor_type type, uint64_t value,
                     const void *content, uint32_t content_bytes)
{
    uint8_t head[MAX_HEAD_BYTES];
    put(writer, head, make_head(head, type, value), content, content_bytes);
}

void kl_cbor_put_uint(struct kl_cbor_writer *writer, uint64_t value)
{
    put_item(writer, KL_CBOR_UINT, value, NULL, 0);
}

void kl_cbor_put_tag(struct kl_cbor_writer *writer, uint64_t tag)
{
    put_item(writer, KL_CBOR_TAG, tag, NULL, 0);
}

uint8_t *kl_cbor_put_room(struct kl_cbor_writer *writer, uint32_t bytes)
{
    uint8_t head[MAX_HEAD_BYTES];
    uint32_t head_bytes = make_head(head, KL_CBOR_BYTES, bytes);
    uint32_t room = writer->capacity - writer->bytes;
    if (writer->failed || head_bytes > room || bytes > room - head_bytes) {
        writer->failed = true;
        return NULL;
    }
    put(writer, head, head_bytes, NULL, 0);
    uint8_t *content = writer->data + writer->bytes;
    writer->bytes += bytes;
    return content;
}

void kl_cbor_put_int(struct kl_cbor_writer *writer, int64_t value)
{
    if (value >= 0) {
        kl_cbor_put_uint(writer, (uint64_t)value);
    } else {
        put_item(writer, KL_CBOR_NEGATIVE, (uint64_t)(-1 - value), NULL, 0);
    }
}

void kl_cbor_put_bool(struct kl_cbor_writer *writer, bool value)
{
    put_item(writer, KL_CBOR_SIMPLE, value ? 21 : 20, NULL, 0);
}

void kl_cbor_put_bytes(struct kl_cbor_writer *writer, const void *data, uint32_t bytes)
{
    put_item(writer, KL_CBOR_BYTES, bytes, data, bytes);
}

static uint32_t text_bytes(const char *text)
{
    uint32_t bytes = 0;
    while (text[bytes]) {
        bytes++;
    }
    return bytes;
}

void kl_cbor_put_text(struct kl_cbor_writer *writer, const char *text)
{
    kl_cbor_put_text_bytes(writer, text, text_bytes(text));
}

void kl_cbor_put_text_bytes(struct kl_cbor_writer *writer, const void *text, uint32_t bytes)
{
    put_item(writer, KL_CBOR_TEXT, bytes, text, bytes);
}

void kl_cbor_put_array(struct kl_cbor_writer *writer, uint32_t count)
{
    put_item(writer, KL_CBOR_ARRAY, count, NULL, 0);
}

void kl_cbor_put_map(struct kl_cbor_writer *writer, uint32_t count)
{
    put_item(writer, KL_CBOR_MAP, count, NULL, 0);
}

/* Read initial byte and value at *at; false when reserved, indefinite or cut off. */
static bool read_head(const struct kl_cbor_reader *reader, uint32_t *at, struct kl_cbor_item *item)
{
    if (*at >= reader->bytes) {
        return false;
    }
    uint8_t initial = reader->data[(*at)++];
    uint32_t info = initial & 31;
    item->type = (enum kl_cbor_type)(initial >> 5);
    item->value = info;
    item->data = NULL;
    if (info < INFO_1_BYTE) {
        return true;
    }
    if (info > INFO_8_BYTES) {
        return false;
    }
    uint32_t value_bytes = 1u << (info - INFO_1_BYTE);
    if (value_bytes > reader->bytes - *at) {
        return false;
    }
    item->value = 0;
    for (uint32_t i = 0; i < value_bytes; i++) {
        item->value = item->value << 8 | reader->data[(*at)++];
    }
    return true;
}

bool kl_cbor_next(struct kl_cbor_reader *reader, struct kl_cbor_item *item)
{
    uint32_t at = reader->offset;
    if (!read_head(reader, &at, item)) {
        return false;
    }
    uint32_t left = reader->bytes - at;
    switch (item->type) {
    case KL_CBOR_BYTES:
    case KL_CBOR_TEXT:
        if (item->value > left) {
            return false;
        }
        item->data = reader->data + at;
        at += (uint32_t)item->value;
        break;
    case KL_CBOR_ARRAY: /* every item takes at least one byte */
        if (item->value > left) {
            return false;
        }
        break;
    case KL_CBOR_MAP:
        if (item->value > left / 2) {
            return false;
        }
        break;
    default: break;
    }
    reader->offset = at;
    return true;
}

/* How many items must follow a head to complete it. */
static uint64_t items_inside(const struct kl_cbor_item *item)
{
    switch (item->type) {
    case KL_CBOR_ARRAY: return item->value;
    case KL_CBOR_MAP: return item->value * 2;
    case KL_CBOR_TAG: return 1;
    default: return 0;
    }
}

/* Counts what is still to come instead of recursing: nesting costs no stack. */
bool kl_cbor_skip(struct kl_cbor_reader *reader)
{
    struct kl_cbor_reader at = *reader;
    uint64_t pending = 1;
    while (pending > 0) {
        struct kl_cbor_item item;
        if (pending > at.bytes - at.offset || !kl_cbor_next(&at, &item)) {
            return false;
        }
        pending += items_inside(&item) - 1;
    }
    *reader = at;
    return true;
}

bool kl_cbor_is_map(const uint8_t *data, uint32_t bytes)
{
    struct kl_cbor_reader reader = {data, bytes, 0};
    return bytes > 0 && data[0] >> 5 == KL_CBOR_MAP && kl_cbor_skip(&reader) &&
           reader.offset == bytes;
}

static bool key_equals(const struct kl_cbor_item *item, const char *key)
{
    uint32_t bytes = text_bytes(key);
    if (item->type != KL_CBOR_TEXT || item->value != bytes) {
        return false;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        if (item->data[i] != (uint8_t)key[i]) {
            return false;
        }
    }
    return true;
}

bool kl_cbor_map_find(const uint8_t *data, uint32_t bytes, const char *key,
                      struct kl_cbor_reader *value)
{
    struct kl_cbor_reader reader = {data, bytes, 0};
    struct kl_cbor_item map;
    if (!kl_cbor_next(&reader, &map) || map.type != KL_CBOR_MAP) {
        return false;
    }
    for (uint64_t i = 0; i < map.value; i++) {
        struct kl_cbor_reader key_reader = reader;
        struct kl_cbor_item item;
        if (!kl_cbor_skip(&reader)) {
            return false;
        }
        if (kl_cbor_next(&key_reader, &item) && key_equals(&item, key)) {
            *value = reader;
            return true;
        }
        if (!kl_cbor_skip(&reader)) {
            return false;
        }
    }
    return false;
}

bool kl_cbor_map_uint(const uint8_t *data, uint32_t bytes, const char *key, uint32_t *value)
{
    struct kl_cbor_reader reader;
    struct kl_cbor_item item;
    if (!kl_cbor_map_find(data, bytes, key, &reader) || !kl_cbor_next(&reader, &item) ||
        item.type != KL_CBOR_UINT || item.value > UINT32_MAX) {
        return false;
    }
    *value = (uint32_t)item.value;
    return true;
}

bool kl_cbor_map_string(const uint8_t *data, uint32_t bytes, const char *key,
                        enum kl_cbor_type type, const uint8_t **string, uint32_t *string_bytes)
{
    struct kl_cbor_reader reader;
    struct kl_cbor_item item;
    if (!kl_cbor_map_find(data, bytes, key, &reader) || !kl_cbor_next(&reader, &item) ||
        item.type != type || item.data == NULL) {
        return false;
    }
    *string = item.data;
    *string_bytes = (uint32_t)item.value;
    return true;
}
